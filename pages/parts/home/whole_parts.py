"""The whole model on a prompt: its boxes, with their shapes, their numbers and where they lead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import streamlit as st

from gpt.inspect.architecture import parameter_counts
from gpt.inspect.stream import model_norms
from gpt.inspect.whole_model import (
    AttentionLengths,
    StackLengths,
    every_position,
    label_probs,
    next_tokens,
    stack_lengths,
)
from gpt.nn.config import GPTConfig
from pages.parts.home.doors import Doors
from pages.shared import loads
from pages.shared.large_traces import cores
from pages.shared.loads import BY_LOOK, Look
from pages.shared.prompt_bar import Prompt
from viz.views.whole.whole_payload import Bars, Box, Branch, Stack, WholePicture, encode

MOST_BARS = 6
TITLES = {"decoder": "Attention", "encoder": "Attention", "cross": "Cross-attention"}


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def _stacks(look: Look) -> list[StackLengths]:
    with cores(look):
        return stack_lengths(loads.traced(look))


def stack_names(look: Look) -> list[str]:
    """The names of a model's stacks, in the order of the computation."""
    return [lengths.name for lengths in _stacks(look)]


def payload(prompt: Prompt, position: int) -> bytes:
    """The picture as the browser gets it.

    Args:
        position: of a token whose bars must be there; a large model computes no others.
    """
    return _payload(
        prompt.look(),
        prompt,
        -1 if every_position(len(prompt.ids), prompt.checkpoint.config) else position,
    )


@st.cache_resource(
    max_entries=16, show_spinner=False, hash_funcs={**BY_LOOK, Prompt: lambda prompt: prompt.query}
)
def _payload(look: Look, prompt: Prompt, position: int) -> bytes:
    return encode(picture(prompt, position))


def picture(prompt: Prompt, position: int) -> WholePicture:
    """The whole model on a prompt; for `position` see `payload`."""
    look, doors = prompt.look(), Doors(prompt)
    stacks = _stacks(look)
    drawn = [_stack(look, doors, lengths, len(stacks) - 1) for lengths in stacks]
    return WholePicture(drawn, _bars(look, doors, position))


def _stack(look: Look, doors: Doors, lengths: StackLengths, last: int) -> Stack:
    config, is_source = doors.config, last == 1 and lengths.name == "encoder"
    of = config.encoder if is_source else config
    prefix = "encoder." if is_source else ""
    pieces = prompt_pieces(look, is_source)
    branches = [
        _attention(
            doors,
            of,
            attention,
            0 if attention.name == "cross" else int(not is_source and last == 1),
        )
        for attention in lengths.attentions
    ]
    if of.feed_forward and of.n_layer:
        branches.append(_mlp(doors, of, lengths))
    before = list(_before(doors, of, lengths, prefix))
    after = [_encoded(doors)] if is_source else list(_after(look, doors))
    return Stack(lengths.name, pieces, before, branches, after, lengths.stream)


def prompt_pieces(look: Look, is_source: bool) -> list[str]:
    """The texts of the tokens that a stack reads."""
    of = look.checkpoint
    return of.source_tokenizer.pieces(look.source) if is_source else of.tokenizer.pieces(look.ids)


def _before(doors: Doors, config: GPTConfig, lengths: StackLengths, prefix: str) -> Iterator[Box]:
    """The embeddings; a bigram's is the whole model."""
    shapes = _shapes(doors.config)
    table = shapes.get(f"{prefix}wte.weight") or shapes["wte.weight"]
    door = doors.embeddings("Token + position" if config.n_layer else "Tokens")
    title = "Token embedding" if config.n_layer else "Table of logits"
    yield Box("token", title, _table(table), door, lengths.token)
    if config.position == "sinusoidal" or config.position == "learned":
        places = shapes.get(f"{prefix}wpe.weight") or (config.block_size, config.n_embd)
        words = f"{_table(places)}{'' if config.position == 'learned' else ', sines'}"
        yield Box("position", "Position embedding", words, doors.embeddings("Positions"),
                  lengths.position)  # fmt: skip


def _attention(doors: Doors, config: GPTConfig, of: AttentionLengths, keys_of: int) -> Branch:
    C, H, D = config.n_embd, config.n_head, config.head_size
    square = f"{C:,} × {C:,}"
    output = f", Wo {square}" if config.projection else ""
    return Branch(
        kind="cross" if of.name == "cross" else "attention",
        title=TITLES[of.name],
        shape=f"Wq, Wk, Wv {square}{output}; {H} {'head' if H == 1 else 'heads'} of {D}",
        door=doors.attention(of.name),
        lengths=of.added,
        heads=of.heads,
        top_weight=of.top_weight,
        top_key=of.top_key,
        keys_of=keys_of,
        head_door=doors.head(of.name),
    )


def _mlp(doors: Doors, config: GPTConfig, lengths: StackLengths) -> Branch:
    C, F = config.n_embd, config.mlp_width
    back = f", then {F:,} × {C:,}" if config.projection else ""
    return Branch("mlp", "MLP", f"{C:,} × {F:,}{back}", doors.lengths(lengths.name), lengths.mlp)


def _encoded(doors: Doors) -> Box:
    """What leaves the encoder."""
    config = doors.config.encoder
    norm = f"norm {config.n_embd:,}, then " if config.norm == "pre" else ""
    words = f"{norm}keys and values of every cross-attention"
    return Box("encoded", "To the decoder", words, doors.every_layer("cross"))


def _after(look: Look, doors: Doors) -> Iterator[Box]:
    """From the last state to the logits."""
    shapes, config = _shapes(doors.config), doors.config
    if config.norm == "pre" and config.n_layer:
        norm = model_norms.at_work(look.checkpoint.model, loads.traced(look), "ln_f")
        gains = f"γ, β {config.n_embd:,}" if norm.bias is not None else f"γ {config.n_embd:,}"
        lengths = np.linalg.norm(norm.after, axis=-1)
        yield Box("norm", "Last norm", gains, doors.norm("ln_f"), lengths)
    for name, title in (("transform.fc", "Transform"), ("pooler", "Pooler")):
        if shape := shapes.get(f"{name}.weight"):
            part = doors.parameters(name.partition(".")[0])
            yield Box(name.partition(".")[0], title, _matrix(shape), part)
    if shape := shapes.get("class_head.weight"):
        words = f"{config.pool} of the tokens, then {_matrix(shape)}"
        yield Box("output", "Classification head", words, doors.output())
    elif config.n_layer:
        shape = shapes.get("lm_head.weight") or shapes["wte.weight"]
        tied = ", tied to the token's" if config.tie_weights else ""
        yield Box("output", "Output embedding", f"{_matrix(shape)}{tied}", doors.output())


def _bars(look: Look, doors: Doors, position: int) -> Bars:
    """What the model says: the next token after each token, or the labels of the text."""
    trace, door = loads.traced(look), doors.outcome()
    if doors.config.is_classifier:
        probs = label_probs(trace)
        order = np.argsort(-probs, kind="stable")[:MOST_BARS]
        every = loads.names_of_logits(doors.prompt.run)
        labels = [every[k] for k in order]
        return Bars("Label", door, [labels], probs[order][None], None)
    likeliest = next_tokens(trace, MOST_BARS, position)
    pieces = doors.prompt.checkpoint.tokenizer.pieces
    names = [pieces(row) for row in likeliest.ids.tolist()]
    title = "This token" if doors.config.kind == "encoder" else "Next token"
    return Bars(title, door, names, likeliest.probs, likeliest.positions)


def _shapes(config: GPTConfig) -> dict[str, tuple[int, ...]]:
    """By name, the shape of every tensor of the model, as in its files."""
    parts = parameter_counts.breakdown(config)
    inner = [each for part in parts for each in (part, *part.parts)]
    return {tensor.name: tensor.shape for part in inner for tensor in part.tensors}


def _table(shape: tuple[int, ...]) -> str:
    """Rows × channels."""
    return " × ".join(f"{n:,}" for n in shape)


def _matrix(shape: tuple[int, ...]) -> str:
    """In × out, where the files have (out, in)."""
    return _table(shape[::-1])
