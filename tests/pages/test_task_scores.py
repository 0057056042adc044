"""What a classifier and a translator are measured by, on Train and on Runs, beside counting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gpt.text.labelled import LabelledExamples
from gpt.training.data import split_examples
from gpt.training.loop import train
from gpt.training.runs import Run
from pages.shared import task_scores
from tests.close import close
from tests.gpt.training.task_runs import classify_run, translate_run
from tests.pages import opening


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier and a translator, evaluated at steps 0, 4, 8 and 12."""
    folder = tmp_path_factory.mktemp("scored")
    for make in (classify_run, translate_run):
        assert train(make(folder / make.__name__)).state == "done"
    return folder


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


def test_counting_is_naive_bayes_on_the_same_held_out_texts(runs: Path) -> None:
    """By hand: add-one counts of words, of the training texts alone."""
    run = Run(runs / "classify_run")
    examples = run.examples(LabelledExamples)
    parts = split_examples(examples)
    learned, held_out = (
        examples.take(part.tolist()) for part in (parts.training, parts.validation)
    )
    counts = [Counter[str](), Counter[str]()]
    for text, k in zip(learned.texts, learned.classes, strict=True):
        counts[k].update(text.split())
    words = set(counts[0]) | set(counts[1])
    right = 0
    for text, k in zip(held_out.texts, held_out.classes, strict=True):
        known = [word for word in text.split() if word in words]
        scores = [
            np.log(learned.classes.count(c))
            + sum(np.log((counts[c][w] + 1) / (counts[c].total() + len(words))) for w in known)
            for c in (0, 1)
        ]
        right += int(np.argmax(scores)) == k
    levels = task_scores.counting(run)
    assert levels["naive Bayes on words"] == close(100 * right / len(held_out.texts))


def test_scores_are_those_of_the_metrics(runs: Path) -> None:
    run = Run(runs / "translate_run")
    evaluated = [line for line in run.metrics() if line.get("bleu") is not None]
    lines = {line.name: line for line in task_scores.figure([run]).data}  # type: ignore[union-attr]
    assert set(lines) == {"BLEU", "chrF", "exact match"}
    assert list(lines["BLEU"].x) == [line["step"] for line in evaluated] == [0, 4, 8, 12]
    assert list(lines["chrF"].y) == close([line["chrf"] for line in evaluated])
    shares = [100 * line["exact_match"] for line in evaluated]  # type: ignore[typeddict-item]
    assert list(lines["exact match"].y) == close(shares)


def test_train_shows_them_and_speaks_of_labels(runs: Path) -> None:
    app = opening.opened("train", run="classify_run", task="classify")
    said = opening.said(app)
    assert "accuracy **" in said and "The dotted lines are naive Bayes" in said
    assert "Held-out texts, with the probability of their right label" in said
    assert "writes by itself" not in said
    levels = [
        each["text"]
        for chart in opening.charts(app)
        for each in chart["layout"].get("annotations", ())
    ]
    assert "ln K = 0.69: every label equally likely" in levels
    assert "naive Bayes on words" in levels
    app.toggle(key="train_confusions").set_value(True).run()
    assert "have their right label" in opening.said(app) and not app.exception


def test_runs_shows_them_too(runs: Path) -> None:
    app = opening.opened("runs", runs="translate_run")
    names = [trace.get("name") for chart in opening.charts(app) for trace in chart["data"]]
    assert "BLEU" in names or "translate_run: BLEU" in names
