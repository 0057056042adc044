"""The files of a run are what they should be, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpt import bounded, run_files, run_lines
from gpt.errors import CheckpointError
from gpt.training.settings import MOST_METRICS
from gpt.training.status import Status
from gpt.training.status import read as read_status
from tests.gpt.tiny import new_run

STATUS = {"state": "done", "step": 3, "steps": 12}


@pytest.mark.parametrize(
    "changes",
    [
        {"state": [[]]},
        {"state": "sleeping"},
        {"step": 10**30},
        {"step": -1},
        {"step": 1.5},
        {"step": "3"},
        {"step": True},
        {"pid": 2**70},
        {"pid": 0},
        {"heartbeat": "now"},
        {"reason": ["full"]},
        {"best_val_loss": "low"},
        {"best_val_loss": float("nan")},
        {"seconds_left": float("inf")},
        {"host": {}},
    ],
)
def test_a_status_of_other_types_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    (tmp_path / "status.json").write_text(json.dumps({**STATUS, **changes}))
    with pytest.raises(CheckpointError, match=r"/status\.json "):
        read_status(tmp_path)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
def test_a_number_is_finite(tmp_path: Path, number: str) -> None:
    (tmp_path / "status.json").write_text(f'{{"state": "done", "best_val_loss": {number}}}')
    with pytest.raises(CheckpointError, match="Number out of range"):
        read_status(tmp_path)


def test_a_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    status = Status("paused", 3, 12, "paused", 1.5, None, 2.5, 1.25, 77, "here")
    run.write_status(status)
    assert read_status(run.path) == run.status() == status
    (run.path / "status.json").write_text("{")
    assert run.status().state == "failed"
    assert "status.json is not JSON" in run.status().reason
    (run.path / "status.json").unlink()
    assert (run.status().state, run.status().reason) == ("done", "status.json is missing")


def test_metrics_keep_the_lines_that_are_whole(tmp_path: Path) -> None:
    deep = '{"step": 2, "loss": ' + "[" * 10_000 + "]" * 10_000 + "}"
    lines = [
        '{"step": 1, "loss": 2.5, "more": "kept out"}',
        deep,
        '{"step": 3, "x": ' + "[" * 10_000 + "]" * 10_000 + "}",
        "[1]",
        '{"loss": 1}',
        '{"step": 4, "loss": 1e999}',
        '{"step": 10' + "0" * 30 + "}",
        '{"step": 5, "loss": NaN}',
        '{"step": 6, "loss": null, "val_loss": 2}',
        '{"step": 7, "loss"',
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(lines))
    assert run_lines.read_metrics(tmp_path) == [
        {"step": 1, "loss": 2.5},
        {"step": 6, "loss": None, "val_loss": 2.0},
    ]
    assert run_lines.damaged_lines(tmp_path) == {"metrics.jsonl": 8}
    kept = run_lines.metrics_until(tmp_path, 5)
    assert kept == (lines[0] + "\n").encode(), "as it stands, with what is not read"


def test_of_very_many_lines_every_nth_is_read_and_each_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lines, "MOST_LINES", 10)
    lines = [{"step": n, "val_loss": 1.0 if n == 17 else None} for n in range(40)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "metrics.jsonl").write_text(text)
    found = [line["step"] for line in run_lines.read_metrics(tmp_path)]
    assert found == [0, 5, 10, 15, 17, 20, 25, 30, 35]


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_a_file_of_millions_of_lines_is_refused_before_one_is_read(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_lines.MOST_WRITTEN > MOST_METRICS
    (tmp_path / "metrics.jsonl").write_text(f"1{end}" * (run_lines.MOST_WRITTEN + 1))
    monkeypatch.setattr(bounded, "lines", lambda content: pytest.fail("a line was read"))
    for read in (run_lines.read_metrics, run_lines.damaged_lines):
        with pytest.raises(CheckpointError, match="has more lines than one of ours"):
            read(tmp_path)
    with pytest.raises(CheckpointError, match="has more lines than one of ours"):
        run_lines.metrics_until(tmp_path, 5)


def set_to(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: config.update(changes)


@pytest.mark.parametrize(
    "change",
    [
        set_to(model=[1]),
        set_to(data="plays"),
        set_to(data={"name": "a", "documents": "a"}),
        set_to(data={"name": "a", "documents": [1]}),
        set_to(data={"name": "a", "speakers": {"a": 1}}),
        set_to(split={"tokens": "many"}),
        set_to(training=[1]),
        set_to(created=5),
        set_to(preset={"a": 1}),
        set_to(preset="a" * 5000),
        set_to(imported="gpt2"),
        set_to(training={"beta": "high"}),
        set_to(training={"beta": []}),
        set_to(training={"batch_size": 10**30}),
        set_to(training={"task": ["sft"]}),
        set_to(training={"compile": 1}),
        set_to(data={"builtin": "plays"}),
        set_to(data={"name": "mine", "labelled_by": ["sentiment"]}),
    ],
)
def test_a_config_of_other_types_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    run = new_run(tmp_path / "run")
    config = run.config()
    change(config)
    (run.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"run/config\.json"):
        run.config()


def test_a_config_keeps_what_is_not_known(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    config = {**run.config(), "note": {"mine": [1, 2.5, None]}}
    (run.path / "config.json").write_text(json.dumps(config))
    assert run.config() == config


def test_evaluations_and_samples(tmp_path: Path) -> None:
    assert run_files.read_evaluation(tmp_path) is None
    (tmp_path / "evaluation.json").write_text('{"val_loss": "low", "positions": 1, "step": 1}')
    with pytest.raises(CheckpointError, match=r"evaluation\.json does not hold what it should"):
        run_files.read_evaluation(tmp_path)
    (tmp_path / "samples.jsonl").write_text('{"step": 1, "text": 5}\n{"step": 2, "text": "a"}\n[')
    assert run_lines.read_samples(tmp_path) == [{"step": 2, "text": "a"}]
    assert run_lines.damaged_lines(tmp_path) == {"samples.jsonl": 2}
