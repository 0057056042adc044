"""The climb at a glance: the loss of every rung, the lecture's beside it, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.training.estimate import uniform_loss
from gpt.training.ladder.results import Result
from gpt.training.ladder.standing import Standing, is_lectures
from pages.parts.ladder import climb_text, rung_training
from pages.parts.ladder.climb_text import ClimbText
from pages.parts.ladder.ladder_state import LadderState
from pages.shared import run_series
from pages.shared.glossary import marked
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.runs.rung_losses import Step, rung_losses

HEAD = (
    "| rung | state | parameters | seconds | before training | training | validation | lecture | "
    "difference |\n|:--|:--|--:|--:|--:|--:|--:|--:|--:|"
)
NUMBERS = ("parameters", "seconds", "first_loss", "train_loss", "val_loss")


def show(state: LadderState) -> dict[str, Any]:
    """Draw the controls and the climb; return the values for the URL."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="ladder_bar")
    chosen = climb_text.choose(row, state)
    if chosen is None:
        return {}
    standings = chosen.standings()
    rung_training.offered(row, chosen, partial(rung_training.actions, chosen, standings))
    run_series.trouble()
    run_series.watched(rung_training.runs(standings), _panel, chosen)
    _offer(chosen)
    return {}


def _panel(chosen: ClimbText) -> None:
    """Draw progress while a run moves, the picture and the table."""
    standings = chosen.standings()
    with st.container(key="ladder_panel"):
        rung_training.progress(standings)
        if rung_training.measure(standings):
            standings = chosen.standings()
        st.markdown(what_it_says(standings))
        chart = figure(chosen, standings)
        st.plotly_chart(chart, key="ladder_losses", config={"displayModeBar": False})
        with st.container(key="ladder_table"):
            st.markdown("\n".join([HEAD, *(_row(chosen, standing) for standing in standings)]))
        st.caption(_facts(chosen, standings))


def what_it_says(standings: Sequence[Standing]) -> str:
    """What the picture says of depth and of skip connections, where these rungs are trained."""
    own = {each.rung.name: each.result.val_loss for each in standings if each.result is not None}
    if not {"feed-forward", "blocks", "skips"} <= set(own):
        return "Lower is better: a model that holds every token for equally likely is at ln V."
    one_block, three, mended = own["feed-forward"], own["blocks"], own["skips"]
    than = "worse" if three > one_block else "better"
    return (
        f"Lower is better. Three blocks without skip connections (**{three:.3f}**) are {than} than "
        f"one (**{one_block:.3f}**); with them and the projection, **{mended:.3f}**."
    )


def figure(chosen: ClimbText, standings: Sequence[Standing]) -> go.Figure:
    """The losses of all rungs; the lecture's only if they are on the same text."""
    same = is_lectures(chosen.sha256)
    steps = [
        Step(
            standing.rung.title,
            _number(standing.result, "val_loss"),
            _number(standing.result, "first_loss"),
            standing.rung.lecture_loss if same else None,
            rung_training.state(standing),
        )
        for standing in standings
    ]
    return rung_losses(steps, uniform_loss(chosen.vocab_size), "the lecture")


def arrays(chosen: ClimbText) -> dict[str, np.ndarray]:
    """The table's numbers, one row for each rung; nan for a missing number."""
    standings = chosen.standings()
    columns = {name: [_number(standing.result, name) for standing in standings] for name in NUMBERS}
    lecture = [standing.rung.lecture_loss for standing in standings]
    return {
        "rung": np.array([standing.rung.name for standing in standings]),
        **{name: np.array(column, dtype=float) for name, column in columns.items()},
        "lecture_loss": np.array(lecture, dtype=float),
    }


def _number(result: Result | None, name: str) -> float | None:
    return None if result is None else getattr(result, name)


def _row(chosen: ClimbText, standing: Standing) -> str:
    numbers = _numbers(standing.result)
    same, lecture = is_lectures(chosen.sha256), standing.rung.lecture_says
    difference = "" if not same or standing.difference is None else f"{standing.difference:+.3f}"
    count = climb_text.parameters(standing.rung.name, chosen.vocab_size, standing.rung)
    cells = [f"{count:,}", *numbers, lecture if same else "", difference.replace("-", "−")]
    words = [plain(standing.rung.title), plain(standing.trouble or rung_training.state(standing))]
    return f"| {' | '.join([*words, *cells])} |"


def _numbers(result: Result | None) -> list[str]:
    if result is None:
        return ["", "", "", ""]
    losses = (result.first_loss, result.train_loss, result.val_loss)
    return [f"{result.seconds:.1f}", *(f"{loss:.4f}" for loss in losses)]


def _facts(chosen: ClimbText, standings: Sequence[Standing]) -> str:
    """Say what the columns mean, and whether the lecture's numbers are comparable."""
    uniform = uniform_loss(chosen.vocab_size)
    done = [standing.result for standing in standings if standing.result is not None]
    whole = f" ({done[0].positions:,} predictions)" if done else ""
    holds = "The lecture's figures are of this text."
    if not is_lectures(chosen.sha256):
        holds = "The lecture's figures hold for Tiny Shakespeare only, and are left out here."
    return marked(
        f"{plain(chosen.title)}, V = {chosen.vocab_size}, seed {chosen.seed}. Losses in [[nats]]: "
        f"before training, to be set against ln V = {uniform:.4f}, and training are means over "
        f"random batches; validation is over the whole validation split{whole}. Seconds are of "
        f"training, evaluations left out. {holds}"
    )


def _offer(chosen: ClimbText) -> None:
    save_button(
        "ladder",
        figures={"The ladder": lambda: figure(chosen, chosen.standings())},
        arrays=lambda: arrays(chosen),
        settings={
            "text": chosen.title,
            "sha256": chosen.sha256,
            "seed": chosen.seed,
            "runs": [
                standing.run.name for standing in chosen.standings() if standing.run is not None
            ],
        },
    )
