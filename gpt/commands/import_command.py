"""`python -m gpt import`: a checkpoint of others as a run folder, which every page opens."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpt import convert
from gpt.commands.arguments import as_path, as_path_or_name
from gpt.convert.families import FAMILIES, HUGGING_FACE
from gpt.convert.foreign import ForeignCheckpoint
from gpt.errors import ConversionError
from gpt.names import free_name
from gpt.nn.config import GPTConfig
from gpt.training.naming import name_after

PATHS = "\n".join(f"  {name:<10} {family.usage}" for name, family in FAMILIES.items())
EPILOG = f"""\
what PATH is:
{PATHS}
  run        a run folder of Headlight from elsewhere

Each may be in a zip, or in a folder within the one that is named.

examples:
  python -m gpt import gpt2 models/gpt2 --out checkpoints/gpt2
  python -m gpt import nanogpt out-shakespeare-char/ckpt.pt --text data/input.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("kind", choices=(*FAMILIES, "run"), help="what it is")
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
    foreign = _recognize(arguments)
    if arguments.scale and not foreign.config.n_layer:
        raise ConversionError(
            "--scale has no effect on a bigram, which has no scores to be scaled; leave it out"
        )
    checkpoint = foreign.checkpoint(arguments.text, arguments.vocabulary)
    out = arguments.out or _new_folder(arguments.path)
    saved = convert.save(checkpoint, out, foreign.run)
    print(f"run folder: {saved.path}")
    print(f"{checkpoint.model.n_parameters:,} parameters: {_sizes(checkpoint.config)}")
    if checkpoint.labels:
        print(f"labels: {', '.join(checkpoint.labels)}")
    for note in checkpoint.info["imported"].get("notes", []):
        print(f"note: {note}")


def _sizes(config: GPTConfig) -> str:
    """The sizes of a model by their names; those of the source where it has its own."""
    names = ["n_layer", "n_head", "n_embd", "block_size", "vocab_size"]
    more = ("n_encoder_layer", "source_block_size", "source_vocab_size")
    names += [name for name in more if getattr(config, name)]
    return ", ".join(f"{name} {getattr(config, name):,}" for name in names)


def _new_folder(path: str) -> Path:
    """A folder in checkpoints/ that does not exist yet, named after what is imported."""
    root = Path("checkpoints")
    return root / free_name(root, name_after(path))


def _recognize(arguments: argparse.Namespace) -> ForeignCheckpoint:
    """The checkpoint at the path, which has to be of the kind that is named."""
    kind, path, scale = arguments.kind, arguments.path, arguments.scale
    if scale and kind != "lecture":
        raise ConversionError("--scale is for the lecture's models only; others tell it themselves")
    if kind in HUGGING_FACE and not Path(path).expanduser().exists():
        return FAMILIES[kind].open_checkpoint(path)  # by its name on Hugging Face
    are_named = arguments.text is not None or arguments.vocabulary is not None
    foreign = convert.recognize(path, scale or "head_size", kind=kind, words=not are_named)
    if foreign.kind != kind:
        raise ConversionError(
            f"{path} holds one of kind {foreign.kind!r}, not {kind!r}; python -m gpt import "
            f"{foreign.kind} {path}"
        )
    return foreign
