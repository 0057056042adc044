"""Every text that becomes a number is read in one way, and refused in words of ours."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gpt import numerals
from gpt.errors import ConfigError, HeadlightError, SwitchError, TokenizerError
from gpt.inspect.heads import edits
from gpt.inspect.sampling import Sampling
from gpt.inspect.stream.normalizing import read_matrix
from gpt.nn.config import GPTConfig
from gpt.nn.masks import Named, parse_mask
from gpt.nn.switches import Switches, parse_scale
from gpt.text.tokenizers import choices
from gpt.training.settings import TrainingConfig

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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10_000_000, "10,000,000"),
        (1e7, "10,000,000.0"),
        (1e-5, "0.00001"),
        (0.99999, "0.99999"),
        (1e-12, "0.000000000001"),
        (-1234567.5, "-1,234,567.5"),
        (-0.0, "0.0"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (True, "True"),
        (None, "None"),
        ("1e7", "'1e7'"),
        (np.int64(5000), "5,000"),
        (np.float64(0.5), "0.5"),
        pytest.param(10**5000, "a number of over 40 digits", id="5,000 digits"),
        ("a" * 60, "'" + "a" * 39 + "…"),
    ],
)
def test_a_number_in_a_message_is_plain(value: object, text: str) -> None:
    assert numerals.to_text(value) == text


MESSAGES: dict[str, tuple[Callable[[], object], str]] = {
    "steps": (
        lambda: TrainingConfig(steps=10**8),
        "steps is 100,000,000; choose a whole number from 1 to 10,000,000",
    ),
    "a rate": (
        lambda: TrainingConfig(learning_rate=1e-12),
        "learning_rate is 0.000000000001; choose a number from 0.000000001 to 100",
    ),
    "a context": (
        lambda: GPTConfig(10**6, 9, 1, 1, 4),
        "block_size is 1,000,000; choose a whole number from 1 to 65,536",
    ),
    "an epsilon": (lambda: GPTConfig(9, 9, 1, 1, 4, norm_epsilon=1e6), "norm_epsilon is 1,000,000"),
    "a temperature": (lambda: Sampling(temperature=-1e7), "temperature is -10,000,000.0; choose 0"),
    "a scale": (lambda: Switches(scale=-1e-5), "scale is -0.00001; choose one of"),
    "a link": (
        lambda: numerals.real("9" * 12),
        "is no number from -1,000,000,000 to 1,000,000,000",
    ),
}


@pytest.mark.parametrize(("refused", "words"), MESSAGES.values(), ids=MESSAGES)
def test_refusals_print_numbers_so(refused: Callable[[], object], words: str) -> None:
    with pytest.raises(HeadlightError, match=words):
        refused()


def _is_raw(value: ast.FormattedValue) -> bool:
    """Whether an f-string's value is printed as 1e+07 where a person would write 10,000,000."""
    spec = "" if value.format_spec is None else ast.unparse(value.format_spec)
    return spec.rstrip("'\"").endswith("g")


def test_no_message_prints_an_exponent() -> None:
    files = [path for room in ("gpt", "pages") for path in (ROOT / room).rglob("*.py")]
    raised = [
        (path, value)
        for path in files
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(statement, ast.Raise)
        for value in ast.walk(statement)
        if isinstance(value, ast.FormattedValue)
    ]
    assert len(raised) > 300
    assert [f"{path}:{value.lineno}" for path, value in raised if _is_raw(value)] == []


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
