"""Sentiment by folds: an encoder from scratch beside naive Bayes, on the same splits.

Each fold is tested once. Its settings are chosen inside the other folds: every candidate learns
from nine tenths of them, and the one with the lowest loss on the last tenth learns from all of them
again. A paired test over the folds says whether encoder and counting differ. Further rows: an
encoder that does not begin as naive Bayes; several encoders that differ in their seed,
log-probabilities added up; and naive Bayes' score added to either.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import stats

from benchmarks.film_reviews import add_texts, film_reviews
from benchmarks.report import Report, parser, progress
from gpt import process
from gpt.inspect.counting_baseline import CountingScores, counting_scores
from gpt.nn.build import build
from gpt.nn.classifier import Classifier
from gpt.nn.loss import cross_entropy
from gpt.seeds import seed_of
from gpt.text.encoded import encode_labelled
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import folds
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.training.counting_start import start_with_counts
from gpt.training.optimizers import Optimizers
from gpt.training.presets import Preset, find
from gpt.training.settings import TrainingConfig
from gpt.training.tasks.estimating import with_hidden_tokens

NAME = "sentiment_folds"
FOLDS = 10
COMMITTEE = 3
"""Encoders whose log-probabilities are added up; each has a seed of its own."""
CANDIDATES: tuple[dict[str, dict[str, Any]], ...] = (
    {},
    {"training": {"learning_rate": 1e-3}},
)
"""What the preset `sentiment` is changed by."""
AT_CHANCE: dict[str, dict[str, Any]] = {
    "model": {"norm": "pre", "zero_init": False, "n_embd": 32},
    "training": {"learning_rate": 1.5e-3, "counting_start": 0.0},
}
"""The same for an encoder that does not begin as naive Bayes, with what suited it best."""
QUICK = {"training": {"steps": 20}}


@dataclass(frozen=True)
class FoldResult:
    """The shares of a fold's test texts that were labelled rightly, 0 to 1, and what it took.

    Fields:
        encoder, words, neighbours: the encoder's, and naive Bayes' on words and on pairs of them.
        at_chance: of an encoder that does not begin as naive Bayes.
        committee: of several encoders' log-probabilities added up.
        together, all_together: of the encoder's, or the committee's mean, and naive Bayes' (on
            pairs) added up.
        candidate: the number of the settings that were chosen.
        seconds: for choosing, learning and testing.
    """

    encoder: float
    words: float
    neighbours: float
    at_chance: float
    committee: float
    together: float
    all_together: float
    candidate: int
    seconds: float


def main() -> None:
    """Test every fold, and print the means with their standard errors."""
    options = _options()
    process.keep_buffers()
    report = Report(NAME, options)
    examples = film_reviews(options.texts)
    results: list[FoldResult] = []
    for result in _results(examples, options):
        results.append(result)
        progress(f"fold {len(results)}: encoder {result.encoder:.1%}, words {result.words:.1%}")
    report.finish({"Folds": [vars(r) for r in results], "Means": _means(results)}, _notes(results))


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    add_texts(arguments)
    arguments.add_argument("--folds", type=int, default=FOLDS, help="how many are tested, from 1")
    arguments.add_argument("--seed", type=int, default=1, help="of the folds and the weights")
    return arguments.parse_args()


def _results(examples: LabelledExamples, options: argparse.Namespace) -> Iterator[FoldResult]:
    wanted = 1 if options.quick else options.folds
    candidates = (QUICK,) if options.quick else CANDIDATES
    for fold in folds(examples, FOLDS, options.seed)[:wanted]:
        started = time.perf_counter()
        training, validation = examples.take(fold.training), examples.take(fold.validation)
        losses = [
            _loss(_trained(training, _recipe(changes), options.seed), validation)
            for changes in candidates
            if len(candidates) > 1
        ]
        best = int(np.argmin(losses)) if losses else 0
        learned = examples.take(np.sort(np.concatenate([fold.training, fold.validation])))
        recipe = _recipe(candidates[best])
        seeds = range(options.seed, options.seed + (1 if options.quick else COMMITTEE))
        encoders = [_trained(learned, recipe, seed) for seed in seeds]
        at_chance = _trained(learned, _recipe(QUICK if options.quick else AT_CHANCE), options.seed)
        yield _tested(encoders, at_chance, learned, examples.take(fold.test), best, started)


@dataclass(frozen=True)
class Recipe:
    """A preset with changes."""

    preset: Preset
    model: dict[str, Any]
    training: TrainingConfig


def _recipe(changes: dict[str, dict[str, Any]]) -> Recipe:
    preset = find("sentiment")
    training = preset.training_config(**changes.get("training", {}))
    return Recipe(preset, changes.get("model", {}), training)


Trained = tuple[Classifier, Tokenizer]


def _trained(examples: LabelledExamples, recipe: Recipe, seed: int) -> Trained:
    """A classifier that has learned from all of some texts, and its tokenizer."""
    kind, size = choices.parse(recipe.preset.tokenizer)
    tokenizer = choices.make(kind, examples.text, size)
    ids = encode_labelled(examples, tokenizer)
    config = recipe.preset.model_config(
        tokenizer.vocab_size, n_class=len(examples.labels), **recipe.model
    )
    torch.manual_seed(seed)
    model, training = build(config).train(), recipe.training
    assert isinstance(model, Classifier)
    if training.counting_start:
        start_with_counts(model, ids, training.counting_start)
    optimizers, close_up = Optimizers(model, training), config.position == "none"
    for step in range(training.steps):
        generator = torch.Generator().manual_seed(seed_of(seed, step))
        batch = ids.at_step(step, training.batch_size, seed)
        optimizers.set_rate(training.rate_factor(step))
        hidden = with_hidden_tokens(batch.ids, training.token_dropout, generator, close_up)
        logits = model(hidden)
        cross_entropy(logits, batch.classes, training.label_smoothing).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), training.grad_clip or np.inf)
        optimizers.step()
    return model.eval(), tokenizer


def _loss(trained: Trained, examples: LabelledExamples) -> float:
    """Mean loss over some texts, in nats."""
    log_probs = _log_probs(trained, examples)
    return -float(log_probs[np.arange(len(examples)), examples.classes].mean())


@torch.no_grad()
def _log_probs(trained: Trained, examples: LabelledExamples) -> np.ndarray:
    """(N, K): the log-probability of each label, in the order of the texts."""
    model, tokenizer = trained
    block = model.config.block_size
    rows = [tokenizer.encode(text)[:block] for text in examples.texts]
    logits = [model(torch.tensor([row]))[0] for row in rows]
    return torch.log_softmax(torch.stack(logits).double(), -1).numpy()


def _tested(
    encoders: Sequence[Trained],
    at_chance: Trained,
    learned: LabelledExamples,
    test: LabelledExamples,
    candidate: int,
    started: float,
) -> FoldResult:
    of_each = np.array([_log_probs(encoder, test) for encoder in encoders])  # (seeds, N, K)
    words, neighbours = (_counted(learned, test, n) for n in (1, 2))
    right = np.asarray(test.classes)

    def share(scores: np.ndarray) -> float:
        return float(np.mean(scores.argmax(1) == right))

    return FoldResult(
        encoder=share(of_each[0]),
        words=words.accuracy(right),
        neighbours=neighbours.accuracy(right),
        at_chance=share(_log_probs(at_chance, test)),
        committee=share(of_each.mean(0)),
        together=share(of_each[0] + neighbours.log_probs),
        all_together=share(of_each.mean(0) + neighbours.log_probs),
        candidate=candidate,
        seconds=round(time.perf_counter() - started, 1),
    )


def _counted(learned: LabelledExamples, test: LabelledExamples, neighbours: int) -> CountingScores:
    K = len(learned.labels)
    return counting_scores(learned.texts, learned.classes, test.texts, K, neighbours)


def _means(results: Sequence[FoldResult]) -> list[dict[str, Any]]:
    """Each row of the table: mean accuracy in percent, and its standard error over the folds."""
    titles = {
        "encoder": "the encoder",
        "words": "naive Bayes on words",
        "neighbours": "naive Bayes on words and pairs",
        "at_chance": "an encoder that begins at chance",
        "committee": f"{COMMITTEE} encoders added up",
        "together": "the encoder and naive Bayes on pairs added up",
        "all_together": f"{COMMITTEE} encoders and naive Bayes on pairs added up",
    }
    rows = []
    for name, title in titles.items():
        shares = 100 * np.array([getattr(result, name) for result in results])
        error = shares.std(ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else float("nan")
        rows.append({"what": title, "accuracy": shares.mean(), "standard_error": float(error)})
    return rows


def _notes(results: Sequence[FoldResult]) -> list[str]:
    if len(results) < 2:
        return ["one fold tells no difference"]
    words = np.array([result.words for result in results])
    notes = []
    for name in ("encoder", "committee", "at_chance"):
        encoder = np.array([getattr(result, name) for result in results])
        test = stats.ttest_rel(encoder, words)
        notes.append(
            f"{name} minus naive Bayes on words, paired over {len(results)} folds: "
            f"{100 * (encoder - words).mean():+.2f} points, t = {test.statistic:.2f}, "
            f"p = {test.pvalue:.3f} (two-sided)"
        )
    return notes


if __name__ == "__main__":
    main()
