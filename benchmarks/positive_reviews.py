"""Film reviews, continued so that a classifier calls them positive, and judged by another one.

The reviews are cut into five parts. A classifier learns from the first two and labels pairs of
answers to beginnings of their reviews; another one learns from the next two, and judges answers to
beginnings of the last part, which no run has seen. What it says is an estimate. DPO and PPO begin
with a run that learned from the first two parts how reviews go on; it begins with the shipped
`assistant-base`. Every run is kept in a folder and not made again.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import gpt
from benchmarks.film_reviews import add_texts, film_reviews
from benchmarks.report import ROOT, Report, parser, progress
from gpt import process
from gpt.inspect.classifying import classify
from gpt.text.builtin.assistant_tasks import Judge
from gpt.text.continuations import continuations
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import folds
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.tokenizers import choices
from gpt.training.assistant.estimated_judge import estimated_judge, labelled_pairs
from gpt.training.assistant.judged_runs import JudgedRun, judge_run
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.creation import create_run
from gpt.training.loop import train
from gpt.training.presets import find
from gpt.training.runs import Run

NAME = "positive_reviews"
BASE = ROOT / "checkpoints" / "assistant-base"
LABEL = "pos"
PARTS = 5
LONGEST = 60
"""Characters of a review that are kept, cut at a word: the base reads 64 tokens."""
STEPS = 800
PAIRS = 1200
PROMPTS = 500
DRAW = 100_000
"""The seed of the judged answers, which is none of those that the pairs were drawn with."""
BETAS = {"DPO": (2.0, 0.5), "PPO": (0.1,)}
QUICK = {"steps": 4, "eval_interval": 4, "batch_size": 8}


@dataclass(frozen=True)
class Trial:
    """The runs of one seed, in a folder.

    Fields:
        folder: of the runs.
        reviews: all of them, with their labels.
        seed: of the parts, the weights and the answers.
        quick: whether everything is cut short.
    """

    folder: Path
    reviews: LabelledExamples
    seed: int
    quick: bool

    @cached_property
    def parts(self) -> list[LabelledExamples]:
        """Three: what is learned from, what the judge learns from, and what is asked."""
        tested = [fold.test for fold in folds(self.reviews, PARTS, self.seed)]
        rows = [np.concatenate(tested[:2]), np.concatenate(tested[2:4]), tested[4]]
        return [self.reviews.take(np.sort(each).tolist()) for each in rows]

    def done(self, name: str, create: Callable[[Path], Run]) -> Run:
        """A run that is done, made and trained now unless it was before."""
        path = self.folder / f"{name}-{self.seed}"
        run = Run(path) if (path / "config.json").is_file() else create(path)
        if run.status().state != "done":
            begun = time.process_time()
            status = train(run)
            if status.state != "done":
                raise SystemExit(f"{path.name}: {status.state}, {status.reason}")
            progress(f"{path.name}: {status.step:,} steps, {time.process_time() - begun:.0f} s")
        return run

    def classifier(self, name: str, part: LabelledExamples) -> Run:
        """An encoder that learned to label one part."""
        preset = find("sentiment")
        tokenizer = choices.make(*_tokenizer(preset.tokenizer, part))
        model = preset.model_config(tokenizer.vocab_size, n_class=len(part.labels))
        training = preset.training_config(seed=self.seed, **(QUICK if self.quick else {}))
        return self.done(name, lambda path: create_run(path, model, training, part, tokenizer))

    def stage(
        self,
        name: str,
        preset: str,
        parent: Run | None,
        data: Demonstrations | Comparisons,
        reward: Run | None = None,
        **settings: Any,
    ) -> Run:
        """A stage of an assistant."""
        settings |= {"seed": self.seed, **(QUICK if self.quick else {})}
        begun = gpt.load(BASE if parent is None else parent.path)
        followed = None if reward is None else gpt.load(reward.path)
        plan = plan_stage(preset, begun, data, followed, training=settings)
        return self.done(name, plan.create)

    def pairs(self, writer: Run, judge: Judge, prompts: Sequence[str]) -> Comparisons:
        """Two answers to each prompt that was learned from, the more positive one first."""
        count = 40 if self.quick else PAIRS
        return labelled_pairs(gpt.load(writer.path), judge, prompts[:count], self.seed)


def _tokenizer(wanted: str, part: LabelledExamples) -> tuple[str, str, int | None]:
    kind, size = choices.parse(wanted)
    return kind, part.text, size


def beginnings(part: LabelledExamples) -> Demonstrations:
    """Reviews of which as many words are kept as fit, cut in two."""
    kept = (text[: LONGEST + 1].rsplit(" ", 1)[0] for text in part.texts)
    return continuations("rt-polarity", kept, LONGEST)


def main() -> None:
    """Train what is not there yet, judge it, and print the table."""
    options = _options()
    process.keep_buffers()
    report = Report(NAME, options)
    options.runs.mkdir(parents=True, exist_ok=True)
    reviews = film_reviews(options.texts)
    seeds = range(1, 2 if options.quick else options.seeds + 1)
    trials = [Trial(options.runs, reviews, seed, options.quick) for seed in seeds]
    report.finish({"Reviews": [row for trial in trials for row in rows(trial)]}, _notes())


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    add_texts(arguments)
    arguments.add_argument("--seeds", type=int, default=1, help="how many, from 1")
    arguments.add_argument(
        "--runs",
        type=Path,
        default=Path(tempfile.gettempdir()) / NAME,
        help="folder of the runs; those that are done are not trained again",
    )
    return arguments.parse_args()


def rows(trial: Trial) -> Iterator[dict[str, Any]]:
    """The rows of a seed: the writer, and each run that was tuned by the pairs."""
    learned, others, asked = trial.parts
    labeller, judge = trial.classifier("labels", learned), trial.classifier("judge", others)
    for run in (labeller, judge):
        progress(f"{run.name}: {_accuracy(run, asked):.1%} of {len(asked):,} unseen reviews")
    data = beginnings(learned)
    writer = trial.stage("writer", "sft", None, data, steps=STEPS, eval_interval=STEPS // 2)
    labels = estimated_judge(gpt.load(labeller.path), LABEL)
    prompts = [data.prompts[row] for row in data.split().training]
    pairs = trial.pairs(writer, labels, prompts)
    progress(f"{len(pairs):,} pairs")
    runs = {"writer": writer, **dict(tuned(trial, writer, pairs))}
    questions = beginnings(asked).take(range(20 if trial.quick else PROMPTS))
    judges = {"labels": labels, "judge": estimated_judge(gpt.load(judge.path), LABEL)}
    yield from judged(trial, runs, questions, judges)


def tuned(trial: Trial, writer: Run, pairs: Comparisons) -> Iterator[tuple[str, Run]]:
    """Runs that begin with the writer and learn from the pairs, by the words of their rows."""
    for beta in BETAS["DPO"]:
        run = trial.stage(f"dpo-{beta:g}", "dpo", writer, pairs, beta=beta, eval_interval=40)
        yield f"DPO, β = {beta:g}", run
    reward = trial.stage("reward", "reward-model", writer, pairs)
    progress(f"{reward.name}: foresees {reward.metrics()[-1]['accuracy']:.1%}")
    for beta in BETAS["PPO"]:
        run = trial.stage("ppo", "ppo", writer, pairs, reward, beta=beta, eval_interval=30)
        yield f"PPO, β = {beta:g}", run


def judged(
    trial: Trial, runs: dict[str, Run], questions: Demonstrations, judges: dict[str, Judge]
) -> Iterator[dict[str, Any]]:
    """What both classifiers say of every run's answers, which are drawn with the same seeds."""
    first: dict[str, JudgedRun] = {}
    for name, run in runs.items():
        answers = judge_run(gpt.load(run.path), questions, DRAW, judges["labels"])
        pairs = zip(questions.prompts, answers.answers, strict=True)
        of_judge = [judges["judge"](*pair) for pair in pairs]
        own = {
            "labels": answers,
            "judge": JudgedRun(run.name, answers.answers, np.array(of_judge)),
        }
        first = first or own
        difference, wins = own["judge"].beside(first["judge"])
        yield {
            "seed": trial.seed,
            "run": name,
            "positive by its labels %": 100 * answers.mean().value,
            "by the judge %": 100 * own["judge"].mean().value,
            "beside the writer": f"{100 * difference.value:+.1f} ± {100 * difference.error:.1f}",
            "wins %": 100 * wins,
            "wins by its labels %": 100 * answers.beside(first["labels"])[1],
            "KL": run.metrics()[-1].get("kl", 0.0),
            "example": f"{questions.prompts[0]} | {answers.answers[0]}",
        }


def _accuracy(run: Run, part: LabelledExamples) -> float:
    """The share of texts that a classifier labels rightly."""
    checkpoint = gpt.load(run.path)
    right = [
        max(given := classify(checkpoint, text), key=given.__getitem__) == part.labels[label]
        for text, label in zip(part.texts, part.classes, strict=True)
    ]
    return float(np.mean(right))


def _notes() -> list[str]:
    return [
        f"{PROMPTS} beginnings of reviews that no run has seen, answers drawn at temperature 1",
        "positive: the mean probability of the label; beside the writer: prompt by prompt, with "
        "its standard error; wins: ties as half",
        "the judge is a classifier that learned from other reviews: an estimate",
    ]


if __name__ == "__main__":
    main()
