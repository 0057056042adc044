"""Gradients: the loss's gradient at each layer, with skip connections and without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from gpt.errors import PromptError
from gpt.inspect.stream.gradients import Gradients
from gpt.inspect.stream.logit_lens import state_names
from pages.parts.residual import stream_numbers
from pages.parts.residual.part_drawing import PartDrawing, chart
from pages.parts.residual.residual_state import (
    BEGINNING,
    SKIPS,
    STARTS,
    TRAINED,
    WEIGHTS,
    ResidualState,
)
from pages.shared import url_controls
from pages.shared.glossary import marked
from pages.shared.loads import Look
from pages.shared.plain import plain, sentence
from viz.figures.stream.gradient_flow import Flow, gradient_flow
from viz.figures.stream.gradient_table import gradient_table

KINDS = {
    "queries": "attn.query.weight",
    "keys": "attn.key.weight",
    "values": "attn.value.weight",
    "output projection": "attn.proj.weight",
    "cross: queries": "cross.query.weight",
    "cross: keys": "cross.key.weight",
    "cross: values": "cross.value.weight",
    "cross: output projection": "cross.proj.weight",
    "MLP, first": "mlp.fc.weight",
    "MLP, second": "mlp.proj.weight",
}
OUTSIDE = {
    "token embedding": "wte.weight",
    "position embedding": "wpe.weight",
    "output embedding": "lm_head.weight",
}


LARGEST = 40_000_000
"""Parameters of the largest model that is drawn anew without being asked for."""


@dataclass(frozen=True)
class Pass:
    """One backward pass: its weights, with skip connections or without."""

    trained: bool
    skip: bool

    @property
    def name(self) -> str:
        """Its name on the screen."""
        return f"{self.weights}, {list(SKIPS)[not self.skip]}"

    @property
    def weights(self) -> str:
        """The name of its weights."""
        return TRAINED if self.trained else BEGINNING


def draw(look: Look, state: ResidualState) -> PartDrawing:
    """Draw controls, a line for each pass, and the matrices of one pass."""
    with st.container(horizontal=True, gap="medium"):
        weights = url_controls.choice(
            "Weights",
            state,
            "trained",
            WEIGHTS
            if look.checkpoint.model.n_parameters <= LARGEST
            else (TRAINED, BEGINNING, "both"),
            "The trained ones, or those that the run began with.",
        )
        matrices = url_controls.choice("Matrices", state, "matrices", list(SKIPS))
        start = _start(look, weights, state)
    link = {"trained": weights, "matrices": matrices, "projections": start}
    passes = [
        Pass(trained, skip)
        for trained in (True, False)
        for skip in (True, False)
        if weights in (Pass(trained, skip).weights, "both")
    ]
    try:
        gradients = {
            p: stream_numbers.backward(look, p.trained, p.skip, start != STARTS[1]) for p in passes
        }
    except PromptError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return PartDrawing(link)
    chosen = next(each for each in passes if each.skip == SKIPS[matrices])
    return _gradient_views(look, gradients, chosen, link)


def _start(look: Look, weights: str, state: ResidualState) -> str | None:
    """Draw the choice of a start, if there are two."""
    if not look.checkpoint.config.zero_init or weights == TRAINED:
        return None
    return url_controls.choice(
        "Output projections at the start",
        state,
        "projections",
        STARTS,
        "This run began with its output "
        "projections at zero. Drawn instead, as GPT-2's are, its branches add something from "
        "the beginning.",
    )


def _gradient_views(
    look: Look, gradients: dict[Pass, Gradients], chosen: Pass, link: dict[str, Any]
) -> PartDrawing:
    config = look.checkpoint.config
    L, names = config.n_layer, state_names(config)
    st.markdown(_arriving(gradients))
    left, right = st.columns(2, gap="large")
    with left:
        chart(_flow(gradients, names), "residual_flow")
        st.caption(_losses(gradients))
    with right:
        st.markdown(f"Each matrix: {chosen.name}")
        chart(_table(gradients[chosen], L), "residual_matrices")
        st.caption(_outside(gradients[chosen]))
    st.caption(_honest(look, gradients, link["projections"]))
    return PartDrawing(
        link,
        {
            "Gradient by state": lambda: _flow(gradients, names),
            "Matrices": lambda: _table(gradients[chosen], L),
        },
        lambda: _arrays(gradients),
        {
            "matrices of": chosen.name,
            "output projections at the start": link["projections"],
        },
    )


def _flow(gradients: dict[Pass, Gradients], names: list[str]) -> Any:
    flows = [Flow(p.name, g.by_state, p.skip, p.trained) for p, g in gradients.items()]
    return gradient_flow(flows, names)


def _table(gradients: Gradients, L: int) -> Any:
    names = {kind: name for kind, name in KINDS.items() if f"h.0.{name}" in gradients.parameters}
    norms = [[gradients.parameters[f"h.{l}.{name}"] for l in range(L)] for name in names.values()]
    return gradient_table(np.array(norms), list(names))


def _losses(gradients: dict[Pass, Gradients]) -> str:
    losses = (f"{each.name} **{one_pass.loss:.4f}**" for each, one_pass in gradients.items())
    return marked(f"[[Loss|loss]] on this prompt, in [[nats]]: {'; '.join(losses)}.")


def _arriving(gradients: dict[Pass, Gradients]) -> str:
    """What becomes of the gradient on its way from the last state to the embedding."""
    ways = [f"{each.name} **{_factor(of)}**" for each, of in gradients.items()]
    return f"From the last layer back to the embedding, the gradient changes by: {'; '.join(ways)}."


def _factor(gradients: Gradients) -> str:
    first, last = gradients.by_state[0], gradients.by_state[-1]
    return f"× {first / last:.3g}" if last else "none arrives"


def _outside(gradients: Gradients) -> str:
    there = {
        kind: gradients.parameters[n] for kind, n in OUTSIDE.items() if n in gradients.parameters
    }
    return " · ".join(f"{kind} {norm:.2e}" for kind, norm in there.items())


def _honest(look: Look, gradients: dict[Pass, Gradients], start: str | None) -> str:
    """Say what each line is, and what it is not."""
    config = look.checkpoint.config
    own = "with" if config.skip else "without"
    sentences = []
    if any(each.trained for each in gradients):
        sentences.append(
            f"The model was trained {own} skip connections; the other line runs the same weights "
            "in the other architecture, in which nobody trained them."
        )
    if not all(each.trained for each in gradients):
        beginning = stream_numbers.beginning(look.run, start != STARTS[1])[1]
        sentences.append(f"“At the start” is {plain(beginning)}.")
    if silent := [each.name for each, of in gradients.items() if not of.by_state.all()]:
        sentences.append(
            f"Where a line has no point, the gradient is exactly 0 ({', '.join(silent)})."
        )
        if config.zero_init and start == STARTS[0]:
            sentences.append(
                "Output projections of zero let nothing through but a skip connection."
            )
    return " ".join(sentences)


def _arrays(gradients: dict[Pass, Gradients]) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for each, one_pass in gradients.items():
        arrays[f"stream ({each.name})"] = one_pass.stream
        arrays[f"parameters ({each.name})"] = np.array(list(one_pass.parameters.values()))
    arrays["parameter_names"] = np.array(list(next(iter(gradients.values())).parameters))
    return arrays
