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
    "classifier": dict(mask="none", n_class=5),
    "classifier with a pooler": dict(n_class=5, pool="first", pool_activation="tanh"),
    "encoder-decoder": dict(n_encoder_layer=3, source_vocab_size=29, source_block_size=23),
    "encoder-decoder, all shared": dict(n_encoder_layer=1, tie_weights=True, norm="post"),
    "encoder-decoder without biases": dict(
        n_encoder_layer=3, source_vocab_size=29, bias=False, feed_forward=False
    ),
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
        **dict(T=config.block_size, F=config.mlp_width, K=config.n_class),
    }
    if term.stack:  # Python reads Lₑ as Le
        encoder = config.encoder
        names |= dict(Le=encoder.n_layer, Ve=encoder.vocab_size, S=encoder.block_size)
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
            stack = "encoder" if inner.name.startswith("encoder.") else ""
            parts[kind_of(inner.name), stack] += inner.count
    counts = {(term.kind, term.stack): term.count for term in terms(model)}
    assert counts == {key: parts[key] for key in counts}
    assert {kind for kind, _ in counts} <= set(KINDS)
    assert sum(counts.values()) == sum(parts.values())


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


def test_the_blocks_of_an_encoder_decoder_are_counted_on_both_sides() -> None:
    both = block_matrices(GPTConfig(8, 9, 2, 2, 4, n_encoder_layer=3))
    assert both is not None
    assert (both.symbols, both.numbers) == ("16 L C² + 12 Lₑ C²", "16 × 2 × 4² + 12 × 3 × 4²")
    assert both.count == 16 * (16 * 2 + 12 * 3)
    titles = [term.title for term in terms(GPTConfig(8, 9, 2, 2, 4, n_encoder_layer=3))]
    assert "cross-attention" in titles and "attention, encoder" in titles
