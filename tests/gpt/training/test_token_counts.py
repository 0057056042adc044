"""Counts of the training text: exact where the text can be had, refused with a reason elsewhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from gpt.errors import CheckpointError
from gpt.text import fetch
from gpt.text.corpus import from_bytes
from gpt.text.leak_free import split
from gpt.training.runs import Run
from gpt.training.token_counts import token_counts
from tests.gpt import tiny
from tests.gpt.training.task_runs import classify_run, letters, reviews, translate_run

TEXT = "abacabad" * 20


def test_the_first_nine_tenths_are_counted(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "own", from_bytes([("a.txt", TEXT.encode())]))
    learned = TEXT[:144]
    assert token_counts(run).tolist() == [learned.count(c) for c in "abcd"] == [72, 36, 18, 18]


def test_a_built_in_text_is_written_again(tmp_path: Path) -> None:
    corpus = tiny.names()
    run = tiny.new_run(tmp_path / "builtin", corpus)
    learned = corpus.text[: int(0.9 * len(corpus.text))]
    expected = [learned.count(c) for c in sorted(set(corpus.text))]
    assert token_counts(run).tolist() == expected


def test_a_text_that_was_changed_is_refused(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "own", from_bytes([("a.txt", TEXT.encode())]))
    (run.path / "text" / "0.txt").write_text(TEXT[::-1])
    with pytest.raises(CheckpointError, match="not the one it learned from any more"):
        token_counts(run)


def test_a_text_that_did_not_come_along_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path / "cache"))
    run = tiny.new_run(tmp_path / "own", from_bytes([("a.txt", TEXT.encode())]))
    shutil.rmtree(run.path / "text")
    with pytest.raises(CheckpointError, match=r"shared without its text \(a\)$"):
        token_counts(run)
    source = fetch.Source("https://nowhere", _hash(), len(TEXT), "a.txt")
    monkeypatch.setattr(fetch, "SOURCES", {"letters": source})
    monkeypatch.setattr("gpt.training.token_counts.SOURCES", {"letters": source})
    with pytest.raises(CheckpointError, match="`python -m gpt fetch letters` gets it"):
        token_counts(run)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.txt").write_text(TEXT)
    assert token_counts(run).sum() == 144


def test_a_run_that_names_no_text_is_refused(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "own")
    config = json.loads((run.path / "config.json").read_text())
    del config["data"]
    (run.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="does not say which text"):
        token_counts(Run(run.path))


def _hash() -> str:
    return hashlib.sha256(TEXT.encode()).hexdigest()


def test_words_of_labelled_texts_are_those_of_the_training_part(tmp_path: Path) -> None:
    run = classify_run(tmp_path / "run")
    examples, tokenizer = reviews(), run.tokenizer()
    words = [word for i in split(examples).training for word in examples.texts[i].split()]
    counts = dict(
        zip(tokenizer.pieces(range(tokenizer.vocab_size)), token_counts(run), strict=True)
    )
    assert {word: n for word, n in counts.items() if n} == Counter(words)


@pytest.mark.parametrize("shared", [True, False])
def test_letters_of_pairs_are_those_of_the_targets_and_of_a_shared_vocabularys_sources(
    tmp_path: Path, shared: bool
) -> None:
    run = translate_run(tmp_path / "run", shared=shared)
    pairs, tokenizer = letters(), run.tokenizer()
    rows = split(pairs).training.tolist()
    text = "".join(f"\n{pairs.targets[i]}\n" for i in rows)
    text += "".join(pairs.sources[i] for i in rows) if shared else ""
    expected = Counter(text)
    pieces = tokenizer.pieces(range(tokenizer.vocab_size))
    assert token_counts(run).tolist() == [expected[piece] for piece in pieces]
    if not shared:
        own = run.source_tokenizer()
        read = Counter("".join(pairs.sources[i] for i in rows))
        letters_of_source = own.pieces(range(own.vocab_size))
        assert token_counts(run, True).tolist() == [read[piece] for piece in letters_of_source]


def test_examples_that_were_changed_are_refused(tmp_path: Path) -> None:
    run = classify_run(tmp_path / "run", reviews().take(range(100)))
    file = run.path / "text" / "examples.tsv"
    lines = file.read_text().splitlines()
    file.write_text("".join(f"{line}\n" for line in reversed(lines)))
    with pytest.raises(CheckpointError, match="not the one it learned from any more"):
        token_counts(run)
