"""Edits of weights: rows by hand, what the model then uses, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import SwitchError
from gpt.inspect.heads.edits import Edit, apply, edit_row, parse
from tests.gpt import tiny

ROWS = np.array([[1, 0, 0], [0.25, 0.75, 0], [0.5, 0.3, 0.2]], dtype=np.float32)
CAUSAL = np.tri(3, dtype=bool)


def test_the_rest_of_a_row_keeps_its_proportions_by_hand() -> None:
    edited = edit_row(ROWS, CAUSAL, Edit(0, 0, 2, 0, 0.75))
    np.testing.assert_allclose(edited[2], [0.75, 0.15, 0.1], atol=1e-7)  # 0.3 : 0.2 shares 0.25
    np.testing.assert_array_equal(edited[:2], ROWS[:2])
    assert ROWS[2, 0] == 0.5  # the original stays


def test_the_rest_may_stay() -> None:
    edited = edit_row(ROWS, CAUSAL, Edit(0, 0, 2, 0, 0.75, share=False))
    np.testing.assert_allclose(edited[2], [0.75, 0.3, 0.2], atol=1e-7)


def test_a_rest_of_zeros_gets_equal_parts() -> None:
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=np.float32)
    edited = edit_row(rows, CAUSAL, Edit(0, 0, 2, 1, 0.4))
    np.testing.assert_allclose(edited[2], [0.3, 0.4, 0.3], atol=1e-7)


def test_edits_travel_as_text() -> None:
    edits = (Edit(1, 0, 12, 5, 0.8), Edit(0, 2, 3, 3, 0.0, share=False), Edit(0, 0, 1, 0, 1e-05))
    assert edits[0].text == "1.0.12.5-0.8" and edits[1].text == "0.2.3.3-0k"
    assert parse(",".join(edit.text for edit in edits)) == edits
    assert parse("") == ()


@pytest.mark.parametrize("text", ["x", "1.0.2-0.5", "1.0.2.3", "1.0.2.3-1.5", "1.0.2.3-nan", "-"])
def test_text_that_is_no_edit_is_refused(text: str) -> None:
    with pytest.raises(SwitchError, match="is no edit of a weight"):
        parse(text)


@pytest.mark.parametrize("name", tiny.VARIANTS)
def test_the_model_uses_the_edited_weight(name: str) -> None:
    model = tiny.random_model(tiny.config(**tiny.VARIANTS[name]))
    ids = tiny.random_ids()
    before = gpt.trace(model, ids)
    switches = apply(model, ids, gpt.Switches(), [Edit(1, 0, 5, 2, 0.9)])
    after = gpt.trace(model, ids, switches)
    assert after.weights[1, 0, 5, 2] == np.float32(0.9)
    assert after.weights[1, 0, 5].sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(after.weights[0], before.weights[0], atol=1e-6)
    changed = np.abs(after.head_out - before.head_out).max(axis=(-1)) > 1e-4
    assert changed[1, 0].nonzero()[0].tolist() == [5]  # that row of that head alone


def test_later_layers_are_edited_as_they_are_after_earlier_edits() -> None:
    model, ids = tiny.random_model(tiny.config()), tiny.random_ids()
    first, second = Edit(0, 1, 4, 0, 1.0), Edit(1, 2, 9, 3, 0.5)
    alone = gpt.trace(model, ids, apply(model, ids, gpt.Switches(), [first])).weights[1, 2]
    both = gpt.trace(model, ids, apply(model, ids, gpt.Switches(), [second, first])).weights[1, 2]
    np.testing.assert_allclose(both[:9], alone[:9], atol=1e-6)
    assert both[9, 3] == np.float32(0.5)
    others = np.arange(len(ids)) != 3
    np.testing.assert_allclose(
        both[9, others] / 0.5, alone[9, others] / (1 - alone[9, 3]), atol=1e-5
    )


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit(0, 0, 2, 4, 0.5), "query 2 may not see key 4: the cell is masked"),
        (Edit(2, 0, 2, 1, 0.5), "there is no cell"),
        (Edit(0, 0, 40, 1, 0.5), "the prompt 11 tokens"),
        (Edit(0, 0, 0, 0, 0.5), "query 0 sees key 0 alone"),
    ],
)
def test_what_cannot_be_edited_is_refused(edit: Edit, message: str) -> None:
    model = tiny.random_model(tiny.config())
    with pytest.raises(SwitchError, match=message):
        apply(model, tiny.random_ids(), gpt.Switches(), [edit])
