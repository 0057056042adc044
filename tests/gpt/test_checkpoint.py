"""Checkpoints: a round trip changes nothing, and a bad folder is refused by the file at fault."""

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
from gpt.errors import CheckpointError
from gpt.nn.model import GPT
from gpt.text.tokenizer import CharacterTokenizer
from gpt.weights_file import save_weights
from tests.gpt.tiny import VARIANTS, C, V, config, random_ids, random_model

ALPHABET = "abcdefghijklmnopq"
assert len(ALPHABET) == V


def save(folder: Path, model: GPT, dtype: torch.dtype = torch.float32) -> Path:
    """A run folder with what loading needs."""
    folder.mkdir()
    written = {"format": 1, "model": model.config.to_dict(), "training": {"steps": 3}}
    (folder / "config.json").write_text(json.dumps(written))
    tokenizer = CharacterTokenizer.of(ALPHABET).to_json()
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    for name in ("model.safetensors", "best.safetensors"):
        save_weights(model, folder / name, {"step": "42"}, dtype)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "good", random_model(config()))


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_a_round_trip_changes_nothing(changes: dict[str, Any], tmp_path: Path) -> None:
    model = random_model(config(**changes))
    loaded = gpt.load(save(tmp_path / "run", model))
    assert loaded.config == model.config
    before, after = model.state_dict(), loaded.model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)
    ids = torch.tensor([random_ids()])
    assert torch.equal(loaded.model(ids), model(ids))


def test_what_is_loaded_is_ready_to_be_used(folder: Path) -> None:
    loaded = gpt.load(folder)
    assert not loaded.model.training
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert {p.device.type for p in loaded.model.parameters()} == {"cpu"}
    assert loaded.tokenizer.encode("abcq") == [0, 1, 2, 16]
    assert loaded.info["training"] == {"steps": 3}
    assert loaded.info["weights"] == {"step": "42"}
    assert loaded.path == folder


def test_tied_embeddings_are_stored_once_and_stay_one(tmp_path: Path) -> None:
    folder = save(tmp_path / "tied", random_model(config(tie_weights=True)))
    assert "lm_head.weight" not in load_file(folder / "model.safetensors")
    model = gpt.load(folder).model
    assert model.lm_head.weight is model.wte.weight


def test_a_16_bit_file_is_loaded_in_32(tmp_path: Path) -> None:
    model = random_model(config())
    folder = save(tmp_path / "half", model, torch.float16)
    stored = load_file(folder / "model.safetensors")
    assert {t.dtype for t in stored.values()} == {torch.float16}
    loaded = gpt.load(folder).model
    for name, p in loaded.named_parameters():
        assert p.dtype == torch.float32
        assert torch.equal(p, stored[name].float())


def test_best_is_a_file_of_its_own(folder: Path) -> None:
    other = random_model(config(), seed=9)
    save_weights(other, folder / "best.safetensors", {"step": "20"})
    best = gpt.load(folder, "best")
    assert torch.equal(best.model.wte.weight, other.wte.weight)
    assert best.info["weights"]["step"] == "20"
    assert not torch.equal(gpt.load(folder).model.wte.weight, other.wte.weight)


# -- bad folders ------------------------------------------------------------------------------


def change_json(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    value = json.loads((folder / name).read_text())
    changed = change(value)
    (folder / name).write_text(json.dumps(value if changed is None else changed))


def set_model(**changes: Any) -> Callable[[Path], None]:
    return lambda folder: change_json(folder, "config.json", lambda c: c["model"].update(changes))


def characters(count: int) -> Callable[[Path], None]:
    some = [chr(97 + i) for i in range(count)]
    return lambda folder: change_json(folder, "tokenizer.json", lambda t: t.update(characters=some))


def write(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def cut(name: str, size: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def header(tensors: dict[str, Any], body: bytes = b"\0" * 64) -> bytes:
    """A safetensors file that says whatever it likes."""
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text + body


def change_tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def change_file(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors")

    return change_file


class Trap:
    """Unpickling it fails the test."""

    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a file was unpickled",)


HUGE = 10**12
WHOLE = {"dtype": "F32", "shape": [V, C], "data_offsets": [0, V * C * 4]}
BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (remove("config.json"), "config.json is missing"),
    "no tokenizer": (remove("tokenizer.json"), "tokenizer.json is missing"),
    "no weights": (remove("model.safetensors"), "model.safetensors is missing"),
    "weights of nothing": (write("model.safetensors", b""), "model.safetensors cannot be read"),
    "weights cut in the header": (cut("model.safetensors", 100), "model.safetensors cannot be"),
    "weights cut in the middle": (cut("model.safetensors", 5000), "model.safetensors cannot be"),
    "weights cut by one byte": (cut("model.safetensors", -1), "model.safetensors cannot be read"),
    "a pickle": (write("model.safetensors", pickle.dumps(Trap())), "model.safetensors cannot be"),
    "text for weights": (write("model.safetensors", b"<html>404</html>"), "model.safetensors can"),
    "header of 2^62 bytes": (
        write("model.safetensors", struct.pack("<Q", 1 << 62) + b"{}"),
        "model.safetensors cannot be read",
    ),
    "header of tensors that are not there": (
        write("model.safetensors", header({"wte.weight": {**WHOLE, "shape": [HUGE, 7]}})),
        "model.safetensors cannot be read",
    ),
    "header whose offsets do not fit its shapes": (
        write(
            "model.safetensors",
            header({"wte.weight": {**WHOLE, "shape": [V, C + 1]}}, b"\0" * (V * C * 4)),
        ),
        "model.safetensors cannot be read",
    ),
    "header with a shape below zero": (
        write("model.safetensors", header({"wte.weight": {**WHOLE, "shape": [-1, 4]}})),
        "model.safetensors cannot be read",
    ),
    "one tensor only": (
        change_tensors(lambda t: [t.pop(name) for name in list(t) if name != "wte.weight"]),
        "model.safetensors lacks 36 of 37 tensors",
    ),
    "a tensor too many": (
        change_tensors(lambda t: t.update({"h.9.attn.bias": torch.ones(3)})),
        "model.safetensors has 1 tensors that config.json does not account for (h.9.attn.bias",
    ),
    "a tensor of another shape": (
        change_tensors(lambda t: t.update({"wte.weight": torch.ones(C, V)})),
        f"model.safetensors: wte.weight has shape ({C}, {V}); config.json asks for ({V}, {C})",
    ),
    "config of a deeper model": (set_model(n_layer=3), "model.safetensors lacks"),
    "config of a shallower model": (set_model(n_layer=1), "model.safetensors has"),
    "config of a wider model": (set_model(n_embd=24), "model.safetensors: "),
    "config of a longer context": (set_model(block_size=99), "wpe.weight has shape"),
    "config that ties": (set_model(tie_weights=True), "model.safetensors has 1 tensors"),
    "config of 10^12 channels": (
        set_model(n_embd=HUGE),
        "config.json: n_embd is 1,000,000,000,000",
    ),
    "config of 10^12 layers": (
        set_model(n_layer=HUGE),
        "config.json: n_layer is 1,000,000,000,000",
    ),
    "config of the largest model": (
        set_model(n_layer=4, n_embd=1 << 14, n_head=1 << 8, mlp_ratio=64),
        "parameters: reading them takes at least",
    ),
    "config with a stranger": (set_model(flash=True), "config.json: unknown model setting 'flash'"),
    "config with a string": (set_model(n_head="3"), "config.json: n_head is '3'"),
    "config that lacks a field": (
        lambda folder: change_json(folder, "config.json", lambda c: c["model"].pop("n_head") and c),
        "config.json: the model settings lack n_head",
    ),
    "config without a model": (write("config.json", b'{"architectures": ["GPT2"]}'), "config.json"),
    "config that is a list": (write("config.json", b"[1, 2]"), "config.json"),
    "config cut short": (cut("config.json", 40), "config.json is not JSON"),
    "config of another type": (
        lambda folder: change_json(folder, "config.json", lambda c: c.update(data=["a"])),
        "config.json is not of a Headlight run: Expected `object | null`, got `array`",
    ),
    "config of very many empty lists": (
        write("config.json", b'{"model": {}, "x": [' + b"[]," * 2_000_000 + b"[]]}"),
        "config.json is too large to be one of ours: its values could take",
    ),
    "a header longer than any": (
        write("model.safetensors", struct.pack("<Q", 9 * 2**20) + b" " * (9 * 2**20)),
        "model.safetensors cannot be read as safetensors (its header is said to have 9,437,184",
    ),
    "config in Latin-1": (write("config.json", b'{"a": "\xe9"}'), "config.json is not JSON"),
    "config nested without end": (write("config.json", b"[" * 200_000), "config.json is not JSON"),
    "config with a number of 5,000 digits": (
        write("config.json", b'{"model": ' + b"9" * 5000 + b"}"),
        "config.json does not hold what it should: Integer value",
    ),
    "tokenizer cut short": (cut("tokenizer.json", 30), "tokenizer.json is not JSON"),
    "tokenizer of another kind": (write("tokenizer.json", b'{"version": "1.0"}'), "tokenizer.json"),
    "vocabulary too small": (characters(V - 1), f"tokenizer.json of 'good' has {V - 1} tokens"),
    "vocabulary too large": (characters(V + 1), f"config.json says {V}"),
}


def largest_memory() -> int:
    """The most that this process has held so far, in bytes, torch's tensors included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD)
def test_a_bad_folder_is_refused_by_the_file_at_fault(
    folder: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(folder)
    before = contents(folder)
    memory = largest_memory()
    with pytest.raises(CheckpointError) as caught:
        gpt.load(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert largest_memory() - memory < 100 * 2**20
    assert contents(folder) == before


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    with pytest.raises(CheckpointError, match=r"good/config\.json"):
        gpt.load(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no run folder '.*nowhere'"):
        gpt.load(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"there is no run folder '.*file'"):
        gpt.load(tmp_path / "file")
