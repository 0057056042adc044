"""Imports that threads share: done one thread at a time, before a page runs.

Each visit is a thread of its own. Python lets two of them import at once. Where libraries import
each other (pandas and pyarrow do) and the threads begin at different modules, it breaks the tie by
handing one of them a module that is half there: `partially initialized module 'pandas'`. So
whatever a page imports is imported here first, under one lock; what a function imports only when it
is called takes the same one (`gpt.importing`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from gpt.importing import alone

SPINE = (
    *("gpt.errors", "gpt.checkpoint", "gpt.inspect.generation", "gpt.inspect.trace"),
    *("gpt.text.huggingface", "gpt.text.tokenizer_file"),
)
"""What `import gpt` leaves to the first use of its names, and the run that opens to its loading."""
SHELL = ("pages.shared.page_parts", "pages.shared.page_memory")
"""What the shell imports once it has drawn something; it need not wait for the lock again."""
INSIDE_FUNCTIONS = (
    *(
        "pandas",
        "pyarrow",
        "pyarrow.pandas_compat",
        "pyarrow.vendored.version",
        "plotly.offline",
        "plotly.tools",
    ),
    *("gpt.text.tokenizers.byte_pairs", "gpt.text.tokenizers.sentencepieces"),
    *("gpt.text.tokenizers.words", "scipy.special"),
)
"""What Streamlit, plotly or gpt import only when they are called."""
ON_THE_FIRST_PAGES = ("home", "attention")
"""These pages call none of that when they are drawn, and do not wait for it."""


def bring(names: Iterable[str]) -> None:
    """Import modules in this order; wait while another thread imports."""
    with alone():
        for name in names:
            import_module(name)


def bring_for(page: Path) -> None:
    """Import what a page's file imports, and what the libraries behind it will.

    Args:
        page: the file.
    """
    of_page = (*SPINE, *of_file(page)) if page.stem in ON_THE_FIRST_PAGES else every_module(page)
    bring((*of_page, *SHELL))


def every_module(page: Path) -> tuple[str, ...]:
    """The modules that a page needs, in the order of their import."""
    return (*SPINE, *of_file(page), *INSIDE_FUNCTIONS)


@cache
def of_file(path: Path) -> tuple[str, ...]:
    """The modules that a file imports at its top, in their order."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return tuple(name for statement in body for name in _names(statement))


def _names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        yield statement.module
        # `from package import module`: a module is imported too, a function is not.
        yield from (
            f"{statement.module}.{alias.name}"
            for alias in statement.names
            if _is_module(statement.module, alias.name)
        )


def _is_module(package: str, name: str) -> bool:
    """Whether `package.name` is a file or folder of this project."""
    path = Path(__file__).resolve().parents[2].joinpath(*package.split("."), name)
    return path.with_suffix(".py").is_file() or path.is_dir()
