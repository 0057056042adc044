"""Residual stream: what each layer adds to it, what can be read from it, what flows back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.normalization import normalized_stream
from pages.parts.residual import (
    contexts_part,
    effects_part,
    gradients_part,
    lens_part,
    neurons_part,
    norm_lengths,
    stream_menus,
)
from pages.parts.residual.part_drawing import PartDrawing
from pages.parts.residual.residual_state import ResidualState
from pages.shared import page_state, site_bar, switch_bar, switch_text, url_controls
from pages.shared.about_model import need_heads
from pages.shared.lecture import cited, clock
from pages.shared.loads import Look
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar
from pages.shared.save import save_button

ABOUT = f"""
Every token has one vector of C numbers, its **residual stream**. The embedding is its first state;
each attention and each MLP reads it and *adds* to it; the last state becomes the logits.

- **Logit lens**: each state, read as if it were the last: the model's final norm, then its output
  embedding. The last row is the model's own prediction. The tokens above are the prompt, those
  below the true next ones. Click a cell, or choose state and position, for its ranking.
  (nostalgebraist, 2020)
- **Direct effects**: a logit is a sum over everything that was added to the stream. Each bar is a
  part's *direct* effect; its effect on later layers counts as theirs. Compare two tokens to see
  what distinguishes them. (Elhage et al., 2021)
- **Of a classifier** both are about its labels: the lens reads each state with the classification
  head, and a label's logit is the sum of the parts, each averaged over the positions that it reads.
- **Neurons**: the hidden numbers of one MLP, a column each, and what each adds to the chosen logit
  directly: how much it fires times its row of the second matrix. (Geva et al., 2021)
- **Two contexts**: one token in the prompt and in a second text: the cosine of its two states
  after each branch.
- **Norms**: the length of the stream's vector, and of what each branch adds to it.
- **Gradients**: the loss's gradient on its way back. Through an addition it passes whole; without
  skip connections it has to go through every layer's matrices. Without norms it then fades or grows
  layer by layer; a norm divides by the spread of its input, and so scales the gradient up again.
- **Normalization**: a row is one position's vector, a column one channel over all
  positions. LayerNorm gives each row mean 0 and deviation 1, batch normalization each column.
  Gain and bias are left out of both; deviations are divided by N, not N − 1. Colours end at ±3
  deviations.

*Let's build GPT* adds skip connections at {clock("skips")} and LayerNorm at
{clock("layernorm")}.
"""

PARTS: dict[str, Callable[[Look, ResidualState], PartDrawing]] = {
    "Logit lens": lens_part.draw,
    "Direct effects": effects_part.draw,
    "Neurons": neurons_part.draw,
    "Two contexts": contexts_part.draw,
    "Norms": norm_lengths.draw,
    "Gradients": gradients_part.draw,
    "Normalization": normalized_stream.draw,
}
LOOK_FOR = {
    "Logit lens": "At which layer does the model know its answer? Follow a column downwards "
    "until its answer stays.",
    "Direct effects": "Which head or layer makes the model say this token, or this label? Look for "
    "the few long bars; together they are the logit, to the last digit.",
    "Neurons": "What is inside a feed-forward layer? Look for the few neurons that push this "
    "token's logit, and for the tokens of the prompt at which they fire.",
    "Two contexts": "Does a token mean the same in another context? Its row is the same at first; "
    "watch its states part from layer to layer.",
    "Norms": "How much does each layer change the stream? See which branch adds the most, and "
    "whether the stream outgrows what is added.",
    "Gradients": "What do skip connections do for the gradient? Follow both lines back from the "
    "last state to the embedding, with trained weights and at the start.",
    "Normalization": "What does LayerNorm normalize, and what would batch normalization? "
    "Compare the means and deviations of the chosen row and column.",
}
MOMENT = {"Normalization": "layernorm", "Neurons": "layers", "Two contexts": "one head"}


def main() -> None:
    """The prompt, then its residual stream."""
    st.header("Residual stream", anchor=False)
    words = st.empty()
    state = page_state.opened(ResidualState)
    prompt = prompt_bar(state)
    need_heads(prompt, state)
    _stream(prompt, words)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _stream(prompt: Prompt, words: DeltaGenerator) -> None:
    """Controls, then the chosen part; no other is computed."""
    state = page_state.now(ResidualState)
    chosen = url_controls.tabs(state, "part", list(PARTS))
    with st.container(horizontal=True):
        site = site_bar.site_menu(prompt, state)
        mask, scale = switch_bar.switch_pair(state, site_bar.own_mask(prompt, site))
    words.markdown(f"{LOOK_FOR[chosen]} — {cited(MOMENT.get(chosen, 'skips'))}")
    look = prompt.look(switch_text.switches(mask, scale), site)
    words_against = stream_menus.why_not(chosen, look)
    drawing = PartDrawing() if words_against else PARTS[chosen](look, state)
    if words_against:
        st.info(words_against, icon=":material/info:")
    page_state.publish(
        state,
        **prompt.link,
        site=site or None,
        part=chosen,
        mask=state.mask,
        scale=state.scale,
        **drawing.link,
    )
    save_button(
        "residual",
        figures=drawing.figures,
        arrays=drawing.arrays,
        look=look,
        settings={"part": chosen, **drawing.settings},
    )


main()
