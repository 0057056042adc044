"""What a link asks for or a person types, and a page cannot show, is said with what would work."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from gpt.training.loop import train
from tests.gpt import tiny
from tests.pages import opening
from tests.pages.opening import said


@pytest.fixture(scope="module")
def two_layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one model of 2 layers of 2 heads, which knows the letters of names."""
    root = tmp_path_factory.mktemp("small")
    model = {"n_layer": 2, "n_head": 2, "n_embd": 12, "block_size": 11}
    train(tiny.new_run(root / "small", model=model))
    return root


@pytest.fixture
def opened(two_layers: Path, monkeypatch: pytest.MonkeyPatch) -> partial:  # type: ignore[type-arg]
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(two_layers))
    return partial(opening.opened, prompt="anna")


LAYERS = "this model has layers 0 to 1. Shown instead: 1."
HEADS = "a layer here has heads 0 to 1. Shown instead: 1."
TOKENS = "this prompt has tokens 0 to 3. Shown instead:"
LINKS = [
    ("attention", {"layer": "99"}, f"layer='99': {LAYERS}"),
    ("attention", {"head": "7"}, f"head='7': {HEADS}"),
    ("attention", {"cell": "9.2"}, f"cell='9.2': {TOKENS} the default."),
    ("head", {"layer": "99"}, f"layer='99': {LAYERS}"),
    ("head", {"query": "12"}, f"query='12': {TOKENS} 3."),
    ("head", {"key": "12"}, f"key='12': {TOKENS} 3."),
    ("mask_scale", {"layer": "99"}, f"layer='99': {LAYERS}"),
    ("mask_scale", {"cell": "8,8"}, f"cell='8.8': {TOKENS} the default."),
    ("mask_scale", {"section": "write", "start": "40"}, "start='40': this prompt has 4 tokens."),
    ("generate", {"layer": "99", "heads": "layer"}, f"layer='99': {LAYERS}"),
    ("averaging", {"show": "one head", "head": "5"}, f"head='5': {HEADS}"),
    ("residual", {"position": "30"}, "position='30': this prompt has positions 0 to 3."),
    ("residual", {"state": "50"}, "state='50': this model has states 0 to 4. Shown instead: 4."),
    ("embeddings", {"row": "900"}, "row='900': this model has tokens 0 to"),
    (
        "runs",
        {"run": "small", "runs": "small", "show": "time", "step": "999"},
        "step='999': snapshots are of steps 0 to 12, 4 in all. Shown instead: 12.",
    ),
]


@pytest.mark.parametrize(("page", "query", "words"), LINKS)
def test_a_link_beyond_the_model_or_the_prompt_is_said(
    opened: partial,  # type: ignore[type-arg]
    page: str,
    query: dict[str, str],
    words: str,
) -> None:
    app = opened(page, **query)
    assert f"The link says {words}" in said(app)
    app.run()  # a component may have the page run again at once
    assert f"The link says {words}" in said(app)


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("top_k", 0, "Top-k 0: '0' is no whole number from 1 to"),
        ("temperature", -1.0, "Temperature -1.0: '-1.0' is no number from 0 to"),
        ("top_p", 1.5, "Top-p 1.5: '1.5' is no number from 0.01 to 1."),
        ("seed", -1, "Seed -1: '-1' is no whole number from 0 to"),
    ],
)
def test_a_setting_of_generate_that_has_no_effect_is_refused_with_a_word(
    opened: partial,  # type: ignore[type-arg]
    field: str,
    typed: float,
    words: str,
) -> None:
    app = opened("generate")
    before = app.number_input(key=f"link_{field}").value
    app.number_input(key=f"link_{field}").set_value(typed).run()
    assert words in said(app)
    assert app.number_input(key=f"link_{field}").value == before
    assert not app.error and not app.exception


@pytest.mark.parametrize(
    ("page", "query", "count"),
    [
        ("generate", {"seed": "abc", "heads": "nope"}, 2),
        ("attention", {"head": "-1"}, 1),
        ("normalization", {"seed": "-1", "shift": "nan", "gain": "inf"}, 3),
        ("ladder", {"show": "none"}, 1),
    ],
)
def test_each_message_stands_once(
    opened: partial,  # type: ignore[type-arg]
    page: str,
    query: dict[str, str],
    count: int,
) -> None:
    assert len(opened(page, **query).warning) == count
