"""Uses of each tensor: the stages and pages that show it at work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from gpt.nn.config import GPTConfig
from pages.shared import folders

PAGES = folders.ROOT / "pages"


@dataclass(frozen=True)
class Link:
    """A link to a page, with the choices to make there besides the run."""

    page: str
    label: str
    icon: str
    query: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The page's file."""
        return PAGES / f"{self.page}.py"


@dataclass(frozen=True)
class Place:
    """What a tensor does, in a sentence of Markdown, and links to pages that show it."""

    meaning: str
    links: tuple[Link, ...] = ()


def places(config: GPTConfig, tensor: str) -> Place:
    """The place of a tensor, by its name in a run's files."""
    names = tensor.split(".")
    if names[0] == "encoder" and config.n_encoder_layer:
        return _of_encoder(config, tensor.removeprefix("encoder."))
    if names[0] == "h":
        return _in_block(config, int(names[1]), names[2], names[3])
    if names[0] == "wte" and not config.n_layer:
        table = _embeddings("Embeddings", part="Tokens", table="token")
        return Place(
            "The bigram's table: a token's row holds the logits of the next one.", (table,)
        )
    if names[0] == "lm_head":
        return _output(config)
    return ONCE[names[0]]


def _in_block(config: GPTConfig, layer: int, part: str, name: str) -> Place:
    site = {"site": "cross" if part == "cross" else "decoder"} if config.n_encoder_layer else {}
    query = {"layer": str(layer), **site}
    head = Link("head", "Inside a head", ":material/center_focus_strong:", query)
    maps = Link("attention", "Attention", ":material/grid_on:", query)
    if part == "cross":
        return Place(f"Cross-attention of layer {layer}: {BETWEEN_TEXTS[name]}", (head, maps))
    if part == "ln_cross":
        at = "after what cross-attention has added" if config.norm == "post" else "before it"
        return Place(f"Norm of the cross-attention of layer {layer}, {at}.", (head, NORMALIZATION))
    if part == "attn":
        return Place(f"Attention of layer {layer}: {STAGES[name]}", (head, maps))
    if part == "mlp":
        words = "widens each position's vector" if name == "fc" else "brings it back to C channels"
        return Place(f"Feed-forward layer of block {layer}: {words}.", (EFFECTS, NORMS))
    branch = "attention" if part == "ln_1" else "feed-forward layer"
    if config.norm == "post":
        words = f"Norm after what the {branch} of layer {layer} has been added."
        return Place(words, (NORMALIZATION,))
    words = f"Norm before the {branch} of layer {layer}."
    if part == "ln_1":
        return Place(f"{words} It makes **x**, stage 1 of *Inside a head*.", (head, NORMALIZATION))
    return Place(words, (NORMALIZATION,))


def _of_encoder(config: GPTConfig, tensor: str) -> Place:
    """The place of a tensor of the encoder, by its name there; links lead to the encoder."""
    place = places(config.encoder, tensor)
    links = tuple(
        replace(link, query={**link.query, "site": "encoder"})
        for link in place.links
        if link.page in ("head", "attention", "residual")
    )
    return Place(f"Of the encoder. {place.meaning}", links)


def _embeddings(label: str, **query: str) -> Link:
    return Link("embeddings", label, ":material/scatter_plot:", dict(query))


def _output(config: GPTConfig) -> Place:
    table = "token" if config.tie_weights else "output"
    tied = " It is the token embedding: the two are tied." if config.tie_weights else ""
    return Place(
        f"Output embedding: a row for each token, whose product with the last state is the "
        f"token's logit.{tied}",
        (_embeddings("Embeddings", part="Tokens", table=table), LENS),
    )


STAGES = {
    "query": "**Wq**, stage 2 of *Inside a head*, makes a query of each token's vector; each head "
    "has rows of its own.",
    "key": "**Wk**, stage 2 of *Inside a head*, makes a key of each token's vector; each head has "
    "rows of its own.",
    "value": "**Wv**, stage 2 of *Inside a head*, makes a value of each token's vector; each head "
    "has rows of its own.",
    "proj": "the output projection, stage 8 of *Inside a head*, turns what the heads took into "
    "what is added to the residual stream; each head has columns of its own.",
}
BETWEEN_TEXTS = {
    "query": "**Wq**, stage 2 of *Inside a head*, makes a query of each target token's vector.",
    "key": "**Wk**, stage 2 of *Inside a head*, makes a key of each source token's vector.",
    "value": "**Wv**, stage 2 of *Inside a head*, makes a value of each source token's vector.",
    "proj": STAGES["proj"],
}
RESIDUAL = ":material/waterfall_chart:"
EFFECTS = Link("residual", "Direct effects", RESIDUAL, {"part": "Direct effects"})
NORMS = Link("residual", "Norms", RESIDUAL, {"part": "Norms"})
LENS = Link("residual", "Logit lens", RESIDUAL, {"part": "Logit lens"})
NORMALIZATION = Link("residual", "Normalization", RESIDUAL, {"part": "Normalization"})
LABEL = Link("encoder", "Encoder", ":material/sentiment_satisfied:")
ONCE = {
    "wte": Place(
        "Token embedding: a row for each token, with which it enters the residual stream.",
        (
            _embeddings("Embeddings", part="Tokens", table="token"),
            _embeddings("Token + position", part="Token + position"),
        ),
    ),
    "wpe": Place(
        "Position embedding: a row for each position, added to the token's.",
        (
            _embeddings("Positions", part="Positions"),
            _embeddings("Token + position", part="Token + position"),
        ),
    ),
    "ln_e": Place("Norm of the embeddings, before the first block.", (NORMALIZATION,)),
    "ln_f": Place(
        "Norm after the last block: the logits are read off what it gives.",
        (LENS, NORMALIZATION),
    ),
    "pooler": Place(
        "A matrix and an activation on the pooled state, before the classification head.", (LABEL,)
    ),
    "class_head": Place(
        "Classification head: a row for each label, whose product with the pooled state is the "
        "label's logit.",
        (LABEL,),
    ),
    "transform": Place(
        "A matrix, the activation and a norm between the last block and the output embedding, as "
        "in BERT.",
        (LENS,),
    ),
}
