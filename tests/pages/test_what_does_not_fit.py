"""What a link asks for or a person types, and a page cannot show, is said with what would work."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gpt.training.loop import train
from pages.shared import url_fields
from tests.gpt import tiny
from tests.pages import opening
from tests.pages.journeys import STATES
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
    ("attention", {"cell": "9.2"}, f"cell='9.2': {TOKENS} no cell."),
    ("attention", {"cell": "x"}, "cell='x': 'x' is no whole number from 0 to 2,147,483,647."),
    ("attention", {"solo": "0.1,9.9"}, "solo='0.1,9.9': this model has layers 0 to 1 of heads 0"),
    ("attention", {"pin": "9.9"}, "Shown instead: 'no head'."),
    (
        "attention",
        {"analysis": "Switch heads off", "token": "900"},
        "token='900': this model has tokens 0 to 25. Shown instead: the likeliest.",
    ),
    ("head", {"layer": "99"}, f"layer='99': {LAYERS}"),
    ("head", {"query": "12"}, f"query='12': {TOKENS} 3."),
    ("head", {"key": "12"}, f"key='12': {TOKENS} 3."),
    ("mask_scale", {"layer": "99"}, f"layer='99': {LAYERS}"),
    ("mask_scale", {"cell": "8,8"}, f"cell='8.8': {TOKENS} no cell."),
    ("mask_scale", {"section": "write", "start": "40"}, "start='40': this prompt has 4 tokens."),
    ("generate", {"layer": "99", "heads": "layer"}, f"layer='99': {LAYERS}"),
    ("averaging", {"show": "one head", "head": "5"}, f"head='5': {HEADS}"),
    ("residual", {"position": "30"}, "position='30': this prompt has positions 0 to 3."),
    ("residual", {"state": "50"}, "state='50': this model has states 0 to 4. Shown instead: 4."),
    ("generate", {"top_k": "0"}, "Shown instead: no filter."),
    ("head", {"query": "x"}, "Shown instead: the last token."),
    ("embeddings", {"row": "900"}, "row='900': this model has tokens 0 to"),
    (
        "runs",
        {"run": "small", "runs": "small", "show": "time", "step": "999"},
        "step='999': snapshots are of steps 0 to 12, 4 in all. Shown instead: 12.",
    ),
    ("runs", {"runs": "small,gone"}, "there is no run 'gone' here. Shown instead: 'small'."),
    ("runs", {"runs": "gone"}, "there is no run 'gone' here. Shown instead: the newest."),
    (
        "runs",
        {"run": "small", "runs": "small", "show": "time", "layer": "9"},
        f"layer='9': {LAYERS}",
    ),
    ("train", {"run": "gone"}, "it may have been deleted. Shown instead: no run."),
    ("train", {"speakers": "Nobody"}, "this text is not divided by speakers. Shown instead:"),
    ("train", {"minutes": "7"}, "it can be 1, 5, 15, 30, 60, steps."),
    ("train", {"tokenizer": "bpe", "vocab": "7"}, "no whole number from 16 to 65,536."),
    ("train", {"task": "classify", "examples": "nope"}, "examples of this task are reviews"),
    ("train", {"task": "classify", "recipe": "tiny"}, "presets of this task are reviews"),
    ("train", {"task": "classify", "start_from": "nope"}, "Shown instead: nothing."),
    ("home", {"position": "30"}, "position='30': this prompt has tokens 0 to 3."),
    ("model", {"part": "h.7"}, "part='h.7': this model has no such part; there are wte"),
    ("model", {"tensor": "x"}, "tensor='x': this model has no such tensor in this part."),
    (
        "residual",
        {"part": "Normalization", "channel": "90"},
        "channel='90': this model has channels 0 to 11. Shown instead: 11.",
    ),
    ("residual", {"part": "Neurons", "mlp": "9"}, f"mlp='9': {LAYERS}"),
    (
        "normalization",
        {"show": "in this model", "norm": "h.9.ln_1"},
        "norm='h.9.ln_1': this model's norms are h.0.ln_1, h.0.ln_2, h.1.ln_1, h.1.ln_2, ln_f.",
    ),
    ("ladder", {"show": "one rung", "rung": "x"}, "there is no rung 'x'; choose one of bigram,"),
    ("ladder", {"climb_text": "x"}, "climb_text='x': there is no text 'x'; there are plays,"),
    ("ladder", {"climb_seed": "-1"}, "Shown instead: the lecture's."),
]
SHIPPED = [
    ("encoder", {"run": "reviews", "layer": "9"}, f"layer='9': {LAYERS}"),
    ("encoder", {"run": "reviews", "head": "9"}, "head='9': a layer here has heads 0 to 3."),
    ("encoder", {"run": "reviews", "label": "9"}, "label='9': this model has labels 0 to 1."),
    ("encoder", {"run": "reviews", "cell": "99.2"}, "Shown instead: no cell."),
    ("translation", {"run": "numbers-fr", "layer": "9"}, "this model has layers 0 to 0."),
    ("translation", {"run": "numbers-fr", "cell": "99.99"}, "these maps have queries 0 to 7"),
    (
        "translation",
        {"run": "numbers-fr", "how": "beams", "target": "999"},
        "target='999': this search ended 4 targets, 0 to 3. Shown instead: 3.",
    ),
    (
        "assistant",
        {"show": "rollout", "step": "999"},
        "step='999': answers were kept after 8, 18, 28, 38, 48, 58 steps. Shown instead: 58.",
    ),
    ("assistant", {"show": "rollout", "answer": "999"}, "answer='999': choose 0 to 63."),
    ("assistant", {"show": "inside", "layer": "9"}, f"layer='9': {LAYERS}"),
    ("assistant", {"show": "inside", "position": "999"}, "position='999': choose 0 to 42."),
    (
        "assistant",
        {"show": "curves", "betas": "0.7"},
        "betas='0.7': the runs here have the β 0.1, 2.0. Shown instead: all runs.",
    ),
    ("assistant", {"temperature": "-1"}, "temperature='-1': '-1' is no number from 0 to"),
]


@pytest.mark.parametrize(("page", "query", "words"), SHIPPED)
def test_a_link_beyond_a_shipped_model_is_said(
    monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, str], words: str
) -> None:
    monkeypatch.delenv("HEADLIGHT_CHECKPOINTS", raising=False)
    assert words in linked(opening.opened(page, **query))


def test_a_run_of_a_stage_that_is_not_here_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADLIGHT_CHECKPOINTS", raising=False)
    app = opening.opened("assistant", tuned="gone")
    assert "The run gone does not fit in here, or is gone." in said(app)


@pytest.mark.parametrize(
    ("page", "query"), [("translation", {"run": "numbers-fr", "how": "step"}), ("assistant", {})]
)
def test_a_temperature_below_zero_is_refused_with_a_word(
    monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, str]
) -> None:
    monkeypatch.delenv("HEADLIGHT_CHECKPOINTS", raising=False)
    app = opening.opened(page, **query)
    before = app.number_input(key="link_temperature").value
    app.number_input(key="link_temperature").set_value(-1.0).run()
    assert "Temperature -1.0: '-1.0' is no number from 0 to" in said(app)
    assert app.number_input(key="link_temperature").value == before
    assert not app.error and not app.exception


@pytest.mark.parametrize(("page", "query", "words"), LINKS)
def test_a_link_beyond_the_model_or_the_prompt_is_said(
    opened: partial,  # type: ignore[type-arg]
    page: str,
    query: dict[str, str],
    words: str,
) -> None:
    app = opened(page, **query)
    assert words in linked(app)
    app.run()  # a component may have the page run again at once
    assert words in linked(app)


def linked(app: AppTest) -> str:
    """What a page says about its link."""
    return "\n".join(line for line in said(app).splitlines() if line.startswith("The link "))


@pytest.mark.parametrize("page", sorted(STATES))
def test_a_name_that_a_page_does_not_have_is_said(
    two_layers: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(two_layers))
    words = "The link names 'steps', 'Layer', which this page does not have; they have no effect"
    assert words in linked(opening.opened(page, steps="5", Layer="1"))


def test_names_that_no_page_has_fit_in_a_line(opened: partial) -> None:  # type: ignore[type-arg]
    app = opened("head", **{f"n{n:03}" + "x" * 500: "1" for n in range(40)})
    (line,) = linked(app).splitlines()
    assert "and 35 more, which this page does not have" in line and len(line) < 400
    app.selectbox(key="link_layer").set_value(1).run()
    assert linked(app) == ""  # the person has gone on from the link


def test_a_name_that_stands_twice_is_said(opened: partial) -> None:  # type: ignore[type-arg]
    app = opened("head", layer="0")
    app.query_params["layer"] = ["0", "1"]
    app.run()
    assert "The link says layer more than once; the last one is used." in linked(app)
    assert app.selectbox(key="link_layer").value == 1


def test_a_link_without_a_page_is_one_to_the_first(
    two_layers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(two_layers))
    app = AppTest.from_file(opening.SHELL, default_timeout=opening.SECONDS)
    app.query_params.update({"layer": "1", "prompt": "anna", "steps": "5"})
    app.run()
    assert app.text_input(key="link_prompt").value == "anna"
    assert app.query_params["layer"] in ("1", ["1"])
    assert "The link names 'steps', which this page does not have" in linked(app)


def test_each_head_of_two_compared_runs_is_said(
    two_layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        shutil.copytree(two_layers / "small", tmp_path / name)
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    app = opening.opened("runs", runs="a,b", show="compare", layer_a="7", head_b="8")
    assert "layer_a='7': it has layers 0 to 1. Shown instead: 1." in linked(app)
    assert "head_b='8': it has heads 0 to 1. Shown instead: 1." in linked(app)


def test_what_is_shown_without_a_choice_has_words() -> None:
    for cls in STATES.values():
        for bound in url_fields.all_bound(cls):
            assert bound.default is not None or bound.parameter.nothing, (cls, bound.name)


@pytest.mark.parametrize("typed", ["annaü", "дом", "12"])
def test_a_prompt_that_is_refused_stays_in_the_field_and_in_the_address(
    opened: partial,  # type: ignore[type-arg]
    typed: str,
) -> None:
    app = opened("attention")
    app.text_input(key="link_prompt").set_value(typed).run()
    assert "vocabulary of 26 tokens lacks" in said(app)
    address = {
        name: str(value[0] if isinstance(value, list) else value)
        for name, value in app.query_params.items()
    }
    assert address["prompt"] == typed
    again = opened("attention", **address)  # a reload
    assert again.text_input(key="link_prompt").value == typed
    assert "vocabulary of 26 tokens lacks" in said(again)


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
        ("ladder", {"show": "none"}, 2),  # and the prompt, which it does not have
    ],
)
def test_each_message_stands_once(
    opened: partial,  # type: ignore[type-arg]
    page: str,
    query: dict[str, str],
    count: int,
) -> None:
    assert len(opened(page, **query).warning) == count
