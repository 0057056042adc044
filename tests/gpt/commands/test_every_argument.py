"""Every argument of every command in every mode: it is used, or it is refused by its name."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from gpt.__main__ import COMMANDS, _parser, main
from gpt.commands.train_command import OF_A_NEW_RUN
from gpt.errors import HeadlightError
from gpt.training.runs import Run
from gpt.training.status import Status
from tests.gpt import tiny
from tests.gpt.training.assistant.stage_runs import base_run, comparisons, stage_run

FAST = [
    *("--steps 2 --set n_layer=1 n_head=2 n_embd=8 batch_size=2 eval_interval=2").split(),
    *("eval_batches=1 warmup_steps=1 log_interval=1").split(),
]
MODES = {
    "train": "",
    "train a text": "train --text {text}",
    "train a large text": "train --text {large}",
    "train hidden words": "train --task masked",
    "train labels": "train --task classify",
    "train labels of a table": "train --task classify --text {labelled}",
    "train labels of text files": "train --task classify --text {good} {bad}",
    "train labels from a run": "train --from {decoder} --text {named}",
    "train pairs": "train --task translate",
    "train pairs of a table": "train --pairs {pairs}",
    "train pairs of text files": "train --pairs {good} {bad}",
    "train taught": "train --text {text} --teachers {decoder}",
    "train sft": "train --task sft --from {assistant}",
    "train sft of a file": "train --task sft --from {assistant} --text {answers}",
    "train grpo": "train --task grpo --from {assistant} --text {answers}",
    "train reward": "train --task reward --from {assistant} --text {compared}",
    "train dpo of a file": "train --task dpo --from {assistant} --text {compared}",
    "train ppo": "train --task ppo --from {assistant} --text {compared} --reward {reward}",
    "train resumed": "train --resume {decoder}",
    "experiment": "experiment pair-mask --out {new}",
    "ladder": "ladder --out {new}",
    "ladder, some": "ladder --rung bigram --out {new}",
    "ladder of a text": "ladder --text {text} --out {new}",
    "generate": "generate {decoder} --tokens 3",
    "generate a translation": "generate {translator} --source 34 --tokens 3",
    "generate by beams": "generate {translator} --source 34 --beams 2",
    "classify": "classify {classifier} fine",
    "trace": "trace {decoder} --prompt a",
    "trace a translation": "trace {translator} --source 34 --prompt u",
    "trace into a file": "trace {decoder} --prompt a --out {new}",
    "stats": "stats {decoder}",
    "evaluate": "evaluate {decoder}",
    "evaluate a text": "evaluate {decoder} --text {names}",
    "evaluate hidden words": "evaluate {masked}",
    "evaluate labels": "evaluate {classifier}",
    "evaluate labels of a table": "evaluate {classifier} --text {reviews}",
    "evaluate labels of text files": "evaluate {classifier} --text {positive} {negative}",
    "evaluate pairs": "evaluate {translator} --sentences 2",
    "evaluate pairs of a table": "evaluate {translator} --pairs {numbers}",
    "judge": "judge {assistant}",
    "judge generated ones": "judge {assistant} --builtin manner --prompts 5",
    "judge a file": "judge {assistant} --text {answers}",
    "compare": "compare {assistant} --by {classifier} --label positive --pairs 5 --out {new}",
    "continuations": "continuations --builtin reviews --out {new}",
    "continuations of a text": "continuations --text {text} --out {new}",
    "pack": "pack {decoder} {new}",
    "fetch": "fetch tinyshakespeare",
    "import lecture": "import lecture {bigram} --text {five} --out {new}",
    "import a run": "import run {decoder} --out {new}",
    "import gpt2": "import gpt2 {gpt2} --out {new}",
    "export": "export {decoder} gpt2 {new}",
}
VALUES: dict[str, str] = {
    "preset": "tiny",
    "task": "classify",
    "from": "{decoder}",
    "reward": "{reward}",
    "teachers": "{decoder}",
    "text": "{text}",
    "pairs": "{pairs}",
    "builtin": "reviews",
    "columns": "1 2",
    "tokenizer": "bytes",
    "source_tokenizer": "bytes",
    "documents": "lines",
    "speaker": "Ann",
    "set": "learning_rate=0.01",
    "out": "{other}",
    "resume": "{decoder}",
    "rung": "bigram",
    "source": "34",
    "stop": "a",
    "mask": "causal",
    "scale": "none",
    "site": "decoder",
    "stage": "keys",
    "which": "latest",
    "part": "validation",
    "by": "{classifier}",
    "label": "positive",
    "vocabulary": "{words}",
    "layer": "0",
    "head": "0",
}
"""A value of each argument that takes one; of the others, 5."""


class _Noting(argparse.Namespace):
    """Arguments that note which of them are read, but for reading them to refuse them."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            frame, callers = sys._getframe(1), []
            while frame.f_back is not None and len(callers) < 4:
                callers.append(frame.f_code.co_name)
                frame = frame.f_back
            if not any(caller.lstrip("_").startswith("refuse") for caller in callers):
                self.__dict__.setdefault("_read", set()).add(name)
        return super().__getattribute__(name)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files, and a run of every kind."""
    root = tmp_path_factory.mktemp("places")
    rows = [f"fine number {n}\t{'positive' if n % 2 else 'negative'}\n" for n in range(40)]
    files = {
        "text": "Ann: to be\nBob: or not\n" * 100,
        "large": "to be or not\n" * 300,
        "labelled": "text\tlabel\n" + "".join(rows),
        "reviews": "text\tlabel\n" + "".join(rows),
        "names": tiny.names().text,
        "named": "".join(
            f"{name}\t{'positive' if n % 2 else 'negative'}\n"
            for n, name in enumerate(dict.fromkeys(tiny.names().text.split()))
        ),
        "pairs": "".join(f"un mot {n}\ta word {n}\n" for n in range(40)),
        "numbers": "".join(f"{n}\tun\n" for n in range(40, 44)),
        "good": "".join(f"fine word {n}\n" for n in range(40)),
        "bad": "".join(f"dull word {n}\n" for n in range(40)),
        "positive": "fine one\nfine two\n",
        "negative": "dull one\ndull two\n",
        "answers": "".join(
            json.dumps({"prompt": f"a{c}", "answer": c}) + "\n" for c in "abcdefghijklmnop"
        ),
        "compared": comparisons().content().decode(),
        "words": '["a", "b", "c", "d", "e"]',
        "five": "abcde",
    }
    endings = {
        "named": "tsv",
        "labelled": "tsv",
        "reviews": "tsv",
        "pairs": "tsv",
        "numbers": "tsv",
    }
    endings |= {"answers": "jsonl", "compared": "jsonl"}
    there = {name: root / f"{name}.{endings.get(name, 'txt')}" for name in files}
    for name, content in files.items():
        there[name].write_text(content)
    there["bigram"] = root / "bigram.pt"
    torch.save({"token_embedding_table.weight": torch.zeros(5, 5)}, there["bigram"])
    with pytest.MonkeyPatch.context() as patched:
        _stay_calm(patched)
        there["decoder"] = base_run(root / "decoder").path
        sft = stage_run(root / "assistant", Run(there["decoder"]), "sft", steps=1)
        assert main(["train", "--resume", str(sft.path)]) == 0
        reward = stage_run(root / "reward", sft, "reward", steps=1)
        assert main(["train", "--resume", str(reward.path)]) == 0
        for name, words in {
            "classifier": "--preset reviews --examples 100",
            "translator": "--preset numbers-fr --examples 150 --set n_encoder_layer=1",
            "masked": "--task masked --length 3000 --set block_size=8",
        }.items():
            there[name] = root / name
            ask = ["train", *words.split(), "--out", str(there[name]), *FAST]
            assert main(ask) == 0
        there["gpt2"] = root / "gpt2"
        plain = "train --tokenizer bytes --set bias=true activation=gelu_tanh tie_weights=true"
        ask = [*plain.split(), "--text", str(there["text"]), "--out", str(root / "plain"), *FAST]
        assert main(ask) == 0
        assert main(["export", str(root / "plain"), "gpt2", str(there["gpt2"])]) == 0
    return {**there, "assistant": sft.path, "reward": reward.path}


def _stay_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave Ctrl-C and the memory allocator to pytest."""
    monkeypatch.setattr("gpt.process.keep_buffers", lambda: None)
    for command in ("train", "ladder", "experiment"):
        monkeypatch.setattr(
            f"gpt.commands.{command}_command.pause_on_signals", lambda control: None
        )


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch, places: dict[str, Path]) -> None:
    """What takes long is left out: training, and the network."""
    _stay_calm(monkeypatch)
    monkeypatch.setattr("gpt.commands.train_command.train", lambda *_: Status("done"))
    monkeypatch.setattr("gpt.commands.experiment_command._train", lambda *_: False)
    monkeypatch.setattr("gpt.commands.ladder_command._train", lambda *_: None)
    monkeypatch.setattr("gpt.commands.fetch_command.fetch", lambda name: places["text"])
    monkeypatch.setattr("gpt.text.large_text.is_large", lambda paths: "large" in str(paths))
    monkeypatch.setattr("gpt.commands.ladder_command.LENGTH", 5000)
    monkeypatch.setattr("gpt.commands.new_data.LENGTH", 5000)
    monkeypatch.setattr("gpt.commands.new_data.EXAMPLES", 300)


def _options(command: str) -> Iterator[argparse.Action]:
    """The arguments of a command that may be left out."""
    [commands] = [a for a in _parser([command])._actions if isinstance(a.choices, dict)]
    for action in commands.choices[command]._actions:
        if action.option_strings and action.dest not in ("help", "controlled"):
            yield action


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_every_argument_is_used_or_refused(
    mode: str, places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    base = (MODES[mode] or mode).split()
    dropped = []
    for n, action in enumerate(_options(base[0])):
        option = action.option_strings[0]
        if option in base:
            continue
        values = {**places, "new": tmp_path / f"new-{n}", "other": tmp_path / f"other-{n}"}
        more = [option] if action.nargs == 0 else [option, *VALUES.get(action.dest, "5").split()]
        ask = [word.format(**values) for word in [*base, *more]]
        if base[0] == "train" and not {"--out", "--resume"} & set(ask):
            ask += ["--out", str(values["new"])]
        if not _is_used(ask, action.dest, option):
            dropped.append(option)
    assert not dropped


def _is_used(ask: list[str], dest: str, option: str) -> bool:
    """Whether a command reads an argument, or refuses it by its name."""
    try:
        chosen = _parser(ask).parse_args(ask, namespace=_Noting())
    except SystemExit:  # of two arguments that exclude each other
        return True
    chosen.__dict__["_read"] = set()
    try:
        chosen.run(chosen)
    except HeadlightError as error:
        return dest in chosen.__dict__["_read"] or option in str(error)
    return dest in chosen.__dict__["_read"]


def test_every_command_has_a_mode() -> None:
    assert {(words or mode).split()[0] for mode, words in MODES.items()} == set(COMMANDS)


def test_going_on_refuses_all_that_is_of_a_new_run(
    places: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    known = {action.dest for action in _options("train")}
    assert set(OF_A_NEW_RUN) == known - {"out", "resume", "steps"}
    flags = {action.dest: action for action in _options("train")}
    for name in OF_A_NEW_RUN:
        option, takes = flags[name].option_strings[0], flags[name].nargs != 0
        value = [VALUES.get(name, "5")] if takes else []
        words = [word.format(**places) for part in value for word in part.split()]
        ask = ["train", "--resume", str(places["decoder"]), option, *words]
        assert main(ask) == 1
        assert f"--resume does not go with {option};" in capsys.readouterr().err
