"""What the selected head does, in one line, and the head that a first look falls on."""

from __future__ import annotations

from dataclasses import replace

from gpt.inspect.heads.clearest_pattern import KEYS, clearest_head, clearest_pattern
from pages.parts.attention import head_analyses
from pages.parts.attention.attention_state import AttentionState
from pages.shared import page_state
from pages.shared.glossary import marked, meanings
from pages.shared.loads import Look, attention

MOST_CELLS = 2**23
"""Of all heads' maps, whose patterns are measured before the picture is drawn."""


def opening(look: Look, state: AttentionState) -> AttentionState:
    """The state; on a run's own prompt, where nobody has chosen a head, with the clearest one."""
    chosen = any(map(page_state.is_asked_for, ("layer", "head", "prompt")))
    if chosen or not _is_quick(look):
        return state
    l, h = clearest_head(head_analyses.patterns_of(look))
    page_state.put(layer=l, head=h)
    return replace(state, layer=l, head=h)


def line(look: Look, head: tuple[int, int]) -> str:
    """Where the head looks, with its score beside the other heads'; "" if no pattern tells."""
    if not _is_quick(look):
        return ""
    clearest = clearest_pattern(head_analyses.patterns_of(look), head)
    if clearest is None:
        return ""
    keys = KEYS[clearest.name]
    keys = f"[[{keys}|{clearest.name}]]" if clearest.name in meanings() else keys
    return marked(
        f"**L{head[0]} H{head[1]}** gives **{clearest.score:.4f}** of its weight to {keys}, "
        f"the other heads {clearest.others:.4f}."
    )


def _is_quick(look: Look) -> bool:
    if look.site == "cross":
        return False
    L, H, T, S = attention(look).weights.shape
    return L * H * T * S <= MOST_CELLS
