"""`python -m gpt judge`: what a judge says of the answers of one or several runs."""

from __future__ import annotations

import argparse

import gpt
from gpt.checks import check_whole
from gpt.commands.arguments import as_path, refuse_beside
from gpt.commands.new_data import text_seed
from gpt.commands.number_arguments import whole
from gpt.errors import ConfigError
from gpt.text import answer_layouts
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS, Judge
from gpt.text.prompted import Demonstrations
from gpt.training.assistant.estimated_judge import estimated_judge
from gpt.training.assistant.judged_runs import JudgedRun, Mean, by_kind, judge_run, unseen
from gpt.training.runs import Run

PROMPTS = 500
SHOWN = 3
OF_TEN = 10
"""One of so many generated prompts is for the test."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", type=as_path, nargs="+", metavar="RUN", help="run folders")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument(
        "--builtin",
        choices=list(ASSISTANT_TASKS),
        help="generated prompts with an exact judge (default: those that the last run learned)",
    )
    prompts.add_argument(
        "--text",
        type=as_path,
        nargs="+",
        metavar="FILE",
        help="JSONL of prompts with answers; an answer that is the same is right",
    )
    parser.add_argument(
        "--prompts",
        type=whole,
        help=f"so many of the test (default: all, of generated ones up to {PROMPTS})",
    )
    parser.add_argument("--text-seed", type=whole, help="by which they are drawn (default: 1)")
    parser.add_argument(
        "--by", type=as_path, metavar="RUN", help="a classifier that judges: an estimate"
    )
    parser.add_argument("--label", help="with --by: the label whose probability is the score")
    parser.add_argument(
        "--seed", type=whole, help="draw the answers with it (default: take the likeliest tokens)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print a table of scores, a row a run, and how each run differs from the first."""
    checkpoints = [gpt.load(path) for path in arguments.runs]
    judge, data = _judge(arguments), _prompts(arguments)
    judged = [judge_run(checkpoint, data, arguments.seed, judge) for checkpoint in checkpoints]
    kinds = by_kind(data)
    width = max(len(score.name) for score in judged)
    print(f"{len(data):,} unseen prompts of {data.name}; mean score ± standard error, in %")
    print(" ".join([f"{'':{width}}", *(f"{name:>14}" for name in ("all", *kinds))]))
    for score in judged:
        means = [score.mean(), *(score.mean(rows) for rows in kinds.values())]
        print(" ".join([f"{score.name:{width}}", *(f"{_percent(mean):>14}" for mean in means)]))
    if judge is not None:
        print(f"scores: how probable {arguments.label!r} is by {arguments.by.name!r}, an estimate")
    for score in judged[1:]:
        difference, win_rate = score.beside(judged[0])
        print(
            f"{score.name} − {judged[0].name}, prompt by prompt: {_percent(difference, '+')}; "
            f"win rate {100 * win_rate:.1f} %"
        )
    _print_some(data, judged)


def _judge(arguments: argparse.Namespace) -> Judge | None:
    """The classifier that judges, if one is named."""
    if arguments.by is None and arguments.label is None:
        return None
    if arguments.by is None or arguments.label is None:
        raise ConfigError("--by RUN names a classifier and --label its label; give both")
    return estimated_judge(gpt.load(arguments.by), arguments.label)


def _prompts(arguments: argparse.Namespace) -> Demonstrations:
    """The prompts of the test, of those that are named or that the last run learned."""
    refuse_beside(arguments, "text", ("text_seed",))
    if arguments.text:
        own = answer_layouts.demonstrations(arguments.text)
        return own if arguments.prompts is None else unseen(own, _count(arguments))
    described = Run(arguments.runs[-1]).config().get("data") or {}
    name = arguments.builtin or described.get("builtin")
    if name in ASSISTANT_TASKS:
        count = _count(arguments)
        # Twice as many as needed: of some tasks, the same prompt is drawn several times.
        drawn = Demonstrations.from_builtin(name, text_seed(arguments), 2 * OF_TEN * count)
        if arguments.prompts is None:  # as many as there are: of manner, fewer
            count = min(count, len(unseen(drawn)))
        return unseen(drawn, count)
    if described.get("kind") != Demonstrations.KIND:
        raise ConfigError(
            f"the run {arguments.runs[-1].name!r} has no prompts with answers to be judged by; "
            "name some with --builtin or --text"
        )
    if arguments.text_seed is not None:
        raise ConfigError(
            "--text-seed is of generated prompts, and this run learned from files; leave it out"
        )
    own = Run(arguments.runs[-1]).examples(Demonstrations)
    return unseen(own, None if arguments.prompts is None else _count(arguments))


def _count(arguments: argparse.Namespace) -> int:
    return PROMPTS if arguments.prompts is None else check_whole("--prompts", arguments.prompts, 5)


def _percent(mean: Mean, sign: str = "") -> str:
    """A mean and its standard error in percent.

    >>> _percent(Mean(0.5, 0.0123), "+")
    '+50.0 ± 1.2'
    """
    return f"{100 * mean.value:{sign}.1f} ± {100 * mean.error:.1f}"


def _print_some(data: Demonstrations, judged: list[JudgedRun]) -> None:
    """Print the first prompts with every run's answer, those first on which the runs differ."""
    order = sorted(range(len(data)), key=lambda n: len({each.answers[n] for each in judged}) < 2)
    for n in order[:SHOWN]:
        print(f"\n{data.prompts[n]}")
        for run in judged:
            print(f"  {run.name} ({run.scores[n]:.2f}): {run.answers[n]}")
