"""The page that Streamlit answers with names its server's address, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest

from pages.shared.address import SCRIPT, Address
from tests.coroutines import run_apart

PAGE = b"<html><head><title>\xe2\x80\xa6</title></head></html>"


def answered(path: str, kind: bytes, status: int = 200, method: str = "GET") -> tuple[Any, bytes]:
    """Headers and body of an answer that comes in two pieces."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (
            method != "GET"
            or (b"accept-encoding", b"gzip") not in scope["headers"]
            or ("." in path or path.count("/") > 1)
        )
        headers = [(b"Content-Type", kind), (b"content-length", str(len(PAGE)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": PAGE[:9], "more_body": True})
        await send({"type": "http.response.body", "body": PAGE[9:]})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", b"gzip"), (b"host", b"localhost")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    run_apart(Address(app)(scope, None, send))
    return sent[0]["headers"], b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize("path", ["/", "/attention", "/import/"])
def test_a_page_gets_the_script_before_all_others_and_its_new_length(path: str) -> None:
    headers, body = answered(path, b"text/html; charset=utf-8")
    assert body == PAGE.replace(b"<head>", b"<head>" + SCRIPT)
    assert [v for n, v in headers if n == b"content-length"] == [str(len(body)).encode()]


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
