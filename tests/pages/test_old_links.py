"""Links of the first version open what they opened: no page warns, and each says the same again.

They are those that its README, its pages of documentation and its tests had, on shipped runs. Of a
cell, query and key have a point between them since.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from pages.shared import folders
from tests.pages.opening import opened

LINKS = (
    "attention?run=shakespeare&prompt=First+Citizen&view=scores&layer=1&head=2&mask=window:8",
    "generate?run=shakespeare&prompt=First&temperature=0.5&seed=9&scale=none",
    "head?run=shakespeare&layer=1&head=2",
    "head?run=shakespeare&prompt=First+Citizen&layer=1&query=7&key=5&mask=none&cells=numbers",
    "mask_scale?run=shakespeare&prompt=First+Citizen&head=2&cell=9,5&show=scaled&scale_b=n_embd",
    "mask_scale?section=train&pair_seed=1",
    "embeddings?run=copy&prompt=abcab&part=Positions",
    "residual?run=shakespeare&prompt=First+Citizen&part=Logit+lens&position=4&scale=none",
    "residual?run=shakespeare&prompt=First+Citizen&part=Direct+effects",
    "normalization?show=in+this+model&run=shakespeare&prompt=First+Citizen&position=4",
    "normalization?source=typed&matrix=2+4+9;+1+1+7;+5+0+3&by=2",
    "ladder?show=the+climb&climb_seed=2",
    "runs?run=copy&runs=copy&show=time&step=1000&layer=1",
    "runs?runs=shakespeare&runs=shakespeare-fast",
    "train?text=names&tokenizer=bpe&vocab=300",
    "import_model?from=upload",
    "tensors?corpus=plays",
)


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(folders.ROOT / "checkpoints"))
    yield


@pytest.mark.parametrize("link", LINKS)
def test_it_opens_as_it_was_written(link: str) -> None:
    page, _, query = link.partition("?")
    given: dict[str, str] = {}
    for name, value in parse_qsl(query):
        given[name] = f"{given[name]},{value}" if name in given else value
    app = opened(page, **given)
    assert not app.error and not app.warning, [each.value for each in (*app.error, *app.warning)]
    cell = {"cell": given["cell"].replace(",", ".")} if "cell" in given else {}
    defaults = {"source": "typed"}  # which no address has to say
    said = {name: app.query_params.get(name, defaults.get(name)) for name in given}
    assert said == given | cell
