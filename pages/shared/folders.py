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
    """Whether a run folder has weights to look at."""
    return (run / "config.json").is_file() and (run / "model.safetensors").is_file()


def all_folders() -> list[Path]:
    """Every folder that may be a run's, whatever is in it, without broken links."""
    root = checkpoints()
    try:
        return [path for path in root.iterdir() if path.is_dir() and path.name[:1] != "."]
    except OSError:  # it is not there yet
        return []


def run_names() -> list[str]:
    """Every run that can be looked at: the default first, then the newest first."""
    runs = sorted((path for path in all_folders() if has_weights(path)), key=lambda p: p.name)
    runs.sort(key=_changed, reverse=True)
    return sorted((path.name for path in runs), key=lambda name: name != DEFAULT_RUN)


def _changed(run: Path) -> float:
    """When the run's config was written; 0, and so last, if the run was deleted meanwhile."""
    try:
        return (run / "config.json").stat().st_mtime
    except OSError:
        return 0.0


def default_run() -> Path | None:
    """The run that a first visit shows."""
    names = run_names()
    return checkpoints() / names[0] if names else None
