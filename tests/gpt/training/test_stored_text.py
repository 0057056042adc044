"""A run whose text is larger than is read at once: its folder holds the tokens of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import gpt
from gpt.errors import CheckpointError, ConfigError
from gpt.nn.config import GPTConfig
from gpt.text import large_text
from gpt.text.corpus import from_files
from gpt.text.large_text import of_files
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.control import Wish
from gpt.training.creation import create_run
from gpt.training.evaluate import validation_loss, validation_loss_of
from gpt.training.held_out import validation_text
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.stored_text import ids_of
from gpt.training.token_counts import token_counts
from tests.close import close
from tests.gpt.tiny import MODEL, TRAINING, names, new_run
from tests.gpt.training.comparing import AskAt, assert_same_runs

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A text that is read in small pieces."""
    monkeypatch.setattr(large_text, "PIECE", 61)
    path = tmp_path / "names.txt"
    path.write_text(names().text, encoding="utf-8")
    return path


def large_run(path: Path, file: Path, **training: object) -> Run:
    tokenizer = CharacterTokenizer.of(file.read_text())
    config = GPTConfig(**{**MODEL, "vocab_size": tokenizer.vocab_size})
    settings = TrainingConfig(**{**TRAINING, **training})
    return create_run(path, config, settings, of_files([file]), tokenizer)


def test_it_learns_what_a_run_learns_whose_text_is_in_memory(tmp_path: Path, file: Path) -> None:
    stored, usual = large_run(tmp_path / "a", file), new_run(tmp_path / "b", from_files([file]))
    assert train(stored).state == train(usual).state == "done"
    assert_same_runs(stored, usual)
    assert stored.config()["split"] == usual.config()["split"]
    for key in ("characters", "sha256", "documents"):
        assert stored.config()["data"][key] == usual.config()["data"][key]


def test_a_pause_changes_nothing_and_the_text_is_not_needed_again(
    tmp_path: Path, file: Path
) -> None:
    whole, paused = large_run(tmp_path / "a", file), large_run(tmp_path / "b", file)
    file.unlink()
    train(whole)
    assert train(paused, AskAt(Wish.PAUSE, 9)).state == "paused"
    assert train(paused).state == "done"
    assert_same_runs(whole, paused)


def test_all_that_asks_for_its_text_gets_its_tokens(tmp_path: Path, file: Path) -> None:
    stored, corpus = large_run(tmp_path / "a", file), from_files([file])
    usual = new_run(tmp_path / "b", corpus)
    train(stored)
    held_out = validation_text(usual)
    assert validation_text(stored) == held_out
    assert token_counts(stored).tolist() == token_counts(usual).tolist()
    checkpoint = gpt.load(stored.path)
    loss, positions = validation_loss_of(checkpoint, ids_of(stored, stored.tokenizer(), "stream"))
    assert (close(loss), positions) == validation_loss(checkpoint, corpus)
    with pytest.raises(CheckpointError, match="keeps the tokens of its text"):
        stored.corpus()


def test_a_folder_without_its_tokens_says_so(tmp_path: Path, file: Path) -> None:
    stored = large_run(tmp_path / "a", file)
    (stored.path / "text" / "tokens.npy").unlink()
    assert train(stored).state == "failed"
    assert "shared without its text" in stored.status().reason
    assert validation_text(stored) is None


def test_what_fails_leaves_no_folder(tmp_path: Path, file: Path) -> None:
    with pytest.raises(ConfigError, match="documents = stream"):
        large_run(tmp_path / "a", file, documents="lines")

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    text = replace(of_files([file]), watch=stop)
    tokenizer = CharacterTokenizer.of(file.read_text())
    config = GPTConfig(**{**MODEL, "vocab_size": tokenizer.vocab_size})
    with pytest.raises(KeyboardInterrupt):
        create_run(tmp_path / "a", config, TrainingConfig(**TRAINING), text, tokenizer)
    assert not (tmp_path / "a").exists()
