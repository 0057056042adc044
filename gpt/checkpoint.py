"""Checkpoint: a model with its tokenizer, read from a run folder or written to one.

Nothing is ever unpickled: safetensors and JSON only. A file's shapes are held against the
config before a byte of the weights is read.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from gpt import memory
from gpt.bounded import MOST_HEADER, check_safetensors
from gpt.bounded import where as where
from gpt.errors import CheckpointError, HeadlightError, PromptError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.run_files import (
    MOST_FILE,
    SOURCE_TOKENIZER,
    TOKENIZER,
    checked_config,
    read_config,
    read_tokenizer,
)
from gpt.run_files import read_json as read_json
from gpt.shape_only import shape_only
from gpt.text.cutting import ending, prompt_ids
from gpt.text.documents import KINDS, end_token
from gpt.text.tokenizer import Tokenizer

MAX_JSON = MOST_FILE[TOKENIZER]
WEIGHTS = {"latest": "model.safetensors", "best": "best.safetensors"}


@dataclass(frozen=True)
class Checkpoint:
    """A trained model and what is needed to use it.

    Fields:
        model: in evaluation mode, float32, on the CPU.
        tokenizer: encodes and decodes its text.
        config: its architecture.
        info: the rest of config.json (training and data settings, versions), and the metadata
            of the weights ("step", say) under "weights".
        path: the folder that it came from.
        own_source_tokenizer: of the source of a model of two texts, if it has a vocabulary of its
            own.
    """

    model: GPT
    tokenizer: Tokenizer
    config: GPTConfig
    info: dict[str, Any]
    path: Path
    own_source_tokenizer: Tokenizer | None = None

    @property
    def source_tokenizer(self) -> Tokenizer:
        """Encodes the source of a model of two texts: the target's, if they share a vocabulary."""
        return self.own_source_tokenizer or self.tokenizer

    @property
    def kind(self) -> str:
        """What the model is: "decoder", "encoder" or "encoder-decoder"."""
        return self.config.kind

    @property
    def labels(self) -> list[str]:
        """The K labels of a classifier, in the order of its logits; none of another model."""
        labels: list[str] = self.info.get("labels") or []
        fits = len(labels) == self.config.n_class
        return list(labels) if fits else [str(k) for k in range(self.config.n_class)]

    @property
    def target_start(self) -> list[int]:
        """The tokens that begin what a model of two texts writes."""
        if "generation" in self.info:
            return [int(id) for id in self.info["generation"]["start"]]
        return [end_token(self.tokenizer)]

    @property
    def never(self) -> list[int]:
        """The tokens that a model of two texts does not write, however likely they are."""
        return [int(id) for id in self.info.get("generation", {}).get("never", [])]

    def source_ids(self, text: str) -> list[int]:
        """A source as the encoder of a model of two texts reads it.

        Raises:
            PromptError: it has no token, or more than the encoder reads.
            UnknownCharacterError: a character that the vocabulary lacks.
        """
        ids, most = self.source_tokenizer.encode(text), self.config.encoder.block_size
        if not ids:
            raise PromptError("the source is empty; type at least one character")
        if len(ids) > most:
            raise PromptError(
                f"the source has {len(ids):,} tokens; this model reads up to {most:,}. Translate "
                "one sentence after the other"
            )
        return ids

    def ids_of(self, text: str) -> list[int]:
        """A prompt as the model reads it: the beginning of a text, or all of it for an encoder.

        In a model of two texts it is how the target begins.

        Raises:
            UnknownCharacterError: a character that the vocabulary lacks.
        """
        if self.kind == "encoder-decoder":
            return [*self.target_start, *self.tokenizer.encode_part(text)]
        is_whole = self.kind == "encoder" or self.config.is_classifier
        return self.tokenizer.encode(text) if is_whole else self.tokenizer.encode_start(text)

    def last_ids(self, text: str) -> list[int]:
        """The last `block_size` of a prompt's ids at most, cut at the start of a character.

        Raises:
            UnknownCharacterError: a character that the vocabulary lacks.
        """
        if self.kind == "encoder-decoder":
            start, most = self.target_start, self.config.block_size
            written = self.tokenizer.encode_part(text)
            return [*start, *ending(self.tokenizer, written, most - len(start))]
        is_continued = self.kind == "decoder" and not self.config.is_classifier
        return prompt_ids(self.tokenizer, text, self.config.block_size, is_continued)

    @property
    def documents(self) -> str:
        """How the training text was cut into documents, see `documents_of`."""
        return documents_of(self.info)

    @property
    def end(self) -> int | None:
        """The token that ends each document, or each target; None if the model learned no end.

        In our own runs it begins them too.
        """
        if "generation" in self.info:
            return int(self.info["generation"]["end"])
        if self.kind == "encoder-decoder":
            return end_token(self.tokenizer)
        return end_token(self.tokenizer) if self.documents == "lines" else None


def load(path: str | Path, which: str = "latest") -> Checkpoint:
    """Read a run folder.

    Args:
        path: the folder.
        which: `latest` weights, or the `best` by validation loss.

    Raises:
        CheckpointError: a missing, truncated or foreign file; the message names it.
    """
    folder = Path(path)
    if which not in WEIGHTS:
        raise CheckpointError(f"there are no {which!r} weights; choose {' or '.join(WEIGHTS)}")
    if not folder.is_dir():
        raise CheckpointError(
            f"there is no run folder {where(folder)!r}; give the path of one, as checkpoints/NAME"
        )
    info = read_config(folder)
    config = model_config(info)
    tokenizer = read_tokenizer(folder)
    if tokenizer.vocab_size != config.vocab_size:
        raise CheckpointError(
            f"tokenizer.json of {folder.name!r} has {tokenizer.vocab_size:,} tokens, config.json "
            f"says {config.vocab_size:,}; the two do not belong together"
        )
    _check_generation(info, config)
    source_tokenizer = _source_tokenizer(folder, config)
    model, metadata = load_weights(folder / WEIGHTS[which], config)
    info = {**info, "weights": metadata}
    return Checkpoint(model.eval(), tokenizer, config, info, folder, source_tokenizer)


def _check_generation(info: Mapping[str, Any], config: GPTConfig) -> None:
    """Refuse a start or an end of what a model writes that its vocabulary does not have."""
    generation = info.get("generation")
    if generation is None:
        return
    highest = max(*generation["start"], generation["end"], *generation.get("never", []))
    if highest >= config.vocab_size:
        raise CheckpointError(
            f"config.json: what the model writes begins or ends with token {highest:,}; its "
            f"vocabulary has {config.vocab_size:,} tokens"
        )


def _source_tokenizer(folder: Path, config: GPTConfig) -> Tokenizer | None:
    """The tokenizer of the source, if it has one of its own.

    It may have one and share the vocabulary: Marian's two cut their languages in their own ways.
    """
    if not config.source_vocab_size and not (folder / SOURCE_TOKENIZER).is_file():
        return None
    own, rows = read_tokenizer(folder, SOURCE_TOKENIZER), config.source_vocab_size
    if own.vocab_size != (rows or config.vocab_size):
        raise CheckpointError(
            f"{SOURCE_TOKENIZER} of {folder.name!r} has {own.vocab_size} tokens, config.json says "
            f"{rows or config.vocab_size}; the two do not belong together"
        )
    return own


def model_config(info: Any) -> GPTConfig:
    """The architecture out of the content of a config.json.

    Raises:
        CheckpointError: not a config of ours, or one that cannot be.
    """
    try:
        return GPTConfig.from_dict(checked_config(info)["model"])
    except HeadlightError as error:
        raise CheckpointError(f"config.json: {error}") from None


def documents_of(info: Any) -> str:
    """How a run's config.json says its text was cut: one of `gpt.text.documents.KINDS`."""
    training = info.get("training") if isinstance(info, dict) else None
    kind = training.get("documents") if isinstance(training, dict) else None
    return kind if isinstance(kind, str) and kind in KINDS else "stream"


def load_weights(path: Path, config: GPTConfig) -> tuple[GPT, dict[str, str]]:
    """A model with the weights of a file, and the file's metadata.

    Raises:
        CheckpointError: the file is missing, truncated, or does not fit the config.
    """
    if not path.is_file():
        raise CheckpointError(
            f"{where(path)} is missing: training has not saved it yet, or the "
            "folder was copied without it"
        )
    check_safetensors(path)
    with shape_only():
        model = build(config)
    memory.require(
        memory.NUMBER_BYTES * model.n_parameters,
        f"{where(path)} has {model.n_parameters:,} parameters: reading them",
        "close something else, or take a smaller model",
        CheckpointError,
    )
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            check_shapes(where(path), shapes, expected_shapes(model))
            tensors = {name: file.get_tensor(name).float() for name in shapes}
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None
    return assembled(model, tensors), metadata


def load_tensors(path: Path, most: int) -> dict[str, torch.Tensor]:
    """Every tensor of a safetensors file.

    Args:
        most: bytes that all of them together may have.

    Raises:
        CheckpointError: the file is missing, truncated, larger or of another kind.
    """
    check_safetensors(path)
    try:
        if path.stat().st_size > most + MOST_HEADER:
            raise CheckpointError(
                f"{where(path)} is larger than that of this model can be ({most:,} bytes)"
            )
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(
        f"{where(path)} cannot be read as safetensors ({error}); it is "
        "truncated or of another kind. Copy it again."
    )


def expected_shapes(model: GPT) -> dict[str, tuple[int, ...]]:
    """By name, the shape of every tensor in a file of this model; tied tensors stand there once."""
    return {name: tuple(tensor.shape) for name, tensor in stored_weights(model).items()}


def stored_weights(model: GPT) -> dict[str, torch.Tensor]:
    """The tensors of a file: every parameter, tied ones once, and the buffers that are saved.

    The buffers are the running statistics of batch normalization.
    """
    tensors = model.state_dict()
    buffers = {name: b for name, b in model.named_buffers() if name in tensors}
    return {name: p.detach() for name, p in [*model.named_parameters(), *buffers.items()]}


def check_shapes(
    where: str, got: Mapping[str, Any], expected: Mapping[str, Any], source: str = "config.json"
) -> None:
    """Refuse a file whose tensors are not the expected ones.

    Args:
        where: names the file, in messages.
        got, expected: name to shape.
        source: names what the expected shapes come from, in messages.

    Raises:
        CheckpointError: a tensor that is missing, too many or of another shape.
    """
    if missing := sorted(set(expected) - set(got)):
        raise CheckpointError(
            f"{where} lacks {len(missing):,} of {len(expected):,} tensors ({missing[0]}, …); it is "
            f"of another model than {source} says"
        )
    if extra := sorted(set(got) - set(expected)):
        raise CheckpointError(
            f"{where} has {len(extra):,} tensors that {source} does not account for ({extra[0]}, …)"
        )
    for name, shape in expected.items():
        if tuple(got[name]) != shape:
            raise CheckpointError(
                f"{where}: {name} has shape {tuple(got[name])}; {source} asks for {shape}"
            )


def assembled(model: GPT, tensors: dict[str, torch.Tensor]) -> GPT:
    """Put tensors, tied ones once, into a model without numbers (`gpt.shape_only`)."""
    by_parameter = {id(p): name for name, p in model.named_parameters()}
    every = model.named_parameters(remove_duplicate=False)
    shared = {name: tensors[by_parameter[id(p)]] for name, p in every}
    model.load_state_dict({**tensors, **shared}, assign=True)
    model.tie()
    return model


def save_weights(
    model: GPT, path: Path, metadata: Mapping[str, str], dtype: torch.dtype = torch.float32
) -> None:
    """Write a model's weights as safetensors."""
    tensors = {name: tensor.to(dtype) for name, tensor in stored_weights(model).items()}
    save_tensors(tensors, path, metadata)


def save_tensors(
    tensors: Mapping[str, torch.Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors as safetensors.

    Raises:
        OSError: the file could not be written; it has the system's error number (for a full disk,
            say), which safetensors gives in words only.
    """
    on_cpu = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(on_cpu, path, metadata=dict(metadata or {}))
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else errno.EIO, str(error), str(path)) from None
