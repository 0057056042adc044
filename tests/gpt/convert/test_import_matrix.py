"""docs/import.md: every cell of its tables is tried, and every form that is tried has its row."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.convert import families, recognize
from gpt.errors import ConversionError
from tests.gpt.convert.matrix import hugging_face, scripts
from tests.gpt.convert.matrix.hugging_face import TEXTS

DOC = Path(__file__).resolve().parents[3] / "docs" / "import.md"
FAMILIES: dict[str, Any] = {
    "GPT-2 (Hugging Face)": hugging_face.GPT2,
    "BERT (Hugging Face)": hugging_face.BERT,
    "DistilBERT (Hugging Face)": hugging_face.DISTILBERT,
    "RoBERTa (Hugging Face)": hugging_face.ROBERTA,
    "BART (Hugging Face)": hugging_face.BART,
    "Marian (Hugging Face)": hugging_face.MARIAN,
    "nanoGPT": scripts.NANOGPT,
    "The lecture (*Let's build GPT*)": scripts.LECTURE,
}
TOLERANCE = {"atol": 1e-4, "rtol": 0}


def tables() -> dict[str, tuple[list[str], list[list[str]]]]:
    """Heading to columns and rows of the table below it."""
    imported = {}
    for section in DOC.read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in re.split(r"\s*\|\s*", line)[1:-1]] for line in lines]
        if cells:
            imported[section.splitlines()[0]] = (cells[0][1:], cells[2:])
    return imported


CELLS = [
    pytest.param(family, row[0], column, cell, id=f"{family.split()[0]}-{row[0]}-{column}")
    for family, (columns, rows) in tables().items()
    for row in rows
    for column, cell in zip(columns, row[1:], strict=True)
]


def test_the_tables_have_a_row_for_each_form_and_a_column_for_each_tokenizer() -> None:
    assert set(tables()) == set(FAMILIES)
    for name, (columns, rows) in tables().items():
        assert columns == list(FAMILIES[name].tokenizers)
        assert [row[0] for row in rows] == list(FAMILIES[name].layouts)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "layout", "tokenizer", "cell"), CELLS)
def test_a_cell_is_true(
    family: str, layout: str, tokenizer: str, cell: str, tmp_path: Path
) -> None:
    form = FAMILIES[family].written(layout, tokenizer, tmp_path / "theirs")
    if cell.startswith("refused"):
        with pytest.raises(ConversionError, match=re.escape(cell.removeprefix("refused: "))):
            recognize(form.path).checkpoint(form.text, form.vocabulary)
        return
    imported = recognize(form.path).checkpoint(form.text, form.vocabulary)
    for text in TEXTS:
        assert imported.tokenizer.encode(form.readable(text)) == form.ids(form.readable(text))
        if form.source_ids is not None:
            assert imported.source_tokenizer.encode(text) == form.source_ids(text)
    ids = torch.tensor([form.ids(form.readable(TEXTS[1]))[: imported.config.block_size]])
    if cell in ("ids, logits", "ids, class logits"):
        assert (cell == "ids, class logits") == imported.config.is_classifier
        check_logits(imported, form, ids)
    else:
        assert cell == "ids, states"
        states = gpt.trace(imported.model, ids[0].tolist()).residual[-1]
        np.testing.assert_allclose(states, form.states(ids)[0], **TOLERANCE)


@torch.no_grad()
def check_logits(imported: gpt.Checkpoint, form: Any, ids: torch.Tensor) -> None:
    V = imported.tokenizer.vocab_size
    both = {"source": ids} if imported.kind == "encoder-decoder" else {}
    np.testing.assert_allclose(imported.model(ids, **both), form.logits(ids)[..., :V], **TOLERANCE)


@pytest.mark.parametrize("kind", ["roberta", "bart", "bert", "distilbert", "gpt2"])
def test_the_tokenizer_is_of_the_kind_that_is_named_or_recognized(
    kind: str, tmp_path: Path
) -> None:
    """Where no file says what the model is: the command does, or the names of its tensors."""
    family = getattr(hugging_face, kind.upper())
    old = next(name for name in family.tokenizers if "vocab" in name)
    form = family.written("`model.safetensors`", old, tmp_path / "theirs")
    path = form.path / "config.json"
    config = json.loads(path.read_text())
    for name in ("model_type", "architectures", "tokenizer_class"):
        config.pop(name, None)
    path.write_text(json.dumps(config))
    for foreign in (recognize(form.path), families.FAMILIES[kind].open_checkpoint(form.path)):
        own = foreign.fitting_tokenizer().tokenizer
        assert [own.encode(text) for text in TEXTS] == [form.ids(text) for text in TEXTS]
    path.unlink()
    own = foreign.fitting_tokenizer(vocabulary=form.path).tokenizer
    assert own.encode(TEXTS[1]) == form.ids(TEXTS[1])


def test_a_tree_of_other_things_around_it_changes_nothing(tmp_path: Path) -> None:
    form = hugging_face.GPT2.written("`model.safetensors`", "`tokenizer.json`", tmp_path / "m")
    before = recognize(form.path)
    for name in ("README.md", "README.txt", "events.out.tfevents.1", "trainer_state.json"):
        (form.path / name).write_text("{}")
    torch.save({"state": {}}, form.path / "optimizer.pt")
    shutil.copytree(form.path, form.path / "checkpoint-3")
    after = recognize(form.path)
    assert (after.config, after.notes) == (before.config, before.notes)
