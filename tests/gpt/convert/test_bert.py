"""An encoder of BERT's shape in: the same logits, states and attentions as `transformers`' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM

import gpt
from gpt.errors import ConversionError
from tests.gpt.convert.owners import drawn, vocabulary

SIZES = dict(
    vocab_size=17,
    hidden_size=21,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=37,
    max_position_embeddings=13,
    type_vocab_size=2,
)
SETTINGS: dict[str, dict[str, Any]] = {
    "as published": {**SIZES, "intermediate_size": 84},
    "odd width": SIZES,
    "three segments, another epsilon": {**SIZES, "type_vocab_size": 3, "layer_norm_eps": 0.02},
    "untied": {**SIZES, "tie_word_embeddings": False},
    "gelu_new": {**SIZES, "hidden_act": "gelu_new"},
}
IDS = torch.tensor([[3, 14, 1, 5, 9, 2, 6, 5, 3, 5, 8]])


def peer(**settings: Any) -> BertForMaskedLM:
    """A BERT of `transformers` whose every parameter is drawn."""
    model = BertForMaskedLM(BertConfig(**settings, attn_implementation="eager"))
    drawn(model, seed=7)
    return model


def folder_of(model: Any, path: Path) -> Path:
    model.save_pretrained(path)
    vocabulary(path, model.config.vocab_size)
    return path


def read(folder: Path) -> gpt.Checkpoint:
    return gpt.convert.bert(folder, vocabulary=folder / "vocabulary.json")


@torch.no_grad()
def check_parity(theirs: BertForMaskedLM, ours: gpt.GPT) -> None:
    expected = theirs(IDS, output_attentions=True, output_hidden_states=True)
    traced = gpt.trace(ours, IDS[0].tolist())
    np.testing.assert_allclose(traced.logits, expected.logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(ours(IDS)[0], expected.logits[0], atol=1e-4, rtol=0)
    attentions = torch.stack(expected.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)
    states = torch.stack(expected.hidden_states)[:, 0]
    np.testing.assert_allclose(traced.residual[::2], states, atol=1e-5, rtol=0)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_logits_states_and_attentions_agree(settings: dict[str, Any], tmp_path: Path) -> None:
    theirs = peer(**settings)
    conversion = read(folder_of(theirs, tmp_path / "peer"))
    check_parity(theirs, conversion.model)
    assert gpt.trace(conversion.model, IDS[0].tolist()).visible.all()


def test_saved_it_is_a_run_like_any_other(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    run = gpt.convert.save(read(folder_of(theirs, tmp_path / "peer")), tmp_path / "encoder")
    check_parity(theirs, gpt.load(run.path).model)
    assert "first segment" in gpt.load(run.path).info["imported"]["notes"][0]


def test_without_a_head_it_predicts_nothing_and_says_so(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    conversion = read(folder_of(theirs.bert, tmp_path / "peer"))  # with its pooler
    traced = gpt.trace(conversion.model, IDS[0].tolist())
    with torch.no_grad():
        expected = theirs.bert(IDS, output_attentions=True)
    np.testing.assert_allclose(
        traced.weights, torch.stack(expected.attentions)[:, 0], atol=1e-5, rtol=0
    )
    np.testing.assert_allclose(
        traced.residual[-1], expected.last_hidden_state[0], atol=1e-5, rtol=0
    )
    assert (traced.logits == 0).all()
    assert "predicted alike" in conversion.info["imported"]["notes"][1]


def test_the_names_of_older_files(tmp_path: Path) -> None:
    """gamma and beta, other heads, buffers, and the head's bias under its other name."""
    theirs = peer(**SIZES)
    folder = folder_of(theirs, tmp_path / "peer")
    state = load_file(folder / "model.safetensors")
    for name in list(state):
        if "LayerNorm" in name:
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            state[old.replace("LayerNorm.bias", "LayerNorm.beta")] = state.pop(name)
    state.pop("cls.predictions.bias", None)
    state["cls.predictions.decoder.bias"] = theirs.cls.predictions.bias.detach()
    state["bert.pooler.dense.weight"] = torch.ones(21, 21)
    state["cls.seq_relationship.bias"] = torch.ones(2)
    state["bert.embeddings.position_ids"] = torch.arange(13)[None]
    save_file({name: t.clone() for name, t in state.items()}, folder / "model.safetensors")
    check_parity(theirs, read(folder).model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_decoder": True}, "is_decoder is True; only encoders"),
        ({"add_cross_attention": True}, "add_cross_attention is True; only encoders"),
        ({"position_embedding_type": "relative_key"}, "its positions are relative"),
        ({"hidden_act": "mish"}, "the activation 'mish' is not known here"),
        ({"model_type": "roberta"}, "of a model of type 'roberta'; this reads 'bert'"),
        ({"intermediate_size": 38}, "has shape"),
        ({"num_attention_heads": 4}, "n_embd = 21 is not divisible by n_head = 4"),
        ({"max_position_embeddings": 12}, "embeddings.position_embeddings.weight has shape"),
    ],
)
def test_what_is_no_such_encoder_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    folder = folder_of(peer(**SIZES), tmp_path / "peer")
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**raw, **changes}))
    with pytest.raises(ConversionError) as caught:
        read(folder)
    assert message in str(caught.value)


def test_segments_of_another_width_are_refused(tmp_path: Path) -> None:
    folder = folder_of(peer(**SIZES), tmp_path / "peer")
    state = load_file(folder / "model.safetensors")
    state["bert.embeddings.token_type_embeddings.weight"] = torch.ones(2, 5)
    save_file(state, folder / "model.safetensors")
    with pytest.raises(ConversionError, match=r"token_type_embeddings.weight has shape \(2, 5\)"):
        read(folder)
