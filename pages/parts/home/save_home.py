"""Save on Home: the lengths of all boxes, as a picture for each stack and as arrays."""

from __future__ import annotations

from functools import partial

import numpy as np
import plotly.graph_objects as go

from pages.parts.home import whole_parts
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.stream.whole_lengths import BoxLength, whole_lengths
from viz.text import plotly_text
from viz.views.whole.whole_payload import COLORS, Stack


def offer(prompt: Prompt, position: int) -> None:
    """Draw the button.

    Args:
        position: of the followed token.
    """
    names = whole_parts.stack_names(prompt.look())
    figures = {
        f"The {name}'s boxes": partial(_figure, prompt, position, number)
        for number, name in enumerate(names)
    }
    save_button(
        "home",
        figures=figures,
        arrays=lambda: arrays(prompt, position),
        look=prompt.look(),
        settings={"position": position},
    )


def _figure(prompt: Prompt, position: int, number: int) -> go.Figure:
    """A stack's boxes; where the followed token is another stack's, those of its last token."""
    stacks = whole_parts.picture(prompt, position).stacks
    stack = stacks[number]
    return figure(stack, position if stack is stacks[-1] else len(stack.tokens) - 1)


def figure(stack: Stack, position: int) -> go.Figure:
    """The boxes of a stack for one of its tokens."""
    boxes = [
        BoxLength(box.title, box.title, COLORS[box.kind], float(box.lengths[position]))
        for box in stack.before
        if box.lengths is not None
    ]
    stream = {len(boxes) - 1: float(stack.stream[0, position])} if boxes else {}
    for layer, length in enumerate(stack.stream[1:, position]):
        for branch in stack.branches:
            name, color = f"L{layer} {branch.title}", COLORS[branch.kind]
            boxes.append(
                BoxLength(name, branch.title, color, float(branch.lengths[layer, position]))
            )
        stream[len(boxes) - 1] = float(length)
    token = plotly_text(stack.tokens[position])
    return whole_lengths(boxes, stream, f"token {position} “{token}” of the {stack.name}")


def arrays(prompt: Prompt, position: int) -> dict[str, np.ndarray]:
    """The lengths of every box at every token, and the probabilities of the bars."""
    picture = whole_parts.picture(prompt, position)
    lengths: dict[str, np.ndarray] = {}
    for stack in picture.stacks:
        lengths[f"{stack.name}_stream"] = stack.stream
        for box in stack.before:
            if box.lengths is not None:
                lengths[f"{stack.name}_{box.kind}_embedding"] = box.lengths
        for branch in stack.branches:
            lengths[f"{stack.name}_{branch.kind}"] = branch.lengths
            if branch.heads is not None:
                lengths[f"{stack.name}_{branch.kind}_heads"] = branch.heads
    return lengths | {"probabilities": picture.bars.probs}
