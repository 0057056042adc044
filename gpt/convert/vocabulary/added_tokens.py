"""Tokens that side files add to a vocabulary, added by the library that transformers uses."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tokenizers import AddedToken
from tokenizers import Tokenizer as Library

from gpt.convert.vocabulary.specs import Spec
from gpt.convert.vocabulary.tokenizer_settings import Settings, default_tokens, special_tokens
from gpt.errors import ConversionError
from gpt.text.tokenizer_file import library_errors, safe_spec


def with_added_tokens(settings: Settings, base: Spec) -> Spec:
    """Add the tokens of side files to a tokenizer.json, through the library.

    Raises:
        ConversionError: a token would have another id than its file says.
    """
    base = safe_spec(base)
    with library_errors("this is not a tokenizer that `tokenizers` reads"):
        library = Library.from_str(json.dumps(base))
        tokens = list(_to_add(settings, library))
        if not tokens:
            return base
        library.add_tokens(tokens)
        spec: Spec = json.loads(library.to_str())
    for id, token in settings.added.items():
        if (got := library.token_to_id(token.content)) != id:
            raise ConversionError(
                f"{settings.folder.name}: {token.content!r} should be the token {id}, and becomes "
                f"{got}, because the ids before it are not all taken"
            )
    return spec


def _to_add(settings: Settings, library: Library) -> Iterator[AddedToken]:
    """The tokens to add: those with ids in the order of their ids, then missing special ones."""
    special = special_tokens(settings)
    names = {token.content for token in special.values()}
    seen = {token.content for token in library.get_added_tokens_decoder().values()}
    for _, token in sorted(settings.added.items()):
        token.special = token.special or token.content in names
        seen.add(token.content)
        yield token
    for token in special.values():
        if token.content not in seen:
            seen.add(token.content)
            yield token
    # A class's own special tokens that the vocabulary lacks have no row in the model.
    for token in default_tokens(settings).values():
        if token.content not in seen and library.token_to_id(token.content) is not None:
            seen.add(token.content)
            yield token
