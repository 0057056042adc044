"""Every tensor of a model: our name, GPT-2's, its shape and count; a row can be chosen."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gpt.convert.layouts.gpt2_names import gpt2_names
from gpt.inspect.architecture.parameter_counts import ModelPart, breakdown
from gpt.nn.config import GPTConfig
from pages.parts.model.model_state import ALL, ModelState
from pages.shared import page_state

ROW = 30
MOST_ROWS = 14


def part_menu(config: GPTConfig, state: ModelState) -> str:
    """Draw the choice of a part; `all` lists every tensor."""
    parts = {part.name: part for part in breakdown(config)}
    limits = f"this model has no such part; there are {', '.join(parts)}"
    page_state.fitted(state, "part", (ALL, *parts), ALL, limits)
    chosen: str = st.selectbox(
        "Part",
        [ALL, *parts],
        **page_state.control("part"),
        format_func=lambda name: _label(parts, name),
        help="Or click its bar below.",
    )
    return chosen


def draw(run: str, config: GPTConfig, part: str, state: ModelState) -> str:
    """Draw the table; return the name of the chosen tensor."""
    rows = tuple(
        row
        for model_part in breakdown(config)
        if part in (ALL, model_part.name)
        for row in _rows(model_part)
    )
    names = [str(row["Name"]) for row in rows]
    limits = "this model has no such tensor in this part"
    now = page_state.fitted(state, "tensor", names, names[0], limits).tensor or names[0]
    theirs = gpt2_names(config)
    frame = pd.DataFrame(
        [{**row, "In GPT-2’s files": theirs.get(str(row["Name"]), "–")} for row in rows]
    )
    key = f"tensors_{run}_{part}"
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        row_height=ROW,
        height=ROW * (min(len(rows), MOST_ROWS) + 1) + 3,
        on_select=lambda: _chosen(key, names),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [names.index(now)]}},
        column_order=["Name", "In GPT-2’s files", "Shape", "count"],
        column_config={
            "count": st.column_config.NumberColumn("Parameters", format="localized"),
        },
    )
    return now


def _chosen(key: str, names: list[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        page_state.put(tensor=names[rows[0]])


def _rows(part: ModelPart) -> list[dict[str, object]]:
    """The tensors of a part and of its subparts; a tied one is listed under its own name."""
    tensors = [tensor for subpart in (part, *part.parts) for tensor in subpart.tensors]
    rows: list[dict[str, object]] = [
        {"Name": t.name, "Shape": " × ".join(f"{n:,}" for n in t.shape), "count": t.count}
        for t in tensors
    ]
    if part.tied_to:
        tied = {"Name": f"{part.name}.weight", "Shape": f"tied to {part.tied_to}", "count": 0}
        rows.insert(0, tied)
    return rows


def _label(parts: dict[str, ModelPart], name: str) -> str:
    return "all parts" if name == ALL else f"{name}: {parts[name].meaning}"
