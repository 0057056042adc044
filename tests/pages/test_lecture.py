"""The lecture's times: what its video shows there, and that no page has one of its own."""

from __future__ import annotations

import re
import tomllib

import pytest

from gpt.training.ladder import rungs
from pages.shared.folders import ROOT
from pages.shared.lecture import SECONDS, cited, clock
from pages.tour import stops

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
    "data dependence": "1:07:13",
    "batch": "1:13:16",
    "encoder": "1:14:07",
    "variance": "1:17:52",
    "times eight": "1:18:52",
    "highway": "1:29:18",
    "dropout": "1:38:29",
    "cross-attention": "1:43:37",
    "nanogpt": "1:45:39",
    "parameters": "1:49:26",
}
# What every page and part cites, in the order of its source.
CITED = {
    "assistant": "assistant",
    "attention": "one head",
    "averaging": "loop, matrix product, softmax, one head, loop, one head",
    "embeddings": "embedding, positions, embedding",
    "encoder": "encoder, encoder",
    "generate": "sampling, scaled up, sampling, scaled up",
    "head": "one head, one head",
    "home": "layers, layers",
    "import_model": "nanogpt",
    "ladder": "bigram, scaled up",
    "mask_scale": "softmax, graph, encoder, scale, graph, scale",
    "model": "parameters, parameters",
    "normalization": "layernorm, layernorm",
    "parts/attention/map_caption": "one head, scale",
    "parts/embeddings/order_part": "positions, graph",
    "parts/head/side_by_side_heads": "one head, nanogpt",
    "parts/head/swapped_roles": "one head",
    "parts/ladder/counting": "bigram, training",
    "parts/ladder/first_loss": "first loss",
    "parts/mask_scale/draw_mask": "graph",
    "parts/mask_scale/softmax": "times eight",
    "parts/model/scaled_up": "parameters",
    "parts/tensors/context_length": "blocks",
    "parts/tensors/rows_apart": "batch",
    "parts/tensors/scatter": "estimates, dropout",
    "parts/tensors/training_step": "first loss, training",
    "parts/tensors/vocabulary": "tokens",
    "residual": "skips, layernorm, layernorm, layers, one head, skips",
    "runs": "scaled up",
    "tensors": "text, tokens, split, blocks, text, bigram",
    "train": "estimates, training, scaled up, training, encoder, training, encoder, training",
}
CALL = re.compile(r"(?:\b(?:clock|cited)\(|MOMENT = \{)([^)}]*)")
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


def test_every_page_cites_the_moments_that_are_listed_here() -> None:
    cited_by_page = {}
    for path in sorted((ROOT / "pages").rglob("*.py")):
        calls = "".join(CALL.findall(path.read_text(encoding="utf-8")))
        moments = [name for name in re.findall(r"[\"']([a-z -]+?)[\"']", calls) if name in SECONDS]
        if moments and path.name != "lecture.py":
            page = path.relative_to(ROOT / "pages").with_suffix("").as_posix()
            cited_by_page[page] = ", ".join(moments)
    assert cited_by_page == CITED


def test_the_stops_of_the_tour_are_at_moments_of_the_one_table() -> None:
    for path in stops.SHIPPED.glob("*.toml"):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        assert "seconds" not in content, path.name
        assert stops.read(path).seconds == SECONDS[content["moment"]]


def test_the_rungs_of_the_ladder_are_at_the_times_of_the_pages() -> None:
    minutes = {rung.name: rung.minute for rung in rungs.RUNGS}
    assert minutes["bigram"] == clock("bigram")
    assert minutes["skips"] == clock("skips")
    assert minutes["layernorm"] == clock("layernorm")
    assert minutes["scaled-up"] == clock("scaled up")
