"""What the server does once, when it starts and when it ends."""

from __future__ import annotations

import gc
from contextlib import suppress

from pages.shared import folders


def start() -> None:
    """Have torch and the default run ready when the first visit comes."""
    from gpt.errors import HeadlightError
    from gpt.warmup import warm_up  # the slow import, and so not in the launcher's way

    with suppress(HeadlightError):  # a broken run is told on the page that opens it
        warm_up(folders.default_run())


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
