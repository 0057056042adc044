"""The choice of an attention site, for a model that has several."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from gpt.nn.switches import main_site
from pages.shared.page_state import control, fitted
from pages.shared.parameters import SITES
from pages.shared.prompt_bar import Prompt
from pages.shared.url_fields import State

NAMES = {"encoder": "Encoder", "decoder": "Decoder", "cross": "Cross"}
HELP = (
    "Which text looks at which. Encoder: the source's tokens look at each other. Decoder: the "
    "target's do, each at those before it. Cross: queries from the target, keys and values from "
    "the source."
)


def site_menu(prompt: Prompt, state: State) -> str:
    """Draw the choice of a site; return its name, or "" for a model that has one only."""
    return site_choice(prompt.checkpoint.model.sites, state)


def site_choice(sites: Collection[str], state: State) -> str:
    """The same among the sites that a model has, by name."""
    own = [name for name in SITES if name in sites]
    if len(own) == 1:
        fitted(state, "site", own, None, f"this model has one attention, {own[0]}")
        return ""
    options = [name for name in own if name in state.offered_sites]
    default = "decoder" if "decoder" in options else options[0]
    site = fitted(state, "site", options, default, f"it can be {', '.join(options)} here").site  # type: ignore[attr-defined]
    st.segmented_control(
        "Attention",
        options,
        **control("site"),
        format_func=NAMES.__getitem__,
        required=True,
        help=HELP,
    )
    return str(site)


def heads_shape(prompt: Prompt, site: str) -> tuple[int, int]:
    """(L, H): how many layers a site has, and heads in each."""
    model = prompt.checkpoint.model
    return len(model.sites[site or main_site(model.sites)]), model.config.n_head


def own_mask(prompt: Prompt, site: str) -> str:
    """What the mask of a site is as trained: "causal", "none", or "cross" between two texts."""
    if site == "cross":
        return site
    return "none" if site == "encoder" else prompt.checkpoint.config.mask
