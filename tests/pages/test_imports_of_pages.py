"""What threads share is imported by one of them at a time, before a page runs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.shared import folders, imports

SHARED = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "tokenizers", "gpt", "viz", "pages"}
"""Libraries that import each other, and what is ours."""
BROUGHT = {*imports.SPINE, *imports.SHELL, *imports.INSIDE_FUNCTIONS, "torch"}
"""Modules that are there before any function runs that imports them."""
NO_THREADS = ("gpt/commands", "gpt/training/ranks.py")
"""Commands, and processes of their own."""
OPEN_EACH = """
import json, logging, sys
from pathlib import Path
logging.disable()
from pages.shared import imports, server
from tests.pages.opening import opened

late = {}
for path in map(Path, sys.argv[1:]):
    imports.bring_for(path)
    import pages.shared.page_parts
    before = set(sys.modules)
    opened(path.stem)
    late[path.stem] = sorted(set(sys.modules) - before)
print(json.dumps(late))
"""


@pytest.mark.slow
def test_no_page_imports_what_is_shared_while_it_runs() -> None:
    """The first pages alone come without the modules that libraries import inside functions."""
    pages = sorted((folders.ROOT / "pages").glob("*.py"))
    pages.sort(key=lambda path: path.stem not in imports.ON_THE_FIRST_PAGES)
    done = subprocess.run(
        [sys.executable, "-c", OPEN_EACH, *map(str, pages)],
        cwd=folders.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    late = json.loads(done.stdout.splitlines()[-1])
    assert set(late) == {path.stem for path in pages}
    shared = {
        page: [name for name in names if name.split(".")[0] in SHARED]
        for page, names in late.items()
    }
    assert shared == {page: [] for page in late}


def test_two_threads_that_come_in_by_different_doors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left to themselves, one of them gets a module that is half there."""
    slowly = "import time\ntime.sleep(0.2)\n"
    (tmp_path / "left_door.py").write_text(f"{slowly}import right_door\nvalue = 1\n")
    (tmp_path / "right_door.py").write_text(
        f"{slowly}import left_door\ndef value():\n    return left_door.value\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    outcomes: list[int] = []

    def enter(door: str) -> None:
        imports.bring([door])
        outcomes.append(sys.modules["right_door"].value())

    threads = [threading.Thread(target=enter, args=(d,)) for d in ("left_door", "right_door")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [1, 1]


def test_the_modules_of_a_file_are_those_at_its_top(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(
        "from __future__ import annotations\nimport json\nimport numpy as np\n"
        "from pages.shared import folders, plain\nfrom pages.shared.page_parts import part\n"
        "def main():\n    import sklearn\n"
    )
    assert imports.of_file(page) == (
        *("__future__", "json", "numpy"),
        *("pages.shared", "pages.shared.folders", "pages.shared.plain", "pages.shared.page_parts"),
    )
    assert imports.every_module(page)[-len(imports.INSIDE_FUNCTIONS) :] == imports.INSIDE_FUNCTIONS


def late_imports(tree: ast.AST, inside: bool = False, held: bool = False) -> Iterator[str]:
    """The modules that functions import without the lock.

    Args:
        inside: whether the tree is part of a function.
        held: whether that function holds the lock there.
    """
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inside, held = True, any(map(is_lock, getattr(tree, "decorator_list", ())))
    if isinstance(tree, ast.With):
        held = held or any(is_lock(item.context_expr) for item in tree.items)
    if inside and not held and isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    if inside and not held and isinstance(tree, ast.ImportFrom):
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    for child in ast.iter_child_nodes(tree):
        yield from late_imports(child, inside, held)


def is_lock(node: ast.expr) -> bool:
    """Whether an expression is `alone()`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "alone"


def is_shared(name: str) -> bool:
    """Whether a module, or what is imported from one, may be half there for another thread."""
    top = name.split(".")[0]
    return top not in sys.stdlib_module_names and not {name, name.rpartition(".")[0], top} & BROUGHT


def test_a_function_that_imports_holds_the_lock() -> None:
    found = {
        str(path.relative_to(folders.ROOT)): names
        for room in ("gpt", "viz", "pages")
        for path in (folders.ROOT / room).rglob("*.py")
        if not path.relative_to(folders.ROOT).as_posix().startswith(NO_THREADS)
        if (names := [*filter(is_shared, late_imports(ast.parse(path.read_text("utf-8"))))])
    }
    assert found == {}


def test_a_function_that_imports_without_the_lock_is_found() -> None:
    source = """
import scipy
def bare():
    import sklearn, json, pandas
    with other(), alone():
        import kept
    def inner():
        from gpt.inspect import plane
@cache
@alone()
def held():
    import kept
    return lambda: __import__("kept")
"""
    found = filter(is_shared, late_imports(ast.parse(source)))
    assert list(found) == ["sklearn", "gpt.inspect.plane"]
