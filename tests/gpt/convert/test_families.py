"""Families of checkpoints: each is told by a tensor's name, and the command names it."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from gpt.commands import import_command
from gpt.convert.families import FAMILIES, HUGGING_FACE, TENSORS
from gpt.convert.layouts import decoder_layouts, encoder_layouts, pair_layouts
from gpt.convert.layouts.encoder_layouts import DISTILBERT, ROBERTA, encoder
from gpt.nn.config import GPTConfig

CONFIG = GPTConfig(block_size=5, vocab_size=11, n_layer=2, n_head=3, n_embd=21)
PAIR = replace(CONFIG, n_encoder_layer=1, embedding_norm=True)
SHARED = dict.fromkeys(pair_layouts.SIDES, pair_layouts.SHARED)
RULES = {
    "gpt2": decoder_layouts.gpt2(CONFIG),
    "bert": encoder(CONFIG, encoder_layouts.BERT),
    "distilbert": encoder(CONFIG, DISTILBERT),
    "roberta": encoder(CONFIG, ROBERTA),
    "marian": pair_layouts.encoder_decoder(replace(PAIR, embedding_norm=False), SHARED),
    "bart": pair_layouts.encoder_decoder(PAIR, SHARED),
}
ALIKE = {"bert": ["bert", "roberta"]}  # what stands before RoBERTa's names tells it from BERT


@pytest.mark.parametrize("family", TENSORS)
def test_a_tensor_tells_its_own_family_alone(family: str) -> None:
    having = [
        name
        for name, rules in RULES.items()
        if any(TENSORS[family] in theirs for rule in rules for theirs in rule.theirs)
    ]
    assert having == ALIKE.get(family, [family])
    assert [*RULES] == HUGGING_FACE


def test_the_command_takes_every_family_and_says_what_its_path_is() -> None:
    parser = argparse.ArgumentParser()
    import_command.add_arguments(parser)
    for name, family in FAMILIES.items():
        assert parser.parse_args([name, "somewhere"]).kind == name
        assert f"{name:<10} {family.usage}\n" in import_command.EPILOG
