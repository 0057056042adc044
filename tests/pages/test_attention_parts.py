"""The parts of the Attention page, each by its contract: marks, references, links, first paint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpt
from gpt.errors import SwitchError
from gpt.inspect.heads import ablation
from gpt.inspect.maps import Maps
from pages.parts.attention import marked_heads, reference
from pages.shared import folders
from pages.shared.loads import Look
from tests.pages.test_shared import opened
from tests.payloads import decode

COPY = "\nqhxqhx\n"


def picture(app: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return decode(app.get("bidi_component")[0].proto.bytes)


def test_heads_travel_as_text() -> None:
    assert marked_heads.text([(1, 0), (2, 13)]) == "1.0,2.13"
    assert marked_heads.read_heads("1.0,2.13") == [(1, 0), (2, 13)]
    assert marked_heads.read_heads("") == []
    for wrong in ("x", "1", "1.2.3"):
        with pytest.raises(SwitchError, match="is no list of heads"):
            marked_heads.read_heads(wrong)


def test_solo_and_hidden_heads_make_the_chosen_ones() -> None:
    def chosen(solo: str = "", hidden: str = "") -> object:
        read = {"solo": marked_heads.read_heads(solo), "hidden": marked_heads.read_heads(hidden)}
        return marked_heads.chosen(read, (2, 2))

    assert chosen() is None
    assert chosen(hidden="0.0") == {(0, 1), (1, 0), (1, 1)}
    assert chosen(solo="0.0,1.1", hidden="0.0") == {(1, 1)}
    assert chosen(solo="7.7") is None  # another model's
    assert chosen(hidden="0.0,0.1,1.0,1.1") is None  # a mean of nothing


def test_why_two_looks_have_no_difference() -> None:
    copy, play = Look("copy", (1, 2, 3)), Look("shakespeare", (1, 2, 3))
    assert reference.why_not(copy, Look("copy", (3, 2, 1))) is None
    assert "has 2 tokens and this prompt 3" in str(reference.why_not(copy, Look("copy", (1, 2))))
    assert "4 layers of 4 heads and copy 2 of 1" in str(reference.why_not(copy, play))
    assert reference.why_not(play, Look("shakespeare-fast", (1, 2, 3))) is None


def test_maps_that_are_made_one_by_one_are_the_same_together() -> None:
    lazy = Maps((2, 3, 1, 1), lambda l, h: np.array([[10.0 * l + h]]))
    assert lazy[1, 2] == 12
    assert lazy[:].ravel().tolist() == [0, 1, 2, 10, 11, 12]


def test_nothing_is_switched_off_before_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(ablation, "read", lambda *all: calls.append(all))
    opened(run="copy", prompt=COPY)
    assert not calls


def test_the_picture_shows_the_edited_weights() -> None:
    app = opened(run="copy", prompt=COPY, edit="1.0.5.2-0.25", layer="1")
    header, arrays = picture(app)
    cell = 5 * 6 // 2 + 2
    assert header["T"] == 8 and arrays["exact"][1, cell] == 2500
    row = arrays["exact"][1, 15:21]
    assert abs(int(row.sum()) - 10_000) <= 6  # each rounded to a ten-thousandth


def test_edits_do_not_reach_a_held_out_text() -> None:
    app = opened(
        run="copy", prompt=COPY, edit="1.0.5.2-0.25", analysis="Patterns", over="held-out text"
    )
    assert not app.error and not app.exception


def test_an_edit_that_does_not_fit_leaves_the_picture_as_it_is() -> None:
    app = opened(run="copy", prompt=COPY, edit="1.0.2.5-0.25")
    assert "may not see key 5" in app.warning[0].value
    ids = gpt.load("checkpoints/copy").tokenizer.encode(COPY)
    trace = gpt.trace(gpt.load("checkpoints/copy").model, ids)
    sent = picture(app)[1]["exact"][1] / 10_000
    np.testing.assert_allclose(sent, trace.weights[1, 0][np.tri(8, dtype=bool)], atol=0.51e-4)


def test_a_first_look_falls_on_the_clearest_head_and_says_what_it_does() -> None:
    app = opened(run="copy")
    assert (app.query_params["layer"], app.query_params["head"]) == ("1", "0")
    said = next(each.value for each in app.caption if "L1 H0" in each.value)
    assert "what followed its own token last time" in said


def test_a_head_a_prompt_or_a_link_that_was_chosen_comes_before_the_clearest_head() -> None:
    assert opened(run="copy", layer="0").query_params["layer"] == "0"
    assert opened(run="copy", prompt="abcabc").query_params["layer"] == "0"


def test_only_the_graph_of_the_mask_points_and_it_says_from_where_to_where() -> None:
    """The lecture's arrows run from key to query; a readout that runs the other way confuses."""
    views = folders.ROOT / "viz" / "views" / "attention"
    parts = folders.ROOT / "pages" / "parts"
    sources = [views / "dom.js", parts / "attention" / "weight_edit.py"]
    assert not any("→" in source.read_text(encoding="utf-8") for source in sources)
    graph = (parts / "mask_scale" / "draw_mask.py").read_text(encoding="utf-8")
    assert "An arrow runs as information does, from a key to the query that sees it" in graph
