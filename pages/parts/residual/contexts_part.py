"""Two contexts: one token in two prompts, and how its states part from layer to layer."""

from __future__ import annotations

from dataclasses import replace

import plotly.graph_objects as go
import streamlit as st

import gpt
from gpt.errors import PromptError
from gpt.inspect.stream.logit_lens import state_names
from gpt.inspect.stream.two_contexts import TwoContexts, two_contexts
from gpt.text import cutting
from pages.parts.residual import stream_menus
from pages.parts.residual.part_drawing import PartDrawing, chart
from pages.parts.residual.residual_state import ResidualState
from pages.shared import loads
from pages.shared.loads import Look
from pages.shared.plain import plain, sentence
from pages.shared.text_field import TextField, refuse_unknown, say_replaced, text_field, to_field
from viz.figures.named_lines import named_lines
from viz.text import visible

OTHER = TextField("other", "Second context", "A text that has the followed token too.")
LIKELIEST = 5


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw the second context, and the cosine of the token's states in both."""
    tokenizer = look.checkpoint.tokenizer
    default = _default(look)
    with st.container(horizontal=True, gap="medium"):
        at = stream_menus.position(len(look.ids), state)
        with st.container(width="stretch"):
            text = text_field(state.other, default, tokenizer, OTHER)
    refuse_unknown(tokenizer, text, default, OTHER)
    say_replaced(tokenizer, text)
    other = replace(look, ids=tuple(look.checkpoint.last_ids(text)))
    link = {"position": at, "other": to_field(text, tokenizer) if text != default else None}
    try:
        contexts = two_contexts(loads.traced(look), loads.traced(other), at)
    except PromptError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return PartDrawing(link)
    chart(_figure(look, contexts), "residual_contexts")
    st.markdown(_words(look, other, contexts))
    return PartDrawing(
        link,
        {"Two contexts": lambda: _figure(look, contexts)},
        lambda: {"cosines": contexts.cosines, "states": contexts.states},
        {"position": at, "second context": text},
    )


def _default(look: Look) -> str:
    """The second half of the prompt: its last token stands there too, with less before it."""
    tokenizer = look.checkpoint.tokenizer
    own = cutting.unframed(tokenizer, look.ids)
    return tokenizer.decode(cutting.latter_part(tokenizer, own, (len(own) + 1) // 2))


def _figure(look: Look, contexts: TwoContexts) -> go.Figure:
    names = state_names(loads.traced(look).config)
    return named_lines(
        {"cosine": contexts.cosines, "distance, by their length": contexts.distances},
        x=range(len(names)),
        across="state of the residual stream, after",
        up="between the two contexts",
        names=names,
    )


def _words(look: Look, other: Look, contexts: TwoContexts) -> str:
    first, second = contexts.positions
    token = plain(visible(look.tokens[first]))
    lowest = int(contexts.cosines.argmin())
    names = state_names(loads.traced(look).config)
    least, last = (f"**{contexts.cosines[n]:.4f}**" for n in (lowest, -1))
    if look.checkpoint.config.is_classifier:
        outcome = _labels(look, other)
    else:
        outcome = _continuations(look, other, contexts)
    return (
        f"**{token}** at position {first} of the prompt and at {second} of the second context: the "
        f"token's own row is the same, cosine {contexts.tokens_only:.4f}; with its position "
        f"**{contexts.cosines[0]:.4f}**; least after {names[lowest]}, {least}; at the end {last}. "
        f"{outcome}"
    )


def _labels(look: Look, other: Look) -> str:
    """Which label each text is given, which no position has of its own."""
    return f"The model labels the prompt {_label(look)}, the second context {_label(other)}."


def _label(look: Look) -> str:
    probs = loads.traced(look).class_probs
    return f"**{plain(look.checkpoint.labels[int(probs.argmax())])}** ({probs.max():.1%})"


def _continuations(look: Look, other: Look, contexts: TwoContexts) -> str:
    """What each text expects after the token."""
    first, second = contexts.positions
    return (
        f"Next, the prompt expects {_likeliest(loads.traced(look), look, first)}; the second "
        f"context {_likeliest(loads.traced(other), other, second)}."
    )


def _likeliest(trace: gpt.Trace, look: Look, at: int) -> str:
    """The likeliest next tokens, the first first."""
    ids = trace.logits_at(at).argsort()[::-1][:LIKELIEST].tolist()
    pieces = look.checkpoint.tokenizer.pieces(ids)
    return " ".join(plain(visible(piece)) for piece in pieces)
