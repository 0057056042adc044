"""Save: nothing is made before it is asked for, and what is made says where it comes from."""

from __future__ import annotations

import gzip
import json
import struct
from typing import Any

from streamlit.testing.v1 import AppTest

import gpt


def page() -> None:
    """A page with two pictures and one array; it counts what is made."""
    import numpy as np
    import streamlit as st

    import gpt
    from pages.shared.loads import Look
    from pages.shared.save import save_button
    from viz.figures.heads.heatmap import heatmap

    made = st.session_state.setdefault("made", [])

    def picture(name):  # type: ignore[no-untyped-def]
        made.append(name)
        return heatmap(np.eye(2), ["a", "b"], title=name)

    def arrays():  # type: ignore[no-untyped-def]
        made.append("arrays")
        return {"weights": np.eye(2)}

    save_button(
        "test page",
        figures={name: (lambda name=name: picture(name)) for name in ("First", "Second: b")},
        arrays=arrays,
        look=Look("copy", (1, 2), gpt.Switches(mask="none")),
        settings={"view": "weights"},
    )


def preview(app: AppTest) -> tuple[dict[str, Any], str]:
    """The header and the page that the browser gets."""
    data = app.get("bidi_component")[0].proto.bytes
    (length,) = struct.unpack("<I", data[:4])
    return json.loads(data[4 : 4 + length]), gzip.decompress(data[4 + length :]).decode()


def test_only_what_is_asked_for_is_made() -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception and app.session_state["made"] == []
    app.button(key="save_test page").click().run()
    assert not app.exception
    assert app.session_state["made"] == ["First", "arrays"]


def test_the_browser_gets_the_page_and_what_the_files_say() -> None:
    app = AppTest.from_function(page, default_timeout=60).run()
    app.button(key="save_test page").click().run()
    head, text = preview(app)
    prompt = gpt.load("checkpoints/copy").tokenizer.decode([1, 2])
    settings = json.loads(head["settings"])
    assert settings == {
        "picture": "First",
        "run": "copy",
        "prompt": prompt,
        "switches": {"mask": "none"},
        "view": "weights",
        "page": "test page",
        "link": "?",
        "headlight": gpt.__version__,
    }
    assert head["name"] == "headlight-test-page-copy-first"
    assert head["height"] == 460 and head["settings"].replace("<", "\\u003c") in text
