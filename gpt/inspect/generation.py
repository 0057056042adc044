"""generate: one token at a time, each with its logits and probabilities; see also `reader`."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gpt.checks import check_whole
from gpt.errors import PromptError, SwitchError
from gpt.inspect.ids import token_ids
from gpt.inspect.reader import Reader, Reading
from gpt.inspect.sampling import Sampling, draw, softmax
from gpt.nn.model import GPT
from gpt.nn.switches import DEFAULT, Switches


@dataclass(frozen=True)
class Step:
    """One generated token.

    Fields:
        id: the token.
        position: how many tokens came before it.
        logits: (V,) what the model said.
        probs: (V,) what the token was drawn from, after them.
        context: how many of the latest tokens the model could see.
        cached: how many of those had their keys and values in the cache already.
    """

    id: int
    position: int
    logits: np.ndarray
    probs: np.ndarray
    context: int
    cached: int

    @cached_property
    def probs_before(self) -> np.ndarray:
        """(V,) softmax of the logits, before temperature and filters."""
        return softmax(self.logits.astype(np.float64))


def generate(
    model: GPT,
    ids: Sequence[int],
    max_new_tokens: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | None = None,
    switches: Switches | Mapping[str, Switches] = DEFAULT,
    cache: bool = True,
    stop: int | None = None,
    source: Sequence[int] | None = None,
    never: Sequence[int] = (),
) -> Iterator[Step]:
    """Continue a text, one token at a time. Lecture, 22:11.

    Args:
        model: put into evaluation mode if it is not.
        ids: the prompt, at least one token; its last `block_size` are read.
        max_new_tokens: how many steps to yield.
        temperature, top_k, top_p: see `Sampling`.
        seed: the same seed gives the same text; None draws one.
        switches: changes to every forward pass, for a model with several attention sites by name;
            arrays must be as large as the largest context, and their top left corner is used.
        cache: keep keys and values where that is exact. The result is the same without.
        stop: the last token, which is yielded too: the end of a document, see `Checkpoint.end`.
            None: the text goes on to `max_new_tokens`.
        source: the ids that the encoder of a model of two texts reads; the prompt is then how the
            target begins.
        never: tokens that are not written, however likely they are, see `Checkpoint.never`.

    Raises:
        PromptError: no token, ids that are none, or one outside the vocabulary; a source for a
            model of one text, or none for a model of two.
        ConfigError: a sampling setting, seed, length or stop that cannot be.
        SwitchError: switches that do not fit this model or context.
    """
    sampling = Sampling(temperature, top_k, top_p, tuple(never))
    tokens = check_whole("max_new_tokens", max_new_tokens, 0)
    seed = secrets.randbits(31) if seed is None else check_whole("seed", seed, 0)
    if stop is not None:
        check_whole("stop", stop, 0, model.config.vocab_size - 1)
    prompt = token_ids(ids)
    if not prompt:
        raise PromptError("the prompt is empty; give at least one token to start from")
    longest = min(len(prompt) + max(tokens, 1) - 1, model.config.block_size)
    reader = Reader(model, switches, cache, source=source)
    reader.switches.crop(longest)
    return _steps(reader, prompt, tokens, sampling, seed, stop)


def write_documents(
    model: GPT,
    ids: Sequence[int],
    end: int,
    tokens: int,
    *,
    count: int | None = None,
    seed: int = 0,
    **settings: Any,
) -> Iterator[list[int]]:
    """Whole documents in turn; each starts with the prompt and ends with `end`.

    Args:
        ids: the prompt; the end token alone starts at a document's beginning.
        tokens: most tokens in all; the last document is cut off there.
        count: most documents; None goes on until `tokens` are written.
        seed: document n is drawn from `seed` + n.
        settings: further arguments of `generate`.

    Yields:
        The ids of each continuation, `end` with them where it came.
    """
    for n in itertools.count() if count is None else range(count):
        if tokens < 1:
            return
        steps = generate(model, ids, tokens, seed=seed + n, stop=end, **settings)
        written = [step.id for step in steps]
        tokens -= len(written)
        yield written


def next_step(reading: Reading, ids: Sequence[int], sampling: Sampling, seed: int) -> Step:
    """Draw the token that follows a text: a pure function of reading, seed and position.

    Args:
        reading: of `ids`.

    Raises:
        SwitchError: the logits are not numbers, so that there is nothing to draw from.
    """
    if not np.isfinite(reading.logits.max()):
        raise SwitchError(
            "the model's logits are not numbers any more (nan or infinity): the scale is too "
            "large for this model, or its training diverged"
        )
    probs = sampling.probs(reading.logits)
    return Step(
        id=draw(probs, seed, len(ids)),
        position=len(ids),
        logits=reading.logits,
        probs=probs,
        context=reading.context,
        cached=reading.cached,
    )


def _steps(
    reader: Reader,
    ids: list[int],
    max_new_tokens: int,
    sampling: Sampling,
    seed: int,
    stop: int | None,
) -> Iterator[Step]:
    for _ in range(max_new_tokens):
        step = next_step(reader.read(ids), ids, sampling, seed)
        yield step
        if step.id == stop:
            return
        ids.append(step.id)
