"""Mask and scale, run without a browser: every model and every section, and links that mislead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import gpt
from gpt.text.tokenizer import CharacterTokenizer
from gpt.weights_file import save_weights
from pages.parts.mask_scale import markdown_table, sides
from pages.shared import folders
from pages.shared.prompt_bar import Prompt
from pages.shared.switch_text import write_drawn
from tests.gpt.tiny import random_model
from tests.payloads import decode

SECONDS = 60
SECTIONS = ("compare", "write", "draw", "softmax")
Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A function that makes a run of a model with drawn weights and returns its name."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    st.cache_resource.clear()

    def run(**changes: Any) -> str:
        sizes = dict(block_size=24, vocab_size=3, n_layer=2, n_head=2, n_embd=12, mlp_ratio=2)
        model = random_model(gpt.GPTConfig(**{**sizes, **changes}))
        folder = tmp_path / "some"
        folder.mkdir(exist_ok=True)
        save_weights(model, folder / "model.safetensors", {})
        config = {"format": 1, "model": model.config.to_dict()}
        (folder / "config.json").write_text(json.dumps(config))
        tokenizer = CharacterTokenizer.of("abc").to_json()
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
        return folder.name

    return run


def opened(**query: str) -> AppTest:
    app = AppTest.from_function(_navigate, default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _navigate() -> None:
    from pathlib import Path

    import streamlit as st

    from gpt.errors import HeadlightError
    from pages.shared import folders

    page = st.Page(Path(folders.ROOT) / "pages" / "mask_scale.py")
    try:
        st.navigation([page]).run()
    except HeadlightError as error:
        st.error(str(error))


def texts(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning]
    return "\n".join(part.value.replace("\\", "") for part in parts)


def maps(app: AppTest, number: int) -> tuple[dict[str, Any], np.ndarray]:
    """Header and numbers of one of the three views."""
    header, arrays = decode(app.get("bidi_component")[number].proto.bytes)
    return header, arrays["exact"]


VARIANTS: dict[str, dict[str, Any]] = {
    "one token": {},
    "encoder": dict(mask="none"),
    "one head, post": dict(n_head=1, norm="post"),
    "rotary, qk_norm, no norm": dict(position="rotary", qk_norm=True, norm="none"),
    "nothing but attention": dict(skip=False, projection=False, feed_forward=False),
    "tied": dict(tie_weights=True),
}


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_every_section_serves_every_model(make: Make, variant: str) -> None:
    run = make(**VARIANTS[variant])
    prompt = "a" if variant == "one token" else "abcabcb"
    for section in SECTIONS:
        app = opened(run=run, prompt=prompt, section=section)
        assert not app.exception and not app.error, (section, texts(app))


def test_the_difference_is_b_less_a(make: Make) -> None:
    app = opened(run=make(), prompt="abcab", mask_b="none", scale_b="none", show="scores")
    model = gpt.load(folders.checkpoints() / "some").model
    ids = [0, 1, 2, 0, 1]
    a = gpt.trace(model, ids)
    b = gpt.trace(model, ids, gpt.Switches(mask="none", scale="none"))
    header, numbers = maps(app, 2)
    lower = np.tri(5, dtype=bool)  # scores are compared where both sides used them
    expected = (b.scores - a.scores)[..., lower]
    assert np.allclose(numbers, expected.reshape(4, -1), atol=1e-5)
    limit = np.abs(expected).max()
    assert header["range"] == pytest.approx([-limit, limit])
    assert f"from −{limit:.4f} to {limit:.4f}" in texts(app)


@pytest.mark.parametrize(("mask", "b"), [("causal", "none"), ("none", "causal")])
def test_at_first_the_sides_differ_until_somebody_chooses(make: Make, mask: str, b: str) -> None:
    app = opened(run=make(mask=mask), prompt="abcab")
    assert (app.query_params["mask_a"], app.query_params["mask_b"]) == ("model", b)
    assert "Nothing differs" not in texts(app)
    app.selectbox(key="link_mask_b").set_value(mask).run()
    assert app.query_params["mask_b"] == mask
    assert "Nothing differs" in texts(app) and "Take one of the pairs" in texts(app)


def test_presets_set_both_sides(make: Make) -> None:
    app = opened(run=make(mask="none"), prompt="abc")
    press(app, "decoder | encoder")
    assert app.query_params["mask_a"] == "causal"  # its own mask is none
    press(app, "1/√head_size | 1/√n_embd")
    assert (app.query_params["scale_a"], app.query_params["scale_b"]) == ("head_size", "n_embd")
    assert app.query_params["mask_a"] == app.query_params["mask_b"] == "model"


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def test_two_sides_that_come_to_the_same_are_told_and_why(make: Make) -> None:
    app = opened(
        run=make(n_head=1), prompt="abc", mask_b="causal", scale_a="head_size", scale_b="n_embd"
    )
    assert "Nothing differs" in texts(app) and "one head, so D = C = 12" in texts(app)
    assert "Nothing differs" not in texts(opened(run="some", prompt="abc"))


def test_a_drawn_mask_for_another_length_is_fitted_and_told(make: Make) -> None:
    text = write_drawn(np.ones((3, 3), bool))
    app = opened(run=make(), prompt="abcab", mask_b="edited", edit=text)
    assert "drawn for 3 tokens and this prompt has 5" in texts(app)
    expected = np.tri(5, dtype=bool)
    expected[:3, :3] = True
    _, arrays = decode(app.get("bidi_component")[1].proto.bytes)
    visible = np.unpackbits(arrays["visible"], count=25, bitorder="little").reshape(5, 5)
    assert np.array_equal(visible, expected)
    assert app.query_params["edit"] == text  # what was drawn is kept


def test_a_link_that_makes_no_sense_is_explained(make: Make) -> None:
    blind = np.tri(3, dtype=bool)
    blind[1] = False
    app = opened(
        run=make(), prompt="abc", mask_a="sideways", mask_b="bits:3:AA", edit=write_drawn(blind),
        scale_b="-1", section="nowhere", multiple="x", cell="1", node="-4",
    )  # fmt: skip
    messages = texts(app)
    assert "mask is 'sideways'; choose one of model" in messages
    assert "a drawn mask belongs under edit" in messages
    assert "query 1 may see no key" in messages
    assert "scale is '-1'" in messages
    assert (
        "section='nowhere': it can be compare, write" in messages and "'x' is no number" in messages
    )
    assert app.query_params["mask_a"] == "model" and app.query_params["edit"] == "causal"
    assert not app.exception


def test_starting_points_are_masks_by_name(make: Make) -> None:
    app = opened(run=make(), prompt="abcab", section="draw")
    app.selectbox(key="start_from").set_value("block").run()
    app.number_input(key="start_size_block").set_value(2).run()
    press(app, "Begin with it")
    assert app.query_params["edit"] == "block:2"
    assert "9 of 25 cells may be seen" in texts(app)
    press(app, "See it side by side")
    assert app.query_params["section"] == "compare"
    assert (app.query_params["mask_a"], app.query_params["mask_b"]) == ("model", "edited")


def test_a_long_prompt_shows_one_tokens_arrows_and_says_so(make: Make) -> None:
    app = opened(run=make(block_size=64), prompt="abc" * 15, section="draw")
    assert "The arrows of 45 tokens together cannot be told apart" in texts(app)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["name"] == "sees, as a query"


def of_tokens(count: int) -> Prompt:
    """A prompt of so many tokens."""
    return Prompt("", "", tuple(range(count)))


def test_another_length_takes_the_corner_or_goes_on() -> None:
    text = write_drawn(np.ones((3, 3), bool))
    assert sides.edited("prefix:2", of_tokens(9)) == "prefix:2"
    assert np.array_equal(sides.edited(text, of_tokens(3)), np.ones((3, 3), bool))
    assert np.shape(sides.edited(text, of_tokens(2))) == (2, 2)
    assert (
        sides.adapted(text, of_tokens(3)) is None
        and sides.adapted("prefix:2", of_tokens(9)) is None
    )
    assert "top left corner" in (sides.adapted(text, of_tokens(2)) or "")


def test_tokens_are_safe_in_a_table() -> None:
    assert markdown_table.code("|") == "`\\|`"
    assert markdown_table.code("``") == "``` `` ```"
    assert markdown_table.table(["", "A"], [["x", "1"]]) == "|  | A |\n| :-- | --: |\n| x | 1 |"
