"""The form that starts a run on examples: to give a text a label, or to translate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt.checkpoint import Checkpoint
from gpt.errors import HeadlightError
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.text.labelled import LabelledExamples
from gpt.training.beginning import Beginning, with_new_head
from gpt.training.creation import create_run
from gpt.training.data import split_counts
from gpt.training.example_presets import FINE_TUNE
from gpt.training.needs import check_memory
from gpt.training.presets import Preset, find, of_task
from gpt.training.settings import TrainingConfig
from pages.parts.train import (
    config_fields,
    examples_reading,
    examples_tokenizer,
    fine_tuning,
    run_name,
    training_pace,
)
from pages.parts.train.choice_names import UPLOAD
from pages.parts.train.examples_reading import ExamplesReading
from pages.parts.train.train_state import TrainState
from pages.shared import folders, page_state, run_state
from pages.shared.plain import plain, sentence
from viz.text import readable

NAME = "train_name"
DETAILS = ("Examples", "Architecture", "Settings")
OF_FILES = {"classify": "sentiment", "translate": "translation"}
"""By task, the preset for a person's own files."""
ERROR = ":material/error:"
NOT_FROM = "Start from another run, or from nothing."
MORE = "More: preset, tokenizer, steps, architecture, settings"


@dataclass(frozen=True)
class ExamplesPlan:
    """Everything that a new run needs, except its name.

    Fields:
        body: the run that it begins with.
    """

    preset: str
    model: GPTConfig
    training: TrainingConfig
    reading: ExamplesReading
    body: Checkpoint | None = None


def examples_form(state: TrainState) -> tuple[str | None, dict[str, object]]:
    """Draw the form; start a run when a person presses Train.

    Returns:
        The name of the run that was started now, or None, and the form's values for the URL.
    """
    dials = st.container(horizontal=True, vertical_alignment="bottom", key="dials")
    source = st.container(key="text_source")
    with dials:
        examples = examples_reading.examples_menu(state)
        start_from = fine_tuning.menu(state) if state.task == "classify" else None
    facts = st.container(horizontal=True, vertical_alignment="center")
    lengths = st.container(key="expected")
    with st.expander(MORE, type="compact", key="train_more"), st.container(key="more"):
        preset, wanted, details = _more(examples, start_from, state)
    with dials:
        name = run_name.field(NAME, preset)
        button = st.container(width=120)
    with source:
        body = _body(start_from)
        reading = examples_reading.reading(examples, wanted, state, body)
    named = run_name.can_be(name)
    with details:
        _details(preset, examples, reading)
    stands = reading is not None and (body is not None) == (start_from is not None)
    plan = _plan(preset, reading, body) if reading and stands else None
    if plan:
        with facts:
            _facts(plan)
        with lengths:
            examples_tokenizer.show_lengths(plan.reading)
    with button:
        ready = plan is not None and named
        pressed = st.button("Train", type="primary", disabled=not ready, width="stretch")
    link: dict[str, object] = {"task": state.task, "examples": examples}
    link |= {} if start_from else {"recipe": preset}
    return (_start(name, plan) if pressed and plan else None), link


def _more(
    examples: str, start_from: str | None, state: TrainState
) -> tuple[str, str, DeltaGenerator]:
    """Draw what most people need not see.

    Returns:
        The preset, the tokenizer's spec, and the place of the details.
    """
    preset, wanted = FINE_TUNE, ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if start_from is None:
            preset = _preset_menu(examples, state)
            usual = find(preset).tokenizer
            wanted = examples_tokenizer.menu(state) or usual
        with st.container(width=340):
            config_fields.first_fields(preset, find(preset))
    if start_from is not None:
        st.caption("The tokenizer and the architecture are those of the run it starts from.")
    return preset, wanted, st.container(key="details")


def _body(start_from: str | None) -> Checkpoint | None:
    """The run to start from, or a message that says why it cannot be."""
    if start_from is None:
        return None
    try:
        return fine_tuning.checkpoint(start_from)
    except (HeadlightError, OSError) as error:
        st.error(sentence(f"{str(error).rstrip('.')}. Start from another run."), icon=ERROR)
        return None


def _preset_menu(examples: str, state: TrainState) -> str:
    """Draw the choice among the presets of the task; the one of the examples at first."""
    presets = {name: each for name, each in of_task(state.task).items() if name != FINE_TUNE}
    own = next((name for name, each in presets.items() if each.text == examples), None)
    first = OF_FILES[state.task] if examples == UPLOAD or own is None else own
    words = f"presets of this task are {', '.join(presets)}"
    state = examples_reading.of_this_task(state, "recipe", presets)
    page_state.fitted(state, "recipe", list(presets), first, words)
    chosen: str = st.selectbox(
        "Preset",
        list(presets),
        **page_state.control("recipe"),
        help="  \n".join(f"**{name}**: {preset.description}" for name, preset in presets.items()),
        width=180,
    )
    return chosen


def _details(preset: str, examples: str, reading: ExamplesReading | None) -> None:
    """Draw the buttons of the details, and what is opened; other fields keep their values."""
    details = st.segmented_control(
        "Details", DETAILS, key="examples_details", label_visibility="collapsed", width="content"
    )
    if details == "Architecture" and preset == FINE_TUNE:
        fine_tuning.fields_of_body()
    elif details == "Architecture":
        config_fields.model_fields(preset, find(preset))
    elif details == "Settings":
        config_fields.training_fields(preset, find(preset))
    elif details is not None and reading is not None:
        examples_reading.look(examples, reading)


def _plan(preset: str, reading: ExamplesReading, body: Checkpoint | None) -> ExamplesPlan | None:
    """The settings as configs, or a message that says what is wrong with them."""
    recipe: Preset = find(preset)
    try:
        training = recipe.training_config(**config_fields.changed(preset, TrainingConfig))
        if body is None:
            changes = config_fields.changed(preset, GPTConfig) | _from_the_data(reading)
            model = recipe.model_config(reading.tokenizer.vocab_size, **changes)
        else:
            assert isinstance(reading.examples, LabelledExamples)
            model = fine_tuning.config(body, reading.examples)
        check_memory(model, training)
        _check_lengths(reading.digest, model, reading, training)
    except HeadlightError as error:
        where = "Change it in Architecture or Settings." if body is None else NOT_FROM
        st.error(sentence(f"{str(error).rstrip('.')}. {where}"), icon=ERROR)
        return None
    return ExamplesPlan(preset, model, training, reading, body)


@st.cache_resource(max_entries=32, show_spinner="Reading the examples…")
def _check_lengths(
    digest: str, model: GPTConfig, _read: ExamplesReading, _training: TrainingConfig
) -> None:
    """Refuse examples that the model cannot read whole.

    Raises:
        TextError: the longest one and what would work.
    """
    split_counts(_read.examples, model, _training, _read.tokenizer, _read.source_tokenizer)


def _from_the_data(reading: ExamplesReading) -> dict[str, int]:
    """The settings of the model that the examples decide."""
    if isinstance(reading.examples, LabelledExamples):
        return {"n_class": len(reading.examples.labels)}
    if reading.source_tokenizer is None:
        return {}
    return {"source_vocab_size": reading.source_tokenizer.vocab_size}


def _facts(plan: ExamplesPlan) -> None:
    """Examples, labels or vocabularies, parameters and time, in one line."""
    reading, config = plan.reading, plan.model
    sizes = [f"V = **{config.vocab_size:,}**"]
    if config.is_classifier:
        sizes.append(f"K = **{config.n_class:,}** labels")
    if config.source_vocab_size:
        sizes.append(f"source V = **{config.source_vocab_size:,}**")
    learned = f"**{len(reading.split.training):,}** of **{len(reading.examples):,}** examples"
    for fact in (learned, *sizes, f"**{count_parameters(config):,}** parameters"):
        st.markdown(fact, width="content")
    if plan.body is not None:
        st.markdown(f"body of **{plain(readable(plan.body.path.name))}**", width="content")
        return
    training_pace.pace_line(
        config,
        plan.training,
        lambda: (reading.examples, reading.tokenizer, reading.source_tokenizer),
    )


def _begun(plan: ExamplesPlan, body: Checkpoint) -> Beginning:
    return with_new_head(body, plan.model, plan.training.seed)


def _start(name: str, plan: ExamplesPlan) -> str | None:
    try:
        make = partial(
            create_run,
            folders.folder_of(name),
            plan.model,
            plan.training,
            plan.reading.examples,
            plan.reading.tokenizer,
            plan.preset,
            source_tokenizer=plan.reading.source_tokenizer,
            begun_from=None if plan.body is None else _begun(plan, plan.body),
        )
        run_state.begin(make)
    except (HeadlightError, OSError) as error:
        st.error(sentence(str(error)), icon=ERROR)
        return None
    run_name.used()
    return name
