"""The story of a cell: the model's numbers, as the page tells them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gpt.errors import ConfigError
from gpt.inspect.one_head.one_cell import LogitShares, Story, logit_shares, story
from gpt.inspect.one_head.printed import PrintedStory, printed_shares, printed_story
from pages.parts.head.head_matrices import Cell, Head, inside, scale_name
from pages.shared.loads import BY_LOOK, Look, traced
from viz.cell_story import CellStory, Shares, Softmax

SCALES = {"head_size": "1/√D", "n_embd": "1/√C"}
DIRECT = "What later layers make of it is not counted: this is its direct effect."
NO_SKIP = (
    "This model has no skip connections: what an attention layer adds is replaced by the next "
    "branch's output, so this look adds nothing to the logits directly."
)
MASKED = "The query may not see this key, so the look adds nothing to any logit."
A_LABEL = (
    "This model gives the whole text a label and predicts no next token, so a look adds to no "
    "token's logit. The page Encoder shows which tokens carried the label."
)
OF_ENCODER = (
    "The encoder's states reach the target's logits only through the cross-attention, whose keys "
    "and values are made of them: this look adds nothing to a logit directly."
)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_LOOK)
def cell(look: Look, head: Head, at: Cell) -> Story:
    """The numbers of one cell."""
    return story(inside(look, head), *at)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_LOOK)
def story_of(look: Look, head: Head, at: Cell) -> CellStory:
    """The story of one cell, rounded so that its sums add up as shown."""
    matrices, story = inside(look, head), cell(look, head, at)
    printed = printed_story(story, matrices.head_out[at[0]])
    return CellStory(
        title=f"L{head[0]} H{head[1]}",
        tokens=look.tokens,
        key_tokens=look.key_tokens,
        query=story.query,
        key=story.key,
        q=matrices.queries[story.query],
        k=matrices.keys[story.key],
        products=printed.score.parts,
        score=float(printed.score.total),
        scale=story.scale,
        scale_name=SCALES.get(scale_name(look), ""),
        scaled=story.scaled,
        softmax=_softmax(printed),
        temperature=story.temperature,
        weight=printed.weight,
        weight_digits=printed.weight_digits,
        edited=story.edited,
        value=story.value,
        look=printed.out.parts,
        out=printed.out.total,
        out_digits=printed.out.digits,
        shares=_shares(look, head, story),
    )


def _softmax(printed: PrintedStory) -> Softmax | None:
    if printed.scaled is None:
        return None
    above, largest = printed.scaled.parts
    return Softmax(
        above=float(above),
        largest=float(largest),
        exps=printed.row.parts.tolist(),
        keys=printed.row_keys,
        rest=printed.rest,
        total=float(printed.row.total),
        digits=printed.row.digits,
    )


def _shares(look: Look, head: Head, story: Story) -> Shares:
    """The tokens whose logits this cell moves most, and the way to their logits."""
    if words := why_not_direct(look):
        return _nothing(words)
    model = look.checkpoint.model
    try:
        shares = logit_shares(model, traced(look), inside(look, head), story)
    except ConfigError as error:
        return _nothing(f"Not shown: {error}.")
    if not story.visible and not story.weight:
        return _nothing(MASKED)
    if not shares.reaches:
        return _nothing(NO_SKIP)
    printed = printed_shares(shares)
    ids = printed.promoted + printed.suppressed
    mine, others, rest = printed.shares.parts
    return Shares(
        tokens=look.checkpoint.tokenizer.pieces(ids),
        raised=len(printed.promoted),
        look=mine,
        head=others,
        rest=rest,
        logit=printed.shares.total,
        digits=printed.shares.digits,
        words=_words(shares, look),
    )


def why_not_direct(look: Look) -> str | None:
    """Why nothing at this site adds to a token's logits directly, in words; None if it may."""
    if look.checkpoint.config.is_classifier:
        return A_LABEL
    return OF_ENCODER if look.site == "encoder" else None


def _nothing(words: str) -> Shares:
    none = np.zeros(0)
    return Shares([], 0, none, none, none, none, 4, words)


def _words(shares: LogitShares, look: Look) -> str:
    """How a part of the residual stream reaches the logits of this model."""
    if not shares.norms:
        return f"No norm lies between this head and the logits, so what it adds adds up. {DIRECT}"
    spreads = ", ".join(f"{spread:.4f}" for spread in shares.spreads)
    if look.checkpoint.config.norm == "post":
        return (
            f"Through the {shares.norms} norms that follow, each frozen at this input: the mean is "
            f"taken off, the division is by the spread that this input had here ({spreads}), the "
            f"gain multiplies. Their biases are in “all the rest”. {DIRECT}"
        )
    return (
        "Through the final norm, frozen at this input: this look's own mean is taken off, it is "
        f"divided by the spread that the whole residual stream had here ({spreads}), and the gain "
        f"multiplies it. The norm's bias is in “all the rest”. {DIRECT}"
    )
