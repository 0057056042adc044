"""Model: its settings, its parameters by name and number, and where to see each of them."""

from __future__ import annotations

import streamlit as st

from pages.parts.model import (
    export_buttons,
    model_settings,
    one_tensor,
    scaled_up,
    structure,
    tensor_table,
)
from pages.parts.model.model_state import ModelState
from pages.shared import loads, page_state
from pages.shared.lecture import cited, clock
from pages.shared.prompt_bar import run_menu
from pages.shared.save import save_button

ABOUT = f"""
A GPT is a few kinds of matrices, over and over. **C** is `n_embd`, **V** `vocab_size`, **L**
`n_layer`, **T** `block_size`, **F** the width of the feed-forward layer.

- A block has four matrices C × C in its attention (queries, keys, values, output projection) and
  two in its feed-forward layer, C × 4 C and 4 C × C: 12 C² in all. Everything else that grows with
  C² is an embedding.
- The number of **heads** does not occur in the formula: more heads share the same channels.
- **Tied** means that the output embedding is the token embedding: GPT-2 saves V C numbers so.
- **In GPT-2's files** queries, keys and values are one matrix, and matrices are (in, out), so that
  a key is at `c_attn.weight[:, C:2C]`. The names here are those of a run's own files.
- The histogram's middle is 0. Its ends are the largest number of the tensor, whichever sign it has.

*Let's build GPT* counts the parameters of its last model at {clock("parameters")}; GPT-2's
sizes are table 2 of Radford et al. (2019).
"""


def main() -> None:
    """Settings, then the parts, then one tensor."""
    st.header("Model", anchor=False)
    st.markdown(
        "What is a model made of? See which part holds most of the numbers, then choose a tensor "
        f"to see its numbers and where it works. — {cited('parameters')}"
    )
    state = page_state.opened(ModelState)
    menus = st.columns([2, 2, 4], vertical_alignment="bottom")
    with menus[0]:
        run = run_menu(state)
    checkpoint = loads.checkpoint(run)
    with menus[1]:
        part = tensor_table.part_menu(checkpoint.config, state)
    with menus[2]:
        export_buttons.buttons(run)
    model_settings.settings(checkpoint)
    structure.draw(checkpoint.config, part, checkpoint.model.n_parameters)
    left, right = st.columns([11, 8], gap="medium")
    with left:
        tensor = tensor_table.draw(run, checkpoint.config, part, state)
    with right:
        one_tensor.draw(run, tensor)
    scaled_up.draw(run, checkpoint.config)
    page_state.publish(state, run=run, part=part, tensor=tensor)
    save_button(
        "model",
        figures={
            "Parameters by part": lambda: structure.figure(checkpoint.config, None),
            f"Numbers of {tensor}": lambda: one_tensor.figure(run, tensor),
        },
        arrays=lambda: one_tensor.arrays(run, tensor),
        settings={"run": run, "tensor": tensor, "model": checkpoint.config.to_dict()},
    )
    with st.expander("How to read this"):
        st.markdown(ABOUT)


main()
