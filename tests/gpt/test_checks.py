"""Numbers that cannot be are refused by name, before anything is computed, drawn or printed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.checks import check_whole, is_number, is_whole
from gpt.errors import ConfigError, HeadlightError, PromptError, SwitchError, TokenizerError
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer
from tests.gpt.tiny import V, config, random_ids, random_model

MODEL = random_model(config())
TOKENIZER = CharacterTokenizer("abc")
ONES = np.ones((2, 2))


def writing(**settings: Any) -> Callable[[], object]:
    """A text that cannot be begun: not a token of it is asked for."""
    return lambda: gpt.generate(MODEL, **{"ids": [0], "max_new_tokens": 1, **settings})


def tracing(ids: Any, **switches: Any) -> Callable[[], object]:
    return lambda: gpt.trace(MODEL, ids, gpt.Switches(**switches))


REFUSED: dict[str, tuple[Callable[[], object], type[HeadlightError], str]] = {
    "tokens below 0": (writing(max_new_tokens=-5), ConfigError, "max_new_tokens is -5"),
    "tokens in part": (writing(max_new_tokens=2.5), ConfigError, "max_new_tokens is 2.5"),
    "no tokens named": (writing(max_new_tokens=None), ConfigError, "max_new_tokens is None"),
    "top-k in part": (writing(top_k=2.5), ConfigError, "top_k is 2.5; choose 1 or more, or none"),
    "top-k as a text": (writing(top_k="3"), ConfigError, "top_k is '3'"),
    "top-k as a truth": (writing(top_k=True), ConfigError, "top_k is True"),
    "top-p that is no number": (writing(top_p=math.nan), ConfigError, "top_p is nan"),
    "top-p as a text": (writing(top_p="0.5"), ConfigError, "top_p is '0.5'"),
    "a temperature in words": (writing(temperature="hot"), ConfigError, "temperature is 'hot'"),
    "no temperature": (writing(temperature=None), ConfigError, "temperature is None"),
    "a temperature no float can hold": (
        writing(temperature=10**400),
        ConfigError,
        "temperature is a number of over 40 digits",
    ),
    "a seed in part": (writing(seed=1.5), ConfigError, "seed is 1.5; choose a whole number of 0"),
    "a seed below 0": (writing(seed=-1), ConfigError, "seed is -1"),
    "a stop that is no token": (writing(stop=V), ConfigError, f"stop is {V}; choose a whole"),
    "a stop as a text": (writing(stop="a"), ConfigError, "stop is 'a'"),
    "a batch to write on": (
        writing(ids=torch.tensor([[0, 1]])),
        PromptError,
        "in one row, as tokenizer.encode gives them; got Tensor of shape (1, 2)",
    ),
    "a batch": (tracing(torch.tensor([[0, 1]])), PromptError, "got Tensor of shape (1, 2)"),
    "a batch of arrays": (tracing(np.zeros((1, 2), int)), PromptError, "ndarray of shape (1, 2)"),
    "rows of unequal length": (tracing([[0], [1, 2]]), PromptError, "got [[0], [1, 2]]"),
    "a text for ids": (tracing("abc"), PromptError, "got 'abc'"),
    "ids in part": (tracing([0.5]), PromptError, "got [0.5]"),
    "truths for ids": (tracing([True]), PromptError, "got [True]"),
    "no ids at all": (tracing(None), PromptError, "got None"),
    "an id no integer can hold": (tracing([10**30]), PromptError, "got [1000"),
    "ids of a batch in part": (
        lambda: MODEL(torch.tensor([[0.5]])),
        PromptError,
        "got torch.float32",
    ),
    "a temperature of scores in words": (
        tracing([0], temperature="x"),
        SwitchError,
        "temperature is 'x'",
    ),
    "a head without its layer": (tracing([0], heads_off={(0,)}), SwitchError, "[(0,)]; give pairs"),
    "a head in part": (tracing([0], heads_off={(0.5, 0)}), SwitchError, "[(0.5, 0)]; give pairs"),
    "heads as a text": (tracing([0], heads_off="0.1"), SwitchError, "heads_off names '0.1'"),
    "a layer for layers": (tracing([0], mlp_off=1), SwitchError, "mlp_off is 1; give layers"),
    "a word for a truth": (tracing([0], norm_off="no"), SwitchError, "norm_off is 'no'"),
    "a scale as a truth": (tracing([0], scale=True), SwitchError, "scale is True"),
    "a scale as a matrix": (tracing([0], scale=ONES), SwitchError, "scale is array"),
    "an edit in words": (
        tracing([0, 1], weights_edit={(0, 0): "x"}),
        SwitchError,
        "must be finite numbers of shape (2, 2)",
    ),
    "an edit of one row": (
        writing(switches=gpt.Switches(weights_edit={(0, 0): np.ones(3)})),
        SwitchError,
        "weights_edit has shape (3,)",
    ),
    "a mask of one row": (
        writing(switches=gpt.Switches(mask=np.ones(3, bool))),
        SwitchError,
        "mask has shape (3,)",
    ),
    "a token in part": (lambda: TOKENIZER.decode([1.5]), TokenizerError, "token id 1.5 is outside"),  # type: ignore[list-item]
    "a token below 0": (lambda: TOKENIZER.pieces([-1]), TokenizerError, "token id -1 is outside"),
    "a byte in part": (lambda: ByteTokenizer().decode([65.5]), TokenizerError, "id 65.5"),  # type: ignore[list-item]
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_by_name(
    call: Callable[[], object], error: type[HeadlightError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_one_row_of_ids_may_be_a_list_an_array_or_a_tensor() -> None:
    ids = random_ids(5)
    wanted = [step.id for step in gpt.generate(MODEL, ids, 4, seed=1)]
    logits = gpt.trace(MODEL, ids).logits
    for kind in (tuple, np.array, torch.tensor):
        assert [step.id for step in gpt.generate(MODEL, kind(ids), 4, seed=1)] == wanted
        np.testing.assert_allclose(gpt.trace(MODEL, kind(ids)).logits, logits, rtol=1e-6)
    assert TOKENIZER.decode(torch.tensor([2, 0])) == TOKENIZER.decode(np.array([2, 0])) == "ca"


def test_no_token_at_all_may_be_asked_for() -> None:
    assert list(gpt.generate(MODEL, [0], 0)) == []


@pytest.mark.parametrize("value", [3, np.int64(3), torch.tensor(3)])
def test_a_whole_number_of_any_library(value: object) -> None:
    assert is_whole(value) and check_whole("it", value, 3, 3) == 3


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, torch.tensor(3.0), [3]])
def test_what_is_no_whole_number(value: object) -> None:
    assert not is_whole(value)
    with pytest.raises(ConfigError, match=r"it is .*; choose a whole number from 0 to 9"):
        check_whole("it", value, 0, 9)


@pytest.mark.parametrize("value", [True, math.inf, math.nan, "1", None, 10**400, 1j])
def test_what_is_no_number(value: object) -> None:
    assert not is_number(value)
    assert is_number(0.5) and is_number(np.float32(0.5)) and is_number(-2)
