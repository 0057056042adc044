"""`python -m gpt trace`: print or save what a model computes on a prompt."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import gpt
from gpt.commands.arguments import add_switches, as_new_file, as_path, refuse_beside, switches
from gpt.commands.number_arguments import whole
from gpt.commands.source_argument import check_source
from gpt.errors import PromptError
from gpt.inspect.heads.head_entropy import entropy
from gpt.inspect.site import AttentionSite

STAGES = ("queries", "keys", "values", "scores", "scaled", "masked", "weights", "head_out")
OF_KEYS = ("keys", "values")
MAPS = ("scores", "scaled", "masked", "weights")
OF_A_STREAM = ("residual", "token_embedding", "position_embedding")
SITES = ("encoder", "decoder", "cross")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument(
        "--prompt", help="what the model reads; of a translation, the target (default: its own)"
    )
    parser.add_argument("--source", help="what a model of two texts translates")
    parser.add_argument(
        "--site", choices=SITES, help="of a model of two texts, what to print (default: cross)"
    )
    parser.add_argument("--layer", type=whole, help="which to print, counted from 0 (default: 0)")
    parser.add_argument("--head", type=whole, help="which to print, counted from 0 (default: 0)")
    parser.add_argument("--stage", choices=STAGES, help="what to print (default: weights)")
    parser.add_argument(
        "--out", type=as_new_file, metavar="FILE.npz", help="save every stage of all heads instead"
    )
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a matrix with its tokens, or write an .npz."""
    refuse_beside(arguments, "out", ("layer", "head", "stage", "site"))
    checkpoint = gpt.load(arguments.checkpoint)
    ids, source = _texts(checkpoint, arguments)
    site_name = arguments.site or ("cross" if source is not None else checkpoint.kind)
    head = _head(arguments, checkpoint.config, site_name)
    own = switches(arguments)
    by_site = own if source is None or arguments.out else {site_name: own}
    traced = gpt.trace(checkpoint.model, ids, by_site, source)
    if arguments.out:
        arrays = _arrays(traced)
        with arguments.out.open("wb") as file:  # by its path, numpy would add .npz to its name
            np.savez_compressed(file, **arrays)
        print(f"{len(arrays)} arrays in {arguments.out}: {', '.join(arrays)}")
        return
    _print(checkpoint, traced.site(site_name), head, arguments.stage or "weights")


def _texts(
    checkpoint: gpt.Checkpoint, arguments: argparse.Namespace
) -> tuple[list[int], list[int] | None]:
    """The ids of the prompt, and of the source of a model of two texts.

    Raises:
        PromptError: a text that this model needs is missing, or one has no place in it.
    """
    check_source(checkpoint, arguments.source)
    if arguments.source is None:
        if arguments.prompt is None:
            raise PromptError("there is nothing to read; give a prompt with --prompt TEXT")
        if arguments.site not in (None, checkpoint.kind):
            raise PromptError(
                f"this model has one attention site; leave out --site {arguments.site}"
            )
        return checkpoint.ids_of(arguments.prompt), None
    prompt = arguments.prompt
    if prompt is None:
        prompt = gpt.translate(checkpoint, arguments.source)
    return checkpoint.ids_of(prompt), checkpoint.source_ids(arguments.source)


def _arrays(traced: gpt.Trace) -> dict[str, Any]:
    """Every array of a trace by name; those of further sites begin with the site's name."""
    arrays = {name: getattr(traced, name) for name in (*STAGES, "contribution", *OF_A_STREAM)}
    for site in map(traced.site, traced.sites):
        if site is not traced:
            stream = OF_A_STREAM if site.name == "encoder" else ()
            names = (*STAGES, "contribution", *stream)
            arrays |= {f"{site.name}_{name}": getattr(site, name) for name in names}
    logits = "class_logits" if traced.config.is_classifier else "logits"
    return {**arrays, logits: getattr(traced, logits)}


def _head(arguments: argparse.Namespace, config: gpt.GPTConfig, site: str) -> tuple[int, int]:
    """The layer and head to print.

    Raises:
        PromptError: one that this model does not have.
    """
    layer, head = arguments.layer or 0, arguments.head or 0
    if site == "encoder" and config.n_encoder_layer:
        config = config.encoder
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
    checkpoint: gpt.Checkpoint, site: AttentionSite, head: tuple[int, int], name: str
) -> None:
    """Print one matrix, a row for each token."""
    stage = site.maps(name) if name in MAPS else getattr(site, name)
    matrix, mean = stage[head], entropy(site.maps("weights")[head])
    print(f"layer {head[0]}, head {head[1]}: {name} {matrix.shape}")
    print(f"mean entropy of its weights: {mean:.4f} nats")
    for piece, row in zip(_pieces(checkpoint, site, name), matrix, strict=True):
        print(f"{piece!r:>6}", " ".join(f"{value:7.4f}" for value in row))


def _pieces(checkpoint: gpt.Checkpoint, site: AttentionSite, name: str) -> list[str]:
    """The token of each row: a key's for keys and values, else a query's."""
    is_keys = name in OF_KEYS
    ids = site.key_tokens if is_keys else site.query_tokens
    of_source = checkpoint.kind == "encoder-decoder" and (
        site.name == "encoder" or (site.name == "cross" and is_keys)
    )
    tokenizer = checkpoint.source_tokenizer if of_source else checkpoint.tokenizer
    return tokenizer.pieces(ids.tolist())
