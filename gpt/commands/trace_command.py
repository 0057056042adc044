"""`python -m gpt trace`: print or save what a model computes on a prompt."""

from __future__ import annotations

import argparse

import numpy as np

import gpt
from gpt.commands.arguments import add_switches, as_path, refuse_beside
from gpt.commands.number_arguments import whole
from gpt.errors import PromptError
from gpt.inspect.heads.head_entropy import entropy

STAGES = ("queries", "keys", "values", "scores", "scaled", "masked", "weights", "head_out")
MAPS = ("scores", "scaled", "masked", "weights")
ARRAYS = (*STAGES, "contribution", "residual", "token_embedding", "position_embedding", "logits")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument("--prompt", required=True, help="what the model reads")
    parser.add_argument("--layer", type=whole, help="which to print, counted from 0 (default: 0)")
    parser.add_argument("--head", type=whole, help="which to print, counted from 0 (default: 0)")
    parser.add_argument("--stage", choices=STAGES, help="what to print (default: weights)")
    parser.add_argument(
        "--out", type=as_path, metavar="FILE.npz", help="save every stage of all heads instead"
    )
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a matrix with its tokens, or write an .npz."""
    refuse_beside(arguments, "out", ("layer", "head", "stage"))
    checkpoint = gpt.load(arguments.checkpoint)
    head = _head(arguments, checkpoint.config)
    ids = checkpoint.ids_of(arguments.prompt)
    switches = gpt.Switches(mask=arguments.mask, scale=arguments.scale)
    traced = gpt.trace(checkpoint.model, ids, switches)
    if arguments.out:
        np.savez_compressed(arguments.out, **{name: getattr(traced, name) for name in ARRAYS})
        print(f"{len(ARRAYS)} arrays in {arguments.out}: {', '.join(ARRAYS)}")
        return
    _print(checkpoint, ids, traced, head, arguments.stage or "weights")


def _head(arguments: argparse.Namespace, config: gpt.GPTConfig) -> tuple[int, int]:
    """The layer and head to print.

    Raises:
        PromptError: one that this model does not have.
    """
    layer, head = arguments.layer or 0, arguments.head or 0
    if config.n_layer == 0 and not arguments.out:
        raise PromptError("this model is a bigram: it has no heads to print; save all with --out")
    if not arguments.out:
        for name, value, count in ("layer", layer, config.n_layer), ("head", head, config.n_head):
            if not 0 <= value < count:
                raise PromptError(
                    f"--{name} is {value:,}; choose one of this model's, 0 to {count - 1}"
                )
    return layer, head


def _print(
    checkpoint: gpt.Checkpoint,
    ids: list[int],
    traced: gpt.Trace,
    head: tuple[int, int],
    name: str,
) -> None:
    """Print one matrix, a row for each token."""
    stage = traced.maps(name) if name in MAPS else getattr(traced, name)
    matrix, mean = stage[head], entropy(traced.maps("weights")[head])
    print(f"layer {head[0]}, head {head[1]}: {name} {matrix.shape}")
    print(f"mean entropy of its weights: {mean:.4f} nats")
    for piece, row in zip(checkpoint.tokenizer.pieces(ids), matrix, strict=True):
        print(f"{piece!r:>6}", " ".join(f"{value:7.4f}" for value in row))
