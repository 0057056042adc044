"""The training loop: from a run folder and back into it.

What step n does depends on the seed and on n alone (its batch, its dropout), so a run that was
killed and resumed goes through the same numbers as one that never stopped: docs/adr/0004.
"""

from __future__ import annotations

import errno
import json
import math
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gpt import memory
from gpt.checkpoint import load_tensors, load_weights, model_config, save_tensors, save_weights
from gpt.errors import HeadlightError, RunGoneError, TrainingError
from gpt.inspect.generate import generate, write_documents
from gpt.nn.config import GPTConfig
from gpt.nn.loss import counted, cross_entropy
from gpt.nn.model import GPT
from gpt.nn.switches import leave_out_of_graphs
from gpt.run_files import MOST_FILE, SAMPLES, Sample, read_trainer
from gpt.text import cutting
from gpt.text.documents import Documents, draw, end_token
from gpt.text.splitting import Ids, split_ids
from gpt.training import device as devices
from gpt.training import snapshots
from gpt.training.control import Control, Wish
from gpt.training.evaluate import estimate_loss
from gpt.training.files import recover, write_json
from gpt.training.needs import OPTIMIZER_NUMBERS, check_memory, of_device
from gpt.training.optimizers import Optimizers
from gpt.training.runs import Run
from gpt.training.status import Status


@dataclass
class Progress:
    """How far a run is; all of it is saved with each checkpoint.

    Fields:
        step: optimizer steps done.
        tokens: tokens learned from so far, counting repeats.
        seconds: of training so far, evaluations left out.
        elapsed: seconds of work so far, evaluations and saving included, pauses left out.
        best_val_loss: lowest estimate so far, in nats.
        owed: where an evaluation is still to be made (at the start, and where a pause broke one
            off), the line of metrics that it belongs to.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    best_val_loss: float | None = None
    owed: dict[str, Any] | None = None

    @classmethod
    def read(cls, folder: Path) -> Progress:
        """Read the trainer.json of a run.

        Raises:
            CheckpointError: it is missing, damaged, or not of a run of ours.
        """
        return cls(**read_trainer(folder))


Report = Callable[[dict[str, Any], Status], None]


def train(run: Run, control: Control | None = None, report: Report | None = None) -> Status:
    """Train a run, from its last checkpoint if it has one, until it ends or is told to leave.

    Args:
        run: its folder, made by `Run.create`.
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
        return _fail(run, _explain(run, error))
    try:
        run.check_resumable()
        return _to_end(run, control or Control(), report or (lambda line, status: None))
    finally:
        run.release()


def _to_end(run: Run, control: Control, report: Report) -> Status:
    try:
        return Trainer(run, control, report).run_to_end()
    except RunGoneError:  # there is nowhere to write it
        raise
    except HeadlightError as error:
        return _fail(run, str(error))
    except OSError as error:
        return _fail(run, _explain(run, error))
    except (RuntimeError, MemoryError) as error:
        return _fail(run, f"{type(error).__name__}: {error}")


def _fail(run: Run, reason: str) -> Status:
    status = replace(run.status(), state="failed", reason=reason, pid=None, seconds_left=None)
    run.write_status(status)
    return status


def _explain(run: Run, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        if _has_checkpoint(run):
            return (
                "the disk is full. The last checkpoint is whole; make room, then resume the run "
                "from it."
            )
        return (
            "the disk is full, and no checkpoint was saved yet; make room, then resume the run: it "
            "starts from the beginning."
        )
    return f"the run folder cannot be written: {error}"


def _has_checkpoint(run: Run) -> bool:
    """Whether there is something to go on from."""
    return (run.path / "trainer.json").is_file() and (run.path / "model.safetensors").is_file()


class Trainer:
    """One process's work on one run."""

    def __init__(self, run: Run, control: Control, report: Report) -> None:
        begun = time.perf_counter()
        self.run, self.control, self.report = run, control, report
        recover(run.path)
        info = run.config()
        self.model_config: GPTConfig = model_config(info)
        self.config = run.training_config()
        check_memory(self.model_config, self.config, of_device(self.config, now=True))
        self.tokenizer = run.tokenizer()
        self.device = devices.choose(self.config)
        self.train_ids, self.val_ids = split_ids(
            run.corpus(), self.tokenizer, self.config.documents
        )
        self.probe = self._probe()
        self.progress, self.model = self._restore()
        self.optimizers = Optimizers(self.model, self.config)
        self._restore_optimizers()
        run.forget_after(self.progress.step if (run.path / "trainer.json").is_file() else -1)
        self.forward: Callable[..., torch.Tensor] = self._compiled()
        self._last_beat = 0.0
        self._begun = begun - self.progress.elapsed

    def run_to_end(self) -> Status:
        """Train until the last step or until told to leave; every way out saves."""
        self._write_status("running")
        while self.progress.owed is not None or self.progress.step < self.config.steps:
            if (wish := self.control.wish()) is not Wish.GO_ON:
                return self._leave(wish)
            if self.progress.owed is not None:
                self._log_evaluation(self.progress.owed)
                continue
            line = self._step()
            if self._is_due(self.config.eval_interval):
                self.progress.owed = line
            elif self._is_due(self.config.log_interval):
                self._log(line)
        return self._write_status("done", "all steps done")

    def _compiled(self) -> Callable[..., torch.Tensor]:
        if not self.config.compile:
            return self.model
        leave_out_of_graphs()
        return torch.compile(self.model)

    def _probe(self) -> torch.Tensor:
        """The text on which the heads are watched: held out, of one document, without its end."""
        held_out = self.val_ids
        text = held_out.longest()[:-1] if isinstance(held_out, Documents) else held_out
        most = snapshots.probe_length(self.model_config)
        ids = text[: most + cutting.LONGEST_CHARACTER].tolist()
        return torch.tensor(cutting.beginning(self.tokenizer, ids, most))

    # -- one step ---------------------------------------------------------------------------

    def _step(self) -> dict[str, Any]:
        """Learn from one batch; return the line of metrics that it makes."""
        started = time.perf_counter()
        step, config = self.progress.step, self.config
        x, y = self._batch(step)
        lr = self.optimizers.set_rate(config.rate_factor(step))
        with self.device.autocast():
            logits = self.forward(x)
        loss = cross_entropy(logits, y)
        loss.backward()
        norm = self._clip()
        if not (math.isfinite(loss.item()) and math.isfinite(norm)):
            raise TrainingError(
                f"the loss became {loss.item()} (gradient norm {norm}) at step {step + 1}. The "
                "last checkpoint is whole; try a lower learning rate, or clip the gradient."
            )
        self.optimizers.step()
        seconds, tokens = time.perf_counter() - started, counted(y)
        self.progress.step += 1
        self.progress.tokens += tokens
        self.progress.seconds += seconds
        self._beat()
        return {"loss": loss.item(), "lr": lr, "tok_per_s": tokens / seconds, "grad_norm": norm}

    def _clip(self) -> float:
        """Shorten the gradient where it is longer than allowed; return how long it was."""
        parameters = [p for p in self.optimizers.parameters.values() if p.grad is not None]
        norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        if self.config.grad_clip:
            nn.utils.clip_grads_with_norm_(parameters, self.config.grad_clip, norm)
        return norm.item()

    def _batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of a step, (B, T) each; also seeds the step's dropout."""
        own_seed = (self.config.seed << 31) + step
        if self.device.name == "cpu":  # to seed devices that are not there takes 0.2 ms
            torch.default_generator.manual_seed(own_seed)
        else:
            torch.manual_seed(own_seed)
        generator = torch.Generator().manual_seed(own_seed)
        x, y = draw(self.train_ids, self.model_config.block_size, self.config.batch_size, generator)
        return x.to(self.device.name), y.to(self.device.name)

    def _is_due(self, interval: int) -> bool:
        return self.progress.step % interval == 0 or self.progress.step == self.config.steps

    # -- evaluation and saving ----------------------------------------------------------------

    def _log_evaluation(self, line: dict[str, Any]) -> None:
        """Estimate both losses, log, save a checkpoint; told to leave, it is owed still."""
        train_loss = self._estimate(self.train_ids)
        val_loss = self._estimate(self.val_ids) if train_loss is not None else None
        if train_loss is None or val_loss is None:
            return
        if not math.isfinite(train_loss + val_loss):
            raise TrainingError(
                f"the losses became {train_loss} and {val_loss} at step {self.progress.step}"
            )
        best = self.progress.best_val_loss
        is_best = best is None or val_loss < best
        self.progress.best_val_loss = val_loss if is_best else best
        self.progress.owed = None
        self._log({**line, "train_loss": train_loss, "val_loss": val_loss})
        self._save(is_best=is_best, observed=True)

    def _estimate(self, ids: Ids) -> float | None:
        return estimate_loss(
            self.model,
            self.forward,
            ids,
            self.model_config.block_size,
            self.config.batch_size,
            self.config.eval_batches,
            self.device,
            seed=self.config.seed,
            interrupted=self._beat_and_ask,
        )

    def _log(self, line: dict[str, Any]) -> None:
        progress = self.progress
        counted = {
            "step": progress.step,
            "tokens": progress.tokens,
            "seconds": round(progress.seconds, 3),
        }
        empty = dict.fromkeys(("loss", "train_loss", "val_loss", "lr", "tok_per_s", "grad_norm"))
        self.run.append_metrics({**counted, **empty, **line})
        self.report({**counted, **empty, **line}, self._write_status("running"))

    def _save(self, is_best: bool = False, observed: bool = False) -> None:
        """Commit a checkpoint; with what was observed of the model where it was evaluated."""
        if not all(bool(p.isfinite().all()) for p in self.model.parameters()):
            raise TrainingError(f"a weight became infinite at step {self.progress.step}")
        self.progress.elapsed = self._elapsed()
        metadata = {"step": str(self.progress.step)}
        save = partial(save_weights, self.model, metadata=metadata)
        writers: dict[str, Callable[[Path], Any]] = {
            "model.safetensors": save,
            "optimizer.safetensors": partial(save_tensors, self.optimizers.state_tensors()),
            "trainer.json": lambda path: write_json(path, asdict(self.progress)),
        }
        if is_best:
            writers["best.safetensors"] = save
        if observed:
            writers |= self._observations()
        self.run.commit(writers)

    def _observations(self) -> dict[str, Callable[[Path], Any]]:
        """The snapshot of every head, and the sample."""
        step = self.progress.step
        writers: dict[str, Callable[[Path], Any]] = {
            snapshots.name(step): partial(snapshots.write, self.model, self.probe.tolist(), step)
        }
        if self.config.sample_tokens:
            lines: list[Sample] = [*self.run.samples(), {"step": step, "text": self._sample()}]
            writers["samples.jsonl"] = partial(_write_samples, lines)
        return writers

    def _sample(self) -> str:
        config = self.config
        start = cutting.shortest(self.tokenizer, self.probe.tolist())
        tokens, seed = config.sample_tokens, config.seed
        if config.documents == "lines":
            end = end_token(self.tokenizer)
            written = write_documents(self.model, start, end, tokens, seed=seed)
            ids = [id for document in written for id in document]
        else:
            ids = [step.id for step in generate(self.model, start, tokens, seed=seed)]
        self.model.train()
        # Without the rest: the sample may be cut off amid a character.
        return "".join(map(self.tokenizer.stream().add, ids))

    # -- status --------------------------------------------------------------------------------

    def _leave(self, wish: Wish) -> Status:
        self._save()
        if wish is Wish.STOP:
            return self._write_status("done", f"stopped at step {self.progress.step:,} on request")
        return self._write_status("paused", "paused; resume when you like")

    def _beat_and_ask(self) -> bool:
        self._beat()
        return self.control.wish() is not Wish.GO_ON

    def _beat(self) -> None:
        if time.monotonic() - self._last_beat > 1.0:
            self._write_status("running")

    def _write_status(self, state: str, reason: str = "") -> Status:
        self._last_beat = time.monotonic()
        progress, running = self.progress, state == "running"
        status = Status(
            state=state,
            step=progress.step,
            steps=self.config.steps,
            reason=reason,
            heartbeat=time.time(),
            seconds_left=self._seconds_left() if running else None,
            elapsed=self._elapsed(),
            best_val_loss=progress.best_val_loss,
            pid=os.getpid() if running else None,
            host=socket.gethostname() if running else "",
        )
        self.run.write_status(status)
        return status

    def _elapsed(self) -> float:
        return time.perf_counter() - self._begun

    def _seconds_left(self) -> float | None:
        """Of the steps to come and the evaluations to come, each as long as those so far."""
        progress, config = self.progress, self.config
        left, interval = config.steps - progress.step, config.eval_interval
        if not progress.step:
            return None
        all_of_them = 1 + math.ceil(config.steps / interval)  # the first is before any step
        to_come = math.ceil(config.steps / interval) - progress.step // interval if left else 0
        to_come += progress.owed is not None
        each = max(0.0, self._elapsed() - progress.seconds) / max(1, all_of_them - to_come)
        return left * progress.seconds / progress.step + to_come * each

    # -- restoring -----------------------------------------------------------------------------

    def _restore(self) -> tuple[Progress, GPT]:
        folder = self.run.path
        if (folder / "trainer.json").is_file():
            progress = Progress.read(folder)
            model, _ = load_weights(folder / "model.safetensors", self.model_config)
        else:
            torch.manual_seed(self.config.seed)
            progress, model = Progress(owed={}), GPT(self.model_config)
        return progress, model.to(self.device.name).train()

    def _restore_optimizers(self) -> None:
        if self.progress.step > 0:
            path = self.run.path / "optimizer.safetensors"
            most = memory.NUMBER_BYTES * sum(
                OPTIMIZER_NUMBERS * p.numel() + 1 for p in self.model.parameters()
            )
            self.optimizers.load_state_tensors(load_tensors(path, most))


def _write_samples(samples: list[Sample], path: Path) -> None:
    """The newest of them, as many as are read again."""
    left, kept = MOST_FILE[SAMPLES], []
    for line in (json.dumps(sample) + "\n" for sample in reversed(samples)):
        left -= len(line)
        if left < 0:
            break
        kept.append(line)
    path.write_text("".join(reversed(kept)), encoding="utf-8")
