"""`python -m gpt import`: a checkpoint of others as a run folder, which every page opens."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from gpt import convert
from gpt.checkpoint import Checkpoint
from gpt.commands import Commands, as_path, as_path_or_name, declare
from gpt.errors import ConversionError
from gpt.training.naming import name_after
from gpt.training.runs import free_name

EPILOG = """\
what PATH is:
  gpt2      a Hugging Face folder of GPT-2 (or its name there, with a network: gpt2, distilgpt2)
  bert      the same of an encoder of BERT's shape, to be looked at
  nanogpt   ckpt.pt; with --text or --vocabulary, for its meta.pkl is not read
  lecture   a state_dict of the lecture's gpt.py or bigram.py; with --text or --vocabulary

examples:
  python -m gpt import gpt2 models/gpt2 --out checkpoints/gpt2
  python -m gpt import nanogpt out-shakespeare-char/ckpt.pt --text data/input.txt
"""


def add_to(commands: Commands) -> None:
    """Declare the command and its arguments."""
    summary = "Make a run folder of a GPT-2, BERT, nanoGPT or lecture checkpoint."
    parser = declare(commands, "import", summary, run, EPILOG)
    parser.add_argument("kind", choices=("gpt2", "bert", "nanogpt", "lecture"), help="what it is")
    parser.add_argument("path", type=as_path_or_name, metavar="PATH", help="where it is")
    parser.add_argument("--out", type=as_path, help="the new run folder (default: by its name)")
    parser.add_argument("--text", type=as_path, help="the text it was trained on: its characters")
    parser.add_argument(
        "--vocabulary", type=as_path_or_name, help="a JSON file with its vocabulary, or a folder"
    )
    parser.add_argument(
        "--scale",
        choices=("head_size", "n_embd", "none"),
        help="lecture: what the scores were scaled by (default: head_size)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Convert, save, and say what it is."""
    found = _read(arguments)
    out = arguments.out or _free_place(arguments.path)
    saved = convert.save(found, out)
    print(f"run folder: {saved.path}")
    config = found.config
    print(
        f"{found.model.n_parameters:,} parameters: n_layer {config.n_layer}, n_head "
        f"{config.n_head}, n_embd {config.n_embd}, block_size {config.block_size:,}, vocab_size "
        f"{config.vocab_size:,}"
    )
    for note in found.info["imported"]["notes"]:
        print(f"note: {note}")


def _free_place(path: str) -> Path:
    """A run folder in checkpoints/ that is not there yet, named after what is imported."""
    root = Path("checkpoints")
    return root / free_name(root, name_after(path))


def _read(arguments: argparse.Namespace) -> Checkpoint:
    readers: dict[str, Callable[..., Checkpoint]] = {
        "gpt2": convert.gpt2,
        "bert": convert.bert,
        "nanogpt": convert.nanogpt,
        "lecture": convert.lecture,
    }
    if arguments.scale and arguments.kind != "lecture":
        raise ConversionError("--scale is for the lecture's models only; others tell it themselves")
    more = {"scale": arguments.scale} if arguments.scale else {}
    return readers[arguments.kind](arguments.path, arguments.text, arguments.vocabulary, **more)
