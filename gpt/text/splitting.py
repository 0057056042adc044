"""The split of a corpus into what a run learns from and the tenth that is held out.

- `stream`: the last tenth of the tokens (lecture, 9:28); it may hold one speaker only.
- `lines`: every tenth line; lists are often sorted, so the last tenth would be different.
- `files`: the last tenth of each file, so that both sides have every speaker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch

from gpt.errors import TextError
from gpt.text.batches import split
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus, check_length
from gpt.text.documents import END, EVERY, Documents, line_documents, lines
from gpt.text.large_text import at_line_ends
from gpt.text.token_file import TokenFile
from gpt.text.token_writing import piece_ids, smallest_kind
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

Ids: TypeAlias = "torch.Tensor | Documents | TokenFile"
"""What a step draws its blocks from: one long row of ids, in memory or in a file, or documents."""

PART = 1 << 18  # characters that are encoded at a time
SHORTEST = 20  # characters of a file whose tenth has one to read and one to predict


@dataclass(frozen=True)
class Counts:
    """How long a split text is.

    Fields:
        tokens: in all.
        held_out_tokens: those of the held-out part that are predicted.
        held_out_characters: the characters that these tokens write.
    """

    tokens: int
    held_out_tokens: int
    held_out_characters: int

    @property
    def characters_per_token(self) -> float:
        """The ratio of a loss per token to the same loss per character."""
        return self.held_out_characters / self.held_out_tokens

    def loss_per_character(self, loss: float) -> float:
        """A loss per token in nats per character, which is comparable between tokenizers."""
        return loss / self.characters_per_token


@dataclass(frozen=True)
class Passage:
    """A part of a corpus by one speaker; `speaker` is None if nobody is named."""

    text: str
    speaker: str | None


def suggested(corpus: Corpus) -> str:
    """The best of `documents.KINDS` for a corpus: `lines` for names, `files` for several files."""
    if "builtin" in corpus.source:
        return BUILTIN[corpus.source["builtin"]].documents
    return "files" if len(corpus.documents) > 1 else "stream"


def split_ids(corpus: Corpus, tokenizer: Tokenizer, kind: str) -> tuple[Ids, Ids]:
    """The ids to learn from and the ids that are held out, by one of `documents.KINDS`.

    Raises:
        TextError: a text that leaves nothing to learn from or to hold out.
        UnknownCharacterError: a text with characters that the vocabulary lacks.
    """
    if kind == "stream":
        return split(encoded(corpus.text, tokenizer))
    parts = [[passage.text for passage in part] for part in split_text(corpus, kind)]
    if kind == "lines":
        learned, held_out = (line_documents(texts, tokenizer) for texts in parts)
    else:
        learned, held_out = (
            Documents([encoded(text, tokenizer).numpy() for text in texts]) for texts in parts
        )
    return learned, held_out


def encoded(text: str, tokenizer: Tokenizer) -> torch.Tensor:
    """The ids of a whole text, (T,).

    It is encoded in parts if the tokenizer allows that: a part takes many times the memory of its
    ids.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    if not tokenizer.in_pieces:
        return torch.tensor(tokenizer.encode_part(text))
    parts: Iterable[str] = (text[start : start + PART] for start in range(0, len(text), PART))
    if not isinstance(tokenizer, CharacterTokenizer):
        parts = at_line_ends(parts)
    kind, ids, start = smallest_kind(tokenizer.vocab_size), [], 0
    for part in parts:
        ids.append(piece_ids(part, tokenizer, start).astype(kind))
        start += len(part)
    return torch.from_numpy(np.concatenate(ids or [np.zeros(0)]).astype(np.int64))


def count(corpus: Corpus, tokenizer: Tokenizer, kind: str, block_size: int) -> Counts:
    """Count the tokens of a split corpus, and refuse one that is too short for its blocks.

    Raises:
        TextError: the message says what is missing.
    """
    learned, held_out = split_ids(corpus, tokenizer, kind)
    tokens = sum(
        len(ids.ids) if isinstance(ids, Documents) else len(ids) for ids in (learned, held_out)
    )
    if isinstance(held_out, Documents):
        parts = [held_out.document(i)[1:] for i in range(len(held_out))]
    else:
        check_length(tokens, block_size)
        parts = [held_out[1:]]
    written = sum(len(tokenizer.decode(part.tolist())) for part in parts)
    return Counts(tokens, sum(map(len, parts)), written)


def split_text(corpus: Corpus, kind: str) -> tuple[list[Passage], list[Passage]]:
    """The passages to learn from and the passages that are held out, in reading order.

    With `lines` each line is a passage, without its line break. With `stream` the cut is made in
    characters; a tokenizer of longer tokens may cut a little earlier or later.

    Raises:
        TextError: a text that leaves nothing to learn from or to hold out.
    """
    if kind == "lines":
        return _by_lines(corpus)
    if kind == "files":
        return _by_files(corpus)
    return _by_position(corpus)


def _by_position(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    left = int(0.9 * len(corpus.text))
    learned, held_out = [], []
    for document in corpus.documents:
        length, speaker = len(document.text), document.speaker
        n = max(0, min(left, length))
        left -= length
        learned += [Passage(document.text[:n], speaker)] * (n > 0)
        held_out += [Passage(document.text[n:], speaker)] * (n < length)
    return learned, held_out


def _by_lines(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    passages = [
        Passage(line, part.speaker) for part in corpus.documents for line in lines(part.text)
    ]
    if len(passages) < EVERY:
        raise TextError(
            f"the text has {len(passages):,} lines with something in them; with a line a document, "
            f"every tenth is held out, so at least {EVERY} are needed. Read it as one long text."
        )
    learned = [line for i, line in enumerate(passages) if i % EVERY != EVERY - 1]
    return learned, passages[EVERY - 1 :: EVERY]


def _by_files(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    learned, held_out = [], []
    for document in corpus.documents:
        text, speaker = document.text, document.speaker
        if len(text) < SHORTEST:
            raise TextError(
                f"{document.name} has {len(text):,} characters; with a file a document, the last "
                f"tenth of each is held out, so each needs at least {SHORTEST}"
            )
        n = int(0.9 * len(text))
        learned.append(Passage(text[:n], speaker))
        held_out.append(Passage(text[n:], speaker))
    return learned, held_out


def joined(passages: Sequence[Passage], kind: str) -> str:
    """Passages as one text; lines get their line breaks back."""
    return "".join(passage.text + (END if kind == "lines" else "") for passage in passages)
