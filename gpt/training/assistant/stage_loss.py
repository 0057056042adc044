"""The loss of a stage on answers that it did not learn from, for any model of its architecture."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.answer_rows import encoded, to_weigh, to_write
from gpt.training.assistant.objectives import bradley_terry_loss
from gpt.training.assistant.reward_task import rewards
from gpt.training.runs import Run

MOST = 32
"""Prompts that the loss is over, at most."""
SAMPLED = 400
"""Of generated examples, so many are written to find them."""


def stage_loss(run: Run, most: int = MOST) -> Callable[[GPT], float]:
    """A function from a model to its loss on held-out answers of a run, in nats.

    Of a reward model it is that of Bradley and Terry; of every other stage −log p of the answers
    that people gave or chose, a token.

    Raises:
        CheckpointError: the run has no examples.
    """
    data, tokenizer = _data(run), run.tokenizer()
    held_out = data.take(data.split().validation[:most].tolist())
    rows = encoded(held_out, tokenizer)
    if run.training_config().task == "reward":
        pairs = to_weigh([row[0] for row in rows] + [row[1] for row in rows])
        return lambda model: _bradley_terry(model, pairs.ids)
    answers = to_write([row[0] for row in rows])
    return lambda model: _of_answers(model, answers.ids, answers.targets)


def _data(run: Run) -> Demonstrations | Comparisons:
    described = run.config().get("data") or {}
    is_compared = described.get("kind") == Comparisons.KIND
    if "builtin" in described and described.get("count", 0) > SAMPLED:
        kind = Comparisons if is_compared else Demonstrations
        return kind.from_builtin(described["builtin"], described.get("seed", 1), SAMPLED)
    return run.examples(Comparisons) if is_compared else run.examples(Demonstrations)


@torch.no_grad()
def _of_answers(model: GPT, ids: torch.Tensor, targets: torch.Tensor) -> float:
    return cross_entropy(model.eval()(ids), targets).item()


@torch.no_grad()
def _bradley_terry(model: GPT, ids: torch.Tensor) -> float:
    return bradley_terry_loss(*rewards(model.eval()(ids)).chunk(2)).item()
