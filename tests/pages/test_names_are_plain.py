"""A run's name that looks like a link is no link, wherever a page prints it."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.message import Message

from pages.shared import url_fields
from tests.gpt.training import task_runs
from tests.gpt.training.assistant import stage_runs
from tests.pages import opening
from tests.pages.journeys import STATES

LINK = re.compile(r"www\.\w+\.org")
PARTS = ("show", "part", "section", "stage", "task", "how", "analysis", "view", "changed")
"""Fields of the states that say which part of a page is drawn."""
RUN = {"encoder": "labels", "translation": "two"}
"""By page, the kind of run that it is about; a decoder elsewhere."""
PLAIN = {
    *("selectbox.options", "selectbox.raw_value", "multiselect.options", "page_link.query_string"),
    *("bidi_component.json", "plotly_chart.spec", "text_input.placeholder"),
}
"""What the browser draws as text, or not at all; everything else may be Markdown."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each kind and stage, each called www.KIND.org."""
    root = tmp_path_factory.mktemp("links")
    task_runs.train_each_kind(root)
    stage_runs.manner_chain(root)
    for path in sorted(root.iterdir()):
        path.rename(root / linked(path.name))
    for path in root.glob("*/config.json"):
        info = json.loads(path.read_text())
        begun = info.get("begun_from") or {}
        begun |= {key: linked(begun[key]) for key in ("run", "reward") if begun.get(key)}
        info["data"]["name"] = linked("text")
        path.write_text(json.dumps(info))
    return root


def linked(name: str) -> str:
    return f"www.{name}.org"


def cases() -> list[tuple[str, dict[str, str]]]:
    """Each page at each of its parts."""
    found: list[tuple[str, dict[str, str]]] = []
    for page, state in STATES.items():
        found.append((page, {}))
        for bound in url_fields.all_bound(state):
            if bound.name in PARTS and inspect.isfunction(read := bound.parameter.read):
                options = inspect.getclosurevars(read).nonlocals.get("known", ())
                found += [(page, {bound.name: option}) for option in options]
    return found


def strings(message: Message, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a message, with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        several = value if field.is_repeated else [value]
        for one in several:
            where = f"{path}.{field.name}"
            if isinstance(one, Message):
                yield from strings(one, where)
            elif isinstance(one, str):
                yield where, one


@pytest.mark.parametrize(("page", "query"), cases())
def test_no_name_is_a_link(
    runs: Path, monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, str]
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))
    app = opening.opened(page, run=linked(RUN.get(page, "decoder")), **query)
    texts = {
        (where, text)
        for node in app._tree
        if isinstance(getattr(node, "proto", None), Message)
        for where, text in strings(node.proto, node.type)
    }
    named = {(where, text) for where, text in texts if LINK.search(text)}
    assert named or page != "attention"  # whose menu has the names
    assert not [each for each in named if each[0] not in PLAIN and not each[0].endswith(".id")]
