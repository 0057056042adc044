"""No browser test compares what it read from a page once: it may have read too early.

`expect`, and `until` and `becomes` of `tests.browser.waiting`, read until it is as expected.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BROWSER = Path(__file__).parent / "browser"
FILES = sorted(BROWSER.glob("test_*.py"))
READS = set(
    """
    url title content inner_text all_inner_texts inner_html text_content all_text_contents
    get_attribute input_value bounding_box count evaluate evaluate_all is_visible is_hidden
    is_enabled is_disabled is_checked
    """.split()
)
SETTLED = {"server", "download"}
"""What has an address too, and does not change."""


def read_once(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Test and line of each `assert` on something read from a page in the same breath."""
    for test in ast.walk(tree):
        if not isinstance(test, ast.FunctionDef) or not test.name.startswith("test_"):
            continue
        for node in _own(test):
            if isinstance(node, ast.Assert) and any(map(_reads, ast.walk(node.test))):
                yield test.name, node.lineno


def _own(test: ast.FunctionDef) -> Iterator[ast.AST]:
    """All of a test but the functions that it hands to others, to be called again."""
    waiting: list[ast.AST] = list(test.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


def _reads(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in READS:
        return False
    return not (isinstance(node.value, ast.Name) and node.value.id in SETTLED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_read_from_a_page_is_waited_for(path: Path) -> None:
    found = list(read_once(ast.parse(path.read_text())))
    assert not found, f"{path.name} reads once what it expects: {found}"


EXAMPLE = """
def test_early(page, server):
    assert "part" in page.url and server.url
    assert page.locator("a").count() == 2

def test_waiting(page, server):
    becomes(page, lambda: page.locator("a").count(), 2)
    def check():
        assert page.url == "there"
    until(page, check)
    assert server.url
"""


def test_it_sees_what_reads_once() -> None:
    assert sorted(read_once(ast.parse(EXAMPLE))) == [("test_early", 3), ("test_early", 4)]
