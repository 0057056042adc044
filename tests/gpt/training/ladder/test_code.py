"""The ladder's code: every excerpt written out, where it stands, and what is beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.nn import blocks
from gpt.training.ladder.code import PROJECT, code_of, excerpt
from gpt.training.ladder.rungs import RUNGS

# What a learner reads for each rung: the place, our lines, the lecture's. Worked out by hand from
# the papers; whoever changes a line of the model writes here what the ladder will teach then.
TAUGHT: dict[str, list[tuple[str, str, str]]] = {
    "bigram": [
        (
            "gpt/nn/model.py GPT._embed",
            "tokens = self.wte(ids)  # (B, T, C)",
            "self.token_embedding_table = nn.Embedding(vocab_size, vocab_size)",
        ),
        (
            "gpt/nn/bigram.py PassOn.forward",
            "return row",
            "logits = self.token_embedding_table(idx)",
        ),
    ],
    "one-head": [
        (
            "gpt/nn/model.py GPT._embed",
            "x = tokens if positions is None else tokens + positions",
            "x = tok_emb + pos_emb",
        ),
        (
            "gpt/nn/attention.py Attention.forward",
            "queries = self.by_head(self.query(x))  # (B, T, C) -> (B, H, T, D): what I look for\n"
            "keys = self.by_head(self.key(y))  # (B, S, C) -> (B, H, S, D): what I contain\n"
            "values = self.by_head(self.value(y))  # (B, S, C) -> (B, H, S, D): what I tell you",
            "k = self.key(x)\nq = self.query(x)\nv = self.value(x)",
        ),
        (
            "gpt/nn/attention.py attention_weights",
            "scores = queries @ keys.transpose(-2, -1)"
            "  # (..., T, D) @ (..., D, S) -> (..., T, S)\n"
            "scaled = scores * scale  # (..., T, S)",
            "wei = q @ k.transpose(-2, -1) * C**-0.5",
        ),
        (
            "gpt/nn/attention.py attention_weights",
            "masked = scaled if mask is None else scaled.masked_fill(~mask, -torch.inf)"
            "  # (..., T, S)",
            "wei = wei.masked_fill(self.tril[:T, :T] == 0, float('-inf'))",
        ),
        (
            "gpt/nn/attention.py attention_weights",
            "return F.softmax(masked / temperature, dim=-1)  # (..., T, S), each row sums to 1",
            "wei = F.softmax(wei, dim=-1)",
        ),
        (
            "gpt/nn/attention.py take",
            "return weights @ values  # (..., T, S) @ (..., S, D) -> (..., T, D)",
            "out = wei @ v",
        ),
    ],
    "four-heads": [
        (
            "gpt/nn/attention.py Attention.by_head",
            "heads = x.view(B, T, H, C // H)  # (B, T, C) -> (B, T, H, D)\n"
            "return heads.transpose(1, 2)  # (B, T, H, D) -> (B, H, T, D)",
            "self.heads = nn.ModuleList([Head(head_size) for _ in range(num_heads)])",
        ),
        (
            "gpt/nn/attention.py Attention.mix",
            "out = head_out.transpose(1, 2).flatten(2)"
            "  # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)",
            "out = torch.cat([h(x) for h in self.heads], dim=-1)",
        ),
    ],
    "feed-forward": [
        (
            "gpt/nn/blocks.py MLP.__init__",
            "self.fc = nn.Linear(config.n_embd, config.mlp_width, bias=config.bias)",
            "nn.Linear(n_embd, n_embd),",
        ),
        (
            "gpt/nn/blocks.py MLP.forward",
            "inner = activate(self.fc(x), self.activation)  # (B, T, C) -> (B, T, mlp_width)",
            "nn.ReLU(),",
        ),
    ],
    "blocks": [
        (
            "gpt/nn/model.py GPT.__init__",
            "self.h = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))",
            "self.blocks = nn.Sequential(*[Block(n_embd, n_head) for _ in range(n_layer)])",
        ),
        (
            "gpt/nn/model.py GPT.through",
            "for block in self.blocks:\n    x = block(x, rule, recorder, cache, source)",
            "x = self.blocks(x)",
        ),
    ],
    "skips": [
        (
            "gpt/nn/blocks.py Block._join",
            "x = x + self.drop(branch) if self.skip else self.drop(branch)",
            "x = x + self.sa(x)\nx = x + self.ffwd(x)",
        ),
        (
            "gpt/nn/attention.py Attention.mix",
            "return out if self.proj is None else self.proj(out)  # (B, T, C) -> (B, T, C)",
            "out = self.proj(out)",
        ),
        (
            "gpt/nn/blocks.py MLP.forward",
            "return inner if self.proj is None else self.proj(inner)"
            "  # (B, T, mlp_width) -> (B, T, C)",
            "nn.Linear(4 * n_embd, n_embd),",
        ),
    ],
    "layernorm": [
        (
            "gpt/nn/norms.py norm",
            "return nn.LayerNorm(config.n_embd, eps=config.norm_epsilon, bias=config.bias)",
            "self.ln1 = nn.LayerNorm(n_embd)",
        ),
        (
            "gpt/nn/blocks.py Block._before",
            'if ln is None or self.norm != "pre" or rule.switches.norm_off:\n'
            "    return x\n"
            "return ln(x)",
            "x = x + self.sa(self.ln1(x))",
        ),
        (
            "gpt/nn/model.py GPT.through",
            "if self.ln_f is not None and not switches.norm_off:\n    x = self.ln_f(x)",
            "x = self.ln_f(x)",
        ),
    ],
    "scaled-up": [
        (
            "gpt/nn/blocks.py Block.__init__",
            "self.drop = Dropout(config.dropout)",
            "nn.Dropout(dropout),",
        ),
        (
            "gpt/nn/blocks.py Block._join",
            "x = x + self.drop(branch) if self.skip else self.drop(branch)",
            "out = self.dropout(self.proj(out))",
        ),
    ],
}


def test_every_rung_teaches_what_is_written_here() -> None:
    taught = {
        rung.name: [(f"{e.file} {e.within}", e.code, e.lecture) for e in code_of(rung.name)]
        for rung in RUNGS
    }
    assert taught == TAUGHT


def test_the_last_line_of_one_head_is_the_weights_times_the_values() -> None:
    last = code_of("one-head")[-1].code.splitlines()[-1]
    assert last.split("#")[0].strip() == "return weights @ values"


@pytest.mark.parametrize("name", TAUGHT)
def test_an_excerpt_stands_in_our_files_at_its_lines(name: str) -> None:
    for shown in code_of(name):
        lines = (PROJECT / shown.file).read_text(encoding="utf-8").splitlines()
        code = shown.code.splitlines()
        there = lines[shown.line - 1 : shown.line - 1 + len(code)]
        assert [line.strip() for line in there] == [line.strip() for line in code]
        assert Path(shown.file).parts[0] == "gpt"


def test_a_line_that_is_gone_or_stands_twice_is_an_error() -> None:
    with pytest.raises(AssertionError, match=r"0 lines of MLP.forward are 'y = x', not one"):
        excerpt(blocks.MLP.forward, "y = x", lecture="")
    with pytest.raises(AssertionError, match=r"0 lines of MLP.forward are 'inner = ', not one"):
        excerpt(blocks.MLP.forward, "inner = ", lecture="")  # only begins a line
    with pytest.raises(AssertionError, match=r"2 lines of Block.forward are"):
        excerpt(blocks.Block.forward, "if recorder is not None:", lecture="")
