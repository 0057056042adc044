"""Ahead: what a link asks for is begun while the browser still loads Streamlit's own files.

That takes the browser more than a second, in which the server would have nothing to do. The page
asks for the same checkpoint and the same trace, and waits for them if they are not there yet. The
page's own state class says what its link traces (docs/adr/0017).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from gpt.importing import alone
from pages.shared import folders, imports
from pages.shared.address import own_path

if TYPE_CHECKING:
    from pages.shared.loads import Look
    from pages.shared.parameters import Reads

PARTS = folders.ROOT / "pages" / "parts"
STATES = {
    path.parent.name: f"pages.parts.{path.parent.name}.{path.stem}"
    for path in PARTS.glob("*/*_state.py")
}
"""By page, the module of its state."""

MODULES = (
    *imports.SPINE,
    "pages.shared.large_traces",
    "pages.shared.loads",
    "pages.shared.prompt_bar",
)

_busy = threading.Lock()


class Ahead:
    """ASGI middleware: reads the addresses that are asked for, and passes everything on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Begin what a page's address asks for, then let Streamlit answer."""
        page = own_path(scope) if scope["type"] == "http" else None
        if page in STATES:
            link = dict(parse_qsl(scope["query_string"].decode("ascii", "replace")))
            threading.Thread(target=begin, args=(page, link), daemon=True, name="ahead").start()
        await self.app(scope, receive, send)


def begin(page: str, link: Mapping[str, str]) -> None:
    """Load and trace; one link at a time, so that a storm of addresses costs no more than one."""
    if not _busy.acquire(blocking=False):
        return
    try:
        with alone():
            imports.bring((*MODULES, STATES[page]))
            from gpt.errors import HeadlightError
            from pages.shared import large_traces, loads

        with suppress(HeadlightError):  # the page says so
            look = look_of(page, link)
            if look is not None and large_traces.is_heavy(look):
                loads.traced(look)
    finally:
        _busy.release()


def look_of(page: str, link: Mapping[str, str]) -> Look | None:
    """The trace that a link needs first; None if the page needs none, or finds it out itself.

    Raises:
        HeadlightError: the run cannot be loaded, or the link makes no sense.
    """
    with alone():
        from gpt.nn.switches import main_site
        from pages.shared import loads
        from pages.shared.text_field import from_field
        from pages.shared.url_fields import address

    cls = _state_class(page)
    if cls is None:
        return None
    state = address(cls, link)
    switches = state.first_traced()
    if switches is None or state.run not in folders.run_names():
        return None
    checkpoint = loads.checkpoint(state.run)
    text = from_field(state.prompt or "", checkpoint.tokenizer)
    if not text or checkpoint.tokenizer.unknown(text) or not checkpoint.config.n_layer:
        return None
    if checkpoint.kind != "encoder-decoder":
        return loads.Look(state.run, tuple(checkpoint.last_ids(text)), switches)
    source = from_field(state.source or "", checkpoint.source_tokenizer)
    if not source or checkpoint.source_tokenizer.unknown(source):
        return None
    ids, source_ids = checkpoint.last_ids(text), checkpoint.source_ids(source)
    site = getattr(state, "site", None) or main_site(checkpoint.model.sites)
    return loads.Look(state.run, tuple(ids), switches, tuple(source_ids), site)


def _state_class(page: str) -> type[Reads] | None:
    """The state class of a page on which a run reads a prompt; None for another page."""
    with alone():
        from pages.shared.parameters import Reads

        members = vars(import_module(STATES[page])).values()
    classes = (each for each in members if isinstance(each, type) and issubclass(each, Reads))
    return next((each for each in classes if getattr(each, "page", None) == page), None)
