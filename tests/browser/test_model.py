"""The Model page as a person uses it: a part by its bar, its numbers, the way out of the app."""

from __future__ import annotations

import re
import zipfile
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Page, expect
from safetensors import safe_open
from safetensors.numpy import load_file

from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import box_of


def opened(page: Page, server: AppServer, **state: object) -> None:
    page.goto(f"{server.url}/model?{urlencode(state)}")
    expect(page.get_by_text("How to read this")).to_be_visible()
    expect(page.locator(".st-key-numbers .bars")).to_be_visible()


def test_a_bar_chooses_its_part_and_the_numbers_are_the_files(
    page: Page, server: AppServer
) -> None:
    opened(page, server, run="shakespeare")
    bars = page.locator(".st-key-structure_all .point path")
    expect(bars.first).to_be_visible()
    # Attention of h.0: the third layer of bars that is drawn, the third of its six parts.
    bar = page.locator(".st-key-structure_all .trace").nth(2).locator(".point path").nth(2)
    box = box_of(bar)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    chosen = page.locator(".st-key-structure_h\\.0 .point path, .st-key-structure_h-0 .point path")
    expect(chosen.first).to_be_visible()
    expect(page).to_have_url(re.compile(r"part=h\.0(&|$)"))
    values = load_file(ROOT / "checkpoints" / "shakespeare" / "model.safetensors")[
        "h.0.ln_1.weight"
    ]
    told = page.locator(".st-key-tensor_numbers")
    for label, value in {
        "mean": values.mean(dtype=np.float64),
        "std": values.std(dtype=np.float64),
        "min": values.min(),
        "max": values.max(),
    }.items():
        expect(told).to_contain_text(f"{label} {value:.4f}".replace("-", "−"))
    page.locator(".st-key-places").get_by_role("link", name="Inside a head").click()
    expect(page.get_by_role("heading", name="Inside a head")).to_be_visible()
    for piece in ("run=shakespeare", "layer=0"):
        expect(page).to_have_url(re.compile(rf"{piece}(&|$)"))


def test_an_export_is_a_zip_with_the_same_numbers(page: Page, server: AppServer) -> None:
    opened(page, server, run="shakespeare")
    page.get_by_role("button", name="Export").click()
    nano = page.locator(".st-key-export_nanogpt button")
    expect(nano).to_be_disabled()
    expect(page.get_by_text("its output embedding is not its token embedding")).to_be_visible()
    with page.expect_download() as started:
        page.locator(".st-key-export_gpt2 button").click()
    page.keyboard.press("Escape")
    path = started.value.path()
    with zipfile.ZipFile(path) as file:
        assert {name.split("/")[0] for name in file.namelist()} == {"shakespeare-gpt2"}
        file.extractall(path.parent)
    ours = load_file(ROOT / "checkpoints" / "shakespeare" / "model.safetensors")
    with safe_open(path.parent / "shakespeare-gpt2" / "model.safetensors", "numpy") as theirs:
        key = theirs.get_tensor("transformer.h.1.attn.c_attn.weight")[:, 256:512]
    np.testing.assert_array_equal(key, ours["h.1.attn.key.weight"].astype(np.float32).T)
