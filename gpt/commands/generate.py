"""`python -m gpt generate`: continue a prompt."""

from __future__ import annotations

import argparse

import gpt
from gpt.commands import Commands, add_switches, declare


def add_to(commands: Commands) -> None:
    """Declare the command and its arguments."""
    summary = "Continue a prompt, one token at a time."
    parser = declare(commands, "generate", summary, run)
    parser.add_argument("checkpoint", help="a run folder")
    parser.add_argument("--prompt", default="\n", help="where to start (default: a line break)")
    parser.add_argument("--tokens", type=int, default=500, help="how many to add (default: 500)")
    parser.add_argument("--temperature", type=float, default=0.8, help="0 takes the likeliest")
    parser.add_argument("--top-k", type=int, help="keep the k likeliest tokens")
    parser.add_argument("--top-p", type=float, help="keep the likeliest that reach this share")
    parser.add_argument("--seed", type=int, help="the same seed gives the same text")
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the prompt and what follows, as it comes."""
    checkpoint = gpt.load(arguments.checkpoint)
    ids = checkpoint.tokenizer.encode(arguments.prompt)
    steps = gpt.generate(
        checkpoint.model,
        ids,
        arguments.tokens,
        arguments.temperature,
        arguments.top_k,
        arguments.top_p,
        arguments.seed,
        gpt.Switches(mask=arguments.mask, scale=arguments.scale),
    )
    print(arguments.prompt, end="", flush=True)
    for step in steps:
        print(checkpoint.tokenizer.decode([step.id]), end="", flush=True)
    print()
