"""The mask editor's bits, and how what is drawn there is followed."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import streamlit as st

from viz.views import mask as editor


def test_bits_go_there_and_back() -> None:
    mask = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], bool)
    # 100 110 11|1 and seven zeros
    assert base64.b64decode(editor.pack(mask)) == bytes([0b10011011, 0b10000000])
    assert np.array_equal(editor.unpack(editor.pack(mask), (3, 3)), mask)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the browser is sent, in place of a browser."""
    calls: list[dict[str, object]] = []
    monkeypatch.setattr(editor, "_component", lambda **told: calls.append(told["data"]))
    monkeypatch.setattr(st, "session_state", {})
    return calls


def test_a_stroke_is_heard_and_not_sent_back_as_a_wish(sent: list[dict[str, object]]) -> None:
    mask = np.tri(3, dtype=bool)
    assert editor.drawn("e") is None
    editor.mask_editor(mask, list("abc"), key="e")
    stroke = mask.copy()
    stroke[0, 2] = True
    st.session_state["e"] = {"drawn": [0, editor.pack(stroke)]}
    now = editor.drawn("e")
    assert now is not None and np.array_equal(now, stroke)
    editor.mask_editor(now, list("abc"), key="e")
    assert [data["epoch"] for data in sent] == [0, 0]


def test_another_mask_replaces_the_drawing_and_late_strokes_are_dropped(
    sent: list[dict[str, object]],
) -> None:
    editor.mask_editor(np.tri(3, dtype=bool), list("abc"), key="e")
    st.session_state["e"] = {"drawn": [0, editor.pack(np.eye(3, dtype=bool))]}
    full = np.ones((3, 3), bool)
    editor.mask_editor(full, list("abc"), key="e")
    assert [data["epoch"] for data in sent] == [0, 1]
    now = editor.drawn("e")  # the stroke was drawn on what is no more
    assert now is not None and np.array_equal(now, full)


def test_what_does_not_fit_is_refused(sent: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"must be \(2, 2\)"):
        editor.mask_editor(np.tri(3, dtype=bool), list("ab"), key="e")


def test_a_stroke_in_a_mask_of_two_texts(sent: list[dict[str, object]]) -> None:
    """Two queries and three keys: 111 111 in one byte, then 101 111."""
    mask, keys = np.ones((2, 3), bool), ["x", "y", "\n"]
    editor.mask_editor(mask, list("ab"), key="e", key_tokens=keys)
    assert sent[0]["tokens"] == ["a", "b"] and sent[0]["keyTokens"] == ["x", "y", "↵"]
    stroke = np.array([[True, False, True], [True, True, True]])
    assert base64.b64decode(editor.pack(stroke)) == bytes([0b10111100])
    st.session_state["e"] = {"drawn": [0, editor.pack(stroke)]}
    now = editor.drawn("e")
    assert now is not None and np.array_equal(now, stroke)
    with pytest.raises(ValueError, match=r"must be \(3, 2\), 256 at most; got \(2, 3\)"):
        editor.mask_editor(mask, keys, key="e", key_tokens=list("ab"))
