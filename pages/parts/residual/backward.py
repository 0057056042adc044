"""Gradients: what arrives of the loss's gradient at each layer, with skips or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import PromptError
from gpt.inspect.stream.gradients import Gradients
from gpt.inspect.stream.logit_lens import state_names
from pages.parts.residual import numbers
from pages.parts.residual.shown import Shown, chart
from pages.parts.residual.state import SKIPS, STARTS, WEIGHTS, ResidualState
from pages.shared import url_controls
from pages.shared.loads import Look
from pages.shared.plain import plain
from viz.figures.stream.gradient_flow import Flow, gradient_flow
from viz.figures.stream.gradient_table import gradient_table

KINDS = {
    "queries": "attn.query.weight",
    "keys": "attn.key.weight",
    "values": "attn.value.weight",
    "output projection": "attn.proj.weight",
    "MLP, first": "mlp.fc.weight",
    "MLP, second": "mlp.proj.weight",
}
OUTSIDE = {
    "token embedding": "wte.weight",
    "position embedding": "wpe.weight",
    "output embedding": "lm_head.weight",
}


@dataclass(frozen=True)
class Pass:
    """One pass backwards: of which weights, with skip connections or without."""

    trained: bool
    skip: bool

    @property
    def name(self) -> str:
        """As on screen."""
        return f"{WEIGHTS[0] if self.trained else WEIGHTS[1]}, {list(SKIPS)[not self.skip]}"


def draw(look: Look, shown: ResidualState) -> Shown:
    """Controls, a line for each pass, and the matrices of one of them."""
    with st.container(horizontal=True, gap="medium"):
        weights = url_controls.choice(
            "Weights",
            shown,
            "trained",
            WEIGHTS,
            "The trained ones, or those that the run began with.",
        )
        matrices = url_controls.choice("Matrices", shown, "matrices", list(SKIPS))
        start = _start(look, weights, shown)
    link = {"trained": weights, "matrices": matrices, "projections": start}
    passes = [
        Pass(trained, skip)
        for trained in (True, False)
        for skip in (True, False)
        if weights in (WEIGHTS[not trained], "both")
    ]
    try:
        found = {p: numbers.backward(look, p.trained, p.skip, start != STARTS[1]) for p in passes}
    except PromptError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return Shown(link)
    chosen = next(each for each in passes if each.skip == SKIPS[matrices])
    return _drawn(look, found, chosen, link)


def _start(look: Look, weights: str, shown: ResidualState) -> str | None:
    """What a start is, where there are two answers."""
    if not look.checkpoint.config.zero_init or weights == WEIGHTS[0]:
        return None
    return url_controls.choice(
        "Output projections at the start",
        shown,
        "projections",
        STARTS,
        "This run began with its output "
        "projections at zero. Drawn instead, as GPT-2's are, its branches add something from "
        "the beginning.",
    )


def _drawn(look: Look, found: dict[Pass, Gradients], chosen: Pass, link: dict[str, Any]) -> Shown:
    L = look.checkpoint.config.n_layer
    left, right = st.columns(2, gap="large")
    with left:
        chart(_flow(found, L), "residual_flow")
        st.caption(_losses(found))
    with right:
        st.markdown(f"Each matrix: {chosen.name}")
        chart(_table(found[chosen], L), "residual_matrices")
        st.caption(_outside(found[chosen]))
    st.caption(_honest(look, found, link["projections"]))
    return Shown(
        link,
        {
            "Gradient by state": lambda: _flow(found, L),
            "Matrices": lambda: _table(found[chosen], L),
        },
        lambda: _arrays(found),
        {
            "matrices of": chosen.name,
            "output projections at the start": link["projections"],
        },
    )


def _flow(found: dict[Pass, Gradients], L: int) -> Any:
    flows = [Flow(p.name, g.by_state, p.skip, p.trained) for p, g in found.items()]
    return gradient_flow(flows, state_names(L))


def _table(one: Gradients, L: int) -> Any:
    names = {kind: name for kind, name in KINDS.items() if f"h.0.{name}" in one.parameters}
    norms = [[one.parameters[f"h.{l}.{name}"] for l in range(L)] for name in names.values()]
    return gradient_table(np.array(norms), list(names))


def _losses(found: dict[Pass, Gradients]) -> str:
    said = (f"{each.name} **{gradients.loss:.4f}**" for each, gradients in found.items())
    return f"Loss on this prompt, in nats: {'; '.join(said)}."


def _outside(one: Gradients) -> str:
    there = {kind: one.parameters[n] for kind, n in OUTSIDE.items() if n in one.parameters}
    return " · ".join(f"{kind} {norm:.2e}" for kind, norm in there.items())


def _honest(look: Look, found: dict[Pass, Gradients], start: str | None) -> str:
    """What each line is, and what it is not."""
    config = look.checkpoint.config
    own = "with" if config.skip else "without"
    said = []
    if any(each.trained for each in found):
        said.append(
            f"The model was trained {own} skip connections; the other line runs the same weights "
            "in the other architecture, in which nobody trained them."
        )
    if not all(each.trained for each in found):
        told = numbers.beginning(look.run, start != STARTS[1])[1]
        said.append(f"“At the start” is {plain(told)}.")
    if silent := [each.name for each, of in found.items() if not of.by_state.all()]:
        said.append(f"Where a line has no point, the gradient is exactly 0 ({', '.join(silent)}).")
        if config.zero_init and start == STARTS[0]:
            said.append("Output projections of zero let nothing through but a skip connection.")
    return " ".join(said)


def _arrays(found: dict[Pass, Gradients]) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for each, gradients in found.items():
        arrays[f"stream ({each.name})"] = gradients.stream
        arrays[f"parameters ({each.name})"] = np.array(list(gradients.parameters.values()))
    arrays["parameter_names"] = np.array(list(next(iter(found.values())).parameters))
    return arrays
