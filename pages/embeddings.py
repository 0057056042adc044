"""Embeddings: what a model knows about each token and position by itself."""

from __future__ import annotations

import streamlit as st

from pages.parts.embeddings import adding, neighbours, order_part, position_vectors, token_vectors
from pages.parts.embeddings.embeddings_state import EmbeddingsState
from pages.shared import page_state, site_bar, url_controls
from pages.shared.lecture import cited, clock
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar

PARTS = {
    "Tokens": token_vectors.draw,
    "Neighbours and analogies": neighbours.draw,
    "Positions": position_vectors.draw,
    "Token + position": adding.draw,
    "Order": order_part.draw,
}

ABOUT = f"""
An **embedding** is a row of learned numbers, one row for each token: all that the model knows about
a token by itself. Rows begin as random numbers; tokens in similar contexts get similar rows.

- **Tokens**: C channels squeezed into two or three. **PCA** looks from where the points are widest
  apart, and says how much of their variance that shows. **t-SNE** keeps near points near, and
  nothing else.
- **Neighbours** are found in all C channels, by the **cosine** of the angle between rows, so they
  can differ from what a picture suggests. **a − b + c** adds rows as they are and ranks all others
  by their cosine with the sum (Mikolov, Yih and Zweig, 2013).
- **Positions**: the row that says *this is position t*. Look for stripes: after training, positions
  near each other often have similar rows.
- **Token + position** is what the first block reads: the two rows, added number by number.
- **Order**: the prompt with its tokens turned round, with positions and without: attention is a
  mean over a set, and knows of order only what positions and mask say.
- **Before training**: the first weights, drawn again from the run's seed and checked against the
  attention snapshot of step 0.

*Let's build GPT* gives tokens rows of their own at {clock("embedding")} and adds
positions at {clock("positions")};
*Attention Is All You Need* does so in sections 3.4 and 3.5.
"""
SHARED = "Source and target share one vocabulary, and so this table."
OF_VOCABULARY = ("Tokens", "Neighbours and analogies")


def main() -> None:
    """The prompt, then the chosen part."""
    st.header("Embeddings", anchor=False)
    st.markdown(
        "What does the model know about a token by itself? Look for tokens of one kind that keep "
        "together after training, and for none of it before. — "
        f"{cited('embedding')}",
    )
    prompt = prompt_bar(page_state.opened(EmbeddingsState))
    _rows(prompt)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _rows(prompt: Prompt) -> None:
    """Controls, then the chosen part; only that part is computed."""
    state = page_state.now(EmbeddingsState)
    chosen = url_controls.tabs(state, "part", tuple(PARTS))
    site = site_bar.site_menu(prompt, state) if chosen != "Order" else ""
    if site and chosen in OF_VOCABULARY and not prompt.checkpoint.config.source_vocab_size:
        st.caption(SHARED)
    link = PARTS[chosen](prompt.look(site=site), state)
    page_state.publish(state, **prompt.link, site=state.site, part=chosen, **link)


main()
