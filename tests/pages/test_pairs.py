"""Train it and see, run without a browser: what is offered, what is started, what is shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from gpt.training.control import Control, Wish
from gpt.training.loop import train
from gpt.training.pairs.attention_pairs import PAIRS
from gpt.training.pairs.experiments import Arm, Experiment, prepare
from gpt.training.pairs.findings import finding
from gpt.training.presets import Preset
from gpt.training.runs import Run
from gpt.training.status import Status
from pages.shared import pair_results, run_state
from tests.gpt.tiny import MODEL, TRAINING
from tests.pages.opening import numbers

NAME = "pair-scale"  # the first one, and so what a visit opens
TINY = Experiment(
    NAME,
    "Tiny",
    "Does it run?",
    "Nothing at all.",
    Preset("", text="names", model=MODEL, training=TRAINING),
    (Arm("masked", "masked"), Arm("unmasked", "not masked", model={"mask": "none"})),
    length=1500,
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and a first pair that is trained in a second."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    monkeypatch.setitem(PAIRS, NAME, TINY)
    st.cache_resource.clear()
    return tmp_path


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(_section, default_timeout=60)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def _section() -> None:
    from pathlib import Path

    import streamlit as st

    from gpt.training.pairs.attention_pairs import PAIRS
    from pages.parts.mask_scale.mask_scale_state import MaskScaleState
    from pages.shared import folders, page_state, pair_panel

    def section() -> None:
        state = page_state.opened(MaskScaleState)
        page_state.publish(state, **pair_panel.pairs(PAIRS, state))

    attention = Path(folders.ROOT) / "pages" / "attention.py"
    st.navigation([st.Page(section, title="pairs"), st.Page(attention)]).run()


def link(app: AppTest) -> dict[str, str]:
    """The URL's parameters; AppTest has some as text, some as a list of one."""
    said = app.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in said}


def button(app: AppTest) -> Button:
    (only,) = [one for one in app.button if str(one.key).startswith("pair_")]
    return only


def action(app: AppTest) -> str:
    return button(app).label


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error]
    return "\n".join(part.value.replace("\\", "") for part in parts)


def table(app: AppTest) -> list[list[str]]:
    """The cells of the results, a list a row."""
    markdown = next(part.value for part in app.markdown if part.value.startswith("| |"))
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in markdown.splitlines()[2:]]


def trained(root: Path, seed: int = 1, experiment: Experiment = TINY) -> list[Run]:
    runs = prepare(root, experiment, seed)
    for run in runs:
        train(run)
    return runs


def test_a_first_visit_offers_all_pairs_and_one_click(root: Path) -> None:
    app = opened()
    assert action(app) == "Train it and see"
    assert "Does it run? Nothing at all." in texts(app).replace("*", "")
    assert app.segmented_control[0].options == [one.title for one in PAIRS.values()]  # type: ignore[attr-defined]
    assert link(app) == {"pair": NAME, "pair_seed": "1"}
    assert list(root.iterdir()) == []


def test_one_click_puts_both_in_line_the_first_one_first(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(run_state, "resume", lambda run: started.append(run.name))
    app = opened(pair_seed="4")
    button(app).click().run()
    assert not app.exception
    assert started == [f"{NAME}-masked-4", f"{NAME}-unmasked-4"]
    assert sorted(path.name for path in root.iterdir()) == started


def test_what_is_trained_is_shown_with_the_models_ownnumbers(root: Path) -> None:
    runs = trained(root)
    app = opened()
    rows = table(app)
    assert [row[0] for row in rows] == ["masked", "not masked"]
    for row, run in zip(rows, runs, strict=True):
        expected = finding(run)
        assert expected is not None
        first, last = expected.entropies.mean[0], expected.entropies.mean[-1]
        losses = (expected.val_loss, expected.train_loss, expected.unseen_loss)
        assert row[1:4] == [f"{loss:.4f}" for loss in losses]
        assert row[4:] == [f"{first:.4f} → {last:.4f}", f"{expected.seconds:.1f} s"]
    assert "Different: mask causal | none; all else the same." in texts(app)
    assert [code.value for code in app.code] == [run.samples()[-1]["text"].rstrip() for run in runs]


def test_both_curves_lie_on_the_same_axes(root: Path) -> None:
    runs = trained(root)
    losses, entropies = (json.loads(c.proto.spec) for c in opened().get("plotly_chart"))
    curves = {trace.get("name"): trace for trace in losses["data"]}
    for label, run in zip(("masked", "not masked"), runs, strict=True):
        values = [line["val_loss"] for line in run.metrics() if line["val_loss"] is not None]
        np.testing.assert_allclose(numbers(curves[label]["y"]), values)
    entropy_curves = {trace["name"]: numbers(trace["y"]) for trace in entropies["data"]}
    for label, run in zip(("masked", "not masked"), runs, strict=True):
        one = finding(run)
        assert one is not None
        np.testing.assert_allclose(entropy_curves[label], one.entropies.mean)


def test_pictures_and_numbers_can_be_saved(root: Path) -> None:
    runs = trained(root)
    arrays = pair_results.arrays(TINY, [*runs])
    assert arrays["masked/entropy"].shape == (4, 1, 2)
    assert arrays["unmasked/entropy_steps"].tolist() == [0, 4, 8, 12]
    losses = arrays["unmasked/val_loss"][np.isin(arrays["unmasked/steps"], [0, 4, 8, 12])]
    lines = [line["val_loss"] for line in runs[1].metrics() if line["val_loss"] is not None]
    np.testing.assert_array_equal(losses, lines)
    app = opened()
    app.button(key="save_pairs").click().run()
    assert not app.exception
    assert ["Tiny: loss", "Tiny: entropy"] in [box.options for box in app.selectbox]


def test_a_second_click_trains_another_seed_and_keeps_the_first(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(run_state, "resume", lambda run: started.append(run.name))
    trained(root)
    app = opened()
    assert action(app) == "Train again with seed 2"
    button(app).click().run()
    assert started == [f"{NAME}-masked-2", f"{NAME}-unmasked-2"]
    assert link(app)["pair_seed"] == "2"
    app.number_input[0].set_value(1).run()
    assert action(app) == "Train again with seed 3"
    assert len(table(app)) == 2


def test_a_pair_that_was_broken_off_goes_on_where_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(run_state, "resume", lambda run: started.append(run.name))
    first, second = prepare(root, TINY, 1)
    train(first)
    control = Control()
    train(second, control, lambda line, status: control.ask(Wish.PAUSE))
    app = opened()
    assert action(app) == "Go on"
    assert [bar.proto.text.replace("\\", "") for bar in app.get("progress")] == [
        "masked: done · step 12 of 12",
        "not masked: paused · step 0 of 12",
    ]
    button(app).click().run()
    assert started == [second.name]


def test_a_failure_is_told_in_its_place(root: Path) -> None:
    for run in prepare(root, TINY, 1):
        run.write_status(Status("failed", steps=12, reason="the disk is full"))
    app = opened()
    assert action(app) == "Go on"
    assert [error.value.replace("\\", "") for error in app.error] == [
        "masked: the disk is full",
        "not masked: the disk is full",
    ]


def test_runs_of_other_settings_do_not_pass_for_the_pairs(root: Path) -> None:
    trained(root, experiment=replace(TINY, length=1600))
    assert action(opened()) == "Train it and see"


def test_a_link_to_a_pair_that_is_not_there_is_told(root: Path) -> None:
    app = opened(pair="pair-of-shoes", pair_seed="-3")
    messages = "\n".join(warning.value.replace("\\", "") for warning in app.warning)
    assert "there is no experiment 'pair-of-shoes' here; choose one of pair-scale" in messages
    assert "pair_seed='-3': '-3' is no whole number from 0" in messages
    assert link(app) == {"pair": NAME, "pair_seed": "1"}
