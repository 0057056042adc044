"""The loss that a run is expected to reach, and beside it the one that it reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gpt.errors import TextError
from gpt.training import expected_loss
from gpt.training.expected_loss import Expectation
from gpt.training.runs import Run
from pages.parts.train.text_reading import TextReading
from pages.shared import run_data

if TYPE_CHECKING:
    from pages.parts.train.train_form import Plan

HELP = (
    "An expectation, not a promise: what counting pairs, triples and quadruples of this text's "
    "characters comes to on its held-out part, continued to the length of context that a model of "
    "this size had learned after as many characters in other runs."
)


def show(plan: Plan) -> Expectation | None:
    """Draw the loss that a run is expected to reach; None if the text is too short to count."""
    expectation = expected(plan)
    if expectation is None:
        return None
    low, high = (expectation.loss + side * expectation.within for side in (-1, 1))
    words = (
        f"It should come to about **{expectation.loss:.2f}** nats a character, somewhere from "
        f"{low:.2f} to {high:.2f}"
    )
    if (long := plan.reading.counts.characters_per_token) != 1:
        words += f": **{expectation.loss * long:.2f}** a token"
    two, four = expectation.counted[1], expectation.counted[3]
    st.markdown(
        f"{words}. Counting pairs of characters comes to {two:.2f}, quadruples to {four:.2f}.",
        help=HELP,
    )
    return expectation


def expected(plan: Plan) -> Expectation | None:
    """The loss that a run is expected to reach.

    None if the text is too short to count, if the run predicts no next token, or if it has
    teachers: the law was fitted to runs without.
    """
    reading, training = plan.reading, plan.training
    if training.task != "next" or training.teacher_share:
        return None
    try:
        losses = _counted(reading.text.digest, reading.documents, reading)
    except TextError:
        return None
    long = reading.counts.characters_per_token
    return expected_loss.expect(losses, reading.corpus, plan.model, training, long)


@st.cache_resource(max_entries=32, show_spinner="Counting pairs and triples…")
def _counted(digest: str, documents: str, _reading: TextReading) -> tuple[float, ...]:
    return expected_loss.counted(_reading.corpus, documents)


def reached(run: Run) -> str:
    """What a run was expected to reach beside what it has reached; "" if nothing was expected.

    Raises:
        CheckpointError: its config.json or metrics.jsonl cannot be read.
    """
    foretold = run.config().get("expected")
    if not foretold:
        return ""
    loss, within = foretold["loss"], foretold["within"]
    counts, latest = run.counts(), run_data.latest(run, "val_loss")
    if latest is None or counts is None:
        return f"expected **{loss:.2f}** ± {within:.2f} nats a character"
    now = counts.loss_per_character(latest)
    status = run.status()
    verb = "reached" if status.finished else "so far"
    return (
        f"expected **{loss:.2f}** ± {within:.2f} nats a character when all steps are done, "
        f"{verb} **{now:.4f}** ({now - loss:+.2f})"
    )
