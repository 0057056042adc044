"""Training in a real browser: press Train, watch, pause, stop, reload, look inside."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import AppServer
from tests.browser.waiting import becomes, until

OWN_RUNS = True
LONG = 20_000  # steps that nobody waits for


def opened(page: Page, server: AppServer, query: str) -> None:
    """The Train page, ready, with all that is under *More*; its runs have so many steps."""
    page.goto(f"{server.url}/train{query}&minutes=steps")
    expect(page.get_by_label("Name", exact=True)).to_be_visible()
    page.get_by_text("More: tokenizer").click()
    expect(page.get_by_label("steps", exact=True)).to_be_visible()


def state(page: Page) -> Locator:
    return page.locator(".st-key-state")


def fill(page: Page, label: str, value: object) -> None:
    """Type into a field and wait until the page has taken it."""
    box = page.get_by_label(label, exact=True)
    box.fill(str(value))
    box.press("Enter")
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0)


def train(page: Page, name: str, steps: int) -> None:
    """Press Train on a text that is quickly written."""
    fill(page, "steps", steps)
    fill(page, "Name", name)
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    press(page, "Train")
    expect(state(page)).to_contain_text(name)


def press(page: Page, button: str) -> None:
    locator = page.get_by_role("button", name=button, exact=True)
    expect(locator).to_be_enabled()
    locator.click()


def show(page: Page, details: str) -> None:
    """Open the text, the architecture or the settings."""
    radio = page.get_by_role("radio", name=details, exact=True)
    expect(radio).to_have_count(1)  # while a page is drawn again, the old one may still be there
    radio.click()


def points(page: Page) -> int:
    """How many batch losses the curve has."""
    plot = page.locator(".st-key-train_curves .js-plotly-plot").first
    return int(plot.evaluate("plot => plot._fullData?.[0]?.x?.length ?? 0"))


def step(page: Page) -> int:
    shown = page.get_by_text(re.compile(r"^step [\d,]+ of"))
    found = re.search(r"step ([\d,]+) of", shown.inner_text())
    assert found
    return int(found[1].replace(",", ""))


def at_least(least: int, value: int) -> None:
    assert value >= least


def until_more_points(page: Page, than: int) -> int:
    def check() -> int:
        now = points(page)
        assert now > than
        return now

    return until(page, check)


def test_a_run_is_watched_stopped_found_again_and_looked_into(
    page: Page, server: AppServer
) -> None:
    opened(page, server, "?text=names")
    train(page, "mine", LONG)
    expect(state(page)).to_contain_text("starting")
    expect(state(page)).to_contain_text("training")
    before = until_more_points(page, 1)
    until_more_points(page, before)
    annotation = page.locator(".st-key-train_curves .annotation-text")
    expect(annotation).to_have_count(1)  # at a new point, two charts are there for a moment
    expect(annotation).to_contain_text("every token equally likely")
    expect(page.get_by_text("What the model writes by itself, at step")).to_be_visible()
    expect(page.get_by_text("L0 H0 weights at step")).to_be_visible()
    press(page, "Stop")
    expect(state(page)).to_contain_text("done")
    expect(state(page)).to_contain_text("on request")
    expect(page).to_have_url(re.compile("run=mine"))
    reached = step(page)

    page.reload()
    expect(state(page)).to_contain_text("mine")
    expect(state(page)).to_contain_text("on request")
    becomes(page, lambda: step(page), reached)
    page.get_by_role("link", name="Look inside").click()
    expect(page).to_have_url(re.compile("/attention.*run=mine"))
    expect(page.get_by_text("L0 H0 weights")).to_be_visible()


def test_a_short_run_ends_and_shows_what_it_learned(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=names")
    train(page, "short", 60)
    expect(state(page)).to_contain_text("all steps done")
    expect(page.get_by_text("step 60 of 60")).to_be_visible()
    becomes(page, lambda: points(page), 12)
    expect(page.get_by_text("What the model writes by itself, at step 60")).to_be_visible()
    expect(page.get_by_text("L0 H0 weights at step 60")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    for button in ("Pause", "Resume", "Stop"):
        expect(page.get_by_role("button", name=button, exact=True)).to_be_disabled()


def test_one_trains_one_waits_and_pausing_keeps_the_step(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=names")
    train(page, "first", LONG)
    expect(state(page)).to_contain_text("training")
    train(page, "second", LONG)
    expect(state(page)).to_contain_text("number 1 in line; first trains now")
    press(page, "Pause")
    expect(state(page)).to_contain_text("taken out of the line")

    opened(page, server, "?run=first")
    until_more_points(page, 2)
    press(page, "Pause")
    expect(state(page)).to_contain_text("paused; resume when you like")
    paused = step(page)
    assert paused > 0
    press(page, "Resume")
    expect(state(page)).to_contain_text("training")
    until(page, lambda: at_least(paused, step(page)))
    press(page, "Stop")
    expect(state(page)).to_contain_text("on request")


CANNOT_BE_USED = {
    b"": "is empty",
    b" \n\n": "is empty",
    b"na\xefve caf\xe9 " * 99: "is not UTF-8 text",
    b"too short to learn from": "at least 650 are needed",
}


def test_a_file_that_cannot_be_used_says_why(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=upload")
    for content, message in CANNOT_BE_USED.items():
        upload(page, "<b>mine.txt", content)
        expect(page.get_by_role("alert")).to_contain_text(message)
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
        page.get_by_test_id("stFileChipDeleteBtn").get_by_role("button").click()
        expect(page.get_by_role("alert")).to_have_count(0)


def test_own_files_are_read_in_order_and_shown_as_text(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=upload")
    text = "<script>alert(1)</script> \u202eabc\n" + "to be or not to be\n" * 100
    upload(page, "mine.fr", text.encode())  # what a text is called does not matter
    expect(page.get_by_text(f"{len(text):,} characters")).to_be_visible()
    show(page, "Text")
    expect(page.get_by_text("<script>alert(1)</script> ⟨U+202E⟩abc")).to_be_visible()


def upload(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": content}
    page.locator("input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]


def test_heads_that_do_not_fit_are_said_and_nothing_is_lost(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=names")
    fill(page, "steps", 77)
    show(page, "Architecture")
    expect(page.get_by_label("n_head", exact=True)).to_be_visible()
    fill(page, "n_head", 5)
    expect(page.get_by_role("alert")).to_contain_text("n_embd = 64 is not divisible by n_head = 5")
    expect(page.get_by_label("steps", exact=True)).to_have_value("77")
    fill(page, "n_head", 8)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()


def test_the_time_is_measured_when_asked_for(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=names")
    expect(page.get_by_text("time not measured yet")).to_be_visible()
    press(page, "Measure")
    expect(page.get_by_text(re.compile(r"a step, measured over \d"))).to_be_visible()


def test_no_run_of_a_test_is_left_in_the_shipped_folder(checkpoints: Path) -> None:
    assert (checkpoints / "mine").is_dir()


def test_a_run_of_bpe_is_trained_and_looked_into(page: Page, server: AppServer) -> None:
    opened(page, server, "?text=names&tokenizer=bpe&vocab=300")
    expect(page.get_by_text("V = 300", exact=True)).to_be_visible()
    train(page, "pairs", 20)
    expect(state(page)).to_contain_text("all steps done")
    expect(page.get_by_text(re.compile(r"nats a token, [\d.]+ a character"))).to_be_visible()
    expect(page.locator(".st-key-train_curves .annotation-text")).to_contain_text("ln V = 5.70")
    page.get_by_role("link", name="Look inside").click()
    expect(page).to_have_url(re.compile("/attention.*run=pairs"))
    expect(page.get_by_text("L0 H0 weights")).to_be_visible()
