"""The parameter count as a formula: 12 L C² + V C + …, term by term, symbols and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gpt.nn.config import GPTConfig

KINDS = (
    "token embedding",
    "positions",
    "attention",
    "cross-attention",
    "feed-forward",
    "norms",
    "output",
)
INNER = {"attn": "attention", "cross": "cross-attention", "mlp": "feed-forward"}
WHOLE = {
    **{"wte": "token embedding", "wpe": "positions"},
    **dict.fromkeys(("transform", "lm_head", "pooler", "class_head"), "output"),
}
ENCODER = "encoder."
"""How the names of the parts of an encoder-decoder's encoder begin."""


@dataclass(frozen=True)
class Term:
    """One summand of the parameter count.

    Fields:
        kind: one of `KINDS`.
        symbols: with L, C, V, T (block_size), K (labels) and F, the feed-forward width where it is
            no multiple of C; Lₑ, Vₑ and S for the encoder's blocks, tokens and longest source.
        numbers: the same with this model's numbers.
        count: its value.
        stack: "encoder" for those of an encoder-decoder's encoder; else empty.
    """

    kind: str
    symbols: str
    numbers: str
    count: int
    stack: str = ""

    @property
    def title(self) -> str:
        """What it counts: "attention", or "attention, encoder"."""
        return f"{self.kind}, {self.stack}" if self.stack else self.kind

    def share(self, total: int) -> float:
        """Its part of a total."""
        return self.count / total


def kind_of(part: str) -> str:
    """Which term of the formula counts a part of the model ("h.3.attn", "ln_f").

    >>> kind_of("h.3.attn"), kind_of("encoder.ln_f"), kind_of("lm_head")
    ('attention', 'norms', 'output')
    """
    part = part.removeprefix(ENCODER)
    if part.startswith("h."):
        return INNER.get(part.split(".")[-1], "norms")
    return WHOLE.get(part, "norms")


def terms(config: GPTConfig) -> list[Term]:
    """The summands that a model of this config has; they add up to `count_parameters`."""
    return list(_terms(config))


def block_matrices(config: GPTConfig) -> Term | None:
    """The matrices of all blocks, without biases and norms: GPT-2's 12 L C².

    None if the feed-forward width is no multiple of C.
    """
    inner, rest = divmod(config.mlp_width, config.n_embd)
    if config.n_layer == 0 or (rest and config.feed_forward):
        return None
    of_mlp = (1 + config.projection) * inner if config.feed_forward else 0
    of_attention, L, C = 3 + config.projection, config.n_layer, config.n_embd
    n = of_attention + of_mlp
    if not (M := config.n_encoder_layer):
        return Term("matrices", f"{n} L C²", f"{n} × {L} × {C}²", n * L * C * C)
    m = n + of_attention  # the decoder's blocks look at the source too
    symbols, numbers = f"{m} L C² + {n} Lₑ C²", f"{m} × {L} × {C}² + {n} × {M} × {C}²"
    return Term("matrices", symbols, numbers, (m * L + n * M) * C * C)


def _terms(config: GPTConfig) -> Iterator[Term]:
    yield from _stack_terms(config)
    if config.n_encoder_layer:
        for term in _stack_terms(config.encoder):
            is_shared = term.kind == "token embedding" and not config.source_vocab_size
            if term.kind != "output" and not is_shared:
                yield replace(term, symbols=_of_encoder(term.symbols), stack="encoder")


def _of_encoder(symbols: str) -> str:
    """Symbols with the encoder's own L, V and T.

    >>> _of_encoder("L (4 C² + 4 C)")
    'Lₑ (4 C² + 4 C)'
    """
    return symbols.replace("L", "Lₑ").replace("V", "Vₑ").replace("T", "S")


def _stack_terms(config: GPTConfig) -> Iterator[Term]:
    """Those of a decoder, of an encoder or of a classifier."""
    L, C, V, T = config.n_layer, config.n_embd, config.vocab_size, config.block_size
    yield Term("token embedding", "V C", f"{V} × {C}", V * C)
    if config.position == "learned":
        yield Term("positions", "T C", f"{T} × {C}", T * C)
    if L:
        yield _attention(config, "attention")
        if config.n_encoder_layer:
            yield _attention(config, "cross-attention")
        if config.feed_forward:
            yield _feed_forward(config)
    if norms := list(_norms(config)):
        n = sum(norms)
        each, words = (2, "2 C") if config.bias else (1, "C")
        factor = f"{n} × 2 × {C}" if config.bias else f"{n} × {C}"
        yield Term("norms", f"{_norm_symbols(config, norms)} {words}", factor, n * each * C)
    if L:
        yield from _output(config)


def _attention(config: GPTConfig, kind: str) -> Term:
    L, C = config.n_layer, config.n_embd
    matrices = 3 + config.projection
    biases = 3 * (config.bias and config.qkv_bias) + (config.bias and config.projection)
    added = _times(biases)
    return Term(
        kind,
        f"L ({matrices} C²{f' + {added[0]}C' if biases else ''})",
        f"{L} × ({matrices} × {C}²{f' + {added[1]}{C}' if biases else ''})",
        L * (matrices * C * C + biases * C),
    )


def _feed_forward(config: GPTConfig) -> Term:
    """Two matrices, C × F and F × C, or the first alone; F is a multiple of C as a rule."""
    L, C, F = config.n_layer, config.n_embd, config.mlp_width
    matrices = 1 + config.projection
    bias = (F + C * config.projection) if config.bias else 0
    ratio, rest = divmod(F, C)
    if rest:
        both = f" + F{' + C' if config.projection else ''}" if config.bias else ""
        numbers = f" + {F}{f' + {C}' if config.projection else ''}" if config.bias else ""
        symbols = f"L ({_times(matrices)[0]}C F{both})"
        figures = f"{L} × ({_times(matrices)[1]}{C} × {F}{numbers})"
    else:
        n, b = matrices * ratio, ratio + config.projection
        symbols = f"L ({_times(n)[0]}C²{f' + {_times(b)[0]}C' if bias else ''})"
        figures = f"{L} × ({_times(n)[1]}{C}²{f' + {_times(b)[1]}{C}' if bias else ''})"
    return Term("feed-forward", symbols, figures, L * (matrices * C * F + bias))


def _norms(config: GPTConfig) -> Iterator[int]:
    """How many norms: in the blocks, after the embedding, after the last block."""
    if config.n_layer and config.norm != "none":
        yield config.n_layer * _norms_of_block(config)
    if config.embedding_norm:
        yield 1
    if config.norm == "pre":
        yield 1


def _norms_of_block(config: GPTConfig) -> int:
    return 1 + config.feed_forward + (config.n_encoder_layer > 0)


def _norm_symbols(config: GPTConfig, norms: list[int]) -> str:
    blocks = config.n_layer and config.norm != "none"
    inner = f"{_times(_norms_of_block(config))[0]}L" if blocks else ""
    others = len(norms) - bool(blocks)
    parts = [*([inner] if inner else []), *([str(others)] if others else [])]
    return f"({' + '.join(parts)})"


def _output(config: GPTConfig) -> Iterator[Term]:
    C, V, K = config.n_embd, config.vocab_size, config.n_class
    terms: list[tuple[str, str, int]] = []
    if K:
        if config.pool_activation != "none":
            terms.append(("C² + C", f"{C}² + {C}", C * C + C))
        terms.append(("K C + K", f"{K} × {C} + {K}", K * C + K))
    if config.head_transform:
        vectors = 3 if config.bias else 1  # the matrix's bias and the norm's two, or its gain
        terms.append(
            (f"C² + {_times(vectors)[0]}C", f"{C}² + {_times(vectors)[1]}{C}", C * C + vectors * C)
        )
    if not (config.tie_weights or K):
        terms.append(("V C", f"{V} × {C}", V * C))
    if config.head_bias:
        terms.append(("V", f"{V}", V))
    if terms:
        symbols, numbers, counts = zip(*terms, strict=True)
        yield Term("output", " + ".join(symbols), " + ".join(numbers), sum(counts))
    elif config.tie_weights:
        yield Term("output", "0, tied", "0", 0)


def _times(n: int) -> tuple[str, str]:
    """A factor before a symbol and before a number; 1 is not written."""
    return ("", "") if n == 1 else (f"{n} ", f"{n} × ")
