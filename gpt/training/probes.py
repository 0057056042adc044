"""The probe that a person chooses: the prompt on which each evaluation takes a snapshot.

It is kept with the run, in the "data" of its config.json. A run without one is probed with text
that it does not learn from.
"""

from __future__ import annotations

from typing import Any

from gpt.errors import ConfigError, PromptError, UnknownCharacterError, describe_character
from gpt.nn.config import GPTConfig
from gpt.text.tokenizer import Tokenizer
from gpt.training import snapshots
from gpt.training.runs import Run

KEY = "probe"
TASKS = ("next", "masked", "classify")
"""The tasks whose snapshots show one text that a person can type."""


def probe_ids(text: str, tokenizer: Tokenizer, model: GPTConfig) -> list[int]:
    """The ids of a probe, as the model reads them.

    Raises:
        PromptError: it is empty, has a character that the vocabulary lacks, or is longer than a
            snapshot shows.
    """
    is_whole = model.kind == "encoder" or model.is_classifier
    try:
        ids = tokenizer.encode(text) if is_whole else tokenizer.encode_start(text)
    except UnknownCharacterError as error:
        raise PromptError(
            f"the probe has {describe_character(error.character)}, which is not among the "
            f"{tokenizer.vocab_size:,} characters of this vocabulary; write it without"
        ) from None
    if not ids or not text.strip():
        raise PromptError("the probe is empty; give at least one character")
    most = snapshots.probe_length(model)
    if len(ids) > most:
        raise PromptError(
            f"the probe has {len(ids):,} tokens, and snapshots of this model show up to {most:,}; "
            "give a shorter one"
        )
    return ids


def described(
    text: str | None, task: str, tokenizer: Tokenizer, model: GPTConfig
) -> dict[str, Any]:
    """What a run's config says of its probe, to be put into its "data"; nothing without one.

    Raises:
        ConfigError: a task whose probe cannot be chosen.
        PromptError: a probe that the model cannot read.
    """
    if text is None:
        return {}
    if task not in TASKS:
        raise ConfigError(f"a probe does not go with task = {task}; leave it out")
    probe_ids(text, tokenizer, model)
    return {KEY: text}


def chosen(run: Run, tokenizer: Tokenizer, model: GPTConfig) -> list[int] | None:
    """The ids of a run's own probe; None if nobody chose one.

    Raises:
        PromptError: a config that was changed by hand, to a probe that the model cannot read.
    """
    text = (run.config().get("data") or {}).get(KEY)
    return None if text is None else probe_ids(text, tokenizer, model)
