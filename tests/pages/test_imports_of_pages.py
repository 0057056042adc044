"""What threads share is imported by one of them at a time, before a page runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pages.shared import folders, imports

SHARED = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "tokenizers", "gpt", "viz", "pages"}
"""Libraries that import each other, and what is ours."""
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
