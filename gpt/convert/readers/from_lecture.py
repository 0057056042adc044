"""The lecture's gpt.py and bigram.py, saved by `torch.save(model.state_dict(), …)`.

Such a file holds nothing but tensors. Their shapes give the sizes of the model. The user has to say
what leaves no trace in them: the characters, and what the scores were scaled by.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from gpt.checkpoint import Checkpoint
from gpt.convert.files.weights import Weights, from_file
from gpt.convert.foreign import ForeignCheckpoint
from gpt.convert.layouts import decoder_layouts
from gpt.convert.layouts.rules import check, to_ours
from gpt.convert.layouts.wrappers import unwrapped
from gpt.errors import ConversionError, HeadlightError
from gpt.nn.config import GPTConfig

OWNER = "the lecture's gpt.py"
TOKENS, POSITIONS = "token_embedding_table.weight", "position_embedding_table.weight"
BUFFER = re.compile(r"blocks\.\d+\.sa\.heads\.\d+\.tril")
BLOCK = re.compile(r"blocks\.([0-9]{1,5})\.")
HEAD = re.compile(r"blocks\.0\.sa\.heads\.([0-9]{1,5})\.query\.weight")
BLOCK_SIZE = 8  # the lecture's; a bigram's table does not say how long its blocks were
BIGRAM = (
    "a bigram: each token's row of its table is the logits of the next one. It has no heads, and "
    f"its file does not say how long its blocks were; {BLOCK_SIZE} is the lecture's"
)


def lecture(
    path: str | Path,
    text: str | Path | None = None,
    vocabulary: str | Path | None = None,
    scale: str = "head_size",
) -> Checkpoint:
    """Read a state_dict of the lecture's gpt.py or bigram.py. Lecture, 1:37:49 and 22:11.

    Args:
        path: a file of torch.save, or of safetensors.
        text: the text it was trained on, whose characters are its vocabulary.
        vocabulary: or a JSON file with them.
        scale: what the scores were scaled by: "head_size", as in the published script; "n_embd",
            the slip of the version that is typed in the lecture; or "none".

    Raises:
        ConversionError: the file is missing, truncated, hostile or of another kind, or the
            vocabulary is missing or of another size.
    """
    return open_checkpoint(path, scale).checkpoint(text, vocabulary)


def open_checkpoint(path: str | Path, scale: str = "head_size") -> ForeignCheckpoint:
    """Recognize such a state_dict, without reading its numbers.

    Raises:
        ConversionError: as `lecture`.
    """
    file = Path(path)
    if not file.is_file():
        raise ConversionError(f"there is no file {path}; give that of a state_dict")
    weights = unwrapped(from_file(file), (TOKENS,)).renamed(_their_name)
    if set(weights.shapes) == {TOKENS}:
        config, notes = _bigrams(weights), [BIGRAM]
    else:
        config, notes = _architecture(weights, scale), []
    rules = decoder_layouts.lecture(config)
    check(config, rules, weights, OWNER)
    read = partial(to_ours, config, rules, weights, OWNER)
    return ForeignCheckpoint("lecture", file, config, read, notes=tuple(notes))


def _their_name(name: str) -> str | None:
    """The name of a tensor; None for a mask, which is not read."""
    return None if BUFFER.fullmatch(name) else name


def _architecture(weights: Weights, scale: str) -> GPTConfig:
    """The sizes of the model, from the shapes of its tensors."""
    shapes = weights.shapes
    heads = [int(match[1]) for name in shapes if (match := HEAD.fullmatch(name))]
    if not (heads and len(shapes.get(TOKENS, ())) == len(shapes.get(POSITIONS, ())) == 2):
        raise ConversionError(
            f"{weights.where} is not of the lecture's gpt.py or bigram.py: those have "
            f"{TOKENS}, {POSITIONS} and blocks.0.sa.heads.0.query.weight, or the first alone; "
            "a model of another kind is read with its config.json, from its whole folder"
        )
    layers = [int(match[1]) for name in shapes if (match := BLOCK.match(name))]
    try:
        return GPTConfig(
            block_size=shapes[POSITIONS][0],
            vocab_size=shapes[TOKENS][0],
            n_layer=max(layers) + 1,
            n_head=max(heads) + 1,
            n_embd=shapes[TOKENS][1],
            activation="relu",
            qkv_bias=False,
            head_bias=True,
            scale=scale,
        )
    except HeadlightError as error:
        raise ConversionError(f"{weights.where}: {error}") from None


def _bigrams(weights: Weights) -> GPTConfig:
    """A bigram is a GPT without blocks, whose token embeddings are the table: docs/adr/0014."""
    shape = weights.shapes[TOKENS]
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ConversionError(f"{weights.where}: a bigram's table is V × V; this is {shape}")
    V = shape[0]
    try:
        return GPTConfig(BLOCK_SIZE, V, n_layer=0, n_head=1, n_embd=V, position="none", norm="none")
    except HeadlightError as error:
        raise ConversionError(f"{weights.where}: {error}") from None
