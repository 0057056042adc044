"""Headlight as a person starts it: `streamlit run app.py`, on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
COLOURS = re.compile(r"\x1b\[[\d;]*m")
# The tests' own limit (tests/conftest.py), which a person's server does not have.
TESTS_ONLY = {"OMP_NUM_THREADS", "MKL_NUM_THREADS"}


@dataclass
class AppServer:
    """One running server, its checkpoints folder and its log."""

    url: str
    checkpoints: Path
    log_path: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        """Everything that the server has printed so far, without its colours."""
        return COLOURS.sub("", self.log_path.read_text(errors="replace"))

    def stop(self) -> None:
        """Ask the server to stop and wait for it; what it started may take its leave."""
        self.process.terminate()
        self.process.wait(STOP_SECONDS)

    def kill(self) -> None:
        """End the server and everything that it started, at once."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)


def start(
    checkpoints: Path,
    log_path: Path,
    script: Path = ROOT / "app.py",
    settings: Mapping[str, str] | None = None,
) -> AppServer:
    """Start the app on a free port and return once it answers.

    Args:
        checkpoints: folder of runs that the app reads and writes.
        log_path: file that gets what the server prints; added to if it exists.
        script: what streamlit runs.
        settings: environment variables of this server.

    Raises:
        RuntimeError: the server ended or did not answer in time; its log is in the message.
    """
    port = _free_port()
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            _command(script, port),
            cwd=ROOT,  # whatever the script, with the project's config and packages
            env=_environment(checkpoints) | dict(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its training runs can be ended with it
        )
    server = AppServer(f"http://localhost:{port}", checkpoints, log_path, process)
    _wait_until_healthy(server)
    return server


def _command(script: Path, port: int) -> list[str]:
    options = ["--server.port", str(port), "--server.headless", "true"]
    return [sys.executable, "-m", "streamlit", "run", str(script), *options]


def _environment(checkpoints: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in TESTS_ONLY}
    return inherited | {"HEADLIGHT_CHECKPOINTS": str(checkpoints), "PYTHONUNBUFFERED": "1"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_healthy(server: AppServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        if _is_healthy(server.url):
            return
        time.sleep(0.1)
    server.kill()
    raise RuntimeError(f"The app did not start. Its log:\n{server.log()}")


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
