"""Places: the checkpoint among the files that a program saved, told by their names alone."""

from __future__ import annotations

import pytest

from gpt.convert.files.file_roles import FileRoles, candidates, file_roles
from gpt.errors import ConversionError

MODEL = ["config.json", "generation_config.json", "model.safetensors"]
BPE = ["merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]
GPT2 = [*MODEL, *BPE, "vocab.json", "added_tokens.json"]
TRAINER = [
    *("optimizer.pt", "rng_state.pth", "scheduler.pt", "scaler.pt", "trainer_state.json"),
    *("training_args.bin", "all_results.json", "train_results.json", "README.md", "README.txt"),
]
SENTENCES = [
    *("config.json", "model.safetensors", "vocab.txt", "modules.json", "README.md"),
    *("config_sentence_transformers.json", "sentence_bert_config.json", "1_Pooling/config.json"),
    *("2_Dense/config.json", "2_Dense/model.safetensors"),
]
OLD_SENTENCES = ["modules.json", *(f"0_Transformer/{name}" for name in ("vocab.txt", *MODEL))]


def under(folder: str, names: list[str]) -> list[str]:
    return [f"{folder}/{name}" for name in names]


@pytest.mark.parametrize(
    ("names", "main", "text", "vocabulary"),
    [
        (["input.txt", "ckpt.pt"], "ckpt.pt", "input.txt", None),
        (["meta.json", "gpt.pth"], "gpt.pth", None, "meta.json"),
        (["vocab.txt", "config.json", "pytorch_model.bin"], "", None, None),
        (["config.json", "pytorch_model.bin.index.json", "vocab.txt"], "", None, None),
        ([*GPT2, "book.txt"], "", None, None),
        ([*MODEL, "book.txt"], "", "book.txt", None),
        ([*GPT2, *TRAINER], "", None, None),
        (under("checkpoint-500", [*GPT2, *TRAINER]), "checkpoint-500", None, None),
        ([*GPT2, *under("checkpoint-500", [*GPT2, *TRAINER])], "", None, None),
        (SENTENCES, "", None, None),
        (OLD_SENTENCES, "0_Transformer", None, None),
        (under("a/model", SENTENCES), "a/model", None, None),
        (["mine/ckpt.pt", "mine/vocabulary.json"], "mine/ckpt.pt", None, "mine/vocabulary.json"),
        (
            ["out/ckpt.pt", "data/input.txt", "data/meta.pkl", "README.txt"],
            *("out/ckpt.pt", "data/input.txt", None),
        ),
        (["m/config.json", "m/best.pt", "m/optimizer.bin"], "m/best.pt", None, None),
        ([*MODEL, "ckpt.pt", "pytorch_model.bin"], "", None, None),
        ([*under("__MACOSX/m", GPT2), ".DS_Store", *under("m", GPT2)], "m", None, None),
        ([".git/config.json", ".git/model.safetensors", "gpt.pt"], "gpt.pt", None, None),
    ],
)
def test_the_checkpoint_is_told_from_what_is_beside_it(
    names: list[str], main: str, text: str | None, vocabulary: str | None
) -> None:
    roles = file_roles(sorted(names))
    assert (roles.main, roles.text, roles.vocabulary) == (main, text, vocabulary)


def test_the_last_of_a_trainers_checkpoints_is_taken_unless_one_is_named() -> None:
    names = [*under("checkpoint-9", MODEL), *under("checkpoint-1000", MODEL)]
    assert candidates(names) == ["checkpoint-1000", "checkpoint-9"]
    assert file_roles(names).main == "checkpoint-1000"
    (note,) = file_roles(names).notes
    assert note == "checkpoint-1000 is read of checkpoint-9, checkpoint-1000"
    assert file_roles(names, "checkpoint-9").main == "checkpoint-9"
    with pytest.raises(ConversionError, match="there is no checkpoint 'checkpoint-7' there"):
        file_roles(names, "checkpoint-7")


def test_other_modules_of_sentence_transformers_are_named() -> None:
    (note,) = file_roles(SENTENCES).notes
    assert note.endswith("is left out: 1_Pooling, 2_Dense")
    assert file_roles(GPT2) == FileRoles("")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "none is there"),
        (["a.pt", "b.pt"], "a.pt, b.pt is there; name one of them"),
        ([*under("a", MODEL), *under("b", MODEL)], "a, b is there; name one of them"),
        (["config.json"], "model.safetensors or pytorch_model.bin should be among the files"),
        (["model.safetensors"], "config.json should be among the files"),
        (["a.pt", "a.pt"], "there are two files a.pt"),
        (["a.pt", "x.txt", "y.txt"], "which of the texts is it: x.txt, y.txt"),
        (["adapter_config.json", "adapter_model.safetensors"], "this is an adapter (LoRA)"),
        (["optimizer.pt", "training_args.bin"], "none is there"),
        (["model-00001-of-00002.safetensors", "config.json"], "should be among the files"),
    ],
)
def test_files_that_make_no_checkpoint(names: list[str], message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        file_roles(names)
    assert message in str(caught.value)
