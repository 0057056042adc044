"""Five minutes on the clock: what *Train* foretells of three texts, and what it then reaches.

Each text is planned as the page plans it when *Train* is pressed, at a measured pace, and trained
as the app trains it. None of them was used to fit the law of the expected loss. The texts come
from a folder outside the project.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Report, Row, parser, progress
from gpt.text.corpus import Corpus, from_bytes
from gpt.text.splitting import count, suggested
from gpt.text.tokenizers import choices
from gpt.training import expected_loss
from gpt.training.creation import create_run
from gpt.training.estimate import measure
from gpt.training.jobs import Jobs
from gpt.training.minutes_plan import planned
from gpt.training.presets import find
from gpt.training.runs import Run

NAME = "five_minutes"
PAIRS, REVIEWS, TALES = "eng-fra.tsv", "rt-polarity/pos.txt", "fairy-tales/red-fairy-book.txt"
SENTENCES = 20_000
WITHIN_TIME, WITHIN_LOSS = 0.2, 0.05
"""What is asked for: a share of the time, and nats a character."""


@dataclass(frozen=True)
class Trial:
    """A text with the tokenizer that reads it."""

    title: str
    corpus: Corpus
    tokenizer: str


def main() -> None:
    """Foretell and train each text."""
    options = _options()
    report = Report(NAME, options)
    minutes = 0.5 if options.quick else options.minutes
    rows = []
    for trial in trials(options.data):
        progress(f"{trial.title}: {minutes:g} minutes of {options.preset}")
        rows.append(row(trial, options.preset, minutes))
        progress(str(rows[-1]))
    report.finish(
        {"Foretold and reached": rows},
        [
            f"asked for: within {WITHIN_TIME:.0%} of the time and {WITHIN_LOSS} nats a character",
            "seconds: from starting the process to its end",
        ],
    )


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder of the texts")
    arguments.add_argument("--minutes", type=float, default=5.0)
    arguments.add_argument("--preset", default="small", help="the size")
    return arguments.parse_args()


def trials(folder: Path) -> list[Trial]:
    """Reviews in English, sentences in French, and fairy tales by byte pairs."""
    pairs = (folder / PAIRS).read_text(encoding="utf-8").splitlines()
    french = [line.split("\t")[1] for line in pairs if line]
    random.Random(2).shuffle(french)
    reviews = (folder / REVIEWS).read_text(encoding="utf-8").splitlines()
    tales = (folder / TALES).read_text(encoding="utf-8")
    return [
        Trial("film reviews, characters", _corpus("reviews", "\n".join(reviews)), "characters"),
        Trial("French, characters", _corpus("french", "\n".join(french[:SENTENCES])), "characters"),
        Trial("fairy tales, byte pairs", _corpus("tales", tales), "bpe:512"),
    ]


def _corpus(name: str, text: str) -> Corpus:
    return from_bytes([(f"{name}.txt", text.encode())])


def row(trial: Trial, preset: str, minutes: float) -> Row:
    """Train one text in so many minutes; the foretold and the reached time and loss."""
    corpus, documents = trial.corpus, suggested(trial.corpus)
    tokenizer = choices.make(*_named(trial.tokenizer, corpus.text))
    recipe = find(preset)
    model = recipe.model_config(tokenizer.vocab_size)
    settings = recipe.training_config(documents=documents)
    pace = measure(model, settings, corpus, tokenizer)
    training = planned(settings, minutes, pace)
    counts = count(corpus, tokenizer, documents, model.block_size)
    long = counts.characters_per_token
    counted = expected_loss.counted(corpus, documents)
    expected = expected_loss.expect(counted, corpus, model, training, long)
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(Path(folder) / "trial", model, training, corpus, tokenizer, preset)
        seconds = _train(run, Path(folder))
        plan, loss = run.training_config(), run.metrics()[-1]["val_loss"]
    reached = counts.loss_per_character(float(loss or "nan"))
    again = expected_loss.expect(counted, corpus, model, plan, long)
    return {
        "text": trial.title,
        "seconds asked": 60 * minutes,
        "seconds": seconds,
        "in time": abs(seconds / (60 * minutes) - 1) <= WITHIN_TIME,
        "steps foretold": training.steps,
        "steps": plan.steps,
        "loss foretold": expected.loss,
        "loss of its steps": again.loss,
        "loss": reached,
        "off": reached - expected.loss,
        "close": abs(reached - expected.loss) <= WITHIN_LOSS,
    }


def _named(spec: str, text: str) -> tuple[str, str, int | None]:
    kind, size = choices.parse(spec)
    return kind, text, size


def _train(run: Run, folder: Path) -> float:
    """Train a run as the app does; return the seconds until its process has ended."""
    jobs, began = Jobs(folder), time.perf_counter()
    jobs.start(run)
    while jobs.current() is not None:
        time.sleep(0.2)
    if run.status().state != "done":
        raise SystemExit(f"the run ended as {run.status().state}: {run.status().reason}")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
