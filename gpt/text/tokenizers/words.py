"""Words: one token a word, for texts of few different words; what is rare becomes "[UNK]".

A word is a run of letters, digits and apostrophes, cut before each hyphen ("forty", "-five"); any
other sign is a word of its own, the line break too. What is lost: how many blanks stand between two
words (`decode` writes one), and every word that is not in the vocabulary. If the text has no
capital letters, those of a prompt are read as small ones.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from gpt.text.huggingface import SPELLED, HuggingFaceTokenizer

UNKNOWN = "[UNK]"
CONTINUED = "##"
"""What the vocabulary writes before a piece that no blank precedes: "##-five"."""
LONGEST = 100  # characters of a word; a longer one is unknown


def train(text: str | Iterable[str], vocab_size: int) -> HuggingFaceTokenizer:
    r"""The most frequent words of a text; "[UNK]" has id 0, and the line break id 1.

    >>> tokenizer = train("twenty-five and twenty", 6)
    >>> tokenizer.pieces(tokenizer.encode("twenty-five or twenty"))
    ['twenty', '##-five', '[UNK]', 'twenty']

    Args:
        text: all of it, or its pieces.
        vocab_size: V at most; a text of few words has fewer.
    """
    cutter = pre_tokenizers.Split(Regex(SPELLED), "removed", invert=True)
    counts: Counter[str] = Counter()
    is_small = True
    for part in [text] if isinstance(text, str) else text:
        counts.update(word for word, _ in cutter.pre_tokenize_str(part))
        is_small = is_small and part == part.lower()
    pieces: Counter[str] = Counter()
    for word, count in counts.items():
        for piece in _pieces(word):
            pieces[piece] += count
    del pieces["\n"]
    often = sorted(pieces, key=lambda piece: (-pieces[piece], piece))
    names = [UNKNOWN, "\n", *often[: vocab_size - 2]]
    library = Tokenizer(
        models.WordPiece(
            {name: id for id, name in enumerate(names)},
            unk_token=UNKNOWN,
            continuing_subword_prefix=CONTINUED,
            max_input_chars_per_word=LONGEST,
        )
    )
    if is_small:
        library.normalizer = normalizers.Lowercase()
    library.pre_tokenizer = cutter
    library.decoder = decoders.WordPiece(CONTINUED, cleanup=False)
    return HuggingFaceTokenizer(json.loads(library.to_str()))


def _pieces(word: str) -> list[str]:
    """A word cut before each hyphen, as the vocabulary writes its pieces."""
    first, *others = word.split("-")
    return [first, *(f"{CONTINUED}-{other}" for other in others)] if first else [word]
