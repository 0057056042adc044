"""Splits by groups: nothing leaks, nothing is lost, each label has its share."""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpt.errors import TextError
from gpt.text import labelled, leak_free, pairs
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import PARTS, Split, folds, split
from gpt.text.normal_form import normal_forms
from gpt.text.pairs import PairExamples
from tests.gpt.shakespeare import DATA

ENG_FRA = DATA / "eng-fra.tsv"
needs_eng_fra = pytest.mark.skipif(
    not ENG_FRA.is_file(), reason="shared/data/eng-fra.tsv does not lie beside the repository"
)


def bare(text: str) -> str:
    """A sentence without case, signs and blanks, by other means than `normal_forms`."""
    return "".join(c for c in unicodedata.normalize("NFC", text.casefold()) if c.isalnum())


def parts_of(parts: Split) -> dict[str, set[int]]:
    return {part: set(getattr(parts, part).tolist()) for part in PARTS}


def leaks(parts: Split, *sides: Sequence[str]) -> list[str]:
    """The sentences of one side that stand in two parts."""
    shared = []
    for side in sides:
        forms = [{bare(side[i]) for i in numbers} - {""} for numbers in parts_of(parts).values()]
        shared += [*(forms[0] & forms[1]), *(forms[0] & forms[2]), *(forms[1] & forms[2])]
    return shared


def chained(seed: int, count: int = 400) -> PairExamples:
    """Pairs of few different sentences: most have relatives."""
    rng = random.Random(seed)

    def word() -> str:
        letters = rng.choice(string.ascii_lowercase) + rng.choice(string.ascii_lowercase)
        return rng.choice((letters, letters.upper(), f"{letters}!", f"« {letters} »"))

    return PairExamples(
        "chained", tuple(word() for _ in range(count)), tuple(word() for _ in range(count))
    )


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Go.", "go"),
        ("Va\u202f!", "va"),
        ("« Ça, c'est l'été ! »", "çacestlété"),
        ("e\u0301te\u0301", "été"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        (":-)", ":-)"),
        ("3,5 %", "35"),
        ("some day", "someday"),
    ],
)
def test_normal_form_leaves_case_punctuation_and_blanks_aside(text: str, form: str) -> None:
    assert normal_forms([text, "other"])[0] == form


def test_related_pairs_are_one_group() -> None:
    """0 and 1 share a source, 1 and 2 a target, 3 repeats 4; 5 has the source 0 as its target."""
    corpus = PairExamples(
        "few",
        ("Go.", "go!", "Leave.", "No.", "NO", "Va.", *"abcdefghijklmnopqrstuvwxyz"),
        ("Va !", "Pars.", "pars", "Non.", "non !", "go", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    )
    parts = split(corpus, seed=1)
    assert (parts.groups, parts.largest, parts.duplicates) == (3 + 26, 3, 1)
    assert any({0, 1, 2} <= numbers for numbers in parts_of(parts).values())
    assert any({3, 4} <= numbers for numbers in parts_of(parts).values())


@pytest.mark.parametrize("seed", range(6))
def test_no_sentence_of_one_part_stands_in_another(seed: int) -> None:
    corpus = chained(seed, count=120)
    parts = split(corpus, seed)
    assert leaks(parts, corpus.sources, corpus.targets) == []
    assert sorted(i for part in PARTS for i in getattr(parts, part)) == list(range(120))


def test_a_test_by_hand_finds_a_leak() -> None:
    corpus = PairExamples("two", ("Go.", "go !"), ("a", "b"))
    leaking = Split(np.array([0]), np.array([]), np.array([1]), 2, 1, 0)
    assert leaks(leaking, corpus.sources, corpus.targets) == ["go"]


@needs_eng_fra
def test_real_pairs_do_not_leak() -> None:
    corpus = pairs.from_files([ENG_FRA])
    parts = split(corpus)
    assert len(corpus) == 160_042
    assert leaks(parts, corpus.sources, corpus.targets) == []
    assert (len(parts.test), len(parts.validation)) == (5_000, 5_000)
    assert len(parts.training) == 150_042
    assert parts.duplicates == len(corpus) - len(
        set(zip(normal_forms(corpus.sources), normal_forms(corpus.targets), strict=True))
    )
    one_each = corpus.one_source_each(parts.test, seed=1)
    assert len({normal_forms([corpus.targets[i]])[0] for i in one_each}) == len(one_each) > 2_000


def test_labels_have_their_share_and_a_seed_decides() -> None:
    texts = tuple(f"text number {i}" for i in range(1_000))
    corpus = LabelledExamples(
        "corpus", texts, tuple(int(i % 10 == 0) for i in range(1_000)), ("a", "b")
    )
    parts = split(corpus, seed=5, validation=0.2, test=0.1)
    for part, share in (("training", 700), ("validation", 200), ("test", 100)):
        rows = getattr(parts, part)
        assert len(rows) == share
        assert sum(corpus.classes[i] for i in rows) == share // 10
    assert parts.describe() == split(corpus, 5, 0.2, 0.1).describe()
    assert np.array_equal(parts.test, split(corpus, 5, 0.2, 0.1).test)
    assert not np.array_equal(parts.test, split(corpus, 6, 0.2, 0.1).test)


def test_texts_that_are_the_same_stay_together_and_are_counted() -> None:
    texts = ["Good.", "good", "Bad!", *(f"text {i}" for i in range(97))]
    corpus = LabelledExamples(
        "corpus", tuple(texts), (0, 1, 1, *(i % 2 for i in range(97))), ("a", "b")
    )
    for seed in range(20):
        parts = split(corpus, seed)
        assert leaks(parts, corpus.texts) == []
    assert (parts.groups, parts.largest) == (99, 2)
    assert (parts.duplicates, parts.contradictions) == (1, 1)
    assert "1 examples are the same" in parts.notes[1]
    assert "80 for training, 10 for validation and 10 for test" in parts.notes[0]


def test_held_out_parts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak_free, "MOST_HELD_OUT", 30)
    parts = split(pairs.from_builtin("reverse", count=500), validation=0.05, test=0.2)
    assert (len(parts.test), len(parts.validation)) == (30, 8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), min_size=3), st.integers(0, 9))
def test_any_texts_are_split_whole_or_refused(rows: list[tuple[int, int]], seed: int) -> None:
    corpus = LabelledExamples(
        "any", tuple(f"t{n}" for n, _ in rows), tuple(k for _, k in rows), ("a", "b", "c")
    )
    try:
        parts = split(corpus, seed)
    except TextError as error:
        assert "leave nothing for" in str(error)
        return
    assert sorted(i for part in PARTS for i in getattr(parts, part)) == list(range(len(rows)))
    assert leaks(parts, corpus.texts) == []


def test_a_large_group_is_learned_from_unless_all_are_large() -> None:
    same = tuple("often" for _ in range(40))
    few = PairExamples("few", (*same, *(f"s{i}" for i in range(460))), tuple(map(str, range(500))))
    assert all(set(range(40)) <= parts_of(split(few, seed))["training"] for seed in range(9))
    tens = PairExamples("tens", tuple(f"s{i // 10}" for i in range(500)), few.targets)
    assert len(split(tens).test) == len(split(tens).validation) == 50


def test_given_parts_are_kept() -> None:
    reviews = labelled.from_builtin("reviews", count=1_000)
    parts = split(reviews, seed=9, validation=0.3, test=0.3)
    for part in PARTS:
        assert {reviews.parts[i] for i in getattr(parts, part)} == {part}
    numbers = pairs.from_builtin("numbers-fr", count=1_000)
    assert set(range(100)) <= parts_of(split(numbers))["training"]
    with pytest.raises(TextError, match="the parts of 'reviews' are given"):
        folds(reviews)


def test_each_example_is_tested_in_one_fold() -> None:
    texts = tuple(f"text {i // 2}" for i in range(400))  # each twice
    corpus = LabelledExamples(
        "corpus", texts, tuple(i // 2 % 4 // 3 for i in range(400)), ("a", "b")
    )
    ten = folds(corpus, 10, seed=3)
    assert sorted(i for fold in ten for i in fold.test) == list(range(400))
    for fold in ten:
        assert len(fold.test) == 40
        assert sum(corpus.classes[i] for i in fold.test) == 10
        assert leaks(fold, corpus.texts) == []
        assert len(fold.training) + len(fold.validation) == 360
    assert len(folds(corpus, 10, validation=0)[0].training) == 360
    assert not np.array_equal(folds(corpus, 10, seed=4)[0].test, ten[0].test)
    with pytest.raises(TextError, match="201 folds cannot be made of 200 different examples"):
        folds(corpus, 201)


def test_what_cannot_be_split_is_refused() -> None:
    corpus = PairExamples("one", ("a", "A", "a."), ("x", "y", "z"))
    with pytest.raises(TextError, match=r"1 groups of related examples, the largest of 3"):
        split(corpus)
    with pytest.raises(TextError, match=r"are 0.5 and 0.5; choose two"):
        split(corpus, validation=0.5, test=0.5)
