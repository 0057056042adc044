"""The command line: it teaches, it works from end to end, and it takes mistakes calmly."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gpt
from gpt.__main__ import COMMANDS, main
from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training import snapshots
from gpt.training.presets import PRESETS
from gpt.training.runs import Run
from tests.gpt.tiny import new_run
from tests.gpt.training.processes import fork, wait_until

ROOT = Path(__file__).parents[3]
TINY = "n_layer=1 n_head=2 n_embd=8 block_size=8 batch_size=2 eval_interval=2 eval_batches=1"
SETTINGS = [part for pair in TINY.split() for part in ("--set", pair)]
TEXT = ["--builtin", "names", "--documents", "stream", "--length", "1500"]
FAST = [*TEXT, "--steps", "4", *SETTINGS]


@pytest.fixture(autouse=True)
def _own_process_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Training takes over Ctrl-C and the memory allocator, which pytest wants for itself."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that the command line trained."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["train", "--out", str(folder), *FAST]) == 0
    return folder


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


# -- help -------------------------------------------------------------------------------------


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main([*arguments, "--help"])
    assert left.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    text = help_of(capsys, command)
    assert text.startswith(f"usage: python -m gpt {command}")
    assert re.search(r"^[A-Z].*\.$", text, re.MULTILINE)  # a sentence on what it is for


def test_the_first_help_names_every_command_and_a_first_tour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = help_of(capsys)
    for command in COMMANDS:
        assert re.search(rf"^ +{command}\s+\S", text, re.MULTILINE)
    assert "python -m gpt train --preset tiny" in text
    assert "streamlit run app.py" in text


def test_the_help_of_train_teaches_presets_pausing_and_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = help_of(capsys, "train")
    for name, preset in PRESETS.items():
        assert re.search(rf"{name} +{re.escape(preset.description)}", text)
    assert "Ctrl-C saves and pauses" in text and "--resume" in text
    for setting in ("n_layer", "position", "learning_rate", "grad_clip"):
        assert setting in text
    assert "vocab_size" not in text  # the text decides that


def test_no_command_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


# -- end to end -------------------------------------------------------------------------------


def test_train_writes_a_run_and_says_how_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "first"
    text = output(capsys, "train", "--out", str(folder), *FAST, "--seed", "7")
    assert f"run folder: {folder}" in text
    assert re.search(r"^step +2/4  50%  loss \d\.\d+  train \d\.\d+  val \d\.\d+", text, re.M)
    assert re.search(r"tokens/s  \d+ s left", text)
    assert "done at step 4 of 4: all steps done" in text
    run = Run(folder)
    assert run.status().state == "done"
    assert run.config()["model"]["n_embd"] == 8
    assert run.config()["training"]["seed"] == 7
    assert run.config()["preset"] == "tiny"


def test_train_on_files_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(f"the text of {name}\n" * 9)
    files = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    where = ["--out", str(tmp_path / "run"), "--steps", "2", *SETTINGS]
    output(capsys, "train", "--text", *files, *where)
    assert Run(tmp_path / "run").corpus().text.startswith("the text of a.txt\n")
    assert gpt.load(tmp_path / "run").tokenizer.unknown("the text of b.txt\n") == []


def test_train_keeps_the_attention_on_a_probe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, short = tmp_path / "run", ["train", *TEXT, *SETTINGS, "--steps", "2"]
    output(capsys, *short, "--probe", "emma", "--out", str(folder))
    ids = snapshots.read(folder, 2).ids.tolist()
    assert gpt.load(folder).tokenizer.decode(ids) == "emma"
    none = ["--out", str(tmp_path / "none")]
    assert main([*short, "--probe", "emmalinda", *none]) == 1
    assert "snapshots of this model show up to 8" in capsys.readouterr().err
    assert main(["train", "--task", "translate", "--probe", "emma", *none]) == 1
    assert "--probe does not go with task = translate" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_train_goes_on_with_a_run(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "train", "--resume", str(trained))
    assert "done at step 4 of 4" in text


def test_generate_gives_the_prompt_and_what_follows(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ("generate", str(trained), "--prompt", "an", "--tokens", "20")
    text = output(capsys, *ask, "--seed", "3", "--temperature", "1", "--top-k", "5")
    assert text.startswith("an") and len(text) == 2 + 20 + 1
    assert text == output(capsys, *ask, "--seed", "3", "--temperature", "1", "--top-k", "5")
    assert text != output(capsys, *ask, "--seed", "4", "--temperature", "1", "--top-k", "5")
    greedy = output(capsys, *ask, "--temperature", "0", "--mask", "window:2", "--scale", "none")
    checkpoint = gpt.load(trained)
    switches = gpt.Switches(mask="window:2", scale="none")
    ids = checkpoint.tokenizer.encode("an")
    steps = gpt.generate(checkpoint.model, ids, 20, temperature=0, switches=switches)
    assert greedy == "an" + checkpoint.tokenizer.decode([step.id for step in steps]) + "\n"


def test_trace_prints_what_the_trace_holds(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "trace", str(trained), "--prompt", "ana", "--head", "1", "--mask", "none")
    checkpoint = gpt.load(trained)
    ids = checkpoint.tokenizer.encode("ana")
    weights = gpt.trace(checkpoint.model, ids, gpt.Switches(mask="none")).weights[0, 1]
    lines = text.splitlines()
    assert lines[0] == "layer 0, head 1: weights (3, 3)"
    assert re.fullmatch(r"mean entropy of its weights: \d\.\d{4} nats", lines[1])
    for line, piece, row in zip(lines[2:], "ana", weights, strict=True):
        assert line.split() == [repr(piece), *(f"{value:.4f}" for value in row)]


def test_trace_saves_every_stage(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "stages"  # as it was named, without an ending of numpy's
    printed = output(capsys, "trace", str(trained), "--prompt", "ana", "--out", str(file))
    assert f"arrays in {file}:" in printed and list(tmp_path.glob("stages*")) == [file]
    checkpoint = gpt.load(trained)
    traced = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode("ana"))
    with np.load(file, allow_pickle=False) as saved:
        assert {"queries", "scores", "masked", "weights", "contribution", "logits"} < set(saved)
        for name in saved:
            assert np.array_equal(saved[name], getattr(traced, name)), name


def test_evaluate_gives_the_loss_over_the_whole_split(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(capsys, "evaluate", str(trained))
    match = re.fullmatch(
        r"validation loss (\d\.\d{4}) nats over (\d+) positions \(latest\)\n", text
    )
    assert match
    characters = len(Run(trained).corpus().text)
    assert int(match[2]) == characters - int(0.9 * characters) - 1
    (tmp_path / "own.txt").write_text("ana\nanna\n" * 30)
    own = output(capsys, "evaluate", str(trained), "--text", str(tmp_path / "own.txt"))
    assert "over 26 positions" in own


def test_pack_makes_a_copy_that_is_as_good(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small"
    assert "MiB" in output(capsys, "pack", str(trained), str(small))
    assert output(capsys, "generate", str(small), "--prompt", "a", "--tokens", "3", "--seed", "1")
    assert not (small / "optimizer.safetensors").exists()


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert gpt.__version__ in capsys.readouterr().out


# -- mistakes ---------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[list[str], str]] = {
    "no such run": (
        ["generate", "{nowhere}"],
        "/nowhere'; give the path of one",
    ),
    "no such run to trace": (
        ["trace", "{nowhere}", "--prompt", "a"],
        "/nowhere'; give the path of one",
    ),
    "no such run to resume": (["train", "--resume", "{nowhere}"], "no run to resume"),
    "no such run to pack": (
        ["pack", "{nowhere}", "{new}"],
        "/nowhere'; give the path of one",
    ),
    "no such preset": (["train", "--preset", "huge", "--out", "{new}"], "choose one of tiny"),
    "no such text": (["train", "--text", "{nowhere}", "--out", "{new}"], "there is no file"),
    "a text too short": (
        ["train", *TEXT, "--set", "block_size=999", "--out", "{new}"],
        "give a longer text",
    ),
    "a length too short": (["train", "--length", "5", "--out", "{new}"], "1,000 to 50,000,000"),
    "an unknown setting": (
        ["train", "--set", "n_layers=3", "--out", "{new}"],
        "--set n_layers=3: there is no setting n_layers; there are n_layer",
    ),
    "a number with a point": (
        ["train", "--set", "steps=2.5", "--out", "{new}"],
        "steps is '2.5'; choose a whole number from 1 to 10,000,000",
    ),
    "a number beyond all": (
        ["train", "--set", "n_embd=99999999999", "--out", "{new}"],
        "n_embd is '99999999999'; choose a whole number from 1 to 16,384",
    ),
    "a rate that is none": (
        ["train", "--set", "learning_rate=fast", "--out", "{new}"],
        "learning_rate is 'fast'; choose a number from 0.000000001 to 100",
    ),
    "a setting without a value": (["train", "--set", "n_layer", "--out", "{new}"], "NAME=VALUE"),
    "a setting of another type": (
        ["train", "--set", "n_layer=many", "--out", "{new}"],
        "n_layer is 'many'; choose a whole number from 0 to 256",
    ),
    "a flag that is no flag": (
        ["train", "--set", "bias=maybe", "--out", "{new}"],
        "bias is 'maybe'; choose true or false",
    ),
    "a setting that the text decides": (
        ["train", "--set", "vocab_size=3", "--out", "{new}"],
        "--set vocab_size=3",
    ),
    "heads that do not divide": (
        ["train", "--set", "n_head=5", "--out", "{new}"],
        "n_embd = 64 is not divisible by n_head = 5",
    ),
    "no steps": (["train", "--steps", "0", "--out", "{new}"], "steps is 0"),
    "a run that is there": (["train", *FAST, "--out", "{run}"], "there is a run 'tiny' already"),
    "a bad name": (["train", *FAST, "--out", "{new}/a b"], "'a b' cannot name a run"),
    "a place that cannot be": (["train", *FAST, "--out", "{file}/a"], "{file}"),
    "an unknown character": (["generate", "{run}", "--prompt", "aé"], "'é' (U+00E9"),
    "an empty prompt": (["generate", "{run}", "--prompt", ""], "the prompt is empty"),
    "an empty prompt to trace": (["trace", "{run}", "--prompt", ""], "the prompt is empty"),
    "a prompt too long": (["trace", "{run}", "--prompt", "a" * 9], "context of 8"),
    "a temperature below 0": (["generate", "{run}", "--temperature", "-1"], "temperature is -1"),
    "a top-p above 1": (["generate", "{run}", "--top-p", "1.5"], "top_p is 1.5"),
    "an unknown mask": (["generate", "{run}", "--mask", "all"], "mask is 'all'; choose one of"),
    "an unknown scale": (["trace", "{run}", "--prompt", "a", "--scale", "big"], "scale is 'big'"),
    "a head that is not there": (
        ["trace", "{run}", "--prompt", "a", "--head", "2"],
        "--head is 2; choose one of this model's, 0 to 1",
    ),
    "a folder that is not there": (
        ["trace", "{run}", "--prompt", "a", "--out", "{nowhere}/x.npz"],
        "No such file or directory",
    ),
    "other text, too short": (["evaluate", "{run}", "--text", "{file}"], "nothing to validate on"),
    "a target that is there": (["pack", "{run}", "{run}"], "'tiny' is there already"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_one_line_that_helps(
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    (tmp_path / "file").write_text("ana\n")
    paths = {"run": trained, "file": tmp_path / "file"}
    paths |= {name: tmp_path / name for name in ("nowhere", "new")}
    capsys.readouterr()
    assert main([argument.format(**paths) for argument in arguments]) == 1
    captured = capsys.readouterr()
    assert message.format(**paths).lower() in captured.err.lower()
    assert captured.err.startswith("python -m gpt: ")
    assert captured.err.count("\n") == 1 and captured.err.endswith("\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--steps", "many"],
        ["train", "--builtin", "sonnets"],
        ["train", "--text", "a", "--builtin", "names"],
        ["generate"],
        ["classify", "x"],
        ["trace", "x", "--prompt", "a", "--stage", "magic"],
        ["dance"],
    ],
)
def test_arguments_that_cannot_be_read_are_answered_with_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: python -m gpt")


def test_a_run_that_fails_says_so_with_its_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = new_run(tmp_path / "run")
    (run.path / "tokenizer.json").write_text("{")
    assert main(["train", "--resume", str(run.path)]) == 1
    captured = capsys.readouterr()
    assert "failed at step 0 of 12: run/tokenizer.json is not JSON" in captured.out
    assert "Traceback" not in captured.out + captured.err


# -- as a process of its own ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_pauses(tmp_path: Path, number: int) -> None:
    run = new_run(tmp_path / "run", steps=1_000_000, eval_interval=1_000_000)
    output = tmp_path / "output.txt"
    process = fork("train", "--resume", str(run.path), output=output)
    assert process.pid is not None
    try:
        wait_until(lambda: run.status().step > 0)
    finally:
        os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 0
    assert f"go on with: python -m gpt train --resume {run.path}" in output.read_text()
    assert "Traceback" not in output.read_text()
    assert run.status().state == "paused"
    assert gpt.load(run.path).info["weights"]["step"] == str(run.status().step)


@pytest.mark.slow
def test_a_reader_that_leaves_early_gets_no_traceback(trained: Path) -> None:
    command = f"{os.sys.executable} -m gpt generate {trained} --tokens 2000 | head -c 5"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=120)
    assert len(done.stdout) == 5
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("tokenizer", ["bytes", "bpe:300", "sentencepiece-bpe:350"])
def test_train_with_another_tokenizer(tmp_path: Path, tokenizer: str) -> None:
    out = tmp_path / "run"
    arguments = ["--builtin", "names", "--length", "20000", "--steps", "2", "--out", str(out)]
    small = ["--set", "n_embd=8", "--set", "n_head=2", "--set", "n_layer=1"]
    assert main(["train", "--tokenizer", tokenizer, *arguments, *small]) == 0
    checkpoint = gpt.load(out)
    size = int(tokenizer.partition(":")[2] or 256)
    assert checkpoint.tokenizer.vocab_size == checkpoint.config.vocab_size == size
    assert checkpoint.tokenizer.decode(checkpoint.tokenizer.encode("Zoë\n")) == "Zoë\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["fetch", "--help"]])
def test_what_needs_no_model_starts_without_torch(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from gpt.__main__ import main\n"
        "try:\n"
        f"    main({arguments})\n"
        "except SystemExit:\n"
        "    sys.exit('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=ROOT)
    assert done.returncode == 0 and done.stdout


def test_every_command_has_a_module() -> None:
    modules = {path.stem for path in (ROOT / "gpt" / "commands").glob("*_command.py")}
    assert modules == {f"{name}_command" for name in COMMANDS}


# -- a text that is larger than is read at once ---------------------------------------------------


def test_a_large_text_is_tokenized_into_the_folder_and_evaluated_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpt.text.large_text.MAX_BYTES", 1000)
    text, folder = tmp_path / "large.txt", tmp_path / "run"
    text.write_text("to be or not to be, that is the question\n" * 50)
    arguments = ["--text", str(text), "--steps", "2", *SETTINGS]
    printed = output(capsys, "train", "--out", str(folder), "--tokenizer", "bpe:270", *arguments)
    assert "large has 0 MiB, more than is read at once" in printed
    assert "reading the text: 100%" in printed and "done at step 2" in printed
    assert (folder / "text" / "tokens.npy").is_file()
    assert "validation loss" in output(capsys, "evaluate", str(folder))
    assert "large" in str(Run(folder).config()["data"])
    for wrong, message in (
        (["--speaker", "Ana"], "--speaker does not go with"),
        (["--documents", "lines"], "choose documents = stream"),
        (["--tokenizer", "sentencepiece-bpe:270"], "choose one of characters, bytes, bpe, words"),
    ):
        assert main(["train", "--out", str(tmp_path / "other"), *arguments, *wrong]) == 1
        assert message in capsys.readouterr().err


# -- stats ----------------------------------------------------------------------------------------


def test_stats_has_a_row_for_each_head_and_writes_passages(
    tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--blocks", "3", "--length", "7", "--passages", "2"]
    out = tmp_path / "stats.json"
    lines = output(capsys, "stats", str(trained), *words, "--out", str(out)).splitlines()
    assert lines[0] == "3 blocks of 7 tokens; entropy in nats"
    assert [line[:5] for line in lines[2:]] == ["L0 H0", "L0 H1"]
    written = json.loads(out.read_text())
    assert (written["run"], written["blocks"], written["length"]) == ("tiny", 3, 7)
    for head, line in zip(written["heads"], lines[2:], strict=True):
        assert f"{head['previous token']:.3f}" in line and f"{head['entropy']:.3f}" in line
        first, second = head["passages"]
        assert first["activation"] >= second["activation"] and first["block"] != second["block"]
        assert 1 <= first["query"] < 7 and first["key"] <= first["query"]
        assert len(first["before"]) == first["query"] and 0 < first["weight"] <= 1
        assert f"[{first['token']}]" in line.encode().decode("unicode_escape")


def test_stats_begin_a_passage_at_a_character(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = Corpus("text", (Document("text", "日本語" * 150),))
    model = {"vocab_size": 256, "block_size": 32}
    run = new_run(tmp_path / "run", corpus, model, ByteTokenizer(), steps=1)
    assert main(["train", "--resume", str(run.path)]) == 0
    out = tmp_path / "stats.json"
    printed = output(capsys, "stats", str(run.path), "--passages", "9", "--out", str(out))
    assert "�" not in printed
    passages = [p for head in json.loads(out.read_text())["heads"] for p in head["passages"]]
    wanted = re.compile("(⟨0x..⟩){0,2}[日本語]*(⟨0x..⟩){0,2}")
    assert all(wanted.fullmatch(passage["before"]) for passage in passages)
    assert any("日" in passage["before"] for passage in passages)


def test_stats_of_a_text_of_ones_own_and_what_it_cannot_read(
    tmp_path: Path, trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.txt").write_text("ana\nben\n" * 9)
    own = ["--text", str(tmp_path / "own.txt"), "--blocks", "1"]
    assert "1 blocks of 8 tokens" in output(capsys, "stats", str(trained), *own)
    for run, words, message in (
        (ROOT / "checkpoints" / "shakespeare", [], "name one with --text FILE"),
        (trained, ["--length", "9"], "--length is 9"),
        (trained, ["--blocks", "0"], "--blocks is 0"),
        (ROOT / "checkpoints" / "numbers-fr", own, "this model reads two texts"),
    ):
        assert main(["stats", str(run), *words]) == 1
        assert message in capsys.readouterr().err
