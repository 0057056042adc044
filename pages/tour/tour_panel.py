"""The tour's panel, above a page: the stop's sentence, its question, the verdict and the act."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared import folders, kinds
from pages.shared.glossary import marked
from pages.shared.lecture import as_clock
from pages.shared.page_memory import key, session_memory
from pages.shared.page_parts import errors_as_messages, part
from pages.shared.parameters import Cell
from pages.shared.plain import plain
from pages.tour import guide, marking, progress, stop_link
from pages.tour.guide import Place
from pages.tour.marking import Given
from pages.tour.stops import Stop
from viz.text import visible

SCROLL = Path(__file__).parent / "in_sight.js"
STYLE = Path(__file__).parent / "panel.css"
MOST_PILLS = 48
"""Tokens to pick from; of more, a menu offers them."""
ASKED, ANSWERED = "asked", "answered"
NUMBERED = "{0} · {1}"
TOKEN = re.compile(r"\{token (-?\d+)\}")
CLICK = (
    ":material/ads_click: **Click in the picture below**, or go there with Tab, arrows and Enter."
)
OUTLINE = "outline: 2px solid; outline-offset: 4px; border-radius: 4px; outline-color: #d9730d;"


def begin(page: str) -> bool:
    """Draw the panel above a page; return whether the page may be drawn now."""
    may_open = True
    with errors_as_messages("tour"):
        at = guide.tour_position(page)
        may_open = at is None or not guide.is_waiting(at, page)
        with st.container(border=True, key="tour", gap="small"):
            _of_page(at, page)
    return may_open


def _of_page(at: Place | None, page: str) -> None:
    """What the panel says on a page: all of it on the stop's own."""
    if at is None:
        _unknown()
        return
    session_memory().watch = partial(guide.watch, at)
    if page != at.stop.page:
        _elsewhere(at)
        return
    st.html(STYLE)
    _panel(at)
    guide.write_cookie()


def _unknown() -> None:
    """A link to a stop that is not there."""
    st.markdown("The tour has no stop of that name here.")
    with st.container(horizontal=True):
        if st.button("Begin the tour", icon=":material/tour:", key="tour_begin"):
            guide.open_stop(guide.every_stop()[0])
        _leave_button()


def _elsewhere(at: Place) -> None:
    """One line, on another page than the stop's."""
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Back to the tour: {at.stop.title}"
        if st.button(label, icon=":material/tour:", key="tour_back"):
            guide.open_stop(at.stop)
        _leave_button()


@part
def _panel(at: Place) -> None:
    """The whole panel; it runs by itself while a person makes up their mind."""
    stop, given = at.stop, guide.answers().get(at.stop.name)
    _head(at)
    _say_other_run(at)
    if given is None or guide.is_again(stop):
        st.markdown(marked(_filled(stop.text, at)))
        st.markdown(f"**{_filled(stop.question, at)}**")
        _question(at)
        if given is None and stop.waits:
            st.caption("The page opens below when you have answered.")
        else:
            _bring_in_sight(stop, ASKED)
        return
    st.markdown(f"**{_filled(stop.question, at)}**")
    _verdict(at, given)
    _act(stop)
    _bring_in_sight(stop, ANSWERED)


def _say_other_run(at: Place) -> None:
    """Why the stop does not read the run that a link or a person chose, if it does not."""
    wanted = guide.current().run
    if wanted and wanted != at.run:
        is_here = wanted in folders.run_names()
        why = "it does something else" if is_here else "it is not here"
        st.caption(plain(f"This stop reads {at.run}, and not {wanted}: {why}."))


def _filled(text: str, at: Place) -> str:
    """A text with the sizes of the run where it says {V}, {L}, {H}, {C} or {D}, and its tokens.

    {token 3} is the token at place 3 of the whole prompt, {token -1} the last one.
    """
    config = kinds.config_of(at.run)
    if config is None:
        return text
    sizes = {"V": config.vocab_size, "L": config.n_layer, "H": config.n_head}
    for name, size in (sizes | {"C": config.n_embd, "D": config.head_size}).items():
        text = text.replace(f"{{{name}}}", f"{size:,}")
    return TOKEN.sub(lambda match: _quoted(at, int(match[1])), text)


def _quoted(at: Place, index: int) -> str:
    """The prompt's token by its index, in quotation marks; the last one for an index behind it."""
    pieces = _pieces(at)
    return f"“{plain(visible(pieces[max(-len(pieces), min(index, len(pieces) - 1))]))}”"


def _head(at: Place) -> None:
    """The way to other stops, the lecture's minute, and the way out."""
    with st.container(horizontal=True, vertical_alignment="center", key="tour_head"):
        _step_button(at, -1, "Back", "arrow_back", "tour_previous")
        _menu(at)
        if at.number + 1 < len(at.stops):
            _step_button(at, 1, "Next", "arrow_forward", "tour_next")
        else:
            _train_button(at)
        st.link_button(
            as_clock(at.stop.seconds),
            at.stop.video,
            icon=":material/play_circle:",
            help="This minute of the lecture, on YouTube.",
        )
        _leave_button()


def _step_button(at: Place, step: int, label: str, icon: str, name: str) -> None:
    """To the stop before or after this one; the way on stands out when the question is answered."""
    stop_number = at.number + step
    pressed = st.button(
        label,
        icon=f":material/{icon}:",
        key=name,
        disabled=stop_number < 0,
        type=_weight(at) if step > 0 else "secondary",
    )
    if pressed:
        guide.open_stop(at.stops[stop_number])


def _train_button(at: Place) -> None:
    """From the last stop to a model of one's own."""
    icon = ":material/model_training:"
    if st.button("Train your own", icon=icon, key="tour_train", type=_weight(at)):
        guide.leave()
        st.switch_page(folders.ROOT / "pages" / "train.py")


def _weight(at: Place) -> Literal["primary", "secondary"]:
    """How much the way on stands out."""
    return "primary" if guide.current().has(at.stop.name, progress.RIGHT) else "secondary"


def _menu(at: Place) -> None:
    """All stops; the marks say which are answered and done."""
    lines = [_line(at, stop_number) for stop_number in range(len(at.stops))]
    marks = guide.current().marks.get(
        at.stop.name, ""
    )  # a menu keeps the words that it was drawn with
    chosen = st.selectbox(
        "Stop of the tour",
        range(len(at.stops)),
        index=at.number,
        format_func=lines.__getitem__,
        key=f"tour_menu_{at.stop.name}{marks}",
        label_visibility="collapsed",
    )
    if chosen is not None and chosen != at.number:
        guide.open_stop(at.stops[chosen])


def _line(at: Place, stop_number: int) -> str:
    stop, now = at.stops[stop_number], guide.current()
    done = "✓" if now.has(stop.name, progress.RIGHT) else ""
    did = "✓" if now.has(stop.name, progress.DONE) else ""
    return f"{stop_number + 1} of {len(at.stops)}: {stop.title} {done}{did}".strip()


def _leave_button() -> None:
    if st.button("Leave", icon=":material/close:", key="tour_leave", type="tertiary"):
        guide.leave()
        st.rerun()


def _question(at: Place) -> None:
    """The question's control, and the button that has it marked."""
    across: Literal["center", "bottom"] = "center" if at.stop.answer.click else "bottom"
    with st.container(horizontal=True, vertical_alignment=across, key="tour_question"):
        given = _control(at)
        if st.button("Check", type="primary", key="tour_check", disabled=given is None):
            assert given is not None
            guide.answer(at, given)


def _control(at: Place) -> Given | None:
    """A choice, a number, a token, or what was clicked in the picture."""
    answer, name = at.stop.answer, f"tour_answer_{at.stop.name}"
    if answer.click:
        return _clicked(at)
    if answer.choices:
        return st.radio(
            at.stop.question,
            range(len(answer.choices)),
            index=None,
            format_func=answer.choices.__getitem__,
            horizontal=True,
            key=name,
            label_visibility="collapsed",
        )
    if answer.within is not None:
        return st.number_input(
            "Your answer",
            value=None,
            format="%g",
            step=None,
            key=name,
            width=180,
            placeholder="a number",
            label_visibility="collapsed",
        )
    return _token(at, name)


def _clicked(at: Place) -> Given | None:
    """The cell that was clicked, of which a key is the column; a withheld token has a button."""
    stop = at.stop
    cell = guide.click(stop)
    words = CLICK if cell is None else f":material/ads_click: {_said(at, _of_click(stop, cell))}"
    st.markdown(words, width="content")
    if stop.answer.click == "key":
        last = len(_pieces(at)) - 1
        for index in range(last + 1 - stop.withheld, last + 1):
            label = f"At {_quoted(at, index)} itself"
            if st.button(label, key=f"tour_self_{index}", type="tertiary"):
                guide.take_click(stop, (last, index))
                st.rerun()
    return None if cell is None else _of_click(stop, cell)


def _of_click(stop: Stop, cell: Cell) -> Given:
    """The answer that a clicked cell is."""
    return cell if stop.answer.click == "cell" else cell[1]


def _token(at: Place, name: str) -> Given | None:
    """One of the tokens that the model reads."""
    pieces = _pieces(at)

    def label(index: int) -> str:
        return f"**{plain(visible(pieces[index]))}** :grey[:small[{index}]]"

    if len(pieces) > MOST_PILLS:
        return st.selectbox(
            "Token",
            range(len(pieces)),
            index=None,
            key=name,
            format_func=lambda index: NUMBERED.format(index, visible(pieces[index])),
            label_visibility="collapsed",
            width=220,
        )
    return st.pills(
        "Token", range(len(pieces)), format_func=label, key=name, label_visibility="collapsed"
    )


def _pieces(at: Place) -> list[str]:
    read = stop_link.reading(at.stop, at.run)
    if at.stop.answer.tokens == "source":
        return read.checkpoint.source_tokenizer.pieces(read.source)
    return read.checkpoint.tokenizer.pieces(read.ids)


def _verdict(at: Place, given: Given) -> None:
    """The answer that was given, and the model's own, measured now."""
    try:
        verdict = marking.mark(at.stop.answer, stop_link.measured(at.stop, at.run, given), given)
    except HeadlightError as error:
        st.warning(plain(f"{at.run} cannot answer this: {error}"), icon=":material/info:")
        return
    icon, word = ("check_circle", "Right") if verdict.is_right else ("cancel", "Not so")
    colour = "green" if verdict.is_right else "red"
    with st.container(key="tour_verdict"):
        said = _said(at, given).removesuffix(".")
        st.markdown(f":{colour}[:material/{icon}: **{word}:** {said}.] {verdict.words}")


def _said(at: Place, given: Given) -> str:
    """An answer in words."""
    answer = at.stop.answer
    if isinstance(given, tuple):
        query, key = given
        return f"row {_quoted(at, query)} ({query}), column {_quoted(at, key)} ({key})"
    if answer.choices:
        return answer.choices[int(given)]
    if answer.within is not None:
        return f"{given:g}"
    return f"{_quoted(at, int(given))} (token {int(given)})"


def _act(stop: Stop) -> None:
    """What to do now; the controls that it names are outlined until it is done."""
    is_done = guide.current().has(stop.name, progress.DONE)
    icon, word = ("task_alt", "Done:") if is_done else ("touch_app", "Now you:")
    with st.container(horizontal=True, vertical_alignment="center", key="tour_act"):
        st.markdown(f":material/{icon}: **{word}** {stop.act.text}", width="stretch")
        if st.button("Answer again", key="tour_again", type="tertiary", icon=":material/replay:"):
            guide.ask_again(stop)
    if not is_done:
        st.html(f"<style>{_controls(stop)} {{ {OUTLINE} }}</style>")


def _controls(stop: Stop) -> str:
    """The controls of the stop's act, for CSS."""
    return ", ".join(f".st-key-{key(name)}" for name in stop.act.state)


def _bring_in_sight(stop: Stop, moment: str) -> None:
    """Have the browser scroll to the picture, once at each moment of the stop."""
    controls = _controls(stop) if moment == ANSWERED else ""
    given = json.dumps(
        {"moment": f"{stop.name} {moment}", "controls": controls, "matrix": stop.matrix}
    )
    st.html(f"<script>({SCROLL.read_text()})({given})</script>", unsafe_allow_javascript=True)
