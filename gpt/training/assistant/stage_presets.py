"""Settings of an assistant's stages that are known to work, as fields of a `Preset`.

The architecture is that of the run that a stage begins with.
"""

from __future__ import annotations

from typing import Any

COMMON: dict[str, Any] = dict(
    log_interval=10,
    eval_batches=8,
    schedule="linear",
    decay_part=0.5,
    beta2=0.98,
    documents="lines",  # so that every page knows that a line break ends an answer
)

STAGE_PRESETS: dict[str, dict[str, Any]] = {
    "sft": dict(
        description="An assistant's first stage: to answer as a person did (--from RUN, any "
        "decoder); five minutes on a small one.",
        text="instructions",
        training=dict(
            COMMON,
            task="sft",
            steps=3000,
            batch_size=64,
            learning_rate=2e-3,
            warmup_steps=50,
            eval_interval=200,
        ),
    ),
    "reward-model": dict(
        description="An assistant's second stage: to weigh answers as people do (--from RUN, one "
        "that answers).",
        text="manner",
        training=dict(
            COMMON,
            task="reward",
            steps=150,
            batch_size=32,
            learning_rate=5e-4,
            warmup_steps=20,
            eval_interval=50,
        ),
    ),
    "dpo": dict(
        description="An assistant's third stage, without a reward model: to prefer what people "
        "prefer (--from RUN, one that answers).",
        text="manner",
        model=dict(dropout=0.0),
        training=dict(
            COMMON,
            task="dpo",
            steps=80,
            batch_size=64,
            learning_rate=6e-5,
            warmup_steps=10,
            eval_interval=20,
            beta=2.0,
        ),
    ),
    "grpo": dict(
        description="An assistant's third stage with an exact judge: to write what it finds right "
        "(--from RUN, one that answers).",
        text="instructions",
        model=dict(dropout=0.0),
        training=dict(
            COMMON,
            task="grpo",
            steps=150,
            batch_size=64,
            group_size=4,
            candidates=8,
            rollout_steps=1,
            learning_rate=2e-4,
            warmup_steps=10,
            eval_interval=50,
            answer_tokens=16,
            beta=0.02,
            weight_decay=0.0,
        ),
    ),
    "ppo": dict(
        description="An assistant's third stage: to write what a reward model weighs highly "
        "(--from RUN, one that answers, and --reward RUN).",
        text="manner",
        model=dict(dropout=0.0),
        training=dict(
            COMMON,
            task="ppo",
            steps=60,
            batch_size=64,
            learning_rate=1e-4,
            warmup_steps=5,
            eval_interval=10,
            answer_tokens=48,
            beta=0.1,
            weight_decay=0.0,
        ),
    ),
}
FIRST_OF_STAGE = {
    "sft": "sft",
    "reward": "reward-model",
    "dpo": "dpo",
    "grpo": "grpo",
    "ppo": "ppo",
}
"""The preset of each stage if none is named."""
