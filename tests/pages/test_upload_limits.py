"""Every file field says one limit: the one that its reader has."""

from __future__ import annotations

import re

import pytest

from gpt import run_files
from gpt.text import corpus
from pages.shared import classroom, folders
from pages.shared.visitors import MODE
from tests.pages.opening import opened, said

TEXTS = corpus.MAX_BYTES // 2**20
TOKENIZERS = run_files.MOST_FILE[run_files.TOKENIZER] // 2**20
SERVER = 200
FIELDS = {
    "train": [
        ({"text": "upload"}, [TEXTS]),
        ({"task": "classify", "examples": "upload"}, [TEXTS]),
        ({"task": "translate", "examples": "upload"}, [TEXTS]),
        ({"tokenizer": "file", "open": "more"}, [TOKENIZERS]),
    ],
    "assistant": [({"show": "pairs", "tuned": "assistant-manner"}, [TEXTS])],
    "import_model": [({"from": "upload"}, [SERVER, SERVER])],
}


def test_every_field_is_in_the_table() -> None:
    """A new field is found here by its call; each names its limit, which has no default."""
    calls = {
        path.relative_to(folders.ROOT / "pages").parts[-2:]: len(re.findall(r"= files_field\(", s))
        for path in (folders.ROOT / "pages").rglob("*.py")
        if "files_field(" in (s := path.read_text())
    }
    calls.pop(("shared", "uploads.py"))
    assert calls == {
        ("train", "training_text.py"): 1,
        ("train", "examples_reading.py"): 1,
        ("train", "tokenizer_choice.py"): 1,
        ("assistant", "pairs_file.py"): 1,
        ("import_model", "uploaded_files.py"): 2,
    }
    direct = [
        path.name
        for path in (folders.ROOT / "pages").rglob("*.py")
        if "st.file_uploader(" in path.read_text()
    ]
    assert direct == ["uploads.py"]


@pytest.mark.parametrize(
    ("page", "query", "limits"),
    [(page, query, limits) for page, fields in FIELDS.items() for query, limits in fields],
)
def test_a_field_says_its_true_limit(
    page: str, query: dict[str, str], limits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADLIGHT_CHECKPOINTS", raising=False)
    app = opened(page, **query)
    assert [each.proto.max_upload_size_mb for each in app.get("file_uploader")] == limits
    assert not re.search(r"\d+ Mi?B", said(app))


def test_in_a_class_the_fields_of_import_say_the_limit_of_the_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(MODE, "1")
    app = opened("import_model")
    fields = app.get("file_uploader")
    assert [each.proto.max_upload_size_mb for each in fields] == [100, 100]
    classroom.check_upload(100 * 2**20)
