"""Training on documents: blocks stop at their ends, and a run that was stopped goes on exactly."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.nn.loss import cross_entropy
from gpt.text.corpus import Corpus, from_builtin, from_bytes
from gpt.text.documents import Documents
from gpt.training import snapshots
from gpt.training.control import Control, Wish
from gpt.training.evaluate import validation_loss
from gpt.training.loop import Trainer, train
from gpt.training.presets import find
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.next_token_task import NextToken
from tests.gpt import tiny
from tests.gpt.shakespeare import DATA
from tests.gpt.training.comparing import AskAt, assert_same_runs

SPEECHES = DATA / "speeches"


def speeches() -> Corpus:
    return from_builtin("speeches", length=3000)


def trainer(run: Run) -> Trainer:
    return Trainer(run, Control(), lambda line, status: None)


def batch_of(own_trainer: Trainer, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    batch = own_trainer._batch(step)
    return batch.ids, batch.targets


def task_of(own_trainer: Trainer) -> NextToken:
    assert isinstance(own_trainer.task, NextToken)
    return own_trainer.task


CORPORA = {"lines": tiny.names, "files": speeches}


@pytest.mark.parametrize("kind", CORPORA)
def test_a_run_that_was_stopped_and_resumed_is_the_one_that_was_not(
    tmp_path: Path, kind: str
) -> None:
    straight = tiny.new_run(tmp_path / "straight", CORPORA[kind](), documents=kind)
    assert train(straight).state == "done"
    broken = tiny.new_run(tmp_path / "broken", CORPORA[kind](), documents=kind)
    assert train(broken, AskAt(Wish.PAUSE, 17)).state == "paused"
    assert 0 < broken.status().step < 12
    assert train(broken).state == "done"
    assert_same_runs(straight, broken)


def test_config_json_says_how_the_text_was_read(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", documents="lines")
    assert train(run).state == "done"
    info = run.config()
    assert info["training"]["documents"] == "lines"
    lines = run.corpus().text.splitlines()
    held_out = lines[9::10]
    characters = sum(len(line) + 1 for line in held_out)
    assert info["split"] == {
        "tokens": sum(len(line) + 2 for line in lines),
        "held_out_tokens": characters,
        "held_out_characters": characters,
    }
    checkpoint = gpt.load(run.path)
    assert checkpoint.documents == "lines"
    assert checkpoint.end == checkpoint.tokenizer.encode("\n")[0]


def test_a_run_from_before_there_were_documents_is_one_stream(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run")
    info = run.config()
    del info["training"]["documents"], info["split"]
    assert TrainingConfig.from_dict(info["training"]).documents == "stream"
    assert gpt.checkpoint.documents_of(info) == "stream"


def test_each_batch_of_lines_is_names_from_their_beginning(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", documents="lines", batch_size=9)
    own_trainer = trainer(run)
    learned = {line for i, line in enumerate(run.corpus().text.splitlines()) if i % 10 != 9}
    for step in range(5):
        x, y = batch_of(own_trainer, step)
        assert x.shape == y.shape == (9, 7)
        for row, targets in zip(x, y, strict=True):
            kept = targets[targets >= 0].tolist()
            said = task_of(own_trainer).tokenizer.decode([int(row[0]), *kept])
            if said.startswith("\n"):
                assert any(line.startswith(said[1:].rstrip("\n")) for line in learned)
            else:  # a name longer than the block, begun inside
                assert len(kept) == 7 and any(said.rstrip("\n") in line for line in learned)
        again = batch_of(own_trainer, step)
        assert torch.equal(x, again[0]) and torch.equal(y, again[1])


def test_what_is_filled_up_is_not_counted_as_learned(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", documents="lines", steps=3, eval_interval=3)
    own_trainer = trainer(run)
    expected = np.cumsum([int((batch_of(own_trainer, step)[1] >= 0).sum()) for step in range(3)])
    assert train(run).state == "done"
    tokens = [line["tokens"] for line in run.metrics() if line["loss"] is not None]
    assert tokens == expected.tolist()
    assert expected[-1] < 3 * 3 * 7  # some names are shorter than the block


def test_what_is_filled_up_does_not_change_the_loss(tmp_path: Path) -> None:
    """The loss of a batch of documents is the mean over what each of them predicts by itself."""
    run = tiny.new_run(tmp_path / "run", model=dict(block_size=12), documents="lines")
    own_trainer = trainer(run)
    model = own_trainer.model.eval()
    x, y = batch_of(own_trainer, 0)
    total, count = 0.0, 0
    with torch.no_grad():
        for row, targets in zip(x, y, strict=True):
            n = int((targets >= 0).sum())
            logits = model(row[None, :n])[0].log_softmax(-1)
            total -= float(logits[torch.arange(n), targets[:n]].sum())
            count += n
        batch = cross_entropy(model(x), y).item()
    assert count < y.numel()
    assert batch == pytest.approx(total / count, abs=1e-5)


def test_the_validation_loss_of_lines_is_that_of_every_tenth_name(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", model=dict(block_size=20), documents="lines")
    assert train(run).state == "done"
    checkpoint = gpt.load(run.path)
    corpus = run.corpus()
    total, count = 0.0, 0
    with torch.no_grad():
        for name in corpus.text.splitlines()[9::10]:
            ids = torch.tensor(checkpoint.tokenizer.encode(f"\n{name}\n"))
            logits = checkpoint.model(ids[None, :-1])[0].log_softmax(-1)
            total -= float(logits[torch.arange(len(ids) - 1), ids[1:]].sum())
            count += len(ids) - 1
    loss, positions = validation_loss(checkpoint, corpus)
    assert positions == count
    assert loss == pytest.approx(total / count, abs=1e-5)


def test_the_probe_is_the_longest_name_held_out_and_samples_are_names(tmp_path: Path) -> None:
    run = tiny.new_run(
        tmp_path / "run", model=dict(block_size=20), documents="lines", sample_tokens=90
    )
    assert train(run).state == "done"
    held_out = run.corpus().text.splitlines()[9::10]
    tokenizer = gpt.load(run.path).tokenizer
    probe = snapshots.read(run.path, 0).ids.tolist()
    assert tokenizer.decode(probe) == f"\n{max(held_out, key=len)}"
    assert len(run.samples()[-1]["text"]) == 90


# -- speakers -----------------------------------------------------------------------------------


def test_a_run_on_speeches_names_its_speakers(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path / "run", speeches(), documents="files")
    assert train(run).state == "done"
    people = ["Corvane Ashmeer", "Ysra Tolland", "Dell Hobbin"]
    assert run.config()["data"]["speakers"] == people
    assert list(run.corpus().speakers) == people


def test_a_run_on_one_speaker_learns_from_nobody_else(tmp_path: Path) -> None:
    corpus = speeches().only(["Dell Hobbin"])
    run = tiny.new_run(tmp_path / "run", corpus, documents="files")
    own_trainer = trainer(run)
    said = speeches().documents[2].text
    cut = int(0.9 * len(said))
    task = task_of(own_trainer)
    assert isinstance(task.learned, Documents) and isinstance(task.held_out, Documents)
    assert task.tokenizer.decode(task.learned.ids.tolist()) == said[:cut]
    assert task.tokenizer.decode(task.held_out.ids.tolist()) == said[cut:]
    assert run.config()["data"]["only"] == ["Dell Hobbin"]
    assert run.corpus() == corpus


@pytest.mark.skipif(not SPEECHES.is_dir(), reason="the speeches are not on this machine")
def test_three_files_of_speeches_are_one_corpus_of_three_speakers(tmp_path: Path) -> None:
    texts = {path.name: path.read_bytes() for path in sorted(SPEECHES.iterdir())}
    corpus = from_bytes(list(texts.items()))
    people = ["Abraham Lincoln", "Ronald Reagan", "Franklin D. Roosevelt"]
    assert [one.speaker for one in corpus.documents] == people
    assert corpus.only(["Ronald Reagan"]).text == texts["reagan.txt"].decode()
    run = tiny.new_run(tmp_path / "run", corpus, documents="files")
    assert train(run).state == "done"
    assert run.config()["data"]["speakers"] == people
    shutil.rmtree(run.path / "snapshots")
    assert run.corpus() == corpus


# -- names that end -----------------------------------------------------------------------------


@pytest.mark.slow
def test_the_names_preset_writes_names_that_end(tmp_path: Path) -> None:
    corpus = from_builtin("names", length=60_000)
    preset = find("names")
    training = preset.training_config(steps=100, eval_interval=100, sample_tokens=0, device="cpu")
    run = tiny.new_run(tmp_path / "run", corpus, preset.model, **training.to_dict())
    assert train(run).state == "done"
    checkpoint = gpt.load(run.path)
    end = checkpoint.end
    assert end is not None
    names = []
    for seed in range(40):
        steps = gpt.generate(checkpoint.model, [end], 30, seed=seed, stop=end)
        ids = [step.id for step in steps]
        assert ids.count(end) <= 1
        if ids[-1] == end:
            names.append(checkpoint.tokenizer.decode(ids[:-1]))
    assert len(names) >= 39
    lengths = [len(name) for name in names]
    real = [len(line) for line in corpus.text.splitlines()]
    assert min(lengths) >= 1 and max(lengths) <= 20
    assert np.mean(lengths) == pytest.approx(np.mean(real), abs=1.5)
