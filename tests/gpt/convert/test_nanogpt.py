"""nanoGPT's ckpt.pt in: the same logits and attentions as its own forward pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConversionError
from tests.gpt.convert.owners import CHARACTERS, NanoGPT, drawn, save_nanogpt, vocabulary

SIZES = dict(block_size=13, vocab_size=17, n_layer=2, n_head=3, n_embd=21)
SETTINGS: dict[str, dict[str, Any]] = {
    "as today": SIZES,
    "without bias": {**SIZES, "bias": False},
    "masks as buffers": {**SIZES, "flash": False},
    "other sizes": dict(block_size=19, vocab_size=31, n_layer=3, n_head=5, n_embd=35),
}


def peer(**settings: Any) -> NanoGPT:
    model = NanoGPT(**settings)
    drawn(model, seed=3)
    return model


@torch.no_grad()
def check_parity(theirs: NanoGPT, ours: gpt.GPT) -> None:
    T = ours.config.block_size - 2
    ids = torch.randint(ours.config.vocab_size, (1, T), generator=torch.manual_seed(2))
    logits, attentions = theirs(ids)
    traced = gpt.trace(ours, ids[0].tolist())
    np.testing.assert_allclose(traced.logits, logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(ours(ids)[0], logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(traced.weights, torch.stack(attentions)[:, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "not compiled"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_logits_and_attentions_agree(
    settings: dict[str, Any], compiled: bool, tmp_path: Path
) -> None:
    theirs = peer(**settings)
    path = save_nanogpt(theirs, tmp_path / "ckpt.pt", compiled)
    words = vocabulary(tmp_path, settings["vocab_size"])
    conversion = gpt.convert.nanogpt(path, vocabulary=words)
    check_parity(theirs, conversion.model)
    assert conversion.model.n_parameters == sum(p.numel() for p in theirs.parameters())
    assert conversion.info["weights"]["step"] == "250"


def test_the_text_gives_the_characters_as_their_script_takes_them(tmp_path: Path) -> None:
    path = save_nanogpt(peer(**SIZES), tmp_path / "ckpt.pt")
    text = tmp_path / "input.txt"
    text.write_bytes(b"zebra\r\nquick fox jm\r\n")  # read as text: "\n" alone
    expected = sorted(set("zebra\nquick fox jm\n"))
    assert len(expected) == 17
    conversion = gpt.convert.nanogpt(path, text=text)
    assert conversion.tokenizer.pieces(range(17)) == expected


def test_saved_it_is_a_run_with_its_step(tmp_path: Path) -> None:
    theirs = peer(**SIZES)
    path = save_nanogpt(theirs, tmp_path / "ckpt.pt")
    conversion = gpt.convert.nanogpt(path, vocabulary=vocabulary(tmp_path, 17))
    run = gpt.convert.save(conversion, tmp_path / "runs" / "nano")
    assert (run.status().state, run.status().step) == ("done", 250)
    check_parity(theirs, gpt.load(run.path).model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved.pop("model_args"), "is not nanoGPT's: it lacks model_args or model"),
        (lambda saved: saved.update(model=[1, 2]), "is not a state_dict"),
        (lambda saved: saved["model"].update(step=3), "is not a state_dict"),
        (lambda saved: saved["model_args"].update(n_layer=3), "lacks 12 of 40 tensors"),
        (lambda saved: saved["model_args"].update(n_layer=10**9), "n_layer is 1,000,000,000"),
        (lambda saved: saved["model_args"].update(bias=0), "bias is 0; choose true or false"),
        (lambda saved: saved["model_args"].update(bias=False), "does not account for"),
        (lambda saved: saved["model_args"].pop("n_head"), "n_head is None"),
        (lambda saved: saved.update(model_args=[13, 17]), "they are not names with their values"),
        (
            lambda saved: saved["model"].update({"transformer.wte.weight": torch.ones(17, 20)}),
            "says that lm_head.weight is transformer.wte.weight, but they differ",
        ),
        (
            lambda saved: saved["model"]["lm_head.weight"][3].fill_(float("nan")),
            "transformer.wte.weight holds numbers that are not finite",
        ),
        (
            lambda saved: saved["model"].update(
                {"transformer.h.0.ln_1.bias": torch.ones(21, dtype=torch.int64)}
            ),
            "transformer.h.0.ln_1.bias holds int64, not floating-point numbers",
        ),
        (
            lambda saved: saved["model"].update({"_orig_mod.lm_head.weight": torch.ones(17, 21)}),
            "ckpt.pt has both",
        ),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(
    change: Any, message: str, tmp_path: Path
) -> None:
    path = save_nanogpt(peer(**SIZES), tmp_path / "ckpt.pt", compiled=False)
    saved = torch.load(path, weights_only=True)
    change(saved)
    torch.save(saved, path)
    with pytest.raises(ConversionError) as caught:
        gpt.convert.nanogpt(path, vocabulary=vocabulary(tmp_path, 17))
    assert message in str(caught.value)


def test_no_vocabulary_is_explained(tmp_path: Path) -> None:
    path = save_nanogpt(peer(**SIZES), tmp_path / "ckpt.pt")
    with pytest.raises(ConversionError, match=r"meta.pkl is not read, because unpickling can run"):
        gpt.convert.nanogpt(path)
    with pytest.raises(ConversionError, match=r"has 16 tokens, the checkpoint 17"):
        gpt.convert.nanogpt(path, vocabulary=vocabulary(tmp_path, 16))
    with pytest.raises(ConversionError, match="not both"):
        gpt.convert.nanogpt(path, text=path, vocabulary=path)
    with pytest.raises(ConversionError, match=r"there is no file .*none.pt"):
        gpt.convert.nanogpt(tmp_path / "none.pt")


def test_meta_as_json_is_a_vocabulary(tmp_path: Path) -> None:
    path = save_nanogpt(peer(**SIZES), tmp_path / "ckpt.pt")
    meta = tmp_path / "meta.json"
    shuffled = CHARACTERS[16::-1]
    for key, value in (
        ("stoi", {c: i for i, c in enumerate(shuffled)}),
        ("itos", {str(i): c for i, c in enumerate(shuffled)}),
        ("itos", list(shuffled)),
    ):
        meta.write_text(json.dumps({"vocab_size": 17, key: value}))
        conversion = gpt.convert.nanogpt(path, vocabulary=meta)
        assert conversion.tokenizer.decode([0, 16]) == "qa"
    meta.write_text(json.dumps({c: i for i, c in enumerate(shuffled)}))  # stoi by itself
    assert gpt.convert.nanogpt(path, vocabulary=meta).tokenizer.decode([0, 16]) == "qa"
    for wrong in ({"stoi": {"a": 0, "b": 2}}, {"itos": {"0": "a", "x": "b"}}, {"itos": None}, 7):
        meta.write_text(json.dumps(wrong))
        with pytest.raises(ConversionError):
            gpt.convert.nanogpt(path, vocabulary=meta)
