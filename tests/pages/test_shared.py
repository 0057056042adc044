"""What the pages share: plain text, the prompt's one line, and links, each by its contract."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path

import pytest

import gpt
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer
from pages.shared import folders
from pages.shared.plain import plain
from pages.shared.text_field import from_field, to_field
from tests.pages import opening
from tests.payloads import decode

PROMPT = "First Citizen:\nSpeak"


opened = partial(opening.opened, "attention")


def test_plain_escapes_what_markdown_would_read() -> None:
    assert plain("<b>*x*_y_") == r"\<b\>\*x\*\_y\_"
    assert plain("$a$ :red[b]") == r"\$a\$ \:red\[b\]"
    assert "\u202e" not in plain("a\u202eb")


def test_line_breaks_travel_through_the_field() -> None:
    tokenizer = CharacterTokenizer.of("ab\n")
    assert to_field("a\nb", tokenizer) == "a↵b"
    assert from_field("a↵b", tokenizer) == "a\nb"
    assert from_field(r"a\nb", tokenizer) == "a\nb"


def test_a_vocabulary_that_can_write_anything_reads_the_sign_as_a_line_break() -> None:
    tokenizer = ByteTokenizer()
    assert to_field("a\nb", tokenizer) == "a↵b"
    assert from_field(r"a↵b\n", tokenizer) == "a\nb\n"


def test_a_vocabulary_with_the_sign_keeps_it() -> None:
    tokenizer = CharacterTokenizer.of("a↵\\n")
    assert to_field("a↵", tokenizer) == "a↵"
    assert from_field("a↵", tokenizer) == "a↵"
    assert from_field(r"a\n", tokenizer) == r"a\n"


def test_the_bytes_that_the_browser_gets_are_the_trace() -> None:
    app = opened(run="shakespeare", prompt=PROMPT, mask="none", scale="n_embd")
    header, arrays = decode(app.get("bidi_component")[0].proto.bytes)
    checkpoint = gpt.load(folders.ROOT / "checkpoints" / "shakespeare")
    ids = checkpoint.tokenizer.encode(PROMPT)
    traced = gpt.trace(checkpoint.model, ids, gpt.Switches(mask="none", scale="n_embd"))
    sent = arrays["exact"].reshape(traced.weights.shape) / 10_000
    assert abs(sent - traced.weights).max() <= 0.5e-4 + 1e-7
    assert header["name"] == "weights"


def test_a_visit_without_runs_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    app = opened()
    assert "Train one on the Train page" in app.error[0].value


def test_menus_list_what_opens_then_ones_own_runs_then_the_shipped_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    for age, name in enumerate(("old", "reviews", "new", "copy", "shakespeare")):
        (tmp_path / name).mkdir()
        for file in ("config.json", "model.safetensors"):
            (tmp_path / name / file).write_text("")
        os.utime(tmp_path / name / "config.json", (age, age))
    assert folders.run_names() == ["shakespeare", "new", "old", "copy", "reviews"]


def test_the_shipped_runs_are_those_of_the_repository() -> None:
    lines = (folders.ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    kept = {line.split("/")[1] for line in lines if re.fullmatch("!checkpoints/[^/]+/", line)}
    assert kept == set(folders.SHIPPED) and len(folders.SHIPPED) == len(kept)
