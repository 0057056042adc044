"""GPT-2's names: what they say of a tensor is there, in a file that `transformers` writes."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

import gpt
from gpt.convert.layouts.gpt2_names import gpt2_names
from gpt.convert.recognize import recognize
from gpt.weights_file import stored_weights
from tests.gpt.convert.owners import vocabulary
from tests.gpt.convert.test_recognize import written


def test_each_tensor_is_where_its_name_says(tmp_path: Path) -> None:
    folder = written("gpt2", tmp_path / "theirs")
    ours = recognize(folder).checkpoint(vocabulary=vocabulary(tmp_path, 17)).model
    theirs = GPT2LMHeadModel.from_pretrained(folder).transformer.state_dict()
    names = gpt2_names(ours.config)
    assert set(names) == set(stored_weights(ours))
    for name, tensor in stored_weights(ours).items():
        match = re.fullmatch(r"([^\[]+)(?:\[(?:(:), )?(\d+):(\d+)\])?", names[name])
        assert match is not None
        value = theirs[match[1]]
        if match[3]:
            value = value[..., int(match[3]) : int(match[4])]
        linear = value.dim() == 2 and not name.startswith(("wte", "wpe"))
        assert torch.equal(value.T if linear else value, tensor), name


def test_what_gpt2_has_not_has_no_name_there() -> None:
    config = gpt.GPTConfig(13, 17, 2, 3, 21, embedding_norm=True, head_bias=True)
    names = gpt2_names(config)
    assert "ln_e.weight" not in names and "lm_head.bias" not in names
    assert names["lm_head.weight"] == "lm_head.weight"
    assert names["h.1.attn.value.bias"] == "h.1.attn.c_attn.bias[42:63]"
