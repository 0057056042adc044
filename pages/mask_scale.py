"""Mask and scale: one prompt under two settings, masks drawn by hand, and why scores are scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from gpt.training.pairs.attention_pairs import PAIRS
from pages.parts.mask_scale import draw_mask, predictions, side_by_side, sides, softmax
from pages.parts.mask_scale.mask_scale_state import SECTIONS, MaskScaleState
from pages.shared import page_state, pair_panel, site_bar
from pages.shared.about_model import need_heads
from pages.shared.lecture import cited, clock
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar

PARTS: dict[str, Callable[[Prompt, MaskScaleState], MaskScaleState]] = {
    "compare": side_by_side.compare,
    "write": predictions.say,
    "draw": draw_mask.draw,
    "softmax": softmax.sharpen,
}
ALWAYS = (
    "site",
    "section",
    "show",
    "mask_a",
    "scale_a",
    "mask_b",
    "scale_b",
    "edit",
    "layer",
    "head",
)
"""These are in the URL even with their default values."""

ABOUT = f"""
Both sides run the same weights on the same prompt; only the switches differ, and each change runs
the model again.

- **The maps.** All three show the same head; click a small map, or use the arrow keys with Shift,
  and the others follow. Click a cell to hold it: its weights join the table. The third map is B − A
  for every head. A masked weight is exactly 0, so a weight that one side masks differs by the whole
  of the other's; a score that one side masks was not used there, and is left out.
- **Entropy** of a query's weights, in nats: 0 when it looks at one token, ln T when at T tokens
  evenly. **Top weight**: a query's largest weight. Both are means over the queries.
- **Loss** is over the prompt: each token's −ln of the probability it got from those before it.
  *With the mask off, a query sees the very token it should predict.* A model that was trained with
  a mask never learned to use that, so its loss may well get worse; one trained without would seem
  to know everything and could write nothing. The loss on the prompt is then no measure of writing:
  see *What it says*.
- **1/√n_embd** is the classic slip: with H heads it divides by √H more than it should, and the
  weights become flatter.

*Let's build GPT* masks at {clock("softmax")}, explains graphs at
{clock("graph")}, of encoder and decoder at {clock("encoder")}, and scales at
{clock("scale")}; see also *Attention Is All You Need*, section 3.2.1.
"""


def main() -> None:
    """The prompt, the choice of section, and that section alone."""
    st.header("Mask and scale", anchor=False)
    st.markdown(
        "Two switches make a decoder of attention: who may see whom, and how sharply. Switch the "
        "mask off and watch the future fill in; switch the scale off and watch the entropy fall. "
        f"— {cited('graph', 'scale')}",
    )
    state = page_state.opened(MaskScaleState)
    prompt = prompt_bar(state)
    st.segmented_control(
        "Section",
        list(SECTIONS),
        format_func=lambda section: SECTIONS[section],
        **page_state.control("section"),
        required=True,
        label_visibility="collapsed",
    )
    if state.section == "train":
        _publish(prompt, state, **pair_panel.pairs(PAIRS, state))
    else:
        need_heads(prompt, state)
        _part(prompt, state.section)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _part(prompt: Prompt, section: str) -> None:
    """The chosen section, which runs by itself when one of its controls changes."""
    state = page_state.now(MaskScaleState)
    if state.section != section:  # a button of its own leads elsewhere
        st.rerun()
    site = site_bar.site_menu(prompt, state)
    at_site = replace(prompt, site=site)
    state = PARTS[section](at_site, sides.opened(at_site, state))
    _publish(prompt, replace(state, site=site or None))


def _publish(prompt: Prompt, state: MaskScaleState, **overrides: Any) -> None:
    settings = {name: getattr(state, name) for name in ALWAYS}
    page_state.publish(state, **prompt.link, **settings | overrides)


main()
