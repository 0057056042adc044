"""A checkpoint of others that was recognized, before its numbers are read.

A person sees what it is before it takes memory and before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert import result
from gpt.convert.layouts import rows
from gpt.convert.vocabulary import vocabularies
from gpt.convert.vocabulary.vocabularies import FittingTokenizer
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.run_files import SOURCE_TOKENIZER


@dataclass(frozen=True)
class ForeignCheckpoint:
    """A checkpoint of others whose files fit each other.

    Fields:
        kind: its family, by its name in `gpt.convert.families`, or "run".
        source: the file or folder, or the name on Hugging Face.
        config: its architecture; the shape of every tensor was compared with it.
        read: reads the numbers.
        folder: where its tokenizer files may be.
        notes: what a person should know about the conversion, a sentence each.
        step: how many steps it was trained for, if its file says so.
        text, vocabulary: files beside it, which are used if a person names none.
        predicts: whether its logits mean anything.
        extra: what else the config.json of its run will say: a classifier's labels, or how a
            translation begins and ends.
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
    extra: Mapping[str, Any] = field(default_factory=dict)
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
        rows, source_rows = self.config.vocab_size, self.config.source_vocab_size
        source = self.run / SOURCE_TOKENIZER if self.run is not None else None
        if source is None or not source.is_file():
            return vocabularies.find(
                rows, self.folder, text, vocabulary, source_rows, model_kind=self.kind
            )
        fitting = vocabularies.find(rows, self.folder, text, vocabulary)
        own = vocabularies.find(source_rows or rows, vocabulary=source)
        return replace(fitting, source=own.tokenizer)

    def checkpoint(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Checkpoint:
        """Read the numbers too, and return the whole checkpoint.

        Raises:
            ConversionError: the tokenizer is missing or of another size, or the numbers cannot be
                read.
        """
        fitting = self.fitting_tokenizer(text, vocabulary)
        words, source = fitting.tokenizer, fitting.source
        sizes = words.vocab_size, (source or words).vocab_size
        model = rows.cut(self.read(), *sizes)
        notes = (*self.notes, *fitting.notes)
        if self.info is not None:
            return result.of_run(self.source, model, words, self.info, notes, source)
        read = result.checkpoint(
            self.kind, self.source, model, words, notes, self.step, self.predicts
        )
        return replace(read, info={**read.info, **self.extra}, own_source_tokenizer=source)
