"""Checkpoints of an encoder-decoder and of a classifier: what they hold, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import gpt
from gpt.errors import CheckpointError, PromptError
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.encoder_decoder import EncoderDecoder
from tests.gpt import other_kinds
from tests.gpt.other_kinds import (
    LABELS,
    SOURCE,
    TARGET,
    classifier_run,
    drawn,
    save,
    translator_run,
)
from tests.gpt.two_texts import CONFIG, two_texts


def change(folder: Path, **changes: Any) -> None:
    info = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**info, **changes}))


def test_a_translator_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    ckpt = gpt.load(translator_run(tmp_path / "run"))
    assert isinstance(ckpt.model, EncoderDecoder) and ckpt.kind == "encoder-decoder"
    before = two_texts().state_dict()
    assert all(torch.equal(t, before[name]) for name, t in ckpt.model.state_dict().items())
    assert ckpt.tokenizer.to_json() == TARGET.to_json()
    assert ckpt.source_tokenizer.to_json() == SOURCE.to_json()
    assert ckpt.target_start == [0] and ckpt.end == 0
    assert ckpt.ids_of("abc") == ckpt.last_ids("abc") == [0, 1, 2, 3]
    assert ckpt.last_ids("abcdefghijklmnop") == [0, *range(5, 17)]
    assert ckpt.source_ids("A.") == SOURCE.encode("A.")


@pytest.mark.parametrize("tied", [False, True])
def test_shared_numbers_are_shared_again_once_they_are_loaded(tmp_path: Path, tied: bool) -> None:
    config = GPTConfig(**{**CONFIG.to_dict(), "source_vocab_size": 0, "tie_weights": tied})
    model = drawn(config)
    ckpt = gpt.load(save(tmp_path / "run", model))
    assert isinstance(ckpt.model, EncoderDecoder)
    assert ckpt.model.encoder.wte is ckpt.model.wte
    assert (ckpt.model.lm_head.weight is ckpt.model.wte.weight) == tied
    assert ckpt.model.n_parameters == model.n_parameters
    assert ckpt.source_tokenizer is ckpt.tokenizer
    ids, source = torch.tensor([[1, 2]]), torch.tensor([[3, 4, 5]])
    assert torch.equal(ckpt.model(ids, source=source), model(ids, source=source))  # type: ignore[call-arg]


def test_a_classifier_is_loaded_with_its_labels(tmp_path: Path) -> None:
    ckpt = gpt.load(classifier_run(tmp_path / "run"))
    assert isinstance(ckpt.model, Classifier) and ckpt.kind == "encoder"
    assert ckpt.labels == LABELS and ckpt.config.is_classifier
    change(ckpt.path, labels=["good", "bad"])
    assert gpt.load(ckpt.path).labels == ["0", "1", "2"]


def test_an_imported_translator_names_its_start_and_end(tmp_path: Path) -> None:
    folder = translator_run(tmp_path / "run")
    change(folder, generation={"start": [7, 2], "end": 5})
    ckpt = gpt.load(folder)
    assert ckpt.target_start == [7, 2] and ckpt.end == 5
    assert ckpt.ids_of("ab") == [7, 2, 1, 2]


@pytest.mark.parametrize(
    ("generation", "message"),
    [
        ({"start": [17], "end": 0}, "begins or ends with token 17; its vocabulary has 17 tokens"),
        ({"start": [], "end": 0}, "not of a Headlight run"),
        ({"start": [0]}, "not of a Headlight run"),
    ],
)
def test_a_start_or_an_end_that_is_no_token_is_refused(
    tmp_path: Path, generation: Any, message: str
) -> None:
    folder = translator_run(tmp_path / "run")
    change(folder, generation=generation)
    with pytest.raises(CheckpointError, match=message):
        gpt.load(folder)


def test_a_source_tokenizer_that_is_missing_or_another_is_refused(tmp_path: Path) -> None:
    folder = translator_run(tmp_path / "run")
    (folder / "source_tokenizer.json").write_text(json.dumps(TARGET.to_json()))
    with pytest.raises(CheckpointError, match=r"source_tokenizer\.json of 'run' has 17 tokens"):
        gpt.load(folder)
    (folder / "source_tokenizer.json").unlink()
    with pytest.raises(CheckpointError, match=r"source_tokenizer\.json is missing"):
        gpt.load(folder)


def test_a_source_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    ckpt = gpt.load(translator_run(tmp_path / "run"))
    with pytest.raises(PromptError, match="the source is empty"):
        ckpt.source_ids("")
    with pytest.raises(PromptError, match="the source has 24 tokens; this model reads up to 23"):
        ckpt.source_ids("A" * 24)


def test_every_name_of_the_models_of_tests_is_of_their_vocabulary() -> None:
    assert TARGET.vocab_size == CONFIG.vocab_size
    assert SOURCE.vocab_size == CONFIG.source_vocab_size
    assert other_kinds.CLASSIFIER.n_class == len(LABELS)
