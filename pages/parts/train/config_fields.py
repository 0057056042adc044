"""Widgets for the fields of an architecture and of a training, from the dataclasses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any

import streamlit as st

from gpt import setting_ranges
from gpt.nn import config as model_settings
from gpt.nn.config import GPTConfig
from gpt.training.presets import Preset
from gpt.training.settings import NOT_OF_TASK, TrainingConfig

CHOICES = {**model_settings.CHOICES, **setting_ranges.CHOICES}
FIRST = ("steps", "learning_rate")  # always in sight
STEPS = {"dropout": 0.05, "learning_rate": 1e-4, "muon_learning_rate": 1e-3, "weight_decay": 0.01}
COLUMNS = 5
FROM_THE_TEXT = ("vocab_size",)
FROM_THE_FORM = ("task", "documents", "minutes")
"""Settings of a training that the task, the text and the dials decide."""
FOR_IMPORTS = tuple("qkv_bias head_bias n_inner norm_epsilon embedding_norm head_transform".split())
"""Settings that other people's checkpoints need; training here has no use for them."""

OF_CLASSIFIERS = ("pool", "pool_activation")
OF_TRANSLATORS = ("n_encoder_layer", "source_block_size")
FROM_THE_DATA = ("n_class", "source_vocab_size", "scale_embeddings")
HIDDEN: dict[str, tuple[str, ...]] = {
    "next": (*OF_CLASSIFIERS, *OF_TRANSLATORS, *FROM_THE_DATA),
    "masked": (*OF_CLASSIFIERS, *OF_TRANSLATORS, *FROM_THE_DATA, "mask"),
    "classify": (*OF_TRANSLATORS, *FROM_THE_DATA, "tie_weights"),
    "translate": (*OF_CLASSIFIERS, *FROM_THE_DATA, "mask"),
}
"""By task, the settings of a model that it does not have, or that its examples decide."""

HELP: dict[str, str] = {
    "block_size": "The longest context: how many tokens one prediction can see (T at most).",
    "n_layer": "Blocks, one after the other (L). None makes a bigram: a table, without positions "
    "and norms.",
    "n_head": "Attention heads in each block (H); n_embd must be divisible by it.",
    "n_embd": "Channels: how many numbers describe a token (C).",
    "dropout": "Share of the channels silenced at random in training, against learning by heart.",
    "bias": "Whether linear layers and LayerNorms add a constant.",
    "tie_weights": "The output embedding is the token embedding: fewer parameters.",
    "position": "How a token knows where it stands; `none` leaves it to the mask.",
    "norm": "LayerNorm before each branch (`pre`, GPT-2), after it (`post`, 2017), or nowhere.",
    "norm_kind": "`layer` looks at one token's channels; `batch` at one channel over the batch.",
    "activation": "The bend between the two matrices of the feed-forward layer.",
    "qk_norm": "Each query and key is scaled to unit RMS before they meet: scores stay bounded.",
    "skip": "Each branch adds to the residual stream; off, it replaces it.",
    "feed_forward": "Off, blocks are attention alone: tokens talk, but do not think it over.",
    "projection": "Heads are mixed by a matrix; off, they are only set side by side, and the "
    "feed-forward layer has one matrix.",
    "mlp_ratio": "Width of the feed-forward layer, in multiples of n_embd.",
    "mask": "`none` lets every token see the one it should predict: the loss falls, for nothing.",
    "zero_init": "Branches start at zero, so that a new model passes everything through.",
    "scale": "What multiplies q · k: 1/√head_size, 1/√n_embd (the classic slip), or nothing.",
    "init": "`unit_qk` lets queries and keys start with variance 1, where scaling matters most; "
    "`torch` is PyTorch's own start, as in the lecture.",
    "pool": "What the classification head reads: the mean of all tokens' states, or the first or "
    "the last token's.",
    "pool_activation": "A matrix and this bend before the classification head, as in BERT.",
    "n_encoder_layer": "Blocks of the encoder, which reads the source.",
    "source_block_size": "The longest source, in tokens (S at most); 0: as long as the target.",
    "label_smoothing": "Share of the right answer that is spread over all others.",
    "token_dropout": "Share of the tokens hidden at random in training, against learning by heart.",
    "counting_start": "How strongly the first weights repeat what counting words tells (naive "
    "Bayes); 0 starts at chance.",
    "steps": "Optimizer steps in all; each learns from batch_size × block_size tokens.",
    "batch_size": "Blocks of text in one step (B).",
    "accumulation": "Parts of a batch computed one after the other, which takes less memory.",
    "optimizer": "AdamW for everything, or Muon for the matrices inside the blocks.",
    "learning_rate": "AdamW's, at its highest. Too high and the loss leaps up; try a third.",
    "muon_learning_rate": "Muon's, at its highest; not used by AdamW.",
    "weight_decay": "Pulls matrices towards zero at each step.",
    "beta1": "How long AdamW remembers the direction of the gradient.",
    "beta2": "How long AdamW remembers its size.",
    "schedule": "How the learning rate falls: not, along a cosine, or in a line at the end.",
    "warmup_steps": "Steps over which the learning rate rises from zero.",
    "decay_part": "Share of the steps over which `linear` falls.",
    "short_steps": "First steps, which learn from shorter blocks (a quarter, then half of "
    "block_size) and as many tokens: a new model makes nothing of a long context yet.",
    "teacher_share": "Share of each target that is what the run's teachers expect.",
    "teacher_tokens": "Tokens that the teachers write themselves; half of each batch is theirs.",
    "grad_clip": "Longest gradient (L2 norm); 0 leaves it as it is.",
    "eval_interval": "Steps between evaluations; each also saves, samples and takes a snapshot.",
    "eval_batches": "Random batches over which each loss is estimated.",
    "log_interval": "Steps between points of the batch's own loss.",
    "sample_tokens": "Length of the sample written at each evaluation.",
    "seed": "Of the initial weights, the batches and the dropout; the same gives the same run.",
    "device": "`auto` takes a GPU if there is one.",
    "dtype": "`auto` takes bfloat16 where the processor has it.",
    "compile": "Through torch.compile: slower to start, faster afterwards.",
}


def key(preset: str, name: str) -> str:
    """The session key of a field; each preset remembers its own changes."""
    return f"train_{preset}_{name}"


def first_fields(preset_name: str, preset: Preset) -> None:
    """Draw the steps and the learning rate, side by side."""
    defaults = _defaults(TrainingConfig, preset.training)
    for column, field in zip(st.columns(2), _chosen(TrainingConfig, FIRST), strict=True):
        with column:
            _widget(preset_name, field, defaults[field.name])


def model_fields(preset_name: str, preset: Preset, decided: Sequence[str] = ()) -> None:
    """Draw the fields of GPTConfig, without those of the text and of imports.

    Args:
        decided: further ones that something else decides.
    """
    without = (*FROM_THE_TEXT, *FOR_IMPORTS, *HIDDEN[preset.task], *decided)
    _grid(preset_name, GPTConfig, preset.model, without)


def training_fields(preset_name: str, preset: Preset, is_taught: bool = False) -> None:
    """Draw the other fields of TrainingConfig, without those of the text and of other tasks.

    Args:
        is_taught: whether the run has teachers.
    """
    of_teachers = () if is_taught else ("teacher_share", "teacher_tokens")
    without = (*FIRST, *FROM_THE_FORM, *of_teachers, *NOT_OF_TASK[preset.task])
    _grid(preset_name, TrainingConfig, preset.training, without)


def changed(preset_name: str, kind: type[GPTConfig] | type[TrainingConfig]) -> dict[str, Any]:
    """The values of the widgets, as fields of a config."""
    state = st.session_state
    keys = {field.name: key(preset_name, field.name) for field in fields(kind)}
    return {name: state[k] for name, k in keys.items() if state.get(k) is not None}


def _grid(preset_name: str, kind: type, preset: Mapping[str, Any], without: Sequence[str]) -> None:
    defaults = _defaults(kind, preset)
    visible = [field for field in fields(kind) if field.name not in without]
    for start in range(0, len(visible), COLUMNS):
        row = st.columns(COLUMNS, vertical_alignment="bottom")
        for column, field in zip(row, visible[start : start + COLUMNS], strict=False):
            with column:
                _widget(preset_name, field, defaults[field.name])


def _defaults(kind: type, preset: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: preset.get(field.name, field.default) for field in fields(kind)}


def _chosen(kind: type, names: Sequence[str]) -> list[Field[Any]]:
    return [field for field in fields(kind) if field.name in names]


def _widget(preset_name: str, field: Field[Any], default: Any) -> None:
    """Draw a widget for a field's type; the config, not the widget, refuses bad values."""
    name = field.name
    kind = str(field.type)
    common: dict[str, Any] = {
        "key": key(preset_name, name),
        "help": HELP[name],
        "persist_state": "session",
    }
    if kind == "bool":
        st.selectbox(name, [True, False], index=0 if default else 1, format_func=_yes_no, **common)
    elif name in CHOICES:
        st.selectbox(name, CHOICES[name], index=CHOICES[name].index(default), **common)
    elif kind == "int":
        st.number_input(name, value=int(default), step=1, **common)
    else:
        step = STEPS.get(name, 0.01)
        st.number_input(name, value=float(default), step=step, format="%g", **common)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
