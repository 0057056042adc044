"""The lecture's times: what its video shows there, and that no page has one of its own."""

from __future__ import annotations

import re

import pytest

from gpt.training.ladder import rungs
from pages.shared.folders import ROOT
from pages.shared.lecture import SECONDS, cited, clock

# The beginnings of the video's chapters, as its author lists them.
CHAPTERS = {
    "text": "7:52",
    "tokens": "9:28",
    "blocks": "14:27",
    "bigram": "22:11",
    "training": "34:53",
    "loop": "42:13",
    "matrix product": "47:11",
    "softmax": "54:42",
    "embedding": "58:26",
    "positions": "1:00:18",
    "one head": "1:02:00",
    "graph": "1:11:38",
    "scale": "1:16:56",
    "layers": "1:24:25",
    "skips": "1:26:48",
    "layernorm": "1:32:51",
    "scaled up": "1:37:49",
    "assistant": "1:48:53",
}
# Moments within a chapter, heard: what is said, and the time that a player shows.
WITHIN = {
    "split": "12:55",
    "first loss": "28:17",
    "sampling": "30:22",
    "estimates": "39:47",
    "batch": "1:13:16",
    "encoder": "1:14:07",
    "times eight": "1:18:52",
    "dropout": "1:38:29",
    "nanogpt": "1:45:39",
    "parameters": "1:49:26",
}
TIME = re.compile(r"\b\d{1,2}:\d\d(:\d\d)?\b")


@pytest.mark.parametrize("moment, time", [*CHAPTERS.items(), *WITHIN.items()])
def test_a_moment_is_where_the_video_has_it(moment: str, time: str) -> None:
    assert clock(moment) == time


def test_every_moment_is_checked_and_they_are_in_order() -> None:
    assert set(SECONDS) == {*CHAPTERS, *WITHIN}
    assert list(SECONDS.values()) == sorted(SECONDS.values())


def test_moments_are_cited() -> None:
    assert cited("graph", "scale") == "*Let's build GPT*, 1:11:38 and 1:16:56"


def test_no_page_has_a_time_of_its_own() -> None:
    pages = (ROOT / "pages").rglob("*.py")
    own = {
        path.name: TIME.search(path.read_text(encoding="utf-8"))
        for path in pages
        if path.name != "lecture.py"
    }
    assert {name: found.group() for name, found in own.items() if found} == {}


def test_the_rungs_of_the_ladder_are_at_the_times_of_the_pages() -> None:
    minutes = {rung.name: rung.minute for rung in rungs.RUNGS}
    assert minutes["bigram"] == clock("bigram")
    assert minutes["skips"] == clock("skips")
    assert minutes["layernorm"] == clock("layernorm")
    assert minutes["scaled-up"] == clock("scaled up")
