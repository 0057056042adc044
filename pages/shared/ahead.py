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
    from pages.shared.parameters import Reads

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
            threading.Thread(
                target=begin, args=(scope["path"], asked), daemon=True, name="ahead"
            ).start()
        await self.app(scope, receive, send)


def begin(path: str, asked: Mapping[str, str]) -> None:
    """Load and trace; one link at a time, so that a storm of addresses costs no more than one."""
    if not _busy.acquire(blocking=False):
        return
    try:
        imports.bring(MODULES)
        from gpt.errors import HeadlightError
        from pages.shared import loads

        with suppress(HeadlightError):  # the page says so
            look = look_of(path, asked)
            if look is not None and loads.is_heavy(look):
                loads.traced(look)
    finally:
        _busy.release()


def look_of(path: str, asked: Mapping[str, str]) -> Look | None:
    """What a link looks at, as its page will understand it; None if that takes the page itself.

    Raises:
        HeadlightError: the run cannot be loaded, or the link makes no sense.
    """
    import gpt
    from pages.shared import loads, switch_text
    from pages.shared.page_state import address
    from pages.shared.parameters import Switched
    from pages.shared.prompt_bar import from_field

    state = address(_state_class(path), asked)
    if state.run not in folders.run_names() or getattr(state, "edit", "") not in ("", "causal"):
        return None
    checkpoint = loads.checkpoint(state.run)
    text = from_field(state.prompt or "", checkpoint.tokenizer)
    if not text or checkpoint.tokenizer.unknown(text) or not checkpoint.config.n_layer:
        return None
    ids = checkpoint.last_ids(text)
    switches = gpt.Switches()
    if isinstance(state, Switched):
        switches = switch_text.switches(state.mask, state.scale)
    return loads.Look(state.run, tuple(ids), switches)


def _state_class(path: str) -> type[Reads]:
    """The state of the page at a path of `TRACING`."""
    from pages.parts.attention.state import AttentionState
    from pages.parts.head.state import HeadState
    from pages.parts.mask_scale.state import State
    from pages.parts.residual.state import ResidualState

    return dict(zip(TRACING, (AttentionState, HeadState, State, ResidualState), strict=True))[path]
