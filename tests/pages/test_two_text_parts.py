"""Parts of pages on a model of two texts: 11 queries of the target, 19 keys of the source."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import gpt
from gpt.errors import ConfigError
from pages.parts.attention import attention_pictures, head_analyses, save_attention
from pages.parts.attention.attention_pictures import MapContent
from pages.parts.head import head_matrices
from pages.shared import loads
from pages.shared.loads import Look
from tests.close import close
from tests.gpt import tiny, two_texts
from tests.gpt.two_texts import CONFIG, S, T, numpy_forward, source_ids, target_ids

SWITCHES = gpt.Switches(scale=0.7)


@pytest.fixture
def cross(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The files are a decoder's; the model in their place is that of two texts."""
    path = tiny.new_run(checkpoints / "two").path
    (path / "model.safetensors").write_bytes(b"")
    target, source = (
        SimpleNamespace(pieces=lambda ids, letter=letter: [f"{letter}{id}" for id in ids])
        for letter in "ts"
    )
    other = SimpleNamespace(
        model=two_texts.two_texts(), config=CONFIG, tokenizer=target, source_tokenizer=source
    )
    monkeypatch.setattr(loads, "checkpoint", lambda run: other)
    return Look("two", tuple(target_ids()), SWITCHES, tuple(source_ids()), "cross")


def expected() -> dict[str, np.ndarray]:
    """Every stage of the cross-attention, by numpy."""
    settings = {"cross": {"scale": 0.7}}
    return numpy_forward(two_texts.two_texts(), target_ids(), source_ids(), settings)["cross"]


def test_sizes_are_those_of_the_attention(cross: Look) -> None:
    assert cross.size == (T, S)
    assert Look("two", cross.ids, SWITCHES, cross.source, "encoder").size == (S, S)
    assert Look("two", cross.ids, SWITCHES, cross.source, "decoder").size == (T, T)


@pytest.mark.parametrize("view", ["weights", "scores", "scaled"])
def test_maps_have_the_targets_queries_and_the_sources_keys(cross: Look, view: str) -> None:
    picture = attention_pictures.picture_of(cross, MapContent(view))
    assert picture.shape == (2, 3, T, S)
    assert list(picture.tokens) == [f"t{id}" for id in cross.ids]
    assert list(picture.key_tokens or ()) == [f"s{id}" for id in cross.source]
    assert picture.head(1, 2) == close(expected()[view][1, 2])


def test_an_average_has_a_map_for_each_layer(cross: Look) -> None:
    picture = attention_pictures.picture_of(cross, MapContent("average"))
    assert picture.layer_labels == ["L0", "L1", "all"]
    assert picture.head(1, 0) == close(expected()["weights"][1].mean(0))
    with pytest.raises(ConfigError, match="11 queries and 19 keys"):
        attention_pictures.picture_of(cross, MapContent("rollout"))


def test_patterns_are_of_one_text(cross: Look) -> None:
    with pytest.raises(ConfigError, match="11 queries and 19 keys"):
        head_analyses.patterns_of(cross)
    own = Look("two", cross.ids, SWITCHES, cross.source, "encoder")
    assert head_analyses.patterns_of(own)["previous token"].shape == (1, 3)


def test_saved_arrays_name_both_texts(cross: Look) -> None:
    arrays = save_attention._arrays(cross, MapContent("scores"), (0, 0))
    assert arrays["ids"].tolist() == list(cross.ids)
    assert arrays["key_ids"].tolist() == list(cross.source)
    assert arrays["scores"] == close(expected()["scores"])


def test_inside_a_head_reads_the_source(cross: Look) -> None:
    matrices = head_matrices.inside(cross, (1, 2))
    assert matrices.y is not None and matrices.y.shape == (S, CONFIG.n_embd)
    assert matrices.masked == close(expected()["masked"][1, 2])
    assert head_matrices.facts(cross, (1, 2)).cross
    assert len(head_matrices.payload(cross, (1, 2), "auto")) > 0
