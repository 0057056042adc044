"""Teachers: what several models expect on average, and a run that learns from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import gpt
from gpt.errors import ConfigError, TrainingError
from gpt.nn.config import GPTConfig
from gpt.text.corpus import Corpus, Document
from gpt.training import lessons
from gpt.training import teachers as module
from gpt.training.control import Wish
from gpt.training.creation import create_run
from gpt.training.device import Device
from gpt.training.lessons import TaughtBatch, check_room, mean_predictions
from gpt.training.loop import train
from gpt.training.pack import pack
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.next_token_task import NextToken
from gpt.training.teachers import Teachers, read_teachers
from tests.gpt import tiny
from tests.gpt.training.comparing import AskAt, assert_same_runs

CPU = Device("cpu", bfloat16=False)
TEXT = Corpus("text", (Document("text", "to be or not to be, that is the question\n" * 30),))


def taught(folder: Path, teachers: list[Path], **training: Any) -> Run:
    """A run that learns the text of `TEXT` from the runs in some folders."""
    first = gpt.load(teachers[0])
    plan = dict(tiny.TRAINING, teacher_share=1.0, **training)
    return create_run(
        folder,
        first.config,
        TrainingConfig(**plan),
        TEXT,
        first.tokenizer,
        teachers=Teachers(tuple(gpt.load(path) for path in teachers)),
    )


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    """Two runs of `TEXT` that differ in their seeds, trained for a few steps."""
    runs = [tiny.new_run(tmp_path / f"seed-{seed}", TEXT, seed=seed) for seed in (1, 2)]
    for run in runs:
        train(run)
    return [run.path for run in runs]


def test_predictions_are_the_mean_of_the_teachers_after_enough_context() -> None:
    models = [tiny.random_model(tiny.config(), seed) for seed in (1, 2, 3)]
    ids = torch.randint(tiny.V, (5 * tiny.BLOCK + 3,), generator=torch.Generator().manual_seed(0))
    answers = mean_predictions(models, ids, CPU)
    assert answers is not None
    said = answers.float()
    assert said.shape == (len(ids), tiny.V)
    torch.testing.assert_close(said.sum(-1), torch.ones(len(ids)), atol=5e-3, rtol=0)
    half = tiny.BLOCK // 2
    for at in (0, 3, tiny.BLOCK - 1, tiny.BLOCK, 3 * tiny.BLOCK + 1, len(ids) - 1):
        contexts = []
        for start in range(max(0, at - tiny.BLOCK + 1), max(1, at - half + 1)):
            context = ids[start : at + 1][None]
            with torch.no_grad():
                probs = [model(context)[0, -1].softmax(-1) for model in models]
            contexts.append(torch.stack(probs).mean(0))
        nearest = min(float((said[at] - own).abs().max()) for own in contexts)
        assert nearest < 1e-3, at


def test_a_text_shorter_than_a_window_is_read_whole() -> None:
    model = tiny.random_model(tiny.config())
    ids = torch.arange(tiny.BLOCK - 4)
    with torch.no_grad():
        own = model(ids[None])[0].softmax(-1)
    said = mean_predictions([model], ids, CPU)
    assert said is not None
    torch.testing.assert_close(said.float(), own, atol=1e-3, rtol=0)


def test_a_batch_takes_what_is_expected_after_its_own_tokens(
    tmp_path: Path, two: list[Path]
) -> None:
    run = taught(tmp_path / "taught", two)
    config, plan = gpt.load(two[0]).config, run.training_config()
    task = NextToken(run, config, plan)
    assert task.prepare(lambda: False)
    batch = task.batch(7, torch.Generator().manual_seed(7))
    assert isinstance(batch, TaughtBatch) and batch.expected is not None
    untaught = NextToken(run, config, plan).batch(7, torch.Generator().manual_seed(7))
    assert torch.equal(batch.ids, untaught.ids) and torch.equal(batch.targets, untaught.targets)
    models = [gpt.load(path).model for path in two]
    with torch.no_grad():
        own = torch.stack([model(batch.ids).softmax(-1) for model in models]).mean(0)
    # The last position of a block has half a window of context at least, as the teachers had.
    assert (own[:, -1] - batch.expected[:, -1].float()).abs().max() < 0.2
    parts = batch.parts(2)
    assert torch.equal(torch.cat([part.expected for part in parts]), batch.expected)  # type: ignore[attr-defined]


def test_the_loss_is_the_cross_entropy_of_what_is_mixed(tmp_path: Path, two: list[Path]) -> None:
    run = taught(tmp_path / "taught", two)
    config = gpt.load(two[0]).config
    for share in (1.0, 0.3):
        task = NextToken(run, config, replace(run.training_config(), teacher_share=share))
        assert task.prepare(lambda: False)
        batch = task.batch(0, torch.Generator().manual_seed(0))
        assert isinstance(batch, TaughtBatch) and batch.expected is not None
        logits = torch.randn(*batch.ids.shape, config.vocab_size)
        log_probs = logits.double().log_softmax(-1)
        of_token = -log_probs.gather(-1, batch.targets[..., None])[..., 0]
        of_teachers = -(batch.expected.double() * log_probs).sum(-1)
        expected = (share * of_teachers + (1 - share) * of_token).mean()
        assert float(task.loss(logits, batch)) == pytest.approx(float(expected), rel=1e-5)


def test_a_taught_run_trains_and_resumes_without_its_teachers_runs(
    tmp_path: Path, two: list[Path]
) -> None:
    whole, cut = (taught(tmp_path / name, two) for name in ("whole", "cut"))
    for path in two:
        path.rename(path.with_name(f"{path.name}-away"))
    assert train(whole).state == "done"
    assert train(cut, AskAt(Wish.PAUSE, 7)).state == "paused"
    assert train(cut).state == "done"
    assert [one["run"] for one in cut.config()["teachers"]] == ["seed-1", "seed-2"]
    assert_same_runs(whole, cut)


def test_who_asks_to_pause_while_the_teachers_are_asked_is_obeyed(
    tmp_path: Path, two: list[Path]
) -> None:
    whole, cut = (taught(tmp_path / name, two, teacher_tokens=100) for name in ("whole", "cut"))
    assert train(whole).state == "done"
    for look in (0, 1, 2):  # the first teacher writes, the second one, both read what they wrote
        status = train(cut, AskAt(Wish.PAUSE, look))
        assert (status.state, status.step) == ("paused", 0)
    assert train(cut).state == "done"
    assert_same_runs(whole, cut)


def test_what_teachers_expect_differs_from_the_token_that_came(
    tmp_path: Path, two: list[Path]
) -> None:
    """A run without teachers from the same seed learns other weights."""
    run = taught(tmp_path / "taught", two)
    train(run)
    alone = gpt.load(two[0]).model.state_dict()
    own = gpt.load(run.path).model.state_dict()
    assert any(not torch.allclose(alone[name], own[name], atol=1e-4) for name in own)


def test_packing_leaves_the_teachers_out_and_says_who_they_were(
    tmp_path: Path, two: list[Path]
) -> None:
    run = taught(tmp_path / "taught", two)
    train(run)
    assert len(read_teachers(run)) == 2
    pack(run.path, tmp_path / "packed")
    assert not list((tmp_path / "packed").glob("teacher*"))
    assert len(gpt.load(tmp_path / "packed").info["teachers"]) == 2


def refused(two: list[Path], model: GPTConfig | None = None, **training: Any) -> None:
    teacher = gpt.load(two[0])
    plan = TrainingConfig(**{"teacher_share": 1.0, "documents": "stream", **training})
    module.check_teachers(Teachers((teacher,)), model or teacher.config, plan, teacher.tokenizer)


def test_teachers_that_do_not_fit_are_refused(tmp_path: Path, two: list[Path]) -> None:
    refused(two)  # nothing is wrong
    with pytest.raises(ConfigError, match=r"teacher_share is 0\.0 and teachers are named"):
        refused(two, teacher_share=0.0)
    with pytest.raises(ConfigError, match="choose documents = stream"):
        refused(two, documents="lines")
    longer = replace(gpt.load(two[0]).config, block_size=1000)
    with pytest.raises(ConfigError, match=r"'seed-1' reads up to 7 tokens, .*block_size = 7"):
        refused(two, longer)
    stranger = tiny.new_run(tmp_path / "other")
    train(stranger)
    other = gpt.load(stranger.path)
    with pytest.raises(ConfigError, match="'other' reads other tokens"):
        module.check_teachers(
            Teachers((other,)),
            gpt.load(two[0]).config,
            TrainingConfig(teacher_share=0.5),
            gpt.load(two[0]).tokenizer,
        )
    for setting in ({"teacher_share": 0.5}, {"teacher_tokens": 1000}):
        with pytest.raises(ConfigError, match="no teachers are named"):
            tiny.new_run(tmp_path / "alone", TEXT, **setting)


def test_what_a_teacher_writes_follows_what_it_expects() -> None:
    """A teacher that is sure of each next token writes just that, from a token of the text on."""
    sure = tiny.random_model(tiny.config())
    with torch.no_grad():
        sure.lm_head.weight.mul_(1e4)
    starts = torch.tensor([[3], [7], [3]])
    generator = torch.Generator().manual_seed(1)
    rows = lessons.write(sure, starts, tiny.BLOCK + 1, CPU, generator)
    assert rows.shape == (3, tiny.BLOCK + 1) and torch.equal(rows[:, :1], starts)
    with torch.no_grad():
        assert torch.equal(sure(rows[:, :-1]).argmax(-1), rows[:, 1:])


def test_what_a_teacher_writes_has_the_frequencies_that_it_expects() -> None:
    teacher = tiny.random_model(tiny.config())
    starts, generator = torch.full((4000, 1), 5), torch.Generator().manual_seed(0)
    rows = lessons.write(teacher, starts, 2, CPU, generator)
    seen = torch.bincount(rows[:, 1], minlength=tiny.V) / len(rows)
    with torch.no_grad():
        expected = teacher(torch.tensor([[5]]))[0, 0].softmax(-1)
    # Four deviations of a frequency among 4,000 draws.
    assert ((seen - expected).abs() < 4 * (expected / len(rows)).sqrt() + 1e-3).all()


def test_half_of_a_batch_is_of_the_teachers_own_texts(tmp_path: Path, two: list[Path]) -> None:
    run = taught(tmp_path / "taught", two, teacher_tokens=100, batch_size=5)
    config = gpt.load(two[0]).config
    task = NextToken(run, config, run.training_config())
    assert task.prepare(lambda: False)
    assert task.lessons is not None
    T = config.block_size
    assert task.lessons.written.shape == (2 * 7, T + 1)  # 100 tokens: seven texts of 8 from each
    batch = task.batch(3, torch.Generator().manual_seed(3))
    assert isinstance(batch, TaughtBatch) and batch.expected is not None
    assert batch.ids.shape == batch.targets.shape == (5, T)
    written = {tuple(row) for row in task.lessons.written.tolist()}
    rows = torch.cat((batch.ids, batch.targets[:, -1:]), dim=1).tolist()
    assert [tuple(row) in written for row in rows] == [False] * 3 + [True] * 2
    models = [gpt.load(path).model for path in two]
    with torch.no_grad():
        own = torch.stack([model(batch.ids[3:]).softmax(-1) for model in models]).mean(0)
    torch.testing.assert_close(batch.expected[3:].float(), own, atol=1e-3, rtol=0)


def test_shorter_blocks_are_cut_out_of_the_teachers_texts(tmp_path: Path, two: list[Path]) -> None:
    run = taught(tmp_path / "taught", two, teacher_tokens=100, short_steps=12)
    config = gpt.load(two[0]).config
    task = NextToken(run, config, run.training_config())
    assert task.prepare(lambda: False)
    batch = task.batch(0, torch.Generator().manual_seed(3))
    assert batch.ids.shape == (4 * 3, config.block_size // 4)
    assert train(run).state == "done"


def test_predictions_that_do_not_fit_in_memory_are_refused() -> None:
    with pytest.raises(TrainingError, match="shorter text or a smaller vocabulary"):
        check_room(10**12, 50_000)
