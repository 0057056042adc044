"""`python -m gpt classify`: the probability of every label of a text."""

from __future__ import annotations

import argparse

import gpt
from gpt.commands.arguments import add_switches, as_path, switches
from gpt.inspect.classifying import classify


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder of a classifier")
    parser.add_argument("text", nargs="+", help="the texts, each in quotes")
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the labels of each text, the likeliest first."""
    checkpoint = gpt.load(arguments.checkpoint)
    for text in arguments.text:
        given = classify(checkpoint, text, switches(arguments))
        if len(arguments.text) > 1:
            print(text)
        for label, probability in sorted(given.items(), key=lambda item: -item[1]):
            print(f"{probability:8.2%}  {label}")
