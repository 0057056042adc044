"""The command line: `python -m gpt COMMAND`, train, experiment, generate and others."""

from __future__ import annotations

import argparse
import contextlib
import sys

from gpt.commands import (
    evaluate,
    experiment,
    export,
    fetch,
    generate,
    import_,
    ladder,
    pack,
    terminal,
    trace,
    train,
)
from gpt.errors import HeadlightError
from gpt.version import VERSION

COMMANDS = (*(train, experiment, ladder, generate, trace, evaluate, pack, fetch, import_, export),)

EPILOG = """\
a first tour, with no network and no text of your own:
  python -m gpt train --preset tiny --out checkpoints/first
  python -m gpt generate checkpoints/first --prompt "A"
  python -m gpt trace checkpoints/shakespeare --prompt "First Citizen:" --layer 1 --head 0
  streamlit run app.py
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status: 0, or 1 with a message on standard error."""
    terminal.escape_what_cannot_be_written()
    try:
        status = _run(_parser().parse_args(arguments))
    finally:
        written = terminal.flush()
    return status if written else status or 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gpt",
        description="Train a GPT, then see every number inside it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"headlight {VERSION}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return parser


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
