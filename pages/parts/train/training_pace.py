"""The time that a run will take: measured on this machine on request, and cached."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st

from gpt.durations import duration
from gpt.errors import HeadlightError
from gpt.nn.config import GPTConfig
from gpt.text.tokenizer import Tokenizer
from gpt.training.data import Data
from gpt.training.estimate import Pace, measure
from gpt.training.minutes_plan import in_minutes, planned
from gpt.training.settings import TrainingConfig
from pages.shared import classroom
from pages.shared.plain import plain, sentence
from pages.shared.run_state import jobs

KEPT = 64
SPEED = (
    "batch_size",
    "documents",
    "optimizer",
    "device",
    "dtype",
    "compile",
)  # what a step's time hangs on


@st.cache_resource(show_spinner=False)
def _known() -> OrderedDict[str, Pace]:
    return OrderedDict()


Read = Callable[[], tuple[Data, Tokenizer] | tuple[Data, Tokenizer, Tokenizer | None]]


def pace_line(
    model: GPTConfig, training: TrainingConfig, read: Read, minutes: float = 0.0
) -> TrainingConfig:
    """Draw the time that the run will take, or how many steps its time has, and a button.

    Args:
        read: gives the data, its tokenizer and that of the sources for the measurement.
        minutes: that the run may take; 0: as many steps as are set.

    Returns:
        The settings with the steps of so many minutes.
    """
    key = _key(model, training)
    pace = _known().get(key)
    if minutes:
        training = _in_minutes(model, training, minutes, pace)
        st.markdown(f"about **{training.steps:,}** steps", width="content")
        st.caption(_guessed() if pace is None else _measured(pace), width="content")
    elif pace is None:
        st.markdown("time not measured yet", width="content")
    else:
        st.markdown(f"about **{duration(pace.total(training))}**", width="content")
        st.caption(_measured(pace), width="content")
    if st.button(
        "Measure",
        type="tertiary",
        icon=":material/timer:",
        help="Trains this very model for a few steps in a process of its own, and throws it away.",
    ):
        measure_now(key, partial(_measure, model, training, read))
    return training


def stage_pace_line(key: str, training: TrainingConfig, take: Callable[[], Pace]) -> None:
    """Draw the time that a stage will take, or the button that measures it.

    Args:
        key: what its pace depends on.
        take: measures it.
    """
    pace = _known().get(key)
    if pace is not None:
        st.caption(f"about **{duration(pace.total(training))}**, {_pace_words(pace.step)} a step")
    elif st.button(
        "How long will it take?",
        type="tertiary",
        icon=":material/timer:",
        key=f"pace_{key}",
        help="Trains it for a few steps in a process of its own, and throws that away.",
    ):
        measure_now(key, take)


def _in_minutes(
    model: GPTConfig, training: TrainingConfig, minutes: float, pace: Pace | None
) -> TrainingConfig:
    if pace is None:
        return in_minutes(model, replace(training, minutes=minutes))
    return planned(training, minutes, pace)


def at_its_pace(
    model: GPTConfig, training: TrainingConfig, read: Read, minutes: float
) -> TrainingConfig:
    """The settings of a run of so many minutes, by a measured pace.

    What was not measured yet is measured now. Beside another run it would be too slow, so the
    steps are guessed there; the run fits them to its own pace.

    Args:
        minutes: 0: as many steps as are set.

    Raises:
        TrainingError: the steps of the measurement failed.
        TextError: a text too short for the model's block.
    """
    if not minutes:
        return training
    if known(model, training) is None and jobs().current() is None:
        with st.spinner("Timing a few real steps…"):
            _keep(_key(model, training), measure(model, training, *read()))
    return _in_minutes(model, training, minutes, known(model, training))


def _guessed() -> str:
    if jobs().current() is None:
        return "guessed; the pace is measured when you press Train"
    return "guessed; the run measures its own pace when its turn comes"


def _measured(pace: Pace) -> str:
    return f"{_pace_words(pace.step)} a step, measured over {pace.steps}"


def measure_now(key: str, take: Callable[[], Pace], is_last: bool = True) -> None:
    """Measure a pace, keep it under a key, and draw the page again after the last one."""
    current = jobs().current()
    beside = f" (beside {current}, which trains now)" if current else ""
    try:
        with classroom.one_measurement(), st.spinner(f"Timing a few real steps{plain(beside)}…"):
            pace = take()
    except (HeadlightError, OSError) as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return
    _keep(key, pace)
    if is_last:
        st.rerun()


def _keep(key: str, pace: Pace) -> None:
    paces = _known()
    paces[key] = pace
    while len(paces) > KEPT:
        paces.popitem(last=False)


def known(model: GPTConfig, training: TrainingConfig) -> Pace | None:
    """The pace of a model under some settings; None if it was not measured yet."""
    return _known().get(_key(model, training))


def measure_each(model: GPTConfig, trainings: Sequence[TrainingConfig], read: Read) -> None:
    """Measure the pace of a model under several settings, and draw the page again."""
    for training in trainings:
        measure_now(
            _key(model, training),
            partial(_measure, model, training, read),
            training is trainings[-1],
        )


def _measure(model: GPTConfig, training: TrainingConfig, read: Read) -> Pace:
    return measure(model, training, *read())


def _key(model: GPTConfig, training: TrainingConfig) -> str:
    speed = {name: getattr(training, name) for name in SPEED}
    return json.dumps([model.to_dict(), speed], sort_keys=True)


def _pace_words(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
