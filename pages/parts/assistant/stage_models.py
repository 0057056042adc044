"""The models of the stages: the latest weights, those that a run began with, and a value model."""

from __future__ import annotations

from typing import Any

import streamlit as st

import gpt
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.template import encode_prompt
from gpt.training.assistant.starting import widened
from gpt.training.assistant.value_model import WEIGHTS, reward_config
from gpt.training.initial import initial
from gpt.training.runs import REWARD, Run
from gpt.weights_file import load_weights
from pages.shared import folders, loads
from pages.shared.run_data import file_stamp

SAMPLED = 400
"""Generated examples among which a prompt that nobody learned from is looked for."""


def run_of(name: str) -> Run:
    """A run by its name."""
    return Run(folders.folder_of(name))


def first(name: str) -> gpt.GPT:
    """The model as a stage began with it: its frozen reference.

    Raises:
        CheckpointError: the run came without it, and without its parent as it was then.
    """
    return _first(name, loads.stamp(name))


@st.cache_resource(max_entries=8, show_spinner=False)
def _first(name: str, stamp: int) -> gpt.GPT:
    run = run_of(name)
    begun = run.config().get("begun_from") or {}
    try:
        return initial(run).model
    except CheckpointError:
        parent = _parent(begun)
        if parent is None or model_config(run.config()).is_classifier:
            raise
    return widened(parent.model, len(begun.get("added", "")), run.training_config().seed)


def _parent(begun: dict[str, Any]) -> gpt.Checkpoint | None:
    """The run that a stage began with, if it is here and has not gone on since."""
    name = str(begun.get("run", ""))
    if name not in folders.run_names():
        return None
    parent = loads.checkpoint(name)
    step = int(parent.info["weights"].get("step", 0))
    return parent if step == begun.get("step") else None


def value(name: str) -> gpt.GPT | None:
    """The value model of a run of PPO, as it is now; None for another run."""
    path = run_of(name).path / WEIGHTS
    return _of_reward(name, WEIGHTS, file_stamp(path)) if path.is_file() else None


def followed(name: str) -> gpt.GPT | None:
    """The reward model that a run of PPO follows; None for another run."""
    path = run_of(name).path / REWARD
    return _of_reward(name, REWARD, file_stamp(path)) if path.is_file() else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _of_reward(name: str, file: str, stamp: int) -> gpt.GPT:
    """A model with the architecture of the reward model that a run follows."""
    run = run_of(name)
    return load_weights(run.path / file, reward_config(run.config()))[0].eval()


@st.cache_resource(max_entries=8, show_spinner=False)
def prompts(name: str, stamp: int) -> list[str]:
    """Prompts of a run's data that it did not learn from, each once; at least one.

    Args:
        stamp: of its config.json.
    """
    run = run_of(name)
    data = run.config().get("data") or {}
    drawn: Comparisons | Demonstrations
    is_compared = data.get("kind") == Comparisons.KIND
    if "builtin" in data:
        kind = Comparisons if is_compared else Demonstrations
        drawn = kind.from_builtin(data["builtin"], data.get("seed", 1), SAMPLED)
    else:
        drawn = run.examples(Comparisons) if is_compared else run.examples(Demonstrations)
    unseen = [drawn.prompts[n] for n in drawn.split().test]
    return list(dict.fromkeys(unseen))


def readable_prompt(name: str, prompt: str) -> list[int]:
    """The ids of a prompt in the template, by the tokenizer of a run.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    return encode_prompt(loads.checkpoint(name).tokenizer, prompt)
