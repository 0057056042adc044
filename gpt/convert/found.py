"""Found: a checkpoint of others that has been recognised, its numbers not read yet.

So that a person can see what it is before memory is taken and anything is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gpt.checkpoint import Checkpoint
from gpt.convert import result, vocabularies
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Found:
    """A checkpoint of others whose files fit each other.

    Fields:
        kind: "gpt2", "bert", "nanogpt" or "lecture".
        source: the file or folder, or the name on Hugging Face.
        config: its architecture; the shape of every tensor has been held against it.
        read: reads the numbers.
        folder: where tokenizer files may be, for those that come with any.
        notes: what a person should know of the conversion, a sentence each.
        step: how many steps it was trained for, where its file says so.
    """

    kind: str
    source: Path
    config: GPTConfig
    read: Callable[[], GPT]
    folder: Path | None = None
    notes: tuple[str, ...] = ()
    step: int = 0

    def tokenizer(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Tokenizer:
        """Its tokenizer, from what was named or from its own folder.

        Raises:
            ConversionError: there is none, or it has another number of tokens.
        """
        return vocabularies.find(self.config.vocab_size, self.folder, text, vocabulary)

    def checkpoint(
        self, text: str | Path | None = None, vocabulary: str | Path | None = None
    ) -> Checkpoint:
        """Read the numbers too.

        Raises:
            ConversionError: the tokenizer is missing or of another size, or the numbers cannot be
                read.
        """
        tokenizer = self.tokenizer(text, vocabulary)
        model = self.read()
        return result.checkpoint(
            self.kind, self.source, model, tokenizer, self.notes, step=self.step
        )
