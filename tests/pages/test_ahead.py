"""Ahead: a link is begun as its page will understand it, and costs nobody anything else."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st

from gpt.nn.switches import Switches
from gpt.weights_file import save_weights
from pages.shared import ahead, large_traces, loads
from pages.shared.ahead import Ahead, begin, look_of
from pages.shared.loads import Look
from tests.coroutines import run_apart
from tests.gpt import tiny


@pytest.fixture
def run(checkpoints: Path) -> str:
    new_run = tiny.new_run(checkpoints / "tiny")
    model = tiny.random_model(tiny.GPTConfig(**new_run.config()["model"]))
    save_weights(model, new_run.path / "model.safetensors", {"step": "0"})
    return "tiny"


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[Look]:
    looks: list[Look] = []
    monkeypatch.setattr(loads, "traced", looks.append)
    monkeypatch.setattr(large_traces, "HEAVY", 0)
    return looks


def test_a_link_is_read_as_its_page_reads_it(run: str) -> None:
    tokenizer = loads.checkpoint(run).tokenizer
    text = tokenizer.decode([1, 2, 3])
    assert look_of("attention", {"run": run, "prompt": text}) == Look(run, (1, 2, 3))
    link = {"run": run, "prompt": text, "mask": "none", "scale": "0.5", "layer": "1"}
    look = look_of("attention", link)
    assert look is not None and look.key == Look(run, (1, 2, 3), Switches("none", 0.5)).key
    size = loads.checkpoint(run).config.block_size
    long = look_of("attention", {"run": run, "prompt": tokenizer.decode([1] * (size + 1) + [2])})
    assert long is not None and long.ids == (*[1] * (size - 1), 2)


@pytest.mark.parametrize(
    ("page", "more", "switches"),
    [
        ("head", {"mask": "none"}, Switches(mask="none")),
        ("residual", {"scale": "none"}, Switches(scale="none")),
        ("mask_scale", {"mask_a": "window:2", "mask": "none"}, Switches(mask="window:2")),
        ("mask_scale", {"mask_a": "edited", "edit": "none"}, None),
        ("generate", {}, None),
        ("tensors", {}, None),
    ],
)
def test_a_pages_own_state_says_what_is_traced_first(
    run: str, page: str, more: dict[str, str], switches: Switches | None
) -> None:
    link = {"run": run, "prompt": loads.checkpoint(run).tokenizer.decode([1, 2])}
    assert look_of(page, link | more) == (switches and Look(run, (1, 2), switches))


@pytest.mark.parametrize(
    "more", [{}, {"run": "none"}, {"prompt": ""}, {"prompt": "☃"}, {"edit": "0.0.1.0-0.5"}]
)
def test_a_link_that_only_its_page_can_answer_is_left_to_it(run: str, more: dict[str, str]) -> None:
    text = loads.checkpoint(run).tokenizer.decode([1, 2])
    link = {"run": run, "prompt": text} | more if more else {}
    assert look_of("attention", link) is None


def test_only_what_is_heavy_is_traced_and_faults_are_the_pages_to_tell(
    run: str, traced: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    link = {"run": run, "prompt": loads.checkpoint(run).tokenizer.decode([1, 2])}
    begin("attention", link)
    begin("attention", link | {"mask": "no such mask"})
    assert traced == [Look(run, (1, 2))]
    monkeypatch.setattr(large_traces, "HEAVY", 1 << 60)
    begin("attention", link)
    assert len(traced) == 1


def test_one_at_a_time(run: str, traced: list[Look]) -> None:
    link = {"run": run, "prompt": loads.checkpoint(run).tokenizer.decode([1, 2])}
    with ahead._busy:
        begin("attention", link)
    assert not traced
    begin("attention", link)
    assert len(traced) == 1


def test_requests_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[Any] = []
    begun: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["path"])

    class AtOnce:
        def __init__(self, target: Any, args: Any, **_: Any) -> None:
            self.start = lambda: target(*args)

    monkeypatch.setattr(ahead, "threading", SimpleNamespace(Thread=AtOnce))
    monkeypatch.setattr(ahead, "begin", lambda *asked: begun.append(asked))
    for kind, path in (("http", "/attention"), ("http", "/style.css"), ("websocket", "/attention")):
        scope = {"type": kind, "path": path, "query_string": b"run=a&prompt=b%20c"}
        run_apart(Ahead(app)(scope, None, None))
    assert passed == ["/attention", "/style.css", "/attention"]
    assert begun == [("attention", {"run": "a", "prompt": "b c"})]
    monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": "class"}.get)
    scope = {"type": "http", "path": "/class/attention", "query_string": b""}
    run_apart(Ahead(app)(scope, None, None))
    assert begun[1:] == [("attention", {})]
