"""`python -m gpt experiment`: it trains once, prints what the runs say, and refuses calmly."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpt.__main__ import main
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.findings import finding
from gpt.training.runs import Run
from tests.gpt.tiny import MODEL


@pytest.fixture(autouse=True)
def _small_and_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model of a moment; and Ctrl-C and the allocator, which training takes, stay pytest's."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setitem(PAIRS["pair-mask"].recipe.model, "n_embd", MODEL["n_embd"])
    monkeypatch.setitem(PAIRS["pair-mask"].recipe.model, "n_head", 1)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["experiment", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.slow
def test_it_trains_once_and_prints_what_the_runs_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["pair-mask", "--seed", "7", "--steps", "2", "--out", str(tmp_path)]
    first = output(capsys, *arguments)
    names = ["pair-mask-masked-7", "pair-mask-unmasked-7"]
    assert [name for name in names if f"run folder: {tmp_path / name}" in first] == names
    for label, name in zip(("masked", "not masked"), names, strict=True):
        own = finding(Run(tmp_path / name))
        assert own is not None and own.step == 2
        losses = [f"{x:.4f}" for x in (own.train_loss, own.val_loss, own.unseen_loss)]
        (line,) = re.findall(rf"^{label} +\d.*$", first, re.MULTILINE)
        assert line.split()[-7:-4] == losses
    written = (tmp_path / names[0] / "status.json").read_text()
    again = output(capsys, *arguments)
    assert "run folder" not in again
    assert again.splitlines()[-3:] == first.splitlines()[-3:]
    assert (tmp_path / names[0] / "status.json").read_text() == written


def test_help_names_every_experiment_with_its_question(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["experiment", "--help"])
    text = capsys.readouterr().out
    for name, one in PAIRS.items():
        assert re.search(rf"{name} +{re.escape(one.question)}", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pair-of-shoes"], "there is no experiment 'pair-of-shoes'; choose one of pair-scale"),
        (["pair-mask", "--seed", "-1"], "seed is -1; choose a whole number from 0"),
        (["pair-mask", "--steps", "0"], "steps is 0; choose a whole number from 1"),
    ],
)
def test_what_cannot_be_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert main(["experiment", *arguments, "--out", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
