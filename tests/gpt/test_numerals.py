"""Every text that becomes a number is read in one way, and refused in words of ours."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from gpt import numerals
from gpt.errors import ConfigError, HeadlightError, SwitchError, TokenizerError
from gpt.inspect.heads import edits
from gpt.inspect.stream.normalizing import read_matrix
from gpt.nn.masks import Named, parse_mask
from gpt.nn.switches import parse_scale
from gpt.text.tokenizers import choices

ROOT = Path(__file__).resolve().parents[2]
NEVER = [
    *("", " ", "1_000", "１２", "٣", "²", "1,5", "0x10", "1 2", "--1", "e5", ".", "nan", "inf"),
    *("-inf", "Infinity", "1e400", "9" * 5000, "0" * 5000, "1\x00", "½", "1e", "+"),
]


@pytest.mark.parametrize("text", NEVER)
def test_what_is_no_number_is_refused_and_said_briefly(text: str) -> None:
    for read in (numerals.whole, numerals.real):
        with pytest.raises(ConfigError) as refusal:
            read(text, "n")
        assert len(str(refusal.value)) < 160
        assert "choose a" in str(refusal.value)


def test_numbers_are_read() -> None:
    assert numerals.whole(" 12 ") == 12
    assert numerals.whole("-0") == 0
    assert numerals.whole("-3", low=-5) == -3
    assert numerals.real("2.5e-1") == pytest.approx(0.25)
    assert numerals.real(".5") == numerals.real("0.5") == numerals.real("+0.5")
    assert str(numerals.real("-0.0")) == "0.0"  # and no −0


@pytest.mark.parametrize(
    ("text", "low", "high", "fits"),
    [("7", 0, 7, True), ("8", 0, 7, False), ("0", 1, 7, False), ("-1", 0, 7, False)],
)
def test_both_ends_of_a_range_belong_to_it(text: str, low: int, high: int, fits: bool) -> None:
    if fits:
        assert numerals.whole(text, low=low, high=high) == int(text)
        return
    with pytest.raises(TokenizerError, match=f"V is '{text}'; choose a whole number from {low}"):
        numerals.whole(text, "V", low, high, TokenizerError)


@pytest.mark.parametrize("kind", ["window", "prefix", "block"])
@pytest.mark.parametrize("size", ["00000001999999999999999999999", "0", "1048577", *NEVER])
def test_a_mask_is_checked_by_the_number_that_it_uses(kind: str, size: str) -> None:
    with pytest.raises(SwitchError):
        parse_mask(f"{kind}:{size}")


def test_a_mask_may_have_zeros_before_its_number() -> None:
    assert parse_mask("window:0000000012") == Named("window", 12)


@pytest.mark.parametrize("text", NEVER)
def test_every_reader_refuses_them(text: str) -> None:
    for read in (
        lambda: parse_scale(text or "x"),
        lambda: edits.parse(f"0.0.{text}.0-0.5"),
        lambda: edits.parse(f"0.0.1.0-{text}"),
        lambda: read_matrix(f"1;{text},{text}" if text.strip() else ";", (8, 6)),
        lambda: choices.parse(f"bpe:{text}"),
    ):
        with pytest.raises(HeadlightError) as refusal:
            read()
        assert len(str(refusal.value)) < 400


def _raw_readers(path: Path) -> list[str]:
    """Where a module hands `int` or `float` themselves to something that reads text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = (
        argument
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for argument in [*call.args, *(word.value for word in call.keywords)]
        if isinstance(argument, ast.Name)
        and argument.id in ("int", "float")
        and not _takes_types(call)
    )
    return [f"{path.relative_to(ROOT)}:{name.lineno} reads by {name.id}" for name in passed]


def _takes_types(call: ast.Call) -> bool:
    """`isinstance(x, int)` and `astype(float)` read no text."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in {"isinstance", "_check", "astype", "TypeVar", "asarray", "array", "to_numpy"}


def test_nothing_reads_text_by_int_or_float() -> None:
    files = [path for room in ("gpt", "pages") for path in (ROOT / room).rglob("*.py")]
    assert len(files) > 100
    assert [line for path in files for line in _raw_readers(path)] == []
