"""BERT, DistilBERT and RoBERTa in: logits, states and attentions are those of `transformers`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tr
from safetensors.torch import load_file, save_file

import gpt
from gpt.convert import recognize
from gpt.errors import ConversionError
from tests.gpt.convert.owners import drawn, vocabulary

IDS = torch.tensor([[3, 14, 0, 5, 9, 2, 6, 5, 3, 5, 8]])  # none is RoBERTa's padding, 1
LABELS = {0: "bad", 1: "so so", 2: "good"}
BERT: dict[str, Any] = dict(
    vocab_size=17,
    hidden_size=21,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=37,
    max_position_embeddings=13,
)
ROBERTA = {**BERT, "max_position_embeddings": 15, "type_vocab_size": 1}
DISTILBERT: dict[str, Any] = dict(
    vocab_size=17, dim=21, n_layers=2, n_heads=3, hidden_dim=37, max_position_embeddings=13
)
CLASSIFIERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "BERT": (tr.BertForSequenceClassification, BERT),
    "BERT, four times as wide, ReLU": (
        tr.BertForSequenceClassification,
        {**BERT, "intermediate_size": 84, "hidden_act": "relu", "type_vocab_size": 3},
    ),
    "BERT, swish, another epsilon": (
        tr.BertForSequenceClassification,
        {**BERT, "hidden_act": "swish", "layer_norm_eps": 0.02},
    ),
    "DistilBERT": (tr.DistilBertForSequenceClassification, DISTILBERT),
    "DistilBERT, ReLU, one head": (
        tr.DistilBertForSequenceClassification,
        {**DISTILBERT, "activation": "relu", "n_heads": 1},
    ),
    "DistilBERT, sinusoids": (
        tr.DistilBertForSequenceClassification,
        {**DISTILBERT, "sinusoidal_pos_embds": True, "n_layers": 3},
    ),
    "RoBERTa": (tr.RobertaForSequenceClassification, ROBERTA),
    "RoBERTa, ReLU, padding 16, segments": (
        tr.RobertaForSequenceClassification,
        {**ROBERTA, "hidden_act": "relu", "type_vocab_size": 2}
        | {"pad_token_id": 16, "max_position_embeddings": 30},
    ),
}
PREDICTORS: dict[str, tuple[Any, dict[str, Any]]] = {
    "DistilBERT": (tr.DistilBertForMaskedLM, DISTILBERT),
    "DistilBERT, gelu_new, untied": (
        tr.DistilBertForMaskedLM,
        {**DISTILBERT, "activation": "gelu_new", "tie_word_embeddings": False},
    ),
    "RoBERTa": (tr.RobertaForMaskedLM, ROBERTA),
    "RoBERTa, untied, another epsilon": (
        tr.RobertaForMaskedLM,
        {**ROBERTA, "tie_word_embeddings": False, "layer_norm_eps": 0.02},
    ),
}


def written(kind: Any, settings: dict[str, Any], folder: Path) -> Any:
    """A model of `transformers` whose every parameter is drawn, as `save_pretrained` writes it."""
    config = kind.config_class(**settings, attn_implementation="eager")
    model = drawn(kind(config), seed=7)
    model.save_pretrained(folder)  # type: ignore[operator]
    vocabulary(folder, 17)
    return model


def read(folder: Path) -> gpt.Checkpoint:
    return recognize(folder).checkpoint(vocabulary=folder / "vocabulary.json")


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def check_inside(traced: gpt.Trace, expected: Any) -> None:
    attentions = torch.stack(expected.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)
    assert np.ptp(traced.weights) > 0.1, "even weights would agree whatever the scores are"
    states = torch.stack(expected.hidden_states)[:, 0]
    np.testing.assert_allclose(traced.residual[::2], states, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kind", "settings"), CLASSIFIERS.values(), ids=CLASSIFIERS)
@torch.no_grad()
def test_a_classifier_comes_with_its_head_and_labels(
    kind: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    theirs = written(kind, {**settings, "id2label": LABELS}, tmp_path / "peer")
    expected = theirs(IDS, output_attentions=True, output_hidden_states=True)
    run = gpt.convert.save(read(tmp_path / "peer"), tmp_path / "runs" / "classifier")
    ours = gpt.load(run.path)
    np.testing.assert_allclose(ours.model(IDS), expected.logits, atol=1e-4, rtol=0)
    traced = gpt.trace(ours.model, IDS[0].tolist())
    np.testing.assert_allclose(traced.class_logits, expected.logits[0], atol=1e-4, rtol=0)
    check_inside(traced, expected)
    assert (ours.kind, ours.labels) == ("encoder", [*LABELS.values()])
    assert not any("left out" in note for note in ours.info["imported"]["notes"])
    text = "cdefa"  # no "b", whose id is the padding of RoBERTa
    probabilities = theirs(torch.tensor([ours.tokenizer.encode(text)])).logits[0].softmax(0)
    told = gpt.classify(ours, text)
    assert [*told] == [*LABELS.values()]
    np.testing.assert_allclose([*told.values()], probabilities, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("kind", "settings"), PREDICTORS.values(), ids=PREDICTORS)
@torch.no_grad()
def test_a_head_for_masked_tokens_predicts_the_same(
    kind: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    theirs = written(kind, settings, tmp_path / "peer")
    expected = theirs(IDS, output_attentions=True, output_hidden_states=True)
    ours = read(tmp_path / "peer")
    np.testing.assert_allclose(ours.model(IDS), expected.logits, atol=1e-4, rtol=0)
    traced = gpt.trace(ours.model, IDS[0].tolist())
    np.testing.assert_allclose(traced.logits, expected.logits[0], atol=1e-4, rtol=0)
    check_inside(traced, expected)
    assert ours.config.tie_weights is settings.get("tie_word_embeddings", True)


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (tr.DistilBertModel, DISTILBERT, ()),
        (tr.RobertaModel, ROBERTA, ("made one vector of the first token's state",)),
        (tr.DistilBertForTokenClassification, DISTILBERT, ("gave the class of each token",)),
        (tr.RobertaForTokenClassification, ROBERTA, ("gave the class of each token",)),
        (tr.DistilBertForQuestionAnswering, DISTILBERT, ("where an answer begins",)),
        (tr.RobertaForMultipleChoice, ROBERTA, ("several choices a score", "made one vector")),
        (tr.DistilBertForMultipleChoice, DISTILBERT, ("several choices a score", "made one")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@torch.no_grad()
def test_without_a_head_of_ours_it_is_there_to_look_at(
    kind: Any, settings: dict[str, Any], said: tuple[str, ...], tmp_path: Path
) -> None:
    theirs = written(kind, settings, tmp_path / "peer")
    ours = read(tmp_path / "peer")
    body = getattr(theirs, theirs.base_model_prefix, theirs)
    traced = gpt.trace(ours.model, IDS[0].tolist())
    check_inside(traced, body(IDS, output_attentions=True, output_hidden_states=True))
    notes = ours.info["imported"]["notes"]
    assert (traced.logits == 0).all() and any("predicted alike" in note for note in notes)
    assert all(any(part in note for note in notes) for part in said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"num_labels": 1}, "gave the classes of a whole text: classifier.bias (1)"),
        ({"problem_type": "regression"}, "gave a text a number, no class"),
        ({"problem_type": "multi_label_classification"}, "several labels at once"),
    ],
)
def test_a_head_that_gives_no_probabilities_of_classes_is_left_out(
    settings: dict[str, Any], said: str, tmp_path: Path
) -> None:
    written(tr.BertForSequenceClassification, {**BERT, **settings}, tmp_path / "peer")
    ours = read(tmp_path / "peer")
    assert (ours.config.n_class, ours.labels) == (0, [])
    assert any(said in note for note in ours.info["imported"]["notes"])


def test_classes_without_names_are_numbered_and_wrong_names_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "peer"
    written(tr.BertForSequenceClassification, {**BERT, "num_labels": 3}, folder)
    change_config(folder, id2label=None)
    assert read(folder).labels == ["LABEL_0", "LABEL_1", "LABEL_2"]
    for wrong in (
        {"0": "a", "1": "b"},
        {"0": "a", "1": "a", "2": "b"},
        {"0": "a", "1": 5, "2": "b"},
    ):
        change_config(folder, id2label=wrong)
        with pytest.raises(ConversionError, match="id2label should name 3 classes, 0 to 2"):
            read(folder)


def test_a_second_head_is_left_out_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "peer"
    written(tr.RobertaForSequenceClassification, ROBERTA, folder)
    state = load_file(folder / "model.safetensors")
    state |= {"lm_head.dense.weight": torch.ones(21, 21), "lm_head.bias": torch.ones(17)}
    save_file(state, folder / "model.safetensors")
    ours = read(folder)
    assert ours.config.n_class == 2
    assert any("which predicted masked tokens" in note for note in ours.info["imported"]["notes"])


@pytest.mark.parametrize(
    ("kind", "settings", "changes", "message"),
    [
        (tr.RobertaForMaskedLM, ROBERTA, {"hidden_act": "relu"}, "its head for masked tokens has"),
        (tr.RobertaForMaskedLM, ROBERTA, {"pad_token_id": None}, "pad_token_id is None"),
        (tr.RobertaForMaskedLM, ROBERTA, {"pad_token_id": 40}, "no row for a position"),
        (tr.RobertaForMaskedLM, ROBERTA, {"is_decoder": True}, "is_decoder is True; only encoders"),
        (tr.RobertaForMaskedLM, ROBERTA, {"model_type": "xlm-roberta"}, "type 'xlm-roberta'"),
        (tr.DistilBertForMaskedLM, DISTILBERT, {"activation": "mish"}, "'mish' is not known here"),
        (tr.DistilBertForMaskedLM, DISTILBERT, {"n_heads": 4}, "not divisible by n_head = 4"),
        (
            tr.DistilBertForMaskedLM,
            DISTILBERT,
            {"hidden_dim": 38},
            "ffn.lin1.weight has shape (37, 21)",
        ),
    ],
)
def test_what_cannot_be_computed_here_is_refused(
    kind: Any, settings: dict[str, Any], changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    written(kind, settings, tmp_path / "peer")
    change_config(tmp_path / "peer", **changes)
    with pytest.raises(ConversionError) as caught:
        read(tmp_path / "peer")
    assert message in str(caught.value)
