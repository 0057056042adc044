"""Coroutines run to their end in a test, in whichever worker the test happens to be."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The coroutine's result, run in a thread of its own.

    The browser's driver keeps an event loop running in the thread of a worker that has had a
    browser test, and `asyncio.run` is refused there. `ruff check` refuses it in every test.
    """
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, coroutine).result()  # noqa: TID251
