"""Documents in the app: names end on Generate, and Attention reads one speaker's words only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gpt.text.corpus import from_builtin
from gpt.training import held_out
from gpt.training.loop import train
from pages.parts.attention import held_out_scores as parts
from tests.gpt import tiny
from tests.gpt.writer import writer_run

SECONDS = 60


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and no memory of another test's."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    st.cache_resource.clear()
    return tmp_path


def _navigate(first: str) -> None:
    from pathlib import Path

    import streamlit as st

    from pages.shared import folders

    st.navigation([st.Page(Path(folders.ROOT) / "pages" / f"{first}.py")]).run()


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_function(_navigate, args=(page,), default_timeout=SECONDS)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.caption, *app.markdown, *app.error])


# -- names that end -----------------------------------------------------------------------------


def test_whole_names_are_written_from_the_beginning(root: Path) -> None:
    writer_run(root / "names")
    app = opened("generate", run="names")
    assert app.text_input(key="link_prompt").value == "↵"
    assert "\n".join(["avi"] * 12) in [code.value for code in app.code]
    assert "Seeds 1 to 12, one a line; all came to an end." in said(app)
    app.toggle(key="link_whole").set_value(False).run()
    assert not app.code


def test_generation_stops_where_the_name_ends(root: Path) -> None:
    writer_run(root / "names")
    app = opened("generate", run="names")
    app.button(key="generate_more").click().run()
    assert app.query_params["continuation"] == "avi\n"
    assert "It has ended." in said(app)
    assert app.button(key="generate_next").disabled and app.button(key="generate_more").disabled
    app.button(key="generate_back").click().run()
    assert not app.button(key="generate_next").disabled
    assert "It has ended." not in said(app)


def test_a_prompt_that_does_not_begin_as_documents_do_is_told(root: Path) -> None:
    writer_run(root / "names")
    assert "documents begin with ↵" in said(opened("generate", run="names", prompt="av"))


def test_a_text_without_ends_goes_on(root: Path) -> None:
    writer_run(root / "stream", "stream")
    app = opened("generate", run="stream", prompt="a")
    assert "link_whole" not in [toggle.key for toggle in app.toggle]
    app.button(key="generate_more").click().run()
    assert app.query_params["continuation"] == ("vi\na" * 13)[:50]
    assert not app.button(key="generate_next").disabled


# -- speakers -----------------------------------------------------------------------------------


@pytest.fixture
def speeches(root: Path) -> Any:
    """A run of three speakers, trained for a moment."""
    run = tiny.new_run(root / "speeches", from_builtin("speeches", length=6000), documents="files")
    assert train(run).state == "done"
    return run


def test_held_out_text_can_be_one_speakers_only(
    speeches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    reading = parts.reading
    monkeypatch.setattr(parts, "reading", lambda *a: read.append(a[1]) or reading(*a))
    link = {"run": "speeches", "analysis": "Patterns", "over": "held-out text"}
    app = opened("attention", **link)
    menu = app.selectbox(key="link_speaker")
    lengths = held_out.speakers(speeches)
    assert menu.options == ["everyone", *(f"{name} · {n:,}" for name, n in lengths.items())]
    menu.select("Ysra Tolland").run()
    assert app.query_params["speaker"] == "Ysra Tolland"
    whole = from_builtin("speeches", length=6000)
    cuts = {one.speaker: one.text[int(0.9 * len(one.text)) :] for one in whole.documents}
    assert read[0] == "".join(cuts.values())
    assert read[-1] == cuts["Ysra Tolland"]
    again = opened("attention", **link, speaker="Ysra Tolland")
    assert again.selectbox(key="link_speaker").value == "Ysra Tolland"
    assert read[-1] == cuts["Ysra Tolland"]


def test_a_speaker_who_is_not_there_is_everyone(speeches: Any) -> None:
    app = opened(
        "attention", run="speeches", analysis="Patterns", over="held-out text", speaker="Nobody"
    )
    assert app.selectbox(key="link_speaker").value == "everyone"


def test_a_text_of_one_has_no_menu_of_speakers(root: Path) -> None:
    assert train(tiny.new_run(root / "names")).state == "done"
    app = opened("attention", run="names", analysis="Patterns", over="held-out text")
    assert "link_speaker" not in [menu.key for menu in app.selectbox]


def test_a_passage_of_one_speaker_becomes_the_prompt(speeches: Any) -> None:
    app = opened("attention", run="speeches")
    menu = app.selectbox(key="prompt_passage")
    assert menu.options == list(held_out.speakers(speeches))
    menu.select("Dell Hobbin").run()
    assert not app.exception
    words = held_out.validation_text(speeches, "Dell Hobbin")
    assert words is not None
    assert app.query_params["prompt"] == words[: tiny.MODEL["block_size"]]
    assert app.selectbox(key="prompt_passage").value is None
