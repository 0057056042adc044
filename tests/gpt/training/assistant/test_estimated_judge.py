"""A classifier as a judge of continued texts: its probability, its pairs, and who may not judge."""

from __future__ import annotations

from pathlib import Path

import pytest

import gpt
from gpt.errors import ConfigError, TextError
from gpt.text.continuations import continuations
from gpt.text.prompted import Demonstrations
from gpt.training.assistant.estimated_judge import (
    estimated_judge,
    labelled_pairs,
    learned_prompts,
)
from gpt.training.assistant.judged_runs import judge_run
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.loop import train
from gpt.training.runs import Run
from tests.close import close
from tests.gpt.shakespeare import ROOT
from tests.gpt.training.assistant.stage_runs import base_run, demonstrations, stage_run

REVIEWS = ROOT / "checkpoints" / "reviews"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    run = stage_run(folder / "tuned", base_run(folder / "base"), "sft")
    assert train(run).state == "done"
    return run


def test_texts_are_cut_in_two() -> None:
    data = continuations("reviews", ["a b c d e", "word", "", "a b", "x" * 40 + " y"], longest=40)
    assert data.rows == (("a b", "c d e"), ("a", "b"))
    with pytest.raises(TextError, match="no text of reviews has two words and at most 3 char"):
        continuations("reviews", ["a b c d e", "word"], longest=3)


def test_a_judge_says_how_probable_the_label_is_of_the_whole_text() -> None:
    classifier = gpt.load(REVIEWS)
    judge = estimated_judge(classifier, "positive")
    given = gpt.classify(classifier, "the plot was not really dull .")
    assert judge("the plot was", "not really dull .") == close(given["positive"])
    assert judge("the plot was", "not really dull .") > 0.9 > 0.1 > judge("the plot was", "dull .")
    assert judge("", "") == close(0.0)
    assert judge("the plot", "was so dull " * 200) == close(0.0)  # longer than it reads


def test_who_cannot_judge_says_so(tuned: Run) -> None:
    with pytest.raises(ConfigError, match="'tuned' gives a text no label"):
        estimated_judge(gpt.load(tuned.path), "positive")
    with pytest.raises(ConfigError, match=r"no label 'good'; it has (positive|negative), "):
        estimated_judge(gpt.load(REVIEWS), "good")


def ended(writer: gpt.Checkpoint, prompt: str, answer: str) -> bool:
    """Whether a stage that begins with the writer can read an answer to the end that it gets."""
    whole = writer.tokenizer.encode(f"Ⓠ{prompt}Ⓐ{answer}\n")
    return len(whole) <= writer.config.block_size


def test_of_two_answers_the_better_one_is_chosen_and_ties_are_left_out(tuned: Run) -> None:
    writer, prompts = gpt.load(tuned.path), [f"{a}{b}" for a in "abcde" for b in "xyz"]

    def vowels(prompt: str, answer: str) -> float:
        return float(sum(letter in "aeiou" for letter in answer))

    pairs = labelled_pairs(writer, vowels, prompts, seed=3)
    assert 0 < len(pairs) < len(prompts)
    assert all(vowels("", chosen) > vowels("", rejected) for _, chosen, rejected in pairs.rows)
    assert all(ended(writer, q, a) and ended(writer, q, b) for q, a, b in pairs.rows)
    again = labelled_pairs(writer, lambda *pair: -vowels(*pair), prompts, seed=3)
    assert [(q, b, a) for q, a, b in again.rows] == list(pairs.rows)
    with pytest.raises(TextError, match="no difference between two answers to any of 15 prompts"):
        labelled_pairs(writer, lambda prompt, answer: 0.5, prompts)


def test_where_no_rule_judges_a_classifier_has_to_be_named(tuned: Run, tmp_path: Path) -> None:
    reviews = Demonstrations.from_builtin("review", count=100)
    assert reviews.judge is None
    with pytest.raises(ConfigError, match="no rule says how good an answer of review is; name a"):
        judge_run(gpt.load(tuned.path), reviews)
    plan = plan_stage("grpo", gpt.load(tuned.path), reviews)
    with pytest.raises(ConfigError, match="grpo asks an exact judge, and no rule says"):
        plan.create(tmp_path / "grpo")


def test_labelled_pairs_keep_who_labelled_them_and_learn_from_learned_prompts(tuned: Run) -> None:
    data = demonstrations()
    learned = {data.prompts[row] for row in data.split().training}
    prompts = learned_prompts(data, 2 * len(learned))
    assert set(prompts) == learned and prompts[: len(learned)] == prompts[len(learned) :]
    vowels = estimated_judge(gpt.load(REVIEWS), "positive")
    pairs = labelled_pairs(gpt.load(tuned.path), vowels, prompts, labelled_by="reviews")
    assert pairs.labelled_by == pairs.describe()["labelled_by"] == "reviews"


def test_runs_are_judged_by_the_judge_that_is_named(tuned: Run) -> None:
    data = demonstrations().take(range(4))
    judged = judge_run(gpt.load(tuned.path), data, judge=lambda prompt, answer: len(prompt) / 8)
    assert judged.scores.tolist() == [0.25] * 4
