"""Naive Bayes against a count by hand, published figures, and reviews that it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.inspect.counting_baseline import counting_scores
from gpt.text import labelled, leak_free
from tests.close import close
from tests.gpt.shakespeare import DATA

FILES = [DATA / "rt-polarity" / name for name in ("pos.txt", "neg.txt")]
needs_rt_polarity = pytest.mark.skipif(
    not FILES[0].is_file(), reason="shared/data/rt-polarity does not lie beside the repository"
)


def test_scores_are_bayes_rule_with_counts_plus_one() -> None:
    """Class 0 has "a" twice and "b" once, class 1 has "b" once; two words in all.

    P(0) = 2/3, P(a|0) = 3/5, P(b|0) = 2/5; P(1) = 1/3, P(a|1) = 1/3, P(b|1) = 2/3.
    """
    scores = counting_scores(["a a", "b", "b"], [0, 0, 1], ["a b b", "unseen"])
    joint = np.array([2 / 3 * 3 / 5 * 2 / 5 * 2 / 5, 1 / 3 * 1 / 3 * 2 / 3 * 2 / 3])
    assert np.exp(scores.log_probs[0]) == close(joint / joint.sum())
    assert np.exp(scores.log_probs[1]) == close([2 / 3, 1 / 3])
    assert scores.classes.tolist() == [0, 0]
    assert scores.accuracy([0, 1]) == pytest.approx(0.5)


def test_neighbours_tell_what_words_do_not() -> None:
    texts, classes = ["x y z", "z y x"] * 2, [0, 1] * 2
    assert np.exp(counting_scores(texts, classes, ["x y z"]).log_probs[0]) == close([0.5, 0.5])
    paired = counting_scores(texts, classes, ["x y z", "z y x"], neighbours=2)
    assert paired.classes.tolist() == [0, 1]


def test_a_class_that_was_not_learned_has_no_probability() -> None:
    scores = counting_scores(["a", "b"], [0, 2], ["a"], K=4)
    assert scores.log_probs.shape == (1, 4)
    assert np.isneginf(scores.log_probs[0, [1, 3]]).all()


@needs_rt_polarity
def test_counting_on_real_reviews_reaches_the_known_figure() -> None:
    """77.7 % in ten folds; here five of ten, whose mean has a standard error of 0.6 %."""
    examples = labelled.from_files(FILES)
    accuracies = []
    for split in leak_free.folds(examples, 10, seed=1, validation=0)[:5]:
        learned, tested = examples.take(split.training), examples.take(split.test)
        scores = counting_scores(learned.texts, learned.classes, tested.texts)
        accuracies.append(scores.accuracy(tested.classes))
    assert 0.76 < np.mean(accuracies) < 0.795


@pytest.mark.parametrize("neighbours", [1, 2])
@pytest.mark.parametrize("seed", [1, 2])
def test_counting_cannot_tell_the_generated_reviews(neighbours: int, seed: int) -> None:
    """2,000 of the test by chance: a standard error of 1.1 %, so 60 % is far off."""
    reviews = labelled.from_builtin("reviews", seed=seed, count=20_000)
    split = leak_free.split(reviews)
    learned, tested = reviews.take(split.training), reviews.take(split.test)
    scores = counting_scores(learned.texts, learned.classes, tested.texts, neighbours=neighbours)
    assert len(tested) == 2_000
    assert scores.accuracy(tested.classes) < 0.56
