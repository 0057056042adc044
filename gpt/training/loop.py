"""The training loop: a batch, its loss, its gradient, a step; now and then an evaluation.

What step n does depends on the seed and on n alone (its batch, its dropout), so a run that was
killed and resumed goes through the same numbers as one that never stopped: docs/adr/0004.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError, RunGoneError, TrainingError
from gpt.nn.loss import counted
from gpt.nn.model import GPT
from gpt.seeds import seed_of
from gpt.training import device as devices
from gpt.training import resuming, time_budget
from gpt.training.control import Control, Wish
from gpt.training.failures import fail
from gpt.training.files import Writers, recover
from gpt.training.needs import check_memory, of_device
from gpt.training.observing import Observer
from gpt.training.optimizers import Optimizers
from gpt.training.ranks import Alone, check_parts
from gpt.training.reporting import Report, Reporter
from gpt.training.runs import Run
from gpt.training.status import Status
from gpt.training.tasks.choosing_task import task_of
from gpt.training.tasks.task import Batch, Watched
from gpt.training.time_budget import TimeBudget


def train(
    run: Run,
    control: Control | None = None,
    report: Report | None = None,
    ranks: Alone | None = None,
) -> Status:
    """Train a run, from its last checkpoint if it has one, until it ends or is asked to stop.

    Args:
        run: its folder, as `create_run` writes it.
        control: what a person may ask for meanwhile; None asks for nothing.
        report: called with each line of metrics and the status.
        ranks: the processes that train it together; None trains it in this one alone.

    Returns:
        The status that was written last: paused, done or failed.

    Raises:
        TrainingError: another process is training this run, it was shared without what is
            needed to go on, or its folder was deleted meanwhile.
    """
    ranks = ranks or Alone()
    try:
        run = ranks.lock(run)
    except OSError as error:  # of a full disk, say
        return fail(run, error)
    try:
        own_report = report or (lambda line, status: None)
        return _train_locked(run, control or Control(), own_report, ranks)
    finally:
        run.release()


def _train_locked(run: Run, control: Control, report: Report, ranks: Alone) -> Status:
    try:
        return Trainer(run, control, report, ranks).train()
    except RunGoneError:  # there is nowhere to write it
        raise
    except (HeadlightError, OSError, RuntimeError, MemoryError) as error:
        return fail(run, error)


class Trainer:
    """One process's work on one run."""

    def __init__(
        self, run: Run, control: Control, report: Report, ranks: Alone | None = None
    ) -> None:
        begun = time.perf_counter()
        self.run, self.control, self.ranks = run, control, ranks or Alone()
        if self.ranks.is_writer:
            recover(run.path)
        self.model_config, self.config = model_config(run.config()), run.training_config()
        check_memory(self.model_config, self.config, of_device(self.config, now=True))
        check_parts(self.model_config, self.config, self.ranks.size)
        self.device = devices.choose(self.config)
        self.task = task_of(run, self.model_config, self.config)
        self.progress, self.model = resuming.start(run, self.model_config, self.config.seed)
        self.model.to(self.device.name).train()
        self.optimizers = Optimizers(self.model, self.config)
        if self.progress.step > 0:
            resuming.read_optimizers(run, self.optimizers)
        self.task.attend(self.model, self.progress.step)
        run.forget_after(self.progress.step if run.has_checkpoint else -1)
        self.forward = _compiled(self.model) if self.config.compile else self.model
        self.learning = self.ranks.averaging(self.forward)
        self.observer = Observer(run, self.model, self.task)
        self.reporter = Reporter(run, self.config, self.progress, report, begun)
        self.budget = TimeBudget(self.progress.elapsed)

    def train(self) -> Status:
        """Take step after step until the last one, or until a person asks to stop."""
        self.reporter.write_running()
        if not self._prepare():
            return self._leave(self._wish())
        while self.progress.owed is not None or self.progress.step < self.config.steps:
            if (wish := self._wish()) is not Wish.GO_ON:
                return self._leave(wish)
            if self.progress.owed is not None:
                self._evaluate(self.progress.owed)
                continue
            line = self._step()
            if self.config.minutes:
                self._keep_to_time()
            if self._is_due(self.config.eval_interval):
                self.progress.owed = line
            elif self._is_due(self.config.log_interval):
                self.reporter.log(line)
        return self.reporter.write_end("done", "all steps done")

    def _prepare(self) -> bool:
        """Let the task do what comes before the first step; False if a person asks to stop.

        Of several processes none stops alone, since the others would wait for it.
        """
        started = time.perf_counter()
        is_alone = self.ranks.size == 1
        done = self.task.prepare(self._beat_and_ask if is_alone else lambda: False)
        self.reporter.leave_out(time.perf_counter() - started)
        return done

    def _step(self) -> dict[str, Any]:
        """Learn from one batch; return the line of metrics that it makes."""
        started = time.perf_counter()
        lr = self.optimizers.set_rate(self.config.rate_factor(self.progress.step))
        batch = self._batch(self.progress.step)
        with self._keeping_progress():
            loss = self._learn(batch)
        norm = self._clip()
        self._check_finite(loss, norm)
        self.optimizers.step()
        seconds, tokens = time.perf_counter() - started, self.task.tokens(batch)
        self.progress.step += 1
        self.progress.tokens += tokens
        self.progress.seconds += seconds
        self.reporter.beat()
        return {"loss": loss, "lr": lr, "tok_per_s": tokens / seconds, "grad_norm": norm}

    def _keep_to_time(self) -> None:
        """Now and then, fit the number of steps to the minutes that the run may take."""
        elapsed, before = self.reporter.elapsed, self.config
        due = self.budget.is_due(before, self.progress, elapsed)
        if not self.ranks.decided(due):
            return
        after = time_budget.fitted(before, self.progress, elapsed)
        after = replace(
            after,
            steps=self._of_writer(after.steps),
            eval_interval=self._of_writer(after.eval_interval),
        )
        if self.ranks.is_writer:
            time_budget.write(self.run, self.progress.step, before, after)
        self.config = self.reporter.config = after

    def _of_writer(self, number: int) -> int:
        """The writer's number, in all processes."""
        return self.ranks.highest(number if self.ranks.is_writer else 0)

    def _learn(self, batch: Batch) -> float:
        """Add up the gradients of a batch; return its loss."""
        size, count = self.ranks.size, self.config.accumulation
        if size * count == 1:
            return self._backward(batch)
        parts = batch.parts(size * count)[self.ranks.rank * count :][:count]
        shares = [counted(part.targets) / counted(batch.targets) for part in parts]
        loss = 0.0
        for n, (part, share) in enumerate(zip(parts, shares, strict=True), start=1):
            is_last = n == count
            averaged = nullcontext() if is_last else self.ranks.without_averaging(self.learning)
            with averaged:
                loss += share * self._backward(part, share * size)  # an average divides by size
        return self.ranks.total(loss)

    def _backward(self, batch: Batch, share: float = 1.0) -> float:
        """Add up the gradients of a share of the loss; return the whole of it."""
        with self.device.autocast():
            logits = batch.logits(self.learning)
        loss = self.task.loss(logits, batch) if share else 0 * logits.sum()  # without a target
        (loss if share == 1 else share * loss).backward()
        return loss.item()

    @contextmanager
    def _keeping_progress(self) -> Iterator[None]:
        """Save the steps so far if another process ends: the weights are those of the last one.

        Raises:
            TrainingError: one of the others has ended.
        """
        try:
            yield
        except RuntimeError as error:
            if self.ranks.size == 1:
                raise
            self._save(is_best=False, observations={})
            self.reporter.write_running()  # the step that was saved
            raise TrainingError(
                f"one of the {self.ranks.size} processes has ended, so the others stopped too. "
                f"Step {self.progress.step:,} was saved; resume the run from there"
            ) from error

    def _wish(self) -> Wish:
        """What a person asks for, of any of the processes."""
        wishes = list(Wish)
        with self._keeping_progress():
            return wishes[self.ranks.highest(wishes.index(self.control.wish()))]

    def _batch(self, step: int) -> Batch:
        """The batch of a step; also seeds the step's dropout."""
        own_seed = seed_of(self.config.seed, step)
        dropout_seed = self.ranks.seed(own_seed)
        if self.device.name == "cpu":  # to seed devices that are not there takes 0.2 ms
            torch.default_generator.manual_seed(dropout_seed)
        else:
            torch.manual_seed(dropout_seed)
        generator = torch.Generator().manual_seed(own_seed)
        return self.task.batch(step, generator).to(self.device.name)

    def _clip(self) -> float:
        """Shorten the gradient if it is longer than allowed; return how long it was."""
        parameters = [p for p in self.optimizers.parameters.values() if p.grad is not None]
        norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.config.grad_clip:
            nn.utils.clip_grads_with_norm_(parameters, self.config.grad_clip, norm)
        return norm.item()

    def _check_finite(self, loss: float, norm: float) -> None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"the loss became {loss} (gradient norm {norm}) at step "
                f"{self.progress.step + 1:,}; try a lower learning rate, or clip the gradient",
                amid_steps=True,
            )

    def _is_due(self, interval: int) -> bool:
        return self.progress.step % interval == 0 or self.progress.step == self.config.steps

    def _evaluate(self, line: dict[str, Any]) -> None:
        """Evaluate the model in the process that writes, while the others wait."""
        if self.ranks.is_writer:
            self._measure(line)
        with self._keeping_progress():
            if not self.ranks.decided(self.progress.owed is not None):
                self.progress.owed = None

    def _measure(self, line: dict[str, Any]) -> None:
        """Measure the model, log it with the line that waits for it, save a checkpoint.

        If a person asks to stop meanwhile, the evaluation stays owed.
        """
        watched = Watched(self.model, self.forward, self.device, self._beat_and_ask)
        numbers = self.task.evaluate(watched)
        if numbers is None:
            return
        train_loss, val_loss = numbers["train_loss"], numbers["val_loss"]
        if not math.isfinite(train_loss + val_loss):
            raise TrainingError(
                f"the losses became {train_loss} and {val_loss} at step {self.progress.step:,}"
            )
        is_best = self.progress.improve(val_loss, self.task.worth(numbers))
        self.progress.owed = None
        self.reporter.log({**line, **numbers})
        self._save(is_best, self.observer.writers(self.progress.step))

    def _beat_and_ask(self) -> bool:
        self.reporter.beat()
        return self.control.wish() is not Wish.GO_ON

    def _save(self, is_best: bool, observations: Writers) -> None:
        self.progress.elapsed = self.reporter.elapsed
        checkpoint = resuming.writers(self.model, self.optimizers, self.progress, is_best)
        self.run.commit({**checkpoint, **observations, **self.task.writers()})

    def _leave(self, wish: Wish) -> Status:
        """Save a checkpoint, and pause or end the run as a person asks."""
        self._save(is_best=False, observations={})
        if wish is Wish.STOP:
            reason = f"stopped at step {self.progress.step:,} on request"
            return self.reporter.write_end("done", reason)
        return self.reporter.write_end("paused", "paused; resume when you like")


def _compiled(model: GPT) -> Callable[..., torch.Tensor]:
    # What the switches come to is Python's work, and no part of a graph.
    for part in model.modules():
        for name in ("rule", "cross_rule"):
            if hasattr(part, name):
                setattr(part, name, torch.compiler.disable(getattr(part, name)))
    return torch.compile(model)
