"""Pairs in the app: seconds from the click on *Train it and see* to the last result on the page.

Each pair trains as a person has it trained, one click in a browser, two runs one after the other;
server, browser and training share this machine.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.app_speed import copy_runs, server_on
from benchmarks.browser import launched
from benchmarks.report import Report, Row, parser, progress
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.experiments import find_runs
from gpt.training.pairs.findings import Finding, finding
from tests.browser.app_server import AppServer

NAME = "pairs_in_app"
PATIENCE = 600_000  # milliseconds


def main() -> None:
    """One pair after the other, in a server that has the shipped runs alone."""
    options = _options()
    report = Report(NAME, options)
    names = list(PAIRS)[:1] if options.quick else list(PAIRS)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = copy_runs(Path(folder) / "checkpoints", "shakespeare")
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            rows = [_pair(browser, server, name, options.seed) for name in names]
    notes = [
        f"seed {options.seed}; from the click to the page that offers to train again, with both "
        "curves, samples, entropies and the measured losses on it",
        "losses in nats: validation, and of the next token where it cannot be seen",
    ]
    report.finish({"Pairs": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--seed", type=int, default=1, help="of first weights and batches")
    return arguments.parse_args()


def _pair(browser: Browser, server: AppServer, name: str, seed: int) -> Row:
    progress(name)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(f"{server.url}/mask_scale?section=train&pair={name}&pair_seed={seed}")
    took = _trained(page)
    complaints = page.locator("[data-testid=stAlert]").all_inner_texts()
    page.close()
    one, other = (_result_row(server, name, seed, arm) for arm in (0, 1))
    return {
        "pair": name,
        "seconds": took,
        "validation": f"{one.val_loss:.4f} and {other.val_loss:.4f}",
        "unseen": f"{one.unseen_loss:.4f} and {other.unseen_loss:.4f}",
        "said": " ".join(complaints)[:90],
    }


def _trained(page: Page) -> float:
    """Click, wait for the end, and for the last row of the table; seconds."""
    button = page.get_by_role("button", name="Train it and see", exact=True)
    button.wait_for(timeout=PATIENCE)
    began = time.perf_counter()
    button.click()
    again = page.get_by_role("button", name=re.compile("^Train again with seed"))
    again.wait_for(timeout=PATIENCE)
    page.locator(".st-key-pair_table tbody tr").nth(1).wait_for(timeout=PATIENCE)
    page.locator(".st-key-pair_curves .legendtext").first.wait_for(timeout=PATIENCE)
    return time.perf_counter() - began


def _result_row(server: AppServer, name: str, seed: int, arm: int) -> Finding:
    run = find_runs(server.checkpoints, PAIRS[name], seed)[arm]
    result = None if run is None else finding(run)
    if result is None:
        raise RuntimeError(f"{name} was not trained to its end")
    return result


if __name__ == "__main__":
    main()
