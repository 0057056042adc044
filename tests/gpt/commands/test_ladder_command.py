"""`python -m gpt ladder`: what it trains, what it prints, and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gpt.__main__ import main
from gpt.training.ladder.results import result
from gpt.training.runs import Run
from tests.gpt.training.processes import ROOT


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.commands.ladder_command.pause_on_signals", lambda control: None)


def ladder(*arguments: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own, which it may fork."""
    command = [sys.executable, "-m", "gpt", "ladder", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_two_rungs_are_trained_once_and_set_against_the_lecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tmp_path / "text.txt"
    text.write_text("To be, or not to be, that is the question.\n" * 80)
    arguments = ["--rung", "skips", "bigram", "--text", text, "--steps", 4, "--seed", 6]
    done = ladder(*arguments, "--out", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    names = ["ladder-bigram-6", "ladder-skips-6"]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == names
    for name, title, lecture in zip(
        names, ("Bigram", r"\+ skip connections and projection"), (2.5, 2.08), strict=True
    ):
        own = result(Run(tmp_path / "runs" / name))
        assert own is not None and own.step == 4
        (line,) = re.findall(rf"^{title} +.*$", done.stdout, re.MULTILINE)
        assert f" {own.parameters:,} " in line and f" {own.first_loss:.4f} " in line
        assert f" {own.train_loss:.4f} " in line and f" {own.val_loss:.4f} " in line
        assert line.endswith(f"{own.val_loss - lecture:+.4f}")
    assert "ln V = 2.8332" in done.stdout  # 17 characters
    assert "over the whole split, 343 predictions" in done.stdout  # 3,440 characters
    assert main(["ladder", *map(str, arguments), "--out", str(tmp_path / "runs")]) == 0
    again = capsys.readouterr().out
    assert "done at step" not in again
    assert again.splitlines()[-3:] == done.stdout.splitlines()[-3:]


def test_help_names_every_rung_with_what_it_adds(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ladder", "--help"])
    text = capsys.readouterr().out
    assert re.search(r"bigram +A table: each token's row", text)
    assert re.search(r"scaled-up +The same model, larger", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rung", "stairs"], "there is no rung 'stairs'; choose one of bigram, one-head"),
        (["--text", "nowhere.txt"], "there is no file nowhere.txt"),
        (["--seed", "-1", "--rung", "bigram"], "seed is -1; choose a whole number from 0"),
    ],
)
def test_mistakes_get_a_message(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ladder", *arguments, "--out", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
