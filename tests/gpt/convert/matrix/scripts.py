"""Checkpoints of scripts: nanoGPT's ckpt.pt and the lecture's state_dict, of characters."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.gpt.convert.matrix import Form, wrapped, zipped
from tests.gpt.convert.owners import (
    CHARACTERS,
    LectureBigram,
    LectureGPT,
    NanoGPT,
    drawn,
    save_nanogpt,
)

V = 31
WORDS = sorted(CHARACTERS[:V])
BESIDE = "`vocabulary.json` beside it"
TOKENIZERS = ("the text, named", "a JSON list, named", BESIDE)


@dataclass(frozen=True)
class Family:
    """One family: how its model is made, and its layouts by their names there."""

    model: Callable[[str], Any]
    layouts: dict[str, Callable[[Any, Path], Path]]
    tokenizers: tuple[str, ...] = TOKENIZERS

    def written(self, layout: str, tokenizer: str, folder: Path) -> Form:
        """A checkpoint in a form, and its characters as that column has them."""
        folder.mkdir(parents=True)
        model = drawn(self.model(layout), seed=4)
        if tokenizer == BESIDE:
            (folder / "vocabulary.json").write_text(json.dumps(WORDS))
        path = self.layouts[layout](model, folder)
        text, words = folder.parent / "input.txt", folder.parent / "words.json"
        text.write_text("".join(reversed(WORDS)) * 2)
        words.write_text(json.dumps(WORDS))
        return Form(
            zipped(path) if "zip" in layout else path,
            lambda text: [WORDS.index(character) for character in text],
            lambda ids: logits(model(ids)),
            lambda ids: logits(model(ids)),
            text if tokenizer == TOKENIZERS[0] else None,
            words if tokenizer == TOKENIZERS[1] else None,
            lambda text: "".join(c for c in text if c in WORDS)[:20] or WORDS[3],
        )


def logits(output: Any) -> torch.Tensor:
    return (output[0] if isinstance(output, tuple) else output).detach()


def nano_wrapped(model: Any, folder: Path) -> Path:
    saved = {"model": wrapped(model.state_dict()), "model_args": model.model_args, "iter_num": 3}
    torch.save(saved, folder / "ckpt.pt")
    return folder / "ckpt.pt"


def nano_folder(model: Any, folder: Path) -> Path:
    save_nanogpt(model, folder / "ckpt.pt")
    (folder / "train.log").write_text("iter 0: loss 4.2")
    (folder / "README.txt").write_text("What this is.")
    return folder


def with_meta(model: Any, folder: Path) -> Path:
    (folder / "meta.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    return save_nanogpt(model, folder / "ckpt.pt")


def saved(change: Callable[[Any], Any]) -> Callable[[Any, Path], Path]:
    def layout(model: Any, folder: Path) -> Path:
        torch.save(change(model), folder / "gpt.pt")
        return folder / "gpt.pt"

    return layout


def safetensors(model: Any, folder: Path) -> Path:
    save_file(dict(model.state_dict()), folder / "gpt.safetensors")
    return folder / "gpt.safetensors"


NANOGPT = Family(
    lambda _: NanoGPT(block_size=24, vocab_size=V, n_layer=2, n_head=3, n_embd=21),
    {
        "`ckpt.pt`": lambda model, folder: save_nanogpt(model, folder / "ckpt.pt", compiled=False),
        "`ckpt.pt`, compiled": lambda model, folder: save_nanogpt(model, folder / "ckpt.pt"),
        "names behind `module.`, `_orig_mod.`, `model.`": nano_wrapped,
        "`out/` with other files": nano_folder,
        "a zip with one folder": nano_folder,
        "`ckpt.pt` alone, its `meta.pkl` beside it": with_meta,
    },
)
LECTURE = Family(
    lambda layout: LectureBigram(V) if "bigram" in layout else LectureGPT(V, 21, 3, 2, 24),
    {
        "`torch.save(model.state_dict(), …)`": saved(lambda model: model.state_dict()),
        '`{"model_state_dict": …}`': saved(lambda m: {"model_state_dict": m.state_dict()}),
        "names behind `module.`, `_orig_mod.`, `model.`": saved(lambda m: wrapped(m.state_dict())),
        "`safetensors`": safetensors,
        "the bigram's table": saved(lambda model: model.state_dict()),
        "the whole module, pickled": saved(lambda model: model),
    },
)
