"""`python -m gpt trace`: print or save what a model computes on a prompt."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gpt
from gpt.commands import Commands, add_switches, declare
from gpt.commands.numbers import whole
from gpt.errors import PromptError
from gpt.inspect.heads.analyses import entropy

STAGES = ("queries", "keys", "values", "scores", "scaled", "masked", "weights", "head_out")
MAPS = ("scores", "scaled", "masked", "weights")
ARRAYS = (*STAGES, "contribution", "residual", "token_embedding", "position_embedding", "logits")


def add_to(commands: Commands) -> None:
    """Declare the command and its arguments."""
    summary = "Run a prompt through a model; print one head's attention, or save every stage."
    parser = declare(commands, "trace", summary, run)
    parser.add_argument("checkpoint", help="a run folder")
    parser.add_argument("--prompt", required=True, help="what the model reads")
    parser.add_argument("--layer", type=whole, default=0, help="counted from 0")
    parser.add_argument("--head", type=whole, default=0, help="counted from 0")
    parser.add_argument("--stage", choices=STAGES, default="weights", help="what to print")
    parser.add_argument("--out", type=Path, metavar="FILE.npz", help="save every stage, all heads")
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a matrix with its tokens, or write an .npz."""
    checkpoint = gpt.load(arguments.checkpoint)
    ids = checkpoint.ids_of(arguments.prompt)
    switches = gpt.Switches(mask=arguments.mask, scale=arguments.scale)
    traced = gpt.trace(checkpoint.model, ids, switches)
    if arguments.out:
        np.savez_compressed(arguments.out, **{name: getattr(traced, name) for name in ARRAYS})
        print(f"{len(ARRAYS)} arrays in {arguments.out}: {', '.join(ARRAYS)}")
        return
    L, H = traced.queries.shape[:2]
    if not (0 <= arguments.layer < L and 0 <= arguments.head < H):
        raise PromptError(f"this model has layers 0 to {L - 1} and heads 0 to {H - 1}")
    head = arguments.layer, arguments.head
    is_map = arguments.stage in MAPS
    stage = traced.maps(arguments.stage) if is_map else getattr(traced, arguments.stage)
    matrix, mean = stage[head], entropy(traced.maps("weights")[head])
    print(f"layer {arguments.layer}, head {arguments.head}: {arguments.stage} {matrix.shape}")
    print(f"mean entropy of its weights: {mean:.4f} nats")
    for piece, row in zip(checkpoint.tokenizer.pieces(ids), matrix, strict=True):
        print(f"{piece!r:>6}", " ".join(f"{value:7.4f}" for value in row))
