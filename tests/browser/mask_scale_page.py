"""Mask and scale in a browser: how its tests open it, and a run's files as numpy reads them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Locator, Page

from tests.browser.app_server import ROOT, AppServer
from tests.browser.waiting import number, until
from tests.close import printed
from tests.gpt import numpy_gpt
from tests.gpt.numpy_gpt import softmax


@lru_cache
def run_files(run: str) -> Any:
    return numpy_gpt.read_run(ROOT / "checkpoints" / run)


def ids_of(run: str, text: str) -> list[int]:
    return [run_files(run)[2][character] for character in text]


def losses(found: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    return -np.log(softmax(found["logits"])[np.arange(len(ids) - 1), ids[1:]])


def address(server: AppServer, **state: object) -> str:
    return f"{server.url}/mask_scale?{urlencode(state)}"


def opened(page: Page, url: str) -> None:
    page.goto(url)


def view(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key}").get_by_test_id("attention-view")


def bold(page: Page, key: str) -> list[str]:
    return page.locator(f".st-key-{key} strong").all_inner_texts()


def is_shown(text: str | None, value: float) -> None:
    assert text is not None and "." in text and len(text.split(".")[1]) == 4, text
    assert number(text) == printed(value)


def is_at(page: Page, key: str, value: float) -> None:
    """Wait until a container's first number is this one."""
    until(page, lambda: is_shown(bold(page, key)[1], value))
