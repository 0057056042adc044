"""The tour walked stop by stop: the model's own answer marks what was answered, wrong and right.

AppTest stays on the page that it was sent to, so each stop is opened by its own bare link.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.measures.reading import Measured
from pages.shared import folders
from pages.tour import marking, stop_link, stops
from pages.tour.marking import Given
from pages.tour.stops import SHIPPED, Stop
from tests.pages import opening
from tests.pages.opening import opened, said

RUNS = folders.ROOT / "checkpoints"


@cache
def every() -> tuple[Stop, ...]:
    return stops.read_all(SHIPPED)


def named(name: str) -> Stop:
    return next(stop for stop in every() if stop.name == name)


def at(stop: Stop, **query: str) -> AppTest:
    app = opened(stop.page, tour=stop.name, **query)
    assert not app.error, said(app)
    return app


def query(app: AppTest) -> dict[str, str]:
    """The page's URL."""
    return {name: str(np.ravel(value)[0]) for name, value in app.query_params.items()}


def press(app: AppTest, key: str) -> None:
    app.button(f"tour_{key}").click().run()
    assert not app.exception and not app.error, said(app)


def give(app: AppTest, stop: Stop, given: Given) -> None:
    """Answer the question with the control that the stop has, and have it marked."""
    key = f"tour_answer_{stop.name}"
    if stop.answer.click:
        assert app.button("tour_check").disabled
        pick(app, stop, given if isinstance(given, tuple) else (5, int(given)))
        press(app, "check")
        return
    assert not isinstance(given, tuple)
    if stop.answer.choices:
        app.radio(key).set_value(int(given)).run()
    elif stop.answer.within is not None:
        app.number_input(key).set_value(given).run()
    else:
        next(each for each in app.get("button_group") if each.key == key).set_value(given).run()
    press(app, "check")


def pick(app: AppTest, stop: Stop, cell: tuple[int, int]) -> None:
    """Hold a cell of the picture, as the page does when it is clicked there."""
    named = stop_link.cell_fields(stop.page)
    texts = ["{}.{}".format(*cell)] if len(named) == 1 else list(map(str, cell))
    link = query(app)
    app.query_params.clear()
    app.query_params.update(link | dict(zip(named, texts, strict=True)))
    app.run()
    assert not app.exception and not app.error, said(app)


def right_and_wrong(stop: Stop, own: Measured) -> tuple[Given, Given]:
    """An answer that agrees with the model's own number, and one that does not."""
    if stop.answer.click == "cell":
        T = len(stop_link.reading(stop, stop.run).ids)
        right = [cell for cell in np.ndindex(T, T) if is_right(stop, cell)]
        (only,) = right
        return only, only[::-1]
    if stop.answer.choices:
        places = range(len(stop.answer.choices))
        right = next(place for place in places if marking.is_right(stop.answer, own, place))
        return right, (right + 1) % len(places)
    if stop.answer.within is not None:
        return own.value, own.value + 2 * stop.answer.within + 0.5
    return own.value, own.value - 1 if own.value else 1


def is_right(stop: Stop, cell: tuple[int, int]) -> bool:
    return marking.is_right(stop.answer, stop_link.measured(stop, stop.run, cell), cell)


def verdict(app: AppTest) -> str:
    return next(m.value for m in app.markdown if "**Right:**" in m.value or "Not so" in m.value)


def marks(app: AppTest, stop: Stop) -> str:
    progress: Any = app.session_state["_tour_progress"]
    return str(progress.marks.get(stop.name, ""))


@pytest.mark.parametrize("name", [stop.name for stop in every()])
def test_a_stop_is_answered_wrongly_and_rightly_and_its_act_is_seen(name: str) -> None:
    stop = named(name)
    app = at(stop)
    assert ("tour_answer" in said(app)) is False and bool(app.header) is not stop.waits
    ways_on = {button.key for button in app.button} & {"tour_next", "tour_train"}
    assert ways_on == {"tour_train" if stop.name == every()[-1].name else "tour_next"}
    right, wrong = right_and_wrong(stop, stop_link.measured(stop, stop.run))
    give(app, stop, wrong)
    own = stop_link.measured(stop, stop.run, wrong)
    assert verdict(app).startswith(":red[") and marks(app, stop) == "w"
    assert marking.words(stop.answer, own) in verdict(app)
    assert app.header, "the page is there now"
    press(app, "again")
    give(app, stop, right)
    assert verdict(app).startswith(":green[") and marks(app, stop) == "wr"
    link = query(app)
    assert not marking.is_done(stop.act, link), "the act is still to be done"
    app.query_params.clear()
    app.query_params.update(link | {k: v.replace("*", "") for k, v in stop.act.state.items()})
    app.run()
    assert not app.exception and not app.error, said(app)
    assert marks(app, stop) == "wra" and "**Done:**" in said(app)


def test_with_other_weights_the_stop_is_at_another_head_and_marks_by_it() -> None:
    stop = named("previous")
    places = {}
    for run in ("shakespeare", "shakespeare-fast"):
        checkpoint = gpt.load(RUNS / run)
        ids = checkpoint.last_ids(stop.prompt or "")
        weights = np.array(gpt.trace(checkpoint.model, ids).weights[:])
        before = np.diagonal(weights, offset=-1, axis1=2, axis2=3).mean(-1)
        head = np.unravel_index(before.argmax(), before.shape)
        app = at(stop, run=run)
        link = query(app)
        assert (link["run"], link["layer"], link["head"]) == (run, str(head[0]), str(head[1]))
        give(app, stop, int(weights[head][-1].argmax()))
        assert verdict(app).startswith(":green[")
        assert f"layer {head[0]}, head {head[1]}" in verdict(app)
        places[run] = head
    assert places["shakespeare"] != places["shakespeare-fast"], "or this test shows nothing"


def test_a_withheld_token_comes_with_the_answer_and_may_look_at_itself() -> None:
    stop = named("previous")
    app = at(stop)
    whole = stop.prompt or ""
    assert query(app)["prompt"] == whole[:-1] and "“d” look most" in said(app)
    assert "Click in the picture" in said(app)
    pick(app, stop, (3, 4))
    assert "“t” (token 4)" in said(app) and "cell" in query(app)
    press(app, f"self_{len(whole) - 1}")
    assert f"“d” (token {len(whole) - 1})" in said(app)
    press(app, "check")
    assert verdict(app).startswith(":red[") and query(app)["prompt"] == whole
    own = stop_link.measured(stop, stop.run).numbers
    assert query(app)["cell"] == f"{own['query']}.{own['key']}"
    press(app, "again")
    assert query(app)["prompt"] == whole[:-1] and "cell" not in query(app)


def test_a_teachers_link_opens_a_stop_with_the_classs_run_and_the_next_ones_too(
    checkpoints: Path,
) -> None:
    for run, name in (("shakespeare", "shakespeare"), ("shakespeare-fast", "class-3")):
        shutil.copytree(RUNS / run, checkpoints / name)
    app = at(named("mask"), run="class-3")
    assert query(app)["run"] == "class-3"
    assert app.session_state["_tour_progress"].run == "class-3"
    assert stop_link.run_of(named("wrong-scale"), "class-3") == "class-3"
    app.selectbox("link_run").set_value("shakespeare").run()
    assert app.session_state["_tour_progress"].run == "", "the stop's own run is no one's"


def test_a_model_that_cannot_read_the_stops_text_reads_its_own() -> None:
    prompt, _ = stop_link.texts(named("mask"), "copy")
    assert not gpt.load(RUNS / "copy").tokenizer.unknown(prompt) and prompt != named("mask").prompt
    app = at(named("mask"), run="copy")
    assert query(app)["prompt"] == prompt


def test_a_run_that_a_stop_cannot_read_is_named() -> None:
    app = at(named("average"), run="gone")
    assert "This stop reads shakespeare, and not gone: it is not here." in said(app)
    app = at(named("encoder"), run="copy")
    assert "This stop reads reviews, and not copy: it does something else." in said(app)


def test_the_tour_goes_along_to_other_pages_and_ends_when_it_is_left() -> None:
    app = opened("residual", tour="mask", part="Norms")
    assert "Back to the tour: The mask" in [button.label for button in app.button]
    assert query(app)["tour"] == "mask" and query(app)["part"] == "Norms"
    press(app, "leave")
    assert "tour" not in query(app) and not [b for b in app.button if b.key == "tour_back"]
    assert query(app)["part"] == "Norms"


def test_what_was_switched_at_a_stop_is_as_trained_again_when_the_tour_is_left() -> None:
    app = at(named("wrong-scale"))
    app.segmented_control("link_scale").set_value("n_embd").run()
    assert query(app)["scale"] == "n_embd"
    press(app, "leave")
    assert query(app)["scale"] == app.segmented_control("link_scale").value == "model"
    assert query(app)["run"] == "shakespeare", "the rest stays as it is"


def test_a_link_to_no_stop_says_so() -> None:
    app = opened("attention", tour="nowhere")
    assert "has no stop of that name" in said(app) and not app.error and len(app.header) == 1


def test_without_the_tour_nothing_of_it_is_there() -> None:
    app = opened("attention")
    assert not [button for button in app.button if (button.key or "").startswith("tour_")]
    links = [link.query_string for link in opening.ways(opened("home"))]
    assert urlencode({"tour": "next"}) in links


def test_a_teachers_own_stops_stand_in_place_of_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = next(SHIPPED.glob("*-mask.toml")).read_text(encoding="utf-8")
    (tmp_path / "1-ours.toml").write_text(mask.replace("The mask", "Our mask"))
    monkeypatch.setenv(stops.FOLDER, str(tmp_path))
    app = opened("attention", tour="ours")
    assert app.selectbox("tour_menu_ours").options == ["1 of 1: Our mask"]
    (tmp_path / "1-ours.toml").write_text("title = 5")
    app = opened("attention", tour="ours")
    assert "The stop 1-ours.toml: " in said(app) and len(app.header) == 1
