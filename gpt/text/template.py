"""The template of an assistant's texts: which signs say that a prompt and that an answer begins.

    Ⓠreverse: qhxbⒶbxhq⏎

The line break ends the answer, as it ends every document of a line (`gpt.text.documents`). The two
signs are in no ordinary text. A vocabulary of characters gets a token for each; a vocabulary of
bytes writes each of them in three tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from gpt.errors import HeadlightError, TextError, TokenizerError
from gpt.nn.loss import IGNORED
from gpt.nn.padding import PADDING
from gpt.text.documents import END, end_token
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer

PROMPT, ANSWER = "Ⓠ", "Ⓐ"
SIGNS = PROMPT + ANSWER + END


def is_writable(text: str) -> bool:
    """Whether a text can be a prompt or an answer: it is not empty and has no sign of the template.

    >>> is_writable("7"), is_writable(" "), is_writable("7Ⓠ")
    (True, False, False)
    """
    return bool(text.strip()) and not any(sign in text for sign in SIGNS)


def as_text(prompt: str) -> str:
    """A prompt in the template, up to where the answer begins.

    >>> as_text("add: 1+2")
    'Ⓠadd: 1+2Ⓐ'
    """
    return f"{PROMPT}{prompt}{ANSWER}"


@dataclass(frozen=True)
class Answered:
    """A prompt and an answer to it as ids.

    Fields:
        ids: of both, from the sign of the prompt to the line break after the answer.
        start: where the answer begins; the ids before it are given and never learned.
    """

    ids: list[int]
    start: int

    def __len__(self) -> int:
        return len(self.ids)


def encode_prompt(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The ids of a prompt in the template.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
    """
    return tokenizer.encode_start(as_text(prompt))


def encode(tokenizer: Tokenizer, prompt: str, answer: str) -> Answered:
    """The ids of a prompt and an answer in the template.

    Raises:
        UnknownCharacterError: a character that the vocabulary lacks.
        TextError: a text with one of the template's own signs in it.
    """
    if any(sign in prompt + answer for sign in SIGNS):
        raise TextError(
            f"a prompt or an answer has {PROMPT}, {ANSWER} or a line break in it, by which an "
            "assistant knows where the next one begins; write something else"
        )
    given = encode_prompt(tokenizer, prompt)
    return Answered([*given, *tokenizer.encode_part(answer), end_token(tokenizer)], len(given))


def inputs_and_targets(rows: Sequence[Answered]) -> tuple[torch.Tensor, torch.Tensor]:
    """What a decoder reads and what it learns to write, (B, T) each.

    Only tokens of the answer, its line break included, have a target; all others are `IGNORED`.
    After the end of a shorter row stands any token (0), which no earlier one can see.
    """
    T = max(map(len, rows)) - 1
    ids = torch.zeros(len(rows), T, dtype=torch.long)
    targets = torch.full((len(rows), T), IGNORED)
    for at, row in enumerate(rows):
        whole, n = torch.tensor(row.ids), len(row)
        ids[at, : n - 1] = whole[:-1]
        targets[at, row.start - 1 : n - 1] = whole[row.start :]
    return ids, targets


def whole_texts(rows: Sequence[Answered]) -> torch.Tensor:
    """Prompts with their answers as a classifier reads them, (B, T): `PADDING` after the end."""
    T = max(map(len, rows))
    return torch.tensor([row.ids + [PADDING] * (T - len(row)) for row in rows])


def check_fit(rows: Iterable[Answered], block_size: int) -> None:
    """Refuse texts that are longer than a model reads.

    Raises:
        TextError: naming the longest.
    """
    longest = max(map(len, rows))
    if longest > block_size:
        raise TextError(
            f"the longest prompt with its answer has {longest:,} tokens; the model reads up to "
            f"{block_size:,}. Leave long ones out, or begin with a run of a larger block_size"
        )


def extended(tokenizer: Tokenizer, text: str) -> tuple[Tokenizer, str]:
    """A tokenizer that has the template's signs and every character of a text.

    New characters come after all others, so that each old one keeps its id.

    Returns:
        The tokenizer, and the characters that are new in it, in the order of their ids.

    Raises:
        TokenizerError: a vocabulary that lacks a sign and to which none can be added.
    """
    if isinstance(tokenizer, CharacterTokenizer):
        known = set(tokenizer.characters)
        new = [c for c in dict.fromkeys(SIGNS + "".join(sorted(set(text)))) if c not in known]
        return CharacterTokenizer([*tokenizer.characters, *new]), "".join(new)
    if missing := [sign for sign in SIGNS if not _writes(tokenizer, sign)]:
        raise TokenizerError(
            f"the tokenizer of this run cannot write {missing[0]!r}, which the template of prompts "
            "and answers needs, and no token can be added to it: only to a vocabulary of "
            "characters. Begin with a run of characters, bytes or bpe"
        )
    if refused := tokenizer.unknown(text):
        raise TokenizerError(
            f"the tokenizer of this run cannot write {refused[0][1]!r}, which a prompt or an "
            "answer has, and no token can be added to it: only to a vocabulary of characters"
        )
    return tokenizer, ""


def _writes(tokenizer: Tokenizer, sign: str) -> bool:
    try:
        if sign == END:
            end_token(tokenizer)
        return tokenizer.decode(tokenizer.encode_part(sign)).strip(" ") == sign
    except HeadlightError:
        return False
