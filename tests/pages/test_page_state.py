"""A page's state: what its URL, the memory and the controls say, and which of them is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gpt.errors import ConfigError
from pages.shared import page_links, page_state, parameters, url_fields
from pages.shared.uploads import Handed, Shelf


def script() -> None:
    """Two pages that share `mask` and each have a `cells` of their own, of another kind."""
    from dataclasses import dataclass
    from typing import ClassVar

    import streamlit as st

    from pages.shared import page_state, url_controls
    from pages.shared.parameters import one_of, whole
    from pages.shared.url_fields import PageState, parameter

    @dataclass(frozen=True)
    class First(PageState):
        page: ClassVar[str] = "first"
        mask: str = parameter("as trained", one_of(("as trained", "off", "last 8")), shared=True)
        cells: str = parameter("as trained")

    @dataclass(frozen=True)
    class Second(PageState):
        page: ClassVar[str] = "second"
        mask: str = parameter("as trained", one_of(("as trained", "off", "last 8")), shared=True)
        cells: int = parameter(3, whole(), label="Cells")

    if st.session_state.get("where", "first") == "first":
        first = page_state.opened(First)
        if first.cells == "broken":
            st.text_input("cells", **page_state.control("cells"))
            st.stop()
        for name in ("mask", "cells"):
            if name not in st.session_state.get("closed", ()):
                st.text_input(name, **page_state.control(name))
        page_state.publish(first, mask=first.mask, cells=first.cells)
    else:
        second = page_state.opened(Second)
        st.text_input("mask", **page_state.control("mask"))
        cells = url_controls.whole("Cells", second, "cells", 0, 9, "this page has cells 0 to 9")
        page_state.publish(second, mask=second.mask, cells=cells)


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(script, default_timeout=60)


def come_with(app: AppTest, **query: str) -> None:
    app.query_params.clear()
    app.query_params.update(query)


def go(app: AppTest, where: str, **query: str) -> AppTest:
    """To the other page, by the sidebar or by a link."""
    app.session_state["where"] = where
    come_with(app, **query)
    return app.run()


def shown(app: AppTest) -> tuple[str, ...]:
    """What the controls say, which the URL must say too."""
    assert not app.exception
    values = tuple(str(field.value) for field in (*app.text_input, *app.number_input))
    said = {name: values_of(app.query_params[name]) for name in ("mask", "cells")}
    assert tuple(said.values()) == values
    return values


def values_of(said: object) -> str:
    return str(said[0] if isinstance(said, list) else said)


def test_a_link_is_believed(app: AppTest) -> None:
    come_with(app, mask="off")
    assert shown(app.run()) == ("off", "as trained")


def test_a_second_click_that_comes_with_the_url_from_before_the_first_undoes_nothing(
    app: AppTest,
) -> None:
    app.run()
    app.text_input[0].set_value("off").run()
    come_with(app, mask="as trained", cells="as trained")
    app.text_input[1].set_value("numbers").run()
    assert shown(app) == ("off", "numbers")


def test_a_third_click_undoes_nothing_either(app: AppTest) -> None:
    app.run()
    app.text_input[0].set_value("off").run()
    app.text_input[1].set_value("numbers").run()
    come_with(app, mask="as trained", cells="as trained")
    app.text_input[1].set_value("colours").run()
    assert shown(app) == ("off", "colours")


def test_the_back_button_goes_back(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.run()
    app.text_input[0].set_value("off").run()
    app.text_input[1].set_value("numbers").run()
    monkeypatch.setattr(page_links, "is_back", lambda: True)
    come_with(app, mask="as trained")
    assert shown(app.run()) == ("as trained", "as trained")


def test_a_link_is_told_once_more_to_a_browser_that_may_not_have_drawn_it_yet(
    app: AppTest,
) -> None:
    come_with(app, mask="off")
    told = []
    for _ in range(3):
        app.run()
        assert shown(app) == ("off", "as trained")
        told.append(tuple(field.proto.set_value for field in app.text_input))
    assert [mask for mask, _ in told] == [True, True, False]
    assert not told[1][1]  # what the link did not say is left to the browser


def test_a_link_is_followed_once_also_by_a_page_that_ends_before_it_writes_its_own(
    app: AppTest,
) -> None:
    come_with(app, mask="off", cells="broken")
    app.run()
    come_with(app, mask="off", cells="broken")
    app.text_input[0].set_value("mended").run()
    assert shown(app) == ("off", "mended")


def test_a_choice_outlives_a_control_that_is_not_drawn_for_a_while(app: AppTest) -> None:
    app.session_state["closed"] = ("cells",)
    app.run()  # the control is given its value before it is drawn
    app.session_state["closed"] = ()
    app.run()
    app.text_input[1].set_value("numbers").run()
    for _ in range(3):
        app.session_state["closed"] = ("cells",)
        app.run()
    assert values_of(app.query_params["cells"]) == "numbers"
    app.session_state["closed"] = ()
    assert shown(app.run()) == ("as trained", "numbers")
    app.text_input[1].set_value("as trained").run()
    assert shown(app) == ("as trained", "as trained")


def test_what_is_shared_follows_and_what_is_not_stays(app: AppTest) -> None:
    app.run()
    app.text_input[0].set_value("off").run()
    app.text_input[1].set_value("numbers").run()
    assert shown(go(app, "second")) == ("off", "3")  # `cells` is another thing there
    app.number_input[0].set_value(7).run()
    app.text_input[0].set_value("last 8").run()
    assert shown(go(app, "first")) == ("last 8", "numbers")
    assert shown(go(app, "second")) == ("last 8", "7")


def test_what_does_not_fit_is_said_of_a_link_and_not_of_what_was_remembered(app: AppTest) -> None:
    app.run()
    assert shown(go(app, "second", cells="99")) == ("as trained", "9")
    assert "The link says cells='99': this page has cells 0 to 9. Shown instead: 9." in said(app)
    assert shown(go(app, "first")) == ("as trained", "as trained")
    assert shown(go(app, "second")) == ("as trained", "9")
    assert said(app) == ""


def test_what_cannot_be_read_is_said_and_gives_way(app: AppTest) -> None:
    come_with(app, mask="none at all")
    assert shown(app.run()) == ("as trained", "as trained")
    assert "The link says mask='none at all': it can be as trained, off, last 8." in said(app)


@pytest.mark.parametrize(("typed", "left"), [(-1, 3), (12, 9)])
def test_a_number_that_has_no_effect_is_refused_with_a_word(
    app: AppTest, typed: int, left: int
) -> None:
    go(app, "second")
    app.number_input[0].set_value(typed).run()
    assert shown(app) == ("as trained", str(left))
    assert f"Cells {typed}: " in said(app) and f"Shown instead: {left}." in said(app)
    app.number_input[0].set_value(5).run()
    assert shown(app) == ("as trained", "5") and said(app) == ""


def said(app: AppTest) -> str:
    return "\n".join(warning.value.replace("\\", "") for warning in app.warning)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "1e999", "nan", "9" * 50])
def test_no_whole_number(text: str) -> None:
    with pytest.raises(ConfigError, match="is no whole number from 0"):
        parameters.whole()(text)


def test_numbers_are_read() -> None:
    assert parameters.whole(1, 8)("8") == 8
    assert parameters.real(0.0, 1.0)("0.25") == 0.25
    with pytest.raises(ConfigError, match="is no number from 0 to 1"):
        parameters.real(0.0, 1.0)("1.5")
    with pytest.raises(ConfigError):
        parameters.flag("yes")


def test_what_is_handed_over_is_kept_until_it_has_to_make_room() -> None:
    def file(name: str, size: int) -> Handed:
        return Handed(name, name, b"x" * size)

    shelf = Shelf(10)
    shelf.keep("a", [file("1", 4), file("2", 2)])
    shelf.keep("b", [file("3", 4)])
    assert [each.name for each in shelf.get("a")] == ["1", "2"]  # now b was asked for longest ago
    shelf.keep("c", [file("4", 3)])
    assert shelf.get("b") == () and len(shelf.get("a")) == 2 and len(shelf.get("c")) == 1
    shelf.keep("a", [])
    assert shelf.get("a") == ()
    shelf.keep("d", [file("5", 11)])  # more than is kept at all
    assert shelf.get("d") == () and shelf.get("c") == ()


def test_every_page_has_one_state_and_every_field_is_a_parameter() -> None:
    states: dict[str, type[Any]] = every_state()
    files = {path.stem for path in (Path(page_state.__file__).parents[1]).glob("*.py")}
    assert set(states) == files - {"__init__"}
    for cls in states.values():
        names = [bound.name for bound in url_fields.all_bound(cls)]
        assert len(set(names)) == len(names)
        for bound in url_fields.all_bound(cls):
            if bound.default not in (None, "", ()):
                assert bound.parameter.read(bound.text(bound.default)) == bound.default


def every_state() -> dict[str, type[Any]]:
    """The state of every page, by the page's file."""
    from tests.pages.journeys import STATES

    return STATES
