"""Generate: greedy beside sampling, against the likeliest token taken by hand from the trace."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from pages.parts.generate import greedy_beside
from pages.shared import folders
from tests.pages import opening

PROMPT = "First Citizen:\n"


def test_both_are_written_and_greedy_takes_the_likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy_beside, "TOKENS", 24)
    greedy_beside.written.clear()
    app = opening.opened("generate", run="shakespeare", prompt=PROMPT, greedy="True")
    shipped = gpt.load(folders.ROOT / "checkpoints" / "shakespeare")
    ids, surprises = shipped.tokenizer.encode(PROMPT), []
    for _ in range(24):
        logits = gpt.trace(shipped.model, ids).logits[-1].astype(float)
        surprises.append(np.log(np.exp(logits).sum()) - logits.max())
        ids.append(int(logits.argmax()))
    sampled, greedy = (code.value for code in app.code[-2:])
    assert greedy == shipped.tokenizer.decode(ids[-24:]) != sampled
    assert f"own mean surprise at it is {np.mean(surprises):.3f} nats" in opening.said(app)
    greedy_beside.written.clear()


def test_it_is_off_at_first() -> None:
    app = opening.opened("generate", run="shakespeare", prompt=PROMPT)
    assert "own mean surprise" not in opening.said(app)


def test_repetition_is_counted() -> None:
    assert greedy_beside.repeated(list(range(20))) == 0
    assert greedy_beside.repeated([5] * 20) == 1 - 1 / 13
    assert greedy_beside.repeated([1, 2]) == 0
