"""Tiny runs of every task, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpt.nn.config import GPTConfig
from gpt.text import labelled, pairs
from gpt.text.hidden_tokens import with_mark
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers import choices
from gpt.training.creation import create_run
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from tests.gpt import tiny

SIZES: dict[str, Any] = dict(n_layer=1, n_head=2, n_embd=10, mlp_ratio=2)
SHORT: dict[str, Any] = {**tiny.TRAINING, "sample_tokens": 0}


def reviews() -> LabelledExamples:
    return labelled.from_builtin("reviews", count=100)


def letters() -> PairExamples:
    return pairs.from_builtin("reverse", count=100)


def classify_run(
    path: Path,
    examples: LabelledExamples | None = None,
    model: dict[str, Any] | None = None,
    **training: Any,
) -> Run:
    """A run of an encoder that classifies, not trained yet."""
    examples = examples or reviews()
    tokenizer = choices.make("words", examples.text, 256)
    sizes = dict(block_size=40, mask="none", n_class=len(examples.labels))
    config = GPTConfig(vocab_size=tokenizer.vocab_size, **{**SIZES, **sizes, **(model or {})})
    plan = TrainingConfig(**{**SHORT, "task": "classify", **training})
    return create_run(path, config, plan, examples, tokenizer)


def translate_run(
    path: Path,
    examples: PairExamples | None = None,
    model: dict[str, Any] | None = None,
    shared: bool = True,
    **training: Any,
) -> Run:
    """A run of an encoder-decoder, not trained yet."""
    examples = examples or letters()
    tokenizer = CharacterTokenizer.of(examples.text if shared else examples.target_text)
    of_source = None if shared else CharacterTokenizer.of(examples.source_text)
    sizes = dict(block_size=15, n_encoder_layer=1)
    if of_source is not None:
        sizes |= dict(source_vocab_size=of_source.vocab_size)
    config = GPTConfig(vocab_size=tokenizer.vocab_size, **{**SIZES, **sizes, **(model or {})})
    plan = TrainingConfig(**{**SHORT, "task": "translate", **training})
    return create_run(path, config, plan, examples, tokenizer, source_tokenizer=of_source)


def masked_run(path: Path, model: dict[str, Any] | None = None, **training: Any) -> Run:
    """A run of an encoder that fills in hidden characters, not trained yet."""
    corpus = tiny.names()
    tokenizer = CharacterTokenizer.of(with_mark(corpus.text))
    settings = {"task": "masked", "sample_tokens": 9, **training}
    return tiny.new_run(path, corpus, {"mask": "none", **(model or {})}, tokenizer, **settings)


RUNS = {"classify": classify_run, "translate": translate_run, "masked": masked_run}


def train_each_kind(root: Path) -> None:
    """A decoder, a classifier, an encoder that fills in and a translator, trained for a moment."""
    train(tiny.new_run(root / "decoder", model={"block_size": 11}))
    train(classify_run(root / "labels"))
    train(masked_run(root / "words", {"block_size": 11}))
    train(translate_run(root / "two", shared=False))
