"""TrainingConfig: how a run learns, frozen and validated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from gpt.errors import ConfigError
from gpt.setting_ranges import check_settings

WITH_REFERENCE = ("dpo", "grpo", "ppo")
"""The stages that are compared with the model that they began with."""
ON_POLICY = ("grpo", "ppo")
"""The stages that learn from what they write themselves."""

OF_VALUES = ("lam", "value_learning_rate")
OF_GROUPS = ("group_size", "candidates")
OF_ROLLOUTS = (*OF_GROUPS, "rollout_steps", "clip", *OF_VALUES)
OF_ANSWERS = ("answer_tokens", "beta", *OF_ROLLOUTS)
"""The settings of an assistant's stages alone."""
OF_EXAMPLES = ("label_smoothing", "token_dropout")
OF_LABELS = ("counting_start",)
OF_NEXT = ("short_steps", "teacher_share", "teacher_tokens")
OF_TEXTS = ("documents", "sample_tokens", *OF_NEXT)
NOT_OF_ANSWERS = (*OF_TEXTS, *OF_EXAMPLES, *OF_LABELS)
NOT_OF_TASK: dict[str, tuple[str, ...]] = {
    "next": (*OF_EXAMPLES, *OF_LABELS, *OF_ANSWERS),
    "masked": (*OF_NEXT, *OF_EXAMPLES, *OF_LABELS, *OF_ANSWERS),
    "classify": (*OF_TEXTS, *OF_ANSWERS),
    "translate": (*OF_TEXTS, *OF_LABELS, *OF_ANSWERS),
    "sft": (*NOT_OF_ANSWERS, "beta", *OF_ROLLOUTS),
    "reward": (*NOT_OF_ANSWERS, "accumulation", *OF_ANSWERS),
    "dpo": (*NOT_OF_ANSWERS, "accumulation", *OF_ROLLOUTS),
    "grpo": (*NOT_OF_ANSWERS, "accumulation", *OF_VALUES),
    "ppo": (*NOT_OF_ANSWERS, "accumulation", *OF_GROUPS),
}
"""The settings that have no effect on a task."""

MOST_METRICS = 1_100_000  # lines of 230 bytes: what is read of metrics.jsonl
MOST_SAMPLED = 8_000_000  # tokens: what is read of samples.jsonl, and written again each time


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of one training run.

    Fields:
        task: what is learned: the `next` token of a text, `masked` tokens from those around them,
            the label of a text (`classify`), or to `translate` one text into another. The stages of
            an assistant: to answer as a person did (`sft`), to weigh answers as people do
            (`reward`), to prefer what people prefer (`dpo`), to write what a judge finds right
            (`grpo`) or a reward model weighs highly (`ppo`).
        steps: optimizer steps in all.
        minutes: that the run takes: the steps are fitted to its pace while the learning rate is
            flat (`gpt.training.time_budget`), which begins when its teachers have been asked, if
            it has any. 0 leaves them as they are.
        batch_size: blocks, texts or pairs a step (B), over all processes.
        accumulation: parts of a batch that each process computes one after the other: the same
            gradient in less memory.
        optimizer: `adamw` for everything, or `muon` for the matrices inside the blocks and AdamW
            for embeddings, output embedding, norms and biases.
        learning_rate: of AdamW, at its highest.
        muon_learning_rate: of Muon, at its highest.
        weight_decay: on matrices; never on norms and biases.
        beta1, beta2: of AdamW.
        schedule: `constant`; `cosine` from the warm-up's end to a tenth; or `linear`, flat and
            then down to zero over the last `decay_part` of the steps.
        warmup_steps: over which the learning rate rises from zero.
        decay_part: share of the steps over which `linear` decays.
        short_steps: first steps, which learn from shorter blocks, as many tokens in all: a quarter
            of block_size, and in their second half half of it.
        teacher_share: share of each target that is what the run's teachers expect, the rest is the
            token that came (`gpt.training.teachers`); 0 is for a run without teachers.
        teacher_tokens: that the teachers write before the first step; half of each batch is drawn
            from them (`gpt.training.lessons`).
        grad_clip: longest gradient (L2 norm over all parameters); 0 leaves it as it is.
        eval_interval: steps between evaluations; each saves a checkpoint.
        eval_batches: random batches over which each loss is estimated.
        log_interval: steps between lines of metrics.
        sample_tokens: tokens of the sample written at each evaluation.
        documents: where blocks of text stop: `stream` nowhere, `lines` at the end of each line,
            which is learned as an end, `files` at the end of each file; see `gpt.text.documents`.
        label_smoothing: share of each target that is spread evenly over all labels or tokens.
        token_dropout: share of the tokens that are hidden from each text, or source, at each step.
        counting_start: how strongly a classifier's first weights repeat what counting its tokens
            tells (naive Bayes); 0 starts it at chance. See `gpt.training.counting_start`.
        answer_tokens: most tokens of an answer that is written to be judged, its end included.
        beta: how dear it is to leave the model that a run began with (β of DPO, GRPO and PPO).
        group_size: answers to each prompt that are compared with each other (GRPO).
        candidates: batches of prompts of which one is asked: those whose right answer is the least
            certain; 1 asks every prompt in turn (GRPO).
        rollout_steps: optimizer steps on the same answers, before the model writes new ones.
        clip: how far such steps may move a token's probability, as a share of it (ε of PPO).
        lam: how far ahead an advantage looks, from one step (0) to the end (1) (λ of PPO).
        value_learning_rate: of PPO's value model.
        seed: of the initial weights, the batches and the dropout.
        device: `auto` takes CUDA, else MPS, else the CPU.
        dtype: `auto` takes bfloat16 autocast if the processor has it.
        compile: run the model through torch.compile (needs a C++ compiler).

    Raises:
        ConfigError: naming the field, what was got and what would work.
    """

    task: str = "next"
    steps: int = 1000
    minutes: float = 0.0
    batch_size: int = 32
    accumulation: int = 1
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    muon_learning_rate: float = 0.02
    weight_decay: float = 0.1
    beta1: float = 0.9
    beta2: float = 0.99
    schedule: str = "cosine"
    warmup_steps: int = 100
    decay_part: float = 0.6
    short_steps: int = 0
    teacher_share: float = 0.0
    teacher_tokens: int = 0
    grad_clip: float = 1.0
    eval_interval: int = 100
    eval_batches: int = 20
    log_interval: int = 10
    sample_tokens: int = 200
    documents: str = "stream"
    label_smoothing: float = 0.0
    token_dropout: float = 0.0
    counting_start: float = 0.0
    answer_tokens: int = 64
    beta: float = 0.1
    group_size: int = 8
    candidates: int = 1
    rollout_steps: int = 2
    clip: float = 0.2
    lam: float = 0.95
    value_learning_rate: float = 1e-3
    seed: int = 1337
    device: str = "auto"
    dtype: str = "float32"
    compile: bool = False

    def __post_init__(self) -> None:
        check_settings(vars(self))
        if self.task == "dpo" and not self.beta:
            raise ConfigError(
                "beta is 0, and task = dpo learns nothing then: its loss weighs by β how far the "
                "policy moves. Choose a small one, such as 0.02"
            )
        self._check_metrics()
        self._check_samples()

    @property
    def evaluations(self) -> int:
        """Number of evaluations: one before the first step, at each interval and at the end."""
        return 1 + math.ceil(self.steps / self.eval_interval)

    def _check_metrics(self) -> None:
        lines = self.steps // self.log_interval + self.evaluations
        interval = math.ceil(2 * self.steps / MOST_METRICS)
        instead = f"log_interval = {interval}, eval_interval = {interval}"
        _check_written("lines of metrics", lines, MOST_METRICS, instead)

    def _check_samples(self) -> None:
        tokens = self.evaluations * self.sample_tokens
        instead = f"sample_tokens = {MOST_SAMPLED // self.evaluations}"
        _check_written("tokens of samples", tokens, MOST_SAMPLED, instead)

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> TrainingConfig:
        """Read what `to_dict` wrote.

        Raises:
            ConfigError: an unknown field, or a value that cannot be.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"unknown training setting {', '.join(map(repr, unknown))}")
        return cls(**values)

    def rate_factor(self, step: int) -> float:
        """What the learning rates are multiplied by at a step, from 0 to 1."""
        rise = min(1.0, (step + 1) / (self.warmup_steps + 1))
        if self.schedule == "linear":
            decay = max(1.0, self.decay_part * self.steps)
            return min(rise, (self.steps - step) / decay)
        if self.schedule == "cosine" and step >= self.warmup_steps:
            done = (step - self.warmup_steps) / max(1, self.steps - self.warmup_steps)
            return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        return rise

    def cuts(self, step: int) -> int:
        """Into how many shorter blocks a step cuts each of its blocks."""
        if step >= self.short_steps:
            return 1
        return 4 if 2 * step < self.short_steps else 2


def _check_written(what: str, count: int, most: int, instead: str) -> None:
    """Refuse settings under which a run would write more than is read again."""
    if count > most:
        raise ConfigError(
            f"these settings make {count:,} {what}, and up to {most:,} are read again; "
            f"choose {instead}, say"
        )
