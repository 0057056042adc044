"""Journeys: every page's state, and every parameter of it set away from its default."""

from __future__ import annotations

from importlib import import_module

from pages.shared import ahead, url_fields
from pages.shared.url_fields import PageState


def _state_of(page: str) -> type[PageState]:
    """The state class of a page; `test_page_state` holds that every page has one."""
    members = vars(import_module(ahead.STATES[page])).values()
    own = (each for each in members if isinstance(each, type) and vars(each).get("page") == page)
    return next(own)


STATES: dict[str, type[PageState]] = {page: _state_of(page) for page in ahead.STATES}

LOOK = {"mask": "none", "scale": "0.3", "layer": "1", "head": "1", "site": "decoder"}
"""What follows from page to page, besides the run and the prompt; for a model of 2 layers and 2
heads or more."""

OWN: dict[str, dict[str, str]] = {
    "home": {"position": "3"},
    "attention": {
        "view": "scaled",
        "sort": "entropy",
        "cell": "5.3",
        "edit": "0.0.3.1-0.5",
        "solo": "0.0",
        "hide": "1.0",
        "pin": "1.1",
        "ref_run": "first",
        "ref_prompt": "abc",
        "ref_source": "bca",
        "ref_site": "decoder",
        "ref_mask": "causal",
        "ref_scale": "none",
        "ref_edit": "0.0.1.0-0.5",
        "analysis": "Patterns",
        "over": "held-out text",
        "heldout": "names",
        "speaker": "A",
        "token": "4",
    },
    "head": {"cells": "colours", "show": "all heads side by side", "query": "4", "key": "2"},
    "mask_scale": {
        "section": "write",
        "show": "scaled",
        "mask_a": "window:2",
        "scale_a": "head_size",
        "mask_b": "causal",
        "scale_b": "0.4",
        "edit": "window:3",
        "cell": "4.1",
        "node": "2",
        "start": "3",
        "seed": "5",
        "times": "4.5",
        "multiple": "2.0",
        "pair": "pair-mask",
        "pair_seed": "11",
    },
    "generate": {
        "temperature": "0.5",
        "top_k": "3",
        "top_p": "0.75",
        "seed": "9",
        "heads": "layer",
        "continuation": "ab",
        "whole": "False",
        "greedy": "True",
    },
    "embeddings": {
        "part": "Neighbours and analogies",
        "table": "output",
        "when": "both",
        "method": "t-SNE",
        "dims": "3-D",
        "colour": "frequency",
        "row": "3",
        "a": "4",
        "b": "5",
        "c": "6",
        "position": "2",
    },
    "residual": {
        "part": "Norms",
        "position": "3",
        "channel": "4",
        "state": "1",
        "color": "rank",
        "rows": "each layer",
        "norm_of": "one position",
        "logit": "2",
        "minus": "5",
        "bars": "each branch",
        "trained": "both",
        "matrices": "without skips",
        "projections": "drawn",
        "mlp": "1",
        "other": "abba",
    },
    "model": {"scaled": "True", "part": "h.1", "tensor": "h.1.attn.key.weight"},
    "train": {
        "run": "first",
        "task": "translate",
        "examples": "reverse",
        "recipe": "numbers-en",
        "pieces": "words",
        "pieces_vocab": "300",
        "start_from": "second",
        "first": "eng",
        "second": "fra",
        "preset": "names",
        "text": "names",
        "minutes": "15",
        "tokenizer": "bytes",
        "vocab": "320",
        "documents": "stream",
        "speakers": "A",
        "probe": "abba",
    },
    "runs": {
        "runs": "first,second",
        "show": "compare",
        "step": "2",
        "a": "second",
        "b": "first",
        "layer_a": "1",
        "head_a": "1",
        "layer_b": "1",
        "head_b": "1",
    },
    "import_model": {
        "from": "Hugging Face",
        "path": "/nowhere",
        "name": "distilgpt2",
        "which": "checkpoint-9",
        "trained": "n_embd",
        "words": "text",
        "text": "a.txt",
        "file": "b.json",
    },
    "tensors": {
        "show": "split and batch",
        "corpus": "names",
        "sample": "abc abc",
        "tokenizer": "bytes",
        "V": "1024",
        "B": "2",
        "T": "5",
        "draw": "3",
        "row": "1",
        "documents": "lines of the corpus",
        "position": "2",
        "rate": "0.01",
        "start": "4",
    },
    "averaging": {"show": "one head", "x": "1,2;3,4", "seed": "4"},
    "ladder": {
        "show": "one rung",
        "rung": "blocks",
        "climb_text": "names",
        "climb_seed": "4",
        "pair": "pair-dropout",
        "pair_seed": "12",
    },
    "encoder": {"label": "1", "hidden": "2", "cell": "4.2"},
    "translation": {
        "how": "beams",
        "show": "average",
        "cell": "3.1",
        "temperature": "0.5",
        "seed": "8",
        "continuation": "ba",
        "beams": "3",
        "target": "1",
    },
    "assistant": {
        "base": "second",
        "tuned": "third",
        "reward": "fourth",
        "policy": "fifth",
        "show": "rollout",
        "ask": "my cup?",
        "temperature": "0.5",
        "seed": "6",
        "number": "kl",
        "step": "2",
        "answer": "1",
        "kept": "paid",
        "betas": "0,0.1",
        "changed": "reward",
        "position": "2",
        "stage": "base",
        "skip": "1",
        "task": "instructions",
        "comparisons": "100",
        "how": "dpo",
        "beta": "0.3",
    },
    "normalization": {
        "show": "in this model",
        "numbers": "typed",
        "matrix": "1 2; 3 5",
        "seed": "7",
        "examples": "3",
        "features": "4",
        "spread": "1.5",
        "shift": "0.5",
        "follow": "a column: batch normalization",
        "line": "1",
        "gain": "2.5",
        "bias": "0.5",
        "example": "1",
        "feature": "1",
        "by": "2.5",
        "norm": "h.1.ln_2",
        "kind": "group norm",
        "groups": "4",
        "position": "2",
    },
}
"""What each page has to itself, every value another one than at first."""


def shared(page: str) -> set[str]:
    """The names that a page shares with others."""
    bounds = url_fields.all_bound(STATES[page])
    return {bound.name for bound in bounds if bound.parameter.shared}


def own(page: str) -> set[str]:
    """The names that a page has to itself."""
    bounds = url_fields.all_bound(STATES[page])
    return {bound.name for bound in bounds if not bound.parameter.shared}
