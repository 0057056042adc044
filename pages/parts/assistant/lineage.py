"""Which runs are stages of an assistant, and which of them follow which."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.setting_ranges import STAGES
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from pages.shared import folders, run_data
from pages.shared.run_data import file_stamp

FOLLOWERS = ("ppo", "dpo", "grpo")


@dataclass(frozen=True)
class Stage:
    """A run as a stage of an assistant.

    Fields:
        name: of the run.
        task: what it learned; "" for a base, a decoder that predicts the next token.
        parent: the run that it began with; "" if it began with none.
        reward: the reward model that it follows; "" if it follows none.
        beta: the strength of its penalty; None if it has none.
        data: the name of what it learned from.
        builtin: the built-in task that this is of; "" for a person's own.
    """

    name: str
    task: str
    parent: str = ""
    reward: str = ""
    beta: float | None = None
    data: str = ""
    builtin: str = ""

    @property
    def words(self) -> str:
        """What sets it apart, in a few words."""
        words = [self.task.upper() if self.task in FOLLOWERS else self.data]
        if self.beta is not None:
            words.append(f"β {self.beta:g}")
        return ", ".join(filter(None, words))


@dataclass(frozen=True)
class Stages:
    """All runs that can be a stage, by name, the newest first."""

    known: Mapping[str, Stage]

    @property
    def bases(self) -> list[str]:
        """The runs that a chain of stages can begin with: those with the most stages first.

        A deleted run whose stages are still here is one of them.
        """
        names = [name for name, stage in self.known.items() if not stage.task]
        roots = [self.root(name) for name in self.known if self.known[name].task]
        gone = [root for root in dict.fromkeys(roots) if root and root not in self.known]
        order = {
            name: (-self._filled(name), -roots.count(name), name not in folders.OPENS, at)
            for at, name in enumerate((*names, *gone))
        }
        return sorted(order, key=order.__getitem__)

    def _filled(self, base: str) -> int:
        """How many of the stages after a base there are runs of."""
        tuned = self.tuned(base)
        later = {self.known[name].task for t in tuned for name in self.after(t)}
        return bool(tuned) + ("reward" in later) + bool(later & set(FOLLOWERS))

    def root(self, name: str) -> str:
        """The base that a run goes back to; fine-tuning may have gone on several times."""
        seen: set[str] = set()
        while name in self.known and self.known[name].parent and name not in seen:
            seen.add(name)
            name = self.known[name].parent
        return name

    def tuned(self, base: str) -> list[str]:
        """The fine-tuned runs of a base: those that other stages began with first."""
        names = [n for n, s in self.known.items() if s.task == "sft" and self.root(n) == base]
        return sorted(names, key=lambda name: -len(self.after(name)))

    def after(self, tuned: str) -> list[str]:
        """The reward models and the policies that began with a fine-tuned run."""
        return [
            name
            for name, stage in self.known.items()
            if stage.parent == tuned and stage.task not in ("", "sft")
        ]

    def rewards(self, tuned: str) -> list[str]:
        """The reward models of a fine-tuned run: those that a policy follows first."""
        names = [name for name in self.after(tuned) if self.known[name].task == "reward"]
        followed = [stage.reward for stage in self.known.values()]
        return sorted(names, key=lambda name: -followed.count(name))

    def policies(self, tuned: str, reward: str | None) -> list[str]:
        """The policies that began with a fine-tuned run: finished ones first, and those of PPO.

        Those of PPO follow this reward model.
        """
        fits = (self.known[name] for name in self.after(tuned))
        names = [
            stage.name
            for stage in fits
            if stage.task in FOLLOWERS and stage.reward in ("", reward or stage.reward)
        ]
        root = folders.checkpoints()

        def rank(name: str) -> tuple[bool, bool]:
            finished = Run(root / name).status().finished
            return not finished, not self.known[name].reward

        return sorted(names, key=rank)

    def line(self, name: str) -> str:
        """A run in a menu: its name, and what sets it apart."""
        stage = self.known.get(name)
        if stage is None:
            return f"{name} (deleted)"
        said = name.lower().split("-")
        is_said = all(word.lower() in said for word in re.findall(r"[^\s,β]+", stage.words))
        return name if is_said else f"{name}: {stage.words}"


def stages() -> Stages:
    """The stages in the folder of runs."""
    runs = run_data.known_runs()
    read = (_stage(run.name, file_stamp(run.path / "config.json"), run) for run in runs)
    return Stages({stage.name: stage for stage in read if stage is not None})


@st.cache_resource(max_entries=512, show_spinner=False)
def _stage(name: str, stamp: int, _run: Run) -> Stage | None:
    """A run as a stage; None for another kind of model, or one that cannot be read."""
    try:
        info = _run.config()
        config = model_config(info)
    except HeadlightError:
        return None
    task = str((info.get("training") or {}).get("task", "next"))
    if task in STAGES:
        return _described(name, task, info)
    is_base = config.kind == "decoder" and not config.is_classifier and config.n_layer > 0
    data = info.get("data") or info.get("imported") or {}
    return Stage(name, "", data=str(data.get("name", ""))) if is_base else None


def _described(name: str, task: str, info: dict[str, Any]) -> Stage:
    begun, data = info.get("begun_from") or {}, info.get("data") or {}
    beta = info["training"].get("beta", TrainingConfig.beta) if task in FOLLOWERS else None
    builtin = str(data.get("builtin", ""))
    return Stage(
        name,
        task,
        parent=str(begun.get("run", "")),
        reward=str(begun.get("reward", "")),
        beta=beta,
        data=str(data.get("name", "")),
        builtin=builtin if builtin in ASSISTANT_TASKS else "",
    )
