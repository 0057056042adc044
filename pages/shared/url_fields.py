"""URL fields: how each field of a page's state stands in the page's URL, without a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

SHARED = ""
"""In place of a page's name, for a parameter that all pages share."""


@dataclass(frozen=True)
class Parameter:
    """How one field of a page's state stands in its URL.

    Fields:
        name: in the URL; "" for the field's own.
        read: text to value; raises ValueError or a HeadlightError for what makes no sense.
        write: value to text; "" leaves it out of the URL.
        shared: whether it follows the person to other pages.
        of_site: whether each attention site of a model has its own.
        label: the name of its control, in messages.
        nothing: what the page shows if nothing was chosen, in words, for a default of None.
    """

    name: str = ""
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    shared: bool = False
    of_site: bool = False
    label: str = ""
    nothing: str = ""


def parameter(default: Any = None, read: Callable[[str], Any] = str, **more: Any) -> Any:
    """A field of a page's state; None means that nothing was chosen, and the page fills it in."""
    return field(default=default, metadata={"parameter": Parameter(read=read, **more)})


@dataclass(frozen=True)
class PageState:
    """Everything that a page's URL says; a page's own class adds the fields.

    Fields:
        offered_sites: the attention sites that a person can choose here; the fields that are
            `of_site` then belong to the chosen one.
        renamed: what a name and its text in older links stand for now, so that they still open.
        tour: the stop of the tour that the person is at, see `pages.tour`.
    """

    page: ClassVar[str]
    offered_sites: ClassVar[tuple[str, ...]] = ()
    renamed: ClassVar[Mapping[tuple[str, str], tuple[str, str]]] = {}
    tour: str | None = parameter(None, shared=True, nothing="no tour")


State = TypeVar("State", bound=PageState)


@dataclass(frozen=True)
class Bound:
    """A parameter with its field's name and default."""

    field: str
    name: str
    default: Any
    parameter: Parameter
    page: str

    @property
    def slot(self) -> tuple[str, str]:
        """The key of its text in the session's memory."""
        return SHARED if self.parameter.shared else self.page, self.name

    def text(self, value: Any) -> str:
        """A value as in the URL; "" if it is left out."""
        return "" if value is None else self.parameter.write(value)


def all_bound(cls: type[PageState]) -> list[Bound]:
    """The parameters of a page's state."""
    return [_bound_to(cls, each) for each in fields(cls)]


def bound_field(cls: type[PageState], name: str) -> Bound:
    """The parameter of one field."""
    return next(bound for bound in all_bound(cls) if bound.field == name)


def _bound_to(cls: type[PageState], each: Field[Any]) -> Bound:
    parameter: Parameter = each.metadata["parameter"]
    assert each.default is not MISSING
    return Bound(each.name, parameter.name or each.name, each.default, parameter, cls.page)


def with_new_names(cls: type[PageState], link: Mapping[str, str]) -> dict[str, str]:
    """A link with the names that its parameters have now."""
    return dict(cls.renamed.get((name, text), (name, text)) for name, text in link.items())


def address(cls: type[State], link: Mapping[str, str]) -> State:
    """The state that an address stands for, without a session.

    Raises:
        HeadlightError, ValueError: a value cannot be read.
    """
    link = with_new_names(cls, link)
    values = {b.field: b.parameter.read(link[b.name]) for b in all_bound(cls) if b.name in link}
    return cls(**values)
