"""The caption of the page's picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.parts.attention import attention_pictures
from pages.parts.attention.attention_pictures import MapContent
from pages.shared.glossary import marked, meanings
from pages.shared.lecture import clock

ABOUT = f"""
Each row of a map is a **query**: what a token looks for. Each column is a **key**: what a token
contains. A cell is the share of its attention that the query gives to the key; a row adds up to 1.
A token's **value** is what it tells to every query that attends to it.

- **weights**: what the head used. **scores**: q · k before scaling. **scaled**: scores × scale.
- **value-weighted**: weight × the length of what the key's value adds once projected, ‖αf(x)‖ of
  *Attention is Not Only a Weight* (Kobayashi et al., 2020): a large weight on a short value moves
  little.
- **average**: the mean of a layer's heads. **rollout**: the layers' means multiplied up, each mixed
  half and half with the identity for the skip connection (Abnar and Zuidema, 2020): how much of
  each input token is in each position, attention alone. Both leave hidden heads out; a model
  without skip connections is rolled out without the identity.
- **difference**: the weights now − the weights of a reference that you pin.
- Hover anything: the same query and key light up everywhere. Click to hold a cell, Esc to let go;
  the arrow keys move it, Shift + arrow goes to the neighbouring head. On a head, S shows it solo,
  H hides it, P pins it, A shows all again.
- Switch the **mask** off, and every query sees the future; the model was not trained for that.
  Switch the **scale** off, and the softmax sharpens: the mean entropy falls.

Each switch runs the model again. *Let's build GPT* builds this at {clock("one head")}, and
explains the scale at {clock("scale")}; the formula is equation 1 of *Attention Is All You Need*.
"""


def caption(means: np.ndarray, content: MapContent) -> None:
    """The mean entropy, what the view is, and the heads behind one with a map for each layer."""
    over = f" · view: [[{content.view}]]" if content.view in meanings() else ""
    if content.view in attention_pictures.OF_LAYERS:
        L, H = means.shape
        over += f" · over {len(content.heads or ()) or L * H} of {L * H} heads"
    with st.container(key="entropy"):
        mean = f"**{means.mean():.4f}** [[nats]]"
        st.caption(marked(f"Mean [[entropy]] over all heads: {mean}{over}"))
