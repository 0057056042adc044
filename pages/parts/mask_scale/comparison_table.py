"""The numbers of both sides: the sharpness of the heads, and the predictions."""

from __future__ import annotations

import streamlit as st

from gpt.inspect.outcome import repeats
from pages.parts.mask_scale.markdown_table import NONE, number, signed
from pages.parts.mask_scale.sides import LookNumbers, look_numbers
from pages.shared.loads import Look, attention, names_of_logits
from viz.views.attention import Picked
from viz.views.numbers import Cell, TokenCell, number_table

Row = tuple[str, float | None, float | None]


def headline(look: Look, head: tuple[int, int], side: str) -> None:
    """Draw a side's three main numbers above its maps."""
    figures = look_numbers(look)
    with st.container(key=f"headline_{side}"):
        st.markdown(
            f"**{side.upper()}** · {_loss(figures)}"
            f"L{head[0]} H{head[1]}: entropy **{number(figures.entropy[head])}** nats, top weight "
            f"**{number(figures.top[head])}**"
        )


def _loss(figures: LookNumbers) -> str:
    return "" if figures.outcome is None else f"loss **{number(figures.loss)}** nats · "


def comparison(a: Look, b: Look, selected: Picked) -> None:
    """Draw all numbers side by side, with their differences."""
    rows = [
        *_loss_rows(a, b),
        *_sharpness_rows(look_numbers(a), look_numbers(b), selected),
        *_cell_row(a, b, selected),
    ]
    number_table(["", "A", "B", "B − A"], [_row_texts(row) for row in rows], key="comparison")


def _row_texts(row: Row) -> list[str]:
    name, a, b = row
    change = None if a is None or b is None else b - a
    return [name, number(a), number(b), signed(change)]


def _loss_rows(a: Look, b: Look) -> list[Row]:
    """Losses over the whole prompt, and over the predictions that could be copied from it."""
    outcome_a, outcome_b = look_numbers(a).outcome, look_numbers(b).outcome
    if outcome_a is None or outcome_b is None:
        return []
    rows: list[Row] = [("loss on the prompt, nats", outcome_a.loss, outcome_b.loss)]
    again = repeats(a.ids)
    here, there = outcome_a.over(again), outcome_b.over(again)
    if here is not None and there is not None:
        words = f"probability of the right token, where the prompt repeats itself ({here.count})"
        rows.append((words, here.prob, there.prob))
    return rows


def _sharpness_rows(numbers_a: LookNumbers, numbers_b: LookNumbers, selected: Picked) -> list[Row]:
    l, h = selected.head
    return [
        (
            "entropy, mean of all heads, nats",
            float(numbers_a.entropy.mean()),
            float(numbers_b.entropy.mean()),
        ),
        (
            f"entropy of L{l} H{h}, nats",
            float(numbers_a.entropy[l, h]),
            float(numbers_b.entropy[l, h]),
        ),
        ("top weight, mean of all heads", float(numbers_a.top.mean()), float(numbers_b.top.mean())),
        (f"top weight of L{l} H{h}", float(numbers_a.top[l, h]), float(numbers_b.top[l, h])),
    ]


def _cell_row(a: Look, b: Look, selected: Picked) -> list[Row]:
    """The weights of the held cell, if there is one."""
    if selected.cell is None:
        return []
    (l, h), (i, j) = selected.head, selected.cell
    cells = [
        float(site.maps("weights")[l, h][i, j]) if site.visible[i, j] else None
        for site in (attention(a), attention(b))
    ]
    return [(f"weight of query {i} on key {j}, L{l} H{h}", cells[0], cells[1])]


def next_tokens(a: Look, b: Look) -> None:
    """Draw each side's next tokens, the likeliest first."""
    names = names_of_logits(a.run)
    sides: list[list[Cell]] = [
        [TokenCell(names[id], number(prob)) for id, prob in look_numbers(look).next]
        for look in (a, b)
    ]
    count = max(map(len, sides))
    padded = [side + [NONE] * (count - len(side)) for side in sides]
    rows = [[str(n + 1), *row] for n, row in enumerate(zip(*padded, strict=True))]
    kind = "label" if a.checkpoint.config.is_classifier else "next token"
    number_table([f"likeliest {kind}", "A", "B"], rows, key="next_tokens")
