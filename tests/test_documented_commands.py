"""Every command line of the README and the docs, run as it stands there, in order.

Each page begins in a fresh folder with the shipped runs and the files that its reader brings. What
would train for long is given few steps by options that are documented themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit import config

from gpt.__main__ import main
from gpt.setting_ranges import STAGES
from gpt.text import fetch
from gpt.text.builtin import write
from gpt.training.control import Control
from gpt.training.ladder import climbing
from gpt.training.runs import Run

ROOT = Path(__file__).resolve().parents[1]
PAGES = [
    *("README.md", "checkpoints/README.md", "benchmarks/README.md"),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
]
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = "(?:[A-Z_]+=[^ ]+ )*(?:python -m|make|streamlit|torchrun)"  # behind its environment
INLINE = re.compile(f"`({PROGRAMS} [^`]+)`")
COMMAND = re.compile(f"{PROGRAMS} ")

NOT_RUN = {
    "torchrun --nproc-per-node 4 -m gpt train --resume checkpoints/two": "four more processes take "
    "half a minute to start; tests/gpt/training/test_ranks.py resumes with other numbers of them",
    "torchrun --nproc-per-node 2 -m gpt stats …": "… stands for a run and what is asked of it",
    "OMP_NUM_THREADS=8 torchrun --nproc-per-node 8 -m gpt train --preset nanogpt-cpu --text "
    "corpus.txt --tokenizer gpt2 --set n_layer=12 --set n_head=12 --set n_embd=768 --set "
    "block_size=1024 --set bias=true --set activation=gelu_tanh --set batch_size=480 --set "
    "accumulation=5 --steps 20345 --set learning_rate=6e-4 --set warmup_steps=700 --set beta2=0.95 "
    "--set dtype=bfloat16 --set compile=true --set eval_interval=500 --out checkpoints/gpt2-124m": (
        "trains GPT-2 for weeks"
    ),
    "python -m gpt ladder --all --text tinyshakespeare.txt": "the last rung is for a GPU",
    "python -m gpt train": "names the command, whose arguments stand elsewhere",
    "python -m gpt generate": "names the command",
    "python -m gpt pack": "names the command",
    "python -m gpt evaluate": "names the command, in a table of what was measured",
    "python -m gpt evaluate --save": "names the command",
    "python -m gpt ladder": "names the command",
    "python -m gpt experiment NAME --seed 2": "NAME stands for any of those that --help lists",
    "python -m gpt train --preset shakespeare-modern --text my.txt --seed 5 --steps 3600 "
    "--teachers checkpoints/shakespeare checkpoints/shakespeare-fast checkpoints/modern-1 "
    "checkpoints/modern-2 checkpoints/modern-3 --out checkpoints/distilled": "two of the teachers "
    "are shipped, and know the characters of Tiny Shakespeare only",
    "python -m gpt compare checkpoints/writer --by checkpoints/reviews --label positive "
    "--out liked.jsonl": "a run of two steps writes no answer that can be compared",
}
"""Command lines that the pages name and that are not run, each with the reason."""

FEW = ["--steps", "2", "--set", "eval_batches=1"]
SMALL = "n_layer=1 n_head=2 n_embd=16 block_size=16 batch_size=8".split()
FEW_OF_TEXT = ["--set", "sample_tokens=0"]
OF_EXAMPLES = {"--columns", "--from", "--pairs", "classify", "reviews", "sentiment", "numbers-fr"}
"""Words of a command that trains on labelled texts or pairs."""
GENERATED = {"reviews", "numbers-fr"}
"""Of these, those that are generated."""
TEXT = "".join(text for _, text in write("plays", 1, 20_000))
ADDRESS = "Ronald Reagan\t1984-01-25\t"


def command_lines(page: str) -> list[str]:
    """Of a page's text, in order: the lines of its blocks, and what its sentences name."""
    marks = [(match.start(), block(match[1])) for match in FENCE.finditer(page)]
    sentences = FENCE.sub(lambda match: " " * len(match[0]), page)
    marks += [(match.start(), [match[1]]) for match in INLINE.finditer(sentences)]
    return [line for _, lines in sorted(marks) for line in lines]


def block(text: str) -> list[str]:
    """The commands of a block, without what is said of them behind a #."""
    whole = re.sub(r" *\\\n *", " ", text)
    lines = (line.split("  #")[0].strip() for line in whole.splitlines())
    return [line for line in lines if COMMAND.match(line)]


def lines_of(page: str) -> list[str]:
    return command_lines((ROOT / page).read_text(encoding="utf-8"))


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder as a reader has it, with the files that the pages ask a reader to bring."""
    (tmp_path / "checkpoints").mkdir()
    for name in ("tales", "shakespeare", "copy", "numbers-fr", "reviews"):
        shutil.copytree(ROOT / "checkpoints" / name, tmp_path / "checkpoints" / name)
    for name in ("my.txt", "lincoln.txt", "roosevelt.txt", "grimm.txt", "andersen.txt", "FILE"):
        (tmp_path / name).write_text(TEXT)
    (tmp_path / "reagan.txt").write_text(ADDRESS + TEXT)
    (tmp_path / "names.txt").write_text("".join(text for _, text in write("names", 1, 5000)))
    write_examples(tmp_path)
    config.get_config_options()  # of this project: Streamlit reads them once, from where it is
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADLIGHT_CACHE", str(tmp_path / "cache"))
    stand_in(tmp_path, monkeypatch)
    for command in ("train", "experiment", "ladder"):
        monkeypatch.setattr(
            f"gpt.commands.{command}_command.pause_on_signals", lambda control: None
        )
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    monkeypatch.setattr("gpt.training.ladder.climbing.train_together", one_after_the_other)
    yield tmp_path


def write_examples(folder: Path) -> None:
    """Labelled texts and pairs, as files for each label and as tables."""
    rows = [(f"a {word} film, number {n}", word) for n in range(40) for word in ("fine", "dull")]
    for name, label in (("pos", "fine"), ("neg", "dull")):
        lines = "".join(f"{text}\n" for text, word in rows if word == label)
        (folder / f"{name}.txt").write_text(lines)
    table = "".join(f"{text}\t{label}\n" for text, label in rows)
    (folder / "films.tsv").write_text(f"sentence\tsentiment\n{table}")
    questions = (f'{{"prompt": "number {n}", "answer": "it is {n}"}}\n' for n in range(30))
    (folder / "questions.jsonl").write_text("".join(questions))
    rows_of_two = (f'{{"prompt": "{n}", "chosen": "yes", "rejected": "no"}}\n' for n in range(30))
    chosen = "".join(rows_of_two)
    for name in ("preferences", "liked"):
        (folder / f"{name}.jsonl").write_text(chosen)
    pairs = "".join(f"word number {n}\tmot numéro {n}\n" for n in range(60))
    (folder / "pairs.tsv").write_text(f"eng\tfra\n{pairs}", encoding="utf-8")


def one_after_the_other(
    runs: Sequence[Run], processes: int, control: Control, ended: Callable[[Run], None]
) -> None:
    """`train_together` without its processes, which tests/gpt/commands tries."""
    for run in runs:
        climbing.train_alone(run, control)
        ended(run)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text on this machine in place of the one on the network."""
    there, content = folder / "server.txt", TEXT.encode()
    there.write_bytes(content)
    source = fetch.Source(there.as_uri(), hashlib.sha256(content).hexdigest(), len(content), "s")
    monkeypatch.setitem(fetch.SOURCES, "shakespeare", source)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_works(page: str, reader: Path) -> None:
    if any("FOLDER" in line for line in lines_of(page)):  # one of GPT-2's, from elsewhere
        assert main(["export", "checkpoints/shakespeare", "gpt2", "FOLDER"]) == 0
    for line in dict.fromkeys(lines_of(page)):  # once, where it is named again
        if line not in NOT_RUN:
            assert run(line) == 0, line


def run(line: str) -> int:
    """Its exit status, with few steps where it trains."""
    words = shlex.split(line)
    variables = dict(word.split("=") for word in takewhile(lambda word: "=" in word, words))
    program, *words = words[len(variables) :]
    if program == "torchrun":
        return torchrun(words, variables)
    if program == "make":
        return make(words)
    if program == "streamlit":
        return streamlit(words)
    assert (program, words[0]) == ("python", "-m"), f"{line} is of no kind that is run here"
    if words[1] == "gpt":
        return in_process(shortened(words[2:]))
    return module(words[1:])


def of_answers(words: list[str]) -> list[str]:
    """What makes an assistant's stage shorter, whose answers a new model does not end."""
    task = words[words.index("--task") + 1] if "--task" in words else None
    if task not in STAGES:
        return []
    written = ["--set", "answer_tokens=4"] if task != "reward" else []
    generated = ["--examples", "400"] if not {"--text", "--examples"} & set(words) else []
    return ["--set", "batch_size=8", *written, *generated]


def in_process(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as left:
        return int(left.code or 0)


def shortened(words: list[str]) -> list[str]:
    """The same with few steps; a run that is lengthened is, by one."""
    if "--help" in words:
        return words
    if "--resume" in words and "--steps" in words:
        planned = Run(words[words.index("--resume") + 1]).training_config().steps
        words[words.index("--steps") + 1] = str(planned + 1)
        return words
    if words[0] == "train" and "--resume" not in words:
        return [*words, *FEW, *of_text(words), *of_answers(words)]
    if words[0] == "generate" and "--count" in words:
        return [*words, "--tokens", "20"]  # a model of two steps ends none of its names
    if words[0] == "judge":
        return words if "--prompts" in words else [*words, "--prompts", "5"]
    return [*words, "--steps", "2"] if words[0] in ("ladder", "experiment") else words


def of_text(words: list[str]) -> list[str]:
    """What makes a training shorter: one on examples writes no long sample."""
    if GENERATED & set(words) and not {"--text", "--pairs", "--examples"} & set(words):
        return ["--examples", "400"]
    if OF_EXAMPLES & set(words):
        return []
    return [*FEW_OF_TEXT, *([] if "--text" in words else ["--length", "20000"])]


def torchrun(words: list[str], variables: dict[str, str]) -> int:
    """Several processes, as it starts them, of a small model."""
    at = words.index("gpt") + 1
    command = [*words[:at], *shortened(words[at:]), "--set", *SMALL]
    return subprocess.run(
        [Path(sys.executable).with_name("torchrun"), *command],
        env={**os.environ, **variables, "PYTHONPATH": str(ROOT)},
    ).returncode


def make(words: list[str]) -> int:
    """What make would do: it installs, or runs all tests."""
    return subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True).returncode


def streamlit(words: list[str]) -> int:
    """Whether it would serve this file with these options: it serves until it is stopped."""
    options = [word.removeprefix("--") for word in words if word.startswith("--")]
    unknown = [option for option in options if option not in config.get_config_options()]
    return len(unknown) + (words[0] != "run" or not (ROOT / words[1]).is_file())


def module(words: list[str]) -> int:
    """Whether a module takes these options: its figures, or pictures, take minutes."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, contextlib.redirect_stdout(told):
        patched.setattr(sys, "argv", [words[0], "--help"])
        with pytest.raises(SystemExit) as left:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    options = [word for word in words if word.startswith("--")]
    return int(left.value.code or 0) or sum(option not in told.getvalue() for option in options)


def test_the_python_of_the_readme_works(reader: Path) -> None:
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    names: dict[str, Any] = {}
    exec(block, names)  # as a reader pastes it
    t, ids, checkpoint = names["t"], names["ids"], names["checkpoint"]
    np.testing.assert_allclose(t.weights[0, 1].sum(-1), np.ones(len(ids)), atol=1e-5)
    assert t.weights[0, 1][0, -1] > 0, "without a mask the first token sees the last"
    assert (
        names["step"].probs.shape == names["step"].logits.shape == (checkpoint.config.vocab_size,)
    )


# -- that it can fail -------------------------------------------------------------------------


def test_commands_are_found_in_blocks_and_sentences_in_their_order() -> None:
    page = """Try `python -m gpt fetch shakespeare` first.

```
python -m gpt train --preset tiny   # a minute
OMP_NUM_THREADS=4 torchrun -m gpt train \\
  --preset tiny
pip install x
```

Then `make check`, not `--stop`.
"""
    assert command_lines(page) == [
        "python -m gpt fetch shakespeare",
        "python -m gpt train --preset tiny",
        "OMP_NUM_THREADS=4 torchrun -m gpt train --preset tiny",
        "make check",
    ]


def test_the_pages_have_command_lines() -> None:
    assert len(lines_of("README.md")) >= 20
    assert "python -m gpt export checkpoints/mine nanogpt exported" in lines_of("README.md")


def test_what_is_not_run_stands_on_a_page() -> None:
    named = {line for page in PAGES for line in lines_of(page)}
    assert set(NOT_RUN) - named == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "python -m gpt generate checkpoints/nowhere",
        "python -m gpt export checkpoints/copy nanogpt out",
        "python -m gpt train --speed 3",
        "python -m benchmarks.trace_overhead --minutes 3",
        "make nothing-of-this-name",
        "torchrun --nproc-per-node 2 -m gpt train --speed 3",
        "streamlit run app.py --server.speed 3",
    ],
)
def test_a_command_line_that_does_not_work_fails(line: str, reader: Path) -> None:
    assert run(line) != 0


@pytest.mark.parametrize("target", ["app", "test"])
def test_the_index_of_torch_reaches_pip(target: str) -> None:
    def plan(*words: str) -> str:
        # As on a fresh machine, where everything is to be installed.
        command = ["make", "-n", "-B", target, "VENV=not-there", "PYTHON=python3", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    given = plan("TORCH_INDEX=file:///wheels")
    installs = [line for line in given.splitlines() if "-r requirements" in line]
    assert installs and all("--extra-index-url file:///wheels" in line for line in installs)
    assert "extra-index-url" not in plan()
