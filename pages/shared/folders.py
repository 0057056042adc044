"""Where the runs are: `checkpoints/`, or the folder that HEADLIGHT_CHECKPOINTS names."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_RUN = "shakespeare"


def checkpoints() -> Path:
    """The folder whose sub-folders are the runs."""
    return Path(os.environ.get("HEADLIGHT_CHECKPOINTS", ROOT / "checkpoints"))


def has_weights(run: Path) -> bool:
    """Whether a run folder has something to look at yet."""
    return (run / "config.json").is_file() and (run / "model.safetensors").is_file()


def run_names() -> list[str]:
    """Every run that can be looked at: the default first, then the newest first."""
    root = checkpoints()
    found = [path for path in root.iterdir() if has_weights(path)] if root.is_dir() else []
    found.sort(key=lambda path: path.name)
    found.sort(key=lambda path: (path / "config.json").stat().st_mtime, reverse=True)
    return sorted((path.name for path in found), key=lambda name: name != DEFAULT_RUN)


def default_run() -> Path | None:
    """The run that a first visit shows."""
    names = run_names()
    return checkpoints() / names[0] if names else None
