"""How well a reward model foresees a person, measured beside the page.

The measurement takes a minute or two. It goes on in a thread of the server while the person rates,
looks elsewhere, or reloads the page; the page looks how far it is. One is made at a time, as each
seeds PyTorch's generator.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import partial

import streamlit as st

from gpt.checkpoint import Checkpoint
from gpt.errors import HeadlightError
from gpt.training.assistant.rating_folds import FOLDS, REPEATS, FoldedAccuracy, folded_accuracy
from gpt.training.assistant.ratings import Rating, Ratings
from gpt.training.runs import Run
from pages.shared import classroom, loads
from pages.shared.page_parts import repeated
from pages.shared.plain import plain

EVERY = 1.0  # seconds between looks at a measurement
KEPT = 64
Asked = tuple[str, int, tuple[Rating, ...]]
"""A run, the stamp of its weights, and the ratings."""
_one = threading.Lock()


@dataclass
class Measurement:
    """How far a measurement is, or what came of it.

    Fields:
        done: folds.
        result: at its end.
        trouble: why there is none, as plain text.
    """

    done: int = 0
    result: FoldedAccuracy | None = None
    trouble: str = ""

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.result is not None or bool(self.trouble)


@st.cache_resource(show_spinner=False)
def measurements() -> dict[Asked, Measurement]:
    """Those of this server, the oldest first."""
    return {}


def newest(run: Run, given: Ratings) -> tuple[int, Measurement] | None:
    """The last measurement of a beginning of the ratings, with how many it is of."""
    weights = run.name, loads.stamp(run.name)
    for (*of, rows), measurement in reversed(measurements().items()):
        if tuple(of) == weights and rows == given.rows[: len(rows)]:
            return len(rows), measurement
    return None


def begin(run: Run, given: Ratings) -> None:
    """Measure in a thread, unless it is being done or was done already."""
    known, key = measurements(), (run.name, loads.stamp(run.name), given.rows)
    if key in known and not known[key].trouble:
        return
    known.pop(key, None)
    known[key] = now = Measurement()
    over = [each for each, measurement in known.items() if measurement.is_over]
    for each in over[: max(0, len(known) - KEPT)]:
        del known[each]
    work = partial(measure, now, loads.checkpoint(run.name), given)
    threading.Thread(target=work, daemon=True, name="foreseen choices").start()


def measure(now: Measurement, parent: Checkpoint, given: Ratings) -> None:
    """Make a measurement, and keep how far it is."""

    def on_fold(done: int, total: int) -> None:
        now.done = done

    try:
        with classroom.one_measurement(), _one:
            now.result = folded_accuracy(parent, given.comparisons(), on_fold=on_fold)
    except HeadlightError as error:
        now.trouble = str(error)
    except Exception:
        logging.getLogger("headlight").exception("measuring how well choices are foreseen")
        now.trouble = "the measurement met an error that is ours; the server's log has the details"


def draw(run: Run, given: Ratings) -> None:
    """Draw the button, how far a measurement is, and what came of it."""
    of, now = newest(run, given) or (0, None)
    is_moving = now is not None and not now.is_over
    if now is not None:
        repeated(_look, EVERY if is_moving else None)(of, len(given), now, is_moving)
    if not is_moving and not (now and now.result and of == len(given)):
        _button(run, given)


def _button(run: Run, given: Ratings) -> None:
    action = partial(begin, run, given)
    st.button("How well does it foresee me?", key="rate_measure", on_click=action)
    st.caption(
        f"The estimate trains {FOLDS * REPEATS} small reward models, each on all folds of your "
        "pairs but one. It takes a minute or two; you can go on rating meanwhile."
    )


def _look(of: int, ratings: int, now: Measurement, was_moving: bool) -> None:
    if was_moving and now.is_over:
        st.rerun()  # so that nobody looks any more
    if now.result is not None:
        first = f"Of your first {of:,} ratings: " if of < ratings else ""
        st.markdown(first + estimate(now.result))
    elif now.trouble:
        st.error(plain(now.trouble), icon=":material/error:")
    else:
        total = FOLDS * REPEATS
        st.progress(now.done / total, text=f"{now.done} of {total} reward models are trained")


def estimate(result: FoldedAccuracy) -> str:
    """How well choices are foreseen, in Markdown."""
    of = result.measured
    return (
        f"A reward model that learned from your other pairs foresees **{of.value:.1%}** of your "
        f"choices (95 % interval **{of.low:.1%}** to **{of.high:.1%}**; {result.pairs} pairs, "
        f"{FOLDS} folds, {REPEATS} times). It is an estimate; chance would foresee 50 %."
    )
