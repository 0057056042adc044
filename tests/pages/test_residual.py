"""The Residual stream page serves every model: each part of it, for each kind of model."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpt
from gpt.nn.config import GPTConfig
from gpt.training.loop import train
from gpt.weights_file import save_weights
from tests.gpt import numpy_gpt, other_kinds, tiny
from tests.gpt.training import task_runs
from tests.pages import opening
from tests.pages.opening import charts

PARTS = (
    "Logit lens", "Direct effects", "Neurons", "Two contexts", "Norms", "Gradients",
    "Normalization",
)  # fmt: skip
CHARTS = dict(zip(PARTS, (0, 2, 2, 1, 1, 2, 0), strict=True))

MODELS: dict[str, dict[str, Any]] = {
    "learned": {},
    "post": dict(norm="post"),
    "no norm": dict(norm="none", position="none"),
    "no skip": dict(skip=False, norm="post"),
    "bare": dict(feed_forward=False, projection=False, bias=False),
    "tied": dict(tie_weights=True, zero_init=True, mask="none"),
    "as BERT": dict(norm="post", mask="none", embedding_norm=True, head_transform=True),
}


def written(folder: Path, **model: Any) -> None:
    """A run of a tiny model with drawn weights, as if it had been trained."""
    run = tiny.new_run(folder, model=dict(n_layer=2, n_head=2, n_embd=12) | model)
    config = GPTConfig.from_dict(run.config()["model"])
    save_weights(tiny.random_model(config), run.path / "model.safetensors", {"step": "1"})


opened = partial(opening.opened, "residual")


@pytest.mark.parametrize("name", MODELS)
def test_every_part_serves_every_model(checkpoints: Path, name: str) -> None:
    written(checkpoints / "tiny", **MODELS[name])
    for part in PARTS:
        app = opened(run="tiny", prompt="anna\n", part=part)
        assert not app.error, (part, app.error[0].value)
        no_sum = name == "as BERT" and part in ("Direct effects", "Neurons")
        no_sum |= name == "bare" and part == "Neurons"  # without feed-forward layers
        assert len(charts(app)) == (0 if no_sum else CHARTS[part]), part
        assert bool(app.info) == no_sum


def test_one_token_has_no_loss_and_everything_else(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    for part in PARTS:
        app = opened(run="tiny", prompt="a", part=part)
        assert not app.error, (part, app.error[0].value)
        needs_two = part == "Gradients"
        assert len(charts(app)) == (0 if needs_two else CHARTS[part]), part
    assert "needs a next token" in opened(run="tiny", prompt="a", part="Gradients").info[0].value


def test_a_link_that_fits_another_model_is_made_to_fit(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="ann", position="99", state="77", logit="5000", channel="900")
    assert not app.error
    assert app.query_params["position"] == "2" and app.query_params["state"] == "4"
    app = opened(run="tiny", prompt="ann", part="Direct effects", logit="5000", minus="3")
    assert not app.error
    assert "logit" not in app.query_params and app.query_params["minus"] == "3"


def test_the_position_stays_at_the_end_of_a_growing_prompt(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="an", part="Norms")
    app.text_input(key="link_prompt").set_value("anna").run()
    assert app.number_input(key="link_position").value == 3
    app.number_input(key="link_position").set_value(1).run()
    app.text_input(key="link_prompt").set_value("annab").run()
    assert app.number_input(key="link_position").value == 1


def test_a_run_made_elsewhere_gets_a_new_model_as_its_start_and_says_so(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    config = json.loads((checkpoints / "tiny" / "config.json").read_text())
    (checkpoints / "tiny" / "config.json").write_text(json.dumps(config | {"training": None}))
    app = opened(run="tiny", prompt="ann", part="Gradients", trained="at the start")
    assert not app.error
    captions = " ".join(caption.value for caption in app.caption)
    assert "new model of the same architecture" in captions and "seed" in captions


def test_gradients_open_at_the_start_and_say_what_arrives(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="anna", part="Gradients")
    assert app.query_params["trained"] in ("at the start", ["at the start"])
    flow = charts(app)[0]
    words = next(part.value for part in app.markdown if "the gradient changes by" in part.value)
    for line in flow["data"]:
        norms = opening.numbers(line["y"])
        assert f"{line['name']} **× {norms[0] / norms[-1]:.3g}**" in words


def test_neurons_are_those_of_numpy(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    app = opened(run="tiny", prompt="anna", part="Neurons", mlp="1", position="2", logit="3")
    weights, config, ids_of = numpy_gpt.read_run(checkpoints / "tiny")
    stages = numpy_gpt.forward(weights, config, [ids_of[c] for c in "anna"])
    of_block = {n.removeprefix("h.1."): w for n, w in weights.items() if n.startswith("h.1.")}
    normed = numpy_gpt.norm(stages["residual"][3], of_block, "ln_2", config)
    inner = normed @ of_block["mlp.fc.weight"].T + of_block["mlp.fc.bias"]
    gelu = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
    drawn, bars = charts(app)
    assert opening.numbers(drawn["data"][0]["z"]) == pytest.approx(gelu, abs=1e-4)
    last = stages["residual"][-1][2]
    spread = math.sqrt(last.var() + 1e-5)
    rows = gelu[2][:, None] * of_block["mlp.proj.weight"].T
    normed_rows = (rows - rows.mean(-1, keepdims=True)) / spread * weights["ln_f.weight"]
    effects = normed_rows @ weights["lm_head.weight"][3]
    order = np.argsort(-np.abs(effects))[:12]
    assert opening.numbers(bars["data"][0]["x"]) == pytest.approx(effects[order], abs=1e-4)


def test_two_contexts_are_cosines_of_the_streams(checkpoints: Path) -> None:
    written(checkpoints / "tiny")
    query = dict(run="tiny", prompt="anna", part="Two contexts", position="2")
    (chart,) = charts(opened(**query, other="nora"))
    weights, config, ids_of = numpy_gpt.read_run(checkpoints / "tiny")
    one, other = (
        numpy_gpt.forward(weights, config, [ids_of[c] for c in text])["residual"]
        for text in ("anna", "nora")
    )
    pairs = [(a[2], b[0]) for a, b in zip(one, other, strict=True)]
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs]
    assert opening.numbers(chart["data"][0]["y"]) == pytest.approx(np.array(cosines), abs=1e-4)
    app = opened(**query, other="bob")
    assert "does not occur in the second context" in app.info[0].value and not charts(app)


def of_labels(folder: Path, **changes: Any) -> gpt.Trace:
    """A classifier's run, and what its trace of the text that is opened says."""
    model = other_kinds.drawn(replace(other_kinds.CLASSIFIER, **changes))
    other_kinds.save(folder, model, labels=other_kinds.LABELS)
    checkpoint = gpt.load(folder)
    return gpt.trace(checkpoint.model, checkpoint.ids_of("abcab"))


def test_a_labels_logit_is_a_sum_over_the_whole_text(checkpoints: Path) -> None:
    logits = of_labels(checkpoints / "labels").class_logits
    query = dict(run="labels", prompt="abcab", part="Direct effects")
    app = opened(**query, logit="1", minus="0")
    told = opening.said(app)
    assert f"logit of bad − logit of good: **{logits[1] - logits[0]:.4f}**" in told
    assert "read from the mean of all positions" in told and not app.number_input
    assert len(charts(app)) == 2
    own = int(logits.argmax())
    alone = opening.said(opened(**query))
    assert f"logit of {other_kinds.LABELS[own]}: **{logits[own]:.4f}**" in alone
    assert "logit" not in opened(**query, logit="3").query_params  # there are three labels


def test_the_lens_of_a_classifier_ends_in_its_own_label(checkpoints: Path) -> None:
    trace = of_labels(checkpoints / "labels", pool="first")
    app = opened(run="labels", prompt="abcab")
    (chart,) = charts(app)
    own = other_kinds.LABELS[int(trace.class_logits.argmax())]
    line = chart["data"][0]
    assert line["name"] == own
    assert opening.numbers(line["y"])[-1] == pytest.approx(trace.class_probs.max(), abs=1e-5)
    assert "the first position alone" in opening.said(app)
    assert "the model's label ranks" in opening.said(app)


def test_a_model_that_fills_in_says_the_token_at_its_own_place(checkpoints: Path) -> None:
    train(task_runs.masked_run(checkpoints / "words"))
    checkpoint = gpt.load(checkpoints / "words")
    probs = gpt.trace(checkpoint.model, checkpoint.ids_of("anna")).probs[1]
    n = checkpoint.tokenizer.encode("n")[0]
    told = opening.said(opened(run="words", prompt="anna", position=1))
    assert f"the token itself ranks **{int((probs > probs[n]).sum()) + 1}**" in told
    effects = opening.said(opened(run="words", prompt="anna", position=1, part="Direct effects"))
    assert "own logit of n: " in effects


def test_what_a_classifier_has_no_token_for_is_said(checkpoints: Path) -> None:
    of_labels(checkpoints / "labels", pool="first", pool_activation="tanh")
    for part in ("Neurons", "Gradients"):
        told = opened(run="labels", prompt="abcab", part=part).info[0].value
        assert "predicts no next token" in told
    app = opened(run="labels", prompt="abcab", part="Direct effects")
    assert "one more layer, with an activation" in app.info[0].value


def test_two_contexts_of_a_classifier_end_in_its_labels(checkpoints: Path) -> None:
    of_labels(checkpoints / "labels", pool="first")
    checkpoint = gpt.load(checkpoints / "labels")
    one, other = (gpt.trace(checkpoint.model, checkpoint.ids_of(text)) for text in ("abcab", "cab"))
    app = opened(run="labels", prompt="abcab", part="Two contexts", other="cab", position=4)
    (chart,) = charts(app)
    a, b = (trace.residual[-1][at].astype(float) for trace, at in ((one, 4), (other, 2)))
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert opening.numbers(chart["data"][0]["y"])[-1] == pytest.approx(cosine, abs=1e-5)
    probs = [trace.class_probs.max() for trace in (one, other)]
    names = [other_kinds.LABELS[int(trace.class_probs.argmax())] for trace in (one, other)]
    assert (
        f"The model labels the prompt **{names[0]}** ({probs[0]:.1%}), the second context "
        f"**{names[1]}** ({probs[1]:.1%})."
    ) in opening.said(app)
