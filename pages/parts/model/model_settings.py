"""A model's settings: GPT-2's five fields, and what sets it apart from GPT-2 and the lecture's."""

from __future__ import annotations

import streamlit as st

import gpt
from gpt.inspect.architecture.differences import LECTURE, Difference, differences
from gpt.nn.config import GPTConfig
from pages.shared.about_model import sizes
from pages.shared.plain import plain

WORDS = {
    "position": "positions are {got}",
    "norm": "norms are {got}-norms",
    "norm_kind": "norms are over the {got}",
    "activation": "activation {got}",
    "mask": "no mask: every token sees all others",
    "scale": "scores × {got}",
    "mlp_width": "feed-forward layers are {got} wide, not 4 × n_embd",
    "norm_epsilon": "norms add {got} to the variance",
}
SCALES = {"n_embd": "1/√n_embd", "none": "1"}
YES = {
    "qk_norm": "queries and keys are normalized",
    "embedding_norm": "a norm after the embeddings",
    "head_transform": "a matrix before the output embedding",
    "head_bias": "a bias in the output embedding",
    "qkv_bias": "biases in queries, keys and values",
    "tie_weights": "the output embedding is the token embedding",
    "zero_init": "branches that start at zero",
}
NO = {
    "bias": "no biases",
    "qkv_bias": "no biases in queries, keys and values",
    "tie_weights": "an output embedding of its own",
    "skip": "no skip connections",
    "feed_forward": "no feed-forward layers",
    "projection": "no projections",
    "head_bias": "no bias in the output embedding",
}
BIGRAM = (
    "A bigram: one table, whose row for a token holds the logits of the next one. No blocks and so "
    "no heads, no positions, no norms and no output embedding."
)
SAME = "In everything but its sizes it is GPT-2."


def settings(checkpoint: gpt.Checkpoint) -> None:
    """Draw the five fields, the count, and a line of differences."""
    sizes(checkpoint.config, checkpoint.model.n_parameters)
    st.caption(plain(_unlike(checkpoint.config)))
    imported = checkpoint.info.get("imported") or {}
    for note in imported.get("notes", []):
        st.caption(plain(f"Imported ({imported.get('kind')}): {note}."))


def _unlike(config: GPTConfig) -> str:
    if not config.n_layer:
        return BIGRAM
    words = [_words(difference) for difference in differences(config)]
    unlike = f"Unlike GPT-2: {'; '.join(words)}." if words else SAME
    if config.kind != "decoder" or config.is_classifier:
        return unlike
    words = [_words(difference) for difference in differences(config, LECTURE)]
    if config.dropout:
        words.append("dropout on embeddings and branches, not on attention weights")
    return unlike + (f" Unlike the lecture's last model: {'; '.join(words)}." if words else "")


def _words(difference: Difference) -> str:
    if difference.got is True:
        return YES[difference.name]
    if difference.got is False:
        return NO[difference.name]
    if difference.name == "norm" and difference.got == "none":
        return "no norms"
    got = (
        SCALES.get(str(difference.got), difference.got)
        if difference.name == "scale"
        else difference.got
    )
    return WORDS[difference.name].format(got=got)
