"""GPTConfig: the settings of one Transformer, frozen and validated.

GPT-2's five fields (`block_size`, `vocab_size`, `n_layer`, `n_head`, `n_embd`) and the choices
that turn the same class into any model of the lecture, GPT-2, the fast recipe, a classifier, or the
encoder-decoder of the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from gpt.checks import is_number
from gpt.errors import ConfigError
from gpt.numerals import between, to_text

CHOICES: dict[str, tuple[str, ...]] = {
    "position": ("learned", "sinusoidal", "rotary", "none"),
    "norm": ("pre", "post", "none"),
    "norm_kind": ("layer", "batch"),
    "activation": ("relu", "gelu", "gelu_tanh", "squared_relu", "silu"),
    "mask": ("causal", "none"),
    "scale": ("head_size", "n_embd", "none"),
    "init": ("gpt2", "unit_qk", "torch"),
    "pool": ("mean", "first", "last"),
    "pool_activation": ("none", "tanh", "relu"),
}

# Beyond these a config is refused before anything is allocated: a foreign file must not be
# able to ask for terabytes (GPT-2 XL is 1024, 50257, 48, 25, 1600).
LIMITS: dict[str, int] = {
    "block_size": 1 << 16,
    "vocab_size": 1 << 20,
    "n_layer": 1 << 8,
    "n_head": 1 << 8,
    "n_embd": 1 << 14,
    "mlp_ratio": 64,
}
MAX_INNER = 1 << 20

# By setting, what 0 stands for there: nothing of the kind, or as much as another setting says.
FROM_ZERO: dict[str, int] = {
    "n_class": 1 << 16,
    "n_encoder_layer": LIMITS["n_layer"],
    "source_vocab_size": LIMITS["vocab_size"],
    "source_block_size": LIMITS["block_size"],
    "n_inner": MAX_INNER,
}


@dataclass(frozen=True)
class GPTConfig:
    """The architecture of a Transformer.

    Fields:
        block_size: the longest context, in tokens (T at most).
        vocab_size: number of distinct tokens (V).
        n_layer, n_head, n_embd: blocks (L), heads a block (H), channels (C). Without blocks the
            model is the lecture's bigram: a token's embedding holds the logits of the next token,
            so n_embd is vocab_size, and there are no positions, norms or output embedding.
        dropout: probability, on the embeddings and on each residual branch.
        bias: whether linear layers and LayerNorms carry a bias.
        tie_weights: the output embedding is the token embedding.
        position: how a token knows its position.
        norm: a norm before each branch (`pre`, GPT-2), after each addition (`post`, the original
            Transformer), or nowhere.
        norm_kind: `layer` (LayerNorm) or `batch` (BatchNorm); see `gpt.nn.norms`.
        activation: of the feed-forward layer.
        qk_norm: RMS-normalize each query and key before they meet.
        skip: add each branch to the residual stream; otherwise it replaces the stream.
        feed_forward: whether blocks have a feed-forward layer (MLP).
        projection: whether each branch ends in a matrix. Without it the heads are only set side by
            side, and the feed-forward layer has one matrix and is C wide.
        mlp_ratio: width of the feed-forward layer, in multiples of C.
        mask: `causal`, or `none` for an encoder.
        zero_init: start each branch's last matrix at zero, so that a new model is the identity.
        scale: what multiplies q · k: `head_size` (1/sqrt(D)), `n_embd` (1/sqrt(C), the classic
            slip) or `none` (1).
        init: how matrices start. `gpt2`: normal with 0.02. `unit_qk`: the same, but queries and
            keys have variance 1 if their input does (Attention Is All You Need, footnote 4).
            `torch`, as in the lecture: embeddings normal with 1, linear layers uniform within
            1/sqrt(number of inputs).
        qkv_bias: whether queries, keys and values carry a bias if `bias` is on; not in the lecture.
        head_bias: whether the output embedding carries a bias, as in the lecture and BERT.
        n_inner: width of the feed-forward layer if it is no multiple of C; 0 for mlp_ratio × C.
        norm_epsilon: added to a norm's variance, so that nothing is divided by zero.
        embedding_norm: a norm on the sum of token and position embedding, as in BERT.
        head_transform: a matrix, the activation and a norm before the output embedding, as in BERT.
        n_class: number of labels (K) of a classifier, which has a classification head in place of
            the output embedding; 0 for a model of tokens.
        pool: the states that a classification head reads: their `mean`, or the `first` or the
            `last` one.
        pool_activation: of one more matrix before a classification head's own (BERT's pooler);
            `none`: there is no such matrix.
        n_encoder_layer: blocks of the encoder of an encoder-decoder; 0 for a model of one text.
        source_vocab_size: number of distinct source tokens, if they have a vocabulary of their own;
            0: source and target share vocabulary and token embedding.
        source_block_size: the longest source, in tokens (S at most); 0 for block_size.
        scale_embeddings: multiply token embeddings by sqrt(C); sinusoidal positions imply it.

    Raises:
        ConfigError: naming the field, what was got and what would work.
    """

    block_size: int
    vocab_size: int
    n_layer: int
    n_head: int
    n_embd: int
    dropout: float = 0.0
    bias: bool = True
    tie_weights: bool = False
    position: str = "learned"
    norm: str = "pre"
    activation: str = "gelu"
    qk_norm: bool = False
    skip: bool = True
    feed_forward: bool = True
    projection: bool = True
    mlp_ratio: int = 4
    mask: str = "causal"
    zero_init: bool = False
    scale: str = "head_size"
    init: str = "gpt2"
    qkv_bias: bool = True
    head_bias: bool = False
    n_inner: int = 0
    norm_epsilon: float = 1e-5
    embedding_norm: bool = False
    head_transform: bool = False
    norm_kind: str = "layer"
    n_class: int = 0
    pool: str = "mean"
    pool_activation: str = "none"
    n_encoder_layer: int = 0
    source_vocab_size: int = 0
    source_block_size: int = 0
    scale_embeddings: bool = False

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            _check_count(name, getattr(self, name), limit, least=0 if name == "n_layer" else 1)
        for name, limit in FROM_ZERO.items():
            _check_count(name, getattr(self, name), limit, least=0)
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(
                    f"{name} is {to_text(getattr(self, name))}; choose one of {', '.join(allowed)}"
                )
        for name in (field.name for field in fields(self) if field.type == "bool"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is {to_text(getattr(self, name))}; choose true or false")
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise ConfigError(
                f"dropout is {to_text(self.dropout)}; choose a number from 0 up to below 1"
            )
        if not is_number(self.norm_epsilon) or not 0 < self.norm_epsilon <= 1:
            raise ConfigError(
                f"norm_epsilon is {to_text(self.norm_epsilon)}; choose a number above 0, up to 1"
            )
        self._check_heads()
        if self.n_layer == 0:
            self._check_bigram()
        self._check_kind()

    def _check_heads(self) -> None:
        if self.n_embd % self.n_head:
            fits = [h for h in range(1, self.n_embd + 1) if self.n_embd % h == 0]
            near = sorted(sorted(fits, key=lambda h: abs(h - self.n_head))[:4])
            raise ConfigError(
                f"n_embd = {self.n_embd:,} is not divisible by n_head = {self.n_head}: every head "
                f"gets n_embd / n_head channels. n_head could be {', '.join(map(str, near))}; or "
                f"n_embd could be {-(-self.n_embd // self.n_head) * self.n_head:,}"
            )
        if self.position == "rotary" and self.head_size % 2:
            raise ConfigError(
                f"rotary positions turn pairs of channels, so the head size must be even; "
                f"n_embd / n_head = {self.n_embd} / {self.n_head} = {self.head_size}"
            )
        if self.position == "sinusoidal" and self.n_embd % 2:
            raise ConfigError(f"sinusoidal positions need an even n_embd; got {self.n_embd}")

    def _check_bigram(self) -> None:
        """A model without blocks can be a table only: its embedding holds the logits."""
        wanted = {"n_embd": self.vocab_size, "position": "none", "norm": "none"}
        wanted |= dict.fromkeys(("tie_weights", "embedding_norm", "head_transform"), False)
        wanted |= {"n_class": 0, "n_encoder_layer": 0}
        wrong = {name: value for name, value in wanted.items() if getattr(self, name) != value}
        if wrong:
            needed = ", ".join(f"{name} = {to_text(value)}" for name, value in wrong.items())
            raise ConfigError(
                "n_layer is 0, and a model without blocks is a bigram, a table of next-token "
                f"logits: that needs {needed}. Or choose at least one block"
            )

    def _check_kind(self) -> None:
        """A classifier and an encoder-decoder leave some of the other settings no part to play."""
        if self.n_class == 1:
            raise ConfigError("n_class is 1; a classifier chooses between at least 2 labels")
        if self.n_class and self.n_encoder_layer:
            raise ConfigError(
                f"n_class = {self.n_class} and n_encoder_layer = {self.n_encoder_layer} do not go "
                "together: a classifier reads one text, an encoder-decoder writes another; set one "
                "of them to 0"
            )
        if self.n_class and (self.tie_weights or self.head_bias or self.head_transform):
            raise ConfigError(
                "a classifier (n_class above 0) has no output embedding; set tie_weights, "
                "head_bias and head_transform to false"
            )
        if self.n_encoder_layer and self.mask != "causal":
            raise ConfigError(
                f"mask is {self.mask!r}; the decoder of an encoder-decoder writes one token after "
                "the other, so its mask is causal"
            )
        of_source = [n for n in ("source_vocab_size", "source_block_size") if getattr(self, n)]
        if of_source and not self.n_encoder_layer:
            raise ConfigError(
                f"{of_source[0]} is set, but there is no encoder: n_encoder_layer is 0"
            )

    @property
    def kind(self) -> str:
        """What the model is: "decoder", "encoder" (no mask) or "encoder-decoder"."""
        if self.n_encoder_layer:
            return "encoder-decoder"
        return "encoder" if self.mask == "none" else "decoder"

    @property
    def is_classifier(self) -> bool:
        """Whether the model gives the logits of labels rather than of tokens."""
        return self.n_class > 0

    @cached_property
    def encoder(self) -> GPTConfig:
        """The encoder of an encoder-decoder, as the config of a model of one text.

        Raises:
            ConfigError: this is a model of one text.
        """
        if not self.n_encoder_layer:
            raise ConfigError(f"a model of kind {self.kind!r} has no encoder beside a decoder")
        return replace(
            self,
            vocab_size=self.source_vocab_size or self.vocab_size,
            block_size=self.source_block_size or self.block_size,
            n_layer=self.n_encoder_layer,
            mask="none",
            tie_weights=False,
            n_encoder_layer=0,
            source_vocab_size=0,
            source_block_size=0,
        )

    @property
    def head_size(self) -> int:
        """Channels of one head (D)."""
        return self.n_embd // self.n_head

    @property
    def mlp_width(self) -> int:
        """Channels inside the feed-forward layer."""
        if not self.projection:
            return self.n_embd
        return self.n_inner or self.mlp_ratio * self.n_embd

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> GPTConfig:
        """Read what `to_dict` wrote.

        Raises:
            ConfigError: an unknown or missing field, or a value that cannot be.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"unknown model setting {', '.join(map(repr, unknown))}")
        required = ("block_size", "vocab_size", "n_layer", "n_head", "n_embd")
        if missing := [name for name in required if name not in values]:
            raise ConfigError(f"the model settings lack {', '.join(missing)}")
        return cls(**values)


def _check_count(name: str, value: object, limit: int, least: int = 1) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= limit:
        raise ConfigError(
            f"{name} is {to_text(value)}; choose a whole number {between(least, limit)}"
        )
