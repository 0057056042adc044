"""The Import page as a person uses it: files handed over, recognised, imported, looked at."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

import gpt
from tests.browser.app_server import AppServer
from tests.gpt.convert.owners import CHARACTERS
from tests.gpt.convert.test_recognize import written

OWN_RUNS = True


def test_uploaded_files_become_a_run_that_opens(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    path, text = written("nanogpt", tmp_path / "theirs"), tmp_path / "input.txt"
    page.goto(f"{server.url}/import?from=upload")
    chooser = page.locator(".st-key-import_files input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files(path)
    expect(page.get_by_text("Recognised: nanoGPT's ckpt.pt")).to_be_visible()
    text.write_text(CHARACTERS[:17])
    chooser.set_input_files(text)
    expect(page.get_by_text("one token a character, V = 17")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("shakespeare")
    page.get_by_role("button", name="Import", exact=True).click()
    taken = page.get_by_text("'shakespeare' is there already; choose another name")
    expect(taken).to_be_visible()
    page.get_by_label("Name", exact=True).fill("handed-over")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported as handed-over")).to_be_visible()
    assert gpt.load(server.checkpoints / "handed-over").config.n_embd == 21
    page.locator(".st-key-imported_links").get_by_role("link", name="Attention").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("handed-over")
    expect(page).to_have_url(re.compile(r"/attention\?run=handed-over"))
