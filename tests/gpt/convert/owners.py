"""The owners' own models, small: nanoGPT's model.py and the lecture's gpt.py and bigram.py.

Written out with their names of modules and buffers, so that `state_dict()` gives their keys and
shapes, and with their forward passes, which also hand out the attention of every head.
"""

from __future__ import annotations

import json
import string
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

CHARACTERS = string.ascii_letters + string.digits


@torch.no_grad()
def drawn(model: nn.Module, seed: int) -> nn.Module:
    """The model with every parameter drawn, biases and norms included, in evaluation mode.

    Those that are fixed, such as tables of sinusoids, stay as they are.
    """
    torch.manual_seed(seed)
    for name, p in model.named_parameters():
        if not p.requires_grad:
            continue
        module = name.lower().replace("_", "").split(".")[-2]
        is_norm = "ln" in module or "layernorm" in module
        nn.init.normal_(p, mean=float(is_norm and name.endswith("weight")), std=0.25)
    return model.eval()


def vocabulary(folder: Path, size: int) -> Path:
    """A JSON list of `size` characters."""
    path = folder / "vocabulary.json"
    path.write_text(json.dumps(list(CHARACTERS[:size])))
    return path


# -- nanoGPT, model.py ------------------------------------------------------------------------


class CausalSelfAttention(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, bias: bool, flash: bool) -> None:
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd, bias=bias)
        self.c_proj = nn.Linear(n_embd, n_embd, bias=bias)
        self.n_head, self.n_embd = n_head, n_embd
        mask = torch.tril(torch.ones(block_size, block_size))[None, None]
        if not flash:  # older PyTorch: the mask is a buffer
            self.register_buffer("bias", mask)
        self.mask = mask

    def forward(self, x: torch.Tensor, attentions: list[torch.Tensor]) -> torch.Tensor:
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / k.size(-1) ** 0.5)
        att = F.softmax(att.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf")), dim=-1)
        attentions.append(att)
        return self.c_proj((att @ v).transpose(1, 2).contiguous().view(B, T, C))


class NanoMLP(nn.Module):
    def __init__(self, n_embd: int, bias: bool) -> None:
        super().__init__()
        self.c_fc = nn.Linear(n_embd, 4 * n_embd, bias=bias)
        self.c_proj = nn.Linear(4 * n_embd, n_embd, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.c_proj(F.gelu(self.c_fc(x)))


class NanoBlock(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, bias: bool, flash: bool) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd, bias=bias)
        self.attn = CausalSelfAttention(n_embd, n_head, block_size, bias, flash)
        self.ln_2 = nn.LayerNorm(n_embd, bias=bias)
        self.mlp = NanoMLP(n_embd, bias)


class NanoGPT(nn.Module):
    """`GPT` of nanoGPT; `model_args` as its train.py saves them."""

    def __init__(self, flash: bool = True, **model_args: int) -> None:
        super().__init__()
        a = self.model_args = {"dropout": 0.0, "bias": True, **model_args}
        n_embd, bias = int(a["n_embd"]), bool(a["bias"])
        block = (n_embd, int(a["n_head"]), int(a["block_size"]), bias, flash)
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(int(a["vocab_size"]), n_embd),
                wpe=nn.Embedding(int(a["block_size"]), n_embd),
                h=nn.ModuleList([NanoBlock(*block) for _ in range(int(a["n_layer"]))]),
                ln_f=nn.LayerNorm(n_embd, bias=bias),
            )
        )
        self.lm_head = nn.Linear(n_embd, int(a["vocab_size"]), bias=False)
        self.transformer.wte.weight = self.lm_head.weight

    def forward(self, idx: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        attentions: list[torch.Tensor] = []
        t = self.transformer
        x = t.wte(idx) + t.wpe(torch.arange(idx.size(1)))
        for block in t.h:
            x = x + block.attn(block.ln_1(x), attentions)
            x = x + block.mlp(block.ln_2(x))
        return self.lm_head(t.ln_f(x)), attentions


def save_nanogpt(model: NanoGPT, path: Path, compiled: bool = True) -> Path:
    """ckpt.pt as nanoGPT's train.py writes it, with an optimizer that has taken a step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    model(torch.tensor([[0]]))[0].sum().backward()
    optimizer.step()
    prefix = "_orig_mod." if compiled else ""
    torch.save(
        {
            "model": {f"{prefix}{name}": t for name, t in model.state_dict().items()},
            "optimizer": optimizer.state_dict(),
            "model_args": model.model_args,
            "iter_num": 250,
            "best_val_loss": torch.tensor(1.47),
            "config": {"dataset": "shakespeare_char", "learning_rate": 1e-3, "compile": compiled},
        },
        path,
    )
    return path


# -- the lecture, gpt.py ----------------------------------------------------------------------


class Head(nn.Module):
    def __init__(self, n_embd: int, head_size: int, block_size: int, slip: bool) -> None:
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
        self.slip = slip

    def forward(self, x: torch.Tensor, attentions: list[torch.Tensor]) -> torch.Tensor:
        _, T, C = x.shape
        k, q = self.key(x), self.query(x)
        wei = q @ k.transpose(-2, -1) * (C if self.slip else k.shape[-1]) ** -0.5
        wei = F.softmax(wei.masked_fill(self.tril[:T, :T] == 0, float("-inf")), dim=-1)
        attentions.append(wei)
        return wei @ self.value(x)


class MultiHeadAttention(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, slip: bool) -> None:
        super().__init__()
        heads = [Head(n_embd, n_embd // n_head, block_size, slip) for _ in range(n_head)]
        self.heads = nn.ModuleList(heads)
        self.proj = nn.Linear(n_embd, n_embd)

    def forward(self, x: torch.Tensor, attentions: list[torch.Tensor]) -> torch.Tensor:
        return self.proj(torch.cat([h(x, attentions) for h in self.heads], dim=-1))


class FeedFoward(nn.Module):
    def __init__(self, n_embd: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_embd, 4 * n_embd), nn.ReLU(), nn.Linear(4 * n_embd, n_embd), nn.Dropout(0.2)
        )


class LectureBlock(nn.Module):
    def __init__(self, n_embd: int, n_head: int, block_size: int, slip: bool) -> None:
        super().__init__()
        self.sa = MultiHeadAttention(n_embd, n_head, block_size, slip)
        self.ffwd = FeedFoward(n_embd)
        self.ln1, self.ln2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)


class LectureGPT(nn.Module):
    """`GPTLanguageModel` of the lecture; `slip` scales by the channels, as typed in the video."""

    def __init__(
        self,
        vocab_size: int,
        n_embd: int,
        n_head: int,
        n_layer: int,
        block_size: int,
        slip: bool = False,
    ) -> None:
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab_size, n_embd)
        self.position_embedding_table = nn.Embedding(block_size, n_embd)
        blocks = [LectureBlock(n_embd, n_head, block_size, slip) for _ in range(n_layer)]
        self.blocks = nn.Sequential(*blocks)
        self.ln_f = nn.LayerNorm(n_embd)
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Logits, and the attention of each head, layer by layer."""
        attentions: list[torch.Tensor] = []
        x = self.token_embedding_table(idx)
        x = x + self.position_embedding_table(torch.arange(idx.shape[1]))
        for block in self.blocks:
            x = x + block.sa(block.ln1(x), attentions)
            x = x + block.ffwd.net(block.ln2(x))
        return self.lm_head(self.ln_f(x)), attentions


class LectureBigram(nn.Module):
    """`BigramLanguageModel` of the lecture."""

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.token_embedding_table = nn.Embedding(vocab_size, vocab_size)

    def forward(self, idx: torch.Tensor) -> torch.Tensor:
        return self.token_embedding_table(idx)


# -- Hugging Face ------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by its path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
