"""Files of examples of every kind are refused before they take gigabytes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from gpt.errors import CheckpointError, TextError
from gpt.text import answer_layouts, example_files, examples, labelled, pairs

LINES = "\n" * (example_files.MOST_LINES + 1)
READERS: dict[str, Callable[[list[tuple[str, bytes]]], object]] = {
    "labelled": labelled.from_bytes,
    "pairs": pairs.from_bytes,
    "demonstrations": answer_layouts.demonstrations_of,
    "comparisons": answer_layouts.comparisons_of,
}


@pytest.mark.parametrize("kind", READERS)
def test_a_file_of_very_many_lines_is_refused_before_it_is_cut(kind: str, tmp_path: Path) -> None:
    content = f"a{LINES}b".encode()
    with pytest.raises(TextError, match="1,000,001 lines, and up to 1,000,000 examples"):
        READERS[kind]([("a.jsonl", content)])
    for name in ("examples.tsv", f"{kind}.jsonl"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match="has more lines than one of ours"):
        examples.from_stored({"kind": kind, "name": "mine"}, tmp_path)


@pytest.mark.parametrize("kind", READERS)
def test_a_line_of_very_many_values_is_not_parsed(kind: str, tmp_path: Path) -> None:
    line = '{"prompt": [' + "[]," * 400_000 + "[]]}\n"
    tracemalloc.start()
    with pytest.raises(TextError, match="not JSON"):
        READERS[kind]([("a.jsonl", line.encode())])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 << 20
    (tmp_path / f"{kind}.jsonl").write_text(line)
    if kind in ("demonstrations", "comparisons"):
        with pytest.raises(CheckpointError, match="does not hold the answers"):
            examples.from_stored({"kind": kind, "name": "mine"}, tmp_path)
