"""Assistant, *review*: one classifier labels the pairs, another one judges: both are estimates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.errors import HeadlightError
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.judged_runs import JudgedRun
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.loop import train
from gpt.training.runs import Run
from pages.parts.assistant import estimates, stage_recipes
from pages.parts.assistant.lineage import Stage, Stages
from pages.parts.assistant.stage_recipes import Chain, methods
from pages.shared import run_state
from tests.gpt import tiny
from tests.gpt.shakespeare import ROOT
from tests.pages import opening

SHORT: dict[str, Any] = dict(
    steps=2, batch_size=6, eval_interval=2, eval_batches=1, log_interval=1, answer_tokens=12
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, and a run that was fine-tuned on *review* for a moment."""
    root = tmp_path_factory.mktemp("review")
    train(tiny.new_run(root / "base", model={"block_size": 64}))
    data = Demonstrations.from_builtin("review", count=200)
    plan = plan_stage("sft", gpt.load(root / "base"), data, training=SHORT)
    assert train(plan.create(root / "writer")).state == "done"
    return root


@pytest.fixture(params=[True])
def runs(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Path:
    """The same in a folder of its own, with the shipped classifiers if that is asked for."""
    for name in ("base", "writer"):
        shutil.copytree(made / name, tmp_path / name)
    for name in ("sentiment", "reviews") if request.param else ():
        shutil.copytree(ROOT / "checkpoints" / name, tmp_path / name)
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(estimates, "PAIRS", 60)
    return tmp_path


def opened(**query: Any) -> AppTest:
    app = opening.opened("assistant", base="base", **query)
    assert not app.error
    return app


def positive(classifier: Path, label: str, text: str) -> float:
    """What a classifier says of a text; 0 of one that it cannot read."""
    try:
        return gpt.classify(gpt.load(classifier), text)[label]
    except HeadlightError:
        return 0.0


def test_a_reward_model_learns_from_pairs_that_a_classifier_labelled(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Run] = []
    monkeypatch.setattr(run_state, "resume", begun.append)
    app = opened()
    assert "says which of two answers is more positive" in opening.said(app)
    app.button(key="train_reward").click().run()
    assert not app.error
    (run,) = begun
    assert run.name == "reward-review" and run.config()["data"]["labelled_by"] == "sentiment"
    pairs = run.examples(Comparisons)
    data = Demonstrations.from_builtin("review", count=200)
    learned = {data.prompts[row] for row in data.split().training}
    assert 5 <= len(pairs) < 60 and set(pairs.prompts) <= learned
    for prompt, chosen, rejected in pairs.rows:
        better, worse = (
            positive(runs / "sentiment", "pos", f"{prompt} {each}") for each in (chosen, rejected)
        )
        assert better > worse
    assert train(run).state == "done"
    assert "made by **sentiment**: an estimate" in opening.said(opened())


def test_an_answer_is_judged_by_the_other_classifier(runs: Path) -> None:
    app = opened(ask="the plot was")
    (data,) = (
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if "pieces" in each.proto.json
    )
    tuned = gpt.load(runs / "writer")
    ids = tuned.tokenizer.encode("Ⓠthe plot wasⒶ")
    written = [s.id for s in gpt.generate(tuned.model, ids, 64 - len(ids), 0.0, stop=tuned.end)]
    answer = tuned.tokenizer.decode([each for each in written if each != tuned.end])
    expected = positive(runs / "reviews", "positive", f"the plot was {answer}".strip())
    assert f"positive {expected:.3f} by reviews, an estimate" in json.dumps(data["texts"][1])


def test_there_is_no_exact_judge_for_grpo(runs: Path) -> None:
    of_review = Stages(
        {
            "b": Stage("b", ""),
            "w": Stage("w", "sft", "b", builtin="review"),
            "r": Stage("r", "reward", "w"),
        }
    )
    assert methods(Chain(of_review, "b", "w", "r")) == ["ppo", "dpo"]
    assert methods(Chain(of_review, "b", "w")) == ["ppo", "dpo"]
    assert stage_recipes.STEPS["review"] > 0


@pytest.mark.parametrize("runs", [False], indirect=True)
def test_without_the_classifier_the_page_says_what_is_missing(runs: Path) -> None:
    app = opened(task="review")
    said = opening.said(app)
    assert "the classifier **sentiment**, whose estimate would stand in for people" in said
    assert "it can be instructions, manner among these runs" in said
    assert "There is nothing to tune it by: rate pairs first" in said
    assert app.selectbox(key="link_task").options == ["Instructions", "Manner"]


def test_scores_stand_beside_those_of_stage_2() -> None:
    first = JudgedRun("writer", ("a", "b"), np.array([0.2, 0.4]))
    other = JudgedRun("ppo", ("a", "b"), np.array([0.1, 0.9]))
    table = estimates.score_table(first, [other])
    assert "| writer | 30.0 | | |" in table
    # Differences −0.1 and 0.5: mean 0.2, deviation 0.3 √2, standard error 0.3.
    assert "| ppo | 50.0 | +20.0 ± 30.0 | 50.0 |" in table
