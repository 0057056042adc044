"""Measures: each number is that of an independent recomputation, or worked out by hand."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import gpt
from gpt.errors import ConfigError, PromptError
from gpt.inspect.measures.catalogue import MEASURES, check_measure, measure
from gpt.inspect.measures.reading import Measured, Reading, head_with
from tests.close import close
from tests.gpt import other_kinds, tiny
from tests.gpt.text.samples import sample

TEXT = "abcabdeh"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("measured")
    other_kinds.save(root / "writes", other_kinds.drawn(tiny.config()))
    other_kinds.classifier_run(root / "labels")
    two = other_kinds.drawn(replace(other_kinds.CLASSIFIER, n_class=2))
    other_kinds.save(root / "weighs", two, labels=["rejected", "chosen"])
    other_kinds.translator_run(root / "two")
    return root


@pytest.fixture(scope="module")
def reading(runs: Path) -> Reading:
    checkpoint = gpt.load(runs / "writes")
    return Reading(checkpoint, tuple(checkpoint.ids_of(TEXT)))


def number(name: str, reading: Reading, **settings: Any) -> Measured:
    return measure(name, reading, settings)


def loss(reading: Reading, **switches: Any) -> float:
    ids = torch.tensor([reading.ids])
    logits = reading.checkpoint.model(ids, gpt.Switches(**switches))
    return F.cross_entropy(logits[0, :-1], ids[0, 1:]).item()


@pytest.mark.parametrize(
    ("settings", "switches"),
    [
        ({"mask": "none"}, {"mask": "none"}),
        ({"positions_off": True}, {"positions_off": True}),
        ({"norm_off": True}, {"norm_off": True}),
        ({"head_off": True}, {"heads_off": frozenset({(1, 2)})}),
    ],
)
def test_a_change_of_the_loss_is_the_fast_paths(
    reading: Reading, settings: dict[str, Any], switches: dict[str, Any]
) -> None:
    measured = number("loss_change", replace(reading, head=(1, 2)), **settings)
    before, after = loss(reading), loss(reading, **switches)
    assert measured.value == pytest.approx(after - before, abs=1e-4)
    assert measured.numbers["before"] == close(before) and measured.numbers["after"] == close(after)


def test_the_wrong_scale_changes_the_entropy_of_the_weights(reading: Reading) -> None:
    def entropy(**switches: Any) -> float:
        weights = gpt.trace(reading.checkpoint.model, reading.ids, gpt.Switches(**switches)).weights
        w = torch.tensor(np.array(weights[:]))
        return float(torch.special.entr(w).sum(-1).mean())

    measured = number("entropy_change", reading, scale="n_embd")
    assert measured.value == close(entropy(scale=tiny.C**-0.5) - entropy(scale=tiny.D**-0.5))
    assert (measured.numbers["C"], measured.numbers["D"], measured.numbers["H"]) == (21, 7, 3)


def test_the_head_of_a_pattern_is_the_one_with_the_highest_score(reading: Reading) -> None:
    weights = np.array(gpt.trace(reading.checkpoint.model, reading.ids).weights[:])
    before = np.diagonal(weights, offset=-1, axis1=2, axis2=3).mean(-1)
    assert head_with("previous token", reading) == np.unravel_index(before.argmax(), before.shape)
    top = weights.max(-1).mean(-1)
    assert head_with("strongest", reading) == np.unravel_index(top.argmax(), top.shape)


def test_no_head_has_a_pattern_that_the_text_does_not_allow(reading: Reading) -> None:
    with pytest.raises(PromptError, match="duplicate token"):
        head_with("duplicate token", replace(reading, ids=(1, 2, 3)))


def test_the_strongest_key_is_the_rows_largest_weight(reading: Reading) -> None:
    weights = gpt.trace(reading.checkpoint.model, reading.ids).weights[1, 0]
    measured = number("strongest_key", replace(reading, head=(1, 0)), query=-2)
    assert measured.value == weights[6].argmax()
    assert measured.numbers["query"] == 6 and measured.numbers["query_token"] == "e"
    assert measured.numbers["weight"] == close(weights[6].max())
    assert measured.numbers["key_token"] == TEXT[int(measured.value)]
    with pytest.raises(PromptError, match="no place 8"):
        number("strongest_key", replace(reading, head=(1, 0)), query=8)
    with pytest.raises(PromptError, match="one head"):
        number("strongest_key", reading)


def test_a_weight_is_read_in_one_cell_under_switches(reading: Reading) -> None:
    model, at = reading.checkpoint.model, replace(reading, head=(1, 0))
    as_is = gpt.trace(model, reading.ids).weights[1, 0]
    seen = gpt.trace(model, reading.ids, gpt.Switches(mask="none")).weights[1, 0]
    masked = number("cell_weight", at, query=2, key=5, mask="causal")
    open_ = number("cell_weight", at, query=2, key=5, mask="none")
    assert masked.value == 0 and open_.value == close(seen[2, 5]) and open_.numbers["before"] == 0
    assert number("cell_weight", at, query=0, key=0).value == 1
    assert number("cell_weight", at, query=6, key=3).value == close(as_is[6, 3])
    strongest = number("strongest_key", at, query=2, mask="none")
    assert strongest.value == seen[2].argmax() and strongest.numbers["weight"] == close(
        seen.max(1)[2]
    )
    with pytest.raises(PromptError, match="8 × 8 cells, and so none in row 2, column 8"):
        number("cell_weight", at, query=2, key=8)


def test_a_swapped_score_is_found_in_the_transposed_cell(reading: Reading) -> None:
    at = replace(reading, head=(0, 2))
    before = gpt.trace(reading.checkpoint.model, reading.ids).scores[0, 2]

    def apart(query: int, key: int) -> float:
        return number("swapped_score", at, query=query, key=key, of_query=-2, of_key=3).value

    assert apart(3, 6) == pytest.approx(0, abs=1e-5)
    assert apart(6, 3) == pytest.approx(abs(before[3, 6] - before[6, 3]), abs=1e-5)
    assert apart(6, 3) > 1e-3, "or this test shows nothing"
    measured = number("swapped_score", at, query=3, key=6, of_query=-2, of_key=3).numbers
    assert measured["score"] == close(before[6, 3])
    assert (measured["query"], measured["key"]) == (3, 6)
    assert (measured["query_token"], measured["key_token"]) == (TEXT[3], TEXT[6])
    with pytest.raises(PromptError, match="no cell 8, 0"):
        number("swapped_score", at, query=0, key=0, of_query=8)


def test_across_two_texts_the_key_is_of_the_source(runs: Path) -> None:
    checkpoint = gpt.load(runs / "two")
    ids, source = checkpoint.ids_of(TEXT), checkpoint.source_ids("A CAT SAT.")
    reading = Reading(checkpoint, tuple(ids), tuple(source))
    head = head_with("strongest", reading)
    cross = gpt.trace(checkpoint.model, ids, source=source).cross.weights[head]
    measured = number("strongest_key", replace(reading, head=head), query=2)
    assert measured.value == cross[2].argmax()
    assert measured.numbers["key_token"] == "A CAT SAT."[int(measured.value)]


def test_the_layer_at_which_the_likeliest_token_settles(reading: Reading) -> None:
    model, trace = reading.checkpoint.model, gpt.trace(reading.checkpoint.model, reading.ids)
    assert model.ln_f is not None
    with torch.no_grad():
        states = torch.tensor(trace.residual[::2, -1])
        said = model.lm_head(model.ln_f(states)).argmax(-1).tolist()
    settled = next(n for n in range(len(said)) if len(set(said[n:])) == 1)
    assert number("settled_layer", reading).value == settled


def test_how_sure_a_model_is_follows_the_temperature_and_the_text(reading: Reading) -> None:
    logits = reading.checkpoint.model(torch.tensor([reading.ids]))[0, -1]
    halved = F.softmax(logits / 0.5, dim=-1)
    assert number("sureness", reading, temperature=0.5).value == close(halved.max().item())
    assert number("sureness", reading, temperature=0.0).value == 1.0
    more = torch.tensor([[*reading.ids, *reading.checkpoint.tokenizer.encode("ab")]])
    probs = F.softmax(reading.checkpoint.model(more)[0, -1], dim=-1)
    measured = number("sureness", reading, more="ab")
    assert measured.value == close(probs.max().item())
    assert measured.numbers["before"] == close(F.softmax(logits, dim=-1).max().item())
    with pytest.raises(PromptError, match="lacks"):
        number("sureness", reading, more="Z")


def test_a_reward_is_the_difference_of_two_logits(runs: Path, reading: Reading) -> None:
    checkpoint = gpt.load(runs / "weighs")
    weighs = Reading(checkpoint, tuple(checkpoint.ids_of(TEXT)))

    def reward(text: str) -> float:
        first, second = checkpoint.model(torch.tensor([checkpoint.ids_of(text)]))[0].tolist()
        return float(second - first)

    measured = number("reward_gap", weighs, other="abba")
    assert measured.value == close(reward("abba") - reward(TEXT))
    assert measured.numbers["other"] == close(reward("abba"))
    with pytest.raises(PromptError, match="no reward model"):
        number("reward_gap", reading, other="abba")


def test_a_label_with_a_mask_and_without_a_word(runs: Path) -> None:
    checkpoint = gpt.load(runs / "labels")
    reading = Reading(checkpoint, tuple(checkpoint.ids_of(TEXT)))

    def probs(text: str, **switches: Any) -> list[float]:
        ids = torch.tensor([checkpoint.ids_of(text)])
        logits = checkpoint.model(ids, gpt.Switches(**switches))
        return F.softmax(logits[0], dim=-1).tolist()

    assert number("label", reading, of=1).value == close(probs(TEXT)[1])
    assert number("label", reading, mask="causal").value == close(probs(TEXT, mask="causal")[0])
    measured = number("label", reading, of=2, without="cab")
    assert measured.value == close(probs("abdeh")[2])
    assert measured.numbers["label"] == "so so"
    assert measured.numbers["label_after"] == other_kinds.LABELS[int(np.argmax(probs("abdeh")))]
    with pytest.raises(PromptError, match="does not have"):
        number("label", reading, without="z")
    with pytest.raises(PromptError, match="no next token"):
        number("sureness", reading)


def test_sizes(reading: Reading) -> None:
    assert number("token_count", reading, text="abba").value == 4
    assert number("uniform_loss", reading).value == close(math.log(tiny.V))
    assert number("head_size", reading).value == tiny.D
    model = reading.checkpoint.model
    named = {name: p.numel() for name, p in model.named_parameters()}
    mlp = sum(count for name, count in named.items() if ".mlp." in name)
    assert number("mlp_share", reading).value == close(mlp / sum(named.values()))


def test_a_text_has_as_many_tokens_as_are_its_own() -> None:
    """Without [CLS] and [SEP], which are added to a whole text."""
    tokenizer = sample("word pieces")
    model = tiny.random_model(tiny.config(vocab_size=tokenizer.vocab_size))
    own = Reading(gpt.Checkpoint(model, tokenizer, model.config, {}, Path("own")), ())
    assert number("token_count", own, text="the cats").value == 3


def test_the_lectures_small_examples(reading: Reading) -> None:
    e = [math.exp(8 * x) for x in (0.1, -0.2, 0.3, -0.2, 0.5)]
    assert number("softmax_times", reading, times=8).value == close(e[-1] / sum(e))
    assert number("running_mean", reading, rows=[[2, 7], [6, 4], [6, 5]]).value == close(14 / 3)
    assert number("running_mean", reading, rows=[[2, 7], [6, 4]], column=1).value == close(5.5)
    assert number("ways_apart", reading).value < 1e-12
    assert number("gaussian_variance", reading, size=4).value == pytest.approx(4, rel=0.05)
    with pytest.raises(ConfigError, match="size is 7; it can be 1, 2, 4"):
        number("gaussian_variance", reading, size=7)


def test_a_model_without_skips_is_one_built_without_them(reading: Reading) -> None:
    other = tiny.copied(reading.checkpoint.model, skip=False)
    without = loss(replace(reading, checkpoint=replace(reading.checkpoint, model=other)))
    measured = number("without_skips", reading)
    assert measured.value == pytest.approx(without - loss(reading), abs=1e-4)


def test_queries_and_keys_that_change_places(reading: Reading) -> None:
    other = deepcopy(reading.checkpoint.model)
    for block in other.blocks:
        block.attn.query, block.attn.key = block.attn.key, block.attn.query
    swapped = loss(replace(reading, checkpoint=replace(reading.checkpoint, model=other)))
    measured = number("swap_change", replace(reading, head=(0, 0)))
    assert measured.value == pytest.approx(swapped - loss(reading), abs=1e-4)


def test_rows_of_a_batch_do_not_move_each_other(reading: Reading) -> None:
    measured = number("other_rows", reading, rows=2)
    assert measured.value == 0.0 and float(measured.numbers["own"]) > 1e-3
    with pytest.raises(PromptError, match="a batch of 9 rows"):
        number("other_rows", reading, rows=9)


def test_what_is_no_measure_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no measure 'luck'; there are token_count"):
        check_measure("luck", {})
    with pytest.raises(ConfigError, match="its settings are: query"):
        check_measure("strongest_key", {"row": 1})
    assert all(function.__doc__ for function in MEASURES.values())
