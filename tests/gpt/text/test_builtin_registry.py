"""What holds for every built-in text: length, determinism, and errors that help."""

from __future__ import annotations

import hashlib
import random

import pytest

from gpt.errors import TextError
from gpt.text import builtin
from gpt.text.builtin.draw import between, fill, sample

NAMES = ["plays", "speeches", "names", "copy", "reverse", "sort", "brackets", "addition"]

# A run that was trained on one of these can only be resumed while it stays what it was.
# Whoever changes a text on purpose retrains the shipped runs and then changes this.
PINNED = {
    "plays": "38892ed03c533734668583d171f28977bf28cbfff4f0068297caa9b875f06441",
    "speeches": "11722821c621c2efa0ca522fd05d38569e20747affecf1e22aace44acdc3c745",
    "names": "2ac9566bf2aacdb1a11734b9d5d83cdc6d4d9e9565ec045c15c0e2789d222b7a",
    "copy": "216e441d0456aac428240e6789e94fae08046151afacee16aadbd6f24c3143ca",
    "reverse": "f262f3af91e189a7235aa7326a7c885fa4ad5d00a9bbb9eb817e7c3d155ffe61",
    "sort": "17d0392411f28d93c32af3195c77f5f7616bfd601b6f85c2775a3832ec83c091",
    "brackets": "d852aa7c0b8ba71fe2bef7a93c26c2bae7fef9022367ba0e280c470ce8264370",
    "addition": "f8523c774a117c1ef30f8d56e202f5b16c06fce3d0c1582c4b709d1ce6d5ba68",
}


def digest(name: str, seed: int, length: int) -> str:
    written = "\0".join(part for pair in builtin.write(name, seed, length) for part in pair)
    return hashlib.sha256(written.encode()).hexdigest()


def test_the_registry_holds_all_under_their_own_names() -> None:
    assert list(builtin.BUILTIN) == NAMES
    for name, one in builtin.BUILTIN.items():
        assert one.name == name
        assert one.title and one.description.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_text_is_what_it_was_when_runs_were_trained(name: str) -> None:
    assert digest(name, 1, 10_000) == PINNED[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_decides_everything(name: str) -> None:
    assert builtin.write(name, 5, 20_000) == builtin.write(name, 5, 20_000)
    assert builtin.write(name, 5, 20_000) != builtin.write(name, 6, 20_000)


@pytest.mark.parametrize("length", [1_000, 1_001, 2_500, 7_919, 65_536, 150_000])
@pytest.mark.parametrize("name", NAMES)
def test_length_is_within_one_percent(name: str, length: int) -> None:
    for seed in range(4):
        total = sum(len(text) for _, text in builtin.write(name, seed, length))
        assert abs(total - length) <= length / 100


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_named_apart_and_end_with_a_line_break(name: str) -> None:
    documents = builtin.write(name, 2, 30_000)
    assert len({document for document, _ in documents}) == len(documents)
    for _, text in documents:
        assert text.endswith("\n")
        assert text.isascii()


def test_the_length_asked_for_by_default_is_half_a_million() -> None:
    assert abs(sum(len(text) for _, text in builtin.write("copy")) - 500_000) <= 5_000


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TextError, match=r"'sonnets'.*plays, speeches, names, copy, reverse"):
        builtin.write("sonnets")


@pytest.mark.parametrize("length", [-1, 0, 999, 50_000_001])
def test_a_length_that_cannot_be_is_refused(length: int) -> None:
    with pytest.raises(TextError, match="1,000 to 50,000,000 characters"):
        builtin.write("names", 1, length)


def test_sample_takes_each_at_most_once_and_leaves_the_choices_alone() -> None:
    choices = ["a", "b", "c", "d", "e"]
    drawn = [sample(random.Random(seed), choices, 3) for seed in range(200)]
    assert all(len(set(three)) == 3 for three in drawn)
    assert {three[0] for three in drawn} == set(choices)
    assert choices == ["a", "b", "c", "d", "e"]


def test_between_reaches_both_ends() -> None:
    rng = random.Random(0)
    assert {between(rng, 2, 4) for _ in range(200)} == {2, 3, 4}


def test_fill_chooses_the_last_pieces_to_fit() -> None:
    rng = random.Random(0)
    sizes = [7, 11, 13]
    pieces = list(fill(lambda: sizes[int(rng.random() * 3)], lambda size: size, 100, 7))
    assert abs(sum(pieces) - 100) <= 4


def test_fill_leaves_a_gap_rather_than_overshoot_by_more() -> None:
    assert list(fill(lambda: 10, lambda size: size, 24, 2)) == [10, 10]
    assert list(fill(lambda: 10, lambda size: size, 26, 2)) == [10, 10, 10]
