"""The common parts of every benchmark: its options, its table, and its JSON file.

A figure without its machine and its command says nothing, so both are written beside it. Names of
hosts, people and folders are left out.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("torch", "numpy", "streamlit", "playwright")
BUSY = 0.3  # load average a core above which other work disturbs what is measured
CPU_NAME = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)

Row = Mapping[str, Any]


def parser(description: str | None) -> argparse.ArgumentParser:
    """The options of every benchmark: `--quick` and `--results`."""
    arguments = argparse.ArgumentParser(description=description and description.split("\n\n")[0])
    arguments.add_argument(
        "--quick",
        action="store_true",
        help="a trial of the benchmark itself, in NAME-quick.json; its figures mean little",
    )
    arguments.add_argument("--results", type=Path, default=RESULTS, help="folder of the JSON files")
    return arguments


def median(values: Iterable[float]) -> float:
    """The middle value, or the mean of the middle two.

    >>> median([3.0, 1.0, 2.0])
    2.0
    """
    return float(statistics.median(values))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the sorted values lie, interpolated between neighbours.

    >>> quantile([4.0, 1.0, 2.0, 3.0, 5.0], 0.25)
    2.0
    """
    return float(np.quantile(values, share))


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned text under the first row's names; numbers to the right.

    >>> print(table([{"T": 64, "ms": 1.5}, {"T": 128, "ms": None}]))
      T   ms
     64  1.5
    128    –
    """
    if not rows:
        return "(no rows)"
    names = list(rows[0])
    cells = [[_text(row.get(name)) for name in names] for row in rows]
    right = [all(_is_number(row.get(name)) for row in rows) for name in names]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, right, strict=True)
        )
        for line in [names, *cells]
    )
    return "\n".join(line.rstrip() for line in lines)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _decimals(value)
    return str(value)


def _decimals(value: float) -> str:
    """About four significant digits; small ones as a power of ten."""
    size = abs(value)
    if 0 < size < 1e-3:
        return f"{value:.1e}"
    places = next((p for p, limit in ((3, 10), (2, 100), (1, 1000)) if size < limit), 0)
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def machine() -> dict[str, Any]:
    """The machine: processor, cores, memory and versions; never a name of a host."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
    }


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    """The processor's name, with the family and model that a shortened name leaves out."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    named = CPU_NAME.search(text)
    flags = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_tile") if flag in text]
    return f"{named[1].strip() if named else platform.machine()} ({', '.join(flags)})"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def load_per_core() -> float | None:
    """How busy the machine was over the last minute; 0 is idle, 1 has work for every core."""
    try:
        return round(os.getloadavg()[0] / cores(), 2)
    except (AttributeError, OSError):
        return None


def command(name: str, arguments: Sequence[str]) -> str:
    """The command to repeat a benchmark, with files from elsewhere by name only.

    >>> command("trace_overhead", ["--text", "/home/ada/plays.txt", "--results=/tmp/r"])
    'python -m benchmarks.trace_overhead --text plays.txt --results=r'
    """
    return shlex.join(["python", "-m", f"benchmarks.{name}", *map(_without_folder, arguments)])


def _without_folder(argument: str) -> str:
    option, equals, value = argument.partition("=") if argument[:1] == "-" else ("", "", argument)
    return option + equals + (Path(value).name if Path(value).is_absolute() else value)


class Report:
    """One benchmark's figures on their way to the screen and to its JSON file."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        """Note the machine and how busy it is, before the benchmark makes it busy."""
        self.name, self.options = name, options
        self.machine, self.load = machine(), load_per_core()
        if self.load is not None and self.load > BUSY:
            progress(f"The machine is busy (load {self.load} a core): the times will be too long.")

    def finish(self, tables: Mapping[str, Sequence[Row]], notes: Sequence[str] = ()) -> Path:
        """Print each table under its title, then the notes; write both."""
        for title, rows in tables.items():
            print(f"\n{title}\n{table(rows)}")
        for note in notes:
            print(f"- {note}")
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._content(tables, notes), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
        print(f"written: {path.name}")
        return path

    def _path(self) -> Path:
        folder: Path = self.options.results
        return folder / f"{self.name}{'-quick' if self.options.quick else ''}.json"

    def _content(self, tables: Mapping[str, Sequence[Row]], notes: Sequence[str]) -> dict[str, Any]:
        return {
            "benchmark": self.name,
            "command": command(self.name, sys.argv[1:]),
            "quick": self.options.quick,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": self.machine,
            "load_per_core_before": self.load,
            "figures": {title: [dict(row) for row in rows] for title, rows in tables.items()},
            "notes": list(notes),
        }


def in_own_process(
    name: str, task: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What `python -m benchmarks.NAME --worker TASK` prints last, JSON in and out.

    environment: variables in addition to this process's own.
    """
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--worker", json.dumps(task)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def progress(text: str) -> None:
    """Say on standard error what is being done; the tables alone go to standard output."""
    print(text, file=sys.stderr, flush=True)
