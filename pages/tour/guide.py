"""The guide: what the shell asks of the tour, before a page runs and after it.

Which stop a person is at stands in the URL (`tour`), and follows from page to page. The session
keeps the answers that were given, the browser keeps how far a person is, and nothing keeps the
model's own answers: they are measured again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import streamlit as st

from gpt.errors import HeadlightError
from pages.shared import folders, page_links
from pages.shared.page_memory import TOUR, pass_by, session_memory
from pages.shared.parameters import Cell
from pages.shared.url_fields import SHARED
from pages.tour import marking, progress, stop_link, stops
from pages.tour.marking import Given
from pages.tour.progress import Progress
from pages.tour.stops import Stop

COOKIE = "headlight_tour"
YEAR = 365 * 24 * 3600
BARE = {"tour", "run"}
"""A link with these names alone opens a stop as it is in its file."""
SWITCHES = ("mask", "scale")
CLICK = "_tour_click"
GO_ON = "next"
"""In a link, in place of a stop's name: the first one that is not answered."""


@dataclass(frozen=True)
class Place:
    """Where a person is: all stops, the one they are at, and the run that it reads."""

    stops: tuple[Stop, ...]
    number: int
    run: str

    @property
    def stop(self) -> Stop:
        """The stop."""
        return self.stops[self.number]


def names() -> list[str]:
    """The names of all stops."""
    return [stop.name for stop in every_stop()]


def every_stop() -> tuple[Stop, ...]:
    """All stops, read again when a file changes."""
    where = stops.folder()
    newest = max((path.stat().st_mtime_ns for path in where.glob("*.toml")), default=0)
    return _every_stop(str(where), newest)


@st.cache_resource(max_entries=4, show_spinner=False)
def _every_stop(where: str, newest: int) -> tuple[Stop, ...]:
    return stops.read_all(Path(where))


def tour_position(page: str) -> Place | None:
    """Where a person is, on a page that is about to run; None if the stop is not there.

    A bare link opens its stop at once, and this run of the page ends.
    """
    every, name = every_stop(), page_links.coming(page, TOUR[1])
    link = page_links.news(page)
    if link is not None and TOUR[1] in link and set(link) <= BARE:
        follow(link)
    number = stops.place_of(every, name)
    return None if number is None else Place(every, number, _run(every[number], page))


def _run(stop: Stop, page: str) -> str:
    """The run that is read at a stop; one that a person or a link chose stays for those to come."""
    run = stop_link.run_of(stop, current().run)
    chosen = page_links.coming(page, "run") if page == stop.page else None
    has_menu = "run" in stop_link.names_on(stop.page)
    if has_menu and chosen and chosen != run and stop_link.fits(stop, chosen):
        keep(current().with_run("" if chosen == stop.run else chosen))
        return stop_link.run_of(stop, chosen)
    return run


def follow(link: Mapping[str, str]) -> None:
    """Open the stop of a bare link; a name that there is not stays for the panel to say."""
    every, run = every_stop(), link.get("run", "")
    name = link[TOUR[1]]
    if run:
        keep(current().with_run(run))
    if name == GO_ON:
        name = current().first_open(names())
    number = stops.place_of(every, name)
    if number is not None:
        open_stop(every[number])


def open_stop(stop: Stop) -> NoReturn:
    """Go to a stop's page, in its state, with its question not answered yet."""
    run = stop_link.run_of(stop, current().run)
    link = stop_link.link(stop, run)
    answers().pop(stop.name, None)
    st.session_state.pop("_tour_again", None)
    st.session_state.pop(CLICK, None)
    page_links.expect(stop.page, link)
    st.switch_page(folders.ROOT / "pages" / f"{stop.page}.py", query_params=link)


def leave() -> None:
    """End the tour; how far the person is stays with the browser.

    Mask and scale are as trained again: a switch that was tried at a stop would else change what a
    person sees of every model from here on.
    """
    memory = session_memory()
    for name in SWITCHES:
        memory.texts.pop((SHARED, name), None)
        if name in st.query_params:
            st.query_params[name] = "model"
    memory.texts.pop(TOUR, None)
    memory.watch = None
    memory.expected = None
    st.query_params.pop(TOUR[1], None)
    pass_by(memory, memory.written)


def answers() -> dict[str, Given]:
    """The answers that this session has given, by the stop's name."""
    given: dict[str, Given] = st.session_state.setdefault("_tour_answers", {})
    return given


def ask_again(stop: Stop) -> None:
    """Ask a stop's question once more; the page stays as it is, unless its picture is clicked."""
    if stop.answer.click:
        open_stop(stop)
    st.session_state["_tour_again"] = stop.name
    st.rerun()


def is_again(stop: Stop) -> bool:
    """Whether a stop's question is asked once more."""
    return bool(st.session_state.get("_tour_again") == stop.name)


def click(stop: Stop) -> Cell | None:
    """The cell that was clicked last as the stop's answer."""
    name, cell = st.session_state.get(CLICK, ("", None))
    return cell if name == stop.name else None


def take_click(stop: Stop, cell: Cell | None) -> None:
    """Take a cell as the answer that waits for its marking."""
    st.session_state[CLICK] = stop.name, cell


def current() -> Progress:
    """How far the person is: as the session says, at first as the browser does."""
    if "_tour_progress" not in st.session_state:
        text = st.context.cookies.get(COOKIE, "")
        st.session_state["_tour_progress"] = progress.read(str(text))
    now: Progress = st.session_state["_tour_progress"]
    return now


def keep(now: Progress) -> None:
    """Remember how far the person is."""
    st.session_state["_tour_progress"] = now


def write_cookie() -> None:
    """Have the browser keep how far the person is."""
    cookie = f"{COOKIE}={current().text()}; path=/; max-age={YEAR}; SameSite=Lax"
    script = f"<script>document.cookie = {json.dumps(cookie)};</script>"
    st.html(script, unsafe_allow_javascript=True)


def answer(at: Place, given: Given) -> None:
    """Take an answer: mark it, light up what it is about, and run the page again."""
    stop = at.stop
    answers()[stop.name] = given
    st.session_state.pop("_tour_again", None)
    try:
        own = stop_link.measured(stop, at.run, given)
        right = marking.is_right(stop.answer, own, given)
        keep(current().with_mark(stop.name, progress.RIGHT if right else progress.WRONG))
        if stop.light or stop.withheld:
            memory = session_memory()
            before = memory.standing if memory.page == stop.page else {}
            here = {name: text for name, text in before.items() if text}
            now = here if here.get(TOUR[1]) == stop.name else stop_link.link(stop, at.run)
            page_links.expect(stop.page, now | stop_link.lit(stop, at.run, own))
    except HeadlightError:
        pass  # the panel says why
    st.rerun()


def is_waiting(at: Place, page: str) -> bool:
    """Whether a page opens only when the stop's question is answered."""
    return at.stop.waits and page == at.stop.page and at.stop.name not in answers()


def watch(at: Place) -> None:
    """Look whether a cell was clicked or the stop's act done just now; then run the panel again."""
    memory, stop = session_memory(), at.stop
    here = memory.page == stop.page and memory.texts.get(TOUR) == stop.name
    if here and stop.answer.click and stop.name not in answers():
        _watch_click(stop)
    is_new = not current().has(stop.name, progress.DONE)
    if here and is_new and marking.is_done(stop.act, memory.standing):
        keep(current().with_mark(stop.name, progress.DONE))
        st.rerun()


def _watch_click(stop: Stop) -> None:
    """Take the cell that is held in the page's picture, if it is another one than before."""
    now, seen = stop_link.clicked(stop), st.session_state.get(f"{CLICK}_seen")
    if (stop.name, now) != seen:
        st.session_state[f"{CLICK}_seen"] = stop.name, now
        if click(stop) != now:
            take_click(stop, now)
            st.rerun()
