"""One step: from logits to losses, gradients and an update; and the order of its calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gpt.errors import PromptError
from gpt.inspect.batch.one_step import OneStep, take_step
from gpt.inspect.batch.step_orders import losses_by_order
from pages.parts.tensors import model_batch
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.parts.tensors.model_batch import BY_BATCH, ModelBatch
from pages.parts.tensors.tensors_state import RATES, TensorsState
from pages.shared import url_controls
from pages.shared.figures import inked
from pages.shared.lecture import cited
from pages.shared.plain import sentence
from pages.shared.save import save_button
from viz.figures.equation import Matrix, equation
from viz.figures.named_lines import named_lines

STEPS, ORDER_RATE, TABLE_SEED = 60, 0.1, 1337
ORDER = """
**The order of the three calls.** The lecture's bigram, from one table, on this batch again and
again. `backward` adds to the gradients, `zero_grad` empties them, `step` uses them: emptied just
before the step, there is nothing to use, and the loss stays what it was, to the last digit.
"""


def show(chosen: ChosenCorpus, run: str | None, state: TensorsState) -> dict[str, Any]:
    """Draw the step of this model on this batch; return the values for the URL."""
    st.markdown(
        "What does one training step compute? Each prediction has a loss, their mean has a "
        f"gradient for every number of the model, and the step goes against it. — "
        f"{cited('first loss', 'training')}"
    )
    of = model_batch.read(chosen, run)
    if of is None:
        return {}
    B, T, draw = model_batch.shape(of, state)
    rate = url_controls.choice("Learning rate", state, "rate", RATES)
    link = {"B": B, "T": T, "draw": draw, "rate": rate}
    try:
        step = one_step(of, B, T, draw, float(rate))
    except PromptError as error:
        st.info(sentence(str(error)), icon=":material/info:")
        return link
    _losses(of, step, B, T, draw)
    _parameters(step, rate)
    st.markdown(ORDER)
    lines = by_order(of, B, T, draw)
    figure = inked(_orders(lines))
    st.plotly_chart(figure, key="tensors_orders", config={"displayModeBar": False})
    st.caption(_endings(lines))
    _offer(of, step, lines, link)
    return link


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_BATCH)
def one_step(of: ModelBatch, B: int, T: int, draw: int, rate: float) -> OneStep:
    """The step of the model, on a copy of it."""
    batch = of.batch(B, T, draw)
    return take_step(of.checkpoint.model, batch.x, batch.y, rate)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_BATCH)
def by_order(of: ModelBatch, B: int, T: int, draw: int) -> dict[str, np.ndarray]:
    """The losses of a bigram in each order of the calls; its table has the batch's tokens."""
    batch = of.batch(B, T, draw)
    tokens, places = np.unique(np.stack([batch.x, batch.y]), return_inverse=True)
    x, y = places.reshape(2, B, T)
    return losses_by_order(x, y, len(tokens), STEPS, ORDER_RATE, TABLE_SEED)


def _losses(of: ModelBatch, step: OneStep, B: int, T: int, draw: int) -> None:
    """Draw the losses of all places, and the way of the shapes to their mean."""
    model_batch.side_by_side(_matrices(of, step, B, T, draw), "tensors_losses")
    B, T, V = step.shape
    st.markdown(
        f"Logits **{B} × {T} × {V:,}** → `view(B*T, V)` → **{B * T} × {V:,}**; targets "
        f"{B} × {T} → {B * T}; {B * T} losses −ln p(target), in nats; their mean is "
        f"**{step.loss:.4f}**. After the step the same batch has **{step.after:.4f}**. The "
        f"gradient of all parameters together is {step.gradient:.4f} long."
    )


def _matrices(of: ModelBatch, step: OneStep, B: int, T: int, draw: int) -> list[Matrix]:
    batch = of.batch(B, T, draw)
    rows = [str(row) for row in range(B)]
    losses = Matrix("loss of each (nats)", step.losses, "signed", rows)
    return [Matrix("targets", batch.y, rows=rows), losses]


def _parameters(step: OneStep, rate: str) -> None:
    """Draw the table of all parameters: the lengths of numbers, gradients and updates."""
    names = list(step.gradients)
    frame = pd.DataFrame(
        {
            "parameter": names,
            "numbers": [step.weights[name] for name in names],
            "gradient": [step.gradients[name] for name in names],
            "update": [step.updates[name] for name in names],
        }
    )
    columns = {
        "numbers": st.column_config.NumberColumn("‖numbers‖", format="%.4f"),
        "gradient": st.column_config.NumberColumn("‖gradient‖", format="%.3e"),
        "update": st.column_config.NumberColumn("‖update‖", format="%.3e"),
    }
    st.dataframe(
        frame, column_config=columns, hide_index=True, height=250, key="tensors_step_parameters"
    )
    st.caption(
        f"‖·‖ is the length of all numbers of a parameter taken as one vector. AdamW with a "
        f"learning rate of {rate}: in its first step every number moves by about that much, "
        "whatever the size of its gradient. Dropout is left out, so that before and after compare."
    )


def _orders(lines: dict[str, np.ndarray]) -> Any:
    return named_lines(lines, x=range(STEPS + 1), across="steps", up="loss on the batch (nats)")


def _endings(lines: dict[str, np.ndarray]) -> str:
    ends = "; ".join(f"{name}: {line[0]:.4f} → {line[-1]:.4f}" for name, line in lines.items())
    return f"{ends}. AdamW, learning rate {ORDER_RATE:g}."


def _offer(
    of: ModelBatch, step: OneStep, lines: dict[str, np.ndarray], link: dict[str, Any]
) -> None:
    shape = link["B"], link["T"], link["draw"]
    save_button(
        "text to tensors: one step",
        figures={
            "Losses": lambda: equation(_matrices(of, step, *shape)),
            "Orders of the calls": lambda: _orders(lines),
        },
        arrays=lambda: {"losses": step.losses, **lines},
        settings={"run": of.run, "corpus_sha256": of.digest, **link}
        | {"loss": step.loss, "after": step.after, "gradients": dict(step.gradients)},
    )
