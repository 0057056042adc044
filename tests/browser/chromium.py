"""Finding a Chromium for the browser tests, and installing one where that can be done.

`python -m tests.browser.chromium` prints the one that will be used. It installs Debian's where
there is none and we may; otherwise it says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "HEADLIGHT_CHROMIUM"
NAMES = (
    "chromium-headless-shell",  # the same without a window, and less to do for it
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PACKAGES = ("chromium-headless-shell", "chromium")
"""Debian's; older ones have only the second."""
QUIETLY = ("--yes", "--no-install-recommends")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
WHAT_WOULD_WORK = (
    "The browser tests need Chromium or Google Chrome. On Debian: `apt-get install chromium` as "
    f"root. Elsewhere: install either, or set {VARIABLE} to its executable."
)


def find() -> str | None:
    """Path of the browser to use, or None.

    Raises:
        FileNotFoundError: the variable names something that cannot be run.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return _named(chosen)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or (str(MAC) if MAC.exists() else None)


def main() -> None:
    """Print the browser that the tests will use, after installing one if need be."""
    if find() is None and _may_install():
        _install()
    print(f"Browser tests will use {find() or sys.exit(WHAT_WOULD_WORK)}.", flush=True)


def _named(chosen: str) -> str:
    path = shutil.which(chosen)
    if path is None:
        raise FileNotFoundError(f"{VARIABLE} is {chosen!r}, which is no program that can be run.")
    return path


def _may_install() -> bool:
    """Only as root on a machine with apt: nobody's password is asked for in a test run."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> None:
    print("Installing Chromium for the browser tests.", flush=True)
    if _apt("update") or all(_apt("install", *QUIETLY, name) for name in PACKAGES):
        sys.exit(f"apt could not install it. {WHAT_WOULD_WORK}")


def _apt(*arguments: str) -> int:
    """Its exit status."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet=2", *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    main()
