"""Large corpora: time and memory of training on a text that is larger than is read at once.

Each tokenizer trains twice through `python -m gpt train`, tokenizing included: on the large text,
and on its first MiB. The process's RssAnon is read twenty times a second; the difference of the two
highest is what the size of the text costs. The text is generated: invented plays, whose speeches
are shuffled anew as often as it takes to fill the file.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import ROOT, Report, Row, parser, progress

NAME = "large_corpus"
MIB = 2**20
DEFAULT, QUICK = 128, 56
"""MiB of text; up to 50 are read at once."""
WRITTEN = 4 * MIB
"""Characters of plays that are written; the rest of the text is these, shuffled."""
TOKENIZERS = ("characters", "bpe:512", "words:2000")
ANONYMOUS = re.compile(r"^RssAnon:\s+(\d+) kB", re.MULTILINE)


def main() -> None:
    """Train with every tokenizer on the large text and on a small one."""
    options = _options()
    report = Report(NAME, options)
    size = QUICK if options.quick else options.mib
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        large, small = Path(folder) / "large.txt", Path(folder) / "small.txt"
        _write(large, size * MIB)
        with large.open("rb") as file:
            small.write_bytes(file.read(MIB))
        names = options.tokenizers[:1] if options.quick else options.tokenizers
        rows = [_row(name, large, small, options.steps) for name in names]
    notes = [
        "MiB of anonymous memory (RssAnon): the highest of twenty readings a second",
        "`tokenizing`: seconds from the start of the command to the end of the last pass",
        f"preset tiny, {options.steps} steps",
    ]
    report.finish({f"A text of {size:,} MiB": rows}, notes)


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--mib", type=int, default=DEFAULT, help="size of the large text")
    arguments.add_argument("--tokenizers", nargs="+", default=list(TOKENIZERS), metavar="NAME[:V]")
    arguments.add_argument("--steps", type=int, default=50)
    arguments.add_argument("--folder", type=Path, help="where the text and the runs are meanwhile")
    return arguments.parse_args()


def _write(path: Path, size: int) -> None:
    """A generated text of about so many bytes."""
    from gpt.text.corpus import from_builtin

    progress(f"writing {size / MIB:,.0f} MiB of text")
    speeches = from_builtin("plays", length=WRITTEN).text.split("\n\n")
    draw = random.Random(1)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        while file.tell() < size:
            draw.shuffle(speeches)
            file.write("\n\n".join(speeches) + "\n\n")


def _row(tokenizer: str, large: Path, small: Path, steps: int) -> Row:
    progress(f"{tokenizer}: the small text")
    few = _trained(tokenizer, small, steps)
    progress(f"{tokenizer}: the large text")
    many = _trained(tokenizer, large, steps)
    return {
        "tokenizer": tokenizer,
        "file MiB": round(many["stored"] / MIB),
        "tokenizing s": many["read"],
        "all s": many["seconds"],
        "small text MiB": few["anonymous"],
        "large text MiB": many["anonymous"],
        "more MiB": many["anonymous"] - few["anonymous"],
    }


def _trained(tokenizer: str, text: Path, steps: int) -> dict[str, Any]:
    """Train on a text in a process of its own, and watch its memory."""
    run = text.parent / f"{text.stem}-{tokenizer.replace(':', '-')}"
    command = [sys.executable, "-m", "gpt", "train", "--preset", "tiny", "--text", str(text)]
    command += ["--tokenizer", tokenizer, "--documents", "stream", "--out", str(run)]
    command += ["--steps", str(steps)]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    highest = max(_anonymous(process))
    seconds = time.perf_counter() - began
    output = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"training failed:\n{output}")
    measured = {"anonymous": round(highest / 1024, 1), "seconds": seconds}
    stored = run / "text" / "tokens.npy"
    if stored.is_file():
        state = stored.stat()
        began_at = time.time() - (time.perf_counter() - began)
        measured |= {"stored": state.st_size, "read": state.st_mtime - began_at}
    return measured


def _anonymous(process: subprocess.Popen[str]) -> Iterator[int]:
    """Its anonymous memory in KiB, again and again until it ends."""
    yield 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        if match := ANONYMOUS.search(status):
            yield int(match[1])
        time.sleep(0.05)


if __name__ == "__main__":
    main()
