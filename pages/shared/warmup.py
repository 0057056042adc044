"""What the server does once, when it starts and when it ends."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pages.shared import folders, imports

POLICY = "OMP_WAIT_POLICY"


def start() -> None:
    """Have torch and the default run ready when the first visit comes."""
    with imports.alone(), _threads_that_sleep():
        from gpt.errors import HeadlightError
        from gpt.warmup import warm_up  # the slow import, and so not in the launcher's way

    with suppress(HeadlightError):  # a broken run is told on the page that opens it
        warm_up(folders.default_run())


@contextmanager
def _threads_that_sleep() -> Iterator[None]:
    """While torch is imported: have its threads wait for each other without using up a core.

    They wait many times a pass. Where a browser, a training or another person has the core that
    one of them needs, those that spin meanwhile make a pass of all cores take several times as
    long. torch reads this once; a training, which has its cores to itself, does not inherit it.
    """
    if POLICY in os.environ:  # whoever starts the server knows better
        yield
        return
    os.environ[POLICY] = "PASSIVE"
    try:
        yield
    finally:
        del os.environ[POLICY]


_settled: set[str] = set()


def settle(page: str) -> None:
    """After a page's first run in this process: keep all that it brought along from the collector.

    Streamlit collects garbage after every rerun. Modules that the page imported, and what it
    loaded, are here to stay, and looking through them each time takes some 30 ms.
    """
    if page not in _settled:
        _settled.add(page)
        gc.collect()  # first, so that nothing is kept that nobody needs
        gc.freeze()


def stop() -> None:
    """Let the training job of this server save itself and leave."""
    from pages.shared import training

    training.jobs().close()
