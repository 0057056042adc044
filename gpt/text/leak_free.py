"""Splits that do not leak: what is tested on has no relative among what is learned from.

Two examples are related if a source or a target of theirs is the same, case and punctuation aside
(`normal_forms`), and so are the relatives of relatives: "Go." is "Va !" and "Vas-y !", and "Go on."
is "Vas-y !" too. Such a group goes into one part as a whole. Of labelled texts only the text
counts, and each label has its share of each part.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpt.errors import TextError
from gpt.importing import alone
from gpt.numerals import to_text
from gpt.text.builtin.draw import sample
from gpt.text.labelled import LabelledExamples
from gpt.text.normal_form import normal_forms
from gpt.text.pairs import PairExamples

Examples = LabelledExamples | PairExamples

SHARE = 0.1
MOST_HELD_OUT = 5_000
"""Examples of validation or test: more cost time at each evaluation, and tell little more."""
LARGEST_GROUP = 0.01
"""The largest share of a held-out part that one group may take; a larger group is learned from.

Otherwise one sentence would decide the score."""
USUAL_GROUPS = 4
"""A group of up to so many times the mean size may be held out all the same."""
PARTS = ("training", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """The numbers of the examples of each part, in ascending order.

    Fields:
        training, validation, test: numbers of examples, as int64 arrays.
        groups: how many groups of related examples there are.
        largest: examples in the largest group.
        duplicates: examples that are the same as an earlier one, case and punctuation aside.
        contradictions: texts that have several labels, case and punctuation aside.
    """

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    groups: int
    largest: int
    duplicates: int
    contradictions: int = 0

    def describe(self) -> dict[str, int]:
        """How many examples each part has, and what is said of them, as plain JSON types."""
        return {
            **{part: len(getattr(self, part)) for part in PARTS},
            "groups": self.groups,
            "largest_group": self.largest,
            "duplicates": self.duplicates,
            "contradictions": self.contradictions,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about the split, a sentence each."""
        sizes = [f"{len(getattr(self, part)):,} for {part}" for part in PARTS]
        notes = [
            f"Of {sum(len(getattr(self, part)) for part in PARTS):,} examples there are "
            f"{', '.join(sizes[:-1])} and {sizes[-1]}; no sentence is in two of them, case and "
            "punctuation aside."
        ]
        if self.duplicates:
            notes.append(
                f"{self.duplicates:,} examples are the same as an earlier one, case and "
                "punctuation aside; all were kept, each in the part of the first."
            )
        if self.contradictions:
            notes.append(f"{self.contradictions:,} texts are there with several labels.")
        return tuple(notes)


@dataclass(frozen=True, eq=False)
class _Grouped:
    """Examples by their groups.

    Fields:
        group: (N,) the number of each example's group.
        sizes: (G,) examples in each group.
        kinds: (G,) the class of each group's first example; all 0 for pairs.
        fixed: (G,) the given part of each group as a place in `PARTS`; -1 if it is free.
    """

    group: np.ndarray
    sizes: np.ndarray
    kinds: np.ndarray
    fixed: np.ndarray
    duplicates: int
    contradictions: int

    def split(self, parts: np.ndarray) -> Split:
        """A split by the part of each group, (G,) places in `PARTS`."""
        of = parts[self.group]
        training, validation, test = (np.flatnonzero(of == part) for part in range(len(PARTS)))
        return Split(
            training,
            validation,
            test,
            groups=len(self.sizes),
            largest=int(self.sizes.max()),
            duplicates=self.duplicates,
            contradictions=self.contradictions,
        )


def split(
    examples: Examples, seed: int = 1, validation: float = SHARE, test: float = SHARE
) -> Split:
    """Three parts, by groups of related examples drawn at random; the same for the same seed.

    Args:
        validation, test: the share of each, at most `MOST_HELD_OUT` examples.

    Raises:
        TextError: shares that cannot be, or too few groups for three parts.
    """
    if min(validation, test) < 0 or not validation + test < 1:
        raise TextError(
            f"the shares of validation and test are {to_text(validation)} and {to_text(test)}; "
            "choose two from 0 whose sum is below 1"
        )
    grouped = _grouped(examples)
    parts = grouped.fixed.clip(min=0)
    most = min(1.0, MOST_HELD_OUT / max(1.0, max(validation, test) * len(examples)))
    for kind in np.unique(grouped.kinds):
        groups = _shuffled(grouped, kind, seed)
        _hold_out(parts, grouped, groups, {2: most * test, 1: most * validation})
    result = grouped.split(parts)
    _check_parts(result, validation, test)
    return result


def folds(
    examples: Examples, count: int = 10, seed: int = 1, validation: float = SHARE
) -> tuple[Split, ...]:
    """Splits for evaluation by folds: each example is in the test of exactly one.

    Args:
        count: K, the number of folds.
        validation: the share of what is not tested on that is kept to choose settings by.

    Raises:
        TextError: fewer groups than folds, or examples whose parts are given.
    """
    if examples.parts and any(part != "any" for part in examples.parts):
        raise TextError(f"the parts of {examples.name!r} are given, so it is not cut into folds")
    grouped = _grouped(examples)
    if not 2 <= count <= len(grouped.sizes):
        raise TextError(
            f"{count} folds cannot be made of {len(grouped.sizes):,} different examples; choose 2 "
            f"to {len(grouped.sizes):,}"
        )
    fold = np.zeros(len(grouped.sizes), dtype=np.int64)
    for kind in np.unique(grouped.kinds):
        filled, groups = np.zeros(count), _shuffled(grouped, kind, seed)
        for group in sorted(groups, key=lambda group: -grouped.sizes[group]):  # large ones first
            fold[group] = filled.argmin()
            filled[fold[group]] += grouped.sizes[group]
    return tuple(_fold(grouped, fold, k, seed, validation) for k in range(count))


def _fold(grouped: _Grouped, fold: np.ndarray, k: int, seed: int, validation: float) -> Split:
    parts = np.where(fold == k, 2, 0)
    for kind in np.unique(grouped.kinds):
        groups = [group for group in _shuffled(grouped, kind, seed + k + 1) if fold[group] != k]
        _hold_out(parts, grouped, groups, {1: validation})
    return grouped.split(parts)


def _shuffled(grouped: _Grouped, kind: int, seed: int) -> list[int]:
    """The free groups of a class in random order."""
    groups = np.flatnonzero((grouped.kinds == kind) & (grouped.fixed < 0)).tolist()
    return sample(random.Random(seed), groups, len(groups))


def _hold_out(
    parts: np.ndarray, grouped: _Grouped, groups: Sequence[int], shares: dict[int, float]
) -> None:
    """Give some of the groups, in order, to the held-out parts until each has its share.

    Every part that has a share gets a group, if there is one for each; the rest stays.
    """
    sizes = grouped.sizes
    if not groups:
        return
    total = int(sizes[list(groups)].sum())
    left = list(groups)
    for part, share in shares.items():
        wanted = max(1, round(share * total)) if share else 0
        most = max(LARGEST_GROUP * wanted, USUAL_GROUPS * total / len(groups))
        rest: list[int] = []
        for at, group in enumerate(left):
            if wanted <= 0 or len(left) - at + len(rest) < 2:  # one stays to be learned from
                rest += left[at:]
                break
            if sizes[group] > min(most, wanted):
                rest.append(group)
                continue
            parts[group] = part
            wanted -= int(sizes[group])
        left = rest


def _check_parts(split: Split, validation: float, test: float) -> None:
    wanted = {"training": 1.0, "validation": validation, "test": test}
    if empty := [part for part in PARTS if wanted[part] and not len(getattr(split, part))]:
        raise TextError(
            f"{split.groups:,} groups of related examples, the largest of {split.largest:,}, leave "
            f"nothing for {' and '.join(empty)}; give more examples that differ, case and "
            "punctuation aside"
        )


def _grouped(examples: Examples) -> _Grouped:
    if isinstance(examples, LabelledExamples):
        return _grouped_texts(examples)
    return _grouped_pairs(examples)


def _grouped_texts(examples: LabelledExamples) -> _Grouped:
    group, K = _numbered(normal_forms(examples.texts)), len(examples.labels)
    classes = np.array(examples.classes, dtype=np.int64)
    _, first = np.unique(group, return_index=True)
    labels = np.bincount(np.unique(group * K + classes) // K)  # different ones of each text
    return _Grouped(
        group,
        np.bincount(group),
        classes[first],
        _fixed(examples, group),
        duplicates=len(group) - len(first),
        contradictions=int((labels > 1).sum()),
    )


def _grouped_pairs(examples: PairExamples) -> _Grouped:
    with alone():
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

    sources = _numbered(normal_forms(examples.sources))
    targets = _numbered(normal_forms(examples.targets))
    shape = (int(sources.max()) + 1, int(targets.max()) + 1)
    edges = (np.ones(len(sources), dtype=np.int8), (sources, targets + shape[0]))
    nodes = sum(shape)
    _, component = connected_components(coo_matrix(edges, (nodes, nodes)), directed=False)
    group = _numbered(component[sources].tolist())
    sizes = np.bincount(group)
    different = len(np.unique(sources * shape[1] + targets))
    return _Grouped(
        group,
        sizes,
        np.zeros(len(sizes), dtype=np.int64),
        _fixed(examples, group),
        duplicates=len(sources) - different,
        contradictions=0,
    )


def _numbered(values: Sequence[object]) -> np.ndarray:
    """Each value as a number, equal ones alike, in the order in which they first appear."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _fixed(examples: Examples, group: np.ndarray) -> np.ndarray:
    """The given part of each group, (G,); of several, the one that is held out."""
    fixed = np.full(int(group.max()) + 1, -1, dtype=np.int64)
    places = {"any": -1, **{part: at for at, part in enumerate(PARTS)}}
    if examples.parts:
        np.maximum.at(fixed, group, [places[part] for part in examples.parts])
    return fixed
