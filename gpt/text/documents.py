"""Documents: a corpus of several texts, and blocks that stop where one of them ends.

Three ways to read a corpus, a setting of the training (`documents` in config.json):

- `stream`: one long text. A block is cut anywhere, and may begin in one document and end in the
  next: the lecture's way, right for a book.
- `lines`: each line is a document, as in a list of names.
- `files`: each file (each speaker of the built-in speeches) is a document.

A line's document ends with the line break, and begins with one: a single token says "something
begins" and "it has ended", like the "." of makemore in the lecture series. It is not a token of its
own, because every tokenizer here has the line break already: the vocabulary stays that of the text,
a generated text looks like the corpus, and runs of all three kinds can be compared on the same
tokens. Files have no such token: no single sign ends a speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import HeadlightError, TextError
from gpt.nn.loss import IGNORED
from gpt.text.batches import random_blocks
from gpt.text.token_file import TokenFile
from gpt.text.tokenizer import Tokenizer

KINDS: dict[str, str] = {
    "stream": "one long text",
    "lines": "one a line",
    "files": "one a file",
}
END = "\n"
EVERY = 10
"""One of so many documents is held out, if lines are documents."""

Batch = tuple[torch.Tensor, torch.Tensor]


class Documents:
    """Token ids of several documents; each block is of one document.

    Args:
        rows: the ids of each document, at least two: one to read and one to predict.

    Raises:
        TextError: no document, or one with nothing to predict.
    """

    def __init__(self, rows: Sequence[Sequence[int] | np.ndarray]) -> None:
        if not rows or min(len(row) for row in rows) < 2:
            raise TextError(
                "a document needs at least two tokens, one to read and one to predict; "
                f"the shortest of {len(rows)} has {min((len(row) for row in rows), default=0)}"
            )
        lengths = torch.tensor([len(row) for row in rows])
        flat = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
        self.ids = torch.from_numpy(flat)
        self.edges = torch.cat((torch.zeros(1, dtype=torch.long), lengths.cumsum(0)))

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def targets(self) -> int:
        """Number of tokens to predict: all but the first of each document."""
        return len(self.ids) - len(self)

    def document(self, number: int) -> torch.Tensor:
        """The ids of one document."""
        return self.ids[self.edges[number] : self.edges[number + 1]]

    def longest(self) -> torch.Tensor:
        """The ids of the longest document; of several, the first."""
        return self.document(int(self.edges.diff().argmax()))

    def starts(
        self, block_size: int, batch_size: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Random starts of blocks in `ids`, and the number of each one's document: (B,) each.

        A document that fits in a block is read from its beginning. In a longer one a block may
        begin anywhere as long as it is filled. Long documents are drawn in proportion to their
        length, so that each token is learned from as often as one of a short document.
        """
        targets = self.edges.diff() - 1
        share = targets.clamp(min=block_size)
        until = share.cumsum(0)
        drawn = torch.randint(int(until[-1]), (batch_size,), generator=generator)
        document = torch.searchsorted(until, drawn, right=True)
        inside = drawn - (until - share)[document]
        positions = (targets - block_size + 1).clamp(min=1)[document]
        return self.edges[document] + inside * positions // share[document], document

    def block(self, starts: torch.Tensor, documents: torch.Tensor, block_size: int) -> Batch:
        """Blocks that begin at `starts`; positions after the end of a document are ignored.

        Returns:
            (x, y), each (B, T). If there is nothing to predict, y is `IGNORED` and x is any id:
            under a causal mask no earlier position reads it.
        """
        at = starts[:, None] + torch.arange(block_size)
        inside = at + 1 < self.edges[documents + 1][:, None]
        last = len(self.ids) - 1
        x, y = self.ids[at.clamp(max=last)], self.ids[(at + 1).clamp(max=last)]
        return torch.where(inside, x, 0), torch.where(inside, y, IGNORED)

    def random(self, block_size: int, batch_size: int, generator: torch.Generator) -> Batch:
        """Random blocks and their targets, (B, T) each."""
        return self.block(*self.starts(block_size, batch_size, generator), block_size)

    def consecutive(self, block_size: int, batch_size: int) -> Iterator[Batch]:
        """Every document in consecutive blocks; every token but its first is a target once."""
        targets = self.edges.diff() - 1
        blocks = (targets + block_size - 1) // block_size
        documents = torch.arange(len(self)).repeat_interleave(blocks)
        first = (blocks.cumsum(0) - blocks)[documents]
        starts = self.edges[documents] + (torch.arange(len(documents)) - first) * block_size
        for i in range(0, len(starts), batch_size):
            part = slice(i, i + batch_size)
            yield self.block(starts[part], documents[part], block_size)


def draw(
    text: torch.Tensor | Documents | TokenFile,
    block_size: int,
    batch_size: int,
    generator: torch.Generator,
) -> Batch:
    """Random blocks of one long text, or of documents, with their targets: (B, T) each."""
    if isinstance(text, Documents | TokenFile):
        return text.random(block_size, batch_size, generator)
    return random_blocks(text, block_size, batch_size, generator)


def end_token(tokenizer: Tokenizer) -> int:
    """The id of the line break, which begins and ends a line's document.

    Raises:
        TextError: a vocabulary that lacks it, or writes it in several tokens.
    """
    try:
        ids = tokenizer.encode_part(END)
    except HeadlightError:
        raise TextError(
            "the text has no line break, so its lines are no documents; read it as one long text"
        ) from None
    if len(ids) != 1:
        raise TextError(
            f"this tokenizer writes a line break as {len(ids)} tokens, so no single token ends a "
            "document; choose another tokenizer, or read the corpus as one long text"
        )
    return ids[0]


def lines(text: str) -> list[str]:
    """The lines of a text that are not blank, without their line breaks."""
    return [line for line in text.split(END) if line.strip()]


def line_documents(texts: Sequence[str], tokenizer: Tokenizer) -> Documents:
    r"""Each text as a document that begins and ends with the line break: "\nemma\n".

    Raises:
        TextError: a tokenizer without one token for the line break.
    """
    end = end_token(tokenizer)
    return Documents([[end, *tokenizer.encode_part(text), end] for text in texts])


# -- for a picture ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sample:
    """A batch, and the document of each of its tokens.

    Fields:
        inputs: (B, T) ids.
        targets: (B, T) ids; `IGNORED` if there is nothing to predict.
        documents: (B, T) number of each *input*'s document, from 0 in reading order; -1 after the
            end of a document.
        target_documents: (B, T) the same for each target.
    """

    inputs: np.ndarray
    targets: np.ndarray
    documents: np.ndarray
    target_documents: np.ndarray


def sample_blocks(
    texts: Sequence[str],
    tokenizer: Tokenizer,
    block_size: int,
    batch_size: int,
    seed: int,
    boundaries: bool,
) -> Sample:
    r"""A batch of documents, cut in the same way as in training.

    Args:
        texts: the documents, each without its line break: names, say.
        boundaries: True stops each block where its document ends (`lines`); False cuts blocks
            out of one long text "emma\nava\n…", across documents (`stream`).

    Raises:
        TextError: too little text for a block, or a tokenizer without one token for a line break.
    """
    generator = torch.Generator().manual_seed(seed)
    if boundaries:
        documents = line_documents(texts, tokenizer)
        starts, numbers = documents.starts(block_size, batch_size, generator)
        x, y = documents.block(starts, numbers, block_size)
        of = torch.where(y == IGNORED, -1, numbers[:, None]).numpy()
        return Sample(x.numpy(), y.numpy(), of, of)
    rows = [tokenizer.encode_part(text + END) for text in texts]
    ids = torch.tensor([id for row in rows for id in row])
    if len(ids) <= block_size:
        raise TextError(f"{len(ids)} tokens do not fill a block of {block_size:,} and what follows")
    number = torch.tensor([i for i, row in enumerate(rows) for _ in row])
    # Positions are drawn, not ids, so that both the ids and their documents can be looked up.
    at, following = random_blocks(torch.arange(len(ids)), block_size, batch_size, generator)
    return Sample(*(t.numpy() for t in (ids[at], ids[following], number[at], number[following])))
