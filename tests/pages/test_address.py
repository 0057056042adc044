"""The page that Streamlit answers with names its server's address, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from pages.shared.address import SCRIPT, Address
from tests.coroutines import run_apart

PAGE = b"<html><head><title>\xe2\x80\xa6</title></head></html>"


def answered(path: str, kind: bytes, status: int = 200, method: str = "GET") -> tuple[Any, bytes]:
    """Headers and body of an answer that comes in two pieces."""
    sent: list[dict[str, Any]] = []
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen["headers"] = scope["headers"]
        headers = [(b"Content-Type", kind), (b"content-length", str(len(PAGE)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE[:9], "more_body": True})
        await send({"type": "http.response.body", "body": PAGE[9:]})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", b"gzip"), (b"host", b"localhost")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    run_apart(Address(app)(scope, None, send))
    body = b"".join(message["body"] for message in sent[1:])
    # What the script is put into must not come packed; everything else may.
    assert SCRIPT not in body or (b"accept-encoding", b"gzip") not in seen["headers"]
    return sent[0]["headers"], body


@pytest.mark.parametrize("path", ["/", "/attention", "/import/"])
def test_a_page_gets_the_script_before_all_others_and_its_new_length(path: str) -> None:
    headers, body = answered(path, b"text/html; charset=utf-8")
    assert body == PAGE.replace(b"<head>", b"<head>" + SCRIPT)
    assert [v for n, v in headers if n == b"content-length"] == [str(len(body)).encode()]


def test_the_pages_of_an_app_below_an_address_of_its_own_get_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "/our/headlight"}.get)
    for path in ("/our/headlight/", "/our/headlight/attention", "/our/headlight/import/"):
        assert SCRIPT in answered(path, b"text/html")[1], path
    for path in ("/our/headlight/static/index", "/attention", "/our/headlight", "/our/x"):
        assert SCRIPT not in answered(path, b"text/html")[1], path


@pytest.mark.parametrize(
    ("path", "kind", "status", "method"),
    [
        ("/attention", b"application/json", 200, "GET"),
        ("/attention", b"text/html", 404, "GET"),
        ("/attention", b"text/html", 200, "POST"),
        ("/static/index.html", b"text/html", 200, "GET"),
        ("/_stcore/health", b"text/html", 200, "GET"),
    ],
)
def test_everything_else_passes(path: str, kind: bytes, status: int, method: str) -> None:
    headers, body = answered(path, kind, status, method)
    assert body == PAGE
    assert (b"content-length", str(len(PAGE)).encode()) in headers
