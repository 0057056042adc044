"""Sharpness of the softmax: unit Gaussians, the lecture's example, and this model's own heads."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from gpt.inspect.heads import softmax_sharpness
from gpt.inspect.heads.softmax_sharpness import LECTURE, Spread
from pages.parts.mask_scale.markdown_table import number
from pages.parts.mask_scale.mask_scale_state import MaskScaleState
from pages.parts.mask_scale.sides import LookNumbers, look_numbers
from pages.shared import page_state, url_controls
from pages.shared.lecture import cited
from pages.shared.loads import BY_LOOK, Look, attention
from pages.shared.parameters import HIGHEST_SEED
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.heads.head_scores import HeadNumbers, head_numbers
from viz.figures.heads.sharpness import (
    gradient_against_factor,
    softmax_bars,
    variance_against_head_size,
)

MULTIPLES = (0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
FACTORS = np.linspace(0, 32, 129)
BARE = {"displayModeBar": False}


def sharpen(prompt: Prompt, state: MaskScaleState) -> MaskScaleState:
    """Draw the sliders, three figures that hold for any model, and this model's heads."""
    multiple = _controls(state)
    spread = _spread(state.seed)
    columns = st.columns(3, gap="medium")
    with columns[0]:
        _variance(spread)
    with columns[1]:
        _bars(state.times)
    with columns[2]:
        _gradient(state.times)
    look = scaled(prompt, multiple)
    _this_model(prompt.look(), look, multiple)
    _save(spread, state.times, look, multiple)
    return state


def _controls(state: MaskScaleState) -> float:
    """Draw seed, the lecture's factor and the model's scale, in one row."""
    columns = st.columns([1, 2, 2], gap="large", vertical_alignment="bottom")
    with columns[0]:
        url_controls.whole("Seed of the draws", state, "seed", 0, HIGHEST_SEED)
    columns[1].slider(
        "Multiply the lecture's logits by", 0.0, 32.0, step=0.5, **page_state.control("times")
    )
    options = sorted({*MULTIPLES, state.multiple} - {0.0})
    page_state.fitted(state, "multiple", options, 1.0, "choose more than 0")
    chosen: float = columns[2].select_slider(
        "Run this model with a scale of 1/√D times",
        options,
        format_func=lambda multiple: f"{multiple:g}",
        **page_state.control("multiple"),
    )
    return chosen


@st.cache_resource(max_entries=32, show_spinner=False)
def _spread(seed: int) -> Spread:
    return softmax_sharpness.gaussian_spread(seed)


def _variance(spread: Spread) -> None:
    st.markdown("**Unit Gaussians.** The variance of q · k grows with D; ÷ √D holds it at 1.")
    st.plotly_chart(_variance_figure(spread), key="variance", config=BARE)
    with st.container(key="variances"):
        indices = [spread.head_sizes.tolist().index(D) for D in (16, 64, 256)]
        parts = [
            f"D = {spread.head_sizes[at]}: {number(spread.unscaled[at])} and "
            f"{number(spread.scaled[at])}"
            for at in indices
        ]
        st.caption(f"{'; '.join(parts)}. {spread.draws:,} draws, seed {spread.seed}; dots: theory.")


def _variance_figure(spread: Spread) -> go.Figure:
    return variance_against_head_size(spread.head_sizes, spread.unscaled, spread.scaled)


def _bars(times: float) -> None:
    st.markdown("**The lecture's logits** and a multiple of them: the softmax sharpens.")
    st.plotly_chart(_bars_figure(times), key="bars", config=BARE)
    st.caption(f"{cited('times eight')}: there × 8. Towards ∞ the largest takes all.")


def _bars_figure(times: float) -> go.Figure:
    factors = (1.0, times)
    return softmax_bars(
        LECTURE, softmax_sharpness.sharpened(np.array(LECTURE), np.array(factors)), factors
    )


def _gradient(times: float) -> None:
    st.markdown("**The gradient fades** as the softmax saturates: its Jacobian, as one number.")
    st.plotly_chart(_gradient_figure(times), key="gradient", config=BARE)
    st.caption("‖diag(p) − p pᵀ‖ (Frobenius) at p = softmax(c × logits), against c; exact.")


def _gradient_figure(times: float) -> go.Figure:
    logits = np.array(LECTURE)
    norms = softmax_sharpness.jacobian_norm(softmax_sharpness.sharpened(logits, FACTORS))
    at = softmax_sharpness.jacobian_norm(softmax_sharpness.sharpened(logits, np.array([times])))
    return gradient_against_factor(FACTORS, norms, times, float(at[0]))


def scaled(prompt: Prompt, multiple: float) -> Look:
    """The prompt under a multiple of 1/sqrt(D)."""
    scale = softmax_sharpness.scale_of(prompt.checkpoint.config, multiple)
    return prompt.look(gpt.Switches(scale=scale))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def variances(look: Look) -> tuple[np.ndarray, np.ndarray]:
    """(L, H) twice: variance of every head's scores, and of its scaled ones."""
    site = attention(look)
    return (
        softmax_sharpness.score_variance(site.maps("scores"), site.visible),
        softmax_sharpness.score_variance(site.maps("scaled"), site.visible),
    )


def _this_model(own: Look, look: Look, multiple: float) -> None:
    before, now = look_numbers(own), look_numbers(look)
    st.markdown(
        f"**This model's heads on this prompt** with the scale {multiple:g}/√D. The model "
        "ran again with it, so what later layers read has changed too."
    )
    with st.container(key="sharpness_means"):
        st.markdown(
            f"Entropy, mean of all heads: {_changed(before.entropy.mean(), now.entropy.mean())} · "
            f"top weight: {_changed(before.top.mean(), now.top.mean())}{_losses(before, now)}"
        )
    st.plotly_chart(_heads_figure(look), key="heads", config=BARE)
    st.caption("Variances are over the pairs that the mask lets meet. Row: layer, column: head.")


def _losses(before: LookNumbers, now: LookNumbers) -> str:
    if now.outcome is None:
        return ""
    return f" · loss on the prompt: {_changed(before.loss, now.loss)}"


def _changed(before: float | None, now: float | None) -> str:
    return f"**{number(now)}** (as trained {number(before)})"


def _heads_figure(look: Look) -> go.Figure:
    figures = look_numbers(look)
    raw, after = variances(look)
    return head_numbers(
        {
            "entropy, nats": HeadNumbers(
                figures.entropy, softmax_sharpness.most_entropy(look.size[1])
            ),
            "top weight": HeadNumbers(figures.top, 1.0),
            "variance of q · k": HeadNumbers(raw, float(raw.max())),
            "variance of q · k × scale": HeadNumbers(after, float(after.max())),
        }
    )


def _save(spread: Spread, times: float, look: Look, multiple: float) -> None:
    def arrays() -> dict[str, np.ndarray]:
        raw, after = variances(look)
        norms = softmax_sharpness.jacobian_norm(
            softmax_sharpness.sharpened(np.array(LECTURE), FACTORS)
        )
        return {
            "head_sizes": spread.head_sizes,
            "gaussian_variance": spread.unscaled,
            "gaussian_variance_scaled": spread.scaled,
            "gradient_factors": FACTORS,
            "gradient_norms": norms,
            "entropy": look_numbers(look).entropy,
            "top_weight": look_numbers(look).top,
            "variance_scores": raw,
            "variance_scaled": after,
        }

    save_button(
        "sharpness",
        figures={
            "Heads": lambda: _heads_figure(look),
            "Variance": lambda: _variance_figure(spread),
            "Softmax": lambda: _bars_figure(times),
            "Gradient": lambda: _gradient_figure(times),
        },
        arrays=arrays,
        look=look,
        settings={"seed": spread.seed, "draws": spread.draws, "times": times, "multiple": multiple},
    )
