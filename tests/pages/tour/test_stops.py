"""Stops and their marking: a file is read or refused, an answer is marked by a measured number."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from gpt.errors import ConfigError
from gpt.inspect.measures.catalogue import MEASURES
from gpt.inspect.measures.reading import Measured
from pages.shared import folders
from pages.tour import marking, progress, stop_link, stops
from pages.tour.progress import Progress
from pages.tour.stops import SHIPPED, Act, Answer, Stop

FILE = """
title = "The mask"
seconds = 3282
page = "attention"
run = "shakespeare"
text = "No token looks ahead."
question = "And without the mask?"
state = { layer = "1" }
waits = true

[answer]
measure = "loss_change"
settings = { mask = "none" }
choices = ["falls", "stays", "rises"]
cuts = [-0.5, 0.5]
words = "From {before:.1f} to {after:.1f}."

[act]
text = "Switch it off."
state = { mask = "none" }
"""


CHOICES = 'choices = ["falls", "stays", "rises"]\ncuts = [-0.5, 0.5]'


def read(folder: Path, content: str, name: str = "05-the-mask.toml") -> Stop:
    path = folder / name
    path.write_text(content)
    return stops.read(path)


def test_a_file_is_a_stop(tmp_path: Path) -> None:
    stop = read(tmp_path, FILE)
    assert (stop.name, stop.title, stop.state) == ("the-mask", "The mask", {"layer": "1"})
    assert stop.answer.choices == ("falls", "stays", "rises")
    assert stop.answer.settings == {"mask": "none"} and stop.act.state == {"mask": "none"}
    assert stop.video == "https://www.youtube.com/watch?v=kCc8FmEb1nY&t=3282s"
    assert stop.waits and stop.does == "writes"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cuts = [-0.5, 0.5]", "cuts = [0.5]", "3 choices need 2 cuts"),
        ("cuts = [-0.5, 0.5]", "cuts = [0.5, -0.5]", "let them rise"),
        ("cuts = [-0.5, 0.5]", "cuts = [-0.5, 0.5]\nwithin = 1", "only one of them"),
        ('"loss_change"', '"luck"', "there is no measure 'luck'"),
        ('{ mask = "none" }\nchoices', '{ masks = "none" }\nchoices', "its settings are: mask"),
        ("seconds = 3282", "seconds = 99999", "the video has"),
        ("seconds = 3282", 'moment = "tea"', "moment is 'tea'; it can be text, tokens,"),
        ('title = "The mask"', 'titel = "The mask"', "it has titel; it can have does, head"),
        ('question = "And without the mask?"\n', "", "question"),
        ('state = { layer = "1" }', 'head = "clever"', "it can be previous token"),
        ('state = { mask = "none" }', "", "needs state|state"),
        ("[act]", "[act", "05-the-mask.toml"),
        (CHOICES, 'click = "cells"', "click is 'cells'; it can be key, cell"),
        (CHOICES, 'click = "key"', "a picture is clicked, so the page must be open"),
        (CHOICES, 'click = "cell"\nbetween = [0, 1]', "unexpected keyword argument 'query'"),
        ('"loss_change"', '"cell_weight"', "missing a required argument: 'query'"),
        (CHOICES, 'click = "key"\nbetween = [0, 1]', "each needs the other"),
        (CHOICES, 'tokens = "prompt"\nbetween = [0, 1]', "each needs the other"),
        ("question =", "withheld = -1\nquestion =", "withheld is a number of tokens"),
    ],
)
def test_a_slip_in_a_file_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in FILE
    with pytest.raises(ConfigError, match=message) as error:
        read(tmp_path, FILE.replace(old, new))
    assert str(error.value).startswith("the stop 05-the-mask.toml: ")


def test_stops_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no stops"):
        stops.read_all(tmp_path)
    for name in ("10-last.toml", "9-first.toml", "notes.toml"):
        (tmp_path / name).write_text(FILE)
    every = stops.read_all(tmp_path)
    assert [stop.name for stop in every] == ["first", "last"]
    assert stops.place_of(every, "last") == 1 and stops.place_of(every, "other") is None
    (tmp_path / "11-last.toml").write_text(FILE)
    with pytest.raises(ConfigError, match="two stops of one name"):
        stops.read_all(tmp_path)


def test_a_choice_is_right_by_the_number_and_not_by_its_place() -> None:
    answer = Answer("loss_change", "", choices=("falls", "stays", "rises"), cuts=(-0.5, 0.5))
    for value, right in ((-2.0, 0), (0.0, 1), (3.0, 2)):
        marks = [marking.is_right(answer, Measured(value), given) for given in range(3)]
        assert marks == [given == right for given in range(3)]


def test_a_number_is_right_within_its_limits_and_a_token_by_its_place() -> None:
    number = Answer("uniform_loss", "", within=0.1)
    marks = [marking.is_right(number, Measured(4.17), given) for given in (4.06, 4.1, 4.26, 4.3)]
    assert marks == [False, True, True, False]
    token = Answer("strongest_key", "", tokens="prompt")
    assert marking.is_right(token, Measured(7), 7) and not marking.is_right(token, Measured(7), 8)


def test_a_clicked_cell_is_right_by_the_number_that_is_measured_there() -> None:
    cell = Answer("cell_weight", "", {"mask": "causal"}, click="cell", between=(0.0, 0.0))
    assert cell.settings_at((2, 5)) == {"mask": "causal", "query": 2, "key": 5}
    assert marking.is_right(cell, Measured(0.0), (2, 5))
    assert not marking.is_right(cell, Measured(0.01), (5, 2))
    key = Answer("strongest_key", "", click="key")
    assert key.settings_at((2, 5)) == {}
    assert marking.is_right(key, Measured(7), 7) and not marking.is_right(key, Measured(7), 8)


def test_a_click_needs_a_page_with_a_cell(tmp_path: Path) -> None:
    assert stop_link.cell_fields("attention") == stop_link.cell_fields("mask_scale") == ("cell",)
    assert stop_link.cell_fields("head") == ("query", "key")
    assert stop_link.cell_fields("train") == ()
    content = FILE.replace(CHOICES, 'click = "key"').replace("waits = true", "")
    content = content.replace('page = "attention"', 'page = "residual"')
    content = content.replace('"loss_change"', '"strongest_key"')
    stop = read(tmp_path, content.replace('state = { layer = "1" }', ""))
    with pytest.raises(ConfigError, match="residual has no picture with a cell to click"):
        stop_link.link(stop, stop.run)


def test_the_words_hold_the_models_numbers_and_visible_tokens() -> None:
    answer = Answer("strongest_key", "{weight:.0%} on “{key_token}”", tokens="prompt")
    own = Measured(3, {"weight": 0.754, "key_token": "\n"})
    assert marking.mark(answer, own, 3) == marking.Verdict(True, "75% on “↵”")
    ids = Answer("token_count", "{ids}", {"text": "a b"}, within=0)
    assert marking.words(ids, Measured(2, {"ids": "4 5"})) == "4 5"
    assert marking.lit({"cell": "{key}.0"}, Measured(3, {"key": 3})) == {"cell": "3.0"}
    with pytest.raises(ConfigError, match="its numbers are: weight"):
        marking.words(answer, Measured(3, {"weight": 0.5}))


def test_an_act_is_done_when_all_its_parameters_are_there() -> None:
    act = Act("Do it.", {"mask": "none", "prompt": "*more"})
    assert marking.is_done(act, {"mask": "none", "prompt": "and more", "layer": "1"})
    assert not marking.is_done(act, {"mask": "none", "prompt": "and more of it"})
    assert not marking.is_done(act, {"prompt": "more"})


def test_progress_comes_back_as_it_was_kept() -> None:
    now = Progress().with_mark("mask", "w").with_mark("mask", "r").with_mark("mask", "r")
    now = now.with_mark("scale", "a").with_run("class 3|/;")
    assert now.marks == {"mask": "wr", "scale": "a"}
    assert progress.read(now.text()) == now
    assert not set(now.text()) & set(' ;,"\\')
    assert now.first_open(["mask", "scale", "end"]) == "scale"
    assert now.first_open(["mask"]) == "mask"
    assert progress.read("nonsense") == Progress()


def test_the_guide_names_every_measure_with_its_settings_and_every_field() -> None:
    guide = (folders.ROOT / "docs" / "guide" / "tour.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)$", guide, re.MULTILINE))
    for name, function in MEASURES.items():
        settings = rows[name].split("|")[1]
        named = set(re.findall(r"`(\w+)`", settings))
        assert named == set(inspect.signature(function).parameters) - {"reading"}, name
    for field in (*fields(Stop), *fields(Answer), *fields(Act)):
        assert field.name == "name" or re.search(rf"\b{field.name}\b", guide), field.name
    count = len(stops.read_all(SHIPPED))
    assert f"in {count} stops" in guide


def test_the_tour_takes_less_than_25_minutes_by_the_guides_estimate() -> None:
    """200 words a minute, and 38 seconds a stop."""
    every = stops.read_all(SHIPPED)
    texts = [(s.title, s.text, s.question, s.answer.words, *s.answer.choices) for s in every]
    words = sum(len(text.split()) for each in texts for text in each)
    words += sum(len(stop.act.text.split()) for stop in every)
    assert words / 200 + len(every) * 38 / 60 < 25


def test_the_shipped_stops_belong_to_pages_that_have_what_they_name() -> None:
    every = stops.read_all(SHIPPED)
    assert len({stop.title for stop in every}) == len(every)
    for stop in every:
        names = stop_link.names_on(stop.page)
        assert {*stop.state, *stop.light, *stop.act.state} <= names, stop.name
