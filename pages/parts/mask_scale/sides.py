"""The two sides: their controls, their looks, and the numbers of each look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import streamlit as st

import gpt
from gpt.inspect.heads import softmax_sharpness
from gpt.inspect.outcome import Outcome, likeliest, outcome
from gpt.inspect.trace_difference import same_rule
from gpt.nn.masks import Bools
from gpt.nn.switches import parse_scale
from pages.parts.mask_scale.mask_scale_state import EDITED, SIDES, MaskScaleState, Setting
from pages.shared import page_state, site_bar, switch_text
from pages.shared.large_traces import cores
from pages.shared.loads import BY_LOOK, Look, attention, entropies, last_logits, traced
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt

MASKS = {
    "model": "as trained",
    "causal": "causal",
    "none": "off: sees all",
    "window:8": "the last 8",
    "prefix:8": "first 8 see each other",
    "block:8": "blocks of 8",
    EDITED: "drawn by hand",
}
BETWEEN_TEXTS = ("model", "causal", "none", EDITED)
"""The masks on offer where the keys are of another text."""
SCALES = {"model": "as trained", "head_size": "1/√D", "n_embd": "1/√C", "none": "off"}
PRESETS = {
    "decoder | encoder": (Setting("model", "model"), Setting("none", "model")),
    "1/√head_size | none": (Setting("model", "head_size"), Setting("model", "none")),
    "1/√head_size | 1/√n_embd": (Setting("model", "head_size"), Setting("model", "n_embd")),
}
OPENING = {
    "causal": Setting("none", "model"),
    "none": Setting("causal", "model"),
    "cross": Setting("model", "none"),
}
"""What B is at first, by what the mask is as trained."""
PRESET_HELP = {
    "decoder | encoder": "The causal mask against none.",
    "1/√head_size | none": "The scores divided by √D, D the head size, against the raw ones.",
    "1/√head_size | 1/√n_embd": "The classic slip: dividing by √C, the width of the model, "
    "rather than by √D.",
}
LIKELIEST = 5


@dataclass(frozen=True, eq=False)
class LookNumbers:
    """The numbers of one look.

    Fields:
        entropy, top: (L, H) mean entropy of every head in nats, and its mean largest weight.
        outcome: its predictions on the prompt; None of a classifier, which makes none.
        next: the likeliest tokens after the prompt, or labels of it, and their probabilities.
    """

    entropy: np.ndarray
    top: np.ndarray
    outcome: Outcome | None
    next: list[tuple[int, float]]

    @property
    def loss(self) -> float | None:
        """Mean loss on the prompt, in nats; None if nothing is predicted."""
        return None if self.outcome is None else self.outcome.loss


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def look_numbers(look: Look) -> LookNumbers:
    """Compute the numbers of one look."""
    trace = traced(look)
    with cores(look):
        return LookNumbers(
            entropy=entropies(look),
            top=softmax_sharpness.top_weight(attention(look).row_top),
            outcome=None if trace.config.is_classifier else outcome(trace),
            next=likeliest(last_logits(look), LIKELIEST),
        )


def opened(prompt: Prompt, state: MaskScaleState) -> MaskScaleState:
    """The state; B, if nobody chose a side, differs from A at the site that is looked at.

    Where nothing is masked, switching the mask off is no change: an encoder's B has the causal
    mask, and between two texts B is not scaled.
    """
    if any(map(page_state.is_asked_for, ("mask_a", "scale_a", "mask_b", "scale_b"))):
        return state
    setting = OPENING[site_bar.own_mask(prompt, prompt.site)]
    page_state.show("mask_b", setting.mask)
    page_state.show("scale_b", setting.scale)
    return replace(state, mask_b=setting.mask, scale_b=setting.scale)


def looks(prompt: Prompt, state: MaskScaleState) -> tuple[Look, Look]:
    """The looks of the left and of the right side."""
    return look(prompt, state.a, state.edit), look(prompt, state.b, state.edit)


def look(prompt: Prompt, setting: Setting, edit: str) -> Look:
    """A prompt under one side's setting."""
    mask = edited(edit, prompt) if setting.mask == EDITED else setting.mask
    return prompt.look(gpt.Switches(mask=mask, scale=parse_scale(setting.scale)))


def edited(edit: str, prompt: Prompt) -> str | Bools:
    """The mask that `edit` stands for, fitted to a prompt at its attention site."""
    T, S = prompt.look().size
    return _edited(edit, T, S if prompt.site == "cross" else None)


@lru_cache(maxsize=32)
def _edited(edit: str, T: int, S: int | None) -> str | Bools:
    mask = switch_text.read_mask(edit)
    return mask if isinstance(mask, str) else switch_text.fitted(mask, T, S)


def adapted(edit: str, prompt: Prompt) -> str | None:
    """How a drawn mask is made to fit the prompt, in words; None if it fits."""
    mask, size = switch_text.read_mask(edit), prompt.look().size
    if isinstance(mask, str) or mask.shape == size:
        return None
    if prompt.site == "cross":
        (rows, columns), (T, S) = mask.shape, size
        return (
            f"The mask was drawn for {rows} queries and {columns} keys, and there are {T} and {S} "
            "here: its top left corner is used, and beyond it everything may be seen. The drawing "
            "itself is kept until you change it here."
        )
    drawn, length = len(mask), size[0]
    how = (
        "its top left corner is used, and a query that saw only tokens now gone sees itself."
        if drawn > length
        else "each token beyond sees itself and everything before it."
    )
    return (
        f"The mask was drawn for {drawn} tokens and this prompt has {length}: {how} "
        "The drawing itself is kept until you change it here."
    )


def presets(prompt: Prompt) -> None:
    """Draw a button for each pair of settings that is worth a look."""
    for name, pair in PRESETS.items():
        st.button(name, on_click=_set, args=(prompt, pair), help=PRESET_HELP[name])


def side_controls(prompt: Prompt, state: MaskScaleState) -> None:
    """Draw each side's mask and scale."""
    masks = BETWEEN_TEXTS if prompt.site == "cross" else tuple(MASKS)
    for column, side in zip(st.columns(2, gap="large"), SIDES, strict=True):
        with column, st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            _mask_menu(side, getattr(state, side), masks)
            _scale_switch(side, getattr(state, side))


def _set(prompt: Prompt, pair: tuple[Setting, Setting]) -> None:
    for side, setting in zip(SIDES, pair, strict=True):
        decoder = side == "a" and pair[1].mask == "none"
        # An encoder's own mask is none: a decoder is then what the causal one makes of it.
        if decoder and site_bar.own_mask(prompt, prompt.site) != "causal":
            setting = replace(setting, mask="causal")
        page_state.put(**{f"mask_{side}": setting.mask, f"scale_{side}": setting.scale})


def _mask_menu(side: str, setting: Setting, masks: Sequence[str]) -> None:
    options = [*masks] if setting.mask in masks else [*masks, setting.mask]
    st.selectbox(
        f"{side.upper()}: mask",
        options,
        format_func=lambda mask: MASKS.get(mask, mask),
        **page_state.control(f"mask_{side}"),
        width=200,
        help="Who may see whom. Draw one of your own under *Draw a mask*.",
    )


def _scale_switch(side: str, setting: Setting) -> None:
    options = list(SCALES) if setting.scale in SCALES else [*SCALES, setting.scale]
    st.segmented_control(
        f"{side.upper()}: scale",
        options,
        format_func=lambda scale: SCALES.get(scale, scale),
        **page_state.control(f"scale_{side}"),
        required=True,
        help="What multiplies q · k before the softmax: 1/√D (D the head size), 1/√C (C the "
        "model's width, the classic slip), off: 1.",
    )


def notes(prompt: Prompt, state: MaskScaleState, a: Look, b: Look) -> None:
    """Draw notes on the settings: a mask that was made to fit, two sides that are equal."""
    words = adapted(state.edit, prompt)
    if words and EDITED in (state.a.mask, state.b.mask):
        st.info(words, icon=":material/fit_screen:")
    if same_rule(attention(a), attention(b)):
        config = prompt.checkpoint.config
        why = ""
        if config.n_head == 1 and {"head_size", "n_embd"} <= {state.a.scale, state.b.scale}:
            why = f" This model has one head, so D = C = {config.n_embd}."
        st.info(
            f"Nothing differs: both sides come to the same mask and scale.{why} Take one of the "
            "pairs above, or change a side."
        )


def name(state: MaskScaleState, side: str) -> str:
    """A side's setting in a few words of Markdown."""
    setting: Setting = getattr(state, side)
    mask, scale = MASKS.get(setting.mask, setting.mask), SCALES.get(setting.scale, setting.scale)
    return plain(f"{side.upper()} · mask {mask} · scale {scale}")
