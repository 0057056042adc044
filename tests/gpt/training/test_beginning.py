"""A classifier that begins with the body of a trained model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import gpt
from gpt.errors import CheckpointError, ConfigError
from gpt.text import labelled
from gpt.text.labelled import LabelledExamples
from gpt.training.beginning import classifier_config, with_new_head
from gpt.training.creation import create_run
from gpt.training.initial import initial
from gpt.training.loop import train
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from tests.gpt.tiny import new_run
from tests.gpt.training.comparing import assert_same_runs
from tests.gpt.training.task_runs import SHORT, masked_run, translate_run

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")


def examples() -> LabelledExamples:
    """Short texts of the letters that names have."""
    words = [f"{n % 5 * 'a'}{n % 3 * 'n'}" for n in range(21)]
    rows = [f"{first}{word}\t{first == 'e'}" for word in words for first in "el"]
    return labelled.from_bytes([("names.tsv", b"text\tlabel\n" + "\n".join(rows).encode())])


def begun(path: Path, source: Run, **changes: str) -> Run:
    checkpoint, data = gpt.load(source.path), examples()
    config = classifier_config(checkpoint, len(data.labels), **changes)
    plan = TrainingConfig(**{**SHORT, "task": "classify"})
    beginning = with_new_head(checkpoint, config, seed=3)
    return create_run(path, config, plan, data, checkpoint.tokenizer, begun_from=beginning)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = new_run(tmp_path_factory.mktemp("runs") / "decoder", model=dict(tie_weights=True))
    assert train(run).state == "done"
    return run


def test_the_body_is_the_others_and_the_head_is_new(tmp_path: Path, decoder: Run) -> None:
    run = begun(tmp_path / "run", decoder)
    first, body = load_file(run.path / "initial.safetensors"), gpt.load(decoder.path).model
    kept = {name for name in first if not name.startswith("class_head")}
    assert kept == {name for name, _ in body.named_parameters()} - {"lm_head.weight"}
    for name in kept:
        assert torch.equal(first[name], body.state_dict()[name]), name
    assert first["class_head.weight"].shape == (2, 10)
    assert run.config()["begun_from"] == {"run": "decoder", "step": 12}
    assert run.config()["labels"] == ["False", "True"]


def test_a_decoder_keeps_its_mask_and_is_read_at_its_last_token(
    tmp_path: Path, decoder: Run
) -> None:
    config = gpt.nn.config.GPTConfig.from_dict(begun(tmp_path / "run", decoder).config()["model"])
    assert (config.mask, config.pool, config.n_class) == ("causal", "last", 2)
    assert not config.tie_weights


def test_an_encoder_is_read_at_the_mean_of_its_tokens(tmp_path: Path) -> None:
    source = masked_run(tmp_path / "masked")
    assert train(source).state == "done"
    run = begun(tmp_path / "run", source)
    assert run.config()["model"]["pool"] == "mean" and run.config()["model"]["mask"] == "none"
    assert train(run).state == "done"


def test_it_trains_from_there_the_same_each_time(tmp_path: Path, decoder: Run) -> None:
    first, again = (begun(tmp_path / name, decoder) for name in ("a", "b"))
    for run in (first, again):
        assert train(run).state == "done"
    assert_same_runs(first, again)
    assert initial(first).confirmed
    kept = load_file(first.path / "initial.safetensors")
    latest = load_file(first.path / "model.safetensors")
    assert not torch.equal(kept["h.0.attn.query.weight"], latest["h.0.attn.query.weight"])


def test_without_its_first_weights_they_cannot_be_drawn_again(tmp_path: Path, decoder: Run) -> None:
    run = begun(tmp_path / "run", decoder)
    train(run)
    (run.path / "initial.safetensors").unlink()
    with pytest.raises(CheckpointError, match="began with the weights of another run"):
        initial(run)
    shutil.rmtree(run.path)


def test_a_model_of_two_texts_has_no_body_for_a_classifier(tmp_path: Path) -> None:
    run = translate_run(tmp_path / "run")
    train(run)
    with pytest.raises(ConfigError, match="a model of two texts has no body"):
        classifier_config(gpt.load(run.path), 2)


def test_a_run_whose_first_weights_are_gone_does_not_start_from_drawn_ones(
    tmp_path: Path, decoder: Run
) -> None:
    run = begun(tmp_path / "run", decoder)
    (run.path / "initial.safetensors").unlink()
    status = train(run)
    assert status.state == "failed"
    assert "run/initial.safetensors is missing" in status.reason
