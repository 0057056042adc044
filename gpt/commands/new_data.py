"""What the arguments of `python -m gpt train` say that a new run learns from."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

from gpt.checks import check_whole
from gpt.commands.arguments import flag, refuse_without
from gpt.errors import ConfigError
from gpt.setting_ranges import STAGES
from gpt.text import corpus as corpora
from gpt.text import labelled, large_text, pairs
from gpt.text.corpus import Corpus
from gpt.text.large_text import LargeText
from gpt.training.data import AnyData, Data, split_examples

LENGTH = 500_000  # characters of generated text
EXAMPLES = 20_000  # generated ones

OF_TEXT = "text length documents speaker probe".split()
OF_EXAMPLES = "columns examples".split()
OF_TASK = {
    "next": [*OF_TEXT, "teachers"],
    "masked": OF_TEXT,
    "classify": ["text", *OF_EXAMPLES, "from", "probe"],
    **{stage: ["text", "examples", "from"] for stage in STAGES},
    "ppo": ["text", "examples", "from", "reward"],
    "translate": ["pairs", *OF_EXAMPLES, "swap", "source_tokenizer"],
}
"""By task, the arguments that not every task has."""
FILES = {"classify": "text", "translate": "pairs"}
"""By task, the argument that names the files of examples."""


def refuse_of_other_tasks(arguments: argparse.Namespace, task: str) -> None:
    """Refuse arguments that this task has no use for.

    Raises:
        ConfigError: naming them.
    """
    every = dict.fromkeys(name for names in OF_TASK.values() for name in names)
    wrong = [
        flag(name)
        for name in every
        if name not in OF_TASK[task] and getattr(arguments, name) not in (None, False)
    ]
    if wrong:
        own = FILES.get(task, "text")
        instead = f"name the files with {flag(own)}" if wrong in (["--text"], ["--pairs"]) else ""
        raise ConfigError(
            f"{', '.join(wrong)} does not go with task = {task}; {instead or 'leave it out'}"
        )


def new_data(
    arguments: argparse.Namespace,
    task: str,
    builtin: str,
    watch: Callable[[float], None] = lambda share: None,
) -> AnyData:
    """The text or the examples of a new run.

    Args:
        builtin: what is generated if nothing is named; "" if something must be.
        watch: called with the share of a large text that is read; may raise to end the reading.

    Raises:
        ConfigError: nothing is named, or an argument does not go with another.
        TextError: what is named cannot be read.
    """
    name = arguments.builtin or builtin
    if task in FILES:
        return _examples(arguments, task, name)
    if arguments.text and large_text.is_large(arguments.text):
        return _large(arguments, watch)
    corpus = corpora.from_files(arguments.text) if arguments.text else _written(arguments, name)
    return corpus.only(arguments.speaker) if arguments.speaker else corpus


def _large(arguments: argparse.Namespace, watch: Callable[[float], None]) -> LargeText:
    text = large_text.of_files(arguments.text)
    if arguments.speaker:
        raise ConfigError(
            f"--speaker does not go with {text.size / 2**20:,.0f} MiB of text, which are read as "
            "one long text; leave it out"
        )
    return replace(text, watch=watch)


def _written(arguments: argparse.Namespace, builtin: str) -> Corpus:
    _check_named(builtin, "files", "text")
    length = LENGTH if arguments.length is None else arguments.length
    return corpora.from_builtin(builtin, text_seed(arguments), length)


def _check_named(builtin: str, data: str, option: str) -> None:
    if not builtin:
        raise ConfigError(
            f"this preset learns from {data} of your own; name them with {flag(option)}, or what "
            "is to be generated with --builtin"
        )


def _examples(arguments: argparse.Namespace, task: str, builtin: str) -> Data:
    """Labelled texts or pairs, out of files or generated."""
    is_pairs, files = task == "translate", getattr(arguments, FILES[task])
    if files:
        columns = arguments.columns or (None, None)
        read = pairs.from_files if is_pairs else labelled.from_files
        data: Data = read(files, *columns)
        return data.swapped() if isinstance(data, pairs.PairExamples) and arguments.swap else data
    _check_named(builtin, "examples", FILES[task])
    refuse_without(arguments, "columns", FILES[task])
    count = EXAMPLES if arguments.examples is None else arguments.examples
    if is_pairs:
        return pairs.from_builtin(builtin, text_seed(arguments), count, arguments.swap)
    return labelled.from_builtin(builtin, text_seed(arguments), count)


def text_seed(arguments: argparse.Namespace) -> int:
    """The seed of what is generated."""
    return 1 if arguments.text_seed is None else check_whole("--text-seed", arguments.text_seed, 0)


def learned_part(data: Data) -> Data:
    """The part of some examples that is learned from; of a text, all of it."""
    if isinstance(data, Corpus):
        return data
    return data.take(split_examples(data).training.tolist())
