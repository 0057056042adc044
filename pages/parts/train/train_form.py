"""The form that starts a run: text, architecture, settings, name, and a summary."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt.errors import ConfigError, HeadlightError, TextError
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.text.corpus import check_length
from gpt.text.hidden_tokens import hidden_token
from gpt.text.tokenizer import Tokenizer
from gpt.training import probes
from gpt.training.creation import create_run
from gpt.training.data import Data
from gpt.training.needs import check_memory
from gpt.training.presets import find, of_task
from gpt.training.settings import TrainingConfig
from gpt.training.teachers import Teachers, check_teachers
from pages.parts.train import (
    config_fields,
    device_table,
    expected_loss_line,
    run_name,
    teachers_choice,
    training_dials,
    training_pace,
)
from pages.parts.train import text_reading as readings
from pages.parts.train import tokenizer_choice as tokenizers
from pages.parts.train.choice_names import BY_STEPS, OWN, UPLOAD
from pages.parts.train.text_reading import TextReading
from pages.parts.train.tokenizer_choice import Wanted
from pages.parts.train.train_state import TrainState
from pages.parts.train.training_text import chosen_text, look, text_menu
from pages.shared import folders, page_state, run_state
from pages.shared.plain import sentence
from pages.shared.text_field import BREAK, from_field

NAME = "train_name"
DETAILS = ("Text", "Architecture", "Settings")
MORE = "More: tokenizer, preset, steps, prompt to watch, architecture, settings, devices"


@dataclass(frozen=True)
class Plan:
    """Everything that a new run needs, except its name."""

    preset: str
    model: GPTConfig
    training: TrainingConfig
    reading: TextReading
    probe: str | None = None
    teachers: Teachers | None = None


def train_form(state: TrainState) -> tuple[str | None, dict[str, object]]:
    """Draw the form; start a run when a person presses Train.

    Returns:
        The name of the run that was started now, or None, and the form's values for the URL.
    """
    state = _of_its_task(state)
    dials = st.container(horizontal=True, vertical_alignment="bottom", key="dials")
    source = st.container(key="text_source")  # of its own, so that the rest stays in its place
    facts = st.container(horizontal=True, vertical_alignment="center")
    expected = st.container(key="expected")
    with st.expander(MORE, type="compact", key="train_more"), st.container(key="more"):
        preset, kind, size, details = _more(state)
        probe = _probe_field()
    with dials:
        text_name = text_menu(state, find(preset).text or UPLOAD)
        if state.task == "next":
            training_dials.size_dial(preset)
        minutes = training_dials.minutes_dial(state, preset)
        name = run_name.field(NAME, preset)
        button = st.container(width=120)
    with source:
        reading = _reading(text_name, Wanted(kind, size, tokenizers.tokenizer_file(kind)), state)
    named = run_name.can_be(name)
    with details:
        _details(state, text_name, reading)
    plan = _plan(preset, reading, probe) if reading else None
    if plan:
        with facts:
            in_minutes = _facts(plan, minutes)
        with expected:
            expected_loss_line.show(in_minutes)
        with details:
            device_table.draw(plan.model, plan.training, partial(_read, plan))
    with button:
        pressed = st.button("Train", type="primary", disabled=not (plan and named), width="stretch")
    link: dict[str, object] = {"text": text_name, **tokenizers.link(kind, size, preset)}
    link["preset"] = preset if state.task == "next" else None  # the other task has but one
    with expected:
        started = _start(name, plan, minutes) if pressed and plan else None
    return started, link


def _of_its_task(state: TrainState) -> TrainState:
    """The state with the task's own preset, if it has but one."""
    return state if state.task == "next" else replace(state, preset=next(iter(of_task(state.task))))


def _more(state: TrainState) -> tuple[str, str, int | None, DeltaGenerator]:
    """Draw what most people need not see.

    Returns:
        The preset, the kind of tokenizer, its size, and the place of the details.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        preset = _preset_menu() if state.task == "next" else state.preset
        kind, size = tokenizers.tokenizer_menu(replace(state, preset=preset))
        with st.container(width=340):
            config_fields.first_fields(preset, find(preset))
    if (state.minutes or training_dials.usual_minutes(preset)) != BY_STEPS:
        st.caption("The steps follow from the minutes; “by steps” takes these.")
    return preset, kind, size, st.container(key="details")


def _probe_field() -> str:
    """Draw the field of the probe; return what is typed."""
    typed: str = st.text_input(
        "Prompt to watch",
        **page_state.control("probe"),
        placeholder="text that is held out",
        help="Each evaluation keeps the attention of every head on it, to be scrubbed on Runs, and "
        f"pages open on it. A line break is typed as {BREAK} or \\n.",
    )
    return typed


def _reading(text_name: str, wanted: Wanted, state: TrainState) -> TextReading | None:
    """The text as it will be read, or a message that says what is missing or wrong."""
    text = chosen_text(text_name)
    if text is None:
        return None
    text = readings.speakers_menu(text, state)
    if wanted.name == OWN and wanted.file is None:
        st.caption("No tokenizer chosen yet.")
        return None
    try:
        return readings.read(text, wanted, state)
    except HeadlightError as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None


def _preset_menu() -> str:
    presets = of_task("next")
    chosen: str = st.selectbox(
        "Preset",
        list(presets),
        **page_state.control("preset"),
        help="  \n".join(f"**{name}**: {preset.description}" for name, preset in presets.items()),
        width=180,
    )
    return chosen


def _details(state: TrainState, text_name: str, reading: TextReading | None) -> None:
    """Draw the buttons of the details, and what is opened; other fields keep their values."""
    details: str | None = st.segmented_control(
        "Details", DETAILS, key="train_details", label_visibility="collapsed", width="content"
    )
    if details == "Architecture":
        config_fields.model_fields(state.preset, find(state.preset))
    elif details == "Settings":
        if state.task == "next":
            teachers_choice.field()
        recipe = find(state.preset)
        taught = replace(recipe, training={**recipe.training, "teacher_share": 1.0})
        config_fields.training_fields(state.preset, taught, teachers_choice.are_chosen())
    elif details is not None and reading is not None:
        look(text_name, reading.text, lambda: readings.documents_menu(reading.text, state))
        readings.look_at_tokens(reading)


def _plan(preset: str, reading: TextReading, typed: str) -> Plan | None:
    """The settings as configs, or a message that says what is wrong with them.

    Args:
        typed: the probe as in its field; "" for none.
    """
    recipe, probe = find(preset), from_field(typed, reading.tokenizer) or None
    try:
        changes = config_fields.changed(preset, GPTConfig)
        model = recipe.model_config(reading.tokenizer.vocab_size, **changes)
        changes = config_fields.changed(preset, TrainingConfig)
        teachers = teachers_choice.chosen() if recipe.task == "next" else None
        if teachers is None:
            changes |= {"teacher_share": 0.0, "teacher_tokens": 0}
        changes = {"teacher_share": 1.0} | changes | {"documents": reading.documents}
        training = recipe.training_config(**changes)
        if reading.documents == "stream":
            check_length(reading.counts.tokens, model.block_size)
        check_memory(model, training)
        check_teachers(teachers, model, training, reading.tokenizer)
        probes.described(probe, training.task, reading.tokenizer, model)
        if training.task == "masked":
            hidden_token(reading.tokenizer)
    except HeadlightError as error:
        where = _where(error, preset)
        st.error(sentence(f"{str(error).rstrip('.')}. {where}"), icon=":material/error:")
        return None
    return Plan(preset, model, training, reading, probe, teachers)


def _where(error: HeadlightError, preset: str) -> str:
    """Say which field does not fit, and where to change it."""
    if isinstance(error, ConfigError):
        return "Change it in the fields above, or in Architecture or Settings."
    if not isinstance(error, TextError):
        return ""
    chosen = config_fields.changed(preset, GPTConfig).get("block_size")
    usual = find(preset).model.get("block_size")
    who = f"The preset {preset}" if chosen in (None, usual) else "Your own Architecture"
    return f"{who} sets block_size; it can be changed in Architecture."


def _facts(plan: Plan, minutes: float) -> Plan:
    """Draw characters, vocabulary, parameters and time in one line; return the plan in minutes."""
    reading = plan.reading
    counts, length = reading.counts, f"**{len(reading.text.text):,}** characters"
    if reading.tokenizer is not reading.text.tokenizer:
        length = f"**{counts.tokens:,}** tokens of **{counts.characters_per_token:.2f}** characters"
    for fact in (
        length,
        f"V = **{reading.tokenizer.vocab_size:,}**",
        f"**{count_parameters(plan.model):,}** parameters",
    ):
        st.markdown(fact, width="content")
    training = training_pace.pace_line(plan.model, plan.training, partial(_read, plan), minutes)
    return replace(plan, training=training)


def _read(plan: Plan) -> tuple[Data, Tokenizer]:
    return plan.reading.corpus, plan.reading.tokenizer


def _start(name: str, plan: Plan, minutes: float) -> str | None:
    try:
        read = partial(_read, plan)
        training = training_pace.at_its_pace(plan.model, plan.training, read, minutes)
        plan = replace(plan, training=training)
        expectation = expected_loss_line.expected(plan)
        make = partial(
            create_run,
            folders.folder_of(name),
            plan.model,
            plan.training,
            plan.reading.corpus,
            plan.reading.tokenizer,
            plan.preset,
            expected=None if expectation is None else expectation.to_dict(),
            probe=plan.probe,
            teachers=plan.teachers,
        )
        run_state.begin(make)
    except (HeadlightError, OSError) as error:
        st.error(sentence(str(error)), icon=":material/error:")
        return None
    run_name.used()
    return name
