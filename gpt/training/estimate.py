"""Estimates for a run before it starts: its pace and its first loss.

The pace is measured: a short run with the same settings is trained in a process of its own, as the
real one will be, and its steps are timed.

    python -m gpt.training.estimate RUN    trains RUN, prints {"step": …, …} in seconds
"""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import gpt
from gpt import process
from gpt.errors import TrainingError
from gpt.nn.config import GPTConfig
from gpt.text.corpus import Corpus, Document
from gpt.text.prompted import Prompted
from gpt.text.tokenizer import Tokenizer
from gpt.training import beside
from gpt.training import device as devices
from gpt.training.assistant.judging import SCORED
from gpt.training.beginning import Beginning
from gpt.training.control import Control, Wish
from gpt.training.creation import create_run
from gpt.training.data import Data, split_counts
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.settings import ON_POLICY, WITH_REFERENCE, TrainingConfig
from gpt.training.status import Status
from gpt.training.tasks.choosing_task import task_of
from gpt.training.tasks.task import Watched

STEPS = 24  # or two rollouts, where several steps learn from one
ENOUGH_SECONDS = 6.0  # of steps, after which no other one is begun
TIMEOUT = 120.0
TEXT = 200_000  # characters that are enough to draw a few batches from
EXAMPLES = 4_000  # the same of labelled texts and pairs
PROMPTS = 400  # the same of prompts with answers, which a model answers at an evaluation
SAMPLED = 16
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Pace:
    """How fast a model learns on this machine, in seconds.

    Fields:
        step: one optimizer step.
        batch: the loss of one batch, as evaluations take it.
        token: one token of a sample.
        steps: over how many steps it was measured.
        scores: what else an evaluation measures and shows: translations, say.
    """

    step: float
    batch: float
    token: float
    steps: int
    scores: float = 0.0

    def total(self, config: TrainingConfig) -> float:
        """Seconds that a whole run takes: its steps, its evaluations and their samples."""
        evaluation = 2 * config.eval_batches * self.batch + config.sample_tokens * self.token
        return config.steps * self.step + config.evaluations * (evaluation + self.scores)


def uniform_loss(vocab_size: int) -> float:
    """ln V, the loss in nats where every token is equally likely. Lecture, from 22:11.

    >>> round(uniform_loss(65), 4)
    4.1744
    """
    return math.log(vocab_size)


def measure(
    model: GPTConfig,
    training: TrainingConfig,
    data: Data,
    tokenizer: Tokenizer,
    source_tokenizer: Tokenizer | None = None,
    begun_from: Beginning | None = None,
) -> Pace:
    """Time a few real steps, in a process like the one that will train.

    Args:
        begun_from: the first weights, as `create_run` takes them; a stage needs them.

    Raises:
        TrainingError: the steps failed, or none was done in two minutes.
        TextError: a text too short for the model's block.
    """
    split_counts(data, model, training, tokenizer, source_tokenizer)
    part = _part(data, model.block_size)
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(
            Path(folder) / "pace",
            model,
            _shortened(training),
            part,
            tokenizer,
            source_tokenizer=source_tokenizer,
            begun_from=begun_from,
        )
        pace = _measure_in_process(run)
    return replace(pace, scores=pace.scores * _answered(data) / _answered(part))


def _answered(data: Data) -> int:
    """How many prompts a model answers at an evaluation; 1 where their number never differs."""
    if not isinstance(data, Prompted):
        return 1
    return min(SCORED, len({data.prompts[row] for row in data.split().validation}))


def _part(data: Data, block_size: int) -> Data:
    """As much of the data as a few steps need."""
    if isinstance(data, Corpus):
        part = data.text[: max(TEXT, 20 * block_size)]
        return Corpus(data.name, (Document(data.name, part),))
    if isinstance(data, Prompted):
        origin = data.origin
        if not origin or origin["count"] <= PROMPTS:
            return data
        return data.from_builtin(origin["builtin"], origin["seed"], PROMPTS)
    return data.take(range(0, len(data), math.ceil(len(data) / EXAMPLES)))


def time_run(run: Run, clock: Callable[[], float] = time.perf_counter) -> Pace:
    """Train a short run, to its end or for `ENOUGH_SECONDS`, and return how fast it was.

    Raises:
        TrainingError: it failed; the message says why.
    """
    steps, cycle = _step_seconds(run, clock), _cycle(run.training_config())
    # What comes first also sets things up; it counts only if there is nothing else.
    steady = steps[cycle : len(steps) - len(steps) % cycle] or steps
    step = statistics.median(steady) if cycle == 1 else statistics.mean(steady)
    return replace(_evaluation_pace(run), step=step, steps=len(steady))


def _cycle(training: TrainingConfig) -> int:
    """After how many steps the work repeats: only a rollout's first step writes its answers."""
    return training.rollout_steps if training.task in ON_POLICY else 1


def _evaluation_pace(run: Run) -> Pace:
    """How long the parts of an evaluation of a trained run take; its steps are left at 0."""
    config, checkpoint = run.training_config(), gpt.load(run.path)
    device = devices.choose(config)
    model = checkpoint.model.to(device.name)
    task = task_of(run, checkpoint.config, replace(config, eval_batches=1))
    watched = Watched(model, model, device)
    batch = _seconds(lambda: task.losses(watched)) / 2  # one of each side of the split
    if config.task in WITH_REFERENCE:
        task.scores(watched)  # the reference answers once only
    scores = _seconds(lambda: (task.scores(watched), task.sample(model)))
    if config.task != "next":
        return Pace(0.0, batch, 0.0, 0, scores)
    sample = _seconds(lambda: list(gpt.generate(checkpoint.model, [0], SAMPLED, seed=1)))
    return Pace(0.0, batch, sample / SAMPLED, 0)


def _step_seconds(run: Run, clock: Callable[[], float]) -> list[float]:
    """Train a run, to its end or for `ENOUGH_SECONDS`; return the seconds of each step."""
    control, started = Control(), clock()
    steps, learned = [], [0]

    def note(line: dict[str, Any], status: Status) -> None:
        if line["tok_per_s"]:
            steps.append((line["tokens"] - learned[-1]) / line["tok_per_s"])
            learned.append(line["tokens"])
        if steps and clock() - started > ENOUGH_SECONDS:
            control.ask(Wish.STOP)

    status = train(run, control, note)
    if status.state == "failed" or not steps:
        raise TrainingError(f"the pace could not be measured: {status.reason}")
    return steps


def _shortened(training: TrainingConfig) -> TrainingConfig:
    """The same settings for a few steps, with as few evaluations as possible."""
    cycle = _cycle(training)
    steps = STEPS if cycle == 1 else 2 * cycle
    return replace(
        training,
        steps=steps,
        minutes=0.0,
        warmup_steps=0,
        eval_interval=steps,
        eval_batches=1,
        log_interval=1,
        sample_tokens=0,
        teacher_share=0.0,
        teacher_tokens=0,  # a step with teachers takes as long, once they have been asked
    )


def _measure_in_process(run: Run) -> Pace:
    """What this module prints for a run, when it is run as a script."""
    try:
        done = _time_in_process(run)
    except subprocess.TimeoutExpired:
        raise TrainingError(
            f"not one step was done in {TIMEOUT:.0f} s: this model is too slow for this machine"
        ) from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise TrainingError(lines[-1] if lines else f"it ended with status {done.returncode}")
    return Pace(**json.loads(done.stdout.splitlines()[-1]))


def _time_in_process(run: Run) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gpt.training.estimate", str(run.path)],
        cwd=PROJECT,
        env=beside.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    process.keep_buffers()
    measured = Run(sys.argv[1])
    beside.give_way(measured)
    print(json.dumps(asdict(time_run(measured))))
