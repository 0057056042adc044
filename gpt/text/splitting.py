"""The split of a corpus: what is learned from, and the tenth that is held out, as text and as ids.

- `stream`: the last tenth of the tokens (lecture, 9:28); it may hold one speaker only.
- `lines`: every tenth line. Lists are often sorted, and the last tenth would be of another kind.
- `files`: the last tenth of each file, so that every speaker is learned from and held out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch

from gpt.errors import TextError, UnknownCharacterError
from gpt.text.batches import split
from gpt.text.builtin import BUILTIN
from gpt.text.corpus import Corpus, check_length
from gpt.text.documents import END, EVERY, Documents, line_documents, lines
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

Ids: TypeAlias = "torch.Tensor | Documents"
"""What a step draws its blocks from: one long row of ids, or documents."""

PART = 1 << 20  # characters that are encoded at a time
SHORTEST = 20  # characters of a file whose tenth has one to read and one to predict


@dataclass(frozen=True)
class Counts:
    """How long a split text is.

    Fields:
        tokens: in all.
        held_out_tokens: of the held-out part, those that are predicted.
        held_out_characters: that these tokens write.
    """

    tokens: int
    held_out_tokens: int
    held_out_characters: int

    @property
    def characters_per_token(self) -> float:
        """By how much a loss per token is larger than the same per character."""
        return self.held_out_characters / self.held_out_tokens

    def loss_per_character(self, loss: float) -> float:
        """A loss per token as nats per character, which other tokenizers' can be set against."""
        return loss / self.characters_per_token


@dataclass(frozen=True)
class Passage:
    """A part of a corpus by one speaker; `speaker` is None where nobody is named."""

    text: str
    speaker: str | None


def suggested(corpus: Corpus) -> str:
    """How a corpus is best read, of `documents.KINDS`: names by the line, several files apart."""
    if "builtin" in corpus.source:
        return BUILTIN[corpus.source["builtin"]].documents
    return "files" if len(corpus.documents) > 1 else "stream"


def split_ids(corpus: Corpus, tokenizer: Tokenizer, kind: str) -> tuple[Ids, Ids]:
    """What is learned from and what is held out, of one of `documents.KINDS`.

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
            Documents([tokenizer.encode_part(t) for t in texts]) for texts in parts
        )
    return learned, held_out


def encoded(text: str, tokenizer: Tokenizer) -> torch.Tensor:
    """The ids of a whole text, (T,).

    Where each character is a token by itself, they are made in parts: a list of ids takes several
    times the memory of their tensor.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    if not isinstance(tokenizer, CharacterTokenizer):
        return torch.tensor(tokenizer.encode_part(text))
    ids = torch.empty(len(text), dtype=torch.long)
    for start in range(0, len(text), PART):
        try:
            part = tokenizer.encode_part(text[start : start + PART])
        except UnknownCharacterError as error:
            at = start + error.position
            raise UnknownCharacterError(error.character, at, tokenizer.vocab_size) from None
        ids[start : start + PART] = torch.tensor(part)
    return ids


def count(corpus: Corpus, tokenizer: Tokenizer, kind: str, block_size: int) -> Counts:
    """How many tokens a split corpus has; refuses one that cannot be learned from in such blocks.

    Raises:
        TextError: saying what is missing.
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
    """The same as text: passages that are learned from, and those held out, in reading order.

    Of `lines` each line is a passage, without its line break. Of `stream` the cut is made in
    characters; with another tokenizer than one of characters it may lie elsewhere by a little.

    Raises:
        TextError: a text that leaves nothing to learn from or to hold out.
    """
    if kind == "lines":
        return _by_lines(corpus)
    if kind == "files":
        return _by_files(corpus)
    return _one_stream(corpus)


def _one_stream(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    left = int(0.9 * len(corpus.text))
    learned, held_out = [], []
    for one in corpus.documents:
        n = max(0, min(left, len(one.text)))
        left -= len(one.text)
        learned += [Passage(one.text[:n], one.speaker)] * (n > 0)
        held_out += [Passage(one.text[n:], one.speaker)] * (n < len(one.text))
    return learned, held_out


def _by_lines(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    found = [Passage(line, one.speaker) for one in corpus.documents for line in lines(one.text)]
    if len(found) < EVERY:
        raise TextError(
            f"the text has {len(found)} lines with something in them; with a line a document, "
            f"every tenth is held out, so at least {EVERY} are needed. Read it as one long text."
        )
    kept = [one for i, one in enumerate(found) if i % EVERY != EVERY - 1]
    return kept, found[EVERY - 1 :: EVERY]


def _by_files(corpus: Corpus) -> tuple[list[Passage], list[Passage]]:
    for one in corpus.documents:
        if len(one.text) < SHORTEST:
            raise TextError(
                f"{one.name} has {len(one.text)} characters; with a file a document, the last "
                f"tenth of each is held out, so each needs at least {SHORTEST}"
            )
    cuts = [int(0.9 * len(one.text)) for one in corpus.documents]
    learned = [
        Passage(one.text[:n], one.speaker) for one, n in zip(corpus.documents, cuts, strict=True)
    ]
    held_out = [
        Passage(one.text[n:], one.speaker) for one, n in zip(corpus.documents, cuts, strict=True)
    ]
    return learned, held_out


def joined(passages: Sequence[Passage], kind: str) -> str:
    """Passages as one text, lines with their line breaks again."""
    return "".join(one.text + (END if kind == "lines" else "") for one in passages)
