"""The training loop: a batch, its loss, its gradient, a step; now and then an evaluation.

What step n does depends on the seed and on n alone (its batch, its dropout), so a run that was
killed and resumed goes through the same numbers as one that never stopped: docs/adr/0004.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from gpt.checkpoint import model_config
from gpt.errors import HeadlightError, RunGoneError, TrainingError
from gpt.nn.model import GPT
from gpt.training import device as devices
from gpt.training import resuming
from gpt.training.control import Control, Wish
from gpt.training.failures import fail
from gpt.training.files import Writers, recover
from gpt.training.needs import check_memory, of_device
from gpt.training.observing import Observer
from gpt.training.optimizers import Optimizers
from gpt.training.reporting import Report, Reporter
from gpt.training.runs import Run
from gpt.training.status import Status
from gpt.training.tasks.choosing_task import task_of
from gpt.training.tasks.task import Batch, Watched


def train(run: Run, control: Control | None = None, report: Report | None = None) -> Status:
    """Train a run, from its last checkpoint if it has one, until it ends or is asked to stop.

    Args:
        run: its folder, as `create_run` writes it.
        control: what a person may ask for meanwhile; None asks for nothing.
        report: called with each line of metrics and the status.

    Returns:
        The status that was written last: paused, done or failed.

    Raises:
        TrainingError: another process is training this run, it was shared without what is
            needed to go on, or its folder was deleted meanwhile.
    """
    try:
        run = run.lock()
    except OSError as error:  # of a full disk, say
        return fail(run, error)
    try:
        run.check_resumable()
        return _train_locked(run, control or Control(), report or (lambda line, status: None))
    finally:
        run.release()


def _train_locked(run: Run, control: Control, report: Report) -> Status:
    try:
        return Trainer(run, control, report).train()
    except RunGoneError:  # there is nowhere to write it
        raise
    except (HeadlightError, OSError, RuntimeError, MemoryError) as error:
        return fail(run, error)


class Trainer:
    """One process's work on one run."""

    def __init__(self, run: Run, control: Control, report: Report) -> None:
        begun = time.perf_counter()
        recover(run.path)
        self.run, self.control = run, control
        self.model_config, self.config = model_config(run.config()), run.training_config()
        check_memory(self.model_config, self.config, of_device(self.config, now=True))
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
        self.observer = Observer(run, self.model, self.task)
        self.reporter = Reporter(run, self.config, self.progress, report, begun)

    def train(self) -> Status:
        """Take step after step until the last one, or until a person asks to stop."""
        self.reporter.write_running()
        while self.progress.owed is not None or self.progress.step < self.config.steps:
            if (wish := self.control.wish()) is not Wish.GO_ON:
                return self._leave(wish)
            if self.progress.owed is not None:
                self._evaluate(self.progress.owed)
                continue
            line = self._step()
            if self._is_due(self.config.eval_interval):
                self.progress.owed = line
            elif self._is_due(self.config.log_interval):
                self.reporter.log(line)
        return self.reporter.write_end("done", "all steps done")

    def _step(self) -> dict[str, Any]:
        """Learn from one batch; return the line of metrics that it makes."""
        started = time.perf_counter()
        lr = self.optimizers.set_rate(self.config.rate_factor(self.progress.step))
        batch = self._batch(self.progress.step)
        with self.device.autocast():
            logits = batch.logits(self.forward)
        loss = self.task.loss(logits, batch)
        loss.backward()
        norm = self._clip()
        self._check_finite(loss.item(), norm)
        self.optimizers.step()
        seconds, tokens = time.perf_counter() - started, self.task.tokens(batch)
        self.progress.step += 1
        self.progress.tokens += tokens
        self.progress.seconds += seconds
        self.reporter.beat()
        return {"loss": loss.item(), "lr": lr, "tok_per_s": tokens / seconds, "grad_norm": norm}

    def _batch(self, step: int) -> Batch:
        """The batch of a step; also seeds the step's dropout."""
        own_seed = (self.config.seed << 31) + step
        if self.device.name == "cpu":  # to seed devices that are not there takes 0.2 ms
            torch.default_generator.manual_seed(own_seed)
        else:
            torch.manual_seed(own_seed)
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
                f"{self.progress.step + 1:,}. The last checkpoint is whole; try a lower learning "
                "rate, or clip the gradient."
            )

    def _is_due(self, interval: int) -> bool:
        return self.progress.step % interval == 0 or self.progress.step == self.config.steps

    def _evaluate(self, line: dict[str, Any]) -> None:
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
        is_best = self.progress.improve(val_loss)
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
