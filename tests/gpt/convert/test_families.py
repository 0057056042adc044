"""Families of checkpoints: each is told by a tensor's name, and the command names it."""

from __future__ import annotations

import argparse

import pytest

from gpt.commands import import_command
from gpt.convert import layouts
from gpt.convert.families import FAMILIES, TENSORS
from gpt.nn.config import GPTConfig

CONFIG = GPTConfig(block_size=5, vocab_size=11, n_layer=2, n_head=3, n_embd=21)
RULES = {"gpt2": layouts.gpt2(CONFIG), "bert": layouts.bert(CONFIG)}


@pytest.mark.parametrize("family", TENSORS)
def test_a_tensor_tells_its_own_family_alone(family: str) -> None:
    having = [
        name
        for name, rules in RULES.items()
        if any(TENSORS[family] in theirs for rule in rules for theirs in rule.theirs)
    ]
    assert having == [family]


def test_the_command_takes_every_family_and_says_what_its_path_is() -> None:
    parser = argparse.ArgumentParser()
    import_command.add_arguments(parser)
    for name, family in FAMILIES.items():
        assert parser.parse_args([name, "somewhere"]).kind == name
        assert f"{name:<9} {family.usage}\n" in import_command.EPILOG
