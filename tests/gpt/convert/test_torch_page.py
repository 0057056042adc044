"""docs/torch-transformer.md: its code, run as it stands there, gives our outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import gpt
from gpt.__main__ import main
from gpt.convert.exports import as_torch
from gpt.convert.exports.archive import archive, why_not
from gpt.convert.result import checkpoint
from gpt.errors import ConversionError
from gpt.nn.build import build
from gpt.nn.config import GPTConfig
from gpt.text.tokenizer import CharacterTokenizer
from tests.gpt.convert.owners import CHARACTERS, contents

DOC = Path(__file__).resolve().parents[3] / "docs" / "torch-transformer.md"
CODE = re.findall(r"^```python\n(.*?)^```", DOC.read_text(encoding="utf-8"), re.M | re.S)
LOAD, DECODER, CLASSIFIER, TRANSLATOR = range(4)
B, T, S, V, SOURCE_V = 3, 11, 9, 17, 19
SIZES: dict[str, Any] = dict(block_size=13, vocab_size=V, n_layer=2, n_head=3, n_embd=30)
PAIR: dict[str, Any] = dict(n_encoder_layer=3, source_vocab_size=SOURCE_V, source_block_size=10)
KINDS: dict[str, tuple[int, dict[str, Any]]] = {
    "decoder": (DECODER, dict()),
    "decoder, post-norm, odd width": (DECODER, dict(norm="post", n_inner=37, n_embd=21)),
    "decoder, tied, tanh GELU": (DECODER, dict(tie_weights=True, activation="gelu_tanh")),
    "decoder, sinusoids, ReLU": (DECODER, dict(position="sinusoidal", activation="relu")),
    "decoder, no biases": (DECODER, dict(bias=False, norm_epsilon=0.02)),
    "decoder, no projection": (DECODER, dict(projection=False, position="none")),
    "decoder, the lecture's": (DECODER, dict(qkv_bias=False, head_bias=True, scale="n_embd")),
    "encoder": (DECODER, dict(mask="none", norm="post", embedding_norm=True, activation="silu")),
    "classifier, mean": (CLASSIFIER, dict(mask="none", n_class=5)),
    "classifier, BERT's": (
        CLASSIFIER,
        dict(mask="none", n_class=5, pool="first", pool_activation="tanh", norm="post")
        | dict(embedding_norm=True),
    ),
    "classifier, the last of a decoder": (
        CLASSIFIER,
        dict(n_class=5, pool="last", pool_activation="relu"),
    ),
    "translator, pre-norm": (TRANSLATOR, PAIR),
    "translator, post-norm, ReLU, one vocabulary": (
        TRANSLATOR,
        dict(n_encoder_layer=1, norm="post", activation="relu", tie_weights=True)
        | dict(scale_embeddings=True, head_bias=True),
    ),
    "translator, sinusoids, no biases, no scale": (
        TRANSLATOR,
        {**PAIR, "position": "sinusoidal", "bias": False, "scale": "none", "activation": "silu"},
    ),
    "translator, embedding norms, odd width": (
        TRANSLATOR,
        {**PAIR, "embedding_norm": True, "norm": "post", "n_inner": 37, "n_embd": 21},
    ),
}
NOT_TORCHS: dict[str, tuple[dict[str, Any], str]] = {
    "rotary": (dict(position="rotary"), "positions are rotary, not learned or sinusoidal or none"),
    "qk_norm": (dict(qk_norm=True), "queries and keys are normalized"),
    "squared ReLU": (dict(activation="squared_relu"), "its activation is squared_relu"),
    "no norm": (dict(norm="none"), "norm none, not pre or post"),
    "batch norm": (dict(norm_kind="batch"), "its norms are batch normalization"),
    "no skip": (dict(skip=False), "it has no skip connections"),
    "no feed-forward": (dict(feed_forward=False), "have no feed-forward layer"),
    "BERT's head": (dict(head_transform=True), "a matrix before its output embedding"),
    "a bigram": (
        dict(n_layer=0, n_embd=V, n_head=1, position="none", norm="none"),
        "norm none, not pre or post); it has no blocks",
    ),
}


def ours(**changes: Any) -> gpt.Checkpoint:
    """A model whose every parameter is drawn, norms and biases included."""
    config = GPTConfig.from_dict({**SIZES, **changes})
    torch.manual_seed(5)
    model = build(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            nn.init.normal_(p, mean=float("ln" in name and name.endswith("weight")), std=0.25)
    words = CharacterTokenizer(CHARACTERS[:V])
    return checkpoint("test", Path("mine"), model, words)


def texts() -> tuple[torch.Tensor, torch.Tensor]:
    """Ids (B, T) and the source's (B, S)."""
    torch.manual_seed(6)
    return torch.randint(V, (B, T)), torch.randint(V, (B, S))


def run_page(part: int, **given: Any) -> dict[str, Any]:
    """Run the page's first block and one more, as they stand, where "exported" is."""
    names: dict[str, Any] = dict(given)
    for block in (LOAD, part):
        exec(CODE[block], names)
    return names


@contextmanager
def float64() -> Iterator[None]:
    """Modules are made with twice the digits: PyTorch adds up in another order than we do."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


def widen(folder: Path) -> None:
    """Write the exported weights with twice the digits."""
    for name in ("around.pt", "transformer.pt"):
        tensors = torch.load(folder / name, weights_only=True)
        torch.save({key: tensor.double() for key, tensor in tensors.items()}, folder / name)


@pytest.mark.parametrize(("part", "changes"), KINDS.values(), ids=KINDS)
@torch.no_grad()
def test_the_page_loads_it_and_computes_the_same(
    part: int, changes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, (ids, source) = ours(**changes), texts()
    monkeypatch.chdir(tmp_path)
    gpt.convert.to_torch(mine, "exported")
    widen(tmp_path / "exported")
    two = {"source": source} if part == TRANSLATOR else {}
    with float64():
        names = run_page(part, ids=ids, source=source)
        expected = mine.model.double()(ids, **two)
    torch.testing.assert_close(names["logits"], expected, atol=1e-5, rtol=0)
    kind = nn.Transformer if part == TRANSLATOR else nn.TransformerEncoder
    assert type(names["body"]) is kind
    assert why_not(mine.config, "torch") is None


@torch.no_grad()
def test_padding_is_hidden_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, (ids, source) = ours(**PAIR), texts()
    monkeypatch.chdir(tmp_path)
    gpt.convert.to_torch(mine, "exported")
    names = run_page(TRANSLATOR, ids=ids, source=source)
    body, embedded = names["body"], names["embedded"]
    padding = torch.zeros(B, S).bool()
    padding[1, 5:] = True
    hidden = dict(src_key_padding_mask=padding, memory_key_padding_mask=padding)
    x, y = embedded(source, "source_"), embedded(ids)
    states = body(x, y, tgt_mask=names["mask"], **hidden)
    expected = mine.model(ids, source=source.masked_fill(padding, -1))
    torch.testing.assert_close(names["head"](states), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("changes", "message"), NOT_TORCHS.values(), ids=NOT_TORCHS)
def test_what_pytorch_cannot_express_is_refused_with_reasons(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    mine = ours(**changes)
    with pytest.raises(ConversionError) as caught:
        gpt.convert.to_torch(mine, tmp_path / "out")
    assert message in str(caught.value)
    assert str(caught.value) == why_not(mine.config, "torch")
    assert contents(tmp_path) == {}


def test_pytorchs_layers_have_an_activation_for_all_that_is_allowed() -> None:
    """What the page does not turn into a function is a name that PyTorch knows."""
    for name in as_torch.ALLOWED["activation"]:
        kind = ours(activation=name)
        assert as_torch.check(kind.config) is None
        if f'"{name}"' not in CODE[LOAD]:
            nn.TransformerEncoderLayer(6, 2, 4, activation=name)


@pytest.mark.parametrize("kind", ["gpt2", "nanogpt"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (PAIR, "it reads two texts: it is an encoder-decoder"),
        (dict(n_class=5), "it gives the classes of a text, not the next token"),
        (dict(scale_embeddings=True), "its token embeddings are multiplied by the root of n_embd"),
    ],
    ids=["translator", "classifier", "scaled"],
)
def test_the_other_layouts_refuse_the_new_kinds(
    kind: str, changes: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    mine = ours(**changes)
    assert reason in str(why_not(mine.config, kind))
    with pytest.raises(ConversionError, match=reason):
        getattr(gpt.convert, f"to_{kind}")(mine, tmp_path / "out")


def test_the_command_and_the_zip_write_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = ours()
    run = gpt.convert.save(mine, tmp_path / "run")
    assert main(["export", str(run.path), "torch", str(tmp_path / "out")]) == 0
    assert "transformer.pt" in capsys.readouterr().out
    (tmp_path / "mine.zip").write_bytes(archive(mine, "torch", "mine"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("transformer.pt", "around.pt", "settings.json"),
    }
    kept = torch.load(tmp_path / "out" / "transformer.pt", weights_only=True)
    assert kept["layers.1.self_attn.in_proj_weight"].shape == (90, 30)
