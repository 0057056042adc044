"""Checkpoint: a model with its tokenizer, read from a run folder.

Nothing is ever unpickled: safetensors and JSON only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.bounded import where
from gpt.errors import CheckpointError, HeadlightError, PromptError
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.run_files import SOURCE_TOKENIZER, checked_config, read_config, read_tokenizer
from gpt.text.cutting import ending, prompt_ids
from gpt.text.documents import KINDS, end_token
from gpt.text.tokenizer import Tokenizer
from gpt.weights_file import WEIGHTS, load_weights


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
            PromptError: it has no token, is of blanks alone, or has more tokens than the encoder
                reads.
            UnknownCharacterError: a character that the vocabulary lacks.
        """
        ids, most = self.source_tokenizer.encode(text), self.config.encoder.block_size
        if not ids or not text.strip():
            raise PromptError("the source is empty; type at least one character")
        if len(ids) > most:
            raise PromptError(
                f"the source has {len(ids):,} tokens; this model reads up to {most:,}. Give it a "
                "shorter one; of a text, one sentence after the other"
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
