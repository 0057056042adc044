"""What a run is, in one line, for the menu of models: without its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError
from gpt.inspect.architecture.parameter_counts import breakdown
from gpt.nn.config import GPTConfig
from gpt.run_files import read_config
from pages.shared import folders
from viz.text import readable


def run_line(run: str) -> str:
    """The run's name, and what it is; the name alone if its config.json cannot be read."""
    path = folders.folder_of(run) / "config.json"
    try:
        return _line(str(path), path.stat().st_mtime_ns)
    except OSError:
        return run


@st.cache_resource(max_entries=256, show_spinner=False)
def _line(path: str, stamp: int) -> str:
    folder = Path(path).parent
    try:
        info = read_config(folder)
        return f"{folder.name}: {description(model_config(info), info)}"
    except HeadlightError:
        return folder.name


def description(config: GPTConfig, info: dict[str, Any]) -> str:
    """What a model does, its size, and the text that it learned.

    Args:
        info: of the run's config.json.
    """
    count = sum(part.count for part in breakdown(config))
    words = [_deed(config), _layers(config), f"{_short(count)} parameters"]
    for key, verb in (("data", "learned"), ("imported", "imported as")):
        if name := (info.get(key) or {}).get("name"):
            words.append(f"{verb} {readable(str(name))}")
    return ", ".join(words)


def _deed(config: GPTConfig) -> str:
    if config.is_classifier:
        return "labels a text"
    deeds = {"encoder-decoder": "translates", "encoder": "fills in hidden tokens"}
    return deeds.get(config.kind, "writes")


def _layers(config: GPTConfig) -> str:
    if not config.n_layer:
        return "a table, no layers"
    layers = f"{config.n_layer} {'layer' if config.n_layer == 1 else 'layers'}"
    if config.n_encoder_layer:
        layers = f"{config.n_encoder_layer} + {layers}"
    return f"{layers} × {config.n_head} {'head' if config.n_head == 1 else 'heads'}"


def _short(count: int) -> str:
    """A count with two digits or three.

    >>> [_short(n) for n in (999, 30_768, 3_247_104, 124_439_808)]
    ['999', '31 k', '3.2 M', '124 M']
    """
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.{0 if count >= 10 * size else 1}f} {unit}"
    return str(count)
