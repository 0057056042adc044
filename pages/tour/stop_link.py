"""Where a stop leads: the run that is read there, the head that it is about, and the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import streamlit as st

import gpt
from gpt.errors import CheckpointError, ConfigError
from gpt.inspect.measures.catalogue import measure
from gpt.inspect.measures.reading import Measured, Reading, head_with
from gpt.nn.switches import DEFAULT
from gpt.text import cutting
from pages.shared import ahead, folders, kinds, loads, source_bar
from pages.shared.loads import Look
from pages.shared.page_memory import remembered, session_memory
from pages.shared.parameters import Cell
from pages.shared.prompt_bar import default_prompt
from pages.shared.url_fields import all_bound
from pages.tour import marking
from pages.tour.marking import Given
from pages.tour.stops import Stop


def fits(stop: Stop, run: str) -> bool:
    """Whether a run does what the stop is about, and has heads."""
    config = kinds.config_of(run)
    if config is None or not config.n_layer:
        return False
    if config.is_classifier:
        return stop.does == ("weighs" if kinds.is_reward_model(run) else "labels")
    does = {"decoder": "writes", "encoder-decoder": "translates"}
    return stop.does == does.get(config.kind)


def run_of(stop: Stop, wanted: str = "") -> str:
    """The run that is read at a stop: the wanted one if it fits, else the stop's own.

    Raises:
        CheckpointError: no run here fits.
    """
    names = folders.run_names()
    for run in (wanted, stop.run, *names):
        if run in names and fits(stop, run):
            return run
    raise CheckpointError(f"no run here {stop.does} a text; the stop needs one, such as {stop.run}")


def texts(stop: Stop, run: str) -> tuple[str, str]:
    """The prompt and the source of a stop; the run's own where it cannot read the stop's.

    Raises:
        CheckpointError: the run cannot be loaded.
    """
    checkpoint = loads.checkpoint(run)
    source, prompt = "", stop.prompt
    if stop.does == "translates":
        source, default = stop.source or "", source_bar.default_source(checkpoint)
        if not source or checkpoint.source_tokenizer.unknown(source):
            source, prompt = default, None
        if prompt is None:
            prompt = source_bar.own_translation(run, tuple(checkpoint.source_ids(source)))
    if prompt is None or checkpoint.tokenizer.unknown(prompt):
        prompt = default_prompt(checkpoint, False)
    return prompt, source


def reading(stop: Stop, run: str) -> Reading:
    """What a stop's question is measured on.

    Raises:
        HeadlightError: the run cannot be loaded, or has no head as the stop says.
    """
    prompt, source = texts(stop, run)
    checkpoint = loads.checkpoint(run)
    ids = tuple(checkpoint.last_ids(prompt))
    source_ids = tuple(checkpoint.source_ids(source)) if source else ()

    def traced(switches: gpt.Switches) -> gpt.Trace:
        return loads.traced(Look(run, ids, switches, source_ids))

    read = Reading(checkpoint, ids, source_ids, traced=traced)
    return read if stop.head is None else replace(read, head=head_with(stop.head, read))


def measured(stop: Stop, run: str, given: Given | None = None) -> Measured:
    """The model's own answer to a stop's question.

    Args:
        given: the answer that was given; needed where a cell is clicked.

    Raises:
        HeadlightError: it cannot be measured; the message says why.
    """
    at = reading(stop, run)
    look = Look(run, at.ids, DEFAULT, at.source)
    settings = stop.answer.settings_at(given if isinstance(given, tuple) else (0, 0))
    return _measured(stop.name, stop.answer.measure, settings, look, at)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=loads.BY_LOOK)
def _measured(stop: str, name: str, settings: Mapping[str, Any], look: Look, _at: Reading) -> Any:
    return measure(name, _at, settings)


def link(stop: Stop, run: str) -> dict[str, str]:
    """The parameters of the stop's page, as a link has them; without the tokens that are withheld.

    Raises:
        HeadlightError: the run cannot be loaded, or has no head as the stop says; or the page has
            no picture to click.
    """
    prompt, source = texts(stop, run)
    if stop.answer.click and not cell_fields(stop.page):
        raise ConfigError(f"the page {stop.page} has no picture with a cell to click")
    if stop.withheld:
        read = reading(stop, run)
        tokenizer, ids = read.checkpoint.tokenizer, list(read.ids[: -stop.withheld])
        prompt = tokenizer.decode(cutting.beginning(tokenizer, ids, len(ids))) or prompt
    parameters = {"tour": stop.name, "run": run, "prompt": prompt}
    if source:
        parameters["source"] = source
    if stop.does == "weighs":
        parameters |= dict(
            zip(("reward", "tuned", "base"), (run, *kinds.stages_before(run)), strict=False)
        )
    if stop.head is not None:
        layer, head = reading(stop, run).one_head()
        parameters |= {"layer": str(layer), "head": str(head)}
    names = names_on(stop.page)
    return {name: text for name, text in parameters.items() if name in names} | dict(stop.state)


def lit(stop: Stop, run: str, own: Measured) -> dict[str, str]:
    """The parameters that the page gets with the answer: what lights up, and the whole prompt.

    Raises:
        HeadlightError: they name a number that the measure does not have.
    """
    whole = {"prompt": texts(stop, run)[0]} if stop.withheld else {}
    return whole | marking.lit(stop.light, own)


def cell_fields(page: str) -> tuple[str, ...]:
    """The parameters of a page that hold the cell which is clicked in its picture; none without."""
    names = names_on(page)
    fitting = (fields for fields in (("cell",), ("query", "key")) if set(fields) <= names)
    return next(fitting, ())


def clicked(stop: Stop) -> Cell | None:
    """The cell (query, key) that a person has clicked on the stop's page, which is open."""
    memory = session_memory()
    bound = {each.name: each for each in all_bound(memory.state)}
    values = [remembered(memory, bound[name]) for name in cell_fields(stop.page)]
    if None in values:
        return None
    query, key = values if len(values) == 2 else values[0]
    return query, key


def names_on(page: str) -> set[str]:
    """The parameters that the URL of a page has.

    Raises:
        ConfigError: there is no such page.
    """
    if page not in ahead.STATES:
        raise ConfigError(f"page is {page!r}; it can be {', '.join(sorted(ahead.STATES))}")
    members = vars(import_module(ahead.STATES[page])).values()
    own = (each for each in members if isinstance(each, type) and vars(each).get("page") == page)
    return {bound.name for bound in all_bound(next(own))}
