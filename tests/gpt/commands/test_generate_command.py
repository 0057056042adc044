"""`generate` prints the text of the whole as it grows: never a part of a character."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

import gpt
from gpt import process
from gpt.__main__ import main
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training.creation import create_run
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.next_token_task import NextToken
from gpt.training.tasks.task import Probe
from gpt.weights_file import save_weights
from tests.gpt import other_kinds

TEXT = "日é!"
CONFIG = GPTConfig(
    **dict(block_size=64, vocab_size=256, n_layer=1, n_head=1, n_embd=256),
    **dict(position="none", norm="none", feed_forward=False),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of bytes that was made by hand: it writes TEXT for ever."""
    path = tmp_path_factory.mktemp("runs") / "bytes"
    data = TEXT.encode()
    model = GPT(CONFIG)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.zero_()
            if name == "wte.weight":
                parameter.copy_(torch.eye(256))
            if name == "lm_head.weight":
                for before, after in pairwise([*data, data[0]]):
                    parameter[after, before] = 100.0
    corpus = Corpus("text", (Document("text", TEXT * 200),))
    training = TrainingConfig(device="cpu")
    own = create_run(path, CONFIG, training, corpus, ByteTokenizer(), state="done")
    save_weights(model.eval(), own.path / "model.safetensors", {"step": "0"})
    return path


@pytest.mark.parametrize(
    ("tokens", "text"),
    [(2, "日é"), (3, "日é!"), (6, "日é!日"), (5, "日é!�")],
)
def test_characters_of_several_tokens_are_printed_whole(
    run: Path, capsys: pytest.CaptureFixture[str], tokens: int, text: str
) -> None:
    argv = ["generate", str(run), "--prompt", "日", "--temperature", "0", "--tokens", str(tokens)]
    assert main(argv) == 0
    assert capsys.readouterr().out == text + "\n"


@pytest.mark.parametrize(("tokens", "text"), [(2, "é"), (3, "é!"), (5, "é!"), (6, "é!日")])
def test_a_sample_of_a_run_on_bytes_ends_with_a_whole_character(
    run: Path, tokens: int, text: str
) -> None:
    """What samples.jsonl keeps: the first bytes of a character are left out."""
    task = NextToken(Run(run), CONFIG, TrainingConfig(device="cpu", sample_tokens=tokens))
    task.probe = Probe([*TEXT.encode()])
    assert task.sample(gpt.load(run).model) == {"text": text}


def written(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["generate", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_translation_is_that_of_translate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = other_kinds.translator_run(tmp_path / "two")
    two, source = gpt.load(run), "A BIG CAT."
    text = written(capsys, run, "--source", source)
    assert text == f"{gpt.translate(two, source)}\n" and len(text) > 2
    assert written(capsys, run, "--source", source, "--prompt", text[:1]) == text
    assert written(capsys, run, "--source", source, "--tokens", 2) == f"{text[:2]}\n"
    drawn = [
        written(capsys, run, "--source", source, "--temperature", 1, "--seed", 3, "--count", 2)
    ]
    drawn.append(written(capsys, run, "--source", source, "--temperature", 1, "--seed", 3))
    assert drawn[0].startswith(drawn[1]) and drawn[0].count("\n") == 2


def test_a_source_is_for_a_model_of_two_texts_and_it_needs_one(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two = other_kinds.translator_run(tmp_path / "two")
    for argv, message in (
        ([run, "--source", "A"], "bytes reads one text only; leave --source out"),
        ([two, "--prompt", "a"], "two reads one text and writes another; name the first: --source"),
        ([two, "--source", ""], "the source is empty"),
        ([two, "--source", "A" * 24], "24 tokens; this model reads up to 23"),
        ([two, "--source", "a"], "is not among the"),
    ):
        assert main(["generate", *map(str, argv)]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(("small", "count"), [(0, 3), (1 << 40, 1)])
def test_a_small_model_writes_with_one_thread(
    run: Path, monkeypatch: pytest.MonkeyPatch, small: int, count: int
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    monkeypatch.setattr(process, "SMALL", small)
    try:
        assert main(["generate", str(run), "--prompt", "日", "--tokens", "1"]) == 0
        assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)
