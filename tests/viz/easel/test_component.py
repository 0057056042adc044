"""The JavaScript of a component: many modules become the one that Streamlit takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from viz.easel.component import joined

VIEWS = Path(__file__).parents[3] / "viz" / "views"
ENTRIES = sorted(path for path in VIEWS.glob("*/*.js") if path.stem == path.parent.name)
DECLARED = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def write(folder: Path, **sources: str) -> Path:
    for name, source in sources.items():
        (folder / f"{name}.js").write_text(source, encoding="utf-8")
    return folder / "entry.js"


def test_each_file_comes_once_and_after_what_it_imports(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { b } from "./b.js";\nimport { a } from "./a.js";\nexport default b(a);\n',
        b='import { a } from "./a.js";\nexport const b = () => a;\n',
        a="export const a = 1;\n",
    )
    assert joined(entry).split() == ("const a = 1; const b = () => a; export default b(a);".split())


def test_files_may_import_each_other(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        entry='import { b } from "./b.js";\nexport const a = () => b;\n',
        b='import { a } from "./entry.js";\nexport const b = () => a;\n',
    )
    assert joined(entry).split() == "const b = () => a; const a = () => b;".split()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.stem))
def test_no_two_files_of_a_component_declare_the_same_name(entry: Path) -> None:
    """Joined, they share one scope."""
    names = DECLARED.findall(joined(entry))
    assert len(names) > 2 and sorted(names) == sorted(set(names))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry.stem))
def test_a_component_has_one_export_and_no_import(entry: Path) -> None:
    source = joined(entry)
    assert re.findall(r"^(?:import|export) .*", source, re.MULTILINE) == [
        line for line in source.splitlines() if line.startswith("export default function")
    ]
    assert source.count("\nexport default function") == 1
