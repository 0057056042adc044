"""Tiny runs of an assistant's stages, for tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gpt
from gpt.checkpoint import model_config
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.assistant.starting import assistant_start, following, reward_start
from gpt.training.creation import create_run
from gpt.training.initial import initial
from gpt.training.loop import train
from gpt.training.runs import REWARD, Run
from gpt.training.settings import TrainingConfig
from gpt.weights_file import load_weights
from tests.gpt import tiny

PLAN: dict[str, Any] = {
    **tiny.TRAINING,
    "sample_tokens": 0,
    "documents": "lines",
    "answer_tokens": 5,
}
SIZES: dict[str, Any] = dict(block_size=12)


def base_run(path: Path, **model: Any) -> Run:
    """A decoder of letters, trained for a moment; its vocabulary lacks the template's signs."""
    run = tiny.new_run(path, model={**SIZES, **model})
    assert train(run).state == "done"
    return run


def demonstrations() -> Demonstrations:
    """Each letter twice: "a" is answered by "aa"."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return Demonstrations("twice", tuple((c + d, c + d + c) for c in letters for d in "ae"))


def comparisons() -> Comparisons:
    """Of two answers the longer one is better."""
    return Comparisons("longer", tuple((q, f"{a}{a}", a) for q, a in demonstrations().rows))


def stage_run(path: Path, parent: Run, task: str, **training: Any) -> Run:
    """A run of a stage that begins with another run, not trained yet."""
    plan = TrainingConfig(**{**PLAN, "task": task, **training})
    checkpoint = gpt.load(parent.path)
    if task in ("sft", "grpo"):
        answers = demonstrations()
        wider, start = assistant_start(checkpoint, answers, plan.seed)
        return create_run(path, wider.config, plan, answers, wider.tokenizer, begun_from=start)
    pairs = comparisons()
    if task == "ppo":
        return _ppo_run(path, checkpoint, pairs, plan)
    begin = reward_start if task == "reward" else assistant_start
    wider, start = begin(checkpoint, pairs, plan.seed)
    return create_run(path, wider.config, plan, pairs, wider.tokenizer, begun_from=start)


def _ppo_run(
    path: Path, checkpoint: gpt.Checkpoint, pairs: Comparisons, plan: TrainingConfig
) -> Run:
    """A run that follows a reward model whose head was only drawn."""
    wider, start = assistant_start(checkpoint, pairs, plan.seed)
    weigher, _ = reward_start(checkpoint, pairs, seed=5)
    weigher = replace(weigher, info={**weigher.info, "training": {"task": "reward"}})
    begun = following(start, wider, weigher)
    return create_run(path, wider.config, plan, pairs, wider.tokenizer, begun_from=begun)


def manner_chain(root: Path) -> dict[str, Run]:
    """A run of each stage on *manner*, trained for a moment: base, tuned, reward, ppo and dpo."""
    sizes = {"block_size": 80, "n_layer": 2, "n_head": 2, "n_embd": 12}
    runs = {"base": tiny.new_run(root / "base", model=sizes)}
    train(runs["base"])
    answers, pairs = (
        kind.from_builtin("manner", count=100) for kind in (Demonstrations, Comparisons)
    )
    plans = {
        "tuned": ("sft", "base", answers, {"answer_tokens": 6}),
        "reward": ("reward-model", "tuned", pairs, {}),
        "ppo": ("ppo", "tuned", pairs, {"answer_tokens": 6, "rollout_steps": 2}),
        "dpo": ("dpo", "tuned", pairs, {"answer_tokens": 6}),
    }
    for name, (preset, parent, data, more) in plans.items():
        followed = gpt.load(root / "reward") if name == "ppo" else None
        training = dict(steps=2, batch_size=6, eval_interval=2, eval_batches=1, log_interval=1)
        plan = plan_stage(
            preset, gpt.load(root / parent), data, followed, training={**training, **more}
        )
        runs[name] = plan.create(root / name)
        assert train(runs[name]).state == "done"
    return runs


def reward_of(ppo: Run) -> gpt.GPT:
    """The reward model that a run of PPO follows."""
    config = model_config({"model": ppo.config()["begun_from"]["reward_model"]})
    return load_weights(ppo.path / REWARD, config)[0].eval()


def untrained(run: Run) -> gpt.GPT:
    """The model that a stage begins with."""
    return initial(run).model
