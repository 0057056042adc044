"""`python -m gpt generate`: continue a prompt, or translate a source, once or several times."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Iterator
from typing import Any

import gpt
from gpt.checks import check_whole
from gpt.commands.arguments import add_switches, as_path, flag, refuse_beside, switches
from gpt.commands.number_arguments import real, whole
from gpt.commands.source_argument import check_source
from gpt.errors import ConfigError, PromptError
from gpt.inspect import wrong_language
from gpt.inspect.translating import encoder_decoder, greedy
from gpt.process import choose_threads
from gpt.silence import why_silent
from gpt.text.streaming import TextStream
from gpt.text.tokenizer import Tokenizer

NOT_OF_BEAMS = tuple("prompt tokens count temperature top_k top_p seed stop mask scale".split())
"""Arguments that a beam search has no use for."""
TOKENS = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("checkpoint", type=as_path, help="a run folder")
    parser.add_argument(
        "--prompt",
        help="where to start (default: a line break, and nothing of a translation); a document "
        "that ends also begins with it",
    )
    parser.add_argument("--source", help="what a model of two texts translates")
    parser.add_argument("--tokens", type=whole, help=f"how many to add (default: {TOKENS})")
    parser.add_argument(
        "--stop",
        help="stop after this token; '' for none (default: the end of a document, where the run "
        "learned one, as from names)",
    )
    parser.add_argument("--count", type=whole, help="how many texts (default: 1)")
    parser.add_argument(
        "--temperature",
        type=real,
        help="0 takes the likeliest (default: 0.8, and 0 for a translation)",
    )
    parser.add_argument("--top-k", type=whole, help="keep the k likeliest tokens")
    parser.add_argument("--top-p", type=real, help="keep the likeliest that reach this share")
    parser.add_argument("--seed", type=whole, help="the same seed gives the same text")
    parser.add_argument(
        "--beams", type=whole, help="continuations of a translation to keep (default: 1, greedy)"
    )
    add_switches(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print the prompt and what follows, as it comes."""
    for name, low in (("count", 1), ("tokens", 0), ("seed", 0)):
        if (number := getattr(arguments, name)) is not None:
            check_whole(flag(name), number, low)
    checkpoint = gpt.load(arguments.checkpoint)
    if why := why_silent(checkpoint.info):
        hint = ". Ask it with: python -m gpt classify RUN TEXT"
        raise PromptError(
            f"{checkpoint.path.name}: {why}{hint if checkpoint.config.is_classifier else ''}"
        )
    check_source(checkpoint, arguments.source)
    choose_threads(checkpoint.model.n_parameters)  # each step reads one token
    if arguments.source is not None:
        _say_wrong_language(checkpoint, arguments.source)
    if arguments.beams is not None:
        _search(checkpoint, arguments)
        return
    stop = _stop(checkpoint, arguments.stop)
    seed = secrets.randbits(31) if arguments.seed is None else arguments.seed
    write = _continue if arguments.source is None else _translate
    for n in range(arguments.count or 1):
        write(checkpoint, arguments, stop, seed + n)


def _say_wrong_language(checkpoint: gpt.Checkpoint, text: str) -> None:
    """Say so if a source is in the target's language already, apart from the translation."""
    source, end = checkpoint.source_ids(text), checkpoint.end
    assert end is not None  # a model of two texts has one
    start, never = checkpoint.target_start, checkpoint.never
    [own] = greedy(encoder_decoder(checkpoint.model), [source], start, end, never=never)
    if wrong_language.reads_as_target(checkpoint, text, source, own):
        print(f"note: {wrong_language.SAYS}", file=sys.stderr)


def _search(checkpoint: gpt.Checkpoint, arguments: argparse.Namespace) -> None:
    """Print the best target that a beam search finds.

    Raises:
        ConfigError: an argument that has no part in it: a search finds one best target.
        PromptError: the model reads one text only.
    """
    refuse_beside(arguments, "beams", NOT_OF_BEAMS)
    print(gpt.translate(checkpoint, arguments.source or "", arguments.beams))


def _continue(
    checkpoint: gpt.Checkpoint, arguments: argparse.Namespace, stop: int | None, seed: int
) -> None:
    """Print the prompt and one continuation, and a line break if it does not end with one."""
    begin = checkpoint.end if stop is not None else None
    prompt = "\n" if arguments.prompt is None else arguments.prompt
    ids = checkpoint.tokenizer.encode_start(prompt)
    if begin is not None and ids[:1] != [begin]:
        ids = [begin, *ids]
    steps = gpt.generate(
        checkpoint.model, ids, _most(arguments), **_settings(arguments, 0.8), seed=seed, stop=stop
    )
    # A document begins with the end of the one before, which is not printed.
    following = (step.id for step in steps)
    begun = ids if begin is None else ids[1:]
    last = _print_text(checkpoint.tokenizer.stream(), begun, following)
    if stop is None or not last.endswith("\n"):
        print()


def _translate(
    checkpoint: gpt.Checkpoint, arguments: argparse.Namespace, stop: int | None, seed: int
) -> None:
    """Print one target of the source, without what begins and ends it."""
    ids, start = checkpoint.ids_of(arguments.prompt or ""), checkpoint.target_start
    room = checkpoint.config.block_size - len(ids) + 1
    steps = gpt.generate(
        checkpoint.model,
        ids,
        min(_most(arguments), max(room, 0)),
        **_settings(arguments, 0.0),
        seed=seed,
        stop=stop,
        source=checkpoint.source_ids(arguments.source),
        never=checkpoint.never,
    )
    following = (step.id for step in steps if step.id != stop)
    _print_text(checkpoint.tokenizer.stream(), ids[len(start) :], following)
    print()


def _most(arguments: argparse.Namespace) -> int:
    """How many tokens are added at most."""
    return TOKENS if arguments.tokens is None else arguments.tokens


def _settings(arguments: argparse.Namespace, temperature: float) -> dict[str, Any]:
    """How tokens are drawn.

    Args:
        temperature: if none is named.
    """
    named = arguments.temperature
    return {
        "temperature": temperature if named is None else named,
        "top_k": arguments.top_k,
        "top_p": arguments.top_p,
        "switches": switches(arguments),
    }


def _print_text(stream: TextStream, prompt: list[int], following: Iterator[int]) -> str:
    """Print the text of a prompt, and of each following id as it comes; return the last text."""
    last = "".join(map(stream.add, prompt))
    print(last, end="", flush=True)
    for id in following:
        text = stream.add(id)
        print(text, end="", flush=True)
        last = text or last
    rest = stream.rest()
    print(rest, end="", flush=True)
    return rest or last


def _stop(checkpoint: gpt.Checkpoint, text: str | None) -> int | None:
    """The token to stop after: the run's own end, or the one that is named.

    Raises:
        ConfigError: the text is not one token.
    """
    if text is None:
        return checkpoint.end
    return _one_token(checkpoint.tokenizer, text) if text else None


def _one_token(tokenizer: Tokenizer, text: str) -> int:
    ids = tokenizer.encode_part(text.replace("\\n", "\n"))
    if len(ids) != 1:
        raise ConfigError(
            f"--stop {text!r} is {len(ids)} tokens of this model; name a single one, such as "
            f"{tokenizer.pieces(ids[:1])[0]!r}"
        )
    return ids[0]
