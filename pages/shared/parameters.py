"""Readers of parameters, and the fields that several pages share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import gpt
from gpt import numerals
from gpt.errors import ConfigError
from gpt.nn.switches import parse_scale
from pages.shared import switch_text
from pages.shared.url_fields import PageState, parameter

Cell = tuple[int, int]
SITES = ("encoder", "decoder", "cross")
HIGHEST_SEED = numerals.LARGEST


def one_of(options: Iterable[str]) -> Callable[[str], str]:
    """A reader of one of the options."""
    known = tuple(options)

    def read(text: str) -> str:
        if text not in known:
            raise ConfigError(f"it can be {', '.join(known)}")
        return text

    return read


def whole(low: int = 0, high: int = numerals.LARGEST) -> Callable[[str], int]:
    """A reader of whole numbers from low to high."""
    return lambda text: numerals.whole(text, low=low, high=high)


def real(
    low: float = -numerals.LARGEST_REAL, high: float = numerals.LARGEST_REAL
) -> Callable[[str], float]:
    """A reader of finite numbers from low to high."""
    return lambda text: numerals.real(text, low=low, high=high)


def checked(read: Callable[[str], Any]) -> Callable[[str], str]:
    """A reader that returns the text itself if `read` can read it."""

    def check(text: str) -> str:
        read(text)
        return text

    return check


def flag(text: str) -> bool:
    """True or False."""
    return one_of(("True", "False"))(text) == "True"


def cell() -> Any:
    """A field for a cell (query, key) that is held: "5.3"; older links have "5,3"."""

    def read(text: str) -> Cell:
        query, _, key = text.replace(",", ".").partition(".")
        return whole()(query), whole()(key)

    write = lambda held: f"{held[0]}.{held[1]}"  # noqa: E731
    return parameter(None, read, write=write, of_site=True, nothing="no cell")


def choice(options: Iterable[str], **more: Any) -> Any:
    """A field that is one of the options; the first is the default."""
    known = tuple(options)
    return parameter(known[0], one_of(known), **more)


def seed(default: int) -> Any:
    """A field for a seed."""
    return parameter(default, whole(0, HIGHEST_SEED), label="Seed")


mask = checked(switch_text.read_mask)
scale = checked(parse_scale)


@dataclass(frozen=True)
class OfRun(PageState):
    """Pages that look at a run; None: the first."""

    run: str | None = parameter(shared=True, nothing="the first model")


@dataclass(frozen=True)
class ReadsSource(OfRun):
    """Pages on which the encoder of a model of two texts reads a source; None: the run's own."""

    source: str | None = parameter(shared=True, nothing="the model's own source")


@dataclass(frozen=True)
class Reads(ReadsSource):
    """Pages on which a run reads a prompt, in a model of two texts the target; None: its own."""

    prompt: str | None = parameter(shared=True, nothing="the model's own prompt")

    def first_traced(self) -> gpt.Switches | None:
        """The switches of the trace that the page needs first; None if only the page can tell."""
        return None


@dataclass(frozen=True)
class AtSite(PageState):
    """Pages that look at one attention site of a model; None: the decoder's, or the only one."""

    offered_sites: ClassVar[tuple[str, ...]] = SITES
    site: str | None = parameter(
        None, one_of(SITES), shared=True, nothing="the decoder's attention, or the only one"
    )


@dataclass(frozen=True)
class Switched(PageState):
    """Pages that run the model with another mask or scale, as `Switches` takes them."""

    mask: str = parameter("model", mask, shared=True, of_site=True)
    scale: str = parameter("model", scale, shared=True, of_site=True)

    def switches(self) -> gpt.Switches:
        """The mask and the scale as `gpt.trace` takes them."""
        return switch_text.switches(self.mask, self.scale)


@dataclass(frozen=True)
class OneHead(PageState):
    """Pages that look at one head; `heads.fit` makes both fit a model."""

    layer: int = parameter(0, whole(), shared=True, of_site=True, label="Layer")
    head: int = parameter(0, whole(), shared=True, of_site=True, label="Head")
