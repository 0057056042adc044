"""A model made by hand, whose every step is known: it writes "avi" and a line break, for ever."""

from __future__ import annotations

from pathlib import Path

import torch

from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.creation import create_run
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.weights_file import save_weights

TOKENIZER = CharacterTokenizer.of("\naiv")
END = 0
FOLLOWS = {"\n": "a", "a": "v", "v": "i", "i": "\n"}
CONFIG = GPTConfig(
    **dict(block_size=5, vocab_size=TOKENIZER.vocab_size, n_layer=1, n_head=1),
    **dict(n_embd=TOKENIZER.vocab_size, position="none", norm="none", feed_forward=False),
)


@torch.no_grad()
def writer() -> GPT:
    """Token t is the unit vector t, blocks add nothing, and the row of the output embedding that
    belongs to a token points where the token before it points.
    """
    model = GPT(CONFIG)
    for name, parameter in model.named_parameters():
        parameter.zero_()
        if name == "wte.weight":
            parameter.copy_(torch.eye(TOKENIZER.vocab_size))
        if name == "lm_head.weight":
            for before, after in FOLLOWS.items():
                parameter[TOKENIZER.encode(after)[0], TOKENIZER.encode(before)[0]] = 100.0
    return model.eval()


def writer_run(path: Path, documents: str = "lines") -> Run:
    """The model as the folder of a run that read its text so."""
    corpus = Corpus("avi", (Document("avi", "avi\n" * 40),))
    training = TrainingConfig(documents=documents, device="cpu")
    run = create_run(path, CONFIG, training, corpus, TOKENIZER, state="done")
    save_weights(writer(), run.path / "model.safetensors", {"step": "0"})
    return run
