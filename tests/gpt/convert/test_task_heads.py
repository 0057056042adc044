"""Fine-tuned models: the body is what transformers' is, and the head that is left out is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tr
from safetensors.torch import load_file, save_file

import gpt
from gpt.errors import ConversionError
from gpt.silence import why_silent
from tests.gpt.convert.owners import drawn, vocabulary

IDS = torch.tensor([[3, 14, 1, 5, 9, 2, 6]])
GPT2 = dict(n_positions=13, vocab_size=17, n_layer=2, n_head=3, n_embd=21, pad_token_id=0)
BERT = dict(
    vocab_size=17,
    hidden_size=21,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=37,
    max_position_embeddings=13,
)
GPT2S: dict[type[Any], tuple[str, ...]] = {
    tr.GPT2Model: (),
    tr.GPT2ForSequenceClassification: ("gave the classes of a whole text: score.weight (2 × 21)",),
    tr.GPT2ForTokenClassification: ("gave the class of each token: classifier.bias (2), ",),
    tr.GPT2ForQuestionAnswering: ("says where an answer begins".replace("says", "said"),),
}
BERTS: dict[type[Any], tuple[str, ...]] = {
    tr.BertModel: ("made one vector of the first token's state",),
    tr.BertForTokenClassification: ("gave the class of each token: classifier",),
    tr.BertForQuestionAnswering: ("said where an answer begins and ends: qa_outputs",),
    tr.BertForNextSentencePrediction: ("whether the second sentence follows", "made one vector"),
    tr.BertForMultipleChoice: ("gave each of several choices a score", "made one vector"),
}


def saved(kind: type[Any], path: Path, **settings: Any) -> Any:
    """A model of that class, drawn, as `save_pretrained` writes it."""
    sizes = BERT if kind.__name__.startswith("Bert") else GPT2
    config = kind.config_class(**sizes, attn_implementation="eager", **settings)
    model = drawn(kind(config), seed=11)
    model.save_pretrained(path)  # type: ignore[operator]
    vocabulary(path, 17)
    return model


def read(path: Path) -> gpt.Checkpoint:
    reader = gpt.convert.bert if "bert" in path.name else gpt.convert.gpt2
    return reader(path, vocabulary=path / "vocabulary.json")


def notes(checkpoint: gpt.Checkpoint) -> list[str]:
    return list(checkpoint.info["imported"]["notes"])


@pytest.mark.parametrize(("kind", "said"), GPT2S.items(), ids=lambda v: getattr(v, "__name__", ""))
@torch.no_grad()
def test_a_gpt2_predicts_as_transformers_does_with_its_tied_head(
    kind: type[Any], said: tuple[str, ...], tmp_path: Path
) -> None:
    theirs = saved(kind, tmp_path / "gpt2")
    ours = read(tmp_path / "gpt2")
    tied = tr.GPT2LMHeadModel.from_pretrained(tmp_path / "gpt2", attn_implementation="eager").eval()
    expected = tied(IDS, output_attentions=True)
    np.testing.assert_allclose(ours.model(IDS), expected.logits, atol=1e-4, rtol=0)
    traced = gpt.trace(ours.model, IDS[0].tolist())
    body = getattr(theirs, "transformer", theirs)(IDS, output_attentions=True)
    attentions = torch.stack(body.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)
    assert all(any(part in note for note in notes(ours)) for part in said)
    assert any("its token embeddings take the head's place" in note for note in notes(ours))
    assert why_silent(ours.info) is None


def test_a_head_that_gave_values_is_left_out_by_its_name(tmp_path: Path) -> None:
    """As a policy with a value head is saved, for learning from rewards."""
    theirs = saved(tr.GPT2LMHeadModel, tmp_path / "gpt2")
    path = tmp_path / "gpt2" / "model.safetensors"
    head = {"v_head.summary.weight": torch.ones(1, 21), "v_head.summary.bias": torch.ones(1)}
    save_file({**load_file(path), **head}, path)
    ours = read(tmp_path / "gpt2")
    with torch.no_grad():
        np.testing.assert_allclose(ours.model(IDS), theirs(IDS).logits, atol=1e-4, rtol=0)
    (note,) = notes(ours)
    assert "gave the text so far a value" in note and "v_head.summary.bias (1)" in note


def test_both_heads_of_a_double_one_are_told_apart(tmp_path: Path) -> None:
    theirs = saved(tr.GPT2DoubleHeadsModel, tmp_path / "gpt2")
    ours = read(tmp_path / "gpt2")
    with torch.no_grad():
        expected = theirs(IDS[None]).logits[0]
        np.testing.assert_allclose(ours.model(IDS), expected, atol=1e-4, rtol=0)
    (note,) = notes(ours)
    assert "a score: multiple_choice_head.summary.bias (1), multiple_choice_head.summary.w" in note


@pytest.mark.parametrize(("kind", "said"), BERTS.items(), ids=lambda v: getattr(v, "__name__", ""))
@torch.no_grad()
def test_a_bert_reads_as_transformers_does(
    kind: type[Any], said: tuple[str, ...], tmp_path: Path
) -> None:
    theirs = saved(kind, tmp_path / "bert")
    ours = read(tmp_path / "bert")
    expected = getattr(theirs, "bert", theirs)(IDS, output_attentions=True)
    traced = gpt.trace(ours.model, IDS[0].tolist())
    np.testing.assert_allclose(
        traced.residual[-1], expected.last_hidden_state[0], atol=1e-5, rtol=0
    )
    attentions = torch.stack(expected.attentions)[:, 0]
    np.testing.assert_allclose(traced.weights, attentions, atol=1e-5, rtol=0)
    assert (traced.logits == 0).all() and "predicted alike" in notes(ours)[1]
    assert all(any(part in note for note in notes(ours)[2:]) for part in said)


def test_a_bert_for_pre_training_keeps_its_head_for_tokens(tmp_path: Path) -> None:
    theirs = saved(tr.BertForPreTraining, tmp_path / "bert")
    ours = read(tmp_path / "bert")
    with torch.no_grad():
        expected = theirs(IDS).prediction_logits
        np.testing.assert_allclose(ours.model(IDS), expected, atol=1e-4, rtol=0)
    assert len(notes(ours)) == 3  # the segment, the pooler, the second sentence


def test_an_untied_one_without_its_head_predicts_nothing_and_says_so(tmp_path: Path) -> None:
    saved(tr.GPT2ForSequenceClassification, tmp_path / "gpt2", tie_word_embeddings=False)
    ours = read(tmp_path / "gpt2")
    assert (ours.model(IDS) == 0).all()
    assert "every token is predicted alike" in notes(ours)[-1]
    run = gpt.convert.save(ours, tmp_path / "runs" / "silent")
    assert "it predicts every token alike" in str(why_silent(gpt.load(run.path).info))


def test_what_is_no_known_head_is_refused_by_name(tmp_path: Path) -> None:
    saved(tr.GPT2LMHeadModel, tmp_path / "gpt2")
    path = tmp_path / "gpt2" / "model.safetensors"
    held = load_file(path)
    held["transformer.h.0.attn.c_attn.lora_A.weight"] = torch.ones(4, 21)
    save_file(held, path)
    with pytest.raises(ConversionError, match=r"does not account for \(.*lora_A"):
        read(tmp_path / "gpt2")
