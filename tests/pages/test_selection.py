"""A held cell stays only if the maps have its query and its key."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import folders, selection
from viz.views.attention import Picked


def _page(root: str, T: int, S: int) -> None:
    import sys

    sys.path.insert(0, root)
    import streamlit as st

    from pages.parts.attention.attention_state import AttentionState
    from pages.shared import page_state, selection

    state = page_state.opened(AttentionState)
    st.code(str(selection.fit_cell(state, T, S).cell))


@pytest.mark.parametrize(
    ("cell", "T", "S", "fits"),
    [
        ("4.6", 5, 7, True),
        ("4.6", 7, 5, False),  # key 6 is beyond the last, 4
        ("6.4", 5, 7, False),  # query 6 is beyond the last, 4
        ("6.4", 7, 5, True),
        ("4.4", 5, 5, True),
        ("4.5", 5, 5, False),
    ],
)
def test_a_cell_has_to_be_among_the_queries_and_the_keys(
    cell: str, T: int, S: int, fits: bool
) -> None:
    app = AppTest.from_function(_page, args=(str(folders.ROOT), T, S))
    app.query_params["cell"] = cell
    app.run()
    assert not app.exception
    query, key = cell.split(".")
    assert app.code[0].value == (f"({query}, {key})" if fits else "None")
    sides = f"queries 0 to {T - 1} and keys 0 to {S - 1}" if T != S else f"tokens 0 to {T - 1}"
    assert [sides in warning.value for warning in app.warning] == ([] if fits else [True])


def test_a_link_without_a_cell_releases_the_one_that_is_held() -> None:
    def page() -> None:
        import streamlit as st

        from pages.shared import selection
        from viz.views.attention import Picked

        st.code(str(selection.lock("view", None)))
        selection.remember("view", Picked((0, 1), (3, 2)))
        cells = (None, (3, 2), (4, 2))
        st.code(str([selection.lock("view", cell) for cell in cells]))

    first, then = AppTest.from_function(page).run().code
    assert first.value == "None" and then.value == "['free', None, (4, 2)]"


def test_a_head_that_another_run_opened_on_is_no_choice_until_a_person_picks_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selection, "picked", lambda key: Picked((0, 1), None))

    def page(root: str) -> None:
        import sys

        sys.path.insert(0, root)
        import streamlit as st

        from pages.parts.attention.attention_state import AttentionState
        from pages.shared import page_state, selection
        from viz.views.attention import Picked

        state = page_state.opened(AttentionState)
        free = [selection.is_free("a", state)]
        state = selection.opened_on("a", (1, 2), state)
        free += [selection.is_free("a", state), selection.is_free("b", state)]
        selection.remember("view", Picked((1, 2), None))
        state = selection.followed(state, "view")
        free += [selection.is_free("b", state)]
        st.code(str(free))

    app = AppTest.from_function(page, args=(str(folders.ROOT),)).run()
    assert not app.exception
    assert app.code[0].value == "[True, False, True, False]"
