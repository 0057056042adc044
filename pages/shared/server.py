"""The server: what it does once when it starts, after a page's first run, and when it ends."""

from __future__ import annotations

from contextlib import suppress

from gpt import process
from gpt.importing import alone
from pages.shared import folders, imports


def start() -> None:
    """Have torch and the default run ready when the first visit comes."""
    with process.sleeping_threads():
        imports.bring(imports.SPINE)
    process.use_threads(1)
    _trace_default_run()
    process.freeze()


def _trace_default_run() -> None:
    """Load and trace, so that the first visit finds torch's kernels loaded."""
    with alone():
        import gpt
        from gpt.errors import HeadlightError

    run = folders.default_run()
    if run is not None:
        with suppress(HeadlightError):  # the page that opens a broken run says so
            gpt.trace(gpt.load(run).model, [0])


_settled: set[str] = set()


def settle(page: str) -> None:
    """Freeze the objects of a page's first run in this process, because they stay."""
    if page not in _settled:
        _settled.add(page)
        process.freeze()


def stop() -> None:
    """Let the training job of this server save itself and leave."""
    with alone():
        from pages.shared import run_state

    run_state.jobs().close()
