"""The Import page as a person uses it: files handed over, recognised, imported, looked at."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import torch
from playwright.sync_api import Page, expect

import gpt
from gpt.convert.vocabulary.byte_level import single_bytes
from tests.browser.app_server import AppServer
from tests.browser.waiting import has_parameters
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
    for title in ("Runs", "Import"):
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        expect(page.locator(".stMain h2").first).to_have_text(title)
    expect(page.get_by_text(f"Handed over before: {path.name}")).to_be_visible()
    expect(page.get_by_text("Recognised: nanoGPT's ckpt.pt")).to_be_visible()
    text.write_text(CHARACTERS[:17])
    chooser.set_input_files(text)
    expect(page.get_by_text("one token a character, V = 17")).to_be_visible()
    name = page.get_by_label("Name", exact=True)
    name.fill("shakespeare")
    name.press("Tab")
    taken = page.get_by_text("there is a run 'shakespeare' already; choose another name")
    expect(taken).to_be_visible()
    name.fill("handed-over")
    name.press("Tab")
    expect(taken).to_be_hidden()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported as handed-over")).to_be_visible()
    assert gpt.load(server.checkpoints / "handed-over").config.n_embd == 21
    page.locator(".st-key-imported_links").get_by_role("link", name="Attention").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value(re.compile("^handed-over: "))
    expect(page).to_have_url(re.compile("/attention"))
    has_parameters(page, run="handed-over")


def as_a_trainer_saves_it(folder: Path) -> Path:
    """A GPT-2 of the 256 bytes, with all that a Trainer leaves beside it."""
    written("gpt2", folder / "checkpoint-500", vocab_size=256)
    inside = folder / "checkpoint-500"
    (inside / "tokenizer.json").write_text(json.dumps(single_bytes()))
    for name in ("special_tokens_map.json", "tokenizer_config.json", "trainer_state.json"):
        (inside / name).write_text("{}")
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
        torch.save({"step": 500}, inside / name)
    (inside / "README.md").write_text("# A model")
    (inside / "README.txt").write_text("A model, again")
    return folder


def test_a_whole_folder_as_a_trainer_saved_it(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    page.goto(f"{server.url}/import?from=upload")
    chooser = page.locator(".st-key-import_folder input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files(as_a_trainer_saves_it(tmp_path / "fine-tuned"))
    expect(page.get_by_text("Recognised: GPT-2, as Hugging Face keeps it")).to_be_visible()
    expect(page.get_by_text("V = 256")).to_be_visible()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("placeholder", "fine-tuned")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported as fine-tuned")).to_be_visible()
    assert gpt.load(server.checkpoints / "fine-tuned").tokenizer.vocab_size == 256


def test_a_zip_of_a_run_comes_back_with_its_curves(
    page: Page, server: AppServer, tmp_path: Path
) -> None:
    run = server.checkpoints / "shakespeare"
    packed = shutil.make_archive(str(tmp_path / "shared"), "zip", run.parent, run.name)
    page.goto(f"{server.url}/import?from=upload")
    chooser = page.locator(".st-key-import_files input[type=file]")
    chooser.wait_for(state="attached")
    chooser.set_input_files(packed)
    expect(page.get_by_text("Recognised: a run of Headlight")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("back")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported as back")).to_be_visible()
    for name in ("metrics.jsonl", "samples.jsonl"):
        assert (server.checkpoints / "back" / name).read_bytes() == (run / name).read_bytes()
