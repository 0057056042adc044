"""Where the runs are: `checkpoints/`, or the folder that HEADLIGHT_CHECKPOINTS names."""

from __future__ import annotations

import os
from pathlib import Path

from gpt.errors import CheckpointError
from gpt.numerals import brief

ROOT = Path(__file__).resolve().parents[2]
OPENS = ("tales", "shakespeare")
"""The runs that a first visit shows: the first that is there."""
SHIPPED = (
    *(*OPENS, "shakespeare-fast", "shakespeare-distilled", "copy"),
    *("reviews", "sentiment", "translation", "numbers-fr"),
    *("assistant-base", "assistant-instructions", "assistant-manner"),
    *("assistant-reward", "assistant-dpo", "assistant-ppo"),
    *("ladder-bigram", "ladder-one-head", "ladder-four-heads", "ladder-feed-forward"),
    *("ladder-blocks", "ladder-skips", "ladder-layernorm"),
)
"""The runs of the repository, as menus list them."""


def checkpoints() -> Path:
    """The folder whose sub-folders are the runs."""
    return Path(os.environ.get("HEADLIGHT_CHECKPOINTS", ROOT / "checkpoints"))


def folder_of(run: str) -> Path:
    """The folder of a run, there or not: the one way from a name to a path.

    Raises:
        CheckpointError: no name of a run, such as a path to another folder.
    """
    if run[:1] in ("", ".") or "\0" in run or Path(run).name != run:
        known = ", ".join(run_names()) or "none yet"
        raise CheckpointError(f"{brief(run)} cannot name a run; the runs are: {known}")
    return checkpoints() / run


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
    """Every run that can be looked at: the one that opens, a person's own, the shipped ones.

    A person's own runs come newest first.
    """
    runs = sorted((path for path in all_folders() if has_weights(path)), key=lambda p: p.name)
    runs.sort(key=_changed, reverse=True)
    names = sorted((path.name for path in runs), key=menu_rank)
    opens = [name for name in OPENS if name in names][:1]
    return [*opens, *(name for name in names if name not in opens)]


def menu_rank(name: str) -> int:
    """Where a run stands in menus: -1 for a person's own, before those that are shipped."""
    return SHIPPED.index(name) if name in SHIPPED else -1


def _changed(run: Path) -> float:
    """When the run's config was written; 0, and so last, if the run was deleted meanwhile."""
    try:
        return (run / "config.json").stat().st_mtime
    except OSError:
        return 0.0


def default_run() -> Path | None:
    """The run that a first visit shows."""
    names = run_names()
    return folder_of(names[0]) if names else None
