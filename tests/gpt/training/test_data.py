"""What a run learns from fits its task and its model, or is refused with what would work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpt.errors import ConfigError, TextError
from gpt.nn.config import GPTConfig
from gpt.training.data import check_task
from gpt.training.estimate import measure
from gpt.training.loop import train
from gpt.training.settings import TrainingConfig
from tests.gpt.tiny import config, names
from tests.gpt.training.task_runs import classify_run, letters, masked_run, reviews, translate_run


@pytest.mark.parametrize(
    ("task", "changes", "data", "message"),
    [
        ("classify", dict(n_class=2), names, "learns from labelled texts, not from a text"),
        ("next", {}, reviews, "learns from a text, not from labelled texts"),
        ("translate", dict(n_encoder_layer=1), reviews, "pairs of a source .* not from labelled"),
        ("classify", dict(n_class=3), reviews, "n_class is 3, and the texts have 2 labels"),
        ("next", dict(n_class=2), names, "predicts tokens; set n_class to 0"),
        ("translate", {}, letters, "n_encoder_layer is 0; task = translate needs at least 1"),
        ("next", dict(n_encoder_layer=1), names, "n_encoder_layer is 1; task = next needs 0"),
        ("masked", {}, names, "mask is 'causal'; .* choose mask = none"),
    ],
)
def test_a_model_or_data_that_the_task_has_no_use_for_is_refused(
    task: str, changes: dict[str, Any], data: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        check_task(task, config(**changes), data())


def test_what_fits_is_taken() -> None:
    check_task("next", config(), names())
    check_task("masked", config(mask="none"), names())
    check_task("classify", config(n_class=2), reviews())  # a decoder that was fine-tuned
    check_task("translate", config(n_encoder_layer=1), letters())


@pytest.mark.parametrize(
    ("make", "model", "message"),
    [
        (classify_run, dict(block_size=9), "texts are longer than the model reads, block_size = 9"),
        (translate_run, dict(block_size=9), "longer than the model reads, block_size = 9"),
        (translate_run, dict(source_block_size=5), "source_block_size = 5"),
    ],
)
def test_examples_longer_than_the_model_reads_are_refused(
    tmp_path: Path, make: Any, model: dict[str, Any], message: str
) -> None:
    with pytest.raises(TextError, match=message):
        make(tmp_path / "run", model=model)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("make", [classify_run, translate_run, masked_run])
def test_the_pace_of_every_task_can_be_measured(tmp_path: Path, make: Any) -> None:
    run = make(tmp_path / "run")
    train(run)
    task = run.training_config().task
    data = {"classify": reviews, "translate": letters, "masked": names}[task]()
    model = GPTConfig.from_dict(run.config()["model"])
    pace = measure(model, TrainingConfig(task=task), data, run.tokenizer())
    assert pace.step > 0 and pace.batch > 0 and pace.scores > 0
    plan = TrainingConfig(task=task, steps=10, eval_interval=5, eval_batches=2, sample_tokens=0)
    by_hand = 10 * pace.step + 3 * (2 * 2 * pace.batch + pace.scores)
    assert pace.total(plan) == pytest.approx(by_hand)
