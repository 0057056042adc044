"""No damage to a file of a run takes the Runs page down, or any page of another run.

Nor does it take a gibibyte, or ten seconds.
"""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from streamlit.testing.v1 import AppTest

from gpt.text.corpus import from_bytes
from gpt.training.loop import train
from gpt.training.runs import Run
from pages.parts.runs import run_table
from pages.shared.plain import plain
from tests.gpt.tiny import new_run
from tests.pages import damage
from tests.pages.damage_checks import GIB, SECONDS, TEXT, everywhere, finite, own, restore, told
from tests.pages.opening import opened, said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of two runs, trained alike: "good", and "bad", of which files are damaged."""
    root = tmp_path_factory.mktemp("runs")
    corpus = from_bytes([("mine.txt", TEXT.encode())])
    train(new_run(root / "good", corpus))
    shutil.copytree(root / "good", root / "bad")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADLIGHT_CHECKPOINTS", str(root))
        yield root


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, bytes]:
    """Every file of the run, by its path inside the folder."""
    bad = root / "bad"
    whole = {str(p.relative_to(bad)): p.read_bytes() for p in bad.rglob("*") if p.is_file()}
    assert {"text/0.txt", "snapshots/0000004.npz", "trainer.json", "samples.jsonl"} < set(whole)
    return whole


@pytest.mark.timeout(280)
def test_no_damage_reaches_other_runs(root: Path, files: dict[str, bytes]) -> None:
    bad, good = root / "bad", Run(root / "good")
    expected = run_table.row(good.path)
    memory = partial(resource.getrusage, resource.RUSAGE_SELF)

    @settings(max_examples=250, suppress_health_check=list(HealthCheck))
    @given(damage.damages(files))
    def look(damaged: tuple[str, damage.Damage]) -> None:
        name, spoil = damaged
        restore(bad, files)
        spoil(bad / name)
        before, started = memory().ru_maxrss, time.process_time()
        rows = {row.name: row for row in everywhere(root)}
        assert rows["good"] == expected
        assert finite(rows["bad"])
        assert rows["bad"].state != "broken" or rows["bad"].note
        for ask in own(Run(bad)):
            told(ask)
        assert time.process_time() - started < SECONDS, "of this process alone"
        assert (memory().ru_maxrss - before) * 1024 < GIB

    look()
    restore(bad, files)


DAMAGED: dict[str, tuple[str, bytes]] = {
    "state": ("status.json", b'{"state": [[]]}'),
    "infinite": ("status.json", b'{"state": "done", "step": 1e999}'),
    "huge": ("status.json", b'{"state": "done", "step": 1' + b"0" * 30 + b"}"),
    "pid": ("status.json", b'{"state": "running", "pid": 1180591620717411303424}'),
    "model": ("config.json", b'{"model": {"n_layer": [1]}}'),
    "lists": ("config.json", b'{"model": {}, "x": [' + b"[]," * 400_000 + b"[]]}"),
    "evaluation": ("evaluation.json", b'{"val_loss": "low"}'),
}
QUIET = {"deep": ("metrics.jsonl", b'{"step": 1, "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}")}


@pytest.fixture
def crowd(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole run among many that are damaged, each in its own way."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    shutil.copytree(root / "good", tmp_path / "good")
    for name, (file, content) in {**DAMAGED, **QUIET}.items():
        shutil.copytree(root / "good", tmp_path / name)
        (tmp_path / name / file).write_bytes(content)
    for place in (damage.folder, damage.loop, damage.pipe):
        for file in ("metrics.jsonl", "status.json", "config.json"):
            run = tmp_path / f"{place.__name__}-{file.split('.')[0]}"
            shutil.copytree(root / "good", run)
            place(run / file)
    return tmp_path


def states(app: AppTest) -> dict[str, str]:
    frame = app.dataframe[0].value
    return dict(zip(frame["name"], frame["state"], strict=True))


def test_the_runs_page_has_a_row_for_each(crowd: Path) -> None:
    app = opened("runs", runs="good")
    assert not app.error
    states_of_runs = states(app)
    assert set(states_of_runs) == {path.name for path in crowd.iterdir()}
    whole = {"good", *QUIET}
    assert {name for name, state in states_of_runs.items() if state != "broken"} == whole
    app = opened("runs", runs="state,good")
    assert "state is broken: state/status.json does not hold what it should" in said(app)


def test_a_broken_run_can_be_deleted_where_it_is_listed(crowd: Path) -> None:
    app = opened("runs", runs="state,good", run="state")
    app.button(key="runs_delete_state").click().run()
    assert not app.exception and not app.error and not app.warning
    assert app.query_params["run"] in ("good", ["good"])
    assert not (crowd / "state").exists() and (crowd / "good").is_dir()
    assert "state" not in states(app)


def test_lines_that_cannot_be_read_are_counted_in_the_row_and_below_the_table(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    shutil.copytree(root / "good", tmp_path / "torn")
    for file, lines in ("metrics.jsonl", b'{"step": 1\n[]\n\xff\n'), ("samples.jsonl", b"{"):
        with (tmp_path / "torn" / file).open("ab") as content:
            content.write(lines)
    app = opened("runs", runs="torn")
    words = (
        "3 lines of metrics.jsonl cannot be read, and are left out; "
        "1 line of samples.jsonl cannot be read, and is left out"
    )
    assert app.dataframe[0].value["note"].tolist() == [f"all steps done; {words}"]
    assert f"torn: {words}." in said(app)


def test_samples_that_cannot_be_read_at_all_are_said_in_the_row(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    shutil.copytree(root / "good", tmp_path / "torn")
    damage.folder(tmp_path / "torn" / "samples.jsonl")
    row = run_table.row(tmp_path / "torn")
    assert row.state == "done" and "torn/samples.jsonl cannot be read" in row.note


@pytest.mark.parametrize("page", ["attention", "train", "ladder", "model", "averaging"])
def test_the_pages_of_another_run_open(crowd: Path, page: str) -> None:
    app = opened(page, run="good")
    assert not app.error


def test_a_missing_snapshot_is_told_by_its_name(crowd: Path) -> None:
    for path in (crowd / "good" / "snapshots").iterdir():
        path.write_bytes(b"")
    app = opened("runs", runs="good", show="time")
    assert [one.value for one in app.error] == [
        plain("No snapshot of good can be read; train it again to get some.")
    ]
    app = opened("train", run="good")
    assert len(app.error) == 1
    assert "good/snapshots/0000012.npz cannot be read" in said(app)


READERS = ("home", "attention", "head", "mask_scale", "generate", "embeddings", "residual")


@pytest.mark.parametrize("page", READERS)
def test_a_run_is_read_whatever_its_snapshots_are(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """A page opens on what the run was probed with, which a snapshot holds, or on a sentence."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    shutil.copytree(root / "good", tmp_path / "torn")
    for path in (tmp_path / "torn" / "snapshots").iterdir():
        path.write_bytes(path.read_bytes()[:200])
    assert not opened(page, run="torn").error
