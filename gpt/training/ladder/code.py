"""The code of each rung: the lines of our own modules that the rung is the first to run.

They are read from the source as it is, between two lines that are written out here whole and stand
in it exactly once; a line that has changed is an error, and never another line that begins alike.
Beside each stands the line as the lecture writes it (*Let's build GPT*, Karpathy, 2023).
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpt.nn import attention, bigram, blocks, norms
from gpt.nn.model import GPT

PROJECT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Excerpt:
    """A few lines of our own source, and the lecture's for the same.

    Fields:
        file: below the project's folder, with slashes.
        line: the number of the first.
        within: the function or class that they are of.
        code: the lines, their common indentation taken off.
        lecture: the lecture's line.
    """

    file: str
    line: int
    within: str
    code: str
    lecture: str


def excerpt(of: Any, first: str, last: str | None = None, *, lecture: str) -> Excerpt:
    """The lines of a function or class from `first` to `last`.

    Args:
        of: what has source.
        first, last: the whole lines, indentation and trailing comment left out; without `last`,
            the first alone.
        lecture: what the lecture writes instead.

    Raises:
        AssertionError: there is no such line, or there are several.
    """
    lines, number = inspect.getsourcelines(of)
    start = _only(lines, first, of)
    end = start if last is None else _only(lines, last, of)
    return Excerpt(
        Path(inspect.getfile(of)).resolve().relative_to(PROJECT).as_posix(),
        number + start,
        of.__qualname__,
        textwrap.dedent("".join(lines[start : end + 1])).rstrip(),
        lecture,
    )


def code_of(rung: str) -> tuple[Excerpt, ...]:
    """What a rung added, by its name; of the last one, which only is larger, its dropout."""
    return tuple(read() for read in _CODE[rung])


def _only(lines: list[str], line: str, of: Any) -> int:
    """Where the one line of this text stands."""
    numbers = [n for n, text in enumerate(lines) if text.split("  #")[0].strip() == line]
    if len(numbers) != 1:
        raise AssertionError(f"{len(numbers)} lines of {of.__qualname__} are {line!r}, not one")
    return numbers[0]


Read = Callable[[], Excerpt]
_CODE: dict[str, tuple[Read, ...]] = {
    "bigram": (
        lambda: excerpt(
            GPT._embed,
            "tokens = self.wte(ids)",
            lecture="self.token_embedding_table = nn.Embedding(vocab_size, vocab_size)",
        ),
        lambda: excerpt(
            bigram.PassOn.forward,
            "return row",
            lecture="logits = self.token_embedding_table(idx)",
        ),
    ),
    "one-head": (
        lambda: excerpt(
            GPT._embed,
            "x = tokens if positions is None else tokens + positions",
            lecture="x = tok_emb + pos_emb",
        ),
        lambda: excerpt(
            attention.Attention.forward,
            "queries = self.by_head(self.query(x))",
            "values = self.by_head(self.value(y))",
            lecture="k = self.key(x)\nq = self.query(x)\nv = self.value(x)",
        ),
        lambda: excerpt(
            attention.attention_weights,
            "scores = queries @ keys.transpose(-2, -1)",
            "scaled = scores * scale",
            lecture="wei = q @ k.transpose(-2, -1) * C**-0.5",
        ),
        lambda: excerpt(
            attention.attention_weights,
            "masked = scaled if mask is None else scaled.masked_fill(~mask, -torch.inf)",
            lecture="wei = wei.masked_fill(self.tril[:T, :T] == 0, float('-inf'))",
        ),
        lambda: excerpt(
            attention.attention_weights,
            "return F.softmax(masked / temperature, dim=-1)",
            lecture="wei = F.softmax(wei, dim=-1)",
        ),
        lambda: excerpt(attention.take, "return weights @ values", lecture="out = wei @ v"),
    ),
    "four-heads": (
        lambda: excerpt(
            attention.Attention.by_head,
            "heads = x.view(B, T, H, C // H)",
            "return heads.transpose(1, 2)",
            lecture="self.heads = nn.ModuleList([Head(head_size) for _ in range(num_heads)])",
        ),
        lambda: excerpt(
            attention.Attention.mix,
            "out = head_out.transpose(1, 2).flatten(2)",
            lecture="out = torch.cat([h(x) for h in self.heads], dim=-1)",
        ),
    ),
    "feed-forward": (
        lambda: excerpt(
            blocks.MLP.__init__,
            "self.fc = nn.Linear(config.n_embd, config.mlp_width, bias=config.bias)",
            lecture="nn.Linear(n_embd, n_embd),",
        ),
        lambda: excerpt(
            blocks.MLP.forward,
            "inner = activate(self.fc(x), self.activation)",
            lecture="nn.ReLU(),",
        ),
    ),
    "blocks": (
        lambda: excerpt(
            GPT.__init__,
            "self.h = nn.ModuleList(Block(config, layer) for layer in range(config.n_layer))",
            lecture="self.blocks = nn.Sequential(*[Block(n_embd, n_head) for _ in range(n_layer)])",
        ),
        lambda: excerpt(
            GPT.through,
            "for block in self.blocks:",
            "x = block(x, rule, recorder, cache, source)",
            lecture="x = self.blocks(x)",
        ),
    ),
    "skips": (
        lambda: excerpt(
            blocks.Block._join,
            "x = x + self.drop(branch) if self.skip else self.drop(branch)",
            lecture="x = x + self.sa(x)\nx = x + self.ffwd(x)",
        ),
        lambda: excerpt(
            attention.Attention.mix,
            "return out if self.proj is None else self.proj(out)",
            lecture="out = self.proj(out)",
        ),
        lambda: excerpt(
            blocks.MLP.forward,
            "return inner if self.proj is None else self.proj(inner)",
            lecture="nn.Linear(4 * n_embd, n_embd),",
        ),
    ),
    "layernorm": (
        lambda: excerpt(
            norms.norm,
            "return nn.LayerNorm(config.n_embd, eps=config.norm_epsilon, bias=config.bias)",
            lecture="self.ln1 = nn.LayerNorm(n_embd)",
        ),
        lambda: excerpt(
            blocks.Block._before,
            'if ln is None or self.norm != "pre" or rule.switches.norm_off:',
            "return ln(x)",
            lecture="x = x + self.sa(self.ln1(x))",
        ),
        lambda: excerpt(
            GPT.through,
            "if self.ln_f is not None and not switches.norm_off:",
            "x = self.ln_f(x)",
            lecture="x = self.ln_f(x)",
        ),
    ),
    "scaled-up": (
        lambda: excerpt(
            blocks.Block.__init__,
            "self.drop = Dropout(config.dropout)",
            lecture="nn.Dropout(dropout),",
        ),
        lambda: excerpt(
            blocks.Block._join,
            "x = x + self.drop(branch) if self.skip else self.drop(branch)",
            lecture="out = self.dropout(self.proj(out))",
        ),
    ),
}
