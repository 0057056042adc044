"""The least memory that a training takes, compared with what there is before it begins."""

from __future__ import annotations

import sys

import torch

from gpt import memory
from gpt.errors import ConfigError, TrainingError
from gpt.memory import NUMBER_BYTES
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from gpt.training import device as devices
from gpt.training.settings import TrainingConfig

OPTIMIZER_NUMBERS = 2
"""Numbers that AdamW keeps for each parameter; Muon keeps one for a matrix."""
ACTIVATION_BYTES = 2  # under bfloat16; float32 has 4


def check_memory(model: GPTConfig, training: TrainingConfig, available: int | None = None) -> None:
    """Refuse a training that cannot fit, before it takes the memory of other programs.

    Args:
        available: bytes; None takes all memory of the device, of which others may use a part
            until the training begins.

    Raises:
        TrainingError: the message says what it needs and what there is.
    """
    state, step = state_memory(model, training), step_memory(model, training)
    memory.require(
        state + step,
        f"training {count_parameters(model):,} parameters (weights, gradients and optimizer "
        f"{memory.gib(state)}, a step of {training.batch_size:,} × {model.block_size:,} tokens "
        f"{memory.gib(step)})",
        "choose fewer layers or channels, a smaller batch or a smaller block",
        TrainingError,
        of_device(training) if available is None else available,
    )


def state_memory(model: GPTConfig, training: TrainingConfig) -> int:
    """Bytes of weights, gradients and optimizer.

    >>> model = GPTConfig(block_size=2, vocab_size=3, n_layer=0, n_head=1, n_embd=3,
    ...                   position="none", norm="none")
    >>> state_memory(model, TrainingConfig())  # 9 numbers, four times in 4 bytes
    144
    """
    optimizer = 1 if training.optimizer == "muon" else OPTIMIZER_NUMBERS
    return NUMBER_BYTES * (2 + optimizer) * count_parameters(model)


def step_memory(model: GPTConfig, training: TrainingConfig) -> int:
    """Further bytes that a step takes at least: logits, their gradient, one state a layer."""
    B = -(-training.batch_size // training.accumulation)
    states = ACTIVATION_BYTES * model.n_layer * model.n_embd
    if model.is_classifier:
        return B * (model.block_size * states + 2 * NUMBER_BYTES * model.n_class)
    step = B * model.block_size * (2 * NUMBER_BYTES * model.vocab_size + states)
    if model.n_encoder_layer:
        encoder = model.encoder
        step += B * encoder.block_size * ACTIVATION_BYTES * encoder.n_layer * encoder.n_embd
    return step


def of_device(training: TrainingConfig, now: bool = False) -> int:
    """Bytes of memory on the device of a training: all of them, or those available now."""
    try:
        name = devices.choose(training).name
    except ConfigError:  # it may be on the machine that will train; that one looks again
        return sys.maxsize
    if name == "cuda":
        free, there = torch.cuda.mem_get_info()
        return int(free if now else there)
    return memory.available() if now else memory.total()
