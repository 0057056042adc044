"""The benchmarks' own arithmetic, and that each can be imported; no time is tested."""

from __future__ import annotations

import argparse
import importlib
import json
import math
import socket
from pathlib import Path

import numpy as np
import pytest

import gpt
from benchmarks import report
from benchmarks.report import ROOT, Report, command, machine, median, quantile, table
from gpt.inspect.heads.patterns import NAMES
from gpt.training.confidence import NORMAL
from gpt.training.runs import Run
from tests.close import close

MODULES = sorted(
    path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__"
)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_imports_and_says_what_it_measures(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.__doc__ and module.__doc__.splitlines()[0].endswith(".")


def test_readme_names_every_benchmark() -> None:
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in MODULES}
    runnable = [name for name, module in modules.items() if hasattr(module, "NAME")]
    started = {name for name, module in modules.items() if hasattr(module, "main")}
    assert started - set(runnable) == {"attention_view_app"}  # an app that one of them opens
    for name in runnable:
        assert f"python -m benchmarks.{name}" in readme


def test_median_and_quantile() -> None:
    assert median([5, 1, 3]) == 3
    assert median(iter([4, 1, 3, 2])) == 2.5
    assert quantile([10.0, 30.0, 20.0], 0.5) == 20
    assert quantile([10.0, 30.0, 20.0], 0.95) == pytest.approx(29.0)
    assert quantile([7.0], 0.95) == 7


def test_table_aligns_names_left_and_numbers_right() -> None:
    rows = [
        {"what": "plain", "T": 64, "ms": 1.5, "ok": True},
        {"what": "a longer name", "T": 1024, "ms": None, "ok": False},
    ]
    assert table(rows).splitlines() == [
        "what               T   ms  ok",
        "plain             64  1.5  yes",
        "a longer name  1,024    –  no",
    ]
    assert table([]) == "(no rows)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2e-6, "2.0e-06"),
        (1.5, "1.5"),
        (12.345, "12.35"),
        (160.04, "160"),
        (5e4, "50,000"),
    ],
)
def test_numbers_keep_about_four_digits(value: float, text: str) -> None:
    assert table([{"x": value}]).split() == ["x", text]


def test_machine_is_described_without_names() -> None:
    described = machine()
    assert {"cpu", "cores", "memory_gib", "python", "torch", "streamlit"} <= set(described)
    assert described["cores"] >= 1
    told = json.dumps(described)
    for private in (socket.gethostname(), str(Path.home()), str(ROOT)):
        assert private not in told


def test_command_leaves_folders_out() -> None:
    given = ["--quick", "--text", "/home/ada/the plays.txt", "--run=/srv/runs/x", "checkpoints/y"]
    told = "python -m benchmarks.name --quick --text 'the plays.txt' --run=x checkpoints/y"
    assert command("name", given) == told


def test_report_writes_what_it_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "load_per_core", lambda: 0.0)
    monkeypatch.setattr("sys.argv", ["x", "--quick"])
    options = argparse.Namespace(quick=True, results=tmp_path)
    path = Report("name", options).finish({"Title": [{"T": 8, "ms": 2.0}]}, ["a note"])
    written = json.loads(path.read_text(encoding="utf-8"))
    assert path == tmp_path / "name-quick.json"
    assert written["figures"] == {"Title": [{"T": 8, "ms": 2.0}]}
    assert written["command"] == "python -m benchmarks.name --quick"
    assert written["notes"] == ["a note"] and written["quick"] is True
    assert "Title" in capsys.readouterr().out


def test_trace_and_forward_take_turns() -> None:
    from benchmarks.trace_overhead import alternately

    calls: list[str] = []
    first, second = alternately(lambda: calls.append("a"), lambda: calls.append("b"), 2)
    assert "".join(calls) == "ab" + "ab" + "ba"
    assert len(first) == len(second) == 2


def test_target_is_reached_at_the_first_evaluation_below_it() -> None:
    from benchmarks.time_to_loss import EXACT, first_at

    rows = [{"step": n, EXACT: loss} for n, loss in ((0, None), (10, 1.6), (20, 1.48), (30, 1.4))]
    assert first_at(rows, 1.48, EXACT) == rows[2]
    assert first_at(rows, 1.3, EXACT) is None


def test_bits_per_character_are_nats_per_token_over_the_characters_of_the_tokens() -> None:
    from benchmarks.held_out_book import bits_per_character

    assert bits_per_character(math.log(8), predictions=20, characters=30) == close(2)


def test_a_run_is_measured_on_all_of_a_text_until_the_step_of_its_weights() -> None:
    from benchmarks.held_out_book import of_run

    text = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
    folder = ROOT / "checkpoints" / "shakespeare"
    checkpoint = gpt.load(folder)
    ids = checkpoint.tokenizer.encode(text)
    logs = -np.log(gpt.trace(checkpoint.model, ids).probs[range(len(ids) - 1), ids[1:]])
    blocks, overlapping = of_run(folder, text)
    bits = logs.mean() / math.log(2)  # a token is a character, and the text is one block
    assert blocks["bits/character"] == pytest.approx(bits, rel=1e-5)
    assert overlapping["bits/character"] == pytest.approx(bits, rel=1e-5)
    line = next(x for x in Run(folder).metrics() if x["step"] == blocks["step"])
    assert blocks["tokens"] == line["tokens"] and blocks["predictions"] == len(ids) - 1


def test_a_head_costs_what_the_tokens_of_a_place_cost_more_without_it() -> None:
    from benchmarks.nameable_heads import ALL, Costs, most_missed, off

    closing = np.array([[False, True], [False, True]])
    costs = Costs(
        bits=np.array([[4.0, 2.0], [4.0, 6.0]]),
        more={(0, 0): np.array([[0.0, 1.0], [0.0, 2.0]]), (0, 1): np.array([[3.0, 0], [0, 0]])},
        characters=np.array([[3, 1], [1, 3]]),
        tokens={ALL: np.ones((2, 2), bool), "quotation closed": closing, "quotation": ~closing},
    )
    everywhere, closed, inside = off("opening quotation mark", (0, 0), costs)
    assert [row["tokens of"] for row in (everywhere, closed, inside)] == list(costs.tokens)
    assert everywhere["bits/character"] == close(16 / 8) and everywhere["more"] == close(3 / 8)
    assert everywhere["other heads"] == close(3 / 8) and everywhere["tokens"] == 4
    assert closed["bits/character"] == close(8 / 4) and closed["more"] == close(3 / 4)
    assert closed["other heads"] == close(0) and inside["more"] == close(0)
    # Off from the mean of 3/4 a character: 1 − 3/4 and 2 − 9/4 bits in two blocks.
    width = NORMAL * math.sqrt(2 * (2 * 0.25**2)) / 4
    missed = most_missed("quotation closed", costs)
    assert (missed["head"], missed["second"]) == ("L0 H0", "L0 H1")
    assert missed["more"] == close(3 / 4) and missed["its more"] == close(0)
    assert most_missed("quotation", costs)["head"] == "L0 H1"
    assert [closed["low"], closed["high"]] == close([3 / 4 - width, 3 / 4 + width])


def test_the_best_head_of_a_pattern_stands_beside_the_others() -> None:
    from benchmarks.nameable_heads import Scores, _scores_of

    sums = np.zeros((2, len(NAMES), 1, 3))
    sums[:, NAMES.index("induction"), 0] = [[0, 3, 1], [0, 5, 1]]
    own = Scores(sums, np.full((2, len(NAMES)), 5))
    row = _scores_of("induction", (0, 1), own, Scores(sums / 8, own.queries))
    assert row["head"] == "L0 H1" and row["queries"] == 10
    named = ("score", "second", "other heads", "untrained")
    assert [row[name] for name in named] == close([0.8, 0.2, 0.1, 0.1])


def test_repeated_maps_are_rows_that_add_up_to_one() -> None:
    from benchmarks.attention_view_app import MAPS, H, L, picture

    shown = picture(T=5, seed=3)
    assert shown.shape == (L, H, 5, 5)
    assert shown.head(0, 0).sum(-1) == pytest.approx([1] * 5)
    assert (shown.head(0, MAPS) == shown.head(0, 0)).all()
    assert (shown.head(0, 1) != shown.head(0, 0)).any()
    assert (picture(T=5, seed=4).head(0, 0) != shown.head(0, 0)).any()


def test_mouse_stays_on_the_map_and_crosses_it() -> None:
    from benchmarks.browser import curve

    places = [curve(n / 400) for n in range(400)]
    assert all(0 < x < 1 and 0 < y < 1 for x, y in places)
    assert len({(int(8 * x), int(8 * y)) for x, y in places}) > 40
