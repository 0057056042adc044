"""`generate` prints the text of the whole as it grows: never a part of a character."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch

from gpt import process
from gpt.__main__ import main
from gpt.checkpoint import save_weights
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training.creation import create_run
from gpt.training.settings import TrainingConfig

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
