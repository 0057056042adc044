"""A Hugging Face GPT-2 folder in: the same logits and attentions as `transformers`' own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

import gpt
from gpt.errors import ConversionError, FetchError
from tests.gpt.convert.owners import CHARACTERS, drawn, vocabulary

SIZES = dict(n_positions=13, vocab_size=17, n_layer=2, n_head=3, n_embd=21)
OTHER = dict(n_positions=19, vocab_size=31, n_layer=3, n_head=5, n_embd=35)
ONE = dict(n_positions=7, vocab_size=11, n_layer=1, n_head=1, n_embd=13)

SETTINGS: dict[str, dict[str, Any]] = {
    "as published": SIZES,
    "other sizes": {**OTHER, "n_inner": 70},
    "one head": ONE,
    "scaled by layer": {**OTHER, "scale_attn_by_inverse_layer_idx": True},
    "not scaled": {**SIZES, "scale_attn_weights": False},
    "only by layer": {
        **OTHER,
        "scale_attn_weights": False,
        "scale_attn_by_inverse_layer_idx": True,
    },
    "odd width": {**SIZES, "n_inner": 37},
    "another epsilon": {**SIZES, "layer_norm_epsilon": 0.03},
    "untied": {**SIZES, "tie_word_embeddings": False},
    "gelu": {**SIZES, "activation_function": "gelu"},
    "relu": {**SIZES, "activation_function": "relu"},
    "upcast": {**SIZES, "reorder_and_upcast_attn": True},
}


def peer(**settings: Any) -> GPT2LMHeadModel:
    """A GPT-2 of `transformers` whose every parameter is drawn."""
    config = GPT2Config(
        **settings, attn_implementation="eager", bos_token_id=None, eos_token_id=None
    )
    model = GPT2LMHeadModel(config)
    drawn(model, seed=config.n_embd)
    return model


def folder_of(model: GPT2LMHeadModel, path: Path) -> Path:
    """As `save_pretrained` writes it, and a vocabulary of characters."""
    model.save_pretrained(path)
    vocabulary(path, model.config.vocab_size)
    return path


def read(folder: Path) -> gpt.Checkpoint:
    return gpt.convert.gpt2(folder, vocabulary=folder / "vocabulary.json")


def check_parity(theirs: GPT2LMHeadModel, ours: gpt.GPT) -> None:
    T = ours.config.block_size - 2
    ids = torch.randint(ours.config.vocab_size, (1, T), generator=torch.manual_seed(2))
    with torch.no_grad():
        expected = theirs(ids, output_attentions=True)
        fast = ours(ids)[0]
    traced = gpt.trace(ours, ids[0].tolist())
    np.testing.assert_allclose(traced.logits, expected.logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(fast, expected.logits[0], atol=1e-4, rtol=0)
    attentions = torch.stack(expected.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_logits_and_attentions_agree(settings: dict[str, Any], tmp_path: Path) -> None:
    theirs = peer(**settings)
    conversion = read(folder_of(theirs, tmp_path / "peer"))
    check_parity(theirs, conversion.model)
    assert conversion.model.n_parameters == sum(p.numel() for p in theirs.parameters())
    assert conversion.tokenizer.encode("cab") == [2, 0, 1]


def test_without_the_prefix_of_its_names_as_openais_files_have_it(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    folder = folder_of(theirs, tmp_path / "peer")
    theirs.transformer.save_pretrained(folder)  # wte.weight, not transformer.wte.weight
    check_parity(theirs, read(folder).model)


def old_state(model: GPT2LMHeadModel) -> dict[str, torch.Tensor]:
    """With the masks that older versions saved, and the tied matrix twice."""
    state = model.state_dict()
    for l in range(model.config.n_layer):
        state[f"transformer.h.{l}.attn.bias"] = torch.ones(1, 1, 13, 13).tril().bool()
        state[f"transformer.h.{l}.attn.masked_bias"] = torch.tensor(-1e4)
    return state


def test_from_pytorch_model_bin_with_the_masks_of_older_versions(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    folder = folder_of(theirs, tmp_path / "peer")
    (folder / "model.safetensors").unlink()
    torch.save(old_state(theirs), folder / "pytorch_model.bin")
    check_parity(theirs, read(folder).model)


def test_from_several_files(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    folder = folder_of(theirs, tmp_path / "peer")
    (folder / "model.safetensors").unlink()
    theirs.save_pretrained(folder, max_shard_size="9KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    check_parity(theirs, read(folder).model)


def test_from_16_bits(tmp_path: Path) -> None:
    theirs = peer(**SIZES).to(torch.bfloat16)
    conversion = read(folder_of(theirs, tmp_path / "peer"))
    assert {p.dtype for p in conversion.model.parameters()} == {torch.float32}
    check_parity(theirs.float(), conversion.model)


def test_what_was_folded_into_the_weights_is_said(tmp_path: Path) -> None:
    theirs = peer(**SIZES, scale_attn_by_inverse_layer_idx=True)
    conversion = read(folder_of(theirs, tmp_path / "peer"))
    (note,) = conversion.info["imported"]["notes"]
    assert "layer l (from 0) are divided by l + 1" in note
    theirs_query = theirs.transformer.h[1].attn.c_attn.weight[:, :21].T
    torch.testing.assert_close(conversion.model.blocks[1].attn.query.weight, theirs_query / 2)


def test_saved_it_is_a_run_like_any_other(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    conversion = read(folder_of(theirs, tmp_path / "peer"))
    run = gpt.convert.save(conversion, tmp_path / "runs" / "theirs")
    assert run.status().state == "done"
    assert run.status().reason == "imported: gpt2 peer"
    loaded = gpt.load(run.path)
    assert loaded.config == conversion.config
    assert loaded.info["imported"] == {"kind": "gpt2", "name": "peer", "notes": []}
    check_parity(theirs, loaded.model)
    assert loaded.tokenizer.decode([3, 0, 3]) == "dad"


# -- what is refused ----------------------------------------------------------------------------


def with_config(**changes: Any) -> dict[str, Any]:
    return changes


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another model": ({"model_type": "llama"}, "is of a model of type 'llama'"),
    "cross-attention": ({"add_cross_attention": True}, "it has cross-attention"),
    "an activation of its own": ({"activation_function": "mish"}, "the activation 'mish' is not"),
    "a list for an activation": ({"activation_function": ["relu"]}, "the activation ['relu']"),
    "deeper": ({"n_layer": 3}, "lacks 12 of 40 tensors (transformer.h.2."),
    "shallower": ({"n_layer": 1}, "has 12 tensors that config.json does not account for"),
    "10^12 layers": ({"n_layer": 10**12}, "n_layer is 1,000,000,000,000"),
    "10^12 channels": ({"n_embd": 10**12}, "n_embd is 1,000,000,000,000"),
    "wider": ({"n_embd": 24}, "has shape"),
    "wider inside": ({"n_inner": 85}, "has shape"),
    "a longer context": ({"n_positions": 14}, "wpe.weight has shape (13, 21); config.json asks"),
    "no heads": ({"n_head": 0}, "n_head is 0"),
    "no number of heads": ({"n_head": None}, "n_head is None"),
    "a word for a number": ({"vocab_size": "17"}, "vocab_size is '17'"),
    "a word for a flag": ({"scale_attn_weights": "no"}, "scale_attn_weights is 'no'"),
    "no epsilon": ({"layer_norm_epsilon": None}, "norm_epsilon is None"),
    "untied without its matrix": (
        {"tie_word_embeddings": False},
        "lacks 1 of 29 tensors (lm_head.weight",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(peer(**SIZES), tmp_path_factory.mktemp("good") / "peer")


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_config_that_does_not_fit_is_refused(
    changes: dict[str, Any], message: str, good: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    for path in good.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**raw, **changes}))
    with pytest.raises(ConversionError) as caught:
        read(folder)
    assert message in str(caught.value)
    assert "bad/" in str(caught.value)


def test_a_tied_matrix_that_differs_is_refused(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "config.json").write_bytes((good / "config.json").read_bytes())
    state = {k: v.clone() for k, v in peer(**SIZES).state_dict().items()}
    state["lm_head.weight"][3, 4] += 1
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(ConversionError, match=r"says that lm_head.weight is transformer.wte.weig"):
        gpt.convert.gpt2(folder, vocabulary=good / "vocabulary.json")


def test_a_folder_without_a_tokenizer_says_what_to_put_there(good: Path) -> None:
    with pytest.raises(ConversionError, match=r"peer has no tokenizer: put tokenizer.json there"):
        gpt.convert.gpt2(good)


def test_a_folder_without_weights_or_config_is_named(good: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConversionError, match=r"empty/config.json is missing"):
        gpt.convert.gpt2(tmp_path / "empty")
    (tmp_path / "empty" / "config.json").write_bytes((good / "config.json").read_bytes())
    with pytest.raises(ConversionError, match=r"empty has no weights: neither model.safetensors"):
        gpt.convert.gpt2(tmp_path / "empty")


def test_a_file_or_an_impossible_name_is_not_looked_for_elsewhere(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *a, **k: pytest.fail("asked"))
    for name in (good / "config.json", "../nowhere", "/nowhere/at/all", "a b"):
        with pytest.raises(ConversionError, match="there is no folder"):
            gpt.convert.gpt2(name)


def test_a_name_is_downloaded_without_what_is_not_needed(
    good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def snapshot(name: str, allow_patterns: list[str]) -> str:
        asked.append((name, allow_patterns))
        return str(good)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    conversion = gpt.convert.gpt2("someone/gpt2", vocabulary=good / "vocabulary.json")
    assert conversion.info["imported"]["name"] == "gpt2"
    ((name, files),) = asked
    assert name == "someone/gpt2"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files)
    assert not [file for file in files if file.endswith(".bin")]


def test_without_a_network_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def snapshot(*_: Any, **__: Any) -> str:
        raise ConnectionError("Name or service not known\nand more")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    with pytest.raises(FetchError) as caught:
        gpt.convert.gpt2("gpt2-nowhere")
    assert "there is no folder gpt2-nowhere here" in str(caught.value)
    assert "Name or service not known" in str(caught.value)
    assert "copy its files into a folder" in str(caught.value)


def test_characters_are_enough_for_these_tests() -> None:
    assert len(set(CHARACTERS)) == len(CHARACTERS) >= 35
