"""Generate, as a person uses it: step, overrule, branch, go back; nothing is lost by a link."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

import gpt
from gpt.checkpoint import model_config
from gpt.run_files import read_json
from gpt.text.corpus import from_bytes
from gpt.weights_file import save_weights
from tests.browser.app_server import AppServer
from tests.browser.waiting import at_rest, becomes, box_of, says_number, until
from tests.close import printed
from tests.gpt import tiny
from viz.text import visible

PROMPT = "First Citizen:\n"


def show(page: Page, server: AppServer, **link: object) -> Locator:
    """Open the page by a link; return the text once it is there."""
    page.goto(f"{server.url}/generate?{urlencode({'prompt': PROMPT, 'seed': 3} | link)}")
    text = page.get_by_test_id("generated-text")
    text.wait_for()
    return text


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def has_tokens(page: Page, n: int) -> None:
    expect(page.locator(".generated").last).to_have_attribute("data-tokens", str(n))


def has_link(page: Page, **values: str) -> None:
    """The URL says these, a moment later than the picture."""
    for name, value in values.items():
        expect(page).to_have_url(re.compile(re.escape(urlencode({name: value}))))


def read(text: Locator) -> str:
    """The text as a person would copy it."""
    return text.evaluate("e => e.textContent")


def reads(text: Locator, expected: str) -> None:
    """Wait until it reads so, signs and blanks included."""
    becomes(text.page, lambda: read(text), expected)


def expected(server: AppServer, n: int, **settings: object) -> list[gpt.Step]:
    """What gpt.generate gives for the same run, prompt and seed."""
    run = gpt.load(server.checkpoints / "shakespeare")
    ids = run.tokenizer.encode(PROMPT)
    return list(gpt.generate(run.model, ids, n, seed=3, **settings))  # type: ignore[arg-type]


def words(server: AppServer, steps: list[gpt.Step]) -> str:
    return gpt.load(server.checkpoints / "shakespeare").tokenizer.decode(s.id for s in steps)


def column(page: Page, which: int, generated: int = 0) -> Locator:
    """The percentages beside the bars after so many tokens: 0 the model's, 1 what is drawn from."""
    chart = page.locator(f".st-key-generate_bars_{generated} .js-plotly-plot")
    return chart.locator(".scatterlayer .trace").nth(which).locator("text")


def numbers(page: Page, which: int, generated: int = 0) -> list[str]:
    """What they say now."""
    found = [text.strip() for text in column(page, which, generated).all_text_contents()]
    assert found, "no bars are drawn yet"
    return found


def shares(page: Page, which: int, n: int) -> list[float]:
    """The first n of them, in percent."""
    return [float(text.removesuffix("%")) for text in numbers(page, which)[:n]]


@pytest.fixture(autouse=True)
def _shipped(server: AppServer) -> None:
    if not (server.checkpoints / "shakespeare" / "model.safetensors").exists():
        pytest.skip("the shipped run is not there")


def test_steps_are_those_of_generate(page: Page, server: AppServer) -> None:
    text = show(page, server, temperature=0.8, top_k=20)
    n = len(PROMPT)
    has_tokens(page, n)
    for _ in range(3):
        press(page, "Next token")
        n += 1
        has_tokens(page, n)
    press(page, "+50 at once")
    has_tokens(page, n + 50)
    steps = expected(server, 53, temperature=0.8, top_k=20)
    reads(text, PROMPT + words(server, steps))
    expect(page.get_by_text("reused 67, computed 1.")).to_be_visible()
    expect(text.locator(".prompt")).to_have_count(n - 3)
    expect(text.locator(".latest")).to_have_count(1)


def test_the_distribution_is_the_models(page: Page, server: AppServer) -> None:
    show(page, server, temperature=0.8, top_k=5)
    (step,) = expected(server, 1, temperature=0.8, top_k=5)
    order = np.argsort(-step.probs_before, kind="stable")[:18]
    for which, probs in enumerate((step.probs_before, step.probs)):
        becomes(page, partial(shares, page, which, 5), printed(100 * probs[order[:5]], 2))
    becomes(page, lambda: set(numbers(page, 1)[5:]), {"–"})


def test_the_tint_is_the_last_row_of_the_trace(page: Page, server: AppServer) -> None:
    text = show(page, server, heads="one", layer=1, head=2)
    run = gpt.load(server.checkpoints / "shakespeare")
    row = gpt.trace(run.model, run.tokenizer.encode(PROMPT)).weights[1, 2, -1]
    tinted, weights = text.locator("[data-weight]"), "all => all.map(e => +e.dataset.weight)"
    becomes(page, lambda: tinted.evaluate_all(weights), printed(row))
    text.locator("[data-index='5']").hover()
    says_number(page.get_by_test_id("generated-readout"), row[5])


def test_another_token_makes_a_branch_that_can_be_left_and_found_again(
    page: Page, server: AppServer
) -> None:
    text = show(page, server)
    n = len(PROMPT)
    has_tokens(page, n)
    press(page, "Next token")
    has_tokens(page, n + 1)
    press(page, "Next token")
    has_tokens(page, n + 2)
    first = PROMPT + words(server, expected(server, 2))
    reads(text, first)
    press(page, "Step back")
    has_tokens(page, n + 1)
    page.get_by_role("combobox", name=re.compile("Take another token")).click()
    expect(page.get_by_role("option").first).to_be_visible()
    options = page.get_by_role("option").all_text_contents()
    wanted = next(o for o in options if o[0].isalpha() and o[0] != first[-1])
    page.get_by_role("option", name=wanted, exact=True).click()
    has_tokens(page, n + 2)
    reads(text, first[:-1] + wanted[0])
    page.get_by_role("combobox", name=re.compile("Go to a branch")).click()
    page.get_by_role("option", name=f"after 1: {first[-1]}").click()
    expect(text).to_have_text(first)


def test_a_click_on_a_bar_takes_its_token(page: Page, server: AppServer) -> None:
    text = show(page, server)
    (step,) = expected(server, 1)
    likeliest = words_of(server, int(step.probs_before.argmax()))
    bar = page.locator(".js-plotly-plot .barlayer .trace").nth(1).locator(".point path").first
    box = box_of(bar)
    page.mouse.click(box["x"] + min(box["width"] / 2, 4), box["y"] + box["height"] / 2)
    has_tokens(page, len(PROMPT) + 1)
    reads(text, PROMPT + likeliest)


def words_of(server: AppServer, token: int) -> str:
    return gpt.load(server.checkpoints / "shakespeare").tokenizer.decode([token])


def test_playing_goes_on_until_it_is_stopped(page: Page, server: AppServer) -> None:
    text = show(page, server)
    press(page, "Play")
    at_least_18 = re.compile(r"^(1[89]|[2-9]\d|\d{3})$")
    expect(page.locator(".generated").last).to_have_attribute("data-tokens", at_least_18)
    press(page, "Pause")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    at_rest(page)  # a token may have been on its way
    stopped = read(text)
    page.wait_for_timeout(1500)  # time enough for more, were it not stopped
    assert read(text) == stopped
    played = len(stopped) - len(PROMPT)
    assert stopped == PROMPT + words(server, expected(server, played))


def test_a_link_reopens_what_was_seen(page: Page, server: AppServer) -> None:
    text = show(page, server, temperature=0.5, top_p=0.9, mask="window:8", scale="none")
    press(page, "Next token")
    has_tokens(page, len(PROMPT) + 1)
    at_rest(page)
    seen, before = read(text), until(page, lambda: numbers(page, 1, generated=1))
    has_link(page, continuation=seen[len(PROMPT) :], top_p="0.9", mask="window:8", scale="none")
    page.goto(page.url)
    reads(text, seen)
    becomes(page, lambda: numbers(page, 1, generated=1), before)
    has_link(page, temperature="0.5")


def test_past_the_context_the_window_slides(page: Page, server: AppServer) -> None:
    continuation = "A " * 130
    text = show(page, server, continuation=continuation)
    has_tokens(page, len(PROMPT) + 260)
    expect(page.get_by_text("No KV cache any more")).to_be_visible()
    expect(text.locator(".gone")).to_have_count(len(PROMPT) + 260 - 256)
    press(page, "Next token")
    has_tokens(page, len(PROMPT) + 261)


def test_without_a_mask_there_is_no_cache_and_it_says_why(page: Page, server: AppServer) -> None:
    show(page, server, mask="none")
    expect(page.get_by_text("without a causal mask every new token changes")).to_be_visible()


HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>![](x:y)$z$"
ODD = "\u202e\u200b&amp;</span>"


@pytest.fixture
def hostile_run(server: AppServer) -> Iterator[str]:
    """An untrained run whose characters are those of HOSTILE and ODD, gone again after the test."""
    path = server.checkpoints / "hostile"
    corpus = from_bytes([("hostile.txt", ((HOSTILE + ODD) * 40).encode())])
    tiny.new_run(path, corpus, {"block_size": 128})
    config = model_config(read_json(path / "config.json"))
    save_weights(tiny.random_model(config), path / "model.safetensors", {})
    yield path.name
    shutil.rmtree(path)


def test_hostile_text_stays_text(page: Page, server: AppServer, hostile_run: str) -> None:
    """In prompt, continuation, bars and menus, of a model whose vocabulary has all of it."""
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    text = show(page, server, run=hostile_run, prompt=HOSTILE, continuation=ODD, temperature=3)
    has_tokens(page, len(HOSTILE + ODD))
    reads(text, HOSTILE + "⟨U+202E⟩⟨U+200B⟩&amp;</span>")
    press(page, "+50 at once")
    has_tokens(page, len(HOSTILE + ODD) + 50)
    page.get_by_role("combobox", name=re.compile("Take another token")).click()
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    labels = page.locator(f".st-key-generate_bars_{len(ODD) + 50} .ytick text")
    expect(labels).to_have_count(19)
    pieces = {label.strip().removeprefix("▸ ") for label in labels.all_text_contents()[:-1]}
    assert pieces <= {visible(character) for character in HOSTILE + ODD}
    expect(page.locator("img[src='x'], img[src='x:y'], .generated script")).to_have_count(0)
    assert not alerts


@pytest.mark.parametrize(
    ("continuation", "said"),
    [("Ж", "is not among the"), ("ids:1,99999", "token id 99,999"), ("a" * 2001, "2,001 tokens")],
)
def test_a_continuation_that_cannot_be_is_told(
    page: Page, server: AppServer, continuation: str, said: str
) -> None:
    text = show(page, server, continuation=continuation)
    expect(page.get_by_text(said)).to_be_visible()
    reads(text, PROMPT)


def test_an_emptied_filter_stays_empty(page: Page, server: AppServer) -> None:
    show(page, server, top_k=1)
    becomes(page, lambda: numbers(page, 1)[:2], ["100.00%", "–"])
    field = page.get_by_role("spinbutton", name="Top-k")
    field.fill("")
    field.press("Enter")
    expect(column(page, 1).get_by_text("–")).to_have_count(0)
    press(page, "Next token")
    has_tokens(page, len(PROMPT) + 1)
    until(page, lambda: numbers(page, 1, generated=1))
    expect(column(page, 1, generated=1).get_by_text("–")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("top_k="))


def test_another_prompt_starts_anew(page: Page, server: AppServer) -> None:
    text = show(page, server, continuation="You")
    field = page.get_by_label("Prompt", exact=True)
    field.fill("ROMEO:")
    field.press("Enter")
    expect(text).to_have_text("ROMEO:")
