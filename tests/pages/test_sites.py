"""Attention sites on the pages: a model of two texts is looked at where a person chooses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from pages.shared import source_bar
from tests.close import close, printed
from tests.gpt import other_kinds
from tests.pages import opening
from tests.payloads import decode

SOURCE, TARGET = "A BIG CAT.", "abcd"
BOXES = ("exception", "error", "warning")
SITES = ["encoder", "decoder", "cross"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an encoder-decoder and a classifier."""
    root = tmp_path_factory.mktemp("kinds")
    other_kinds.translator_run(root / "two")
    other_kinds.classifier_run(root / "labels")
    return root


@pytest.fixture(autouse=True)
def _in_place(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(runs))


def opened(page: str, **query: Any) -> AppTest:
    app = opening.opened(page, **query)
    boxes = [one.value for kind in BOXES for one in app.get(kind)]
    assert not boxes
    return app


def look(page: str, run: str = "two", **query: Any) -> AppTest:
    texts = {"source": SOURCE, "prompt": TARGET} if run == "two" else {"prompt": TARGET}
    return opened(page, run=run, **texts, **query)


def traced(runs: Path, run: str, switches: Any = None) -> gpt.Trace:
    of = gpt.load(runs / run)
    source = of.source_ids(SOURCE) if run == "two" else None
    return gpt.trace(of.model, of.last_ids(TARGET), switches or gpt.Switches(), source)


def payload(app: AppTest, magics: tuple[bytes, ...], decode: Any) -> Any:
    """The first picture of a kind on the page, decoded: its header and its arrays."""
    all_bytes = (bytes(each.proto.bytes) for each in app.get("bidi_component"))
    return decode(next(data for data in all_bytes if data[:4] in magics))


def attention_of(app: AppTest) -> Any:
    return payload(app, (b"HLAT", b"HLSE"), decode)


def head_of(app: AppTest) -> Any:
    return payload(app, (b"HLHD", b"HLAS"), decode)


def exact_weights(app: AppTest) -> np.ndarray:
    """(L, H, T, S) as the page sends them; 0 where they are not sent."""
    header, buffers = attention_of(app)
    shape = tuple(header[name] for name in "LHTS")
    maps = np.zeros(shape, dtype=np.float32)
    cells = (
        np.tril_indices(shape[2]) if header["triangle"] else np.indices(shape[2:]).reshape(2, -1)
    )
    maps[..., cells[0], cells[1]] = buffers["exact"].reshape(*shape[:2], -1) / header["unit"]
    return maps


@pytest.mark.parametrize("site", SITES)
def test_attention_draws_the_site_that_is_chosen(runs: Path, site: str) -> None:
    app = look("attention", site=site, layer=0, head=2)
    assert attention_of(app)[0]["site"] == site
    assert exact_weights(app) == printed(traced(runs, "two").site(site).weights)


@pytest.mark.parametrize("site", SITES)
def test_the_inside_of_a_head_is_of_the_site(runs: Path, site: str) -> None:
    app = look("head", site=site, layer=0, head=2)
    header, buffers = head_of(app)
    expected = traced(runs, "two").site(site)
    assert header["site"] == site and ("y" in buffers) == (site == "cross")
    assert buffers["scores"] == close(expected.scores[0, 2])
    assert buffers["contribution"] == close(expected.contribution[0, 2])


def test_keys_of_cross_attention_are_the_sources_tokens() -> None:
    header, _ = head_of(look("head", site="cross"))
    assert header["tokens"] == ["↵", *TARGET]
    assert "".join(header["keyTokens"]) == SOURCE.replace(" ", "·")
    names = {each["name"]: each["accent"] for each in header["matrices"]}
    assert (names["x"], names["y"]) == ("target", "source")


def test_without_a_choice_it_is_the_decoder(runs: Path) -> None:
    app = look("attention")
    assert attention_of(app)[0]["site"] == "decoder"
    assert query(app, "site") == "decoder"


def test_a_mask_is_the_sites_own(runs: Path) -> None:
    """Mask, scale, layer and head of one site are left alone by those of another."""
    app = look("attention", site="encoder", mask="causal", scale="none", layer=0, head=2)
    switches = gpt.Switches(mask="causal", scale="none")
    assert exact_weights(app) == printed(traced(runs, "two", {"encoder": switches}).encoder.weights)
    choose(app, "site", "cross")
    assert control(app, "mask") == "model" and control(app, "scale") == "model"
    assert exact_weights(app) == printed(traced(runs, "two").cross.weights)
    assert (query(app, "mask"), query(app, "head")) == ("model", "0")
    choose(app, "site", "encoder")
    assert control(app, "mask") == "causal" and query(app, "head") == "2"
    assert exact_weights(app) == printed(traced(runs, "two", {"encoder": switches}).encoder.weights)


def test_between_two_texts_the_sides_of_mask_and_scale_differ_at_first(runs: Path) -> None:
    app = look("mask_scale", site="cross")
    assert (query(app, "mask_b"), query(app, "scale_b")) == ("model", "none")
    choose(app, "site", "encoder")
    assert (query(app, "mask_b"), query(app, "scale_b")) == ("causal", "model")


def query(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


def choose(app: AppTest, name: str, value: str) -> None:
    next(one for one in app.segmented_control if one.key == f"link_{name}").set_value(value)
    app.run()
    assert not app.exception and not app.error


def control(app: AppTest, name: str) -> Any:
    return next(one for one in app.segmented_control if one.key == f"link_{name}").value


def test_a_model_of_one_text_has_no_choice(runs: Path) -> None:
    app = look("attention", run="labels")
    assert not [one for one in app.segmented_control if one.key == "link_site"]
    assert attention_of(app)[0]["site"] == "encoder"
    assert exact_weights(app) == printed(traced(runs, "labels").weights)
    assert "site" not in app.query_params and "source" not in app.query_params


def test_a_site_that_the_model_lacks_is_said() -> None:
    app = opening.opened("attention", run="labels", prompt=TARGET, site="cross")
    (message,) = app.warning
    assert "this model has one attention, encoder" in message.value.replace("\\", "")


def test_the_target_is_at_first_the_models_own_translation(runs: Path) -> None:
    app = opened("attention", run="two", source=SOURCE)
    own = gpt.translate(gpt.load(runs / "two"), SOURCE)
    assert field(app, "prompt") == own.replace("\n", "↵")


def test_a_translation_that_does_not_end_is_cut_behind_its_start(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = gpt.load(runs / "two")
    endless = two.tokenizer.encode_part("a") * two.config.block_size
    monkeypatch.setattr(source_bar, "translated", lambda run, source: endless)
    app = opened("attention", run="two", source=SOURCE)
    assert len(two.ids_of(field(app, "prompt"))) == two.config.block_size
    assert not app.info  # which would say that the start is left out


def field(app: AppTest, name: str) -> str:
    return next(one for one in app.text_input if one.key == f"link_{name}").value


def test_a_target_is_no_prompt_for_a_model_of_one_text(runs: Path) -> None:
    app = look("attention", site="cross")
    menu = next(one for one in app.selectbox if one.key == "link_run")
    menu.set_value("labels").run()
    assert not app.error and field(app, "prompt") != TARGET
    next(one for one in app.selectbox if one.key == "link_run").set_value("two").run()
    assert (field(app, "source"), field(app, "prompt")) == (SOURCE, TARGET)


def test_what_has_no_meaning_between_two_texts_is_said() -> None:
    for choice in ({"view": "rollout"}, {"sort": "previous token"}):
        assert "neither has a meaning" in opening.said(look("attention", site="cross", **choice))
    patterns = look("attention", site="cross", analysis="Patterns")
    assert "A pattern compares the places of query and key in one text" in opening.said(patterns)


@pytest.mark.parametrize("site", SITES)
def test_an_edited_weight_is_the_sites(runs: Path, site: str) -> None:
    app = look("attention", site=site, edit="0.1.4.2-0.75", analysis="Edit a weight")
    weights = exact_weights(app)
    assert weights[0, 1, 4, 2] == printed(0.75) and weights[0, 1, 4].sum() == pytest.approx(
        1, abs=1e-3
    )


@pytest.mark.parametrize(("run", "site"), [*(("two", site) for site in SITES), ("labels", "")])
def test_heads_are_switched_off_at_the_site(runs: Path, run: str, site: str) -> None:
    """The logit that the page says falls most does so when that head is switched off by hand."""
    at = {"site": site} if site else {}
    app = look("attention", run=run, **at, analysis="Switch heads off", token=1)
    said = opening.said(app)
    l, h, change = re.findall(r"falls most without \*\*L(\d) H(\d)\*\* \(([-+.\d]+)\)", said)[0]
    off = gpt.Switches(heads_off={(int(l), int(h))})
    before, after = traced(runs, run), traced(runs, run, {site: off} if site else off)
    logits = [each.class_logits if run == "labels" else each.logits[-1] for each in (before, after)]
    assert float(change) == printed(logits[1][1] - logits[0][1])


def test_a_reference_keeps_both_texts_and_the_site(runs: Path) -> None:
    pinned = {"ref_run": "two", "ref_prompt": TARGET, "ref_source": SOURCE, "ref_site": "cross"}
    switched = {"ref_mask": "model", "ref_scale": "none"}
    app = look("attention", site="cross", view="difference", **pinned, **switched)
    _, buffers = attention_of(app)
    there = traced(runs, "two", {"cross": gpt.Switches(scale="none")}).cross.weights
    expected = traced(runs, "two").cross.weights - there
    assert buffers["exact"].reshape(expected.shape) == close(expected)
