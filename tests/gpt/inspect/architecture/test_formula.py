"""The formula: its symbols, its numbers and its count say the same, for every architecture."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from gpt.inspect.architecture.formula import KINDS, Term, block_matrices, kind_of, terms
from gpt.inspect.architecture.parameter_counts import breakdown
from gpt.nn.config import GPTConfig
from gpt.shape_only import count_parameters
from tests.gpt.tiny import BERT, VARIANTS, config

BIGRAM = dict(n_layer=0, n_embd=17, n_head=1, position="none", norm="none")
MORE: dict[str, dict[str, Any]] = {
    "BERT": BERT,
    "BERT without biases": {**BERT, "bias": False},
    "bigram": BIGRAM,
    "odd width without biases": dict(n_inner=37, bias=False),
    "post, embedding norm, no feed-forward": dict(
        norm="post", embedding_norm=True, feed_forward=False
    ),
}
ALL = {**VARIANTS, **MORE}


def value(term: Term, config: GPTConfig) -> int:
    """The symbols, read as a formula."""
    names = {
        **dict(L=config.n_layer, C=config.n_embd, V=config.vocab_size),
        **dict(T=config.block_size, F=config.mlp_width),
    }
    tokens = term.symbols.split(",")[0].replace("²", "**2").replace("(", " ( ").replace(")", " ) ")
    text, before = "", ""
    for token in tokens.split():
        factor = token != "+" and token != ")"
        text += "*" if factor and before not in ("", "+", "(") else ""
        text += token
        before = token
    return int(eval(text, {}, names))


@pytest.mark.parametrize("changes", ALL.values(), ids=ALL)
def test_symbols_numbers_and_parameters_agree(changes: dict[str, Any]) -> None:
    model = config(**changes)
    found = terms(model)
    for term in found:
        assert eval(term.numbers.replace("×", "*").replace("²", "**2")) == term.count, term
        assert value(term, model) == term.count, term
    assert sum(term.count for term in found) == count_parameters(model)


@pytest.mark.parametrize("changes", ALL.values(), ids=ALL)
def test_each_term_counts_its_own_parts(changes: dict[str, Any]) -> None:
    model = config(**changes)
    parts: Counter[str] = Counter()
    for part in breakdown(model):
        for inner in part.parts or (part,):
            parts[kind_of(inner.name)] += inner.count
    found = {term.kind: term.count for term in terms(model)}
    assert found == {kind: parts[kind] for kind in found}
    assert set(found) <= set(KINDS)
    assert sum(found.values()) == sum(parts.values())


def test_gpt2_in_its_published_numbers() -> None:
    model = GPTConfig(1024, 50257, 12, 12, 768, tie_weights=True)
    assert [(t.kind, t.symbols, t.count) for t in terms(model)] == [
        ("token embedding", "V C", 38_597_376),
        ("positions", "T C", 786_432),
        ("attention", "L (4 C² + 4 C)", 28_348_416),
        ("feed-forward", "L (8 C² + 5 C)", 56_669_184),
        ("norms", "(2 L + 1) 2 C", 38_400),
        ("output", "0, tied", 0),
    ]
    matrices = block_matrices(model)
    assert matrices is not None
    assert (matrices.symbols, matrices.count) == ("12 L C²", 84_934_656)


def test_without_a_multiple_there_is_no_such_number() -> None:
    assert block_matrices(config(n_inner=37)) is None
    assert block_matrices(config(**BIGRAM)) is None
    attention = block_matrices(config(feed_forward=False, projection=False))
    assert attention is not None and attention.symbols == "3 L C²"
