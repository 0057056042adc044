"""What is wrong with a name, a text or a file is said at its field, before a button is pressed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gpt.text import corpus
from gpt.training.runs import Run
from pages.parts.runs import run_table
from pages.parts.train.train_form import _where
from pages.shared import folders
from tests.pages.opening import opened, said


def pressable(app: AppTest) -> bool:
    (button,) = [button for button in app.button if button.label == "Train"]
    return not button.disabled


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one shipped run that learned, and one that was brought in later."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    shutil.copytree(folders.ROOT / "checkpoints" / "copy", tmp_path / "copy")
    shutil.copytree(tmp_path / "copy", tmp_path / "brought")
    for name in ("metrics.jsonl", "status.json", "evaluation.json"):
        (tmp_path / "brought" / name).unlink()
    config = json.loads((tmp_path / "brought" / "config.json").read_text())
    (tmp_path / "brought" / "config.json").write_text(
        json.dumps(config | {"created": "2099-01-01T00:00:00Z"})
    )
    return tmp_path


def test_a_name_is_refused_at_its_field(runs: Path) -> None:
    app = opened("train")
    assert pressable(app)
    for name, why in (("my run", "cannot name a run"), ("copy", "there is a run 'copy' already")):
        app.text_input(key="train_name").set_value(name).run()
        assert "Name: " in said(app) and why in said(app), name
        assert not pressable(app)
    app.text_input(key="train_name").set_value("my-run").run()
    assert pressable(app) and "Name: " not in said(app)


def test_the_text_uploader_has_one_limit_the_true_one(runs: Path) -> None:
    app = opened("train", text="upload")
    (uploader,) = app.get("file_uploader")
    assert uploader.proto.max_upload_size_mb == corpus.MAX_BYTES // 2**20 == 50
    assert "MB" not in uploader.proto.label and "MB" not in said(app)


def test_a_block_size_that_nobody_chose_is_said_to_be_the_presets() -> None:
    with pytest.raises(corpus.TextError) as short:
        corpus.check_length(12, 64)
    assert _where(short.value, "tiny").startswith("The preset tiny sets block_size")


def test_runs_opens_on_the_newest_that_has_curves(runs: Path) -> None:
    rows = run_table.all_rows()
    assert [row.name for row in rows] == ["brought", "copy"]
    app = opened("runs")
    assert app.query_params["runs"] in (["copy"], "copy")
    assert app.get("plotly_chart")


def test_the_table_has_ones_own_runs_first_then_the_shipped_ones_as_menus_do(runs: Path) -> None:
    created = {"brought": "2000", "newer": "2001", "reviews": "2002", "ladder-bigram": "2003"}
    for name, year in created.items():
        shutil.copytree(runs / "copy", runs / name, dirs_exist_ok=True)
        config = json.loads((runs / name / "config.json").read_text())
        (runs / name / "config.json").write_text(json.dumps(config | {"created": year}))
    (runs / "a-broken-one").mkdir()
    names = [row.name for row in run_table.all_rows()]
    assert names == ["newer", "brought", "copy", "reviews", "ladder-bigram", "a-broken-one"]
    assert names[2:5] == folders.run_names()[-3:]


def test_runs_opens_on_ones_own_or_on_the_run_of_the_other_pages() -> None:
    shipped = ["zzz", "shakespeare", "tales", "copy"]
    assert run_table.first_choice(shipped, lambda name: False) == folders.OPENS[0] == "tales"
    assert run_table.first_choice(shipped, lambda name: name == "copy") == "copy"
    assert run_table.first_choice(["zzz", "copy"], lambda name: False) == "zzz"
    assert run_table.first_choice([], lambda name: False) == ""


def test_only_losses_of_next_tokens_are_by_the_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADLIGHT_CHECKPOINTS", raising=False)
    rows = run_table.all_rows()
    ladder = {row.name for row in rows if row.name.startswith("ladder-")}
    plain = {"assistant-base", "copy", "shakespeare", "shakespeare-distilled", "shakespeare-fast"}
    by_character = {row.name: row.character for row in rows if row.character is not None}
    assert set(by_character) == plain | ladder | {"tales"} and len(ladder) == 7
    assert by_character["shakespeare"] == pytest.approx(1.432499, abs=1e-6)
    # 171,811 tokens write 633,063 characters.
    assert by_character["tales"] == pytest.approx(3.5957033 * 171_811 / 633_063, abs=1e-6)


def test_a_loss_of_hidden_tokens_is_not_by_the_character(runs: Path) -> None:
    path = runs / "copy" / "config.json"
    config = json.loads(path.read_text())
    split = {"tokens": 90, "held_out_tokens": 10, "held_out_characters": 30}
    for task, loss in (("next", 2.101730 / 3), ("masked", None), ("classify", None)):
        training = config["training"] | {"task": task}
        path.write_text(json.dumps(config | {"training": training, "split": split}))
        assert run_table.row(runs / "copy").character == pytest.approx(loss, abs=1e-6), task
        assert (Run(runs / "copy").counts() is None) == (loss is None)


def test_runs_without_curves_say_so(runs: Path) -> None:
    app = opened("runs", runs="brought")
    assert "No losses were written down here" in said(app)
    assert not app.get("plotly_chart")


def test_a_token_of_one_character_needs_no_counting(runs: Path) -> None:
    """`copy` was made before runs wrote down how long its tokens are: each is one character."""
    row = run_table.row(runs / "copy")
    assert row.best is not None and row.character == pytest.approx(row.best)
    (runs / "copy" / "tokenizer.json").write_text(json.dumps({"type": "bytes"}))
    assert run_table.row(runs / "copy").character is None
