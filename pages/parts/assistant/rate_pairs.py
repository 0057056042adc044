"""A person rates: two sampled answers side by side, which one is better, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from gpt.errors import HeadlightError
from gpt.text.template import is_writable
from gpt.training.assistant import ratings
from gpt.training.assistant.ratings import FEWEST, Rating, Ratings
from gpt.training.runs import Run
from pages.parts.assistant import (
    foreseen_choices,
    one_prompt,
    own_reward,
    pairs_file,
    stage_models,
)
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.nothing_yet import say_nothing_yet
from pages.parts.assistant.one_prompt import Writer
from pages.parts.assistant.prompt_field import Asked
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import classroom, loads, page_state, run_data, run_series
from pages.shared.plain import plain

TRIES = 20
"""Pairs of seeds that are tried until two answers differ."""
KEYS = {"a": "A is better", "tie": "Tie", "b": "B is better"}
SHORTCUTS = {"a": "a", "tie": "t", "b": "b"}


@dataclass(frozen=True)
class Pair:
    """Two answers to a prompt, A and B."""

    prompt: str
    a: str
    b: str

    def rating(self, verdict: str) -> Rating:
        """What a press of a button says: "a", "b" or "tie"."""
        chosen, rejected = (self.b, self.a) if verdict == "b" else (self.a, self.b)
        return Rating(self.prompt, chosen, rejected, verdict == "tie")


def pair(run: str, number: int) -> Pair | None:
    """The pair of a number, the same after a reload; None if the run always answers alike."""
    return _pair(run, loads.stamp(run), number)


@st.cache_resource(max_entries=64, show_spinner=False)
def _pair(run: str, stamp: int, number: int) -> Pair | None:
    offered = stage_models.prompts(run, run_data.file_stamp(_folder(run).path / "config.json"))
    prompt = offered[number % len(offered)]
    ids = tuple(stage_models.readable_prompt(run, prompt))
    writer = Writer("", run)
    for n in range(TRIES):
        seed = 2 * (number * TRIES + n) + 1
        a, b = (_answer(writer, prompt, ids, seed + side) for side in range(2))
        if a != b and is_writable(a) and is_writable(b):
            return Pair(prompt, a, b)
    return None


def _answer(writer: Writer, prompt: str, ids: tuple[int, ...], seed: int) -> str:
    """An answer; "" if it did not come to its end: with one it may be longer than a model reads."""
    row = one_prompt.answered(writer, Asked(prompt, ids, 1.0, seed))
    ended = one_prompt.answer_end(writer, row) < len(row)
    return one_prompt.answer_text(writer, row) if ended else ""


def _folder(run: str) -> Run:
    return stage_models.run_of(run)


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the next pair, the buttons, and what the ratings are good for."""
    if st.session_state.pop(own_reward.STARTED, False):
        st.rerun()  # the whole page: a box above has another run now
    run = chain.ready("tuned")
    if run is None:
        words = "Fine-tune a base first: then its answers can be rated here."
        say_nothing_yet(chain, "tuned", words)
        return {}
    run_series.trouble()
    _rated(run, state)
    pairs_file.draw(run)
    return {"skip": state.skip}


def _rated(run: Run, state: AssistantState) -> None:
    """Draw the next pair, and what is learned from those that were rated."""
    given = ratings.read(run.path)
    now = pair(run.name, len(given) + state.skip)
    if now is None:
        st.info("This run answers every prompt alike; there is nothing to choose between.")
        return
    st.markdown(f"Which answer to **{plain(now.prompt)}** is better?")
    for column, name, words in zip(st.columns(2, gap="medium"), "AB", (now.a, now.b), strict=True):
        with column, st.container(border=True, key=f"pair_{name.lower()}"):
            st.markdown(f"**{name}**  \n{plain(words)}")
    _buttons(run, now, len(given) + state.skip, state)
    _so_far(given)
    if not given.missing:
        _learn(run, given)


def _buttons(run: Run, now: Pair, number: int, state: AssistantState) -> None:
    """Draw the buttons, with keys of this pair's own: a late click rates no pair that nobody saw.

    Args:
        number: of the pair.
    """
    with st.container(horizontal=True, gap="small", key="rate_buttons"):
        for verdict, label in KEYS.items():
            st.button(
                label,
                key=f"rate_{verdict}_{number}",
                type="secondary" if verdict == "tie" else "primary",
                shortcut=SHORTCUTS[verdict],
                on_click=partial(_rate, run, now.rating(verdict)),
            )
        st.button(
            "Skip",
            key=f"rate_skip_{number}",
            type="tertiary",
            on_click=partial(_skip, state.skip + 1),
        )


def _skip(count: int) -> None:
    page_state.put(skip=count)


def _rate(run: Run, rating: Rating) -> None:
    """Keep a rating at once."""
    try:
        classroom.check_mine(run)
        ratings.append(run.path, rating)
    except (HeadlightError, OSError) as error:
        st.session_state[run_series.TROUBLE] = str(error)


def _so_far(given: Ratings) -> None:
    st.markdown(counted(given))
    if given.missing:
        st.progress(len(given.decided) / FEWEST, text=f"{len(given.decided)} of {FEWEST}")
        st.caption(
            f"Nothing can be told yet from so few: rate {given.missing} more, ties aside. Each is "
            "kept at once, in preferences.jsonl of the run’s folder."
        )


def counted(given: Ratings) -> str:
    """How many ratings there are, in Markdown."""
    words = [f"**{len(given):,}** rated", f"**{given.ties:,}** of them ties, which say nothing"]
    if given.contradictions:
        words.append(
            f"**{given.contradictions:,}** pairs of answers preferred both ways, which no model "
            "can agree with"
        )
    return "; ".join(words) + "."


def _learn(run: Run, given: Ratings) -> None:
    """Draw the button that trains on the ratings, and how well they let a model foresee others."""
    st.button(
        "Train a reward model on my pairs",
        key="rate_train",
        type="primary",
        icon=":material/play_arrow:",
        on_click=partial(own_reward.start, run, lambda: ratings.read(run.path).comparisons()),
    )
    foreseen_choices.draw(run, given)
