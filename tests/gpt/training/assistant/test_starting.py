"""The first weights of an assistant: every old row stays, and new tokens get rows of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import gpt
from gpt.errors import ConfigError, TokenizerError
from gpt.text.tokenizers import choices
from gpt.training.assistant.starting import assistant_start, reward_start, widened
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.gpt import tiny
from tests.gpt.training.assistant.stage_runs import base_run, comparisons, demonstrations, stage_run
from tests.gpt.training.task_runs import classify_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return base_run(tmp_path_factory.mktemp("runs") / "base")


@pytest.mark.parametrize("changes", [{}, {"tie_weights": True}, {"head_bias": True}])
def test_old_tokens_are_read_and_weighed_as_before(changes: dict[str, bool]) -> None:
    model = tiny.random_model(tiny.config(**changes))
    wider = widened(model, 3, seed=1)
    assert wider.config.vocab_size == tiny.V + 3
    ids = torch.tensor([tiny.random_ids()])
    with torch.no_grad():
        torch.testing.assert_close(wider(ids)[..., : tiny.V], model(ids))
    assert torch.equal(wider.wte.weight[: tiny.V], model.wte.weight)
    assert not torch.equal(wider.wte.weight[-1], wider.wte.weight[-2])
    assert (wider.lm_head.weight is wider.wte.weight) == changes.get("tie_weights", False)


def test_new_rows_have_the_mean_and_the_deviation_of_the_old_ones() -> None:
    model = tiny.random_model(tiny.config())
    with torch.no_grad():
        model.wte.weight += 3 * torch.arange(tiny.C)
    new = widened(model, 4000, seed=1).wte.weight[tiny.V :].detach()
    old = model.wte.weight.detach()
    torch.testing.assert_close(new.mean(0), old.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(new.std(0), old.std(0, correction=0), atol=0.05, rtol=0)


def test_the_run_says_which_tokens_are_new_and_how_their_rows_start(
    tmp_path: Path, base: Run
) -> None:
    run = stage_run(tmp_path / "run", base, "sft")
    begun = run.config()["begun_from"]
    assert (begun["run"], begun["step"]) == ("base", 12)
    assert begun["added"].startswith("ⓆⒶ") and begun["new_rows"].startswith("drawn from a normal")
    first = load_file(run.path / "initial.safetensors")
    kept = gpt.load(base.path).model.wte.weight
    assert torch.equal(first["wte.weight"][: len(kept)], kept)
    _, start = assistant_start(gpt.load(base.path), demonstrations(), seed=1)
    assert "Every old row stays" in start.notes[0] and repr(start.added) in start.notes[0]


def test_a_second_stage_adds_nothing(tmp_path: Path, base: Run) -> None:
    first = stage_run(tmp_path / "sft", base, "sft")
    assert train(first).state == "done"
    second = stage_run(tmp_path / "dpo", first, "dpo")
    assert second.config()["begun_from"] == {"run": "sft", "step": 12}
    assert second.tokenizer().to_json() == first.tokenizer().to_json()


def test_a_reward_model_has_the_body_and_a_new_head(base: Run) -> None:
    wider, start = reward_start(gpt.load(base.path), comparisons(), seed=1)
    config = wider.config
    assert (config.n_class, config.pool, config.mask) == (2, "last", "causal")
    body = gpt.load(base.path).model
    assert torch.equal(start.model.h[0].attn.query.weight, body.h[0].attn.query.weight)  # type: ignore[union-attr,index]


def test_a_run_that_writes_no_text_is_refused(tmp_path: Path) -> None:
    run = classify_run(tmp_path / "run")
    assert train(run).state == "done"
    with pytest.raises(ConfigError, match="'run' has no decoder that could learn to answer"):
        assistant_start(gpt.load(run.path), demonstrations(), seed=1)


def test_a_vocabulary_to_which_nothing_can_be_added_is_refused(tmp_path: Path) -> None:
    words = choices.make("words", tiny.names().text, 64)
    run = tiny.new_run(tmp_path / "run", tokenizer=words, documents="stream")
    assert train(run).state == "done"
    with pytest.raises(TokenizerError, match="no token can be added to it"):
        assistant_start(gpt.load(run.path), demonstrations(), seed=1)
