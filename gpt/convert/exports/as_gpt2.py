"""A model of ours as a Hugging Face GPT-2 folder, which `GPT2LMHeadModel` opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gpt.checkpoint import Checkpoint
from gpt.convert.exports import fitting
from gpt.convert.layouts import decoder_layouts
from gpt.convert.layouts.rules import to_theirs
from gpt.convert.result import new_folder
from gpt.convert.vocabulary.byte_level import byte_level, ranks_of, single_bytes
from gpt.convert.vocabulary.specs import END, characters
from gpt.nn.config import GPTConfig
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training.files import write_json
from gpt.weights_file import save_tensors

ACTIVATIONS = {
    "gelu_tanh": "gelu_new",
    "gelu": "gelu",
    "relu": "relu",
    "squared_relu": "relu2",
    "silu": "silu",
}
ALLOWED: dict[str, tuple[Any, ...]] = {
    "n_encoder_layer": (0,),
    "n_class": (0,),
    "position": ("learned",),
    "norm": ("pre",),
    "norm_kind": ("layer",),
    "mask": ("causal",),
    "qk_norm": (False,),
    "skip": (True,),
    "feed_forward": (True,),
    "embedding_norm": (False,),
    "scale_embeddings": (False,),
    "head_transform": (False,),
    "head_bias": (False,),
}


def to_gpt2(checkpoint: Checkpoint, path: str | Path) -> Path:
    """Write config.json, model.safetensors and, if it can be one, tokenizer.json; all or nothing.

    Raises:
        ConversionError: the architecture cannot be GPT-2's (the message has every reason), or the
            folder exists already.
        OSError: it could not be written.
    """
    target = Path(path)
    fitting.check(checkpoint.config, "GPT-2", ALLOWED)
    scale = "none" if checkpoint.config.scale == "none" else "head_size"
    model = fitting.complete(checkpoint.model, scale, bias=True)
    tensors = to_theirs(model, decoder_layouts.gpt2(model.config))
    files = tokenizer_files(checkpoint.tokenizer, model.config.block_size)
    end = _end_of(checkpoint.tokenizer)
    with new_folder(target) as folder:
        save_tensors(tensors, folder / "model.safetensors", {"format": "pt"})
        write_json(folder / "config.json", _their_config(model.config, end))
        for name, content in files.items():
            write_json(folder / name, content)
    return target


def tokenizer_files(tokenizer: Tokenizer, block_size: int) -> dict[str, Any]:
    """The files that `AutoTokenizer` reads, by name; none if the tokenizer has no such form."""
    spec = _spec_of(tokenizer)
    if spec is None:
        return {}
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": block_size,
        "clean_up_tokenization_spaces": False,
    }
    if _end_of(tokenizer) is not None:
        settings |= {"bos_token": END, "eos_token": END}
    return {
        "tokenizer.json": spec,
        "tokenizer_config.json": settings,
    }


def _spec_of(tokenizer: Tokenizer) -> dict[str, Any] | None:
    """A tokenizer.json of the same tokens and ids; SentencePiece's has no exact one."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.spec
    if isinstance(tokenizer, CharacterTokenizer):
        return characters(tokenizer.characters)
    if isinstance(tokenizer, ByteTokenizer):
        return single_bytes()
    return byte_level(ranks_of(tokenizer)) if _is_gpt2s(tokenizer) else None


def _end_of(tokenizer: Tokenizer) -> int | None:
    """The id of GPT-2's token between documents, if there is one."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.id_of(END)
    return tokenizer.vocab_size - 1 if _is_gpt2s(tokenizer) else None  # it comes last


def _is_gpt2s(tokenizer: Tokenizer) -> bool:
    """By its name: importing its class takes a while, and few need it."""
    return type(tokenizer).__name__ == "Gpt2Tokenizer"


def _their_config(config: GPTConfig, end: int | None) -> dict[str, Any]:
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "n_positions": config.block_size,
        "vocab_size": config.vocab_size,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_embd": config.n_embd,
        "n_inner": config.mlp_width,
        "activation_function": ACTIVATIONS[config.activation],
        "layer_norm_epsilon": config.norm_epsilon,
        "scale_attn_weights": config.scale != "none",
        "scale_attn_by_inverse_layer_idx": False,
        "tie_word_embeddings": config.tie_weights,
        **dict.fromkeys(("resid_pdrop", "embd_pdrop"), config.dropout),
        "attn_pdrop": 0.0,  # dropout here is on the residual branches only (ADR 0005)
        "bos_token_id": end,
        "eos_token_id": end,
        "dtype": "float32",
    }
