"""Home: the number in each box is the trace's own, for every kind of model; every box is a door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

import gpt
from gpt.nn.norms import Norm
from pages.parts.home import save_home
from pages.parts.home.doors import PAGES
from pages.shared import run_line, url_fields
from tests.close import close
from tests.gpt import other_kinds, tiny
from tests.pages import opening
from tests.pages.journeys import STATES
from tests.payloads import decode
from viz.views.whole.whole_payload import Box, Branch, Door, Stack

TEXT, SOURCE = "abcabdeh", "A CAT SAT."
BIGRAM = {**tiny.BIGRAM, "vocab_size": 17}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of each kind."""
    root = tmp_path_factory.mktemp("kinds")
    other_kinds.classifier_run(root / "labels")
    other_kinds.translator_run(root / "two")
    for name, config in (
        ("writes", tiny.config()),
        ("table", tiny.config(**tiny.BIGRAM)),
        ("hidden", tiny.config(**tiny.BERT)),
    ):
        other_kinds.save(root / name, other_kinds.drawn(config))
    return root


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


def opened(run: str, **query: Any) -> AppTest:
    texts = {"prompt": TEXT} | ({"source": SOURCE} if run == "two" else {})
    app = opening.opened("home", run=run, **texts, **query)
    assert not app.error and not app.warning
    return app


def picture(app: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    (view,) = app.get("bidi_component")
    return decode(view.proto.bytes)


def traced(runs: Path, run: str) -> tuple[gpt.Checkpoint, gpt.Trace]:
    checkpoint = gpt.load(runs / run)
    source = checkpoint.source_ids(SOURCE) if run == "two" else None
    ids = checkpoint.ids_of(TEXT)
    return checkpoint, gpt.trace(checkpoint.model, ids, source=source)


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.sqrt((vectors.astype(np.float64) ** 2).sum(-1))


@pytest.mark.parametrize("run", ["writes", "labels", "two", "hidden", "table"])
def test_the_number_in_each_box_is_the_traces_own(runs: Path, run: str) -> None:
    checkpoint, trace = traced(runs, run)
    header, arrays = picture(opened(run))
    stacks = [trace.encoder, trace] if run == "two" else [trace]
    assert [one["name"] for one in header["stacks"]] == [one.name for one in stacks]
    seen = {"probs", "positions"} & set(arrays)
    for n, stack in enumerate(stacks):
        expected = {
            "token": stack.token_embedding,
            "position": stack.position_embedding,
            "attention": stack.attention_out,
            "mlp": stack.mlp_out,
        }
        sites = {"attention": stack}
        if run == "two" and stack is trace:
            expected["cross"], sites["cross"] = trace.cross.attention_out, trace.cross
        step = 3 if "cross" in sites else 2
        expected["stream"] = stack.residual[::step]
        if (ln := checkpoint.model.ln_f) is not None and stack is trace:
            assert isinstance(ln, Norm)
            expected["norm"] = ln(torch.tensor(stack.residual[-1])).detach().numpy()
        for kind, vectors in expected.items():
            if f"{n}.{kind}" not in arrays:
                assert run == "table" and kind in ("position", "mlp"), (run, kind)
                continue
            seen.add(f"{n}.{kind}")
            assert arrays[f"{n}.{kind}"] == close(norms(vectors)), (run, kind)
        for kind, site in sites.items():
            heads = {"heads": norms(site.contribution), "top": site.weights.max(-1)}
            for what, values in heads.items():
                seen.add(f"{n}.{kind}.{what}")
                assert arrays[f"{n}.{kind}.{what}"] == close(values), (run, kind, what)
            seen.add(f"{n}.{kind}.key")
            np.testing.assert_array_equal(arrays[f"{n}.{kind}.key"], site.weights.argmax(-1))
    assert seen == set(arrays), "every number was compared"


@pytest.mark.parametrize("run", ["writes", "two", "hidden", "table"])
def test_the_bars_after_each_token_are_the_models(runs: Path, run: str) -> None:
    checkpoint, trace = traced(runs, run)
    header, arrays = picture(opened(run))
    assert arrays["positions"].tolist() == list(range(len(trace.ids)))
    for row, names, probs in zip(
        trace.probs, header["bars"]["names"], arrays["probs"], strict=True
    ):
        best = np.sort(row)[::-1][: len(names)]
        assert probs == close(best)
        assert len(names) == 6 and names[0] == visible(checkpoint, int(row.argmax()))


def visible(checkpoint: gpt.Checkpoint, token: int) -> str:
    return checkpoint.tokenizer.pieces([token])[0].replace("\n", "↵")


def test_a_classifiers_bars_are_its_labels(runs: Path) -> None:
    _, trace = traced(runs, "labels")
    header, arrays = picture(opened("labels"))
    bars = dict(zip(header["bars"]["names"][0], arrays["probs"][0].tolist(), strict=True))
    assert bars == close(dict(zip(other_kinds.LABELS, trace.class_probs.tolist(), strict=True)))
    assert header["bars"]["door"]["page"] == "encoder"


def doors(header: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every door: its page, and the parameters of its link in the last layer."""
    every = [(header["bars"]["door"], 0)]
    for stack in header["stacks"]:
        last = stack["layers"] - 1
        every += [(box["door"], last) for box in (*stack["before"], *stack["after"])]
        for branch in stack["branches"]:
            every += [(door, last) for door in (branch["door"], branch["head_door"]) if door]
    for door, layer in every:
        place = {"layer": str(layer), "head": "1"}
        token = {door["token"]: "2"} if door["token"] else {}
        yield (
            door["page"],
            door["query"] | token | {name: place[name] for name in door["head_parameters"]},
        )


@pytest.mark.parametrize("run", ["writes", "labels", "two", "hidden", "table"])
def test_every_door_names_only_what_its_page_has(run: str) -> None:
    header, _ = picture(opened(run))
    for page, query in doors(header):
        known = {bound.name for bound in url_fields.all_bound(STATES[PAGES[page]])}
        assert set(query) <= known, (page, query)
        assert query["run"] == run


@pytest.mark.parametrize("run", ["writes", "labels", "two", "hidden"])
def test_every_door_opens_its_page_without_a_complaint(run: str) -> None:
    header, _ = picture(opened(run))
    for page, query in doors(header):
        app = opening.opened(PAGES[page], **query)
        assert not app.error and not app.warning, (page, query, app.warning or app.error)


def test_the_followed_token_is_in_the_address_and_misfits_are_told(runs: Path) -> None:
    app = opened("writes", position=4)
    assert picture(app)[0]["wish"]["token"] == 4
    assert app.query_params["position"] == "4"
    app = opening.opened("home", run="writes", prompt=TEXT, position=99)
    assert [one.value for one in app.warning] and picture(app)[0]["wish"]["token"] == 7


def test_a_link_with_parameters_and_no_page_opens_attention_as_it_used_to() -> None:
    app = AppTest.from_file(opening.SHELL, default_timeout=opening.SECONDS)
    app.query_params.update({"run": "writes", "prompt": TEXT, "layer": "1"})
    app.run()
    assert [header.value for header in app.header] == ["Attention"]
    assert app.query_params["layer"] == "1"


def test_a_plain_visit_opens_home() -> None:
    app = AppTest.from_file(opening.SHELL, default_timeout=opening.SECONDS).run()
    assert [header.value for header in app.header] == ["Home"]


def test_each_page_leads_to_its_neighbours() -> None:
    app = opening.opened("attention", run="writes", prompt=TEXT)
    labels = [link.proto.label for link in app.get("page_link")]
    assert labels[-2:] == ["Previous: Home", "Next: Inside a head"]
    assert [link.label for link in opening.ways(opened("writes"))] == [
        "Take the tour",
        "Look at attention",
        "Train your own",
        "Climb the lecture's ladder",
    ]


def test_the_menu_of_models_says_what_each_is(runs: Path) -> None:
    (menu,) = (one for one in opened("writes").selectbox if one.key == "link_run")
    assert menu.value == "writes"
    lines = {line.partition(":")[0]: line for line in menu.options}
    assert set(lines) == {"writes", "labels", "two", "table", "hidden"}
    counts = {name: gpt.load(runs / name).model.n_parameters for name in lines}
    assert lines["writes"] == f"writes: writes, 2 layers × 3 heads, {short(counts['writes'])}"
    assert (
        lines["labels"] == f"labels: labels a text, 2 layers × 3 heads, {short(counts['labels'])}"
    )
    assert lines["two"] == f"two: translates, 1 + 2 layers × 3 heads, {short(counts['two'])}"
    assert lines["table"] == "table: writes, a table, no layers, 289 parameters"
    assert lines["hidden"].startswith("hidden: fills in hidden tokens, 2 layers")


def short(count: int) -> str:
    return f"{count / 1000:.0f} k parameters"


def test_a_run_that_cannot_be_read_keeps_its_name() -> None:
    assert run_line.run_line("gone") == "gone"


def test_the_saved_picture_has_the_numbers_of_the_boxes() -> None:
    door = Door("attention")
    rows = np.arange(12, dtype=float).reshape(2, 6)  # of two layers, six tokens
    before = [Box("token", "Token embedding", "", door, rows[0]), Box("norm", "N", "", door)]
    branches = [
        Branch("attention", "Attention", "", door, rows),
        Branch("mlp", "MLP", "", door, -rows),
    ]
    stack = Stack(
        "decoder", list("abcdef"), before, branches, [], np.ones((3, 6)) * [[1], [2], [3]]
    )
    embedding, attention, mlp, line = save_home.figure(stack, 4).data
    assert (list(embedding.x), list(embedding.y)) == ([0], [4.0])
    assert (list(attention.x), list(attention.y)) == ([1, 3], [4.0, 10.0])
    assert (list(mlp.x), list(mlp.y)) == ([2, 4], [-4.0, -10.0])
    assert (list(line.x), list(line.y)) == ([0, 2, 4], [1.0, 2.0, 3.0])


@pytest.mark.parametrize(("run", "pictures"), [("two", 2), ("table", 1), ("labels", 1)])
def test_home_offers_its_picture_and_its_numbers(run: str, pictures: int) -> None:
    app = opened(run, position=1)
    app.button("save_home").click().run()
    assert not app.exception and not app.error
    assert len(app.get("bidi_component")) == 2, "the model, and the preview"
    assert len([menu for menu in app.selectbox if menu.key == "save_picture"]) == pictures - 1
    (menu,) = [menu for menu in app.selectbox if menu.key == "save_array"]
    assert {"decoder_stream", "encoder_stream"} & {name.split("  ")[0] for name in menu.options}
