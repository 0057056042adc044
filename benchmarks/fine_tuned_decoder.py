"""A decoder that learned to write sentences, fine-tuned to label them.

As the lecture's end suggests. The folds are those of `benchmarks.sentiment_folds`. From the
training sentences of a fold a small decoder learns to write words, without a label; then its body
gets a classification head (`--task classify --from RUN`) and learns from the labels, its best
weights chosen on a tenth of them. The fold's test is read once.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import gpt
from benchmarks.film_reviews import add_texts, film_reviews
from benchmarks.report import Report, parser, progress
from benchmarks.sentiment_folds import FOLDS
from gpt import process
from gpt.inspect.counting_baseline import counting_scores
from gpt.text.corpus import Corpus, Document
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import folds
from gpt.text.tokenizers import choices
from gpt.training.beginning import classifier_config, with_new_head
from gpt.training.creation import create_run
from gpt.training.example_presets import FINE_TUNE
from gpt.training.loop import train
from gpt.training.presets import find
from gpt.training.runs import Run

NAME = "fine_tuned_decoder"
WORDS = 8000
WRITING: dict[str, Any] = dict(documents="lines", steps=1000, batch_size=32, eval_interval=500)
TUNING: dict[str, Any] = dict(eval_interval=100)
QUICK: dict[str, Any] = dict(steps=4, eval_interval=2, eval_batches=1)


def main() -> None:
    """Test some folds, and print how many sentences were labelled rightly."""
    arguments = parser(__doc__)
    add_texts(arguments)
    arguments.add_argument("--folds", type=int, default=3, help="how many are tested, from 1")
    arguments.add_argument("--seed", type=int, default=1, help="of the folds and the weights")
    options = arguments.parse_args()
    process.keep_buffers()
    report, rows = Report(NAME, options), []
    examples = film_reviews(options.texts)
    for fold in folds(examples, FOLDS, options.seed)[: 1 if options.quick else options.folds]:
        learned = examples.take(np.sort(np.concatenate([fold.training, fold.validation])))
        rows.append(_tested(learned, examples.take(fold.test), options.seed, options.quick))
        progress(f"fold {len(rows)}: {rows[-1]}")
    report.finish({"Folds": rows}, [])


def _tested(
    learned: LabelledExamples, test: LabelledExamples, seed: int, quick: bool
) -> dict[str, float]:
    """The shares of the test that the fine-tuned decoder, and naive Bayes, label rightly."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        writer = _writer(learned, Path(folder) / "writer", seed, quick)
        tuned = gpt.load(_tuned(writer, learned, Path(folder) / "tuned", seed, quick).path, "best")
        given = [gpt.classify(tuned, text) for text in test.texts]
    chosen = [max(probs, key=probs.__getitem__) for probs in given]
    right = [test.labels[k] for k in test.classes]
    counted = counting_scores(learned.texts, learned.classes, test.texts)
    return {
        "decoder": float(np.mean([a == b for a, b in zip(chosen, right, strict=True)])),
        "words": counted.accuracy(test.classes),
        "seconds": round(time.perf_counter() - started, 1),
    }


def _writer(learned: LabelledExamples, path: Path, seed: int, quick: bool) -> Run:
    """A decoder that has learned to write the sentences, a word after the other."""
    corpus = Corpus("sentences", (Document("sentences", "\n".join(learned.texts) + "\n"),))
    tokenizer, preset = choices.make("words", corpus.text, WORDS), find("tiny")
    config = preset.model_config(tokenizer.vocab_size, block_size=128, dropout=0.2)
    plan = preset.training_config(**{**WRITING, "seed": seed, **(QUICK if quick else {})})
    return _done(create_run(path, config, plan, corpus, tokenizer))


def _tuned(writer: Run, learned: LabelledExamples, path: Path, seed: int, quick: bool) -> Run:
    """Its body with a classification head, which has learned from the labels."""
    checkpoint = gpt.load(writer.path)
    config = classifier_config(checkpoint, len(learned.labels))
    plan = find(FINE_TUNE).training_config(**{**TUNING, "seed": seed, **(QUICK if quick else {})})
    beginning = with_new_head(checkpoint, config, seed)
    tokenizer = checkpoint.tokenizer
    return _done(create_run(path, config, plan, learned, tokenizer, begun_from=beginning))


def _done(run: Run) -> Run:
    status = train(run)
    assert status.state == "done", status.reason
    return run


if __name__ == "__main__":
    main()
