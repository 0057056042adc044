"""The story of one cell of a head: a component that prints it step by step, sums as bars."""

from __future__ import annotations

from viz.cell_story import CellStory, to_json
from viz.easel.component import component

_component = component(__file__, "head_story", testid="head-story")


def head_story(story: CellStory, *, key: str) -> None:
    """Draw a story."""
    _component(key=key, data=to_json(story))
