"""Real text, Tiny Shakespeare first, where it lies beside the repository; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
FILE = DATA / "tinyshakespeare.txt"
needs_shakespeare = pytest.mark.skipif(
    not FILE.is_file(), reason="shared/data/tinyshakespeare.txt does not lie beside the repository"
)


def shakespeare() -> str:
    """The lecture's text, 1,115,394 characters."""
    return FILE.read_text(encoding="utf-8")
