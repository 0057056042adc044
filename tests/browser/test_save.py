"""Save, as a person uses it: the files that a browser gets, opened by something else."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

import gpt
from tests.browser.app_server import AppServer
from tests.browser.waiting import box_of
from viz.colors import WEIGHTS_SCALE

PROMPT = "First Citizen:\nBefore"
HEADS = "A shakespeare: Weights of all heads"
HEAD = "A shakespeare: Weights of layer 2, head 1"
SVG = "{http://www.w3.org/2000/svg}"
FOCUSED = """() => {
  let element = document.activeElement;
  while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element.ariaLabel || element.innerText.trim();
}"""


@pytest.fixture(scope="module")
def traced(server: AppServer) -> gpt.Trace:
    run = gpt.load(server.checkpoints / "shakespeare")
    return gpt.trace(run.model, run.tokenizer.encode(PROMPT))


@pytest.fixture(scope="module")
def step(server: AppServer) -> gpt.Step:
    """What the Generate page shows of the prompt."""
    run = gpt.load(server.checkpoints / "shakespeare")
    return next(gpt.generate(run.model, run.tokenizer.encode(PROMPT), 1, 0.5, seed=3))


def dialog(page: Page, address: str) -> Locator:
    """Open a page by its address and its Save dialog; return that once its picture is drawn."""
    page.goto(address)
    page.get_by_role("button", name="Save", exact=True).click()
    opened = page.get_by_role("dialog")
    drawn(opened)
    return opened


def drawn(opened: Locator, before: str = "") -> str:
    """Wait until the preview shows another picture than `before`; return which."""
    picture = opened.get_by_test_id("save-picture")
    expect(picture.locator("button").first).to_be_enabled()
    expect(picture).not_to_have_attribute("data-ready", before)
    return picture.get_attribute("data-ready") or ""


def choose(opened: Locator, picture: str) -> None:
    before = drawn(opened)
    opened.get_by_label("Picture", exact=True).click()
    opened.page.get_by_role("option", name=picture, exact=True).click()
    expect(opened.get_by_test_id("save-picture")).not_to_have_attribute("data-ready", before)
    drawn(opened)


def saved(opened: Locator, button: str, folder: Path) -> Path:
    with opened.page.expect_download() as download:
        opened.get_by_role("button", name=button, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def closed(page: Page) -> None:
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def generate(server: AppServer) -> str:
    query = {"run": "shakespeare", "prompt": PROMPT, "temperature": 0.5, "seed": 3}
    return f"{server.url}/generate?{urlencode(query)}"


def compare(server: AppServer) -> str:
    query = {"runs": "shakespeare,shakespeare-fast", "show": "compare", "prompt": PROMPT}
    head = {"a": "shakespeare", "b": "shakespeare-fast", "layer_a": 2, "head_a": 1}
    return f"{server.url}/runs?{urlencode(query | head)}"


def told(settings: dict[str, Any]) -> None:
    """What every file of the Generate page says of itself."""
    assert settings["run"] == "shakespeare" and settings["prompt"] == PROMPT
    assert settings["switches"] == {} and settings["headlight"] == gpt.__version__
    assert settings["temperature"] == 0.5 and settings["seed"] == 3
    assert "temperature=0.5" in settings["link"]


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Every chunk of a PNG; each must have the right check sum."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    return found


def test_every_format_of_the_distribution(
    page: Page, server: AppServer, step: gpt.Step, tmp_path: Path
) -> None:
    opened = dialog(page, generate(server))
    png, svg = saved(opened, "PNG", tmp_path), saved(opened, "SVG", tmp_path)
    npz = saved(opened, "NPZ", tmp_path)
    opened.get_by_label("Numbers", exact=True).click()
    page.get_by_role("option", name="probs 65").click()
    csv = saved(opened, "CSV", tmp_path)
    closed(page)
    assert png.name == "headlight-generate-shakespeare.png"
    below, height = _check_svg(svg.read_text(), step)
    _check_png(png.read_bytes(), below, height)
    arrays = np.load(npz)
    told(json.loads(str(arrays["settings"])))
    for name in ("logits", "probs_before", "probs"):
        assert np.allclose(arrays[name], getattr(step, name), atol=1e-6)
    told(json.loads(csv.read_text().split("\n")[0].removeprefix("# ")))
    table = pd.read_csv(csv, comment="#")
    assert np.array_equal(table["probs"].to_numpy(np.float32), arrays["probs"].astype(np.float32))


def _check_png(data: bytes, below: int, height: int) -> None:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    assert picture.size[0] == 2 * 960 and len(picture.convert("RGB").getcolors(1 << 24)) > 10
    # Below the picture: the caption, in ink on the paper.
    assert picture.size[1] == 2 * height
    beneath = np.asarray(picture.convert("L"))[2 * below :]
    assert 0.005 < (beneath < 160).mean() < 0.2
    kinds = [kind for kind, _ in chunks(data)]
    assert kinds[:2] == [b"IHDR", b"iTXt"] and kinds[-1] == b"IEND"
    told(json.loads(picture.text["headlight"]))


def _check_svg(text: str, step: gpt.Step) -> tuple[int, int]:
    """Where its caption begins, and where it ends, in px."""
    tree = ElementTree.fromstring(text)
    assert tree.get("width") == "960"
    told(json.loads(tree.find(f"{SVG}metadata").text))
    words = ["".join(element.itertext()).strip() for element in tree.iter(f"{SVG}text")]
    captions = [one.text or "" for one in tree.iter(f"{SVG}text") if one.get("class") == "caption"]
    assert "".join(captions) == tree.find(f"{SVG}desc").text
    ground = tree.findall(f"{SVG}rect")[-1]
    below, height = int(ground.get("y")), int(tree.get("height"))
    assert below > 100 and height - below == int(ground.get("height")) > 19 * len(captions)
    best = np.argsort(-step.probs_before, kind="stable")[:5]
    printed = [float(word[:-1]) for word in words if re.fullmatch(r"[\d.]+%", word)]
    for share in (*step.probs_before[best], *step.probs[best]):
        if (
            share >= 0.0001
        ):  # the page's reading differs from this one by 1e-6: half a digit at most
            assert min(abs(100 * share - number) for number in printed) < 0.0051
    assert f"prompt: {PROMPT}".replace("\n", "↵") in tree.find(f"{SVG}desc").text
    assert "http" not in text.replace("http://www.w3.org/", "")
    return below, height


def test_a_page_of_all_heads_opens_offline_and_shows_the_trace(
    page: Page, server: AppServer, browser: Browser, traced: gpt.Trace, tmp_path: Path
) -> None:
    opened = dialog(page, compare(server))
    choose(opened, HEADS)
    html, npz = saved(opened, "HTML", tmp_path), saved(opened, "NPZ", tmp_path)
    closed(page)
    weights = np.load(npz)["a.weights"]
    assert np.allclose(weights, traced.weights, atol=1e-6)
    context = browser.new_context(offline=True)
    try:
        alone = context.new_page()
        asked: list[str] = []
        alone.on("request", lambda request: asked.append(request.url))
        alone.goto(html.as_uri())
        expect(alone.locator("#figure .heatmaplayer image").first).to_be_attached()
        shown = alone.evaluate("Array.from(figure.calcdata[0][0].z, row => Array.from(row))")
        settings = json.loads(alone.locator("script#settings").text_content() or "")
        expect(alone.locator("#told")).to_contain_text("prompt: First Citizen:↵Before")
    finally:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert settings["prompt"] == PROMPT and settings["headlight"] == gpt.__version__
    _check_tiles(np.array(shown, dtype=float), weights, traced.visible)


def _check_tiles(shown: np.ndarray, weights: np.ndarray, visible: np.ndarray) -> None:
    """Every head's tile of the picture holds its weights, and nothing where they are masked."""
    L, H, T, _ = weights.shape
    step = (shown.shape[0] + round(T / 10)) // L
    for layer, head in np.ndindex(L, H):
        tile = shown[layer * step :, head * step :][:T, :T]
        assert np.allclose(tile[visible], weights[layer, head][visible], atol=1e-6)
        assert np.isnan(tile[~visible]).all()


def test_the_colours_of_a_saved_map_are_those_of_its_weights(
    page: Page, server: AppServer, traced: gpt.Trace, tmp_path: Path
) -> None:
    opened = dialog(page, compare(server))
    expect(opened.get_by_label("Picture", exact=True)).to_have_value(HEAD)
    text = saved(opened, "SVG", tmp_path).read_text()
    closed(page)
    tree = ElementTree.fromstring(text)
    (image, *_) = (i for i in tree.iter(f"{SVG}image"))
    data = base64.b64decode(image.get("{http://www.w3.org/1999/xlink}href").partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), dtype=float)
    T = len(PROMPT)
    for i, j in [(0, 0), (5, 3), (12, 11), (20, 1), (20, 20)]:
        y, x = (int((n + 0.5) / T * size) for n, size in zip((i, j), pixels.shape[:2], strict=True))
        expected = _color(float(traced.weights[2, 1, i, j]))
        assert np.abs(pixels[y, x, :3] - expected).max() <= 2, (i, j)
    words = ["".join(element.itertext()).strip() for element in tree.iter(f"{SVG}text")]
    assert [word for word in words if len(word) == 1][:T] == list(
        PROMPT.replace("\n", "↵").replace(" ", "·")
    )


def _color(weight: float) -> np.ndarray:
    """A weight's colour, worked out from the scale."""
    places = [place for place, _ in WEIGHTS_SCALE]
    stops = np.array([[int(c[at : at + 2], 16) for at in (1, 3, 5)] for _, c in WEIGHTS_SCALE])
    return np.array([np.interp(weight, places, stops[:, channel]) for channel in range(3)])


def test_the_dark_theme_saves_a_dark_picture(
    dark_page: Page, server: AppServer, tmp_path: Path
) -> None:
    opened = dialog(dark_page, generate(server))
    picture = Image.open(saved(opened, "PNG", tmp_path)).convert("RGB")
    closed(dark_page)
    assert picture.getpixel((2, 2)) == (0x15, 0x18, 0x1C)


def test_save_is_reached_by_keyboard_and_stands_in_the_header(
    page: Page, server: AppServer
) -> None:
    page.goto(generate(server))
    button = page.get_by_role("button", name="Save", exact=True)
    box, header = box_of(button), box_of(page.get_by_role("heading", name="Generate"))
    assert header["y"] < box["y"] + box["height"] / 2 < header["y"] + header["height"]
    assert 1280 - 60 < box["x"] + box["width"] < 1280
    button.focus()
    page.keyboard.press("Enter")
    opened = page.get_by_role("dialog")
    drawn(opened)
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    assert {"PNG", "SVG", "HTML", "CSV (zip)", "NPZ", "Numbers"} <= reached
    closed(page)
