"""The arrays of a trace come from one memory, beside each other and never over each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import gpt
from gpt.inspect.one_memory import OneMemory
from gpt.inspect.site import AttentionSite
from tests.gpt.tiny import VARIANTS, config, random_ids
from tests.gpt.tiny import random_model as drawn_model
from tests.gpt.two_texts import source_ids, target_ids, two_texts

ATTENTION = ("attention_in", "queries", "keys", "values", "weights", "head_out", "attention_out")
STREAM = ("residual", "mlp_out")


def test_arrays_keep_their_own_numbers() -> None:
    memory = OneMemory(2 * 3 + 5 + 7 * 11)
    shapes = (2, 3), (5,), (7, 11)
    arrays = [memory.empty(shape) for shape in shapes]
    for number, array in enumerate(arrays):
        array.fill(number)
    for number, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        assert array.shape == shape and array.dtype == np.float32
        assert (array == number).all()
        assert array.ctypes.data % 64 == 0
    assert len({id(array.base) for array in arrays}) == 1


def test_an_array_that_does_not_fit_gets_its_own_memory() -> None:
    memory = OneMemory(13)
    fits, too_large = memory.empty((13,)), memory.empty((17, 19))
    assert too_large.shape == (17, 19) and too_large.base is None
    assert not np.shares_memory(fits, too_large)


def check_memory(site: AttentionSite, names: tuple[str, ...]) -> None:
    """Hold that the arrays are parts of one memory, none over another."""
    arrays = [getattr(site, name) for name in names]
    assert len({id(array.base) for array in arrays}) == 1
    ends = sorted((array.ctypes.data, array.ctypes.data + array.nbytes) for array in arrays)
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_all_stages_of_a_trace_share_one_memory(changes: dict[str, Any]) -> None:
    traced = gpt.trace(drawn_model(config(**changes)), random_ids())
    check_memory(traced, ATTENTION + STREAM)


def test_each_site_of_a_translator_has_one_memory() -> None:
    traced = gpt.trace(two_texts(), target_ids(), source=source_ids())
    check_memory(traced.encoder, ATTENTION + STREAM)
    check_memory(traced.decoder, ATTENTION + STREAM)
    check_memory(traced.cross, (*ATTENTION, "keys_in"))
