"""What the server does once, when it starts and when it ends."""

from __future__ import annotations

from contextlib import suppress

from pages.shared import folders


def start() -> None:
    """Have torch and the default run ready when the first visit comes."""
    from gpt.errors import HeadlightError
    from gpt.warmup import warm_up  # the slow import, and so not in the launcher's way

    with suppress(HeadlightError):  # a broken run is told on the page that opens it
        warm_up(folders.default_run())


def stop() -> None:
    """Let the training job of this server save itself and leave."""
    from pages.shared import training

    training.jobs().close()
