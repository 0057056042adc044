"""What the page shows, as its URL says it: both sides' settings, the drawn mask, the sliders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpt import numerals
from gpt.errors import SwitchError
from gpt.inspect.compare import STAGES
from gpt.nn import masks
from gpt.nn.switches import parse_scale
from pages.shared import links, permalink

SECTIONS = {
    "compare": "Side by side",
    "write": "What it says",
    "draw": "Draw a mask",
    "softmax": "Sharpness of the softmax",
    "train": "Train it and see",
}
EDITED = "edited"
SIDES = ("a", "b")
Head = tuple[int, int]


@dataclass(frozen=True)
class Setting:
    """One side: a mask as `Switches` takes it or "edited", and a scale as it is in the URL."""

    mask: str
    scale: str


@dataclass(frozen=True)
class State:
    """The page's controls, known before they are drawn.

    Fields:
        show: the stage of the head that both sides draw.
        edit: the last drawn mask that could be used: a name, or a matrix as text.
        head: layer and head; made to fit the model by whoever draws it.
        cell: query and key that are held, if any.
        node: the token whose arrows the graph draws; "" for every token's.
        start: how many tokens of the prompt a continuation starts from; 0 for the default.
        seed: of the Gaussian draws.
        times: what the lecture's logits are multiplied by.
        multiple: of 1/sqrt(D), that this model is run with.
    """

    section: str
    show: str
    a: Setting
    b: Setting
    edit: str
    head: Head
    cell: tuple[int, int] | None
    node: str
    start: int
    seed: int
    times: float
    multiple: float

    def link(self) -> dict[str, Any]:
        """The URL's parameters."""
        return {
            "section": self.section,
            "show": self.show,
            "mask_a": self.a.mask,
            "scale_a": self.a.scale,
            "mask_b": self.b.mask,
            "scale_b": self.b.scale,
            "edit": self.edit,
            "layer": self.head[0],
            "head": self.head[1],
            "cell": None if self.cell is None else f"{self.cell[0]},{self.cell[1]}",
            "node": self.node or None,
            "start": self.start or None,
            "seed": self.seed,
            "times": self.times,
            "multiple": self.multiple,
        }


def bound() -> State:
    """Read every parameter; the widgets come later, under the same keys."""
    return State(
        section=permalink.bind("section", "compare", _one_of(SECTIONS)),
        show=permalink.bind("show", STAGES[0], _one_of(STAGES)),
        a=Setting(_mask("mask_a", "model"), _scale("scale_a")),
        b=Setting(_mask("mask_b", "none"), _scale("scale_b")),
        edit=permalink.bind("edit", "causal", _read_edit),
        head=links.head(),
        cell=_read_cell(permalink.bind("cell", "", _checked_cell)),
        node=permalink.bind("node", "", _read_node),
        start=permalink.bind("start", 0, links.index),
        seed=permalink.bind("seed", 1, links.index),
        times=permalink.bind("times", 8.0, _between(0.0, 32.0)),
        multiple=permalink.bind("multiple", 1.0, _between(0.0, 64.0)),
    )


def _mask(name: str, default: str) -> str:
    value: str = permalink.bind(name, default, _read_mask)
    return value


def _scale(name: str) -> str:
    value: str = permalink.bind(name, "model", _read_scale)
    return value


def _read_mask(text: str) -> str:
    if text != EDITED and masks.is_drawn(text):
        raise SwitchError(f"a drawn mask belongs under edit; then choose {EDITED!r} here")
    if text != EDITED:
        masks.parse_mask(text)
    return text


def _read_scale(text: str) -> str:
    parse_scale(text)
    return text


def _read_edit(text: str) -> str:
    if masks.is_drawn(text):
        masks.refuse_blind(masks.as_array(text))
    else:
        masks.parse_mask(text)
    return text


def _read_cell(text: str) -> tuple[int, int] | None:
    query, _, key = text.partition(",")
    return (links.index(query), links.index(key)) if text else None


def _checked_cell(text: str) -> str:
    _read_cell(text)
    return text


def _read_node(text: str) -> str:
    return str(links.index(text)) if text else text


def _one_of(options: Any) -> Any:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


def _between(low: float, high: float) -> Any:
    def read(text: str) -> float:
        return numerals.real(text, low=low, high=high)

    return read
