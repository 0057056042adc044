"""docs/claims.md: every link's address is one of the app's, and every number is computed anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from gpt.training.ladder.rungs import RUNGS
from gpt.training.pairs.building_pairs import EXPERIMENTS
from pages.shared import ahead, folders, url_fields
from tests.pages.claims_by_hand import BY_HAND

DOC = folders.ROOT / "docs" / "claims.md"
LINK = re.compile(r"\]\(http://localhost:8501/([^)]*)\)")
TEST = re.compile(r"`(tests/[\w/.]+)::(\w+)`")
EXTRA = ["heads batched", "context length", "norms", "scale", "value path", "positions off"]
NOT_YET: list[str] = []


@dataclass(frozen=True)
class Claim:
    """One row of the table."""

    name: str
    links: list[str]
    screen: str
    other: str
    held_by: str


def claims() -> list[Claim]:
    rows = [line.strip("|").split("|") for line in DOC.read_text("utf-8").splitlines()]
    cells = [[cell.strip() for cell in row] for row in rows if len(row) == 6]
    return [
        Claim(name, LINK.findall(link), screen, other, held_by)
        for name, _, link, screen, other, held_by in cells[2:]
    ]


def state_of(link: str) -> Any:
    """The state of the page that a link opens; every name in it is one of the page's."""
    parts = urlsplit(link)
    page = import_module(ahead.STATES[parts.path])
    (cls,) = [
        each
        for each in vars(page).values()
        if isinstance(each, type) and each.__module__ == page.__name__ and hasattr(each, "page")
    ]
    query = dict(parse_qsl(parts.query))
    known = {bound.name for bound in url_fields.all_bound(cls)}
    assert set(query) <= known, f"{link}: {set(query) - known} is no parameter of that page"
    return url_fields.address(cls, query)


def test_the_table_has_all_36_and_the_others() -> None:
    assert [claim.name for claim in claims()] == [*map(str, range(1, 37)), *EXTRA]
    held = {claim.name: claim.held_by for claim in claims()}
    assert [name for name, by in held.items() if by == "not yet"] == NOT_YET
    assert [name for name, by in held.items() if by == "anew"] == sorted(
        BY_HAND, key=list(held).index
    )


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.name)
def test_every_link_is_an_address_of_the_app_and_every_test_is_there(claim: Claim) -> None:
    assert claim.links or claim.name in NOT_YET
    for link in claim.links:
        state = state_of(link)
        assert getattr(state, "pair", None) in (None, *EXPERIMENTS)
        assert getattr(state, "rung", RUNGS[0].name) in [rung.name for rung in RUNGS]
    for file, name in TEST.findall(claim.held_by):
        text = (folders.ROOT / file).read_text("utf-8")
        assert f"def {name}(" in text, f"{file} has no {name}"
    assert claim.held_by in ("anew", "not yet") or TEST.search(claim.held_by)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_number_on_the_screen_is_the_one_by_other_means(name: str) -> None:
    (claim,) = [each for each in claims() if each.name == name]
    page, by_hand = BY_HAND[name](state_of(claim.links[0]))
    assert page == pytest.approx(by_hand, abs=1e-4)
    number = np.ravel(page)[0]
    texts = [f"{number:,}", f"{number:.4f}", *(["0"] if number == 0 else [])]
    texts += ["less than 1e-15"] if abs(number) < 1e-15 else []  # rounds otherwise elsewhere
    screen = claim.screen.replace("−", "-")
    assert any(text in screen for text in texts), f"{number} is not in {claim.screen!r}"
