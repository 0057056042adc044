"""A state_dict of the lecture's scripts in: the same logits and attentions as their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import gpt
from gpt.errors import ConversionError
from gpt.shape_only import count_parameters
from tests.gpt.convert.owners import LectureBigram, LectureGPT, drawn, vocabulary

SIZES = dict(vocab_size=17, n_embd=21, n_head=3, n_layer=2, block_size=13)
OTHER = dict(vocab_size=31, n_embd=35, n_head=5, n_layer=3, block_size=11)


def saved(model: torch.nn.Module, folder: Path, prefix: str = "") -> Path:
    path = folder / "lecture.pt"
    torch.save({f"{prefix}{name}": t for name, t in model.state_dict().items()}, path)
    return path


@torch.no_grad()
def check_parity(theirs: LectureGPT, ours: gpt.GPT) -> None:
    c = ours.config
    ids = torch.randint(c.vocab_size, (1, c.block_size - 1), generator=torch.manual_seed(2))
    logits, attentions = theirs(ids)
    traced = gpt.trace(ours, ids[0].tolist())
    np.testing.assert_allclose(traced.logits, logits[0], atol=1e-4, rtol=0)
    np.testing.assert_allclose(ours(ids)[0], logits[0], atol=1e-4, rtol=0)
    weights = traced.weights.reshape(-1, *traced.weights.shape[2:])
    np.testing.assert_allclose(weights, torch.cat(attentions), atol=1e-5, rtol=0)


@pytest.mark.parametrize("prefix", ["", "_orig_mod."])
@pytest.mark.parametrize("slip", [False, True], ids=["head_size", "n_embd"])
@pytest.mark.parametrize("sizes", [SIZES, OTHER])
def test_logits_and_attentions_agree(
    sizes: dict[str, int], slip: bool, prefix: str, tmp_path: Path
) -> None:
    theirs = LectureGPT(**sizes, slip=slip)
    drawn(theirs, seed=5)
    conversion = gpt.convert.lecture(
        saved(theirs, tmp_path, prefix),
        vocabulary=vocabulary(tmp_path, sizes["vocab_size"]),
        scale="n_embd" if slip else "head_size",
    )
    check_parity(theirs, conversion.model)
    own = sum(p.numel() for p in theirs.parameters())
    assert conversion.model.n_parameters == own == count_parameters(conversion.config)


def test_the_wrong_scale_is_another_model(tmp_path: Path) -> None:
    theirs = LectureGPT(**SIZES, slip=True)
    drawn(theirs, seed=5)
    conversion = gpt.convert.lecture(saved(theirs, tmp_path), vocabulary=vocabulary(tmp_path, 17))
    with pytest.raises(AssertionError):
        check_parity(theirs, conversion.model)
    with pytest.raises(ConversionError, match="scale is 'channels'; choose one of head_size"):
        gpt.convert.lecture(saved(theirs, tmp_path), scale="channels")


def test_from_safetensors_and_saved_as_a_run(tmp_path: Path) -> None:
    theirs = LectureGPT(**SIZES)
    drawn(theirs, seed=6)
    save_file(theirs.state_dict(), tmp_path / "lecture.safetensors")
    text = tmp_path / "input.txt"
    text.write_text("the quick brown fox jumps"[:20] + "!")
    assert len(set(text.read_text())) == 17
    conversion = gpt.convert.lecture(tmp_path / "lecture.safetensors", text=text)
    run = gpt.convert.save(conversion, tmp_path / "runs" / "lecture")
    check_parity(theirs, gpt.load(run.path).model)
    assert gpt.load(run.path).tokenizer.encode("!") == [1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('["a", "a"]', "must not name a character twice"),
        ("3", "is no vocabulary"),
        ("", "is not JSON"),
        ('{"stoi": {"a": 1}}', "the ids are not 0 to 0"),
        ('{"a": 1}', "the ids are not 0 to 0"),
        ('{"a": "b"}', "is no vocabulary: it may hold a list of characters"),
    ],
)
def test_a_vocabulary_that_is_none_is_named(content: str, message: str, tmp_path: Path) -> None:
    words = tmp_path / "words.json"
    words.write_text(content)
    with pytest.raises(ConversionError, match=rf"{tmp_path.name}/words\.json.*{message}"):
        gpt.convert.lecture(saved(LectureBigram(17), tmp_path), vocabulary=words)


def test_the_lectures_last_model_has_its_parameters(tmp_path: Path) -> None:
    """10.8 million with the settings at the end of the lecture, without running it."""
    with torch.device("meta"):
        theirs = LectureGPT(vocab_size=65, n_embd=384, n_head=6, n_layer=6, block_size=256)
    config = gpt.GPTConfig(256, 65, 6, 6, 384, activation="relu", qkv_bias=False, head_bias=True)
    own = sum(p.numel() for p in theirs.parameters())
    assert count_parameters(config) == own == 10_788_929


def test_a_bigram_reads_the_logits_off_its_table(tmp_path: Path) -> None:
    theirs = LectureBigram(17)
    drawn(theirs, seed=8)
    conversion = gpt.convert.lecture(saved(theirs, tmp_path), vocabulary=vocabulary(tmp_path, 17))
    ids = [3, 1, 4, 1, 5]
    table = theirs.state_dict()["token_embedding_table.weight"]
    assert conversion.config.n_layer == 0
    assert conversion.model.n_parameters == count_parameters(conversion.config) == 17 * 17
    traced = gpt.trace(conversion.model, ids)
    assert traced.weights.shape[:2] == (0, 1)
    np.testing.assert_array_equal(traced.logits, table[ids])
    np.testing.assert_array_equal(traced.logits, theirs(torch.tensor(ids)).detach())
    run = gpt.convert.save(conversion, tmp_path / "bigram")
    loaded = gpt.load(run.path)
    assert torch.equal(loaded.model(torch.tensor([ids]))[0], table[ids])
    assert loaded.info["imported"]["notes"][0].startswith("a bigram: each token's row")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("lm_head.bias"), "lacks 1 of 44 tensors (lm_head.bias"),
        (lambda s: s.pop("blocks.0.sa.heads.2.key.weight"), "lacks 1 of 44 tensors"),
        (lambda s: s.update(more=torch.ones(2)), "does not account for (more"),
        (lambda s: s.pop("token_embedding_table.weight"), "is not of the lecture's gpt.py or big"),
        (
            lambda s: s.update({"blocks.99999999999.x": torch.ones(1)}),
            "does not account for (blocks.99999999999.x",
        ),
        (
            lambda s: s.update({"blocks.0.sa.heads.3.query.weight": torch.ones(7, 21)}),
            "n_embd = 21 is not divisible by n_head = 4",
        ),
        (
            lambda s: s.update({"blocks.1.ffwd.net.0.weight": torch.ones(21, 84)}),
            "blocks.1.ffwd.net.0.weight has shape (21, 84); the lecture's gpt.py asks for (84, 21)",
        ),
        (lambda s: [s.pop(n) for n in list(s) if n != "lm_head.bias"], "is not of the lecture's"),
        (
            lambda s: [s.pop(n) for n in list(s) if n != "lm_head.bias"],
            "a model of another kind is read with its config.json, from its whole folder",
        ),
        (
            lambda s: [s.pop(n) for n in list(s) if n != "token_embedding_table.weight"],
            "a bigram's table is V × V; this is (17, 21)",
        ),
    ],
)
def test_another_models_file_is_refused(change: Any, message: str, tmp_path: Path) -> None:
    state = dict(LectureGPT(**SIZES).state_dict())
    change(state)
    torch.save(state, tmp_path / "lecture.pt")
    with pytest.raises(ConversionError) as caught:
        gpt.convert.lecture(tmp_path / "lecture.pt", vocabulary=vocabulary(tmp_path, 17))
    assert message in str(caught.value)
