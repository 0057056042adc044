"""What is handed over in the browser is laid out on disk as it was named, and nowhere else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gpt.errors import ConversionError
from pages.parts.import_model import uploaded_files
from pages.shared.uploads import Handed


def uploaded(name: str, content: bytes = b"{}") -> Handed:
    """A file under the name that the browser gave it."""
    return Handed(name, name, content)


def laid_out(folder: Path, *files: Any) -> set[str]:
    for file in files:
        uploaded_files._take(file, folder)
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, b"{}")
    return out.getvalue()


def test_a_folder_keeps_its_folders_and_what_no_checkpoint_needs_is_left(tmp_path: Path) -> None:
    names = ("config.json", "README.md", "logo.png", ".git/config.json", "runs/events.out.1")
    files = [uploaded(f"model/{name}") for name in (*names, "1_Pooling/config.json", "merges.TXT")]
    expected = {"model/config.json", "model/1_Pooling/config.json", "model/merges.TXT"}
    assert laid_out(tmp_path, *files) == expected
    assert uploaded_files.name_of(tmp_path) == "model"


def test_the_models_of_a_translators_tokenizers_come_along(tmp_path: Path) -> None:
    names = {"opus/source.spm", "opus/target.spm", "opus/vocab.json", "opus/model.safetensors"}
    assert laid_out(tmp_path, *map(uploaded, sorted(names))) == names


def test_a_zip_is_a_folder_of_its_name_beside_single_files(tmp_path: Path) -> None:
    files = (uploaded("mine.zip", zipped("ckpt.pt", "__MACOSX/x.json")), uploaded("input.txt"))
    assert laid_out(tmp_path, *files) == {"mine/ckpt.pt", "input.txt"}
    assert uploaded_files.name_of(tmp_path) == "mine"


def test_single_files_are_called_as_their_weights(tmp_path: Path) -> None:
    files = (uploaded("gpt.pth"), uploaded("input.txt"))
    assert laid_out(tmp_path, *files) == {"gpt.pth", "input.txt"}
    assert uploaded_files.name_of(tmp_path) == "gpt"


@pytest.mark.parametrize(
    "name", ["../up.json", "/up.json", "a/../../up.json", "..\\up.json", "a:b.json"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ConversionError, match="cannot be the name of a file here"):
        laid_out(tmp_path / "in", uploaded(name))
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


def test_a_name_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"there are two files a\.pt; remove one"):
        laid_out(tmp_path, uploaded("a.pt"), uploaded("a.pt"))
    with pytest.raises(ConversionError, match="there are two mine; remove one"):
        laid_out(tmp_path, uploaded("mine/b.pt"), uploaded("mine.zip", zipped("c.pt")))
