"""What a person reads is spelled in one way, the British one; names in code stay as they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AMERICAN = re.compile(
    r"\b(colors?|colored|coloring|gray|center(s|ed|ing)?|neighbor\w*|behavior\w*|favor\w*|"
    r"analyz\w+|labeled|labeling|modeled|modeling|traveled)\b",
    re.IGNORECASE,
)
CODE = re.compile(r"<style|color:|^(top|middle|bottom) center$|^[a-z_.:/-][\w.:/-]*$")
"""Style sheets, places and names, which are no prose; a label begins with a capital."""
PAPERS = ("Language Modeling", "modeling_")


def prose(path: Path) -> Iterator[str]:
    """The texts of a module that a person may read: those of more than a word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docs:
            continue
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and not CODE.search(text):
            yield text


def scripts(path: Path) -> Iterator[str]:
    """The texts of a script that hold several words."""
    for text in re.findall(r'"([^"\n]*\w \w[^"\n]*)"', path.read_text(encoding="utf-8")):
        if not CODE.search(text):
            yield text


def test_every_text_is_british() -> None:
    modules = [p for room in ("gpt", "pages", "viz") for p in (ROOT / room).rglob("*.py")]
    texts = [(path, text) for path in modules for text in prose(path)]
    texts += [(path, text) for path in (ROOT / "viz").rglob("*.js") for text in scripts(path)]
    guides = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    texts += [(path, re.sub(r"`[^`]*`", "", path.read_text(encoding="utf-8"))) for path in guides]
    assert len(texts) > 3000
    for name in PAPERS:
        texts = [(path, text.replace(name, "")) for path, text in texts]
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path, text in texts
        for match in AMERICAN.finditer(text)
    ]
    assert wrong == []
