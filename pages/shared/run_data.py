"""What pages read out of run folders: the losses as curves, the attention of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from gpt.checkpoint import model_config
from gpt.errors import CheckpointError, HeadlightError
from gpt.inspect.heads import head_entropy
from gpt.nn.config import GPTConfig
from gpt.run_files import METRICS, SAMPLES
from gpt.run_lines import damaged_lines
from gpt.training import snapshots
from gpt.training.estimate import uniform_loss
from gpt.training.runs import Run, list_runs
from pages.shared import folders
from pages.shared.snapshot_sites import SnapshotSite, at_site, layers_of, texts
from viz.figures.runs.curves import Curve
from viz.views.attention import AttentionFilm, AttentionPicture, encode, encode_film, kept_frames

Head = tuple[int, int]
EIGHT_BITS = "A snapshot keeps 8 bits a weight: exact to 0.004. Attention shows the exact ones."


def known_runs() -> list[Run]:
    """Every run with a config, trained or not; newest first."""
    runs = list_runs(folders.checkpoints())
    return sorted(runs, key=lambda run: -file_stamp(run.path / "config.json"))


def latest_own() -> str | None:
    """The name of the newest run that was trained here, not only shared; None if there is none."""
    return next((run.name for run in known_runs() if is_own(run) and is_readable(run)), None)


def is_own(run: Run) -> bool:
    """Whether a run can be trained on; one that was shared has weights and nothing else."""
    return not run.is_shared


def is_readable(run: Run) -> bool:
    """Whether the config of a run can be read."""
    try:
        model_config(run.config())
    except HeadlightError:
        return False
    return True


def curve(run: Run) -> Curve:
    """The losses of a run so far."""
    return _curve(run.name, file_stamp(run.path / "metrics.jsonl"), run)


@st.cache_resource(max_entries=32, show_spinner=False)
def _curve(name: str, stamp: int, _run: Run) -> Curve:
    lines = _run.metrics()
    columns = (_column(lines, field) for field in ("train_loss", "val_loss", "loss"))
    return Curve(name, np.array([line["step"] for line in lines], dtype=int), *columns)


def _column(lines: Sequence[Any], field: str) -> np.ndarray:
    values = (line.get(field) for line in lines)
    return np.array([v if isinstance(v, int | float) else np.nan for v in values], dtype=float)


def columns(run: Run) -> dict[str, np.ndarray]:
    """Every column of metrics.jsonl that holds numbers; nan where a step lacks it."""
    lines = run.metrics()
    fields = dict.fromkeys(
        name for line in lines for name, value in line.items() if isinstance(value, int | float)
    )
    return {field: _column(lines, field) for field in fields}


def metrics(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    """Every column of numbers in the runs' metrics, nan where nothing was measured."""
    several = len(runs) > 1
    return {
        f"{run.name}.{field}" if several else field: column
        for run in runs
        for field, column in columns(run).items()
    }


def latest(run: Run, field: str) -> float | None:
    """The last value of a column of metrics.jsonl.

    Raises:
        CheckpointError: the file cannot be read.
    """
    return _latest(run.name, file_stamp(run.path / "metrics.jsonl"), run).get(field)


@st.cache_data(max_entries=256, show_spinner=False)
def _latest(name: str, stamp: int, _run: Run) -> dict[str, float]:
    """The last value of every column: the file is read once for all."""
    lines: list[Any] = _run.metrics()
    return {field: x for line in lines for field, x in line.items() if x is not None}


def damage(run: Run) -> str:
    """What of a run's metrics and samples cannot be read, in words; empty if all of it can."""
    stamps = (file_stamp(run.path / name) for name in (METRICS, SAMPLES))
    return _damage(run.name, tuple(stamps), run)


@st.cache_data(max_entries=256, show_spinner=False)
def _damage(name: str, stamps: tuple[int, ...], _run: Run) -> str:
    try:
        counts = damaged_lines(_run.path)
    except CheckpointError as error:
        return str(error)
    return "; ".join(
        f"{count:,} {'line' if count == 1 else 'lines'} of {file} cannot be read, and "
        f"{'is' if count == 1 else 'are'} left out"
        for file, count in counts.items()
    )


def baseline(run: Run) -> float:
    """The loss of a uniform guess, ln V, or ln K of K labels, in nats.

    Raises:
        CheckpointError: its config is not one of ours.
    """
    config = model_config(run.config())
    return uniform_loss(config.n_class or config.vocab_size)


def guessed(run: Run) -> str:
    """What a run guesses at each place: a "token", or the "label" of a text.

    Raises:
        CheckpointError: its config is not one of ours.
    """
    return "label" if model_config(run.config()).n_class else "token"


def snapshot_payload(run: Run, step: int, selected: Head, site: str = "") -> tuple[bytes, Head]:
    """The bytes of every head's attention after a step, and `selected` made to fit the model.

    Args:
        site: the attention site; "": the decoder's own, or the only one.

    Raises:
        CheckpointError: the snapshot, the config or the tokenizer cannot be read.
    """
    stamp = file_stamp(run.path / snapshots.name(step))
    picture = _picture(run.name, step, stamp, site, run)
    L, H, _, _ = picture.shape
    head = min(selected[0], L - 1), min(selected[1], H - 1)
    return _encoded(run.name, step, stamp, site, picture), head


def has_heads(run: Run) -> bool:
    """Whether the model has heads; a bigram has no layers.

    Raises:
        CheckpointError: a damaged config.json.
    """
    return model_config(run.config()).n_layer > 0


def heads_shape(run: Run, site: str = "") -> tuple[int, int]:
    """(L, H): how many layers an attention site has, and heads in each.

    Raises:
        CheckpointError: a damaged config.json.
    """
    config = model_config(run.config())
    return layers_of(config, site), config.n_head


def film(run: Run, steps: Sequence[int], site: str = "") -> AttentionFilm:
    """The attention of every head at each snapshot; of too many snapshots, some are left out.

    Args:
        site: the attention site; "": the decoder's own, or the only one.

    Raises:
        CheckpointError: no snapshot can be read, or the config or the tokenizer cannot.
    """
    stamps = tuple((step, file_stamp(run.path / snapshots.name(step))) for step in steps)
    return _film(run.name, stamps, site, run)


@st.cache_resource(max_entries=4, show_spinner=False)
def _film(name: str, stamps: tuple[tuple[int, int], ...], site: str, _run: Run) -> AttentionFilm:
    config = model_config(_run.config())
    steps = [step for step, _ in stamps]
    frames = list(_readable(_run, config, steps, site)) if steps else []
    if not frames:
        raise CheckpointError(f"no snapshot of {name} can be read; train it again to get some")
    return AttentionFilm(
        **texts(_run, frames[0].of),
        site=frames[0].of.site,
        steps=[each.step for each in frames],
        codes=np.stack([each.codes for each in frames]),
        entropy=np.stack([each.entropy for each in frames]),
        visible=frames[0].of.visible,
    )


@dataclass(frozen=True, eq=False)
class _Frame:
    """A frame of a film; it takes an eighth of the memory of the snapshot's weights."""

    step: int
    of: SnapshotSite
    codes: np.ndarray
    entropy: np.ndarray


def _readable(run: Run, config: GPTConfig, steps: Sequence[int], site: str) -> Iterator[_Frame]:
    """The snapshots that are whole; a damaged file is left out."""
    shape: tuple[int, ...] = ()
    cells = config.n_layer * config.n_head * snapshots.probe_length(config) ** 2
    for step in (steps[n] for n in kept_frames(len(steps), cells)):
        with suppress(CheckpointError):
            snapshot = snapshots.read(run.path, step, config)
            of = at_site(snapshot, config, site)
            shape = shape or of.weights.shape
            if of.weights.shape == shape:  # a film has one prompt
                codes, entropy = snapshots.coded(of.weights), head_entropy.entropy(of.weights)
                light = replace(of, weights=codes[:0])  # the codes are enough
                yield _Frame(snapshot.step, light, codes, entropy)


def film_payload(run: Run, steps: Sequence[int], site: str = "") -> bytes:
    """The bytes of the film."""
    thinned = film(run, steps, site)
    stamps = tuple(file_stamp(run.path / snapshots.name(step)) for step in thinned.steps)
    return _film_payload(run.name, stamps, site, thinned)


@st.cache_resource(max_entries=4, show_spinner=False)
def _film_payload(name: str, stamps: tuple[int, ...], site: str, _film: AttentionFilm) -> bytes:
    return encode_film(_film)


@st.cache_resource(max_entries=64, show_spinner=False)
def _picture(name: str, step: int, stamp: int, site: str, _run: Run) -> AttentionPicture:
    config = model_config(_run.config())
    of = at_site(snapshots.read(_run.path, step, config), config, site)
    return AttentionPicture(
        **texts(_run, of),
        site=of.site,
        values=of.weights,
        visible=of.visible,
        name=f"weights at step {step:,}",
        entropy=head_entropy.entropy(of.weights),
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _encoded(name: str, step: int, stamp: int, site: str, _picture: AttentionPicture) -> bytes:
    return encode(_picture)


def file_stamp(path: Path) -> int:
    """A number that changes when a file does; 0 if there is no file, -1 if nobody can say."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
    except OSError:  # a link to itself, say
        return -1
