"""The URL and the controls: which of them a rerun believes when they disagree."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from pages.shared import permalink

    for name in ("mask", "cells"):
        permalink.bind(name, "as trained")
        st.text_input(name, key=permalink.key(name))
    permalink.publish(**{n: st.session_state[permalink.key(n)] for n in ("mask", "cells")})


def come_with(app: AppTest, **query: str) -> None:
    app.query_params.clear()
    app.query_params.update(query)


def shown(app: AppTest) -> tuple[str, ...]:
    """What the controls say, which the URL must say too."""
    values = tuple(str(field.value) for field in app.text_input)
    said = {name: values_of(app.query_params[name]) for name in ("mask", "cells")}
    assert tuple(said.values()) == values
    return values


def values_of(said: object) -> str:
    return str(said[0] if isinstance(said, list) else said)


def test_a_link_is_believed() -> None:
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["mask"] = "off"
    assert shown(app.run()) == ("off", "as trained")


def test_a_second_click_that_comes_with_the_url_from_before_the_first_undoes_nothing() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    app.text_input[0].set_value("off").run()
    come_with(app, mask="as trained", cells="as trained")
    app.text_input[1].set_value("numbers").run()
    assert shown(app) == ("off", "numbers")


def test_a_third_click_undoes_nothing_either() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    app.text_input[0].set_value("off").run()
    app.text_input[1].set_value("numbers").run()
    come_with(app, mask="as trained", cells="as trained")
    app.text_input[1].set_value("colours").run()
    assert shown(app) == ("off", "colours")


def test_the_back_button_goes_back() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    app.text_input[0].set_value("off").run()
    come_with(app, mask="as trained", cells="as trained")
    assert shown(app.run()) == ("as trained", "as trained")


def test_a_link_is_told_once_more_to_a_browser_that_may_not_have_drawn_it_yet() -> None:
    app = AppTest.from_function(script, default_timeout=60)
    app.query_params["mask"] = "off"
    told = []
    for _ in range(3):
        app.run()
        assert shown(app) == ("off", "as trained")
        told.append(tuple(field.proto.set_value for field in app.text_input))
    assert [mask for mask, _ in told] == [True, True, False]
    assert not told[1][1]  # what the link did not say is left to the browser
