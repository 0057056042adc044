"""Save a picture as PNG, SVG or HTML, made in the browser: a small custom Streamlit component.

Python sends the standalone page (`viz.export.to_html`); the browser shows it as a preview and lets
the plotly inside it make the other formats. So no machine needs a second browser, as plotly's own
export from Python (kaleido) does, and what is saved is what is seen.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import struct
import zlib
from typing import Any

import plotly.graph_objects as go

from viz import export
from viz.easel.component import component

# A dialog keeps the focus inside, and its search for what Tab reaches stops at shadow roots.
_component = component(__file__, "save_picture", isolate=False)


def save_picture(
    figure: go.Figure, settings: export.Settings, *, name: str, title: str, key: str
) -> None:
    """Draw the preview of a figure and its three buttons.

    Args:
        figure: as `viz.export.dressed` leaves it.
        settings: go into each file.
        name: of the file, without its ending.
        title: of the page and the SVG.
    """
    _component(key=key, data=encode(figure, settings, name=name, title=title))


def encode(figure: go.Figure, settings: export.Settings, *, name: str, title: str) -> bytes:
    """What the browser gets: a length (4 bytes, little-endian), a JSON header, the page in gzip."""
    page = export.to_html(figure, settings, title)
    head: dict[str, Any] = {
        "digest": hashlib.blake2b(page, digest_size=8).hexdigest(),
        "name": name,
        "title": title,
        "caption": export.caption(settings),
        "settings": export.to_json(settings),
        "chunk": base64.b64encode(png_chunk(export.to_json(settings))).decode(),
        "width": figure.layout.width,
        "height": figure.layout.height,
        "paper": figure.layout.paper_bgcolor,
        "ink": figure.layout.font.color,
    }
    header = json.dumps(head).encode()
    # Level 1: most of the page is plotly, and this is a quarter of a second sooner than level 9.
    return struct.pack("<I", len(header)) + header + gzip.compress(page, 1, mtime=0)


def png_chunk(settings: str) -> bytes:
    """The settings as an iTXt chunk "headlight" of a PNG. Source: PNG, section 11.3.3.4."""
    # After the keyword: its end, not compressed, method 0, no language, no translated keyword.
    body = b"iTXt" + b"headlight" + bytes(5) + settings.encode()
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
