"""Both sides' predictions along the prompt, and how each side continues it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

import gpt
from gpt.inspect.outcome import Outcome, repeats
from gpt.silence import why_silent
from pages.parts.mask_scale import sides
from pages.parts.mask_scale.markdown_table import NONE, code, number, table
from pages.parts.mask_scale.mask_scale_state import SIDES, MaskScaleState
from pages.parts.mask_scale.sides import look_numbers
from pages.shared import page_state, switch_text
from pages.shared.large_traces import is_large
from pages.shared.loads import BY_LOOK, Look
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.predictions.next_probs import next_probs

A_LABEL = (
    "This model gives the whole text a label and says nothing token by token: *Side by side* shows "
    "its likeliest labels under both settings."
)
DRAWN_BETWEEN = (
    "A mask drawn between two texts fits a target of this length only, so nothing can be written "
    "under it; choose another mask to see how each side goes on."
)
GOES_ON = 12
"""Tokens; each is a pass of the whole context where the mask looks ahead, and must come soon."""


def say(prompt: Prompt, state: MaskScaleState) -> MaskScaleState:
    """Draw controls, the probabilities along the prompt, and the continuations."""
    with st.container(horizontal=True, gap="small"):
        sides.presets(prompt)
    if prompt.checkpoint.config.is_classifier:
        st.info(A_LABEL)
        return state
    sides.side_controls(prompt, state)
    a, b = sides.looks(prompt, state)
    sides.notes(prompt, state, a, b)
    if len(prompt.ids) == 1:
        st.info("One token follows nothing: type a longer prompt to see what is predicted of it.")
    else:
        _along(a, b, state)
    if why := why_silent(a.checkpoint.info):
        st.caption(plain(f"It goes on with nothing: {why}."))
        return state
    if a.site == "cross" and not all(isinstance(each.switches.mask, str) for each in (a, b)):
        st.caption(DRAWN_BETWEEN)
        return state
    start = _start_slider(len(prompt.ids), state)
    with st.container(key="continuations"):
        if not is_large(a) or _wanted(start):
            _continuations(a, b, start)
    return replace(state, start=start)


def _along(a: Look, b: Look, state: MaskScaleState) -> None:
    outcome_a, outcome_b, again = look_numbers(a).outcome, look_numbers(b).outcome, repeats(a.ids)
    assert outcome_a is not None and outcome_b is not None  # it predicts tokens
    names = [sides.name(state, side).replace("\\", "") for side in SIDES]
    series = dict(zip(names, (outcome_a.probs, outcome_b.probs), strict=True))
    tokens = a.checkpoint.tokenizer.pieces(a.ids)
    figure = next_probs(series, tokens, again)
    st.plotly_chart(figure, key="next_probs", config={"displayModeBar": False})
    with st.container(key="shares"):
        st.markdown(_shares(outcome_a, outcome_b, again))
    st.caption(
        "Shaded: the two tokens stood together earlier in the prompt, so that this one could be "
        "copied. With a mask that looks ahead, a token's own prediction may see it."
    )
    save_button(
        "mask_scale_probs",
        figures={"Probabilities": lambda: next_probs(series, tokens, again)},
        arrays=lambda: {
            "probs_a": outcome_a.probs,
            "probs_b": outcome_b.probs,
            "losses_a": outcome_a.losses,
            "losses_b": outcome_b.losses,
            "repeats": again,
        },
        look=a,
        settings={
            "switches_a": switch_text.settings(a.switches),
            "switches_b": switch_text.settings(b.switches),
        },
    )


def _shares(outcome_a: Outcome, outcome_b: Outcome, again: object) -> str:
    """Loss, probability and hits of both sides, over all predictions and over copied tokens."""
    rows = []
    for name, chosen in (("all predictions", None), ("those that could be copied", again)):
        for side, outcome in zip("AB", (outcome_a, outcome_b), strict=True):
            share = outcome.over(outcome.probs >= 0 if chosen is None else chosen)  # type: ignore[arg-type]
            if share is not None:
                hits = f"{share.right} of {share.count}"
                rows.append([f"{name}, {side}", number(share.loss), number(share.prob), hits])
    return table(["", "loss, nats", "probability of the right one", "right one likeliest"], rows)


def _start_slider(T: int, state: MaskScaleState) -> int:
    """Draw the number of tokens that are read before the continuation."""
    default = max(1, T - GOES_ON)
    limits = f"this prompt has {T:,} tokens"
    start = page_state.fitted(state, "start", range(1, T + 1), default, limits).start or default
    if T == 1:
        return start
    st.slider(
        f"Read so many tokens of the prompt, then go on with the likeliest token, {GOES_ON} times",
        1,
        T,
        **page_state.control("start"),
    )
    return start


def _wanted(start: int) -> bool:
    """Draw a switch for a large model, so that the rest of the page need not wait."""
    return st.toggle(
        "Go on",
        key="large_continuations",
        help=f"Without a causal mask each of the {GOES_ON} tokens takes a pass over all "
        f"{start:,} before it, which may take this model a minute.",
    )


def _continuations(a: Look, b: Look, start: int) -> None:
    """Draw a table: the prompt's own tokens, and the continuation of each side."""
    there = list(a.ids[start : start + GOES_ON])
    pieces = a.checkpoint.tokenizer.pieces
    rows = [["the prompt", *_padded([code(piece) for piece in pieces(there)]), ""]]
    for side, look in zip("AB", (a, b), strict=True):
        ids = going_on(look, start)
        right = sum(x == y for x, y in zip(ids, there, strict=False))
        words = f"{right} of {len(there)} right" if there else ""
        cells = [_marked(code(pieces([id])[0]), n, id, there) for n, id in enumerate(ids)]
        rows.append([f"**{side}** goes on", *_padded(cells), words])
    places = [str(start + n) for n in range(GOES_ON)]
    st.markdown(table(["token", *places, ""], rows))
    st.caption(
        "**Bold**: as in the prompt. Each token is read back before the next is chosen, so a slip "
        "changes what follows."
    )


def _marked(text: str, position: int, id: int, there: list[int]) -> str:
    return f"**{text}**" if position < len(there) and there[position] == id else text


def _padded(cells: list[str]) -> list[str]:
    return cells + [NONE] * (GOES_ON - len(cells))


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=BY_LOOK)
def going_on(look: Look, start: int) -> list[int]:
    """The likeliest tokens after the first `start` of the prompt, one after the other."""
    switches, ids, of = look.switches, list(look.ids[:start]), look.checkpoint
    if not isinstance(switches.mask, str) and look.site != "encoder":
        mask = switch_text.fitted(switches.mask, start + GOES_ON)
        switches = replace(switches, mask=mask)
    two_texts = of.kind == "encoder-decoder"
    room = of.config.block_size - start if two_texts else GOES_ON
    steps = gpt.generate(
        of.model,
        ids,
        min(GOES_ON, room),
        temperature=0,
        seed=0,
        switches={look.site: switches} if look.site else switches,
        stop=of.end if two_texts else None,
        source=look.source or None,
    )
    return [step.id for step in steps]
