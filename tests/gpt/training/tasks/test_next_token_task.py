"""What a decoder is probed with: a line of the text that it does not learn from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import snapshots
from gpt.training.runs import Run
from gpt.training.tasks.next_token_task import NextToken, beginning, line_start
from tests.gpt import tiny


@pytest.mark.parametrize(
    ("pieces", "start"),
    [
        (["ter", " end", ".\n", "\n", "A", " line"], 4),
        (["\n", "A", "\n", "B"], 1),
        (["end", "\n", "\n", " ", "indented"], 0),  # the line begins amid its blanks
        (["no", " line", "\n"], 0),
        ([], 0),
    ],
)
def test_a_line_begins_after_a_line_break(pieces: list[str], start: int) -> None:
    assert line_start(pieces) == start


def test_the_held_out_text_is_probed_from_a_line_on() -> None:
    text = "mid\nHello there,\nyou"
    tokenizer = CharacterTokenizer.of(text)
    ids = torch.tensor(tokenizer.encode(text))
    assert tokenizer.decode(beginning(tokenizer, ids, 5)) == "Hello"
    assert tokenizer.decode(beginning(tokenizer, ids, 16)) == text[4:20]
    assert tokenizer.decode(beginning(tokenizer, ids, 17)) == text[:17]  # too few tokens after it
    assert tokenizer.decode(beginning(tokenizer, ids[:4], 3)) == "mid"


def probe(run: Run) -> str:
    model = tiny.config(**{**tiny.MODEL, "vocab_size": run.tokenizer().vocab_size})
    task = NextToken(run, model, run.training_config())
    return run.tokenizer().decode(task.probe.ids)


def test_a_run_that_goes_on_keeps_the_probe_of_its_snapshots(tmp_path: Path) -> None:
    lines = Corpus("text", (Document("text", "one line\nand one more\n" * 30),))
    run = tiny.new_run(tmp_path / "run", lines)
    assert probe(run) == "and one"
    tokenizer = run.tokenizer()
    model = tiny.random_model(tiny.config(**{**tiny.MODEL, "vocab_size": tokenizer.vocab_size}))
    (run.path / "snapshots").mkdir()
    path = run.path / snapshots.name(4)
    snapshots.write(model, tokenizer.encode("e more"), 4, path)
    assert probe(run) == "e more"
    path.write_bytes(path.read_bytes()[:40])  # damaged: the text is there still
    assert probe(run) == "and one"


def test_the_first_steps_learn_from_shorter_blocks_of_as_many_tokens(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", batch_size=3, short_steps=4)
    vocabulary = run.tokenizer().vocab_size
    model = tiny.config(**{**tiny.MODEL, "vocab_size": vocabulary, "block_size": 8})
    task = NextToken(run, model, run.training_config())
    batches = [task.batch(step, torch.Generator().manual_seed(step)) for step in range(5)]
    shapes = [tuple(batch.ids.shape) for batch in batches]
    assert shapes == [(12, 2), (12, 2), (6, 4), (6, 4), (3, 8)]
    for batch in batches:
        assert torch.equal(batch.ids[:, 1:], batch.targets[:, :-1])
