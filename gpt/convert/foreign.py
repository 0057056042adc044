"""A checkpoint of others that was recognized, before its numbers are read.

A person sees what it is before it takes memory and before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert import result, rows, vocabularies
from gpt.convert.vocabularies import FittingTokenizer
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT


@dataclass(frozen=True)
class ForeignCheckpoint:
    """A checkpoint of others whose files fit each other.

    Fields:
        kind: "gpt2", "bert", "nanogpt", "lecture" or "run".
        source: the file or folder, or the name on Hugging Face.
        config: its architecture; the shape of every tensor was compared with it.
        read: reads the numbers.
        folder: where its tokenizer files may be.
        notes: what a person should know about the conversion, a sentence each.
        step: how many steps it was trained for, if its file says so.
        text, vocabulary: files beside it, which are used if a person names none.
        predicts: whether its logits mean anything.
        info: the config.json of a run.
        run: the folder of a run.
        keeps_alive: a temporary folder that its files are in, deleted with this object.
    """

    kind: str
    source: Path
    config: GPTConfig
    read: Callable[[], GPT]
    folder: Path | None = None
    notes: tuple[str, ...] = ()
    step: int = 0
    text: Path | None = None
    vocabulary: Path | None = None
    predicts: bool = True
    info: Mapping[str, Any] | None = None
    run: Path | None = None
    keeps_alive: object = None

    def fitting_tokenizer(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> FittingTokenizer:
        """The tokenizer that fits it: from the file that is named, or from its own files.

        Raises:
            ConversionError: there is none, or it has another number of tokens.
        """
        if text is None and vocabulary is None:
            text, vocabulary = self.text, self.vocabulary
        return vocabularies.find(self.config.vocab_size, self.folder, text, vocabulary)

    def checkpoint(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Checkpoint:
        """Read the numbers too, and return the whole checkpoint.

        Raises:
            ConversionError: the tokenizer is missing or of another size, or the numbers cannot be
                read.
        """
        fitting = self.fitting_tokenizer(text, vocabulary)
        model = rows.cut(self.read(), fitting.tokenizer.vocab_size)
        notes = (*self.notes, *fitting.notes)
        if self.info is not None:
            return result.of_run(self.source, model, fitting.tokenizer, self.info, notes)
        return result.checkpoint(
            self.kind, self.source, model, fitting.tokenizer, notes, self.step, self.predicts
        )
