"""The house rules that can be read off the source: who imports whom, and how (ADR 0001).

Each rule is a function from one module to the complaints about it, so that it can be tried on
a module that breaks it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("gpt", "viz", "pages", "app")
FORBIDDEN = {
    "gpt": {"viz", "pages", "app", "streamlit", "plotly"},
    "viz": {"gpt", "pages", "app", "torch"},
    "pages": {"app", "torch"},
    "app": {"torch"},
}
FLOORS = (
    *("bounded", "memory", "nn", "text", "run_files", "run_lines", "weights_file", "checkpoint"),
    *("inspect", "training", "convert", "commands"),
)
"""The rooms of gpt from the ground up: each may import those below it.

Any other file of gpt (`shape_only`, `numerals`, …) is as high as the highest of what it imports.
"""
TESTS = {"tests", "benchmarks"}
PICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
LONGEST_PAGE = 150
IMPORTED_AS = {"scikit-learn": {"sklearn"}, "tiktoken": {"tiktoken", "tiktoken_ext"}}


@dataclass(frozen=True)
class Module:
    """One source file by its path from the project's root."""

    path: Path
    source: str

    @property
    def room(self) -> str:
        return self.path.parts[0].removesuffix(".py")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def imports(self) -> set[str]:
        """Top-level names of everything imported, however deep in the file and however."""
        return {name.split(".")[0] for name in self.imported_names}

    @cached_property
    def imported_names(self) -> set[str]:
        """Full names of everything imported; of `from gpt import inspect`, `gpt.inspect`."""
        return set(self._imported_names())

    def _imported_names(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = self._absolute(node)
                yield from (f"{package}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
                yield from _texts(node.args[:1])

    def _absolute(self, node: ast.ImportFrom) -> str:
        """`from ..nn import x` in gpt/training/loop.py is gpt.nn."""
        if not node.level:
            return node.module or ""
        package = self.path.parts[: -node.level]
        return ".".join([*package, *filter(None, [node.module])])


Rule = Callable[[Module], list[str]]


def wrong_way(module: Module) -> list[str]:
    """Imports against the direction pages → viz, pages → gpt."""
    forbidden = FORBIDDEN[module.room] | TESTS
    return [f"imports {name}" for name in sorted(module.imports & forbidden)]


def climbs(module: Module) -> list[str]:
    """In gpt, imports of a room from one below it, through files outside the rooms too."""
    parts = module.path.with_suffix("").parts
    floor = FLOORS.index(parts[1]) if parts[0] == "gpt" and parts[1] in FLOORS else -1
    names = {name for name in module.imported_names if _floor(name) > floor}
    return [f"imports {name}" for name in sorted(names)] if floor >= 0 else []


def _floor(name: str, through: frozenset[str] = frozenset()) -> int:
    """The floor of what is imported by a full name; -1 if it is below all rooms.

    Args:
        through: files outside the rooms by which it is reached, which are not gone through again.
    """
    first, second = (*name.split("."), "")[:2]
    if first != "gpt" or second in through:
        return -1
    if second in FLOORS:
        return FLOORS.index(second)
    further = {*through, second}
    return max((_floor(n, frozenset(further)) for n in _imports_of(second)), default=-1)


@cache
def _imports_of(file: str) -> frozenset[str]:
    """What a file beside the rooms of gpt imports; nothing if there is no such file."""
    path = ROOT / "gpt" / f"{file}.py"
    return frozenset(Module(path, path.read_text()).imported_names if path.is_file() else ())


def wants_a_command(module: Module) -> list[str]:
    """Outside gpt nobody imports the command line: what both need has a module of its own."""
    names = sorted(n for n in module.imported_names if n.startswith("gpt.commands"))
    return [f"imports {name}" for name in names] if module.room != "gpt" else []


def stray_streamlit(module: Module) -> list[str]:
    """In viz only the easel and the wrapper of a component, a folder of its own, may import it."""
    parts = module.path.parts
    wrapper = parts[:2] == ("viz", "views") and parts[3:] == ("__init__.py",)
    allowed = module.room != "viz" or wrapper or parts[:2] == ("viz", "easel")
    return [] if allowed or "streamlit" not in module.imports else ["imports streamlit"]


def crosses_viz(module: Module) -> list[str]:
    """In viz the easel knows neither views nor figures, and these two do not know each other."""
    parts = module.path.parts
    others = {"easel": ("views", "figures"), "views": ("figures",), "figures": ("views", "easel")}
    hidden = others.get(parts[1], ()) if module.room == "viz" and len(parts) > 2 else ()
    names = [n for n in module.imported_names if n.split(".")[:2] in [["viz", h] for h in hidden]]
    return [f"imports {name}" for name in sorted(names)]


def unpickles(module: Module) -> list[str]:
    """Whatever could run code from a file that somebody hands to Headlight."""
    complaints = [f"imports {name}" for name in sorted(module.imports & PICKLERS)]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "torch":
            complaints += ["imports torch's load" for a in node.names if a.name == "load"]
        elif isinstance(node, ast.Call):
            complaints += _unsafe_load(node)
    return complaints


def has_no_docstring(module: Module) -> list[str]:
    """An empty file (an `__init__.py`) has nothing to say."""
    return [] if not module.tree.body or ast.get_docstring(module.tree) else ["has no docstring"]


def is_long_page(module: Module) -> list[str]:
    lines = module.source.count("\n")
    is_page = module.path.parent == Path("pages")
    return [f"has {lines} lines"] if is_page and lines >= LONGEST_PAGE else []


def unpinned(module: Module) -> list[str]:
    """Imports that `make app` does not install."""
    known = sys.stdlib_module_names | set(ROOMS) | TESTS | _pinned()
    return [f"imports {n}, not in requirements.txt" for n in sorted(module.imports - known)]


RULES: list[Rule] = [
    wrong_way,
    climbs,
    wants_a_command,
    stray_streamlit,
    crosses_viz,
    unpickles,
    has_no_docstring,
    is_long_page,
    unpinned,
]


@pytest.mark.parametrize("rule", RULES)
def test_house_keeps_rule(rule: Rule) -> None:
    complaints = [f"{m.path} {text}" for m in _house() for text in rule(m)]
    assert not complaints, "\n".join(complaints)


def test_rules_see_the_house() -> None:
    """An empty house would keep every rule."""
    assert {"gpt"} <= {module.room for module in _house()}


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_way, "gpt/nn/model.py", "import streamlit as st"),
        (wrong_way, "gpt/nn/model.py", "from viz.colors import WEIGHTS"),
        (wrong_way, "gpt/nn/model.py", "def f():\n    import pages.shared.loads"),
        (wrong_way, "gpt/nn/model.py", "from ...viz import colors"),
        (wrong_way, "gpt/nn/model.py", "from tests.tiny import model"),
        (wrong_way, "viz/figures/heads/heatmap.py", "import gpt"),
        (
            wrong_way,
            "viz/figures/heads/heatmap.py",
            "if True:\n    from torch import Tensor",
        ),
        (
            wrong_way,
            "viz/figures/heads/heatmap.py",
            "import importlib\nimportlib.import_module('torch.nn')",
        ),
        (wrong_way, "viz/views/attention/__init__.py", "from pages.shared import prompt"),
        (wrong_way, "pages/train.py", "import torch.nn.functional as F"),
        (wrong_way, "app.py", "__import__('torch')"),
        (climbs, "gpt/nn/model.py", "from gpt.text.tokenizer import Tokenizer"),
        (climbs, "gpt/inspect/trace.py", "from gpt.training import snapshots"),
        (climbs, "gpt/checkpoint.py", "from gpt import inspect"),
        (climbs, "gpt/training/loop.py", "def f():\n    from ..commands import train"),
        (wants_a_command, "pages/train.py", "from gpt.commands import train"),
        (stray_streamlit, "viz/figures/heads/heatmap.py", "from streamlit import cache_data"),
        (stray_streamlit, "viz/__init__.py", "import streamlit"),
        (stray_streamlit, "viz/views/attention/attention_payload.py", "import streamlit"),
        (crosses_viz, "viz/views/plane/__init__.py", "from viz.figures.equation import Matrix"),
        (crosses_viz, "viz/figures/equation.py", "def f():\n    import viz.views.plane"),
        (crosses_viz, "viz/easel/picks.py", "from viz.views import head"),
        (unpickles, "gpt/convert.py", "import pickle"),
        (unpickles, "pages/train.py", "from joblib import load"),
        (unpickles, "gpt/convert.py", "torch.load(path)"),
        (unpickles, "gpt/convert.py", "torch.load(path, weights_only=False)"),
        (unpickles, "gpt/convert.py", "torch.load(path, weights_only=safe)"),
        (unpickles, "gpt/convert.py", "from torch import load"),
        (unpickles, "gpt/convert.py", "np.load(path, allow_pickle=True)"),
        (has_no_docstring, "gpt/nn/model.py", "import torch"),
        (is_long_page, "pages/train.py", "x = 1\n" * 150),
        (unpinned, "gpt/nn/model.py", "import einops"),
    ],
)
def test_rule_finds_violation(rule: Rule, path: str, source: str) -> None:
    assert len(rule(Module(Path(path), source))) == 1


def test_a_file_outside_the_rooms_hides_no_way_up(monkeypatch: pytest.MonkeyPatch) -> None:
    module = Module(Path("gpt/nn/model.py"), "from gpt.shape_only import shape_only")
    assert climbs(module) == []
    ways = {
        "shape_only": {"gpt.numerals.to_text", "gpt.nn.build.build"},
        "numerals": {"gpt.shape_only.shape_only", "gpt.training.runs.Run"},
    }
    monkeypatch.setitem(globals(), "_imports_of", lambda file: ways.get(file, set()))
    assert climbs(module) == ["imports gpt.shape_only.shape_only"]


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_way, "pages/attention.py", "import gpt\nfrom viz import heatmap"),
        (wrong_way, "gpt/training/loop.py", "import torch\nfrom ..nn import model"),
        (climbs, "gpt/training/loop.py", "from gpt import inspect\nfrom gpt.nn import model"),
        (
            climbs,
            "gpt/text/training_batch.py",
            "import gpt.nn.loss\nfrom gpt.errors import TextError",
        ),
        (climbs, "gpt/__init__.py", "from gpt.training.runs import Run"),
        (climbs, "pages/train.py", "from gpt.training import runs"),
        (wants_a_command, "gpt/__main__.py", "from gpt.commands import train"),
        (wants_a_command, "pages/train.py", "from gpt.durations import duration"),
        (stray_streamlit, "viz/views/attention/__init__.py", "import streamlit as st"),
        (stray_streamlit, "pages/shared/shell.py", "import streamlit as st"),
        (crosses_viz, "viz/views/plane/__init__.py", "from viz.easel.component import component"),
        (crosses_viz, "viz/__init__.py", "from viz.figures.heads.heatmap import heatmap"),
        (unpickles, "gpt/convert.py", "torch.load(path, weights_only=True)"),
        (unpickles, "gpt/training/runs.py", "np.load(path)\njson.load(file)"),
        (has_no_docstring, "gpt/nn/__init__.py", ""),
        (has_no_docstring, "gpt/nn/model.py", '"""The decoder."""'),
        (is_long_page, "pages/train.py", "x = 1\n" * 149),
        (is_long_page, "pages/shared/shell.py", "x = 1\n" * 150),
        (unpinned, "gpt/nn/model.py", "import json, numpy, torch\nfrom gpt.nn import config"),
    ],
)
def test_rule_lets_pass(rule: Rule, path: str, source: str) -> None:
    assert rule(Module(Path(path), source)) == []


@cache
def _house() -> list[Module]:
    files = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    files += [path for path in [ROOT / "app.py"] if path.exists()]
    return [Module(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in files]


def _pinned() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    names = {match[1] for line in lines if (match := re.match(r"([a-z_-]+)==", line))}
    return {module for name in names for module in IMPORTED_AS.get(name, {name})}


def _called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _unsafe_load(node: ast.Call) -> list[str]:
    called = ast.unparse(node.func)
    safe = _has_true(node, "weights_only")
    if called == "torch.load" and not safe:
        return ["calls torch.load without weights_only=True"]
    return ["allows pickles in an array file"] if _has_true(node, "allow_pickle") else []


def _has_true(node: ast.Call, name: str) -> bool:
    values = [keyword.value for keyword in node.keywords if keyword.arg == name]
    return any(isinstance(value, ast.Constant) and value.value is True for value in values)
