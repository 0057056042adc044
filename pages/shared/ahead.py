"""Ahead: what a link asks for is begun while the browser still loads Streamlit's own files.

That takes it more than a second, in which the server would have nothing to do. The page asks for
the same checkpoint and the same trace, and waits for them if they are not there yet.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pages.shared import folders, imports

if TYPE_CHECKING:
    from pages.shared.loads import Look

TRACING = ("/attention", "/head", "/mask_scale", "/residual")
"""Pages that trace the link's prompt, with its `mask` and `scale` or with the model's own."""

MODULES = ("gpt.errors", "pages.shared.loads", "pages.shared.prompt_bar")

_busy = threading.Lock()


class Ahead:
    """ASGI middleware: looks at the addresses that are asked for, and passes everything on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Begin what a page's address asks for, then let Streamlit answer."""
        if scope["type"] == "http" and scope["path"] in TRACING:
            asked = dict(parse_qsl(scope["query_string"].decode("ascii", "replace")))
            threading.Thread(target=begin, args=(asked,), daemon=True, name="ahead").start()
        await self.app(scope, receive, send)


def begin(asked: Mapping[str, str]) -> None:
    """Load and trace; one link at a time, so that a storm of addresses costs no more than one."""
    if not _busy.acquire(blocking=False):
        return
    try:
        imports.bring(MODULES)
        from gpt.errors import HeadlightError
        from pages.shared import loads

        with suppress(HeadlightError):  # the page tells of it
            look = look_of(asked)
            if look is not None and loads.is_heavy(look):
                loads.traced(look)
    finally:
        _busy.release()


def look_of(asked: Mapping[str, str]) -> Look | None:
    """What a link looks at, as its page will understand it; None where that takes the page.

    Raises:
        HeadlightError: the run cannot be loaded, or the switches are none.
    """
    import gpt
    from gpt.nn.switches import parse_scale
    from pages.shared import loads
    from pages.shared.prompt_bar import from_field

    if asked.get("run") not in folders.run_names() or "edit" in asked:
        return None
    checkpoint = loads.checkpoint(asked["run"])
    text = from_field(asked.get("prompt", ""), checkpoint.tokenizer)
    if not text or checkpoint.tokenizer.unknown(text) or not checkpoint.config.n_layer:
        return None
    ids = checkpoint.last_ids(text)
    scale = parse_scale(asked.get("scale", "model"))
    switches = gpt.Switches(mask=asked.get("mask", "model"), scale=scale)
    return loads.Look(asked["run"], tuple(ids), switches)
