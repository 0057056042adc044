"""`python -m gpt train --task sft` and its like: a stage of an assistant from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

import gpt
from gpt.__main__ import main
from gpt.commands import assistant_run
from gpt.training.runs import Run
from tests.gpt.shakespeare import ROOT
from tests.gpt.training.assistant.stage_runs import base_run

SHORT = "--steps 4 --set eval_interval=2 --set log_interval=1 --set batch_size=4".split()
SHORT += "--set warmup_steps=1 --set eval_batches=1 --set answer_tokens=4 --examples 100".split()


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.commands.train_command.pause_on_signals", lambda control: None)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return base_run(tmp_path_factory.mktemp("runs") / "base", block_size=64, dropout=0.1)


def test_instructions_are_fine_tuned_on_fewer_examples_that_come_more_often() -> None:
    given = argparse.Namespace(text=None, builtin=None, examples=None, text_seed=None)
    assert len(assistant_run._data(given, "sft", "instructions")) == 6000
    assert len(assistant_run._data(given, "grpo", "instructions")) == 20_000
    given.examples = 200
    assert len(assistant_run._data(given, "sft", "instructions")) == 200


def test_the_stages_follow_each_other(
    tmp_path: Path, base: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    tuned = tmp_path / "tuned"
    command = ["train", "--task", "sft", "--from", str(base.path), "--builtin", "manner"]
    assert main([*command, "--out", str(tuned), *SHORT]) == 0
    said = capsys.readouterr().out
    assert "New tokens, as this vocabulary lacks them: 'Ⓠ" in said
    assert "80 for training, 10 for validation and 10 for test" in said
    for task, preset in (("reward", "reward-model"), ("dpo", "dpo")):
        out = tmp_path / task
        assert (
            main(["train", "--task", task, "--from", str(tuned), "--out", str(out), *fit(task)])
            == 0
        )
        run = Run(out)
        assert run.config()["begun_from"] == {"run": "tuned", "step": 4}
        assert run.config()["preset"] == preset
    command = ["train", "--task", "grpo", "--from", str(tuned), "--out", str(tmp_path / "grpo")]
    assert main([*command, *SHORT]) == 0
    # It writes anew at every step; those before each of its two evaluations are kept.
    kept = sorted(path.name for path in (tmp_path / "grpo" / "rollouts").iterdir())
    assert kept == ["0000001.npz", "0000003.npz"]
    command = ["train", "--task", "ppo", "--from", str(tuned), "--out", str(tmp_path / "ppo")]
    assert main([*command, "--reward", str(tmp_path / "reward"), *SHORT]) == 0
    assert Run(tmp_path / "ppo").config()["begun_from"]["reward"] == "reward"
    assert gpt.load(tmp_path / "dpo").config.dropout == 0.0
    assert gpt.load(tmp_path / "reward").labels == ["rejected", "chosen"]
    line = Run(tmp_path / "dpo").metrics()[-1]
    assert 0 <= line["win_rate"] <= 1 and line["kl"] >= 0


def fit(task: str) -> list[str]:
    """The short settings, without those that a stage has no use for."""
    if task != "reward":
        return SHORT
    at = SHORT.index("answer_tokens=4")
    return [*SHORT[: at - 1], *SHORT[at + 1 :]]


def test_only_a_line_break_ends_a_text_that_is_cut_in_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts, halves = tmp_path / "texts.txt", tmp_path / "halves.jsonl"
    texts.write_text("one\u2028two three\u0085four\nfive six\n", encoding="utf-8")
    assert main(["continuations", "--text", str(texts), "--out", str(halves)]) == 0
    assert "2 texts, cut in two; one two | three four" in capsys.readouterr().out


def test_ones_own_answers(tmp_path: Path, base: Run, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "own.jsonl"
    rows = (f'{{"prompt": "ask {n}", "answer": "say\\n{n}"}}\n' for n in range(30))
    file.write_text("".join(rows))
    command = ["train", "--task", "sft", "--from", str(base.path), "--text", str(file)]
    short = SHORT[: SHORT.index("--examples")]
    assert main([*command, "--out", str(tmp_path / "own"), *short]) == 0
    assert (
        "Texts with line breaks inside, which were read as blanks: 30." in capsys.readouterr().out
    )
    kept = (tmp_path / "own" / "text" / "demonstrations.jsonl").read_text().splitlines()
    assert kept[3] == '{"prompt": "ask 3", "answer": "say 3"}'


def test_reviews_are_continued_as_a_classifier_likes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halves, pairs, tuned = tmp_path / "halves.jsonl", tmp_path / "pairs.jsonl", tmp_path / "tuned"
    short, few = SHORT[: SHORT.index("--examples")], ["--longest", "36"]
    by = ["--by", str(ROOT / "checkpoints" / "reviews"), "--label", "positive"]
    assert main(["continuations", "--builtin", "reviews", "--out", str(halves), *few]) == 0
    taught = (
        "--steps 40 --set learning_rate=5e-3 --set eval_interval=40 --set batch_size=16".split()
    )
    parent = str(ROOT / "checkpoints" / "assistant-base")
    begin = ["train", "--task", "sft", "--from", parent, "--text", str(halves), *taught]
    assert main([*begin, "--out", str(tuned), "--set", "answer_tokens=4"]) == 0
    assert main(["compare", str(tuned), *by, "--pairs", "24", "--out", str(pairs)]) == 0
    said = capsys.readouterr().out
    assert "the better one first by 'reviews', an estimate" in said
    begin = ["train", "--task", "dpo", "--from", str(tuned), "--text", str(pairs)]
    assert main([*begin, "--out", str(tmp_path / "dpo"), *short]) == 0
    assert Run(tmp_path / "dpo").config()["data"]["kind"] == "comparisons"
    judged = ["judge", str(tuned), str(tmp_path / "dpo"), "--text", str(halves), "--prompts", "5"]
    assert main([*judged, *by]) == 0
    assert "how probable 'positive' is by 'reviews', an estimate" in capsys.readouterr().out
    for wrong in (["compare", str(tuned), *by, "--out", str(pairs)], [*judged, *by[:2]]):
        assert main(wrong) != 0
    assert "pairs.jsonl is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--task sft", "begins with the weights of another run; name it with --from"),
        ("--task sft --from none", "there is no run folder 'none'"),
        ("--task sft --from BASE --tokenizer bytes", "--tokenizer"),
        ("--task sft --from BASE --set n_layer=3", "n_layer is that of the run to begin with"),
        ("--task sft --from BASE --set beta=3", "beta has no effect with task = sft"),
        ("--task sft --from BASE --preset dpo", "the preset 'dpo' is for task = dpo, not for sft"),
        ("--task dpo --from BASE --builtin instructions", "no built-in comparisons 'instructions'"),
        ("--task dpo --from BASE --length 9", "--length does not go with task = dpo"),
        ("--task ppo --from BASE", "follows a reward model; name its run with --reward"),
        ("--task ppo --from BASE --reward BASE", "'base' is no reward model"),
        ("--task dpo --from BASE --reward BASE", "--reward does not go with task = dpo"),
        ("--task reward --from BASE --set beta=-1", "beta"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(
    base: Run, arguments: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = [str(base.path) if word == "BASE" else word for word in arguments.split()]
    assert main(["train", *words, "--out", str(tmp_path / "out")]) != 0
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
