"""The command line: `python -m gpt COMMAND`, train, experiment, generate and others."""

from __future__ import annotations

import argparse
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
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.run(chosen) or 0)
    except HeadlightError as error:
        print(f"python -m gpt: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except OSError as error:
        print(f"python -m gpt: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130  # what shells expect of a program that was interrupted


if __name__ == "__main__":
    raise SystemExit(main())
