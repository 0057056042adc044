"""What the next token is drawn with: temperature, filters, seed and switches, in one row."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from gpt import numerals
from gpt.inspect.sampling import Sampling
from pages.shared import permalink, switch_bar
from pages.shared.seed import seed_field

SEED_HELP = (
    "The draw at each position depends on the seed and the position alone, so the same seed gives "
    "the same text, step by step or at once."
)


@dataclass(frozen=True)
class Settings:
    """How to draw, and how to run the model."""

    sampling: Sampling
    seed: int
    mask: str
    scale: str | float

    def link(self) -> dict[str, object]:
        """The settings as they stand in the URL."""
        return {
            "temperature": self.sampling.temperature,
            "top_k": self.sampling.top_k,
            "top_p": self.sampling.top_p,
            "seed": self.seed,
            "mask": self.mask,
            "scale": self.scale,
        }


def settings_row() -> Settings:
    """Draw the controls; return what they say."""
    with st.container(horizontal=True, gap="medium"):
        temperature = _temperature()
        top_k = _top_k()
        top_p = _top_p()
        seed = seed_field("seed", 1, SEED_HELP)
        mask, scale = switch_bar.mask_switch(), switch_bar.scale_switch()
    return Settings(Sampling(temperature, top_k, top_p), seed, mask, scale)


def _temperature() -> float:
    permalink.bind("temperature", 1.0, lambda text: Sampling(numerals.real(text)).temperature)
    chosen: float = st.number_input(
        "Temperature",
        min_value=0.0,
        step=0.1,
        format="%.2f",
        key=permalink.key("temperature"),
        help="Divides the logits. Below 1 the likely tokens win more often, above 1 the unlikely "
        "ones; 0 always takes the likeliest.",
        width=120,
    )
    return chosen


def _top_k() -> int | None:
    permalink.bind("top_k", None, lambda text: Sampling(top_k=numerals.whole(text)).top_k)
    chosen: int | None = st.number_input(
        "Top-k",
        min_value=1,
        step=1,
        value=None,
        key=permalink.key("top_k"),
        placeholder="all",
        on_change=lambda: _emptied("top_k"),
        help="Keep only the k likeliest tokens. Empty: all.",
        width=110,
    )
    return chosen


def _top_p() -> float | None:
    permalink.bind("top_p", None, lambda text: Sampling(top_p=numerals.real(text)).top_p)
    chosen: float | None = st.number_input(
        "Top-p",
        min_value=0.01,
        max_value=1.0,
        step=0.05,
        value=None,
        format="%.2f",
        key=permalink.key("top_p"),
        placeholder="all",
        on_change=lambda: _emptied("top_p"),
        help="Keep the fewest likeliest tokens that together reach this share of the "
        "probability (Holtzman et al., 2020). Empty: all.",
        width=145,
    )
    return chosen


def _emptied(name: str) -> None:
    """An empty field is a choice here; elsewhere `bind` takes it for one that was not drawn."""
    permalink.put(name, st.session_state[permalink.key(name)])
