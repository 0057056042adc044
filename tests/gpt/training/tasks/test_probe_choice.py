"""The example that a model is watched on is whole, short, and of words that it knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.tokenizers.words import train
from gpt.training.control import Control
from gpt.training.loop import Trainer
from gpt.training.tasks.probe_choice import readable_row, stands_for
from tests.gpt.training.task_runs import RUNS

TOKENS, CHARACTERS = torch.tensor([3, 5, 5, 40]), torch.tensor([9, 20, 25, 200])


@pytest.mark.parametrize(
    ("few", "most", "known", "row"),
    [
        (10, 64, {0, 1, 2, 3}, 2),  # the longest text of at most ten tokens
        (10, 64, {0, 1, 3}, 1),  # the one before holds a word that is unknown
        (10, 64, {3}, 3),  # rather a longer one than one of unknown words
        (10, 30, {3}, 2),  # but none that would have to be cut
        (2, 64, {0, 1, 2, 3}, 0),  # all have more: the shortest
        (10, 2, {0, 1, 2, 3}, 0),  # none can be shown whole
    ],
)
def test_which_example_it_is(few: int, most: int, known: set[int], row: int) -> None:
    assert readable_row(TOKENS, CHARACTERS, few, most, known.__contains__) == row


def test_a_text_with_an_unknown_word_does_not_stand_for_its_tokens() -> None:
    tokenizer = train("the film is dull", 20)
    assert stands_for(tokenizer, tokenizer.encode("the film is dull"))
    assert not stands_for(tokenizer, tokenizer.encode("the florp is dull"))


@pytest.mark.parametrize("task", ["classify", "translate"])
def test_a_run_is_watched_on_a_whole_example(task: str, tmp_path: Path) -> None:
    run = RUNS[task](tmp_path / task)
    probe = Trainer(run, Control(), lambda line, status: None).task.probe
    if task == "classify":
        assert run.tokenizer().decode(probe.ids) in set(run.examples(LabelledExamples).texts)
    else:
        assert probe.source is not None
        texts = run.examples(PairExamples)
        pair = run.source_tokenizer().decode(probe.source), run.tokenizer().decode(probe.ids[1:])
        assert pair in set(zip(texts.sources, texts.targets, strict=True))
