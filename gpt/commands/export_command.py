"""`python -m gpt export`: a run in the layout of Hugging Face's GPT-2, nanoGPT or PyTorch."""

from __future__ import annotations

import argparse

from gpt.checkpoint import load
from gpt.commands.arguments import as_path
from gpt.convert.exports.archive import WRITERS

EPILOG = """\
gpt2 is opened by transformers: GPT2LMHeadModel.from_pretrained(OUT), AutoTokenizer likewise.
nanogpt is opened by nanoGPT's sample.py with --out_dir=OUT. For characters it also wants
data/NAME/meta.pkl, which it unpickles, so that we write no such file: make it from the itos and
stoi of OUT/vocabulary.json (keys of itos as int).
torch is a state_dict of PyTorch's own nn.Transformer, or nn.TransformerEncoder for a model of one
text; docs/torch-transformer.md shows how it is loaded.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument("kind", choices=tuple(WRITERS), help="the layout")
    parser.add_argument("out", type=as_path, help="the new folder")
    parser.add_argument("--which", choices=("latest", "best"), default="latest")


def run(arguments: argparse.Namespace) -> None:
    """Convert and say what was written."""
    folder = WRITERS[arguments.kind](load(arguments.checkpoint, arguments.which), arguments.out)
    if not (folder / "tokenizer.json").is_file() and arguments.kind == "gpt2":
        print("note: its tokenizer cannot be a tokenizer.json; the ids are the run's own")
    for path in sorted(folder.iterdir()):
        print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB")
