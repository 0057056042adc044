"""Held-out text: found again where it can be, and cut so that nothing is read twice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from gpt.errors import TextError
from gpt.text.corpus import Corpus, Document
from gpt.text.fetch import SOURCES, Source
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import held_out
from tests.gpt import tiny

LETTERS = CharacterTokenizer.of("abcdefghij")


def test_a_generated_text_is_written_again(tmp_path: Path) -> None:
    corpus = tiny.names()
    run = tiny.new_run(tmp_path / "run", corpus)
    assert held_out.validation_text(run) == corpus.text[int(0.9 * len(corpus.text)) :]


def test_a_text_of_ones_own_is_in_the_folder(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", Corpus("own", (Document("a", "abcdefghij" * 30),)))
    assert held_out.validation_text(run) == "abcdefghij" * 3


def test_a_run_without_its_text_has_none_unless_it_was_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "abcdefghij" * 30
    run = tiny.new_run(tmp_path / "run", Corpus("own", (Document("a", text),)))
    (run.path / "text" / "0.txt").unlink()
    assert held_out.validation_text(run) is None
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert json.loads((run.path / "config.json").read_text())["data"]["sha256"] == digest
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path))
    monkeypatch.setitem(SOURCES, "letters", Source("", digest, len(text), "letters.txt"))
    (tmp_path / "letters.txt").write_text(text)
    assert held_out.validation_text(run) == "abcdefghij" * 3
    (tmp_path / "letters.txt").write_text(text[::-1])
    assert held_out.validation_text(run) is None


def test_blocks_are_spread_and_do_not_overlap() -> None:
    text = "abcdefghij" * 3  # 30 tokens, 7 blocks of 4
    whole = held_out.blocks(LETTERS, text, 4, 100)
    assert LETTERS.decode(whole.ravel()) == text[:28]
    three = held_out.blocks(LETTERS, text, 4, 3)
    np.testing.assert_array_equal(three, whole[[0, 3, 6]])


def test_a_short_text_is_one_block_and_an_empty_one_none() -> None:
    assert held_out.blocks(LETTERS, "abc", 8, 5).shape == (1, 3)
    with pytest.raises(TextError, match="empty"):
        held_out.blocks(LETTERS, "", 8, 5)


# -- speakers ---------------------------------------------------------------------------------


def _three() -> Corpus:
    texts = {"ana": "abcde" * 40, "ben": "fghij" * 30, "cy": "jihgf" * 20}
    return Corpus("three", tuple(Document(f"{n}.txt", t, n) for n, t in texts.items()))


def test_of_files_each_speakers_last_tenth_is_held_out(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", _three(), documents="files")
    assert held_out.speakers(run) == {"ana": 20, "ben": 15, "cy": 10}
    assert held_out.validation_text(run, "ana") == "abcde" * 4
    assert held_out.validation_text(run, "ben") == "fghij" * 3
    assert held_out.validation_text(run) == "abcde" * 4 + "fghij" * 3 + "jihgf" * 2


def test_of_one_stream_only_who_speaks_last_is_held_out(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", _three())
    assert held_out.speakers(run) == {"ana": 0, "ben": 0, "cy": 45}
    assert held_out.validation_text(run, "cy") == ("jihgf" * 20)[-45:]
    assert held_out.validation_text(run, "ana") == ""


def test_of_lines_every_tenth_is_held_out(tmp_path: Path) -> None:
    lines = [f"{'abcdefghij'[i % 7]}{'abcdefghij'[i % 10]}" for i in range(47)]
    corpus = Corpus("lines", (Document("a", "\n".join(lines) + "\n"),))
    run = tiny.new_run(tmp_path / "run", corpus, documents="lines")
    assert held_out.validation_text(run) == "".join(f"{lines[i]}\n" for i in (9, 19, 29, 39))
    assert held_out.speakers(run) == {}
