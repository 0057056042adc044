"""Fetching, against a server of our own on the loopback address: no network is used."""

from __future__ import annotations

import hashlib
import http.server
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gpt.errors import FetchError
from gpt.text import fetch as module
from gpt.text.fetch import SOURCES, Source, cache_folder, fetch

CONTENT = b"Speak, speak.\n" * 20_000  # more than one chunk


class Server(http.server.ThreadingHTTPServer):
    """Sends `body` with the status and length it is told to; counts how often it was asked."""

    body = CONTENT
    status = 200
    claims: int | None = None  # Content-Length, when it is to be a lie
    asked = 0
    sent = 0


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(self.server.claims or len(self.server.body)))
        self.end_headers()
        try:
            for start in range(0, len(self.server.body), 1 << 16):
                self.server.sent += self.wfile.write(self.server.body[start : start + (1 << 16)])
        except OSError:  # the other side has heard enough
            pass

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    running = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    source = Source(
        url=f"http://127.0.0.1:{running.server_address[1]}/text",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
        file="test.txt",
    )
    monkeypatch.setitem(SOURCES, "test", source)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to open a URL is a failure of the test."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def test_the_known_text_is_the_one_of_the_lecture() -> None:
    source = SOURCES["shakespeare"]
    assert source.url.startswith("https://raw.githubusercontent.com/karpathy/char-rnn/")
    assert source.size == 1_115_394
    assert source.sha256.startswith("86c4e6aa9db7c042") and len(source.sha256) == 64


def test_a_good_download_is_kept_and_nothing_else(server: Server, tmp_path: Path) -> None:
    path = fetch("test", tmp_path / "deep" / "cache")
    assert path == tmp_path / "deep" / "cache" / "test.txt"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_a_cached_file_needs_no_network(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch("test", tmp_path)
    no_network(monkeypatch)
    assert fetch("test", tmp_path) == first
    assert server.asked == 1


@pytest.mark.parametrize("found", [b"", CONTENT[:-1], b"x" + CONTENT[1:], CONTENT + b"x"])
def test_a_corrupt_cached_file_is_fetched_again(
    server: Server, tmp_path: Path, found: bytes
) -> None:
    (tmp_path / "test.txt").write_bytes(found)
    assert fetch("test", tmp_path).read_bytes() == CONTENT
    assert server.asked == 1


def test_a_wrong_hash_is_refused(server: Server, tmp_path: Path) -> None:
    server.body = b"x" + CONTENT[1:]
    with pytest.raises(FetchError, match=r"not the text it should be.*--text FILE"):
        fetch("test", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_corrupt_cached_file_stays_when_no_better_one_comes(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "test.txt").write_bytes(b"old")
    server.body = b"x" + CONTENT[1:]
    with pytest.raises(FetchError):
        fetch("test", tmp_path)
    assert (tmp_path / "test.txt").read_bytes() == b"old"


@pytest.mark.parametrize("claims", [None, len(CONTENT)])
def test_a_truncated_download_is_refused(
    server: Server, tmp_path: Path, claims: int | None
) -> None:
    server.body = CONTENT[:1_000]
    server.claims = claims
    with pytest.raises(FetchError, match=r"stopped after 1,000 of 280,000 bytes.*--text FILE"):
        fetch("test", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_expected_is_read(server: Server, tmp_path: Path) -> None:
    server.body = b"x" * 200_000_000
    with pytest.raises(FetchError, match="longer than the 280,000 bytes"):
        fetch("test", tmp_path)
    assert server.sent < len(server.body) / 2


def test_an_error_of_the_server_is_told(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(FetchError, match=r"answered 404 Not Found\. No network\?.*--text FILE"):
        fetch("test", tmp_path)


def test_a_server_that_is_gone_is_told(server: Server, tmp_path: Path) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError, match=r"test could not be fetched from http.*--text FILE"):
        fetch("test", tmp_path)


def test_a_server_that_takes_too_long_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOTAL_SECONDS", -1.0)
    with pytest.raises(FetchError, match="took longer than"):
        fetch("test", tmp_path)


def test_a_server_that_says_nothing_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body, server.claims = b"", 10  # a promise of ten bytes, and the line kept open
    monkeypatch.setattr(Handler, "do_GET", _say_nothing)
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.2)
    with pytest.raises(FetchError, match="timed out"):
        fetch("test", tmp_path)


def _say_nothing(handler: Handler) -> None:
    """Wait until the other side hangs up."""
    handler.rfile.read(1)


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"'marlowe'.*shakespeare"):
        fetch("marlowe", tmp_path)


def test_a_folder_that_cannot_be_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(FetchError, match="HEADLIGHT_CACHE"):
        fetch("test", tmp_path / "file")


def test_a_full_disk_leaves_nothing_behind(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FetchError, match="No space left"):
        fetch("test", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_is_where_people_say(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("HEADLIGHT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == Path("/home/someone/.cache/headlight")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == Path("/home/someone/.cache/headlight")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache")
    assert cache_folder() == Path("/var/cache/headlight")
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path / "own"))
    assert fetch("test") == tmp_path / "own" / "test.txt"


def test_the_source_decides_the_name_in_the_cache(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SOURCES, "other", replace(SOURCES["test"], file="other.txt"))
    assert fetch("other", tmp_path).name == "other.txt"
