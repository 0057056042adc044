"""`python -m gpt generate` and `train` on documents: names end, speakers are kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.__main__ import main
from gpt.training.runs import Run
from tests.gpt.writer import writer_run

TINY = "n_layer=1 n_head=2 n_embd=8 block_size=8 batch_size=2 eval_interval=2 eval_batches=1"
FAST = ["--length", "3000", "--steps", "2", *(f"--set={pair}" for pair in TINY.split())]


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.commands.train_command.pause_on_signals", lambda control: None)


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.fixture
def names(tmp_path: Path) -> str:
    """A run of names, each a line; the model writes "avi" only."""
    return str(writer_run(tmp_path / "names").path)


@pytest.fixture
def stream(tmp_path: Path) -> str:
    """The same model, of a run that read its names as one long text."""
    return str(writer_run(tmp_path / "stream", "stream").path)


def test_a_name_ends_by_itself(capsys: pytest.CaptureFixture[str], names: str) -> None:
    assert output(capsys, "generate", names) == "avi\n"
    assert output(capsys, "generate", names, "--count", "3") == "avi\navi\navi\n"


def test_a_name_begun_is_begun_as_the_model_learned_them(
    capsys: pytest.CaptureFixture[str], names: str
) -> None:
    for prompt in ("a", "\na"):
        assert output(capsys, "generate", names, "--prompt", prompt) == "avi\n"


def test_a_name_that_does_not_end_in_time_is_cut_off(
    capsys: pytest.CaptureFixture[str], names: str
) -> None:
    assert output(capsys, "generate", names, "--tokens", "2") == "av\n"


def test_the_end_can_be_left_out(capsys: pytest.CaptureFixture[str], names: str) -> None:
    shown = output(capsys, "generate", names, "--stop", "", "--tokens", "6")
    assert shown == "\navi\nav\n"


def test_a_text_that_goes_on_can_be_stopped(
    capsys: pytest.CaptureFixture[str], stream: str
) -> None:
    assert output(capsys, "generate", stream, "--tokens", "6") == "\navi\nav\n"
    assert output(capsys, "generate", stream, "--stop", r"\n", "--prompt", "a") == "avi\n"
    assert output(capsys, "generate", stream, "--stop", "v", "--prompt", "\n") == "\nav\n"


def test_what_is_no_single_token_cannot_stop(
    capsys: pytest.CaptureFixture[str], stream: str
) -> None:
    assert main(["generate", stream, "--stop", "vi"]) == 1
    assert "--stop 'vi' is 2 tokens of this model" in capsys.readouterr().err
    assert main(["generate", stream, "--count", "0"]) == 1
    assert "--count is 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["--builtin", "names"], "lines"),
        (["--preset", "names"], "lines"),
        (["--builtin", "speeches"], "files"),
        (["--builtin", "plays"], "stream"),
        (["--builtin", "names", "--documents", "stream"], "stream"),
        (["--builtin", "speeches", "--set", "documents=lines"], "lines"),
    ],
)
def test_the_text_says_how_it_is_read_unless_a_person_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], kind: str
) -> None:
    output(capsys, "train", "--out", str(tmp_path / "run"), *arguments, *FAST)
    assert Run(tmp_path / "run").config()["training"]["documents"] == kind


def test_one_speaker_of_three_is_learned_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--builtin", "speeches", "--speaker", "Ysra Tolland", *FAST]
    output(capsys, "train", "--out", str(tmp_path / "run"), *arguments)
    assert list(Run(tmp_path / "run").corpus().speakers) == ["Ysra Tolland"]
    assert main(["train", "--out", str(tmp_path / "x"), "--builtin", "speeches", "--speaker=Me"])
    assert "nobody called 'Me' speaks in 'speeches'" in capsys.readouterr().err
