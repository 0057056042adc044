"""Export: what we write, the owners' own code opens, and it says the same."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, GPT2LMHeadModel

import gpt
import gpt.errors
from gpt.convert.exports import as_gpt2, as_nanogpt, fitting
from gpt.convert.result import checkpoint
from gpt.errors import ConversionError
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.presets import PRESETS, of_task
from tests.gpt.convert.owners import CHARACTERS, NanoGPT, contents
from tests.gpt.tiny import V, config, random_ids, random_model

TOKENIZER = CharacterTokenizer(CHARACTERS[:V])

AS_GPT2: dict[str, dict[str, Any]] = {
    "plain": dict(),
    "tied": dict(tie_weights=True),
    "gelu_tanh": dict(activation="gelu_tanh"),
    "relu": dict(activation="relu"),
    "squared_relu": dict(activation="squared_relu"),
    "no bias": dict(bias=False),
    "no bias in queries": dict(qkv_bias=False),
    "no projection": dict(projection=False),
    "scaled by n_embd": dict(scale="n_embd"),
    "not scaled": dict(scale="none"),
    "epsilon": dict(norm_epsilon=0.04),
    "odd width": dict(n_inner=37),
    "one head": dict(n_head=1),
}
NOT_GPT2: dict[str, tuple[dict[str, Any], str]] = {
    "rotary": (dict(position="rotary", n_embd=30), "positions are rotary, not learned"),
    "sinusoidal": (dict(position="sinusoidal", n_embd=30), "positions are sinusoidal"),
    "no positions": (dict(position="none"), "positions are none"),
    "post": (dict(norm="post"), "norm post, not pre"),
    "no norm": (dict(norm="none"), "norm none, not pre"),
    "no mask": (dict(mask="none"), "it reads without a mask"),
    "batch norm": (dict(norm_kind="batch"), "its norms are batch normalization"),
    "qk_norm": (dict(qk_norm=True), "queries and keys are normalized"),
    "no skip": (dict(skip=False), "it has no skip connections"),
    "no feed-forward": (dict(feed_forward=False), "have no feed-forward layer"),
    "a head's bias": (dict(head_bias=True), "its output embedding has a bias"),
    "two reasons": (dict(qk_norm=True, skip=False), "are normalized; it has no skip connections"),
}


def ours(**changes: Any) -> gpt.Checkpoint:
    return checkpoint("test", Path("mine"), random_model(config(**changes)), TOKENIZER)


@torch.no_grad()
def logits(model: gpt.GPT, ids: list[int]) -> np.ndarray:
    return model(torch.tensor([ids]))[0].numpy()


# -- GPT-2, Hugging Face ------------------------------------------------------------------------


@pytest.mark.parametrize("changes", AS_GPT2.values(), ids=AS_GPT2)
@torch.no_grad()
def test_transformers_opens_it_and_computes_the_same(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    mine = ours(**changes)
    folder = gpt.convert.to_gpt2(mine, tmp_path / "out")
    theirs, report = GPT2LMHeadModel.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    ids = random_ids()
    got = theirs.eval()(torch.tensor([ids])).logits[0]
    np.testing.assert_allclose(got, logits(mine.model, ids), atol=1e-4, rtol=0)
    back = gpt.convert.gpt2(folder)
    np.testing.assert_allclose(logits(back.model, ids), got, atol=1e-4, rtol=0)


def test_transformers_writes_the_same_text(tmp_path: Path) -> None:
    """Greedy, from a prompt through the exported tokenizer, as long as the context."""
    mine = ours(tie_weights=True)
    folder = gpt.convert.to_gpt2(mine, tmp_path / "out")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    theirs = GPT2LMHeadModel.from_pretrained(folder).eval()
    prompt = "head"
    ids = tokenizer(prompt, return_tensors="pt")
    assert ids["input_ids"][0].tolist() == mine.tokenizer.encode(prompt)
    written = theirs.generate(**ids, max_new_tokens=9, do_sample=False, pad_token_id=0)[0]
    text = tokenizer.decode(written, clean_up_tokenization_spaces=False)
    steps = gpt.generate(mine.model, mine.tokenizer.encode(prompt), 9, temperature=0)
    expected = prompt + mine.tokenizer.decode([step.id for step in steps])
    assert len(set(expected)) > 3
    assert text == expected
    back = gpt.convert.gpt2(folder)
    steps = gpt.generate(back.model, back.tokenizer.encode(prompt), 9, temperature=0)
    assert prompt + back.tokenizer.decode([step.id for step in steps]) == expected


def test_every_character_survives_the_exported_tokenizer(tmp_path: Path) -> None:
    alphabet = "\n\t !'é😀▁Ġ#ab\u0301\u2028"
    model = random_model(config(vocab_size=len(alphabet)))
    mine = checkpoint("test", Path("mine"), model, CharacterTokenizer(sorted(alphabet)))
    folder = gpt.convert.to_gpt2(mine, tmp_path / "out")
    theirs = AutoTokenizer.from_pretrained(folder)
    text = alphabet + alphabet[::-1] + "  \n\n"
    ids = mine.tokenizer.encode(text)
    assert theirs(text)["input_ids"] == ids
    assert theirs.decode(ids, clean_up_tokenization_spaces=False) == text
    back = gpt.convert.gpt2(folder).tokenizer
    assert back.encode(text) == ids and back.decode(ids) == text
    assert back.unknown("a?") == [(1, "?")]


@pytest.mark.parametrize(("changes", "reason"), NOT_GPT2.values(), ids=NOT_GPT2)
def test_what_cannot_be_gpt2_is_refused_with_every_reason(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    for write, owner in ((gpt.convert.to_gpt2, "GPT-2"), (gpt.convert.to_nanogpt, "nanoGPT's")):
        with pytest.raises(ConversionError) as caught:
            write(ours(**changes), tmp_path / "out")
        assert f"this model cannot be written as {owner}: " in str(caught.value)
        assert reason in str(caught.value)
    assert not list(tmp_path.iterdir())


# -- nanoGPT ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes", [dict(), dict(bias=False), dict(scale="n_embd"), dict(qkv_bias=False)], ids=str
)
@torch.no_grad()
def test_nanogpt_opens_it_and_computes_the_same(changes: dict[str, Any], tmp_path: Path) -> None:
    mine = ours(tie_weights=True, mlp_ratio=4, **changes)
    folder = gpt.convert.to_nanogpt(mine, tmp_path / "out")
    saved = torch.load(folder / "ckpt.pt", weights_only=True)
    assert {"model", "model_args", "iter_num", "best_val_loss", "config"} <= set(saved)
    theirs = NanoGPT(**saved["model_args"])
    theirs.load_state_dict(saved["model"])  # strict: every key, no other
    ids = random_ids()
    got = theirs.eval()(torch.tensor([ids]))[0][0]
    np.testing.assert_allclose(got, logits(mine.model, ids), atol=1e-4, rtol=0)
    back = gpt.convert.nanogpt(folder / "ckpt.pt", vocabulary=folder / "vocabulary.json")
    np.testing.assert_allclose(logits(back.model, ids), got, atol=1e-4, rtol=0)
    assert back.tokenizer.to_json() == mine.tokenizer.to_json()


def test_its_vocabulary_is_what_nanogpts_meta_holds(tmp_path: Path) -> None:
    folder = gpt.convert.to_nanogpt(ours(tie_weights=True, mlp_ratio=4), tmp_path / "out")
    meta = json.loads((folder / "vocabulary.json").read_text())
    assert meta["vocab_size"] == V
    assert meta["stoi"]["c"] == 2 and meta["itos"]["2"] == "c"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (dict(tie_weights=False, mlp_ratio=4), "its output embedding is not its token embedding"),
        (dict(tie_weights=True), "its feed-forward layers are 105 wide, theirs 4 × n_embd"),
        (dict(tie_weights=True, mlp_ratio=4, activation="gelu_tanh"), "its activation is gelu_ta"),
        (dict(tie_weights=True, mlp_ratio=4, norm_epsilon=0.1), "add 0.1 to the variance"),
    ],
)
def test_what_cannot_be_nanogpts_is_refused(
    changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ConversionError) as caught:
        gpt.convert.to_nanogpt(ours(**changes), tmp_path / "out")
    assert reason in str(caught.value)


# -- whole or not at all --------------------------------------------------------------------------


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    mine = ours(tie_weights=True, mlp_ratio=4)
    for write in (gpt.convert.to_gpt2, gpt.convert.to_nanogpt, gpt.convert.save):
        with pytest.raises(ConversionError, match="'taken' is there already"):
            write(mine, taken)
    assert contents(tmp_path) == {str(taken / "mine.txt"): b"mine"}


def test_a_disk_that_fills_up_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    mine = ours()
    monkeypatch.setattr("gpt.convert.result.write_json", full)
    monkeypatch.setattr("gpt.convert.exports.as_gpt2.write_json", full)
    for write in (gpt.convert.save, gpt.convert.to_gpt2):
        with pytest.raises(OSError, match="No space left"):
            write(mine, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_a_name_that_cannot_be_a_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(gpt.errors.TrainingError, match="cannot name a run"):
        gpt.convert.save(ours(), tmp_path / "no name")
    assert not list(tmp_path.iterdir())


def test_a_run_being_written_is_no_run_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gpt.training.runs import Run, list_runs

    seen: list[list[Run]] = []
    monkeypatch.setattr(Run, "write_status", lambda *_: seen.append(list_runs(tmp_path)))
    gpt.convert.save(ours(), tmp_path / "new")
    assert seen == [[]]
    assert [run.name for run in list_runs(tmp_path)] == ["new"]


def test_the_same_weights_under_another_config_are_another_function() -> None:
    """What the folding tests rest on: these settings do change the logits."""
    mine = ours()
    for changes in (dict(scale="n_embd"), dict(scale="none"), dict(norm_epsilon=0.04)):
        other = gpt.GPT(replace(mine.config, **changes)).eval()
        other.load_state_dict(mine.model.state_dict())
        assert np.abs(logits(other, random_ids()) - logits(mine.model, random_ids())).max() > 1e-3


@pytest.mark.parametrize("name", of_task("next"))
def test_which_presets_can_be_handed_on_is_as_the_readme_says(name: str) -> None:
    """GPT-2's layout takes all but three; nanoGPT's takes its own."""
    config = PRESETS[name].model_config(65)
    for owner, allowed, fits in (
        ("GPT-2", as_gpt2.ALLOWED, name not in ("shakespeare-fast", "shakespeare-modern", "copy")),
        ("nanoGPT's", as_nanogpt.allowed(config), name == "nanogpt-cpu"),
    ):
        with nullcontext() if fits else pytest.raises(ConversionError, match="cannot be written"):
            fitting.check(config, owner, allowed)
