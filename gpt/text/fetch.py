"""Files from the network: fetched once, checked against their hash, kept in a cache folder.

The built-in texts need none of this; a text that cannot be fetched is an error that says what
happened and what would work without a network.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gpt.errors import FetchError

QUIET_SECONDS = 20.0  # give up when the server says nothing for so long
TOTAL_SECONDS = 180.0  # and when everything together takes longer than this
CHUNK = 1 << 16
GPT2 = "https://openaipublic.blob.core.windows.net/gpt-2/encodings/main"


@dataclass(frozen=True)
class Source:
    """The address of a text, with its hash and size.

    Fields:
        url: http or https.
        sha256: of the whole file, in hex.
        size: of the whole file, in bytes; not a byte more than one above it is read.
        file: its name in the cache.
        otherwise: what would work without a network.
    """

    url: str
    sha256: str
    size: int
    file: str
    otherwise: str = "No network? Give the file with --text FILE."


SOURCES: dict[str, Source] = {
    # the lecture's text, 7:52
    "shakespeare": Source(
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        size=1_115_394,
        file="shakespeare.txt",
    ),
    # GPT-2's tokenizer, as tiktoken reads it
    "gpt2-vocab.bpe": Source(
        url=f"{GPT2}/vocab.bpe",
        sha256="1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
        size=456_318,
        file="gpt2-vocab.bpe",
        otherwise="",
    ),
    "gpt2-encoder.json": Source(
        url=f"{GPT2}/encoder.json",
        sha256="196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        size=1_042_301,
        file="gpt2-encoder.json",
        otherwise="",
    ),
}


def fetch(name: str, cache: Path | None = None) -> Path:
    """The path of the text called `name`, downloaded unless a good copy is in the cache.

    Args:
        cache: the folder to keep it in; by default that of `cache_folder()`.

    Raises:
        FetchError: an unknown name, a download that failed or was not what it should be, or
            a folder that cannot be written to.
    """
    if name not in SOURCES:
        raise FetchError(f"there is no text {name!r} to fetch; there are {', '.join(SOURCES)}")
    source = SOURCES[name]
    path = (cache_folder() if cache is None else cache) / source.file
    if not _is_good(path, source):
        content = _download(name, source)
        _check(name, source, content)
        _store(path, content)
    return path


def cached(sha256: str) -> Path | None:
    """The path of a fetched text by its hash; None if there is no whole copy of it."""
    for source in SOURCES.values():
        path = cache_folder() / source.file
        if source.sha256 == sha256 and _is_good(path, source):
            return path
    return None


def cache_folder() -> Path:
    """$HEADLIGHT_CACHE, or headlight/ in $XDG_CACHE_HOME, or ~/.cache/headlight."""
    own = os.environ.get("HEADLIGHT_CACHE")
    if own:
        return Path(own).expanduser()
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG standard says that a relative path there is to be ignored.
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "headlight"


def _is_good(path: Path, source: Source) -> bool:
    """Whether the cache holds the file, whole and unchanged."""
    try:
        if path.stat().st_size != source.size:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == source.sha256
    except OSError:
        return False


def _download(name: str, source: Source) -> bytes:
    """The bytes that the server sends, at most one more than expected."""
    try:
        with urllib.request.urlopen(source.url, timeout=QUIET_SECONDS) as answer:
            return b"".join(_chunks(answer, source.size + 1))
    except urllib.error.HTTPError as error:
        reason = f"the server answered {error.code} {error.reason}"
    except urllib.error.URLError as error:
        reason = str(error.reason)
    except (OSError, http.client.HTTPException) as error:
        reason = str(error) or type(error).__name__
    raise FetchError(f"{name} could not be fetched from {source.url}: {reason}. {source.otherwise}")


def _chunks(answer: BinaryIO, most: int) -> Iterator[bytes]:
    """The parts of an answer as they arrive, so that the time limit holds for slow servers."""
    deadline = time.monotonic() + TOTAL_SECONDS
    while most > 0:
        # read1 returns what is there; read would wait until the whole chunk is.
        chunk: bytes = answer.read1(min(CHUNK, most))  # type: ignore[attr-defined]
        if not chunk:
            return
        yield chunk
        most -= len(chunk)
        if time.monotonic() > deadline:
            raise TimeoutError(f"it took longer than {TOTAL_SECONDS:.0f} seconds")


def _check(name: str, source: Source, content: bytes) -> None:
    """Refuse anything but the very file that we know."""
    if len(content) < source.size:
        what = f"stopped after {len(content):,} of {source.size:,} bytes"
    elif len(content) > source.size:
        what = f"is longer than the {source.size:,} bytes it should have"
    elif hashlib.sha256(content).hexdigest() != source.sha256:
        what = "is not the text it should be: its sha256 differs"
    else:
        return
    raise FetchError(
        f"{name} from {source.url} {what}. Nothing was kept; try again later. {source.otherwise}"
    )


def _store(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename: never half a file under the real name."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own, since two processes may be fetching at once.
        handle, written = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        temporary = Path(written)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise FetchError(
            f"{path.name} was fetched but cannot be kept in {path.parent}: {error.strerror}. "
            "Set HEADLIGHT_CACHE to a folder that can be written to."
        ) from None
