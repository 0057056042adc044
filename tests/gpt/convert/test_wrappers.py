"""Wrappers' names and holders of a state_dict, and several files: the numbers are the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertForMaskedLM, GPT2Config, GPT2LMHeadModel

import gpt
from gpt.convert import recognize
from gpt.convert.layouts.wrappers import without_parts
from gpt.errors import ConversionError
from tests.gpt.convert.owners import LectureGPT, NanoGPT, drawn, vocabulary
from tests.gpt.convert.test_recognize import BERT, GPT2, SIZES

State = dict[str, torch.Tensor]
ORDERS = [
    "".join(parts)
    for n in range(4)
    for parts in itertools.permutations(("module.", "_orig_mod.", "model."), n)
]


def state_of(kind: str) -> State:
    models: dict[str, Callable[[], torch.nn.Module]] = {
        "gpt2": lambda: GPT2LMHeadModel(GPT2),
        "bert": lambda: BertForMaskedLM(BERT),
        "nanogpt": lambda: NanoGPT(**SIZES),  # type: ignore[arg-type]
        "lecture": lambda: LectureGPT(17, 21, 3, 2, 13),
    }
    return {name: t.clone() for name, t in drawn(models[kind](), 3).state_dict().items()}


def written(kind: str, state: Any, folder: Path) -> Path:
    """A checkpoint of that kind with this saved; what a person would name."""
    folder.mkdir()
    vocabulary(folder, 17)
    if kind in ("gpt2", "bert"):
        (GPT2 if kind == "gpt2" else BERT).save_pretrained(folder)
        torch.save(state, folder / "pytorch_model.bin")
        return folder
    if kind == "nanogpt":
        state = state if "model" in state else {"model": state}
        state = {**state, "model_args": {**SIZES, "bias": True}}
    torch.save(state, folder / "ckpt.pt")
    return folder / "ckpt.pt"


def read(kind: str, path: Path) -> dict[str, torch.Tensor]:
    folder = path if path.is_dir() else path.parent
    reader = getattr(gpt.convert, kind)
    state = reader(path, vocabulary=folder / "vocabulary.json").model.state_dict()
    return dict(state)


@pytest.mark.parametrize("before", ORDERS[1:])
@pytest.mark.parametrize("kind", ["gpt2", "bert", "nanogpt", "lecture"])
def test_what_wrappers_put_before_names_goes(kind: str, before: str, tmp_path: Path) -> None:
    state = state_of(kind)
    expected = read(kind, written(kind, state, tmp_path / "plain"))
    wrapped = {f"{before}{name}": t for name, t in state.items()}
    got = read(kind, written(kind, wrapped, tmp_path / "wrapped"))
    assert all(torch.equal(t, expected[name]) for name, t in got.items())


def test_each_block_may_be_wrapped_by_itself(tmp_path: Path) -> None:
    state = state_of("gpt2")
    expected = read("gpt2", written("gpt2", state, tmp_path / "plain"))
    wrapped = {name.replace("h.1.", "h.1._orig_mod.module."): t for name, t in state.items()}
    got = read("gpt2", written("gpt2", wrapped, tmp_path / "wrapped"))
    assert all(torch.equal(t, expected[name]) for name, t in got.items())
    assert without_parts("a._fsdp_wrapped_module.b._checkpoint_wrapped_module.c") == "a.b.c"


@pytest.mark.parametrize(
    "holder",
    [
        lambda s: {"model_state_dict": s, "epoch": 3, "optimizer_state_dict": {"state": {}}},
        lambda s: {"state_dict": s, "global_step": 7},
        lambda s: {"model": s, "optimizer": {}},
        lambda s: {"model": {"state_dict": s}},
    ],
)
@pytest.mark.parametrize("kind", ["gpt2", "bert", "lecture"])
def test_a_state_dict_among_other_things(
    kind: str, holder: Callable[[State], Any], tmp_path: Path
) -> None:
    state = state_of(kind)
    expected = read(kind, written(kind, state, tmp_path / "plain"))
    got = read(kind, written(kind, holder(state), tmp_path / "held"))
    assert all(torch.equal(t, expected[name]) for name, t in got.items())


@pytest.mark.parametrize("names", [("state_dict",), ("model_state_dict",)])
def test_nanogpts_arguments_with_the_state_under_another_name(
    names: tuple[str], tmp_path: Path
) -> None:
    state = state_of("nanogpt")
    saved = {names[0]: state, "model_args": {**SIZES, "bias": True}}
    path = tmp_path / "ckpt.pt"
    torch.save(saved, path)
    ours = gpt.convert.nanogpt(path, vocabulary=vocabulary(tmp_path, 17))
    assert torch.equal(ours.model.wte.weight, state["transformer.wte.weight"])


def test_one_tensor_under_two_wrapped_names_is_refused(tmp_path: Path) -> None:
    state = state_of("gpt2")
    state["module.transformer.wte.weight"] = torch.ones(17, 21)
    with pytest.raises(ConversionError, match="has both"):
        read("gpt2", written("gpt2", state, tmp_path / "both"))


def sharded(state: State, folder: Path) -> dict[str, str]:
    """Two files of .bin with their index; which tensor is in which."""
    names = sorted(state)
    home = {n: f"pytorch_model-0000{1 + (i > 8)}-of-00002.bin" for i, n in enumerate(names)}
    for file in sorted(set(home.values())):
        torch.save({n: state[n] for n in names if home[n] == file}, folder / file)
    index = {"metadata": {}, "weight_map": home}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return home


@torch.no_grad()
def test_a_bin_in_several_files(tmp_path: Path) -> None:
    state = state_of("gpt2")
    folder = written("gpt2", state, tmp_path / "theirs")
    (folder / "pytorch_model.bin").unlink()
    sharded({n: t for n, t in state.items() if n != "lm_head.weight"}, folder)
    theirs = GPT2LMHeadModel.from_pretrained(folder).eval()
    ours = recognize(folder).checkpoint()
    ids = torch.tensor([[3, 14, 1, 5]])
    torch.testing.assert_close(ours.model(ids), theirs(ids).logits, atol=1e-4, rtol=0)
    (folder / "pytorch_model-00002-of-00002.bin").unlink()
    with pytest.raises(ConversionError, match=r"pytorch_model-00002-of-00002.bin"):
        recognize(folder)


def test_a_tensor_in_two_files_is_refused(tmp_path: Path) -> None:
    state = state_of("gpt2")
    folder = written("gpt2", state, tmp_path / "theirs")
    (folder / "pytorch_model.bin").unlink()
    home = sharded(state, folder)
    torch.save(state, folder / min(home.values()))
    with pytest.raises(ConversionError, match=r"is in theirs/pytorch_model-00001-of-00002.bin and"):
        recognize(folder)


@pytest.mark.parametrize("kind", ["gpt2", "bert"])
@pytest.mark.parametrize("lacks", [("model_type",), ("model_type", "architectures")])
def test_a_config_that_names_no_type(kind: str, lacks: tuple[str, ...], tmp_path: Path) -> None:
    folder = written(kind, state_of(kind), tmp_path / "theirs")
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({n: raw[n] for n in raw if n not in lacks}))
    assert read(kind, folder)
    assert recognize(folder).kind == kind


def test_a_class_of_another_family_is_no_less_another(tmp_path: Path) -> None:
    folder = written("gpt2", state_of("gpt2"), tmp_path / "theirs")
    raw = json.loads((folder / "config.json").read_text())
    del raw["model_type"]
    (folder / "config.json").write_text(json.dumps({**raw, "architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(ConversionError, match="of a model of type 'LlamaForCausalLM'; this reads"):
        gpt.convert.gpt2(folder)


def test_a_file_of_weights_with_another_name_may_be_named(tmp_path: Path) -> None:
    folder = written("gpt2", state_of("gpt2"), tmp_path / "theirs")
    (folder / "pytorch_model.bin").rename(folder / "best.pt")
    torch.save({"optimizer": 1}, folder / "optimizer.pt")
    words = folder / "vocabulary.json"
    expected = recognize(folder).checkpoint().model.wte.weight
    named = recognize(folder / "best.pt").checkpoint(vocabulary=words)
    assert torch.equal(expected, named.model.wte.weight)
    torch.save(state_of("gpt2"), folder / "other.pt")
    with pytest.raises(ConversionError, match=r"best.pt, other.pt is there; name one of them"):
        recognize(folder)
    assert recognize(folder, which="other.pt").kind == "gpt2"
    assert gpt.convert.gpt2(folder / "other.pt", vocabulary=words).config.n_embd == 21
    assert GPT2Config.from_pretrained(folder).n_embd == 21
