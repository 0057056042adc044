"""The loss that a run is expected to reach, before it begins.

What a text allows is counted: the losses of its pairs, triples and quadruples of characters, by
Witten and Bell (`gpt.text.ngrams`), on the same split as the run's. Longer contexts lower the loss
less and less; the three losses are continued as a geometric series to a context of any length. A
model that has learned for a while does as well as counting contexts of some length, and this length
grows with the logarithms of the characters read and of the parameters. The five numbers of that law
were fitted to a few runs of the presets `tiny`, `small` and `shakespeare`: docs/adr/0044.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.text.corpus import Corpus
from gpt.text.ngrams import counted_losses
from gpt.text.splitting import split_text
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.settings import TrainingConfig

LONGEST = 4
LEARNED, HELD_OUT, PIECES = 200_000, 25_000, 40
"""Characters that are counted on each side, in so many pieces spread over it."""
BASE, OF_CHARACTERS, OF_PARAMETERS = 3.77, 0.72, 0.23
"""The length of context at a million characters and parameters, and how it grows with each."""
FLATTER = 0.35
"""The power of the ratio of two gains; see `of_context`."""
LEARNED_SHARE = 0.9
"""Of a text; the rest is held out."""
WITHIN, FEW_STEPS, OF_FEW = 0.1, 150, 0.25
"""Nats a character on both sides: three times the largest miss among the runs that the law was
fitted to; and the same for a run of so few steps, in which a large model hardly learns."""
REPEATS = 29.0
"""Epochs after which a text that is read again teaches next to nothing, if it has a token for each
parameter; see `epochs`."""


@dataclass(frozen=True)
class Expectation:
    """A loss that is expected, in nats a character.

    Fields:
        loss: the expected one; it is taken to lie within `within` of it.
        characters: that the run reads, counting repeats.
        counted: the losses of counting one character, pairs, triples and quadruples.
    """

    loss: float
    within: float
    characters: float
    counted: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON types."""
        return {**asdict(self), "counted": list(self.counted)}


def counted(corpus: Corpus, documents: str) -> tuple[float, ...]:
    """The losses of counting 1 to `LONGEST` characters, in nats a character.

    Args:
        documents: where documents end, of `gpt.text.documents.KINDS`.

    Raises:
        TextError: a text that leaves nothing to learn from or to hold out.
    """
    end = "\n" if documents == "lines" else ""
    learned, held_out = (
        "".join(passage.text + end for passage in part) for part in split_text(corpus, documents)
    )
    learned, held_out = spread(learned, LEARNED), spread(held_out, HELD_OUT)
    tokenizer = CharacterTokenizer.of(learned + held_out)
    seen, new = (np.array(tokenizer.encode(text)) for text in (learned, held_out))
    orders = counted_losses(seen, new, tokenizer.vocab_size, LONGEST)
    return tuple(order.loss for order in orders)


def spread(text: str, most: int) -> str:
    """A text of at most so many characters, in pieces from all over it.

    >>> spread("abcdefgh", 8)
    'abcdefgh'
    """
    if len(text) <= most:
        return text
    length, apart = most // PIECES, len(text) // PIECES
    return "".join(text[start : start + length] for start in range(0, apart * PIECES, apart))


def of_context(counted: Sequence[float], length: float) -> float:
    """The loss of a model that makes use of contexts of any length.

    The gains from two to three and to four characters are continued as a geometric series. Its
    ratio is raised to `FLATTER`: a text that is short leaves most long contexts uncounted, and a
    model finds more in them than counting does.

    >>> counted = (3.0, 2.5, 2.0, 1.75)  # 0.5 ** 0.35 = 0.7846
    >>> [round(of_context(counted, length), 4) for length in (2, 3, 4)]
    [2.5, 2.0, 1.6077]
    """
    _, two, three, four = counted
    first, second = max(two - three, 1e-6), max(three - four, 0.0)
    ratio = min(0.92, max(0.2, second / first)) ** FLATTER
    return max(0.0, two - first * (1 - ratio ** (length - 2)) / (1 - ratio))


def epochs(tokens: float, parameters: int) -> float:
    """How often a text may be read before it teaches next to nothing.

    A model with many parameters for each token soon knows the text by heart.

    >>> epochs(500_000, 1_000_000)
    14.5
    """
    return REPEATS * tokens / parameters


def effective(characters: float, there: int, epochs: float) -> float:
    """Characters read, repeats counted for less and less.

    Args:
        there: characters of the text.
        epochs: after so many it teaches next to nothing.

    Source: Muennighoff et al. (2023), equation 5, whose number of epochs is 15 for all sizes.
    """
    repeats = max(0.0, characters / there - 1)
    return min(characters, there) + there * epochs * (1 - math.exp(-repeats / epochs))


def context_length(characters: float, parameters: int) -> float:
    """The length of context that a model counts as well as, in characters."""
    grown = OF_CHARACTERS * math.log(characters / 1e6) + OF_PARAMETERS * math.log(parameters / 1e6)
    return max(1.0, BASE + grown)


def expect(
    counted: Sequence[float],
    corpus: Corpus,
    model: GPTConfig,
    training: TrainingConfig,
    long: float,
) -> Expectation:
    """The loss that a run is expected to reach when all its steps are done.

    Args:
        counted: of the corpus, as `counted` returns them.
        long: characters per token.
    """
    characters = training.steps * training.batch_size * model.block_size * long
    there = max(1, int(LEARNED_SHARE * len(corpus.text)))
    parameters = count_parameters(model)
    read = effective(characters, there, epochs(there / long, parameters))
    length = context_length(read, parameters)
    within = WITHIN if training.steps > FEW_STEPS else OF_FEW
    return Expectation(of_context(counted, length), within, characters, tuple(counted))
