"""Fine-tuning: a classifier that begins with the body of a run that was trained already."""

from __future__ import annotations

from dataclasses import fields

import streamlit as st

from gpt.checkpoint import Checkpoint
from gpt.errors import TextError
from gpt.nn.config import GPTConfig
from gpt.numerals import brief
from gpt.text.labelled import LabelledExamples
from gpt.training.beginning import classifier_config
from gpt.training.example_presets import FINE_TUNE
from gpt.training.presets import find
from pages.parts.train import config_fields
from pages.parts.train.train_state import TrainState
from pages.shared import folders, loads, page_state, run_data
from viz.text import readable

NOTHING = ""
OWN = ("dropout", "pool", "pool_activation")
"""What of the architecture is not the other run's."""
OF_THE_BODY = tuple(field.name for field in fields(GPTConfig) if field.name not in OWN)


def menu(state: TrainState) -> str | None:
    """Draw the choice of a run to start from; None: from nothing."""
    names = [run.name for run in run_data.known_runs() if folders.has_weights(run.path)]
    missing = "there is no such run with weights here"
    page_state.fitted(state, "start_from", [NOTHING, *names], NOTHING, missing)
    chosen: str = st.selectbox(
        "Start from",
        [NOTHING, *names],
        format_func=lambda name: readable(name) if name else "nothing",
        **page_state.control("start_from"),
        help="A run whose body is kept, with its tokenizer and its architecture; the head that "
        "gives the labels is new. A decoder is read at its last token, as the lecture's end "
        "suggests.",
    )
    return chosen or None


def checkpoint(name: str) -> Checkpoint:
    """The run to start from.

    Raises:
        CheckpointError: its weights cannot be read.
    """
    return loads.checkpoint(name)


def config(body: Checkpoint, examples: LabelledExamples) -> GPTConfig:
    """The architecture of the new run.

    Raises:
        ConfigError: a run that has no body for a classifier.
        TextError: texts that the run's vocabulary cannot write, or that it cannot read whole.
    """
    changes = config_fields.changed(FINE_TUNE, GPTConfig)
    own = {name: value for name, value in changes.items() if name in OWN}
    config = classifier_config(body, len(examples.labels), **own)
    _check_characters(body, examples)
    return config


def _check_characters(body: Checkpoint, examples: LabelledExamples) -> None:
    characters = "".join(sorted(set(examples.text)))
    if unknown := body.tokenizer.unknown(characters):
        listed = ", ".join(brief(character) for _, character in unknown[:5])
        raise TextError(
            f"the vocabulary of {body.path.name} lacks {len(unknown)} of the texts' characters "
            f"({listed}); choose a run that read such texts, or one with bytes or BPE"
        )


def fields_of_body() -> None:
    """Draw the settings of the architecture that are the new run's own."""
    config_fields.model_fields(FINE_TUNE, find(FINE_TUNE), OF_THE_BODY)
