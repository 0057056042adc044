"""The results of a finished run, with its loss over the whole validation split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gpt
from gpt.checkpoint import model_config
from gpt.errors import CheckpointError
from gpt.run_files import EVALUATION, Evaluation, read_evaluation
from gpt.shape_only import count_parameters
from gpt.training.estimate import uniform_loss
from gpt.training.evaluate import validation_loss
from gpt.training.files import write_json
from gpt.training.runs import Run, evaluated

FILE = EVALUATION


@dataclass(frozen=True)
class Result:
    """The result of one run; losses in nats.

    Fields:
        step: steps done.
        parameters: of its model.
        seconds: of training, evaluations left out.
        uniform_loss: ln V, of a model that holds every token for equally likely.
        first_loss: validation loss before training, over random batches.
        train_loss: the last estimate, over random batches.
        val_loss: the latest weights', over the whole validation split.
        positions: over how many predictions.
    """

    step: int
    parameters: int
    seconds: float
    uniform_loss: float
    first_loss: float
    train_loss: float
    val_loss: float
    positions: int


def result(run: Run) -> Result | None:
    """The result of a run; None if it was not evaluated yet, or not measured after it.

    Raises:
        CheckpointError: a file of the run is missing or damaged.
    """
    lines, measured = evaluated(run), _measured(run)
    if not lines or lines[0]["step"] != 0 or measured is None:
        return None
    first, last = lines[0], lines[-1]
    if measured["step"] != last["step"]:
        return None
    model = model_config(run.config())
    return Result(
        step=last["step"],
        parameters=count_parameters(model),
        seconds=last["seconds"],
        uniform_loss=uniform_loss(model.vocab_size),
        first_loss=first["val_loss"],
        train_loss=last["train_loss"],
        val_loss=measured["val_loss"],
        positions=measured["positions"],
    )


def measure(run: Run) -> float:
    """Measure the latest weights over the whole validation split, and write evaluation.json.

    The same as `python -m gpt evaluate RUN --save`.

    Raises:
        CheckpointError: the run has no weights or no text.
    """
    checkpoint, corpus = gpt.load(run.path), run.corpus()
    loss, positions = validation_loss(checkpoint, corpus)
    keep(run, loss, positions, "latest", checkpoint, corpus.describe()["sha256"])
    return loss


def keep(
    run: Run, loss: float, positions: int, which: str, checkpoint: gpt.Checkpoint, sha256: str
) -> None:
    """Write evaluation.json."""
    evaluation = {
        "val_loss": loss,
        "positions": positions,
        "which": which,
        "step": int(checkpoint.info["weights"].get("step", 0)),
        "text_sha256": sha256,
    }
    write_json(run.path / FILE, evaluation)


def keep_scores(run: Run, checkpoint: gpt.Checkpoint, which: str, scores: dict[str, Any]) -> None:
    """Write evaluation.json of a run that learned from examples."""
    step = int(checkpoint.info["weights"].get("step", 0))
    write_json(run.path / FILE, {**scores, "which": which, "step": step})


def _measured(run: Run) -> Evaluation | None:
    """The content of evaluation.json; None if it is not of the latest weights."""
    evaluation = read_evaluation(run.path)
    if evaluation is None or evaluation.get("which") != "latest":
        return None
    if "positions" not in evaluation or "step" not in evaluation:
        raise CheckpointError(f"{run.name}/{FILE} is not an evaluation of ours")
    return evaluation
