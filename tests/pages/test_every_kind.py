"""Every page opens a decoder, an encoder with labels and an encoder-decoder, at each of its sites.

No box says that something is wrong, and a number on the page is the one of `gpt.trace`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.inspect.classifying import classify
from gpt.inspect.filling import with_hidden
from gpt.text.hidden_tokens import hidden_token
from gpt.training import snapshots
from pages.shared import url_fields
from pages.shared.parameters import SITES
from tests.close import close, printed
from tests.gpt.training import task_runs
from tests.pages import opening
from tests.pages.journeys import STATES
from tests.payloads import decode

PROMPTS = {
    "decoder": "annabel",
    "words": "annabel",
    "labels": "the script is false .",
    "two": "cabd",
}
SOURCE = "dbac"
HEAD = (0, 1)
OF_ONE_KIND = {"encoder": ("labels", "words"), "translation": ("two",)}
"""Pages whose menu offers these runs only."""
LOOKS = [("decoder", ""), ("labels", ""), ("words", ""), *(("two", site) for site in SITES)]
SHOWS = {
    "embeddings": {"part": "Token + position"},
    "residual": {"part": "Norms"},
    "averaging": {"show": "one head"},
    "normalization": {"show": "in this model"},
    "runs": {"show": "time"},
}
"""The part of a page that is about a run's own numbers."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each kind, trained for a moment."""
    root = tmp_path_factory.mktemp("kinds")
    task_runs.train_each_kind(root)
    return root


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


def cases() -> list[tuple[str, str, str]]:
    """Page, run and site; a page without the choice of a site is opened once."""
    found = []
    for page, state in STATES.items():
        for run, site in LOOKS:
            offered = state.offered_sites or ("decoder",)
            if run in OF_ONE_KIND.get(page, PROMPTS) and site in ("", *offered):
                found.append((page, run, site if state.offered_sites else ""))
    return found


def link(page: str, run: str, site: str) -> dict[str, str]:
    """What the page's own parameters say, and nothing that it does not have."""
    texts = {"run": run, "runs": run, "prompt": PROMPTS[run], "layer": "0", "head": "1"}
    texts |= {"source": SOURCE, "site": site} if run == "two" else {}
    known = {bound.name for bound in url_fields.all_bound(STATES[page])}
    return {name: text for name, text in texts.items() if name in known and text} | SHOWS.get(
        page, {}
    )


@pytest.mark.parametrize(("page", "run", "site"), cases())
def test_it_opens_and_its_number_is_the_traces(runs: Path, page: str, run: str, site: str) -> None:
    app = opening.opened(page, **link(page, run, site))
    boxes = [one.value for kind in ("exception", "error", "warning") for one in app.get(kind)]
    assert not boxes
    assert len(app.header) == 1
    if page in NUMBERS:
        NUMBERS[page](app, runs, run, site)


def traced(runs: Path, run: str) -> gpt.Trace:
    of = gpt.load(runs / run)
    source = of.source_ids(SOURCE) if run == "two" else None
    return gpt.trace(of.model, of.last_ids(PROMPTS[run]), source=source)


def at(trace: gpt.Trace, site: str) -> Any:
    return trace.site(site or trace.name)


def payloads(app: AppTest) -> list[bytes]:
    return [bytes(each.proto.bytes) for each in app.get("bidi_component")]


def maps(app: AppTest) -> np.ndarray:
    """(L, H, T, S) of the first linked view; 0 where a cell is not sent."""
    data = next(d for d in payloads(app) if d[:4] in (b"HLAT", b"HLSE"))
    header, buffers = decode(data)
    shape = tuple(header[name] for name in "LHTS")
    cells = np.tril_indices(shape[2]) if header["triangle"] else np.indices(shape[2:])
    whole = np.zeros(shape, dtype=np.float32)
    flat = buffers["exact"].reshape(*shape[:2], -1) / header["unit"]
    whole[..., cells[0].ravel(), cells[1].ravel()] = flat
    return whole


def weights(app: AppTest, runs: Path, run: str, site: str) -> None:
    assert maps(app) == printed(at(traced(runs, run), site).weights)


def one_head(app: AppTest, runs: Path, run: str, site: str) -> None:
    data = next(d for d in payloads(app) if d[:4] in (b"HLHD", b"HLAS"))
    assert decode(data)[1]["scores"] == close(at(traced(runs, run), site).scores[HEAD])


def translated(app: AppTest, runs: Path, run: str, site: str) -> None:
    of = gpt.load(runs / run)
    ids = of.ids_of(gpt.translate(of, SOURCE))[: of.config.block_size]
    assert maps(app) == printed(
        gpt.trace(of.model, ids, source=of.source_ids(SOURCE)).cross.weights
    )


def label(app: AppTest, runs: Path, run: str, site: str) -> None:
    """The label's probability, or of the hidden token's likeliest one."""
    if run == "words":
        of, at = gpt.load(runs / run), 3
        hidden = with_hidden(of.ids_of(PROMPTS[run]), at, hidden_token(of.tokenizer))
        likeliest = gpt.trace(of.model, hidden).probs[at].max()
        assert f"probability **{likeliest:.4f}**" in opening.said(app)
        return
    probs = traced(runs, run).class_probs
    assert f"probability **{probs.max():.4f}**" in opening.said(app)
    assert max(classify(gpt.load(runs / run), PROMPTS[run]).values()) == close(probs.max())


def next_token(app: AppTest, runs: Path, run: str, site: str) -> None:
    if run in ("labels", "words"):
        why = {"labels": "gives a text a label", "words": "learned to fill in hidden tokens"}
        assert why[run] in opening.said(app)
        return
    (chart,) = opening.charts(app)
    shares = opening.numbers(chart["data"][0]["x"])
    assert shares[0] == close(traced(runs, run).probs[-1].max())


def norms(app: AppTest, runs: Path, run: str, site: str) -> None:
    stream = np.linalg.norm(at(traced(runs, run), site).residual, axis=-1).mean(-1)
    line = next(d for d in opening.charts(app)[0]["data"] if d["name"] == "residual stream")
    assert opening.numbers(line["y"]) == close(stream)


def embedded(app: AppTest, runs: Path, run: str, site: str) -> None:
    stage = at(traced(runs, run), site)
    length = np.linalg.norm(stage.token_embedding[0])
    assert f"token **{length:.4f}**" in opening.said(app)


def normed(app: AppTest, runs: Path, run: str, site: str) -> None:
    """The first norm of a model reads the embeddings, of an encoder-decoder the source's."""
    trace = traced(runs, run)
    first = (trace.encoder if run == "two" else trace).residual[0][-1]
    assert f"{first.mean():.4f}".replace("-", "−") in opening.said(app)


def filmed(app: AppTest, runs: Path, run: str, site: str) -> None:
    data = next(d for d in payloads(app) if d[:4] in (b"HLAT", b"HLSE"))
    header, buffers = decode(data)
    last = snapshots.read(runs / run, snapshots.steps(runs / run)[-1])
    expected = last.others.get(site, last.weights)
    cells = np.tril_indices(expected.shape[2]) if header["triangle"] else ...
    codes = snapshots.coded(expected)
    sent = (
        codes[..., cells[0], cells[1]]
        if header["triangle"]
        else codes.reshape(*codes.shape[:2], -1)
    )
    assert np.array_equal(buffers["frames"][-1].reshape(sent.shape), sent)


def parameters(app: AppTest, runs: Path, run: str, site: str) -> None:
    assert f"**{gpt.load(runs / run).model.n_parameters:,}** parameters" in opening.said(app)


NUMBERS: dict[str, Callable[[AppTest, Path, str, str], None]] = {
    "attention": weights,
    "head": one_head,
    "mask_scale": weights,
    "translation": translated,
    "encoder": label,
    "generate": next_token,
    "residual": norms,
    "embeddings": embedded,
    "normalization": normed,
    "runs": filmed,
    "model": parameters,
}
