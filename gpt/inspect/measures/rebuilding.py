"""What a trained model owes to its make: to skip connections, to the roles of queries and keys, to
rows of a batch that never meet.
"""

from __future__ import annotations

import numpy as np

from gpt.errors import PromptError
from gpt.inspect.batch.row_change import change_one_token
from gpt.inspect.measures.looking import check_cell
from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.one_head.query_key_swap import Swap, swap
from gpt.inspect.stream.gradients import gradients
from gpt.nn.switches import DEFAULT


def without_skips(reading: Reading) -> Measured:
    """How much the loss on the text grows if the blocks replace the stream, in nats.

    The numbers also hold the gradient's norm at the embedding over that at the last state.

    Raises:
        PromptError: the text has one token.
    """
    model, source = reading.checkpoint.model, reading.source or None
    as_is = gradients(model, reading.ids, source=source)
    without = gradients(model, reading.ids, skip=False, source=source)
    numbers = {"before": as_is.loss, "after": without.loss, "change": without.loss - as_is.loss}
    for name, one_pass in (("kept", as_is), ("kept_without", without)):
        first, last = one_pass.by_state[0], one_pass.by_state[-1]
        numbers[name] = float(first / last) if last else float("nan")
    return Measured(without.loss - as_is.loss, numbers)


def swap_change(reading: Reading) -> Measured:
    """How much the loss on the text grows if queries and keys change places in all heads, in nats.

    Raises:
        PromptError: the model is too large to copy, or reads two texts.
    """
    swapped = _swapped(reading)
    numbers = {"before": swapped.loss, "one": swapped.one_head, "after": swapped.all_heads}
    return Measured(swapped.all_heads - swapped.loss, numbers)


def swapped_score(
    reading: Reading, query: int, key: int, of_query: int = -1, of_key: int = 0
) -> Measured:
    """How far a score is from the one that another cell had before queries and keys changed places.

    Args:
        query, key: the cell, in the map of the head after the swap.
        of_query, of_key: the cell before; places below 0 are from the end.

    Raises:
        PromptError: the text has no such places, the model is too large to copy, or it reads two
            texts.
    """
    swapped, T = _swapped(reading), len(reading.ids)
    if not (-T <= of_query < T and -T <= of_key < T):
        raise PromptError(f"the text has {T} tokens, and so no cell {of_query}, {of_key}")
    check_cell(swapped.after.shape, query, key)
    asked, clicked = swapped.before[of_query, of_key], swapped.after[query, key]
    numbers: dict[str, float | str] = {
        "score": float(asked),
        "clicked": float(clicked),
        "query": of_key % T,
        "query_token": reading.token(of_key),
        "key": of_query % T,
        "key_token": reading.token(of_query),
        "before": swapped.loss,
        "after": swapped.all_heads,
    }
    return Measured(float(abs(clicked - asked)), numbers)


def _swapped(reading: Reading) -> Swap:
    if reading.source:
        raise PromptError("this model reads two texts; queries and keys are of different ones")
    return swap(reading.checkpoint.model, list(reading.ids), DEFAULT, *reading.one_head())


def other_rows(reading: Reading, rows: int = 4) -> Measured:
    """How far the logits of a batch's other rows move if a token of its first row changes.

    Args:
        rows: into so many the text is cut.

    Raises:
        PromptError: the text is too short for so many rows, or the model is no decoder.
    """
    checkpoint, T = reading.checkpoint, len(reading.ids) // rows
    if checkpoint.kind != "decoder" or not T:
        raise PromptError(f"a batch of {rows} rows needs a model that writes, and as many tokens")
    x = np.array(reading.ids[: rows * T]).reshape(rows, T)
    new = (int(x[0, 0]) + 1) % checkpoint.config.vocab_size
    change = change_one_token(checkpoint.model, x, 0, 0, new)
    numbers = {"other": change.on_other_rows, "own": float(change.moved[0].max()), "rows": rows}
    return Measured(change.on_other_rows, numbers)
