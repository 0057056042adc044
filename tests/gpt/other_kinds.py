"""Run folders of an encoder-decoder and of a classifier, with drawn weights, for tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.tokenizer import CharacterTokenizer
from gpt.weights_file import save_weights
from tests.gpt.two_texts import CONFIG, two_texts

TARGET = CharacterTokenizer.of("\nabcdefghijklmnop")
SOURCE = CharacterTokenizer.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ .?")
CLASSIFIER = replace(
    CONFIG,
    mask="none",
    n_class=3,
    n_encoder_layer=0,
    source_vocab_size=0,
    source_block_size=0,
)
LABELS = ["good", "bad", "so so"]


@torch.no_grad()
def drawn(config: GPTConfig, seed: int = 1) -> GPT:
    """A model in evaluation mode whose every number is drawn, gains and biases too."""
    torch.manual_seed(seed)
    model = build(config)
    for name, parameter in model.named_parameters():
        is_gain = "ln_" in name and name.endswith("weight")
        nn.init.normal_(parameter, mean=float(is_gain), std=0.3)
    return model.eval()


def save(folder: Path, model: GPT, **info: Any) -> Path:
    """A run folder of a model, the target's tokenizer with it."""
    folder.mkdir(parents=True)
    written = {"format": 1, "model": model.config.to_dict(), **info}
    (folder / "config.json").write_text(json.dumps(written))
    (folder / "tokenizer.json").write_text(json.dumps(TARGET.to_json()))
    save_weights(model, folder / "model.safetensors", {"step": "42"})
    return folder


def translator_run(folder: Path) -> Path:
    """An encoder-decoder whose source has a vocabulary of its own."""
    save(folder, two_texts())
    (folder / "source_tokenizer.json").write_text(json.dumps(SOURCE.to_json()))
    return folder


def classifier_run(folder: Path) -> Path:
    """A classifier of three labels."""
    return save(folder, drawn(CLASSIFIER), labels=LABELS)
