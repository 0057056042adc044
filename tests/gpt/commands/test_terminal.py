"""What is printed never ends a command: another encoding, a reader that leaves, a closed output."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gpt
from gpt.__main__ import main
from gpt.commands import terminal
from gpt.text.corpus import Corpus, Document
from gpt.training.ladder import climbing
from gpt.training.runs import Run
from tests.gpt.tiny import new_run
from tests.gpt.training.processes import ROOT, start, wait_until
from tests.test_documented_commands import one_after_the_other

POEM = "床前明月光，疑是地上霜。\n" * 60


class Written(io.TextIOWrapper):
    """An output of another encoding, with what was written to it."""

    def __init__(self, encoding: str) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding=encoding)

    def bytes(self) -> bytes:
        self.flush()
        return self.kept.getvalue()


in_any_encoding = pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])


def output_of(encoding: str, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Standard output from here to the end of the test."""
    written = Written(encoding)
    monkeypatch.setattr(sys, "stdout", written)
    return written


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the output be a pipe whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w", encoding="utf-8"))


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.commands.train_command.pause_on_signals", lambda control: None)


@pytest.fixture(scope="module")
def poem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run not trained yet, in a folder and on a text that cp1252 cannot write."""
    folder = tmp_path_factory.mktemp("runs") / "李"
    return new_run(folder / "run", Corpus("poem", (Document("poem", POEM),)), steps=2).path


def as_written(text: str, output: Written) -> bytes:
    """`text` as it stands in UTF-8, elsewhere as Python's own escapes of it."""
    return text.encode(output.encoding, "backslashreplace")


@in_any_encoding
def test_a_training_is_told_in_any_encoding(
    poem: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = output_of(encoding, monkeypatch)
    assert main(["train", "--resume", str(poem)]) == 0
    assert as_written("/李/run", output) in output.bytes()
    assert b"done at step 2 of 2" in output.bytes()
    assert Run(poem).status().state == "done"


@in_any_encoding
def test_a_text_is_written_in_any_encoding(
    poem: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = output_of(encoding, monkeypatch)
    main(["train", "--resume", str(poem)])
    before = len(output.bytes())
    assert main(["generate", str(poem), "--prompt", "床前", "--tokens", "1", "--seed", "1"]) == 0
    assert output.bytes()[before:].startswith(as_written("床前", output))
    assert main(["trace", str(poem), "--prompt", "明月", "--stage", "queries"]) == 0
    assert as_written("'月'", output) in output.bytes()


@pytest.mark.slow
@in_any_encoding
@pytest.mark.parametrize("command", ["ladder --rung bigram", "experiment pair-mask"])
def test_several_trainings_are_told_in_any_encoding(
    command: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their tables have an arrow or a bar, and their folder may have any name."""
    for name in ("ladder", "experiment"):
        monkeypatch.setattr(f"gpt.commands.{name}_command.pause_on_signals", lambda control: None)
    monkeypatch.setattr(climbing, "train_together", one_after_the_other)
    monkeypatch.setattr("gpt.commands.ladder_command.LENGTH", 5000)
    output = output_of(encoding, monkeypatch)
    assert main([*command.split(), "--steps", "1", "--out", str(tmp_path / "李")]) == 0
    told = output.bytes()
    assert as_written("/李", output) in told and b"nan" not in told
    if command.startswith("experiment"):
        assert as_written(" → ", output) in told


def test_a_mistake_is_told_in_any_encoding(poem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = Written("cp1252")
    monkeypatch.setattr(sys, "stderr", words)
    assert main(["generate", str(poem.with_name("月"))]) == 1
    assert b"/\\u6708'; give the path of one" in words.bytes()


@in_any_encoding
def test_a_byte_that_is_no_text_is_written_as_it_is(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = output_of(encoding, monkeypatch)
    terminal.escape_what_cannot_be_written()
    print(os.fsdecode(b"a\xff"))  # so Python names a file whose name is not UTF-8
    print("a lone half: \ud83d")
    assert output.bytes() == b"a\xff\na lone half: \\ud83d\n"


def test_a_training_goes_on_when_its_reader_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path / "run")
    unread(monkeypatch)
    assert main(["train", "--resume", str(run.path)]) == 0
    assert run.status().state == "done" and run.status().step == 12


def test_other_commands_end_when_their_reader_leaves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unread(monkeypatch)
    assert main(["trace", "checkpoints/copy", "--prompt", "abc"]) == 1
    assert capsys.readouterr().err == ""


def test_a_loss_is_kept_when_the_reader_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run(tmp_path / "run")
    main(["train", "--resume", str(run.path)])
    unread(monkeypatch)
    assert main(["evaluate", str(run.path), "--save"]) == 1
    assert (run.path / "evaluation.json").is_file()


def test_a_stream_without_an_encoding_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (io.StringIO(), None):  # a notebook's; a window's, which has none
        monkeypatch.setattr(sys, "stdout", stream)
        terminal.escape_what_cannot_be_written()
        assert terminal.flush()


def test_a_closed_output_takes_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(ValueError):
        print("a line")
    with terminal.outliving_its_reader():
        print("a line", flush=True)


# -- as a process of its own ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("train --resume {run} | true", 0),
        ("train --resume {run} >&-", 0),
        ("trace checkpoints/copy --prompt abcabc > /dev/full", 1),
    ],
)
def test_pythons_own_exit_complains_of_nothing(tmp_path: Path, command: str, status: int) -> None:
    run = new_run(tmp_path / "run")
    line = f"set -o pipefail; {sys.executable} -m gpt {command.format(run=run.path)}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == status
    expected = b"python -m gpt: No space left on device\n" if "full" in command else b""
    assert done.stderr == expected
    assert status == 1 or run.status().state == "done"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
@pytest.mark.parametrize("ignored", [False, True], ids=["alone", "under nohup"])
def test_a_terminal_that_closes_pauses_a_training(tmp_path: Path, ignored: bool) -> None:
    run = new_run(tmp_path / "run", steps=1_000_000, eval_interval=1_000_000)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        process = start("train", "--resume", str(run.path))  # which inherits what is ignored
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.stdout is not None
    wait_until(lambda: run.status().step > 0, 120)
    process.stdout.close()  # as it goes with its terminal
    process.send_signal(signal.SIGHUP)
    if ignored:
        at = run.status().step
        wait_until(lambda: run.status().step > at)
        process.terminate()
    assert process.wait(60) == 0
    assert run.status().state == "paused"
    assert gpt.load(run.path).info["weights"]["step"] == str(run.status().step)
