"""What the stages have in common: they learn, write a whole run, and go on exactly."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

import gpt
from gpt.errors import CheckpointError, ConfigError, TextError
from gpt.nn.padding import PADDING
from gpt.setting_ranges import STAGES
from gpt.training import snapshots
from gpt.training.control import Control, Wish
from gpt.training.creation import create_run
from gpt.training.initial import initial
from gpt.training.loop import Trainer, train
from gpt.training.runs import Run
from gpt.training.token_counts import token_counts
from tests.close import close
from tests.gpt.training.assistant.stage_runs import base_run, comparisons, demonstrations, stage_run
from tests.gpt.training.comparing import AskAt, assert_same_runs

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")

MEASURED = {
    "sft": {"judged"},
    "reward": {"accuracy"},
    "dpo": {"accuracy", "kl"},
    "grpo": {"judged", "kl", "win_rate"},
    "ppo": {"kl"},
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return base_run(tmp_path_factory.mktemp("runs") / "base", dropout=0.2)


@pytest.fixture(scope="module", params=STAGES)
def done(
    request: pytest.FixtureRequest, base: Run, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """A run of 12 steps, evaluated at 0, 4, 8 and 12."""
    run = stage_run(tmp_path_factory.mktemp("runs") / request.param, base, request.param)
    assert train(run).state == "done"
    return run


def trainer(run: Run) -> Trainer:
    return Trainer(run, Control(), lambda line, status: None)


def test_each_evaluation_measures_what_the_stage_has(done: Run) -> None:
    evaluated: list[dict[str, Any]] = [dict(m) for m in done.metrics() if m.get("val_loss")]
    assert [line["step"] for line in evaluated] == [0, 4, 8, 12]
    own = MEASURED[done.training_config().task]
    for line in evaluated:
        assert set(line) & {"judged", "accuracy", "kl", "win_rate"} == own
    if done.training_config().task == "dpo":
        assert evaluated[0]["accuracy"] == close(0.5), "it has not moved towards either answer"
    assert [sample["step"] for sample in done.samples()] == [0, 4, 8, 12]
    assert snapshots.steps(done.path) == [0, 4, 8, 12]
    assert initial(done).confirmed


def test_every_page_can_open_it(done: Run) -> None:
    loaded = gpt.load(done.path)
    ids = loaded.ids_of("ⓆabⒶab")
    traced = gpt.trace(loaded.model, ids)
    assert traced.weights[:].shape[-1] == 6
    assert loaded.end == loaded.tokenizer.encode("\n")[0]
    if loaded.config.is_classifier:
        assert loaded.labels == ["rejected", "chosen"]
        assert set(gpt.classify(loaded, "ⓆabⒶab")) == {"rejected", "chosen"}


def test_its_tokens_are_counted_as_they_are_read(done: Run) -> None:
    counts, tokenizer = token_counts(done), done.tokenizer()
    is_compared = done.config()["data"]["kind"] == "comparisons"
    texts = done.config()["split"]["training"] * (2 if is_compared else 1)
    for sign in "ⓆⒶ\n":
        assert counts[tokenizer.encode(sign)[0]] == texts


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_paused_at_some_moments_goes_on_as_if_it_never_was(
    tmp_path: Path, base: Run, stage: str
) -> None:
    """Also in the middle of an evaluation, the first one included, and without its parent."""
    settings: dict[str, Any] = dict(steps=4, eval_interval=3)
    straight = stage_run(tmp_path / "straight", base, stage, **settings)
    train(straight)
    for look in count(0, 2):
        run = stage_run(tmp_path / f"paused-{look}", base, stage, **settings)
        if train(run, AskAt(Wish.PAUSE, look)).state == "done":
            break
        torch.manual_seed(99)  # the process that goes on has random numbers of its own
        assert train(run).state == "done"
        assert_same_runs(straight, run)
        shutil.rmtree(run.path)
    assert look >= 8


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_killed_before_a_checkpoint_goes_on_from_the_last_one_without_its_parent(
    tmp_path: Path, base: Run, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = Run(tmp_path / "parent")
    shutil.copytree(base.path, parent.path)
    straight, killed = (stage_run(tmp_path / n, parent, stage) for n in ("straight", "killed"))
    train(straight)
    real, calls = Run.commit, count()

    def kill(run: Run, writers: Any) -> None:
        if next(calls) == 2:
            raise Killed
        real(run, writers)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "commit", kill)
        with pytest.raises(Killed):
            train(killed)
    shutil.rmtree(parent.path)
    assert train(killed).state == "done"
    assert_same_runs(straight, killed)


@pytest.mark.parametrize("stage", ["sft", "reward", "dpo"])
def test_the_loss_falls(tmp_path: Path, base: Run, stage: str) -> None:
    settings: dict[str, Any] = dict(learning_rate=0.01, batch_size=16, eval_batches=8)
    run = stage_run(
        tmp_path / "run", base, stage, steps=60, eval_interval=60, log_interval=60, **settings
    )
    assert train(run).state == "done"
    losses = [line["train_loss"] for line in run.metrics() if line["train_loss"]]
    assert losses[-1] < losses[0] - 0.02


def answers_log_probs(model: gpt.GPT, tokenizer: Any, prompt: str, answer: str) -> torch.Tensor:
    """log p(answer and its end | prompt), token by token, from a text of its own."""
    given = tokenizer.encode(f"Ⓠ{prompt}Ⓐ")
    ids = given + tokenizer.encode(f"{answer}\n")
    with torch.no_grad():
        log_probs = model(torch.tensor([ids[:-1]])).log_softmax(-1)[0]
    return log_probs[torch.arange(len(ids) - 1), torch.tensor(ids[1:])][len(given) - 1 :]


def test_the_loss_of_fine_tuning_is_that_of_the_answers_one_by_one(
    tmp_path: Path, base: Run
) -> None:
    own = trainer(stage_run(tmp_path / "run", base, "sft", batch_size=5))
    model, batch, tokenizer = own.model.eval(), own._batch(2), own.run.tokenizer()
    loss = own.task.loss(batch.logits(model), batch).item()
    texts = [tokenizer.decode(row) for row in batch.ids.tolist()]
    logs = []
    for text in texts:
        prompt = text.removeprefix("Ⓠ").partition("Ⓐ")[0]
        answer = dict(demonstrations().rows)[prompt]
        logs.append(answers_log_probs(model, tokenizer, prompt, answer))
    assert loss == close(-torch.cat(logs).mean().item())
    assert own.task.tokens(batch) == 5 * 4  # "aba" and its end


def test_the_loss_of_a_reward_model_is_that_of_its_pairs_one_by_one(
    tmp_path: Path, base: Run
) -> None:
    own = trainer(stage_run(tmp_path / "run", base, "reward", batch_size=3))
    model, batch = own.model.eval(), own._batch(1)
    rewards = []
    for row in batch.ids:
        logits = model(row[row != PADDING][None])[0]
        rewards.append(logits[1] - logits[0])
    margins = torch.stack(rewards[:3]) - torch.stack(rewards[3:])
    expected = torch.log1p(torch.exp(-margins)).mean().item()  # −log σ
    assert own.task.loss(batch.logits(model), batch).item() == close(expected)
    assert batch.targets.tolist() == [1, 1, 1, 0, 0, 0]


def test_the_loss_of_dpo_is_that_of_its_pairs_one_by_one(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "dpo", batch_size=3, beta=0.7, learning_rate=0.05)
    assert train(run).state == "done"
    own = trainer(run)
    policy, reference = own.model.eval(), initial(run).model
    batch, tokenizer = own._batch(1), run.tokenizer()
    loss = own.task.loss(batch.logits(policy), batch).item()
    pairs = {row[0]: row for row in comparisons().rows}
    terms = []
    for ids in batch.ids[:3]:
        prompt, chosen, rejected = pairs[tokenizer.decode(ids.tolist())[1:].partition("Ⓐ")[0]]
        of = [
            answers_log_probs(model, tokenizer, prompt, answer).sum()
            for model in (policy, reference)
            for answer in (chosen, rejected)
        ]
        terms.append(torch.log1p(torch.exp(-0.7 * ((of[0] - of[1]) - (of[2] - of[3])))))
    assert loss == close(torch.stack(terms).mean().item())


def test_at_its_first_step_the_policy_is_the_reference(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "dpo")
    train(run)
    first: dict[str, Any] = dict(run.metrics()[0])
    assert first["kl"] == close(0.0)
    assert first["val_loss"] == close(0.693147)


def test_data_of_another_kind_is_refused(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "sft")
    plan, tokenizer = run.training_config(), run.tokenizer()
    config = gpt.checkpoint.model_config(run.config())
    with pytest.raises(ConfigError, match="task = sft learns from prompts with an answer each"):
        create_run(tmp_path / "other", config, plan, comparisons(), tokenizer)
    with pytest.raises(TextError, match="leave nothing for validation and test"):
        create_run(tmp_path / "few", config, plan, demonstrations().take(range(1)), tokenizer)


def test_a_stage_without_its_first_weights_says_so(tmp_path: Path, base: Run) -> None:
    run = stage_run(tmp_path / "run", base, "dpo")
    (run.path / "initial.safetensors").unlink()
    with pytest.raises(CheckpointError, match="began with the weights of another run"):
        initial(run)
    status = train(run)
    assert status.state == "failed" and "began with the weights of another run" in status.reason
