"""The command line: `python -m gpt COMMAND`, train, experiment, generate and others."""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module

from gpt.commands import terminal
from gpt.errors import HeadlightError
from gpt.version import VERSION

COMMANDS = {
    "train": "Train a model on a text; write a run folder that the app shows at once.",
    "experiment": "Train tiny models that differ in one thing; print what each came to.",
    "ladder": "Train the lecture's models from bigram to GPT; print them beside the lecture's.",
    "generate": "Continue a prompt, or translate a source, one token at a time.",
    "classify": "Say which label a text has, with the probability of each.",
    "trace": "Run a prompt through a model; print one head's attention, or save every stage.",
    "stats": "Sum up every head over a corpus: patterns, entropy, most active passages.",
    "evaluate": "Measure a run on what it did not learn from: loss, accuracy, BLEU and chrF.",
    "judge": "Let runs answer unseen prompts; print what a judge says of each.",
    "compare": "Let a run answer prompts twice; write pairs, the better by a classifier first.",
    "continuations": "Cut texts in two, beginning and continuation, to fine-tune a model on.",
    "pack": "Copy a run without its optimizer and text, weights in 16 bits, to share it.",
    "fetch": "Download a text, check it against its sha256 and keep it in the cache.",
    "import": "Make a run folder of a GPT-2, BERT, BART, Marian, nanoGPT or lecture checkpoint.",
    "export": "Write a run as Hugging Face's GPT-2, nanoGPT's ckpt.pt or PyTorch's nn.Transformer.",
}
"""What each does. Its module, gpt.commands.NAME_command, is imported only to run it."""

EPILOG = """\
a first tour, with no network and no text of your own:
  python -m gpt train --preset tiny --out checkpoints/first
  python -m gpt generate checkpoints/first --prompt "A"
  python -m gpt trace checkpoints/shakespeare --prompt "First Citizen:" --layer 1 --head 0
  streamlit run app.py
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 1 with a message on standard error."""
    terminal.escape_what_cannot_be_written()
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        status = _run(_parser(arguments).parse_args(arguments))
    finally:
        written = terminal.flush()
    return status if written else status or 1


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of all commands; only the one that `arguments` name has arguments of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m gpt",
        description="Train a GPT, then see every number inside it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"headlight {VERSION}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            _complete(command, name)
    return parser


def _complete(parser: argparse.ArgumentParser, name: str) -> None:
    """Add a command's arguments, and the function that runs it."""
    with _no_garbage():
        module = import_module(f"gpt.commands.{name}_command")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Leave out the garbage collector, which finds nothing in new modules and takes 0.2 s."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _run(chosen: argparse.Namespace) -> int:
    """The command's exit status, its errors as messages."""
    try:
        return int(chosen.run(chosen) or 0)
    except HeadlightError as error:
        return _failed(str(error))
    except BrokenPipeError:
        return 1  # whoever read the output has left, and wants no more of it
    except OSError as error:
        return _failed(_explained(error))
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130  # what shells expect of a program that was interrupted


def _explained(error: OSError) -> str:
    """The system's words, with the file that they are about where there is one."""
    words = error.strerror or str(error)
    return words if error.filename is None else f"{error.filename}: {words}"


def _failed(message: str) -> int:
    """Print the message on one line of its own; return the exit status of a failure."""
    with contextlib.suppress(OSError):  # nobody may be left to read it
        print(f"python -m gpt: {' '.join(message.splitlines())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
