"""How good translations are: BLEU and chrF by sacrebleu, and how many are the reference exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpt.importing import alone
from gpt.text.tokenizer import Tokenizer
from gpt.training.confidence import Measured, share

RESAMPLED = 1000
"""How often the sentences are drawn again for a confidence interval (Koehn, 2004)."""


@dataclass(frozen=True)
class TranslationScores:
    """Scores of a set of translations, each with its 95 % confidence interval.

    Fields:
        bleu, chrf: from 0 to 100.
        exact_match: share of the translations that are the reference, from 0 to 1; blanks that
            the tokenizer sets itself do not count.
        signatures: sacrebleu's own description of how it computed BLEU and chrF.
        sentences: how many were compared.
    """

    bleu: Measured
    chrf: Measured
    exact_match: Measured
    signatures: tuple[str, str]
    sentences: int


def quick_scores(
    outputs: Sequence[str], references: Sequence[str], tokenizer: Tokenizer
) -> dict[str, float]:
    """BLEU, chrF and exact match as a line of metrics has them, without intervals.

    Args:
        tokenizer: that wrote the translations.
    """
    bleu, chrf = _metrics()
    exact = exact_matches(outputs, as_written(tokenizer, references))
    return {
        "exact_match": exact / len(outputs),
        "bleu": bleu.corpus_score(list(outputs), [list(references)]).score,
        "chrf": chrf.corpus_score(list(outputs), [list(references)]).score,
    }


def translation_scores(
    outputs: Sequence[str], references: Sequence[str], tokenizer: Tokenizer
) -> TranslationScores:
    """All scores with confidence intervals; those of BLEU and chrF by resampling sentences.

    Args:
        tokenizer: that wrote the translations.
    """
    bleu, chrf = (_resampled(metric, outputs, references) for metric in _metrics())
    exact = exact_matches(outputs, as_written(tokenizer, references))
    return TranslationScores(
        bleu[0],
        chrf[0],
        share(exact, len(outputs)),
        (bleu[1], chrf[1]),
        len(outputs),
    )


def exact_matches(outputs: Sequence[str], references: Sequence[str]) -> int:
    """How many translations are their reference, character for character."""
    return sum(a == b for a, b in zip(outputs, references, strict=True))


def as_written(tokenizer: Tokenizer, references: Sequence[str]) -> list[str]:
    """The references with the blanks that a tokenizer sets itself, as words do before a full stop.

    One of which it loses anything but blanks stays as it is: no translation can be that one.
    """
    written = (tokenizer.decode(tokenizer.encode_part(text)) for text in references)
    return [
        again if "".join(again.split()) == "".join(text.split()) else text
        for text, again in zip(references, written, strict=True)
    ]


@alone()
def _metrics() -> tuple[Any, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return BLEU(), CHRF()


def _resampled(
    metric: Any, outputs: Sequence[str], references: Sequence[str]
) -> tuple[Measured, str]:
    result = metric.corpus_score(list(outputs), [list(references)], n_bootstrap=RESAMPLED)
    middle, width = float(result._mean), float(result._ci)
    measured = Measured(float(result.score), middle - width, middle + width)
    return measured, str(metric.get_signature())
