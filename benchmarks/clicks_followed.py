"""A tuned model follows a person's clicks: a rule in the person's place rates pairs in the page.

The rule prefers the shorter of two answers and calls equal lengths a tie. It rates by the keys of
*Rate pairs*, trains a reward model on its pairs and tunes by PPO and by DPO, all in one browser on
the shipped *manner* stages. Then it is asked which of two answers to unseen prompts it prefers: the
tuned run's or the fine-tuned run's, drawn with the same seeds.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

import gpt
from benchmarks.app_speed import server_on
from benchmarks.browser import launched
from benchmarks.report import ROOT, Report, Row, parser, progress
from gpt.text.prompted import Demonstrations
from gpt.training.assistant import ratings
from gpt.training.assistant.judged_runs import JudgedRun, judge_run, unseen
from gpt.training.runs import Run
from tests.browser.waiting import at_rest

NAME = "clicks_followed"
COPIED = ("assistant-base", "assistant-manner")
TUNED = "assistant-manner"
PAIRS = 40
PROMPTS = 100
METHODS = ("PPO", "DPO")
DRAW = 100_000
"""The seed of the judged answers."""
PATIENCE = 600.0  # seconds until a run is trained
SLOW = 60.0  # seconds until the page shows what is expected
NOTHING = -1000.0
"""What an answer without a letter is worth: it is short, and none."""


def taste(prompt: str, answer: str) -> float:
    """The rule: the shorter an answer is, the better.

    >>> taste("my cup?", "in bed.") > taste("my cup?", "it is in bed.") > taste("my cup?", "")
    True
    """
    return -float(len(answer)) if answer.strip() else NOTHING


def key_of(a: str, b: str) -> str:
    """The key that the rule presses.

    >>> key_of("in bed.", "it is in bed."), key_of("it is", "in"), key_of("ab", "cd")
    ('a', 'b', 't')
    """
    difference = taste("", a) - taste("", b)
    return "t" if not difference else "a" if difference > 0 else "b"


def main() -> None:
    """Rate, train and tune by clicks, then measure."""
    options = _options()
    report = Report(NAME, options)
    expect.set_options(timeout=1000 * SLOW)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = Path(folder) / "checkpoints"
        for name in COPIED:
            shutil.copytree(ROOT / "checkpoints" / name, checkpoints / name)
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            page.goto(f"{server.url}/assistant?show=pairs")
            given = rate(page, checkpoints / TUNED, 20 if options.quick else options.pairs)
            notes = [given, foreseen(page)]
            names = [trained(page, checkpoints, "reward", lambda: learn(page))]
            for method in METHODS[: 1 if options.quick else None]:
                names.append(trained(page, checkpoints, "policy", lambda m=method: tune(page, m)))
            page.close()
        report.finish({"Runs": rows(checkpoints, names[1:])}, [*notes, *_notes()])


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--pairs", type=int, default=PAIRS, help="that prefer one answer")
    return arguments.parse_args()


def rate(page: Page, tuned: Path, pairs: int) -> str:
    """Press keys until so many pairs are decided; how many there were, in words."""
    while len((given := ratings.read(tuned)).decided) < pairs:
        expect(page.locator("p", has_text=f"{len(given)} rated")).to_be_visible()
        expect(page.locator(f".st-key-rate_a_{len(given)} button")).to_be_enabled()
        at_rest(page)  # before that, no key is heard
        words = [_answer(page, side) for side in "ab"]
        page.keyboard.press(key_of(*words))
        expect(page.locator("p", has_text=f"{len(given) + 1} rated")).to_be_visible()
    progress(f"{len(given)} pairs rated by keys")
    return f"{len(given.decided)} decided pairs and {given.ties} ties, rated by keys"


def _answer(page: Page, side: str) -> str:
    text = page.locator(f".st-key-pair_{side} [data-testid=stMarkdown]").inner_text()
    return text.strip().split("\n", 1)[1].strip()


def foreseen(page: Page) -> str:
    """What the page says of how well a reward model foresees the rule."""
    page.get_by_role("button", name="How well does it foresee me?").click()
    estimate = page.locator("p", has_text="learned from your other pairs foresees")
    expect(estimate).to_be_visible(timeout=1000 * PATIENCE)
    return re.sub(r"\s+", " ", estimate.inner_text())


def learn(page: Page) -> None:
    """Train a reward model on the pairs, by a click."""
    page.get_by_role("button", name="Train a reward model on my pairs").click()


def tune(page: Page, method: str) -> None:
    """Tune by a method, with its preset's β, by clicks."""
    box = page.locator(".st-key-stage_policy")
    if (more := box.get_by_role("button", name="Train another")).count():
        more.click()
        box = page.get_by_test_id("stPopoverBody")
    box.get_by_role("radio", name=method).click()
    expect(box.get_by_role("radio", name=method)).to_be_checked()
    start = box.get_by_role("button", name="Tune", exact=True)
    expect(start).to_be_enabled()
    expect(box.get_by_text(f"{method} ").last).to_be_visible()
    start.click()


def trained(page: Page, checkpoints: Path, box: str, start: Callable[[], None]) -> str:
    """Start a run by clicks and wait until it is trained; its name."""
    before, began = {path.name for path in checkpoints.iterdir()}, time.monotonic()
    start()
    while not (new := {path.name for path in checkpoints.iterdir()} - before):
        _wait(page, began)
    (name,) = new
    kept = checkpoints / name / "status.json"  # a run without it would count as done
    while not (kept.is_file() and Run(checkpoints / name).status().finished):
        _wait(page, began)
    link = re.compile(rf"[?&]{box}={re.escape(name)}(&|$)")
    expect(page).to_have_url(link)
    progress(f"{name}: trained after {time.monotonic() - began:.0f} s")
    return name


def _wait(page: Page, began: float) -> None:
    if time.monotonic() - began > PATIENCE:
        raise SystemExit(f"nothing was trained in {PATIENCE:.0f} s")
    page.wait_for_timeout(500)


def rows(checkpoints: Path, names: list[str]) -> list[Row]:
    """The rule's opinion of the fine-tuned run and of each that was tuned."""
    asked = unseen(Demonstrations.from_builtin("manner", count=4000)).take(range(PROMPTS))
    first, *others = (
        judge_run(gpt.load(checkpoints / name), asked, DRAW, taste) for name in (TUNED, *names)
    )
    return [_row(Run(checkpoints / one.name), one, first) for one in (first, *others)]


def _row(run: Run, judged: JudgedRun, first: JudgedRun) -> Row:
    training, difference = run.training_config(), judged.beside(first)[0]
    return {
        "run": run.name,
        "steps": training.steps,
        "characters an answer": sum(map(len, judged.answers)) / len(judged.answers),
        "difference": f"{-difference.value:+.1f} ± {difference.error:.1f}",
        "preferred to the fine-tuned, %": 100 * judged.beside(first)[1],
        "KL": run.metrics()[-1].get("kl", 0.0),
        "example": judged.answers[0],
    }


def _notes() -> list[str]:
    return [
        f"{PROMPTS} unseen prompts, answers drawn at temperature 1 with the same seeds",
        "preferred: the tuned run's answer is the shorter one, ties as half",
    ]


if __name__ == "__main__":
    main()
