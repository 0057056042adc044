"""What a Hugging Face tokenizer.json says, read with care: it may be a stranger's.

What could make a text of any length out of a short one is refused or set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gpt.errors import TokenizerError
from gpt.nn.config import LIMITS

STEPS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
MAX_GROWTH = 64
LOCAL = {"Sequence", "WordPiece", "Metaspace", "BPEDecoder", "ByteFallback", "Fuse"}
"""Decoders that write a token by what it is, and by its being the first, the last or neither."""


def safe_spec(spec: Any) -> dict[str, Any]:
    """Return a tokenizer.json without the settings that cut, fill up or vary a text.

    Raises:
        TokenizerError: it is no tokenizer.json, or its rules let a text grow without limit.
    """
    if not isinstance(spec, dict) or not isinstance(spec.get("model"), dict):
        raise TokenizerError('this is not a tokenizer.json: it has no "model"')
    growth = 1
    for node in (node for step in STEPS for node in nodes(spec.get(step))):
        if node.get("type") in ("Replace", "Prepend", "Precompiled"):
            inserted = node.get("content", node.get("prepend", "·" * 7))
            growth *= len(inserted) + 1 if isinstance(inserted, str) else MAX_GROWTH + 1
    if growth > MAX_GROWTH:
        raise TokenizerError(
            f"this tokenizer.json could make a text {growth:,} times as long; up to {MAX_GROWTH} "
            "times are taken"
        )
    model = {**spec["model"], **({"dropout": None} if "dropout" in spec["model"] else {})}
    return {**spec, "model": model, "truncation": None, "padding": None}


def nodes(step: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """A step of a tokenizer.json and every step within it."""
    if depth > 8:
        raise TokenizerError("this tokenizer.json nests its steps too deep")
    if isinstance(step, dict):
        yield step
        for value in step.values():
            yield from nodes(value, depth + 1)
    elif isinstance(step, list):
        for value in step:
            yield from nodes(value, depth + 1)


def frame(spec: dict[str, Any]) -> tuple[list[int], list[int]]:
    """The ids that a tokenizer.json puts before and after every text ("[CLS]" and "[SEP]").

    Args:
        spec: its content, which the library has accepted.
    """
    for node in nodes(spec.get("post_processor")):
        if node.get("type") in ("BertProcessing", "RobertaProcessing"):
            return [node["cls"][1]], [node["sep"][1]]
        if node.get("type") == "TemplateProcessing":
            named = {name: token["ids"] for name, token in node["special_tokens"].items()}
            around: tuple[list[int], list[int]] = ([], [])
            side = 0
            for part in node["single"]:
                if "SpecialToken" in part:
                    around[side].extend(named[part["SpecialToken"]["id"]])
                else:
                    side = 1
            return around
    return [], []


def is_local(writer: dict[str, Any]) -> bool:
    """Whether a decoder's step leaves the text of earlier tokens alone when more follow."""
    if writer["type"] == "Strip":
        return writer.get("stop") == 0
    if writer["type"] == "Replace":
        pattern = writer.get("pattern")
        return isinstance(pattern, dict) and len(pattern.get("String", "")) == 1
    return writer["type"] in LOCAL


def checked_size(names: dict[int, str], wanted: Any) -> int:
    """Number of ids (V): what is wanted, or else one more than the highest id.

    Raises:
        TokenizerError: there are no tokens, too many, or more than wanted.
    """
    if not names:
        raise TokenizerError("this tokenizer.json has no tokens")
    size = max(names) + 1
    if size > LIMITS["vocab_size"]:
        raise TokenizerError(
            f"this tokenizer.json has token ids up to {size - 1:,}; up to "
            f"{LIMITS['vocab_size']:,} tokens are taken"
        )
    if wanted is None:
        return size
    if not isinstance(wanted, int) or not size <= wanted <= LIMITS["vocab_size"]:
        raise TokenizerError(f"this tokenizer has {size:,} tokens; vocab_size says {wanted!r}")
    return wanted


@contextmanager
def library_errors(what: str) -> Iterator[None]:
    """Turn whatever the library raises into an error that a person may meet."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, TokenizerError):
        raise
    except BaseException as error:  # a panic of its Rust code is no Exception
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise TokenizerError(f"{what} ({said})") from None
