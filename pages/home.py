"""Home: the whole model on one prompt, every part a door; and three ways on."""

from __future__ import annotations

import streamlit as st

from pages.parts.home import save_home, whole_parts
from pages.parts.home.doors import PAGES
from pages.parts.home.home_state import HomeState
from pages.shared import folders, page_state
from pages.shared.lecture import cited, clock
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar
from viz.views.whole import whole_view

ABOUT = f"""
Every token has one vector of C numbers, its **residual stream** (the grey line; from left to
right). It begins as the sum of two embeddings. Each layer *adds* to it twice: **attention** brings
in what it takes from other tokens, the **MLP** what it makes of the token alone. After the last
layer one matrix turns the vector into a score for every token of the vocabulary, and a softmax
turns the scores into probabilities.

- **Bars** are lengths (Euclidean norms) of what a box adds to the followed token's stream; the
  longest fills its box. Lengths do not add up: two vectors may point in different directions.
  The grey line is as thick as the stream is long, and its thickest part has the same width for
  every token.
- **Follow a token**: hover it, or click to hold it. Orange tokens are those that the followed one
  looks at: to each of them at least one head gives the largest of its weights.
- **Every box is a link** to the page that shows it, on this prompt: an attention to its maps, a
  head to its matrices, an MLP to the lengths, an embedding to its table.
- **Shapes** are rows × columns: what a matrix reads times what it gives.

*Let's build GPT* puts these parts together at {clock("layers")}.
"""
WAYS = (
    ("attention", "Look at attention", ":material/grid_on:"),
    ("train", "Train your own", ":material/model_training:"),
    ("ladder", "Climb the lecture's ladder", ":material/stairs:"),
)


def main() -> None:
    """The prompt, then the model that reads it."""
    st.header("Home", anchor=False)
    st.markdown(
        "How does a text become a prediction? Hover a token and follow it through the whole model, "
        f"then click a box to see inside it. — {cited('layers')}"
    )
    prompt = prompt_bar(page_state.opened(HomeState))
    _model(prompt)
    with st.container(horizontal=True, gap="medium", key="ways_on"):
        here = folders.ROOT / "pages" / "home.py"
        tour = {"tour": "next"}
        st.page_link(here, label="Take the tour", icon=":material/tour:", query_params=tour)
        for page, label, icon in WAYS:
            st.page_link(folders.ROOT / "pages" / f"{page}.py", label=label, icon=icon)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _model(prompt: Prompt) -> None:
    """The picture; a pressed box opens its page."""
    last = len(prompt.ids) - 1
    state = page_state.now(HomeState)
    asked = page_state.fitted(
        state, "position", range(last + 1), None, f"this prompt has tokens 0 to {last:,}"
    )
    position = last if asked.position is None else asked.position
    payload = whole_parts.payload(prompt, position)
    pressed = whole_view(
        payload, key="whole", token=position, on_token=lambda token: page_state.put(position=token)
    )
    page_state.publish(asked, **prompt.link)
    save_home.offer(prompt, position)
    if pressed is not None and (page := PAGES.get(pressed[0])):
        st.switch_page(folders.ROOT / "pages" / f"{page}.py", query_params=pressed[1])


main()
