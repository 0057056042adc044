"""Visitors: a cookie by which a server that is open to a class recognizes a browser."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from pages.shared.address import own_path

MODE, TOKEN = "HEADLIGHT_CLASSROOM", "HEADLIGHT_TEACHER"
VISITOR, TEACHER = "headlight_visitor", "headlight_teacher"
DOOR = "teacher"
OFF = {"", "0", "no", "off", "false"}
HERE = {"127.0.0.1", "localhost", "::1", "[::1]"}
# Not to be read by scripts, nor sent along from another site.
RULES = "; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax"


def is_classroom() -> bool:
    """Whether this server is for a class."""
    return os.environ.get(MODE, "").strip().lower() not in OFF


def teacher_token() -> str | None:
    """The teacher's token; None if there is no teacher."""
    return os.environ.get(TOKEN) or None


def warn_if_open(address: str | None) -> None:
    """Say in the log that a server listens to other machines without being for a class."""
    if not is_classroom() and (address or "") not in HERE:
        logging.getLogger("headlight").warning(
            "Everybody who reaches %s can delete runs, train without end and name this machine's "
            "files. For a class, set %s=1 (docs/guide/classroom.md).",
            address or "this machine",
            MODE,
        )


class Visitors:
    """ASGI middleware: gives a new browser its cookie, and opens the teacher's door."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as Streamlit does, and set the cookie."""
        if scope["type"] != "http" or not is_classroom():
            await self.app(scope, receive, send)
        elif own_path(scope) == DOOR:
            await _open_door(scope, send)
        elif VISITOR in _cookies(scope):
            await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, _with_cookie(send))


def _with_cookie(send: Any) -> Any:
    async def answer(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            cookie = _cookie(VISITOR, secrets.token_urlsafe())
            message = {**message, "headers": [*message["headers"], cookie]}
        await send(message)

    return answer


async def _open_door(scope: Mapping[str, Any], send: Any) -> None:
    """`/teacher?token=…` makes this browser the teacher's; any other token changes nothing."""
    offered = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])[0]
    token = teacher_token()
    known = token is not None and hmac.compare_digest(offered.encode(), token.encode())
    headers = [(b"location", b"./"), (b"cache-control", b"no-store"), (b"content-length", b"0")]
    if known:
        headers.append(_cookie(TEACHER, offered))
    start = {"type": "http.response.start", "status": 303 if known else 403, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": b""})


def _cookie(name: str, value: str) -> tuple[bytes, bytes]:
    return b"set-cookie", f"{name}={value}{RULES}".encode()


def _cookies(scope: Mapping[str, Any]) -> SimpleCookie:
    texts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return SimpleCookie("; ".join(texts))


def _is_html(start: Mapping[str, Any]) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(b"text/html") for kind in kinds)
