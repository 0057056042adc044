"""From every page to every other: what a person chose follows, or stays, and nothing breaks.

The first walk has the states alone, without pages. In the second, one session walks through the
real pages, and takes every way from one to another once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gpt.training.loop import train
from pages.shared import folders, page_links, page_memory, page_state, url_fields
from tests.gpt import tiny
from tests.pages import journeys
from tests.pages.journeys import LOOK, OWN, STATES
from tests.pages.opening import SECONDS, SHELL

CHOSEN = {"run": "second", "prompt": "annabe", "source": "ebanna", "tour": "mask"} | LOOK
PAIRS = list(permutations(STATES, 2))


class Address(dict[str, str]):
    """In place of st.query_params."""

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def get_all(self, name: str) -> list[str]:
        return [self[name]]

    def from_dict(self, texts: dict[str, str]) -> None:
        self.clear()
        self.update(texts)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A session without a browser; `said` are the messages it was given."""
    messages: list[str] = []
    fake = SimpleNamespace(
        session_state={}, query_params=Address(), warning=messages.append, said=messages
    )
    for module in (page_state, page_links, page_memory):
        monkeypatch.setattr(module, "st", fake)
    return fake


def visit(session: SimpleNamespace, page: str, **query: str) -> dict[str, str]:
    """Open a page, by the sidebar or by a link, and return its URL."""
    session.query_params.from_dict(query)
    page_state.publish(page_state.opened(STATES[page]))
    return session.query_params.to_dict()


def away(page: str) -> dict[str, str]:
    """A link to a page with everything set away from its default."""
    shared = {name: text for name, text in CHOSEN.items() if name in journeys.shared(page)}
    return OWN[page] | shared


def test_everything_is_set_away_from_its_default() -> None:
    for page, cls in STATES.items():
        assert set(away(page)) == {bound.name for bound in url_fields.all_bound(cls)}
        defaults = {b.name: b.default for b in url_fields.all_bound(cls)}
        for bound in url_fields.all_bound(cls):
            value = bound.parameter.read(away(page)[bound.name])
            assert value != defaults[bound.name], (page, bound.name)
            assert bound.text(value) == away(page)[bound.name]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_states_go_from_page_to_page(session: SimpleNamespace, first: str, second: str) -> None:
    start = away(first)
    assert visit(session, first, **start) == start
    there = visit(session, second)
    follow = {n: text for n, text in start.items() if n in journeys.shared(first)}
    assert {n: there[n] for n in there if n in follow} == {
        n: text for n, text in follow.items() if n in journeys.shared(second)
    }
    assert not set(there) & journeys.own(second), "a value of another page came along"
    assert visit(session, first) == start
    assert not session.said


# -- the real pages ---------------------------------------------------------------------------


def every_way() -> Iterator[str]:
    """Pages in an order that goes from each to each other once: Hierholzer's way through a graph
    in which every page leads to every other."""
    ways = {page: [other for other in STATES if other != page] for page in STATES}
    stack, circuit = [next(iter(STATES))], []
    while stack:
        if ways[stack[-1]]:
            stack.append(ways[stack[-1]].pop())
        else:
            circuit.append(stack.pop())
    yield from reversed(circuit)


def test_the_walk_takes_every_way_once() -> None:
    walk = list(every_way())
    assert sorted(pairwise(walk)) == sorted(PAIRS)


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two small models of the same shape, which know the letters of names."""
    root = tmp_path_factory.mktemp("journeys")
    model = {"n_layer": 2, "n_head": 2, "n_embd": 12, "block_size": 11}
    for name, seed in (("first", 1), ("second", 2)):
        train(tiny.new_run(root / name, model=model, seed=seed))
    return root


@pytest.mark.slow
def test_every_page_leads_to_every_other(two_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(two_runs))
    app = AppTest.from_file(SHELL, default_timeout=SECONDS)
    for page in STATES:
        check(go(app, page, **away(page)), "a link", page)
    walk = list(every_way())
    for before, page in pairwise(walk):
        check(go(app, page), before, page)


def go(app: AppTest, page: str, **query: str) -> AppTest:
    app.switch_page(str(folders.ROOT / "pages" / f"{page}.py"))
    app.query_params.clear()
    app.query_params.update(query)
    return app.run()


def check(app: AppTest, before: str, page: str) -> None:
    """No box that says something went wrong, and every value of the page where it was left."""
    way = f"{before} → {page}"
    boxes = [one.value for kind in ("exception", "error", "warning") for one in app.get(kind)]
    assert not boxes, way
    url = {name: text(value) for name, value in app.query_params.items()}
    for name, value in away(page).items():
        if name == "runs":  # in the table's order
            assert sorted(url[name].split(",")) == sorted(value.split(",")), way
        elif name in journeys.own(page):
            assert url.get(name) == value, (way, name)
        else:
            assert url.get(name) in (value, None), (way, name)
    if "run" in journeys.shared(page):
        assert url["run"] == CHOSEN["run"], way


def text(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)
