"""Every page that there is can be reached, and opens without an error."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import folders

PAGES = sorted(path.stem for path in (folders.ROOT / "pages").glob("*.py"))
SHELL = folders.ROOT / "pages" / "shared" / "shell.py"


@pytest.mark.parametrize("name", PAGES)
def test_it_is_in_the_navigation(name: str) -> None:
    assert f'("{name}", "' in SHELL.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_it_opens(name: str) -> None:
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    app.switch_page(str(folders.ROOT / "pages" / f"{name}.py"))
    app.run()
    assert not app.exception and not app.error
    assert len(app.header) == 1
    assert app.markdown, "it says what to look for"
