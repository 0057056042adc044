"""Every page opens a bigram, which has no layers: it says so, and shows what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.loop import train
from tests.gpt import tiny
from tests.pages import opening


@pytest.fixture(scope="module")
def bigram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: one bigram, trained for a moment."""
    root = tmp_path_factory.mktemp("bigram")
    width = CharacterTokenizer.of(tiny.names().text).vocab_size
    train(tiny.new_run(root / "table", model=tiny.BIGRAM | {"n_embd": width}))
    return root


def opened(monkeypatch: pytest.MonkeyPatch, root: Path, page: str, **query: Any) -> AppTest:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(root))
    app = opening.opened(page, **{"run": "table", "runs": "table", **query})
    assert not app.error
    return app


@pytest.mark.parametrize("page", ["attention", "head", "mask_scale", "residual"])
def test_a_page_about_heads_says_that_there_are_none(
    monkeypatch: pytest.MonkeyPatch, bigram: Path, page: str
) -> None:
    (message,) = opened(monkeypatch, bigram, page, prompt="anna").info
    assert message.value.startswith("This model is a bigram: a table of next-token logits")


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("generate", {"prompt": "anna"}),
        *((name, {}) for name in ("embeddings", "runs", "train", "tensors", "normalization")),
    ],
)
def test_the_others_open_it(
    monkeypatch: pytest.MonkeyPatch, bigram: Path, page: str, query: dict[str, str]
) -> None:
    app = opened(monkeypatch, bigram, page, **query)
    assert not any("no heads" in message.value for message in app.info)


def test_pairs_are_trained_whatever_model_is_chosen(
    monkeypatch: pytest.MonkeyPatch, bigram: Path
) -> None:
    app = opened(monkeypatch, bigram, "mask_scale", prompt="anna", section="train")
    assert not any("no heads" in message.value for message in app.info)
    assert any(button.label.startswith("Train") for button in app.button)


def test_generate_says_what_the_next_token_depends_on(
    monkeypatch: pytest.MonkeyPatch, bigram: Path
) -> None:
    app = opened(monkeypatch, bigram, "generate", prompt="anna", heads="layer", layer="0")
    assert any(message.value.startswith("A bigram has no heads") for message in app.caption)


def test_attention_over_time_says_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, bigram: Path
) -> None:
    app = opened(monkeypatch, bigram, "runs", show="time")
    assert [message.value for message in app.info] == [
        "This run is of a bigram: it has no heads, and so no attention to show over time."
    ]
