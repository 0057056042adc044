"""What the arguments of `python -m gpt train` ask for: a new run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import gpt
from gpt.commands.arguments import refuse_beside
from gpt.commands.new_data import learned_part, new_data, refuse_of_other_tasks
from gpt.commands.setting_arguments import changes, refuse_without_effect
from gpt.errors import ConfigError, TokenizerError
from gpt.text.builtin.generated import BUILTIN_EXAMPLES
from gpt.text.corpus import Corpus
from gpt.text.hidden_tokens import with_mark
from gpt.text.labelled import LabelledExamples
from gpt.text.large_text import LargeText
from gpt.text.pairs import PairExamples
from gpt.text.splitting import suggested
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.training.beginning import Beginning, classifier_config, with_new_head
from gpt.training.creation import create_run
from gpt.training.data import AnyData, Data, split_examples
from gpt.training.example_presets import FINE_TUNE
from gpt.training.minutes_plan import in_minutes
from gpt.training.presets import Preset, find
from gpt.training.runs import Run
from gpt.training.stored_text import check_stream
from gpt.training.teachers import Teachers

FIRST = {"next": "tiny", "masked": "fill-in", "classify": "reviews", "translate": "numbers-fr"}
"""The preset of each task if none is named; for files of one's own, `OWN`."""
OWN = {"classify": "sentiment", "translate": "translation"}
OF_THE_BODY = ("tokenizer",)
"""What a run that begins with another one has from it."""

Watch = Callable[[float], None]

Spec = tuple[str, int | None]
"""A kind of tokenizer, and its size if that is chosen."""


def create(arguments: argparse.Namespace, watch: Watch = lambda share: None) -> Run:
    """The folder of a new run, as the arguments ask for it.

    Args:
        watch: called with the share of a large text that a pass has read; may raise to end it.

    Raises:
        HeadlightError: an argument has a wrong value, or does not go with another.
    """
    for files in ("text", "pairs"):
        refuse_beside(arguments, files, ("builtin", "length", "examples", "text_seed"))
    name = _preset_name(arguments)
    preset = find(name)
    refuse_of_other_tasks(arguments, preset.task)
    model, training = changes(arguments)
    refuse_without_effect(preset, model, training)
    data = new_data(arguments, preset.task, preset.text, watch)
    _print_notes(data)
    if isinstance(data, LargeText):  # before a pass over it that takes a minute
        check_stream(data, preset.training_config(**training))
    if isinstance(data, Corpus) and "documents" not in {**preset.training, **training}:
        training["documents"] = suggested(data)
    folder = arguments.out or Path("checkpoints") / name
    if getattr(arguments, "from"):
        return _begun(arguments, folder, name, data, model, training)
    teachers = _teachers(arguments)
    if teachers is not None:
        training.setdefault("teacher_share", 1.0)
    tokenizer, source_tokenizer = _tokenizers(arguments, preset, data)
    of_data = _from_the_data(data, source_tokenizer)
    config = preset.model_config(tokenizer.vocab_size, **model, **of_data)
    return create_run(
        folder,
        config,
        in_minutes(config, preset.training_config(**training)),
        data,
        tokenizer,
        name,
        source_tokenizer=source_tokenizer,
        probe=arguments.probe,
        teachers=teachers,
    )


def _teachers(arguments: argparse.Namespace) -> Teachers | None:
    """The runs that the new one learns from; None if none is named."""
    if arguments.teachers is None:
        return None
    return Teachers(tuple(gpt.load(path) for path in arguments.teachers))


def _preset_name(arguments: argparse.Namespace) -> str:
    """The preset that is named, or the first of the task that is asked for.

    Raises:
        ConfigError: a preset for another task.
    """
    is_own = bool(arguments.text or arguments.pairs)
    if arguments.preset is None and getattr(arguments, "from"):
        return FINE_TUNE
    if arguments.preset is None:
        task = arguments.task or ("translate" if arguments.pairs else "next")
        return OWN[task] if is_own and task in OWN else FIRST[task]
    name: str = arguments.preset
    task = find(name).task
    if arguments.task not in (None, task):
        raise ConfigError(f"the preset {name!r} is for task = {task}, not for {arguments.task}")
    if name == FINE_TUNE and not getattr(arguments, "from"):
        raise ConfigError(f"the preset {name!r} needs a run to begin with; name it with --from")
    return name


def _print_notes(data: AnyData) -> None:
    """Say how the files were read, and how examples are split."""
    for note in data.notes:
        print(note)
    if not isinstance(data, Corpus | LargeText):
        for note in split_examples(data).notes:
            print(note)


def _tokenizers(
    arguments: argparse.Namespace, preset: Preset, data: AnyData
) -> tuple[Tokenizer, Tokenizer | None]:
    """The tokenizer, and the sources' own if they do not share it.

    One that learns sees no held-out example. Characters do: a vocabulary that lacks one could not
    read it.
    """
    if isinstance(data, LargeText):
        own = arguments.tokenizer or choices.parse(preset.tokenizer or "characters")
        return _of_large(own, data, preset.task), None
    own, of_source = _specs(arguments, preset, data)
    if preset.task == "masked":
        return _made(own, data, lambda part: with_mark(part.text)), None
    if not isinstance(data, PairExamples) or of_source is None:
        return _made(own, data, lambda part: part.text), None
    target, source = attrgetter("target_text"), attrgetter("source_text")
    return _made(own, data, target), _made(of_source, data, source)


def _specs(arguments: argparse.Namespace, preset: Preset, data: Data) -> tuple[Spec, Spec | None]:
    """Which tokenizers: those that are named, the preset's, or those that suit the examples."""
    origin = data.origin if not isinstance(data, Corpus) else {}
    suited = BUILTIN_EXAMPLES.get(origin.get("builtin", ""))
    if arguments.tokenizer or arguments.source_tokenizer:
        own = arguments.tokenizer or choices.parse(preset.tokenizer or "characters")
        return own, arguments.source_tokenizer
    if preset.tokenizer or suited is None:
        return choices.parse(preset.tokenizer or "characters"), None
    names: list[Any] = [suited.tokenizer, suited.source_tokenizer]
    if origin.get("swapped") and suited.source_tokenizer:
        names.reverse()
    own, of_source = (choices.parse(name) if name else None for name in names)
    assert own is not None
    return own, of_source


def _of_large(spec: Spec, text: LargeText, task: str) -> Tokenizer:
    """The tokenizer of a large text: characters from all of it, pairs and words from a sample.

    Raises:
        TokenizerError: one that learns from whole texts only.
    """
    kind, size = spec
    if kind in choices.CHOICES and not choices.CHOICES[kind].in_pieces:
        able = ", ".join(name for name, choice in choices.CHOICES.items() if choice.in_pieces)
        raise TokenizerError(
            f"{kind!r} does not learn from a text in pieces, and {text.name} is larger than is "
            f"read at once; choose one of {able}"
        )
    if kind != "characters":
        return choices.make(kind, text.sample(), size)
    characters = text.characters()
    return choices.make(kind, with_mark(characters) if task == "masked" else characters, size)


def _made(spec: Spec, data: Data, text_of: Callable[[Data], str]) -> Tokenizer:
    kind, size = spec
    return choices.make(kind, text_of(data if kind == "characters" else learned_part(data)), size)


def _from_the_data(data: AnyData, source_tokenizer: Tokenizer | None) -> dict[str, Any]:
    """The settings of the model that the data decides."""
    if isinstance(data, LabelledExamples):
        return {"n_class": len(data.labels)}
    return {"source_vocab_size": source_tokenizer.vocab_size} if source_tokenizer else {}


def _begun(
    arguments: argparse.Namespace,
    folder: Path,
    name: str,
    data: AnyData,
    model: dict[str, Any],
    training: dict[str, Any],
) -> Run:
    """A classifier with the body of another run.

    Raises:
        ConfigError: an argument or a setting that the other run decides.
    """
    refuse_beside(arguments, "from", OF_THE_BODY)
    own = ("dropout", "pool", "pool_activation")
    if fixed := sorted(set(model) - set(own)):
        raise ConfigError(
            f"{', '.join(fixed)} is that of the run to begin with; only {', '.join(own)} can be set"
        )
    checkpoint, plan = gpt.load(getattr(arguments, "from")), find(name).training_config(**training)
    assert isinstance(data, LabelledExamples)
    config = classifier_config(checkpoint, len(data.labels), **model)
    beginning: Beginning = with_new_head(checkpoint, config, plan.seed)
    return create_run(
        folder,
        config,
        plan,
        data,
        checkpoint.tokenizer,
        name,
        begun_from=beginning,
        probe=arguments.probe,
    )
