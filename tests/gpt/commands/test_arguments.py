"""Arguments: none is dropped, those that do not go together are refused, odd paths get one line."""

from __future__ import annotations

import argparse
import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.__main__ import main
from gpt.commands.arguments import as_path
from gpt.silence import why_silent
from gpt.training.lengthening import lengthen
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from tests.gpt.tiny import new_run

SMALL = [
    part
    for pair in "n_layer=1 n_head=2 n_embd=8 block_size=8 batch_size=2 eval_batches=1".split()
    for part in ("--set", pair)
]


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    for command in ("train", "ladder", "experiment"):
        monkeypatch.setattr(
            f"gpt.commands.{command}_command.pause_on_signals", lambda control: None
        )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 12 steps."""
    run = new_run(tmp_path_factory.mktemp("runs") / "tiny")
    assert main(["train", "--resume", str(run.path)]) == 0
    return run.path


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line that a command is refused with, nothing else being printed."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch("python -m gpt: .*\n", captured.err)
    return captured.err


# -- going on with a run ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "argument",
    [
        "--preset lecture",
        "--text {file}",
        "--builtin names",
        "--length 5000",
        "--text-seed 2",
        "--tokenizer bytes",
        "--documents lines",
        "--speaker Ann",
        "--seed 3",
        "--set learning_rate=0.5",
    ],
)
def test_what_is_for_a_new_run_is_refused_by_name(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], argument: str
) -> None:
    (tmp_path / "file").write_text("to be\n" * 100)
    before = (trained / "config.json").read_text()
    words = argument.format(file=tmp_path / "file").split()
    answer = refusal(capsys, "train", "--resume", trained, "--steps", 30, *words)
    assert f"--resume does not go with {words[0]}; leave out one or the other" in answer
    assert (trained / "config.json").read_text() == before


def test_all_that_is_refused_is_named_at_once(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--set", "a=1", "--tokenizer", "bytes", "--preset", "tiny"]
    answer = refusal(capsys, "train", "--resume", trained, *more)
    assert "--resume does not go with --preset, --tokenizer, --set;" in answer


def weights(run: Run) -> dict[str, torch.Tensor]:
    return gpt.load(run.path).model.state_dict()


def test_more_steps_are_those_of_a_run_that_was_planned_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = dict(schedule="constant", eval_interval=2, model=dict(dropout=0.2))
    longer, planned = (new_run(tmp_path / str(n), steps=n, **steady) for n in (4, 9))
    for run in (longer, planned):
        assert main(["train", "--resume", str(run.path)]) == 0
    capsys.readouterr()
    assert main(["train", "--resume", str(longer.path), "--steps", "9"]) == 0
    answer = capsys.readouterr().out
    assert "9 steps in all, where 4 were planned: it goes on as if it had been planned so" in answer
    assert longer.status().finished and longer.status().step == longer.status().steps == 9
    wanted = weights(planned)
    for name, tensor in weights(longer).items():
        torch.testing.assert_close(tensor, wanted[name], rtol=1e-5, atol=1e-7)
    for line, other in zip(longer.metrics(), planned.metrics(), strict=True):
        assert line["step"] == other["step"]
        np.testing.assert_allclose(line["loss"] or 0, other["loss"] or 0, rtol=1e-5)


def test_a_run_keeps_the_plans_it_had(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", steps=2)
    main(["train", "--resume", str(run.path)])
    for steps in (5, 5, 7):  # twice the same is once
        assert main(["train", "--resume", str(run.path), "--steps", str(steps)]) == 0
    assert run.training_config().steps == 7
    assert run.config()["plans"] == [{"step": 2, "steps": 2}, {"step": 5, "steps": 5}]


@pytest.mark.parametrize(
    ("plan", "done", "last", "next"),
    [
        # Half way down a cosine from 1 to a tenth: 0.55. At 10 of 20: the same half, of 20.
        (dict(schedule="cosine", warmup_steps=0, steps=10), 10, 0.122, 0.55),
        # Linear over all steps: after 10 of 10 a tenth, then half of the way down.
        (dict(schedule="linear", decay_part=1.0, warmup_steps=0, steps=10), 10, 0.1, 0.5),
    ],
    ids=["cosine", "linear"],
)
def test_the_rate_goes_on_where_the_longer_plan_has_it(
    tmp_path: Path, plan: dict[str, object], done: int, last: float, next: float
) -> None:
    run = new_run(tmp_path / "run", **{**plan, "learning_rate": 1.0})
    run.write_status(Status("paused", step=done, steps=10))
    longer = lengthen(run, 20)
    assert not longer.has_same_rates
    assert f"goes on from {next:.3g}, where the longer plan has it" in str(longer)
    assert f"that of the last step was {last:.3g}" in str(longer)


def test_while_the_rate_was_flat_a_longer_plan_changes_nothing(tmp_path: Path) -> None:
    """Flat for 20 of 50 steps, falling from there: 15 steps in, the two plans were one."""
    flat = TrainingConfig(schedule="linear", decay_part=0.6, warmup_steps=0, steps=50)
    run = new_run(tmp_path / "run", **flat.to_dict())
    run.write_status(Status("paused", step=15, steps=50))
    assert lengthen(run, 200).has_same_rates


def test_a_plan_is_not_shortened(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = refusal(capsys, "train", "--resume", trained, "--steps", 5)
    assert "--steps is 5, and the run 'tiny' was planned for 12" in answer
    answer = refusal(capsys, "train", "--resume", trained, "--steps", 0)
    assert "steps is 0; choose a whole number" in answer


def test_a_run_shared_to_be_looked_at_is_not_lengthened(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(trained), str(tmp_path / "packed")]) == 0
    before = (tmp_path / "packed" / "config.json").read_text()
    answer = refusal(capsys, "train", "--resume", tmp_path / "packed", "--steps", 30)
    assert "was shared to be looked at and cannot be resumed" in answer
    assert (tmp_path / "packed" / "config.json").read_text() == before


# -- arguments that make each other void -------------------------------------------------------

VOID: dict[str, tuple[str, str]] = {
    "a length of one's own text": ("train --text {file} --length 5000", "--text does not go with"),
    "a seed of one's own text": ("train --text {file} --text-seed 2", "--text-seed"),
    "steps twice": ("train --steps 5 --set steps=7", "--set steps=7: steps is given twice"),
    "a setting twice": ("train --set n_layer=1 --set n_layer=2", "n_layer is given twice"),
    "Muon's rate without Muon": (
        "train --set muon_learning_rate=0.1",
        "muon_learning_rate has no effect with optimizer = adamw",
    ),
    "a decay without an end": (
        "train --set decay_part=0.1",
        "decay_part has no effect with schedule = cosine",
    ),
    "steps of a run that has its minutes": (
        "train --set minutes=5 --steps 7",
        "steps has no effect with minutes = 5",
    ),
    "the width of a bigram": ("train --set n_layer=0 --set n_embd=9", "n_embd has no effect with"),
    "a speaker of no speech": ("train --builtin names --speaker Ann", "nobody called 'Ann'"),
    "columns of generated texts": (
        "train --task classify --builtin reviews --columns a b",
        "--columns needs --text",
    ),
    "the scale of a bigram": (
        "import lecture {weights} --text {file} --scale n_embd --out {new}",
        "--scale has no effect on a bigram",
    ),
    "all rungs and some": ("ladder --all --rung bigram", "--all does not go with --rung"),
    "none at a time": ("ladder --together 0", "--together is 0; choose a whole number of 1"),
    "a rung's steps": ("ladder --steps 0 --out {new}", "steps is 0"),
    "a ladder's seed": ("ladder --seed -1 --out {new}", "seed is -1"),
    "an experiment's steps": ("experiment pair-mask --steps 0 --out {new}", "steps is 0"),
    "an experiment's seed": ("experiment pair-mask --seed -1 --out {new}", "seed is -1"),
    "a seed of generated text": ("train --text-seed -1 --out {new}", "--text-seed is -1"),
    "one head of all": ("trace {run} --prompt a --head 1 --out {new}", "--out does not go with"),
    "one stage of all": ("trace {run} --prompt a --stage keys --out {new}", "--stage"),
    "a layer below 0": (
        "trace {run} --prompt a --layer -1",
        "--layer is -1; choose one of this model's, 0 to 0",
    ),
    "tokens below 0": ("generate {run} --tokens -5", "--tokens is -5"),
    "a seed below 0": ("generate {run} --seed -1", "--seed is -1"),
    "a count below 1": ("generate {run} --count 0", "--count is 0; choose a whole number of 1"),
    "a top-k of 0": ("generate {run} --top-k 0", "top_k is 0"),
    "a text and a vocabulary": (
        "import lecture {weights} --text {file} --vocabulary {file} --out {new}",
        "name the text or the vocabulary, not both",
    ),
}


@pytest.mark.parametrize(("command", "message"), VOID.values(), ids=VOID)
def test_no_argument_is_dropped(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    (tmp_path / "file").write_text("to be\n" * 100)
    torch.save({"token_embedding_table.weight": torch.zeros(5, 5)}, tmp_path / "weights")
    values = {name: tmp_path / name for name in ("file", "new", "weights")} | {"run": trained}
    answer = refusal(capsys, *(part.format(**values) for part in command.split()))
    assert message in answer
    assert not list(tmp_path.glob("new/*"))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "generate {run} --tokens 99999999999",
            "'99999999999' is no whole number up to 2,147,483,6",
        ),
        ("generate {run} --top-p half", "'half' is no number up to 1,000,000,000"),
        ("trace {run} --prompt a --layer x", "'x' is no whole number up to 2,147,483,647"),
        ("experiment pair-mask --steps 1.5", "'1.5' is no whole number up to"),
    ],
)
def test_what_is_no_number_is_named_with_what_would_be_one(
    trained: Path, capsys: pytest.CaptureFixture[str], command: str, words: str
) -> None:
    assert words in line_of(capsys, command.format(run=trained).split())


# -- an encoder -------------------------------------------------------------------------------


def test_an_encoder_writes_nothing_and_says_why(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pack", str(trained), str(tmp_path / "encoder")]) == 0
    config = tmp_path / "encoder" / "config.json"
    origin = {"kind": "bert", "name": "it", "notes": []}
    config.write_text(json.dumps({**json.loads(config.read_text()), "imported": origin}))
    answer = refusal(capsys, "generate", config.parent, "--prompt", "a")
    why = why_silent(gpt.load(config.parent).info)
    assert why is not None and answer == f"python -m gpt: encoder: {why}\n"


# -- paths ------------------------------------------------------------------------------------


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What may stand where a path is wanted."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("{")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    there = {name: str(tmp_path / name) for name in ("nothing", "folder", "file", "circle")}
    yield {
        **there,
        "below a file": str(tmp_path / "file" / "x"),
        "NUL": str(tmp_path / "a\0b"),
        "3,000 characters": str(tmp_path / ("a" * 3000)),
        "many parts": "x/" * 3000,
        "empty": "",
        "half a character": str(tmp_path / "a\ud83d"),
        "a blank": " ",
    }


KINDS = ("nothing", "folder", "file", "circle", "below a file", "NUL", "3,000 characters")
KINDS += ("many parts", "empty", "half a character", "a blank")
NEVER = ("NUL", "3,000 characters", "many parts", "empty", "circle")  # whatever it is wanted for
COMMANDS: dict[str, list[str]] = {
    "train --text": ["train", "--text", "{path}", "--out", "{new}"],
    "train --resume": ["train", "--resume", "{path}"],
    "generate": ["generate", "{path}"],
    "trace": ["trace", "{path}", "--prompt", "a"],
    "evaluate": ["evaluate", "{path}"],
    "evaluate --text": ["evaluate", "{run}", "--text", "{path}"],
    "judge": ["judge", "{path}", "--builtin", "manner", "--prompts", "5"],
    "judge --text": ["judge", "{run}", "--text", "{path}"],
    "stats": ["stats", "{path}"],
    "stats --text": ["stats", "{run}", "--text", "{path}"],
    "classify": ["classify", "{path}", "fine"],
    "judge --by": ["judge", "{run}", "--by", "{path}", "--label", "good"],
    "compare": ["compare", "{path}", "--by", "{run}", "--label", "good", "--out", "{new}"],
    "compare --by": ["compare", "{run}", "--by", "{path}", "--label", "good", "--out", "{new}"],
    "continuations --text": ["continuations", "--text", "{path}", "--out", "{new}"],
    "train --pairs": ["train", "--pairs", "{path}", "--out", "{new}"],
    "train --from": ["train", "--from", "{path}", "--text", "{weights}", "--out", "{new}"],
    "train --from to a stage": ["train", "--task", "sft", "--from", "{path}", "--out", "{new}"],
    "train --reward": [
        *["train", "--task", "ppo", "--from", "{run}"],
        *["--reward", "{path}", "--out", "{new}"],
    ],
    "train --teachers": ["train", "--teachers", "{path}", "{path}", "--out", "{new}"],
    "pack": ["pack", "{path}", "{new}"],
    "export": ["export", "{path}", "gpt2", "{new}"],
    "import gpt2": ["import", "gpt2", "{path}", "--out", "{new}"],
    "import bert": ["import", "bert", "{path}", "--out", "{new}"],
    "import marian": ["import", "marian", "{path}", "--out", "{new}"],
    "import roberta": ["import", "roberta", "{path}", "--out", "{new}"],
    "import nanogpt": ["import", "nanogpt", "{path}", "--out", "{new}"],
    "import lecture": ["import", "lecture", "{path}", "--out", "{new}"],
    "import --text": ["import", "lecture", "{weights}", "--text", "{path}", "--out", "{new}"],
    "import --vocabulary": [
        *["import", "lecture", "{weights}"],
        *["--vocabulary", "{path}", "--out", "{new}"],
    ],
    "ladder --text": ["ladder", "--text", "{path}", "--out", "{new}"],
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_an_odd_path_gets_one_line(
    trained: Path,
    tmp_path: Path,
    paths: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    kind: str,
) -> None:
    torch.save({"token_embedding_table.weight": torch.zeros(5, 5)}, tmp_path / "weights")
    values = {"path": paths[kind], "run": trained}
    values |= {name: tmp_path / name for name in ("new", "weights")}
    answer = line_of(capsys, [argument.format(**values) for argument in command])
    assert len(answer) < 700, "a path of 3,000 characters is not repeated"
    assert not list(tmp_path.glob("new/*"))


OUTPUTS: dict[str, list[str]] = {
    "train --out": ["train", "--steps", "1", *SMALL, "--length", "2000", "--out", "{path}"],
    "trace --out": ["trace", "{run}", "--prompt", "a", "--out", "{path}"],
    "pack": ["pack", "{run}", "{path}"],
    "export": ["export", "{run}", "gpt2", "{path}"],
    "import --out": ["import", "lecture", "{weights}", "--text", "{words}", "--out", "{path}"],
    "ladder --out": ["ladder", "--rung", "bigram", "--steps", "1", "--out", "{path}"],
    "stats --out": ["stats", "{run}", "--out", "{path}"],
    "continuations --out": ["continuations", "--builtin", "reviews", "--out", "{path}"],
    "compare --out": ["compare", "{run}", "--by", "{run}", "--label", "a", "--out", "{path}"],
    "experiment --out": ["experiment", "pair-mask", "--steps", "1", "--out", "{path}"],
}


@pytest.mark.parametrize("kind", [*NEVER, "below a file"])
@pytest.mark.parametrize("command", OUTPUTS.values(), ids=OUTPUTS)
def test_what_cannot_be_written_gets_one_line(
    trained: Path,
    tmp_path: Path,
    paths: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    kind: str,
) -> None:
    torch.save({"token_embedding_table.weight": torch.zeros(5, 5)}, tmp_path / "weights")
    (tmp_path / "words").write_text("abcde")
    values = {"path": paths[kind], "run": trained}
    values |= {name: tmp_path / name for name in ("words", "weights")}
    line_of(capsys, [argument.format(**values) for argument in command])


@pytest.mark.parametrize("name", ["trace", "stats", "continuations", "compare"])
def test_a_folder_in_place_of_a_file_is_named(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    values = {"path": tmp_path, "run": trained}
    command = OUTPUTS.get(name) or OUTPUTS[f"{name} --out"]
    answer = line_of(capsys, [argument.format(**values) for argument in command])
    assert f"'{tmp_path}' is a folder; name a file in it" in answer
    assert not list(tmp_path.parent.glob(f"{tmp_path.name}.*"))


def line_of(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    """The last line of what a command is refused with; only the usage may stand before it."""
    capsys.readouterr()
    try:
        status = main(arguments)
    except SystemExit as left:
        status = left.code  # type: ignore[assignment]
    captured = capsys.readouterr()
    assert status in (1, 2), captured
    assert "Traceback" not in captured.out + captured.err
    *usage, last = captured.err.splitlines()
    assert re.match(r"python -m gpt( \w+)?: \S", last) or "failed" in captured.out, captured
    assert not usage or usage[0].startswith("usage: ")
    return last


def test_a_folder_that_may_not_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may be run by root, who may enter any."""

    def refuse(path: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    with monkeypatch.context() as patched:
        patched.setattr("os.stat", refuse)
        with pytest.raises(argparse.ArgumentTypeError) as refused:
            as_path("x")
    assert str(refused.value) == "'x' cannot be a path here: Permission denied"


VOCABULARIES = {
    "half a character": '["\\ud800", "a", "b", "c", "d"]',
    "a number for itos": '{"itos": 1}',
    "a text for itos": '{"itos": "abcde"}',
    "a list with a gap": '{"itos": ["a", "b", null, "d", "e"]}',
    "an id twice": '{"itos": {"0": "a", "00": "b", "1": "c", "2": "d", "3": "e"}}',
    "a truth for stoi": '{"stoi": true}',
    "nothing for itos": '{"itos": null}',
    "a list of lists": '{"itos": [["a"], ["b"], ["c"], ["d"], ["e"]]}',
    "ids that are none": '{"stoi": {"a": null, "b": 1.5, "c": [], "d": {}, "e": "0"}}',
    "ids beyond all": '{"itos": {"99999999999999999999": "a"}}',
    "ids too long to read": '{"itos": {"' + "9" * 5000 + '": "a"}}',
    "characters in other digits": '{"itos": {"²": "a", "٣": "b", "0": "c"}}',
    "numbers": "[1, 2, 3, 4, 5]",
    "an empty list": "[]",
    "an empty mapping": "{}",
    "a type that is none": '{"type": ["characters"], "characters": 5}',
    "another's model": '{"model": 3}',
    "a number": "5",
    "deep": "[" * 100_000,
    "no UTF-8": b"\xff\xfe[",
}


@pytest.mark.parametrize("content", VOCABULARIES.values(), ids=VOCABULARIES)
def test_a_vocabulary_that_is_none_gets_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | bytes
) -> None:
    torch.save({"token_embedding_table.weight": torch.zeros(5, 5)}, tmp_path / "weights")
    file = tmp_path / "words.json"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = ["--vocabulary", file, "--out", tmp_path / "run"]
    answer = refusal(capsys, "import", "lecture", tmp_path / "weights", *arguments)
    assert len(answer) < 600
    assert not (tmp_path / "run").exists()
