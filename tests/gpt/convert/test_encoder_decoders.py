"""BART and Marian in: logits and every attention are those of `transformers`."""

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
from gpt.convert.readers.from_marian import position_table
from gpt.errors import ConversionError
from gpt.inspect.translating import beam_search, greedy
from gpt.nn.padding import PADDING
from tests.gpt.convert.owners import drawn, vocabulary

SOURCE = torch.tensor([[3, 14, 1, 5, 9, 2, 6, 5, 3, 5, 8]])
TARGET = torch.tensor([[16, 4, 11, 7, 0, 15, 2]])
SIZES: dict[str, Any] = dict(
    vocab_size=17,
    d_model=21,
    encoder_layers=2,
    decoder_layers=3,
    encoder_attention_heads=3,
    decoder_attention_heads=3,
    encoder_ffn_dim=37,
    decoder_ffn_dim=37,
    max_position_embeddings=13,
    pad_token_id=16,
    decoder_start_token_id=16,
    eos_token_id=0,
    forced_eos_token_id=0,
)
SEPARATE = dict(share_encoder_decoder_embeddings=False)
SETTINGS: dict[str, tuple[Any, dict[str, Any]]] = {
    "Marian": (tr.MarianMTModel, dict(activation_function="swish", scale_embedding=True)),
    "Marian, even sizes, four times as wide": (
        tr.MarianMTModel,
        dict(d_model=30, encoder_ffn_dim=120, decoder_ffn_dim=120, scale_embedding=True),
    ),
    "Marian, two vocabularies": (tr.MarianMTModel, {**SEPARATE, "decoder_vocab_size": 19}),
    "Marian, one encoder layer, ReLU": (
        tr.MarianMTModel,
        dict(encoder_layers=1, decoder_layers=2, activation_function="relu"),
    ),
    "Marian, untied": (tr.MarianMTModel, dict(tie_word_embeddings=False)),
    "BART": (tr.BartForConditionalGeneration, dict(forced_bos_token_id=1)),
    "BART, scaled, one head": (
        tr.BartForConditionalGeneration,
        dict(scale_embedding=True, encoder_attention_heads=1, decoder_attention_heads=1),
    ),
    "BART, ReLU, even sizes": (
        tr.BartForConditionalGeneration,
        dict(d_model=30, activation_function="relu", decoder_layers=1),
    ),
    "BART, untied": (tr.BartForConditionalGeneration, dict(tie_word_embeddings=False)),
}


def written(kind: Any, settings: dict[str, Any], folder: Path) -> Any:
    """A model of `transformers`, every parameter and the logits' bias drawn, saved."""
    config = kind.config_class(**{**SIZES, **settings}, attn_implementation="eager")
    model: Any = drawn(kind(config), seed=7)
    if "forced_bos_token_id" in settings:
        model.generation_config.forced_bos_token_id = settings["forced_bos_token_id"]
    if hasattr(model, "final_logits_bias"):
        torch.nn.init.normal_(model.final_logits_bias, std=0.25)
    model.save_pretrained(folder)
    vocabulary(folder, model.config.vocab_size)
    return model


def _body(model: Any) -> Any:
    return getattr(model, "model", model)


def read(folder: Path) -> gpt.Checkpoint:
    return recognize(folder).checkpoint(vocabulary=folder / "vocabulary.json")


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def check_parity(theirs: Any, ours: gpt.GPT) -> None:
    expected = theirs(input_ids=SOURCE, decoder_input_ids=TARGET, output_attentions=True)
    logits = ours(TARGET, source=SOURCE)
    np.testing.assert_allclose(logits, expected.logits, atol=1e-4, rtol=0)
    traced = gpt.trace(ours, TARGET[0].tolist(), source=SOURCE[0].tolist())
    np.testing.assert_allclose(traced.logits, expected.logits[0], atol=1e-4, rtol=0)
    for site, attentions in (
        ("encoder", expected.encoder_attentions),
        ("decoder", expected.decoder_attentions),
        ("cross", expected.cross_attentions),
    ):
        weights = traced.site(site).weights
        np.testing.assert_allclose(weights, torch.stack(attentions)[:, 0], atol=1e-5, rtol=0)
        assert np.ptp(weights) > 0.05, "even weights would agree whatever the scores are"


@pytest.mark.parametrize(("kind", "settings"), SETTINGS.values(), ids=SETTINGS)
@torch.no_grad()
def test_logits_and_every_attention_agree(
    kind: Any, settings: dict[str, Any], tmp_path: Path
) -> None:
    theirs = written(kind, settings, tmp_path / "peer")
    if "decoder_vocab_size" in settings:
        foreign = recognize(tmp_path / "peer")
        check_parity(theirs, foreign.read())
        assert (foreign.config.vocab_size, foreign.config.source_vocab_size) == (19, 17)
        return
    run = gpt.convert.save(read(tmp_path / "peer"), tmp_path / "runs" / "translator")
    ours = gpt.load(run.path)
    check_parity(theirs, ours.model)
    assert ours.kind == "encoder-decoder"
    forced = [settings["forced_bos_token_id"]] if "forced_bos_token_id" in settings else []
    assert (ours.target_start, ours.end) == ([16, *forced], 0)


@torch.no_grad()
def test_padded_sources_read_as_theirs_do_behind_their_mask(tmp_path: Path) -> None:
    theirs = written(tr.MarianMTModel, {}, tmp_path / "peer")
    ours = read(tmp_path / "peer").model
    sources = torch.tensor([[3, 14, 1, 5, 9], [2, 6, 5, 0, 0]])
    real = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    targets = TARGET.expand(2, -1)
    expected = theirs(input_ids=sources, attention_mask=real, decoder_input_ids=targets).logits
    padded = sources.masked_fill(real == 0, PADDING)
    np.testing.assert_allclose(ours(targets, source=padded), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["Marian", "BART"])
@torch.no_grad()
def test_what_it_writes_is_what_transformers_writes(name: str, tmp_path: Path) -> None:
    """Greedily, from the start that its config.json says, without the words that it bars."""
    kind, settings = SETTINGS[name]
    theirs = written(kind, settings, tmp_path / "peer")
    theirs.final_logits_bias[0, 16] = 50.0  # likelier than all that may be written
    theirs.generation_config.bad_words_ids = [[16]]
    theirs.save_pretrained(tmp_path / "peer")
    ours = read(tmp_path / "peer")
    start, end = ours.target_start, ours.end
    assert (ours.never, end) == ([16], 0)
    expected = theirs.generate(SOURCE, num_beams=1, do_sample=False, max_length=12)[0].tolist()
    assert expected[: len(start)] == start
    told = [id for id in expected[len(start) :] if id != 0]  # theirs is made to end
    source = SOURCE[0].tolist()
    assert greedy(ours.model, [source], start, 0, len(told), never=ours.never) == [told]
    beams = beam_search(ours.model, source, start, 0, 1, len(told), never=ours.never)
    assert beams.best == told
    steps = gpt.generate(
        ours.model, start, len(told), temperature=0, source=source, never=ours.never
    )
    assert [step.id for step in steps] == told
    assert 16 in greedy(ours.model, [source], start, 0, len(told))[0]


@torch.no_grad()
def test_equal_tables_are_one_and_stored_once(tmp_path: Path) -> None:
    """As older files have them: the shared table under all of its names."""
    theirs = written(tr.MarianMTModel, {}, tmp_path / "peer")
    state = load_file(tmp_path / "peer" / "model.safetensors")
    shared = state["model.shared.weight"]
    for name in ("model.encoder.embed_tokens", "model.decoder.embed_tokens", "lm_head"):
        state[f"{name}.weight"] = shared.clone()
    for side in ("encoder", "decoder"):
        state[f"model.{side}.embed_positions.weight"] = position_table(13, 21)
        state[f"model.{side}.version"] = torch.tensor([2.0])
    save_file(state, tmp_path / "peer" / "model.safetensors")
    ours = read(tmp_path / "peer")
    check_parity(theirs, ours.model)
    assert ours.config.tie_weights and not ours.config.source_vocab_size
    run = gpt.convert.save(ours, tmp_path / "runs" / "once")
    names = [n for n in load_file(run.path / "model.safetensors") if "wte" in n or "head.w" in n]
    assert names == ["wte.weight"]


@torch.no_grad()
def test_a_pickled_state_whose_four_tables_share_their_numbers_is_read(tmp_path: Path) -> None:
    """What `torch.save(model.state_dict())` makes: one storage under four names."""
    theirs = written(tr.BartForConditionalGeneration, {}, tmp_path / "peer")
    (tmp_path / "peer" / "model.safetensors").unlink()
    torch.save(theirs.state_dict(), tmp_path / "peer" / "pytorch_model.bin")
    check_parity(theirs, read(tmp_path / "peer").model)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tr.BartModel, ("its token embeddings take the head's place",)),
        (tr.MarianModel, ("its token embeddings take the head's place",)),
        (
            tr.BartForSequenceClassification,
            ("its token embeddings take", "gave the classes of a whole text: classification_head"),
        ),
        (tr.BartForQuestionAnswering, ("its token embeddings take", "where an answer begins")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@torch.no_grad()
def test_without_a_head_for_tokens_the_embeddings_take_its_place(
    kind: Any, said: tuple[str, ...], tmp_path: Path
) -> None:
    theirs = written(kind, {}, tmp_path / "peer")
    ours = read(tmp_path / "peer")
    body = _body(theirs)
    states = body(input_ids=SOURCE, decoder_input_ids=TARGET).last_hidden_state
    expected = states @ body.shared.weight.T
    np.testing.assert_allclose(ours.model(TARGET, source=SOURCE), expected, atol=1e-4, rtol=0)
    notes = ours.info["imported"]["notes"]
    assert all(any(part in note for note in notes) for part in said)


def test_positions_are_all_sines_then_all_cosines() -> None:
    """Positions 0 and 1 of 5 channels, by hand: angles 1, 10000^-0.4 and 10000^-0.8."""
    expected = [[0, 0, 0, 1, 1], [0.841471, 0.025116, 0.000631, 0.540302, 0.999685]]
    np.testing.assert_allclose(position_table(2, 5), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decoder_attention_heads": 7}, "decoder_attention_heads is 7; encoder and decoder have"),
        ({"encoder_ffn_dim": 38}, "encoder_ffn_dim is 38 and decoder_ffn_dim is 37"),
        ({"normalize_before": True}, "normalize_before is True; marian has False"),
        ({"static_position_embeddings": False}, "marian has True, and so it is read here"),
        ({"is_encoder_decoder": False}, "a decoder without its encoder"),
        ({"activation_function": "mish"}, "the activation 'mish' is not known here"),
        ({"decoder_start_token_id": 17}, "decoder_start_token_id is 17; it should be one of 17"),
        ({"decoder_start_token_id": None}, "does not say which token begins a target"),
        ({"eos_token_id": None}, "does not say which token ends a target"),
        ({"model_type": "mbart"}, "is of a model of type 'mbart'"),
        ({"max_position_embeddings": "many"}, "block_size is 'many'"),
        ({"decoder_layers": 2}, "tensors that config.json does not account for (decoder.layers.2"),
        ({"tie_word_embeddings": False}, "nothing predicts tokens"),
    ],
)
def test_what_cannot_be_computed_here_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    written(tr.MarianMTModel, {}, tmp_path / "peer")
    (tmp_path / "peer" / "generation_config.json").unlink()
    change_config(tmp_path / "peer", **changes)
    with pytest.raises(ConversionError) as caught:
        read(tmp_path / "peer")
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["model.encoder.embed_tokens", "lm_head"])
def test_tables_that_differ_and_should_not_are_refused(name: str, tmp_path: Path) -> None:
    written(tr.MarianMTModel, {}, tmp_path / "peer")
    state = load_file(tmp_path / "peer" / "model.safetensors")
    save_file({**state, f"{name}.weight": torch.ones(17, 21)}, tmp_path / "peer/model.safetensors")
    with pytest.raises(ConversionError, match=r"config.json says that .* is .*, but they differ"):
        read(tmp_path / "peer")


def test_one_that_may_end_a_text_in_several_ways_says_so(tmp_path: Path) -> None:
    written(tr.BartForConditionalGeneration, {}, tmp_path / "peer")
    path = tmp_path / "peer" / "generation_config.json"
    path.write_text(json.dumps({"decoder_start_token_id": 5, "eos_token_id": [2, 3]}))
    ours = read(tmp_path / "peer")
    assert ours.info["generation"] == {"start": [5], "end": 2}
    assert any(
        "any of the tokens 2, 3; here the first" in n for n in ours.info["imported"]["notes"]
    )
