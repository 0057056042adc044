"""`python -m gpt evaluate`: how good a run is on what it did not learn from."""

from __future__ import annotations

import argparse
from typing import Any

import gpt
from gpt.checks import check_whole
from gpt.commands import score_tables
from gpt.commands.arguments import as_path, flag, refuse_beside, refuse_without
from gpt.commands.number_arguments import whole
from gpt.errors import ConfigError
from gpt.setting_ranges import STAGES
from gpt.text import corpus as corpora
from gpt.text import labelled, pairs
from gpt.text.labelled import LabelledExamples
from gpt.text.pairs import PairExamples
from gpt.training.evaluate import validation_loss, validation_loss_of
from gpt.training.held_out_scores import label_scores, one_each, part_of, translate_pairs
from gpt.training.ladder.results import keep, keep_scores
from gpt.training.runs import Run
from gpt.training.stored_text import is_stored, open_tokens

SENTENCES = 2000
OF_TASK = {
    "next": ("text",),
    "masked": (),
    "classify": ("text", "columns", "part"),
    "translate": ("pairs", "columns", "part", "sentences", "seed", "beams"),
}
"""By task, the arguments that not every task has."""
FILES = {"classify": "text", "translate": "pairs"}
"""By task, the argument that names files of examples, which have columns but no parts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument(
        "--text", type=as_path, nargs="+", metavar="FILE", help="other text than the run's own"
    )
    parser.add_argument(
        "--pairs", type=as_path, nargs="+", metavar="FILE", help="other pairs than the run's own"
    )
    parser.add_argument("--columns", nargs=2, metavar=("FIRST", "SECOND"), help="of a table")
    parser.add_argument("--which", choices=("latest", "best"), default="latest")
    parser.add_argument(
        "--part",
        choices=("validation", "test"),
        help="of labelled texts and pairs (default: test, which nothing was chosen by)",
    )
    parser.add_argument(
        "--sentences",
        type=whole,
        help=f"most sources to translate, one for each target (default: {SENTENCES:,})",
    )
    parser.add_argument("--seed", type=whole, help="by which they are drawn (default: 1)")
    parser.add_argument("--beams", type=whole, help="continuations to keep (default: 1, greedy)")
    parser.add_argument(
        "--save", action="store_true", help="keep it in the folder's evaluation.json"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print the scores, and save them if asked to."""
    checkpoint = gpt.load(arguments.checkpoint, arguments.which)
    folder = Run(arguments.checkpoint)
    task = _task(checkpoint)
    if task in STAGES:
        raise ConfigError(
            f"a run of task = {task} is measured by its answers, with python -m gpt judge; its "
            "losses are in its metrics"
        )
    _refuse_of_other_tasks(arguments, task)
    if task == "classify":
        scores = _labels(checkpoint, folder, arguments)
    elif task == "translate":
        scores = _translations(checkpoint, folder, arguments)
    elif task == "masked":
        scores = score_tables.hidden_words(checkpoint, folder)
    else:
        _next_tokens(checkpoint, folder, arguments)
        return
    if arguments.save:
        keep_scores(folder, checkpoint, arguments.which, scores)


def _task(checkpoint: gpt.Checkpoint) -> str:
    """What a run learned, or an imported model can do."""
    task: str | None = (checkpoint.info.get("training") or {}).get("task")
    if task is not None:
        return task
    if checkpoint.config.is_classifier:
        return "classify"
    return "translate" if checkpoint.kind == "encoder-decoder" else "next"


def _refuse_of_other_tasks(arguments: argparse.Namespace, task: str) -> None:
    every = dict.fromkeys(name for names in OF_TASK.values() for name in names)
    wrong = [flag(n) for n in every if n not in OF_TASK[task] and getattr(arguments, n) is not None]
    if wrong:
        raise ConfigError(f"{', '.join(wrong)} does not go with a run of task = {task}")
    if files := FILES.get(task):
        refuse_beside(arguments, files, ("part",))
        refuse_without(arguments, "columns", files)


def _next_tokens(checkpoint: gpt.Checkpoint, folder: Run, arguments: argparse.Namespace) -> None:
    data = folder.config().get("data") or {}
    if is_stored(data) and not arguments.text:
        sha256 = data["sha256"]
        parts = open_tokens(folder, checkpoint.tokenizer).split()
        loss, positions = validation_loss_of(checkpoint, parts)
    else:
        corpus = corpora.from_files(arguments.text) if arguments.text else folder.corpus()
        sha256 = corpus.describe()["sha256"]
        loss, positions = validation_loss(checkpoint, corpus)
    if arguments.save:
        keep(folder, loss, positions, arguments.which, checkpoint, sha256)
    print(f"validation loss {loss:.4f} nats over {positions:,} positions ({arguments.which})")


def _labels(
    checkpoint: gpt.Checkpoint, folder: Run, arguments: argparse.Namespace
) -> dict[str, Any]:
    if arguments.text:
        columns = arguments.columns or (None, None)
        held_out, learned = labelled.from_files(arguments.text, *columns), None
        part = held_out.name
    else:
        own, part = folder.examples(LabelledExamples), arguments.part or "test"
        held_out = own.take(part_of(own, part).tolist())
        learned = own.take(part_of(own, "training").tolist())
    scores = label_scores(checkpoint, held_out, learned)
    score_tables.print_labels(scores, checkpoint.labels, part)
    return {
        "val_loss": scores.loss,
        "part": part,
        "examples": scores.texts,
        "accuracy": score_tables.interval(scores.accuracy),
        "confusion": scores.confusion.tolist(),
        "counting": {
            name: score_tables.interval(measured) for name, measured in scores.counting.items()
        },
    }


def _translations(
    checkpoint: gpt.Checkpoint, folder: Run, arguments: argparse.Namespace
) -> dict[str, Any]:
    beams = 1 if arguments.beams is None else check_whole("--beams", arguments.beams, 1)
    most = SENTENCES if arguments.sentences is None else arguments.sentences
    seed = 1 if arguments.seed is None else check_whole("--seed", arguments.seed, 0)
    check_whole("--sentences", most, 1)
    if arguments.pairs:
        own = pairs.from_files(arguments.pairs, *(arguments.columns or (None, None)))
        rows, part = list(range(len(own))), own.name
    else:
        own, part = folder.examples(PairExamples), arguments.part or "test"
        rows = part_of(own, part).tolist()
    done = translate_pairs(checkpoint, one_each(own, rows, most, seed), beams)
    score_tables.print_translations(done, part, beams, seed)
    scores = done.scores
    return {
        "val_loss": done.loss,
        "part": part,
        "examples": scores.sentences,
        "beams": beams,
        "bleu": score_tables.interval(scores.bleu),
        "chrf": score_tables.interval(scores.chrf),
        "exact_match": score_tables.interval(scores.exact_match),
        "signatures": list(scores.signatures),
    }
