"""The form that starts a run: text, architecture, settings, name, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt.errors import ConfigError, HeadlightError
from gpt.nn.config import GPTConfig
from gpt.nn.model import count_parameters
from gpt.text.corpus import check_length
from gpt.training.estimate import check_memory
from gpt.training.presets import PRESETS, find
from gpt.training.runs import Run, check_name, free_name
from gpt.training.settings import TrainingConfig
from pages.parts.train import fields, pace
from pages.parts.train.text import Text, chosen_text, look, text_menu
from pages.shared import folders, permalink
from pages.shared.plain import plain
from pages.shared.training import jobs

NAME = "train_name"
STARTED = "_train_started"
DEFAULT = "tiny"
DETAILS = ("Text", "Architecture", "Settings")


@dataclass(frozen=True)
class Plan:
    """Everything that a new run needs but its name."""

    preset: str
    model: GPTConfig
    training: TrainingConfig
    text: Text


def train_form() -> str | None:
    """Draw the form; start a run when it is told to.

    Returns:
        The name of the run that was started just now, or None.
    """
    if st.session_state.pop(STARTED, False):
        st.session_state[NAME] = ""  # so that the next free name is suggested
    text_slot, preset_slot, first_slot, name_slot, button_slot = st.columns(
        [5, 4, 6, 4, 2], vertical_alignment="bottom"
    )
    with preset_slot:
        preset = _preset_menu()
    with text_slot:
        text_name = text_menu(find(preset).text)
    with first_slot:
        fields.first_fields(preset, find(preset))
    with st.container(key="text_source"):  # of its own, so that what follows stays in its place
        text = chosen_text(text_name)
    with name_slot:
        name = _name_field(preset)
    facts = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    with facts:
        shown = _details_menu()
    if shown is not None:
        with st.container(key="details"):
            _details(shown, preset, text_name, text)
    plan = _plan(preset, text) if text else None
    if plan:
        with facts:
            _facts(plan)
    with button_slot:
        pressed = st.button("Train", type="primary", disabled=plan is None, width="stretch")
    return _start(name, plan) if pressed and plan else None


def _preset_menu() -> str:
    permalink.bind("preset", DEFAULT, _known_preset)
    st.session_state.setdefault("_preset_before", st.session_state[permalink.key("preset")])
    chosen: str = st.selectbox(
        "Preset",
        list(PRESETS),
        key=permalink.key("preset"),
        on_change=_follow_preset,
        help="  \n".join(f"**{name}**: {preset.description}" for name, preset in PRESETS.items()),
    )
    return chosen


def _known_preset(name: str) -> str:
    find(name)
    return name


def _follow_preset() -> None:
    """Who has left the text to the preset gets the new preset's own."""
    state = st.session_state
    before, now = state["_preset_before"], state[permalink.key("preset")]
    if state.get(permalink.key("text")) == find(before).text:
        permalink.put("text", find(now).text)
    state["_preset_before"] = now


def _name_field(preset: str) -> str:
    suggested = free_name(folders.checkpoints(), preset)
    typed: str = st.text_input(
        "Name",
        key=NAME,
        placeholder=suggested,
        help="Of the run and of its folder in checkpoints/. Left empty, it is the grey one.",
        persist_state="session",
    )
    return typed.strip() or suggested


def _details_menu() -> str | None:
    """What most people need not see, behind a click each."""
    chosen: str | None = st.segmented_control(
        "Details", DETAILS, key="train_details", label_visibility="collapsed", width="content"
    )
    return chosen


def _details(shown: str, preset: str, text_name: str, text: Text | None) -> None:
    """The opened part; the fields of the others keep what they were given."""
    if shown == "Architecture":
        fields.model_fields(preset, find(preset))
    elif shown == "Settings":
        fields.training_fields(preset, find(preset))
    elif text is not None:
        look(text_name, text)


def _plan(preset: str, text: Text) -> Plan | None:
    """The settings as configs, or a message that says what is wrong with them."""
    recipe = find(preset)
    try:
        changes = fields.changed(preset, GPTConfig)
        model = recipe.model_config(text.tokenizer.vocab_size, **changes)
        training = recipe.training_config(**fields.changed(preset, TrainingConfig))
        check_length(len(text.text), model.block_size)
        check_memory(_parameters(model))
    except HeadlightError as error:
        where = " It is set in Architecture or Settings." if isinstance(error, ConfigError) else ""
        st.error(plain(f"{str(error).rstrip('.')}.") + where, icon=":material/error:")
        return None
    return Plan(preset, model, training, text)


@st.cache_data(max_entries=128, show_spinner=False)
def _parameters(model: GPTConfig) -> int:
    return count_parameters(model)


def _facts(plan: Plan) -> None:
    """Characters, vocabulary, parameters and time, in one line."""
    for fact in (
        f"**{len(plan.text.text):,}** characters",
        f"V = **{plan.text.tokenizer.vocab_size}**",
        f"**{_parameters(plan.model):,}** parameters",
    ):
        st.markdown(fact, width="content")
    pace.pace_line(plan.model, plan.training, plan.text)


def _start(name: str, plan: Plan) -> str | None:
    try:
        check_name(name)
        run = Run.create(
            folders.checkpoints() / name,
            plan.model,
            plan.training,
            plan.text.corpus,
            plan.text.tokenizer,
            plan.preset,
        )
        jobs().start(run)
    except (HeadlightError, OSError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    st.session_state[STARTED] = True
    return name


def form_link() -> dict[str, str | None]:
    """What the URL says of the form."""
    state = st.session_state
    return {name: state.get(permalink.key(name)) for name in ("preset", "text")}
