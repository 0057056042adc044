"""Text to tensors in a browser: hovering tells the truth, and links show what was seen."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from gpt.text import training_batch
from gpt.text.corpus import from_builtin
from gpt.text.tokenizer import CharacterTokenizer
from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes

TEXT = "hii there <b>x</b>\nnaïve"
OWN = [46, 47, 47, 1, 58, 46, 43, 56, 43]  # the lecture's ids of "hii there", 9:28


def show(page: Page, server: AppServer, **link: object) -> None:
    page.goto(f"{server.url}/tensors?{urlencode({'corpus': 'plays', **link})}")


def row(page: Page, title: str) -> Locator:
    """The row of one tokenizer, once every tokenizer has been trained."""
    rows = page.locator(".st-key-tensors_rows")
    found = rows.locator("section").filter(has=page.get_by_text(title, exact=True))
    expect(found).to_be_visible()
    return found


def lit(place: Locator) -> Locator:
    return place.locator(".token.lit .piece")


def test_a_hovered_piece_lights_its_characters_in_every_row(page: Page, server: AppServer) -> None:
    show(page, server, sample=TEXT)
    in_bytes = row(page, "Bytes")
    in_bytes.locator(".token").filter(has_text="⟨0xC3⟩").hover()
    # Both are ï, character 21 of the text.
    expect(lit(in_bytes)).to_have_text(["⟨0xC3⟩", "⟨0xAF⟩"])
    readout = page.locator(".st-key-tensors_rows").get_by_test_id("token-readout")
    expect(readout).to_contain_text("is token 195 of “Bytes”, number 21 of 25, character 21")
    pieces = row(page, "BPE, trained on the text").locator(".token")
    words = "hii·there·<b>x</b>↵"
    becomes(
        page,
        lambda: "".join(pieces.locator(".piece").all_text_contents())[: len(words)],
        words,
    )
    expect(row(page, "Characters")).to_contain_text("U+003C")  # "<" is in no play


def test_the_arrow_keys_go_through_a_row(page: Page, server: AppServer) -> None:
    show(page, server, sample="hii there")
    own = row(page, "shakespeare's own")
    expect(own.locator(".id")).to_have_text([str(id) for id in OWN])
    own.locator(".tokens").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(own.locator(".token.this")).to_have_attribute("data-n", "3")
    expect(lit(row(page, "Bytes"))).to_have_text(["·"])


def test_a_batch_says_its_examples_and_keeps_its_row_in_the_link(
    page: Page, server: AppServer
) -> None:
    show(page, server, show="split and batch", draw=7)
    text = from_builtin("plays").text
    tokenizer = CharacterTokenizer.of(text)
    batch = training_batch.batch(training_batch.encoded(tokenizer, text), 4, 8, 7)
    expected = batch.examples(2)
    page.locator('td[data-of="y"][data-b="2"][data-t="3"]').hover()
    read, target = expected[3]
    expect(page.get_by_test_id("batch-readout")).to_have_text(
        f"when the input is {read}, the target is {target}"
    )
    expect(page.locator("td.read")).to_have_count(4)
    page.get_by_role("button", name="write out row 2").click()
    page.wait_for_url(re.compile("row=2"))
    expect(page.get_by_test_id("batch")).to_have_attribute("data-row", "2")
    words = page.get_by_test_id("batch-examples").locator(".words")
    expect(words).to_have_text(
        [f"when the input is {ids}, the target is {id}" for ids, id in expected]
    )
