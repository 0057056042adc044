"""The tests that depend on arithmetic, under several settings of processor and threads.

    python -m tests.processors [--only NAME,NAME] [what pytest is given ...]

A test that holds on one processor only shows itself on another, and few people have two. So the
suite runs with the kernels of older processors than the one at hand (a newer one's instructions
cannot be had), with two threads, and on imitated processors (`tests/rounding.py`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ARITHMETIC = ["tests", "--ignore", "tests/browser", "--ignore", "tests/gpt/text"]
"""Texts, tokenizers and browsers add up nothing that a processor may add up otherwise."""


@dataclass(frozen=True)
class Setting:
    """What the environment tells the libraries of a processor.

    Fields:
        needs: a flag of the processor at hand, as Linux names it; empty: runs anywhere.
        threads: of torch, MKL and OpenMP.
    """

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    needs: str = ""
    threads: int = 1

    def environment(self) -> dict[str, str]:
        """The caller's, changed; threads sleep while they wait, for the cores are shared."""
        threads = {"HEADLIGHT_TEST_THREADS": str(self.threads), "OMP_WAIT_POLICY": "PASSIVE"}
        return os.environ | self.variables | threads


OLDEST = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_CBWR": "COMPATIBLE",  # besides AUTO the only one that other makers' processors take
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
}
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
AVX512 = {
    "ATEN_CPU_CAPABILITY": "avx512",
    "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
    "MKL_CBWR": "AVX512",
    "OPENBLAS_CORETYPE": "SkylakeX",
}
SETTINGS = (
    Setting("this"),
    Setting("this-2-threads", threads=2),
    Setting("oldest", OLDEST, needs="avx2"),  # numpy refuses to give up what is not there
    Setting("oldest-2-threads", OLDEST, needs="avx2", threads=2),
    Setting("avx2", AVX2, needs="avx2"),
    Setting("avx512", AVX512, needs="avx512bw"),
    Setting("imitated-1", {"HEADLIGHT_TEST_ROUNDING": "1"}),
    Setting("imitated-2", {"HEADLIGHT_TEST_ROUNDING": "2"}, threads=2),
)
LIBRARIES = """
import numpy, torch, threadpoolctl
from tests import conftest
blas = [i["architecture"] for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
print("torch", torch.backends.cpu.get_cpu_capability(), "| numpy's BLAS", *blas,
      "| threads", torch.get_num_threads())
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the settings one after the other; say which passed, and fail if one did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.processors", description=__doc__)
    names = ",".join(setting.name for setting in SETTINGS)
    parser.add_argument("--only", default=names, metavar="NAME,NAME", help=f"of {names}")
    chosen, given = parser.parse_known_args(arguments)
    if unknown := set(chosen.only.split(",")) - set(names.split(",")):
        parser.error(f"--only {','.join(sorted(unknown))}: choose of {names}")
    settings = [one for one in SETTINGS if one.name in chosen.only.split(",")]
    lines = [outcome(one, given or ARITHMETIC) for one in settings]
    print("\nProcessor at hand:", processor(), *lines, sep="\n")
    sys.exit(any("FAILED" in line for line in lines))


def outcome(setting: Setting, given: Sequence[str]) -> str:
    """One line: whether a setting passed, what it ran on and for how long."""
    if setting.needs not in flags():
        return f"{setting.name:18} left out: this processor has no {setting.needs}"
    print(f"\n== {setting.name}", flush=True)
    began = time.monotonic()
    failed = run(["-m", "pytest", "--numprocesses", "2", "--quiet", *given], setting)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    verdict = "FAILED" if failed else "passed"
    return f"{setting.name:18} {verdict} in {minutes} min {seconds} s on {libraries(setting)}"


def run(command: Sequence[str], setting: Setting) -> int:
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=setting.environment(), check=False
    ).returncode


def libraries(setting: Setting) -> str:
    """What the libraries themselves say that they run on."""
    command = [sys.executable, "-c", LIBRARIES]
    environment = setting.environment()
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def flags() -> set[str]:
    """Of the processor at hand; and the empty one, which every processor has."""
    return {"", *_cpuinfo("flags").split()}


def processor() -> str:
    """Its maker's name for it."""
    return _cpuinfo("model name") or "unknown"


def _cpuinfo(name: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


if __name__ == "__main__":
    main()
