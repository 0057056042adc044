"""Address: tells the browser where its server is, so that it does not have to search.

Opened at /attention, Streamlit's own script looks for its server below /attention first, gets two
404s, which the browser's console shows as errors, and looks at / then. An answer below /attention
would be wrong: the script would take that for the address of the app, and open the first page. It
need not search where `window.__streamlit` names the address; Streamlit reads it for apps that are
part of another site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

# Every page is one step below the app's own address, behind a proxy's prefix too; the files of
# Streamlit's page are found in the same way.
SCRIPT = (
    b'<script>window.__streamlit = { BACKEND_BASE_URL: new URL("./", location.href).href }</script>'
)
HEAD = b"<head>"


class Address:
    """ASGI middleware: puts the script into Streamlit's page, and passes everything else on."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as Streamlit does, with the script at the head of a page."""
        if not _is_page(scope):
            await self.app(scope, receive, send)
            return
        plainly = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self.app({**scope, "headers": plainly}, receive, _Answer(send))


def _is_page(scope: Mapping[str, Any]) -> bool:
    """Whether a request may ask for a page: its path has at most one part, without an ending."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    path = own_path(scope)
    return path is not None and not set(path.rstrip("/")) & set("/.")


def own_path(scope: Mapping[str, Any]) -> str | None:
    """The path of a request below the app's own address, `server.baseUrlPath`; None if outside."""
    base = st.get_option("server.baseUrlPath").strip("/")
    root, path = f"/{base}/" if base else "/", str(scope.get("path", ""))
    return path[len(root) :] if path.startswith(root) else None


class _Answer:
    """Passes an answer on; it collects HTML first, and adds the script and the new length."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._start: dict[str, Any] | None = None
        self._body = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: dict[str, Any]) -> None:
        body = self._body.replace(HEAD, HEAD + SCRIPT, 1)
        headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await self._send({**start, "headers": [*headers, length]})
        await self._send({"type": "http.response.body", "body": body})


def _is_html(start: Mapping[str, Any]) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] == 200 and any(kind.startswith(b"text/html") for kind in kinds)
