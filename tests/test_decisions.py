"""The pages of docs/adr: each has a number of its own, in its name and in its heading."""

from __future__ import annotations

import re

from tests.browser.app_server import ROOT

PAGES = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def test_the_numbers_go_up_one_by_one() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))


def test_every_heading_has_the_number_of_its_page() -> None:
    for page in PAGES:
        heading = page.read_text(encoding="utf-8").partition("\n")[0]
        assert re.fullmatch(rf"# {int(page.name[:4])}\. \S.*", heading), page.name
