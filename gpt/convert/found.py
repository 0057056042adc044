"""Found: a checkpoint of others that has been recognised, its numbers not read yet.

So that a person can see what it is before memory is taken and anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert import result, rows, vocabularies
from gpt.convert.vocabularies import Fitted
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT


@dataclass(frozen=True)
class Found:
    """A checkpoint of others whose files fit each other.

    Fields:
        kind: "gpt2", "bert", "nanogpt", "lecture" or "run".
        source: the file or folder, or the name on Hugging Face.
        config: its architecture; the shape of every tensor has been held against it.
        read: reads the numbers.
        folder: where tokenizer files may be, for those that come with any.
        notes: what a person should know of the conversion, a sentence each.
        step: how many steps it was trained for, where its file says so.
        text, vocabulary: what lay beside it, which is taken if nothing is named.
        predicts: whether its logits say anything.
        info: the config.json of a run.
        run: the folder of a run.
        held: what has to stay for the files to stay: a temporary folder.
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
    held: object = None

    def fitted(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Fitted:
        """Its tokenizer, from what was named or from what came with it, and what to say of it.

        Raises:
            ConversionError: there is none, or it has another number of tokens.
        """
        if text is None and vocabulary is None:
            text, vocabulary = self.text, self.vocabulary
        return vocabularies.find(self.config.vocab_size, self.folder, text, vocabulary)

    def checkpoint(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Checkpoint:
        """Read the numbers too.

        Raises:
            ConversionError: the tokenizer is missing or of another size, or the numbers cannot be
                read.
        """
        fitted = self.fitted(text, vocabulary)
        model = rows.cut(self.read(), fitted.tokenizer.vocab_size)
        notes = (*self.notes, *fitted.notes)
        if self.info is not None:
            return result.of_run(self.source, model, fitted.tokenizer, self.info, notes)
        return result.checkpoint(
            self.kind, self.source, model, fitted.tokenizer, notes, self.step, self.predicts
        )
