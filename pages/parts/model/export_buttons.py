"""Exports of a model: in the layout of GPT-2 on Hugging Face, nanoGPT or PyTorch, zipped."""

from __future__ import annotations

import streamlit as st

import gpt
from gpt.convert.exports.archive import archive, has_tokenizer, too_large, why_not
from pages.shared import loads
from pages.shared.plain import plain

LAYOUTS = {"gpt2": "Hugging Face GPT-2", "nanogpt": "nanoGPT", "torch": "PyTorch"}
OPENED = {
    "gpt2": "`GPT2LMHeadModel.from_pretrained(FOLDER)` opens it, `AutoTokenizer` likewise.",
    "nanogpt": "nanoGPT's `sample.py --out_dir=FOLDER` opens it. For characters it also wants a "
    "`meta.pkl`, which it unpickles: make it from `vocabulary.json`.",
    "torch": "PyTorch's own `nn.Transformer` reads its `transformer.pt`, for a model of one text "
    "`nn.TransformerEncoder`; `docs/torch-transformer.md` shows how.",
}
NO_TOKENIZER = (
    "Its tokenizer has no form that Hugging Face's files could carry; the ids are the run's own."
)


def buttons(run: str) -> None:
    """Draw the downloads."""
    with st.popover("Export", icon=":material/output:", width="content"):
        st.markdown("The latest weights, in float32, as others' code opens them:")
        for layout in LAYOUTS:
            _offer(loads.checkpoint(run), layout)


def _offer(checkpoint: gpt.Checkpoint, layout: str) -> None:
    run = checkpoint.path.name
    reason = why_not(checkpoint.config, layout) or too_large(checkpoint, layout)
    st.download_button(
        LAYOUTS[layout],
        lambda: archive(checkpoint, layout, f"{run}-{layout}"),
        file_name=f"{run}-{layout}.zip",
        mime="application/zip",
        icon=":material/download:",
        key=f"export_{layout}",
        on_click="ignore",
        disabled=reason is not None,
    )
    if reason is not None:
        st.caption(plain(f"Not possible: {reason}."))
        return
    st.caption(OPENED[layout])
    if layout == "gpt2" and not has_tokenizer(checkpoint):
        st.caption(NO_TOKENIZER)
