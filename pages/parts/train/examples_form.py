"""The form that starts a run on examples: to give a text a label, or to translate."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt.errors import HeadlightError
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.text.labelled import LabelledExamples
from gpt.training.creation import create_run
from gpt.training.example_presets import FINE_TUNE
from gpt.training.needs import check_memory
from gpt.training.presets import Preset, find, of_task
from gpt.training.settings import TrainingConfig
from pages.parts.train import config_fields, examples_reading, run_name, training_pace
from pages.parts.train.choice_names import UPLOAD
from pages.parts.train.examples_reading import ExamplesReading
from pages.parts.train.train_state import TrainState
from pages.shared import classroom, folders, page_state, run_state
from pages.shared.plain import plain

NAME = "train_name"
DETAILS = ("Examples", "Architecture", "Settings")
OF_FILES = {"classify": "sentiment", "translate": "translation"}
"""By task, the preset for a person's own files."""
WIDTHS = (4.4, 3.8, 6.6, 3.8, 3.4)


@dataclass(frozen=True)
class ExamplesPlan:
    """Everything that a new run needs, except its name."""

    preset: str
    model: GPTConfig
    training: TrainingConfig
    reading: ExamplesReading


def examples_form(state: TrainState) -> tuple[str | None, dict[str, object]]:
    """Draw the form; start a run when a person presses Train.

    Returns:
        The name of the run that was started now, or None, and the form's values for the URL.
    """
    slots = st.columns(list(WIDTHS), vertical_alignment="bottom", gap="small")
    with slots[0]:
        examples = examples_reading.examples_menu(state)
    with slots[1]:
        preset = _preset_menu(examples, state)
    with slots[2]:
        config_fields.first_fields(preset, find(preset))
    with slots[3]:
        name = run_name.field(NAME, preset)
    with st.container(key="text_source"):
        reading = examples_reading.reading(examples, find(preset), state)
    named = run_name.can_be(name)
    facts = st.container(horizontal=True, vertical_alignment="center")
    with facts:
        details = st.segmented_control(
            "Details", DETAILS, key="examples_details", label_visibility="collapsed",
            width="content",
        )  # fmt: skip
    if details is not None:
        with st.container(key="details"):
            _details(details, preset, examples, reading)
    plan = _plan(preset, reading) if reading else None
    if plan:
        with facts:
            _facts(plan)
    with slots[4]:
        ready = plan is not None and named
        pressed = st.button("Train", type="primary", disabled=not ready, width="stretch")
    link: dict[str, object] = {"task": state.task, "examples": examples, "recipe": preset}
    return (_start(name, plan) if pressed and plan else None), link


def _preset_menu(examples: str, state: TrainState) -> str:
    """Draw the choice among the presets of the task; the one of the examples at first."""
    presets = {name: each for name, each in of_task(state.task).items() if name != FINE_TUNE}
    own = next((name for name, each in presets.items() if each.text == examples), None)
    first = OF_FILES[state.task] if examples == UPLOAD or own is None else own
    words = f"presets of this task are {', '.join(presets)}"
    page_state.fitted(state, "recipe", list(presets), first, words)
    chosen: str = st.selectbox(
        "Preset",
        list(presets),
        **page_state.control("recipe"),
        help="  \n".join(f"**{name}**: {preset.description}" for name, preset in presets.items()),
    )
    return chosen


def _details(details: str, preset: str, examples: str, reading: ExamplesReading | None) -> None:
    """Draw the opened details; the fields of the others keep their values."""
    if details == "Architecture":
        config_fields.model_fields(preset, find(preset))
    elif details == "Settings":
        config_fields.training_fields(preset, find(preset))
    elif reading is not None:
        examples_reading.look(examples, reading)


def _plan(preset: str, reading: ExamplesReading) -> ExamplesPlan | None:
    """The settings as configs, or a message that says what is wrong with them."""
    recipe: Preset = find(preset)
    try:
        changes = config_fields.changed(preset, GPTConfig) | _from_the_data(reading)
        model = recipe.model_config(reading.tokenizer.vocab_size, **changes)
        training = recipe.training_config(**config_fields.changed(preset, TrainingConfig))
        check_memory(model, training)
    except HeadlightError as error:
        message = f"{str(error).rstrip('.')}. Change it in Architecture or Settings."
        st.error(plain(message), icon=":material/error:")
        return None
    return ExamplesPlan(preset, model, training, reading)


def _from_the_data(reading: ExamplesReading) -> dict[str, int]:
    """The settings of the model that the examples decide."""
    if isinstance(reading.examples, LabelledExamples):
        return {"n_class": len(reading.examples.labels)}
    if reading.source_tokenizer is None:
        return {}
    return {"source_vocab_size": reading.source_tokenizer.vocab_size}


@st.cache_data(max_entries=128, show_spinner=False)
def _parameters(model: GPTConfig) -> int:
    return count_parameters(model)


def _facts(plan: ExamplesPlan) -> None:
    """Examples, labels or vocabularies, parameters and time, in one line."""
    reading, config = plan.reading, plan.model
    sizes = [f"V = **{config.vocab_size:,}**"]
    if config.is_classifier:
        sizes.append(f"K = **{config.n_class:,}** labels")
    if config.source_vocab_size:
        sizes.append(f"source V = **{config.source_vocab_size:,}**")
    learned = f"**{len(reading.split.training):,}** of **{len(reading.examples):,}** examples"
    for fact in (learned, *sizes, f"**{_parameters(config):,}** parameters"):
        st.markdown(fact, width="content")
    training_pace.pace_line(
        config,
        plan.training,
        lambda: (reading.examples, reading.tokenizer, reading.source_tokenizer),
    )


def _start(name: str, plan: ExamplesPlan) -> str | None:
    try:
        classroom.check_new_run(_parameters(plan.model), plan.training.steps)
        run_state.check_line()
        run = create_run(
            folders.checkpoints() / name,
            plan.model,
            plan.training,
            plan.reading.examples,
            plan.reading.tokenizer,
            plan.preset,
            source_tokenizer=plan.reading.source_tokenizer,
        )
        classroom.own(run)
        run_state.resume(run)
    except (HeadlightError, OSError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    return name
