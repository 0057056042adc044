"""A wrong, partial or hostile folder is refused by the file at fault, and nothing is changed."""

from __future__ import annotations

import json
import pickle
import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import gpt
from gpt.__main__ import main
from gpt.convert import result
from gpt.errors import ConversionError
from gpt.text.tokenizer import CharacterTokenizer
from tests.gpt.convert.owners import CHARACTERS, contents
from tests.gpt.convert.test_torchfile import Trap
from tests.gpt.tiny import V, config, random_model

HUGE = 10**12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A GPT-2 folder that is whole."""
    tokenizer = CharacterTokenizer(CHARACTERS[:V])
    mine = result.checkpoint("test", tmp_path, random_model(config()), tokenizer)
    exported = gpt.convert.to_gpt2(mine, tmp_path / "good")
    gpt.convert.gpt2(exported)
    return exported


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def cut(name: str, size: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def header(tensors: dict[str, Any], body: bytes = b"\0" * 64) -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text + body


def tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def change_file(folder: Path) -> None:
        held = load_file(folder / "model.safetensors")
        change(held)
        save_file(held, folder / "model.safetensors")

    return change_file


def index(weight_map: Any) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-1.safetensors")
        content = json.dumps({"weight_map": weight_map})
        (folder / "model.safetensors.index.json").write_text(content)

    return replace


def as_bin(content: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        content(folder / "pytorch_model.bin")

    return replace


WTE = "transformer.wte.weight"
LYING = {WTE: {"dtype": "F32", "shape": [HUGE, 7], "data_offsets": [0, 28 * HUGE]}}
FOREIGN = header({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 8)
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "config cut": (cut("config.json", 50), "good/config.json is not JSON"),
    "config of a list": (write("config.json", b"[]"), "of a model of type None"),
    "config nested": (write("config.json", b"[" * 200_000), "good/config.json is not JSON"),
    "weights cut": (cut("model.safetensors", -1), "good/model.safetensors cannot be read"),
    "weights of nothing": (write("model.safetensors", b""), "good/model.safetensors is empty"),
    "weights that are a pickle": (
        write("model.safetensors", pickle.dumps(Trap())),
        "good/model.safetensors cannot be read",
    ),
    "a header of 2^62 bytes": (
        write("model.safetensors", struct.pack("<Q", 1 << 62) + b"{}"),
        "good/model.safetensors cannot be read",
    ),
    "a header that lies": (
        write("model.safetensors", header(LYING)),
        "good/model.safetensors cannot be read",
    ),
    "weights of something else": (
        write("model.safetensors", FOREIGN),
        "good/model.safetensors lacks 29 of 29 tensors",
    ),
    "a tensor missing": (tensors(lambda t: t.pop(WTE)), f"lacks 1 of 29 tensors ({WTE}"),
    "a tensor too many": (
        tensors(lambda t: t.update(more=torch.ones(1))),
        "has 1 tensors that config.json does not account for (transformer.more",
    ),
    "a tensor under both names": (
        tensors(lambda t: t.update({"wte.weight": torch.ones(1)})),
        "good/model.safetensors has both",
    ),
    "a tensor turned": (
        tensors(lambda t: t.update({"transformer.h.1.mlp.c_fc.weight": torch.ones(105, 21)})),
        "h.1.mlp.c_fc.weight has shape (105, 21); config.json asks for (21, 105)",
    ),
    "a weight that is no number": (
        tensors(lambda t: t[WTE][3].fill_(float("nan"))),
        "wte.weight holds numbers that are not finite",
    ),
    "whole numbers": (
        tensors(lambda t: t.update({WTE: torch.ones(17, 21, dtype=torch.int8)})),
        "wte.weight holds int8, not floating-point numbers",
    ),
    "an index to elsewhere": (
        index({WTE: "../good/model-1.safetensors"}),
        "does not name the files of the weights",
    ),
    "an index of nothing": (index({}), "does not name the files of the weights"),
    "an index of no names": (index({WTE: 3}), "does not name the files of the weights"),
    "an index of a missing file": (
        index({WTE: "model-1.safetensors", "more": "model-2.safetensors"}),
        "good/model-2.safetensors cannot be read",
    ),
    "a .bin that is a pickle": (
        as_bin(lambda path: path.write_bytes(pickle.dumps(Trap()))),
        "good/pytorch_model.bin is not a file of torch.save",
    ),
    "a .bin that runs code": (
        as_bin(lambda path: torch.save({"x": Trap()}, path)),
        "may be meant to run code",
    ),
    "a .bin of 10^12 elements": (
        as_bin(lambda path: torch.save({WTE: torch.zeros(1).expand(10**6, 10**6)}, path)),
        "a tensor of 1,000,000,000,000 elements has 1 behind it",
    ),
    "a .bin of nothing": (
        as_bin(lambda path: path.write_bytes(b"")),
        "good/pytorch_model.bin is empty",
    ),
    "a .bin of a list": (
        as_bin(lambda path: torch.save([torch.ones(2)], path)),
        "good/pytorch_model.bin is not a state_dict",
    ),
    "a tokenizer cut": (cut("tokenizer.json", 100), "good/tokenizer.json is not JSON"),
    "a tokenizer of another size": (
        lambda folder: (folder / "tokenizer.json").write_text(
            (folder / "tokenizer.json").read_text().replace('"a": 0', '"a": 0, "extra": 17')
        ),
        "the vocabulary of good has 18 tokens, the checkpoint 17",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_a_bad_folder_is_refused_and_nothing_is_written(
    folder: Path,
    spoil: Callable[[Path], object],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(folder)
    before = contents(folder.parent)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConversionError) as caught:
        gpt.convert.gpt2(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
    assert main(["import", "gpt2", str(folder), "--out", str(folder.parent / "run")]) == 1
    assert message in capsys.readouterr().err
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100 * 1024
    assert contents(folder.parent) == before
    assert not (folder.parent / "run").exists()


def test_the_largest_config_that_is_allowed_takes_no_memory(folder: Path) -> None:
    raw = json.loads((folder / "config.json").read_text())
    large = dict(n_layer=256, n_embd=1 << 14, n_head=256, n_positions=1 << 16, n_inner=1 << 20)
    (folder / "config.json").write_text(json.dumps({**raw, **large, "vocab_size": 1 << 20}))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConversionError, match=r"good/model\.safetensors lacks"):
        gpt.convert.gpt2(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 * 1024
