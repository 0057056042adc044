"""A head's matrices, their payload, and the plane of its queries and keys."""

from __future__ import annotations

import streamlit as st

from gpt.inspect.one_head.matrices import OneHead, one_head
from gpt.inspect.one_head.query_key_plane import QKPlane
from gpt.inspect.one_head.query_key_plane import qk_plane as project
from pages.shared.loads import BY_LOOK, Look, attention
from viz.views.head import Facts, HeadPicture, encode

Head = tuple[int, int]
Cell = tuple[int, int]

CELLS = ("auto", "colours", "numbers")
HAND_SIZED = 12
"""Tokens up to which "auto" prints the numbers."""


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def inside(look: Look, head: Head) -> OneHead:
    """Every matrix of one head, read-only."""
    matrices = one_head(look.checkpoint.model, attention(look), *head)
    for array in matrices.arrays().values():
        array.flags.writeable = False
    return matrices


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def payload(look: Look, head: Head, cells: str) -> bytes:
    """The bytes of the matrices."""
    printed = cells == "numbers" or (cells == "auto" and max(look.size) <= HAND_SIZED)
    picture = HeadPicture(
        tokens=look.tokens,
        arrays=inside(look, head).arrays(),
        facts=facts(look, head),
        cells="numbers" if printed else "colours",
        key_tokens=look.key_tokens,
        site=attention(look).name,
    )
    return encode(picture)


def facts(look: Look, head: Head) -> Facts:
    """The facts that the formulas name: sizes, scale, mask."""
    config, matrices = look.checkpoint.config, inside(look, head)
    return Facts(
        layer=head[0],
        head=head[1],
        n_embd=config.n_embd,
        head_size=config.head_size,
        normed=matrices.normed,
        qk_norm=matrices.qk_norm,
        rotated=matrices.rotated,
        bias=matrices.bq is not None,
        projected=matrices.projected,
        scale=matrices.scale,
        scale_name=scale_name(look),
        temperature=matrices.temperature,
        edited=matrices.edited,
        cross=matrices.y is not None,
    )


def scale_name(look: Look) -> str:
    """The scale's name as in `Switches`; "" for another number."""
    chosen = look.switches.scale
    named = look.checkpoint.config.scale if chosen == "model" else chosen
    return named if isinstance(named, str) else ""


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=BY_LOOK)
def plane(look: Look, head: Head) -> QKPlane:
    """Queries and keys in one plane.

    Raises:
        ConfigError: numbers that are not finite.
    """
    matrices = inside(look, head)
    return project(matrices.queries, matrices.keys)
