"""Generated examples: their rules, checked by other means than those that wrote them."""

from __future__ import annotations

import hashlib
import re
from itertools import combinations, pairwise

import pytest

from gpt.text.builtin.generated import BUILTIN_EXAMPLES, write
from gpt.text.builtin.letter_pairs import sorted_places
from gpt.text.builtin.reviews import ADJECTIVES, BAD, GOOD, THINGS
from gpt.text.tokenizers import choices

# A run that was trained on one of these can only be resumed while it stays what it was.
PINNED = {
    "reviews": "f6bb601587d475e0043d9c813b7765f1e95c5509572ec8b2e41e1d66c48578c0",
    "numbers-en": "f494b61519e9732a44b3694fab24fc948a257d4e258f574aca5248d9a5c8766f",
    "numbers-fr": "fb017e81c0d276ce14add5e13223eb29f7cd22c7e8ccbec695dca2a35b0c04d5",
    "reverse": "8a94954128588de9ed83b6cf4efbd9d67eac161854611785d6358ccd486a765b",
    "sort": "9e5429e6f3f1c3f916397c7a0a216d88ea5bef1b174c57d30c53b3dc934ee90b",
}
NEGATIONS = {"not", "never", "nobody"}


def rows(name: str, count: int = 2_000, seed: int = 1) -> list[tuple[str, str, str]]:
    return write(name, BUILTIN_EXAMPLES[name].kind, seed, count)


@pytest.mark.parametrize("name", PINNED)
def test_examples_are_what_they_were_when_runs_were_trained(name: str) -> None:
    written = "\n".join("\t".join(row) for row in rows(name, 500))
    assert hashlib.sha256(written.encode()).hexdigest() == PINNED[name]


def test_the_registry_holds_all_under_their_own_names() -> None:
    assert list(BUILTIN_EXAMPLES) == list(PINNED)
    for name, kind in BUILTIN_EXAMPLES.items():
        assert kind.name == name
        assert kind.title and kind.description.endswith(".")
        for tokenizer in filter(None, (kind.tokenizer, kind.source_tokenizer)):
            title, _, size = tokenizer.partition(":")
            assert choices.make(title, "a b\n", int(size) if size else None)


@pytest.mark.parametrize("name", PINNED)
def test_examples_are_as_many_as_asked_for_and_all_different(name: str) -> None:
    corpus = rows(name, 3_000)
    assert len({text for text, *_ in corpus}) == 3_000
    assert {part for *_, part in corpus} <= {"any", "training", "validation", "test"}
    assert not any(re.search(r"[\t\n]|^ | $|  ", side) for row in corpus for side in row[:2])


def test_more_reviews_than_there_are_single_clauses_for() -> None:
    texts = {text for text, *_ in rows("reviews", 60_000)}
    assert len(texts) == 60_000
    # ten patterns, with a negation or without, of each thing and adjective; two in ten until then
    single = [text for text in texts if not re.search(r", | \. |^(although|even if) ", text)]
    assert len(single) == 2 * 10 * len(THINGS) * len(ADJECTIVES) == 9_600


@pytest.mark.parametrize("name", PINNED)
def test_the_tokenizer_that_is_suggested_writes_every_example(name: str) -> None:
    kind = BUILTIN_EXAMPLES[name]
    sources = [source for source, *_ in rows(name)]
    targets = [target for _, target, _ in rows(name)] if kind.kind == "pairs" else []
    own = kind.source_tokenizer
    for suits, texts in ((own or kind.tokenizer, sources), (kind.tokenizer, targets)):
        title, _, size = suits.partition(":")
        both = [*texts, *(() if own else sources)]
        tokenizer = choices.make(title, "\n".join(both) + "\n", int(size) if size else None)
        assert all(tokenizer.decode(tokenizer.encode(text)) == text for text in texts)


def test_reverse_and_sort_are_right() -> None:
    for letters, reverse, _ in rows("reverse"):
        assert 4 <= len(set(letters)) == len(letters) <= 12
        assert all(letters[-1 - i] == letter for i, letter in enumerate(reverse))
    for letters, ordered, _ in rows("sort"):
        assert [letters[i] for i in sorted_places(letters)] == list(ordered)
        assert all(a < b for a, b in pairwise(ordered))


def test_numbers_below_a_hundred_are_learned_from_and_others_are_free() -> None:
    for name in ("numbers-en", "numbers-fr"):
        for digits, _, part in rows(name):
            assert part == ("training" if int(digits) < 100 else "any")
        lengths = [len(digits) for digits, *_ in rows(name, 5_000)]
        assert all(lengths.count(length) > 500 for length in (3, 4, 5, 6))


def deciding(text: str) -> tuple[str, str]:
    """The clause that decides, and the other, read off the sentence by its connective."""
    text = text.removesuffix(" .")
    if match := re.fullmatch(r"(?:although|even if) (.*) , (.*)", text):
        return match[2], match[1]
    if match := re.fullmatch(r"(.*) , (?:although|even if) (.*)", text):
        return match[1], match[2]
    match = re.fullmatch(r"(.*) [,.] but (.*)", text)
    assert match, text
    return match[2], match[1]


def is_short(text: str) -> bool:
    return "," not in text and "but" not in text.split()


def adjective(clause: str) -> str:
    words = [word for word in clause.split() if word in ADJECTIVES]
    assert len(words) == 1, clause
    return words[0]


def test_a_review_s_label_follows_from_frame_negation_and_adjective() -> None:
    for text, label, _ in rows("reviews"):
        clause, other = (text, None) if is_short(text) else deciding(text)
        negated = bool(NEGATIONS & set(clause.split()))
        is_good = (adjective(clause) in GOOD) != negated
        assert label == ("positive" if is_good else "negative"), text
        assert other is None or adjective(other) != adjective(clause)


def frame_of(text: str) -> tuple[str, ...]:
    """A review's frame: its words without negation, things and adjectives; clauses in any order."""
    blank = re.sub("|".join(THINGS), "_", text)
    words = ["_" if word in ADJECTIVES else word for word in blank.split()]
    plain = " ".join(words)
    for negative, positive in (
        *(("not at any time", "at times"), ("could not", "could"), ("did not", "did")),
        *(("will not", "will"), ("would not", "would"), ("was not", "was"), ("is not", "is")),
        *(("has never", "has always"), ("was never", "was always"), ("nobody", "everybody")),
        ("does not", "does"),
    ):
        plain = plain.replace(negative, positive)
    clauses = sorted(deciding(plain))
    for clause in clauses:
        plain = plain.replace(clause, "{}")
    return (plain, *clauses)


def test_sentence_frames_and_pairs_of_adjectives_are_held_out() -> None:
    frames: dict[str, set[tuple[str, ...]]] = {}
    pairs: dict[str, set[frozenset[str]]] = {}
    words: dict[str, set[str]] = {}
    longer = [row for row in rows("reviews", 20_000) if not is_short(row[0])]
    for text, _, part in longer:
        frames.setdefault(part, set()).add(frame_of(text))
        pairs.setdefault(part, set()).add(frozenset(map(adjective, deciding(text))))
        words.setdefault(part, set()).update(text.split())
    assert set(frames) == {"training", "validation", "test"}
    for part, other in combinations(frames, 2):
        assert not frames[part] & frames[other]
        assert not pairs[part] & pairs[other]
        assert words[part] == words[other]  # each word by itself is in all parts
    assert len(frames["training"]) > 150 and len(frames["test"]) > 20
    assert len(pairs["training"]) > 600 and len(pairs["test"]) > 70
    assert len(GOOD) == len(BAD) == 20


def test_reviews_of_one_clause_are_learned_from_only() -> None:
    parts = [part for text, _, part in rows("reviews", 5_000) if is_short(text)]
    assert parts == ["training"] * 1_000


def test_reviews_are_balanced_in_every_part() -> None:
    for part, share in (("training", 0.8), ("validation", 0.1), ("test", 0.1)):
        labels = [label for _, label, at in rows("reviews", 20_000) if at == part]
        assert len(labels) == share * 20_000
        assert 0.46 < labels.count("positive") / len(labels) < 0.54
