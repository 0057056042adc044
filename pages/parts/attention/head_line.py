"""What the selected head does, in one line, and the head that a first look falls on."""

from __future__ import annotations

from gpt.inspect.heads.clearest_pattern import KEYS, clearest_head, clearest_pattern
from pages.parts.attention import head_analyses
from pages.parts.attention.attention_state import AttentionState
from pages.shared import page_state, selection
from pages.shared.glossary import marked
from pages.shared.loads import Look, attention
from pages.shared.page_memory import TOUR, session_memory

MOST_CELLS = 2**23
"""Of all heads' maps, whose patterns are measured before the picture is drawn."""


def opening(look: Look, state: AttentionState) -> AttentionState:
    """The state; on a run's own prompt, where nobody has chosen a head, with the clearest one."""
    if page_state.is_asked_for("prompt") or not selection.is_free(look.run, state):
        return state
    if not is_measured(look):
        return state
    head = clearest_head(head_analyses.patterns_of(look))
    return selection.opened_on(look.run, head, state)


def line(look: Look, head: tuple[int, int]) -> str:
    """Where the head looks, with its score beside the other heads', in Markdown."""
    title = f"**L{head[0]} H{head[1]}**"
    clearest = clearest_pattern(head_analyses.patterns_of(look), head)
    if clearest is None:
        return f"{title} has none of the patterns that are measured more than other heads do."
    return marked(
        f"{title} gives **{clearest.score:.4f}** of its weight to "
        f"[[{KEYS[clearest.name]}|{clearest.name}]], the other heads {clearest.others:.4f}."
    )


def is_said(look: Look) -> bool:
    """Whether a line says what the head does: not in the tour, which asks before it tells."""
    return is_measured(look) and not session_memory().texts.get(TOUR)


def is_measured(look: Look) -> bool:
    """Whether patterns are measured before the picture is drawn: of one text, and no large one."""
    if look.site == "cross":
        return False
    L, H, T, S = attention(look).weights.shape
    return L * H * T * S <= MOST_CELLS
