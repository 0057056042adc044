"""Naive Bayes: what counting words alone can tell about a text's class.

The line to beat in every plot of accuracy: it knows which words (and pairs of neighbours) are in a
text, and nothing about their order. Source: Wang and Manning (2012), multinomial naive Bayes with
add-one counts; through scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpt.importing import alone

WORD = r"\S+"
"""A word is what stands between blanks: the texts are cut already, or their tokens are."""


@dataclass(frozen=True, eq=False)
class CountingScores:
    """What counting says of M texts.

    Fields:
        log_probs: (M, K) log-probability of each class, in nats.
        classes: (M,) the likeliest class of each.
    """

    log_probs: np.ndarray
    classes: np.ndarray

    def accuracy(self, classes: Sequence[int] | np.ndarray) -> float:
        """The share of the texts whose likeliest class is the right one, 0 to 1."""
        return float(np.mean(self.classes == np.asarray(classes)))


def counting_scores(
    texts: Sequence[str],
    classes: Sequence[int] | np.ndarray,
    held_out: Sequence[str],
    K: int | None = None,
    neighbours: int = 1,
) -> CountingScores:
    """Learn from some texts by counting, and score others.

    Args:
        texts, classes: N texts to learn from, and their classes from 0 to K - 1.
        held_out: M texts.
        K: number of classes; None takes one more than the highest.
        neighbours: 1 counts words; 2 counts pairs of neighbours too.
    """
    with alone():
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.naive_bayes import MultinomialNB

    counter = CountVectorizer(token_pattern=WORD, ngram_range=(1, neighbours))
    counts = counter.fit_transform(texts)
    bayes = MultinomialNB().fit(counts, np.asarray(classes))
    log_probs = np.full((len(held_out), K or int(max(classes)) + 1), -np.inf)
    log_probs[:, bayes.classes_] = bayes.predict_log_proba(counter.transform(held_out))
    return CountingScores(log_probs, log_probs.argmax(axis=1))
