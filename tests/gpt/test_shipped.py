"""The shipped runs: they are there, they load, and they are as good as the README says."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import gpt
from gpt.inspect.heads.ablation import effects
from gpt.inspect.heads.clearest_pattern import clearest_head, clearest_pattern
from gpt.inspect.heads.patterns import patterns
from gpt.text import labelled, pairs
from gpt.text.builtin.tasks import copy_line
from gpt.text.leak_free import split
from gpt.training import snapshots
from gpt.training.evaluate import validation_loss
from gpt.training.held_out import blocks
from gpt.training.initial import initial
from gpt.training.ladder.rungs import SMALL
from gpt.training.runs import INITIAL, REWARD, Run
from tests.gpt.shakespeare import ROOT, needs_shakespeare, shakespeare

RUNS = ROOT / "checkpoints"
DECODERS = ("tales", "shakespeare", "shakespeare-fast", "shakespeare-distilled", "copy")
WITH_LABELS_OR_SOURCES = ("reviews", "sentiment", "numbers-fr", "translation")
OF_OTHERS = ("sentiment", "translation")
"""Their samples were other people's sentences, so they are left out."""
STAGES = {
    "assistant-manner": "assistant-base",
    "assistant-instructions": "assistant-base",
    "assistant-reward": "assistant-manner",
    "assistant-dpo": "assistant-manner",
    "assistant-ppo": "assistant-manner",
}
"""The stages of an assistant, and the run that each began with."""
SHIPPED = (*DECODERS, *WITH_LABELS_OR_SOURCES, "assistant-base", *STAGES)
every_run = pytest.mark.parametrize("name", SHIPPED)
every_decoder = pytest.mark.parametrize("name", DECODERS)


@every_decoder
def test_a_shipped_run_loads_and_speaks(name: str) -> None:
    checkpoint = gpt.load(RUNS / name)
    start = checkpoint.tokenizer.encode("\n")
    text = [step.id for step in gpt.generate(checkpoint.model, start, 30, seed=1)]
    assert len(checkpoint.tokenizer.decode(text)) >= 30
    assert checkpoint.config.vocab_size == {"copy": 27, "tales": 3072}.get(name, 65)


@every_run
def test_a_shipped_run_keeps_its_weights_in_16_bits(name: str) -> None:
    with safe_open(RUNS / name / "model.safetensors", framework="pt") as file:
        kinds = {file.get_slice(key).get_dtype() for key in file.keys()}  # noqa: SIM118
    assert kinds == {"F16"}


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in (*STAGES, "sentiment")])
def test_a_shipped_run_began_at_chance_and_learned(name: str) -> None:
    run = Run(RUNS / name)
    losses = [line["val_loss"] for line in run.metrics() if line["val_loss"] is not None]
    config = gpt.load(run.path).config
    uniform = np.log(config.n_class or config.vocab_size)
    assert losses[0] == pytest.approx(uniform, rel=0.1)
    assert losses[-1] < 0.7 * losses[0]


@every_run
def test_a_shipped_run_tells_how_it_was_trained(name: str) -> None:
    run = Run(RUNS / name)
    assert run.status().state == "done"
    metrics = run.metrics()
    evaluated = [line for line in metrics if line["val_loss"] is not None]
    assert metrics[0]["step"] == 0 and metrics[-1]["step"] == run.status().step
    config, steps = gpt.load(run.path).config, [line["step"] for line in evaluated]
    if name in OF_OTHERS:
        assert not run.samples()
        assert snapshots.steps(run.path) == [steps[0], steps[-1]]
    else:
        assert len(steps) >= 5
        assert [sample["step"] for sample in run.samples()] == steps
        assert snapshots.steps(run.path) == steps
    for step in snapshots.steps(run.path):
        snapshot = snapshots.read(run.path, step)
        T = len(snapshot.ids)
        assert snapshot.weights.shape == (config.n_layer, config.n_head, T, T)


@every_run
def test_a_shipped_run_holds_nothing_private(name: str) -> None:
    files = {str(path.relative_to(RUNS / name)) for path in (RUNS / name).rglob("*")}
    known = {"config.json", "tokenizer.json", "model.safetensors", "metrics.jsonl"}
    known |= {
        "source_tokenizer.json",
        "samples.jsonl",
        "status.json",
        "evaluation.json",
        "snapshots",
    }
    if name in STAGES or name == "sentiment":
        known |= {INITIAL}
    if name == "assistant-ppo":
        known |= {REWARD, "value.safetensors", "rollouts"}
    assert {file for file in files if not file.startswith(("snapshots/", "rollouts/"))} <= known
    for file in ("config.json", "status.json"):
        assert str(Path.home()) not in (RUNS / name / file).read_text()


def bytes_of(names: Iterable[str]) -> int:
    files = [path for name in names for path in (RUNS / name).rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def test_all_shipped_runs_together_are_small() -> None:
    assert all((RUNS / name).is_dir() for name in SHIPPED)
    rungs = [f"ladder-{rung.name}" for rung in SMALL]
    assert bytes_of((*SHIPPED, *rungs)) < 56e6 and bytes_of(rungs) < 6e5
    assert bytes_of(OF_OTHERS) < 16e6 and bytes_of(["tales"]) < 12e6
    assert bytes_of(("assistant-base", *STAGES)) < 8e6


def test_the_default_is_the_lectures_architecture() -> None:
    config = gpt.load(RUNS / "shakespeare").config
    assert (config.position, config.norm, config.qk_norm) == ("learned", "pre", False)
    assert config.skip and config.feed_forward and config.projection
    assert config.activation in ("relu", "gelu")
    assert config.n_layer >= 4
    assert (config.n_head, config.n_embd, config.block_size) == (4, 256, 256)


def test_the_model_of_words_opens_on_a_head_that_can_be_named() -> None:
    """On its probe, as docs/guide/tales.md says; without it the quotation ends less surely."""
    checkpoint = gpt.load(RUNS / "tales")
    text = checkpoint.info["data"]["probe"]
    ids = checkpoint.tokenizer.encode(text)
    pieces = checkpoint.tokenizer.pieces(ids)
    traced = gpt.trace(checkpoint.model, ids)
    measured = patterns(traced.weights, np.array(ids), traced.visible, pieces)
    head = clearest_head(measured)
    named = clearest_pattern(measured, head)
    assert named is not None and named.name == "opening quotation mark"
    assert named.score == pytest.approx(0.515, abs=0.02) and named.others < 0.1
    closing = pieces.index(".'")
    off = gpt.trace(checkpoint.model, ids, gpt.Switches(heads_off=frozenset({head})))
    with_it, without = (t.probs[closing - 1, ids[closing]] for t in (traced, off))
    assert with_it > 1.1 * without


def test_the_fast_one_is_the_fast_recipe() -> None:
    config = gpt.load(RUNS / "shakespeare-fast").config
    assert (config.position, config.activation) == ("rotary", "squared_relu")
    assert config.qk_norm


@pytest.mark.slow
@needs_shakespeare
@pytest.mark.parametrize(
    ("name", "most"),
    [("shakespeare", 1.50), ("shakespeare-fast", 1.47), ("shakespeare-distilled", 1.40)],
)
def test_the_loss_over_the_whole_validation_split_is_as_promised(name: str, most: float) -> None:
    loss, positions = validation_loss(gpt.load(RUNS / name), shakespeare())
    assert positions == 111_539
    assert loss <= most


def copy_lines(count: int) -> list[str]:
    """Lines of the copy task that training never saw: its seed was another."""
    rng = random.Random(987_654_321)
    return [copy_line(rng) for _ in range(count)]


def answers(line: str) -> list[tuple[int, int]]:
    """(query, key) over the second half: where the token after the previous occurrence stands.

    The line starts with a line break, as it does in the text.
    """
    half = (len(line) - 2) // 2
    assert line[1 : 1 + half] == line[1 + half : 1 + 2 * half]
    queries = range(1 + half, 1 + 2 * half)
    return [(i, line.rindex(line[i], 0, i) + 1) for i in queries]


def test_answers_by_hand() -> None:
    # positions 0 \n, 1 q, 2 h, 3 x, 4 q, 5 h, 6 x: the second q looks at the first h, and so on;
    # the last letter looks at what followed it, the first letter of the second half.
    assert answers("\nqhxqhx\n") == [(4, 2), (5, 3), (6, 4)]


def test_the_copy_run_has_an_induction_head() -> None:
    checkpoint = gpt.load(RUNS / "copy")
    found = []
    for line in copy_lines(40):
        text = "\n" + line
        weights = gpt.trace(checkpoint.model, checkpoint.tokenizer.encode(text)).weights
        queries, keys = np.array(answers(text)).T
        found.append(weights[:, :, queries, keys])
    means = np.concatenate(found, axis=-1).mean(-1)
    layer, head = np.unravel_index(means.argmax(), means.shape)
    print(f"layer {layer}, head {head}: {means.max():.3f}")
    assert layer > 0  # one layer alone cannot do it
    assert means.max() >= 0.8


def test_the_copy_run_copies() -> None:
    checkpoint = gpt.load(RUNS / "copy")
    right = []
    for line in copy_lines(40):
        ids = checkpoint.tokenizer.encode("\n" + line)
        half = (len(line) - 1) // 2
        said = gpt.trace(checkpoint.model, ids).logits.argmax(-1)
        right += [said[i] == ids[i + 1] for i in range(1 + half, 1 + 2 * half)]
    assert np.mean(right) > 0.9


def test_the_induction_head_ranks_first_by_its_score_and_by_its_effect_on_the_loss() -> None:
    checkpoint = gpt.load(RUNS / "copy")
    ids = blocks(checkpoint.tokenizer, "".join(copy_lines(300)), 64, 64)
    visible = np.tril(np.ones((64, 64), dtype=bool))
    weights = [gpt.trace(checkpoint.model, row.tolist()).weights for row in ids]
    found = [patterns(w, row, visible) for w, row in zip(weights, ids, strict=True)]
    score = sum(found[1:], found[0])["induction"]
    effect = effects(checkpoint.model, ids).on_loss
    print(f"{len(ids)} blocks: induction {score.ravel()}, on the loss {effect.ravel()} nats")
    assert score.argmax() == effect.argmax() == 1  # layer 1; each layer has one head
    assert score[1, 0] > 10 * score[0, 0]
    assert effect[1, 0] > 1.2 * effect[0, 0]


def test_without_its_mask_the_copy_run_writes_worse() -> None:
    checkpoint = gpt.load(RUNS / "copy")
    right = {mask: letters_right(checkpoint, gpt.Switches(mask=mask)) for mask in ("model", "none")}
    print(right)
    assert right["model"] > 0.7
    assert right["none"] < 0.3


def letters_right(checkpoint: gpt.Checkpoint, switches: gpt.Switches) -> float:
    """The part of the second halves, after their first letter, that is written as it should."""
    right = []
    for line in copy_lines(20):
        half = (len(line) - 1) // 2
        prompt = checkpoint.tokenizer.encode("\n" + line[: half + 1])
        steps = gpt.generate(checkpoint.model, prompt, half - 1, top_k=1, switches=switches)
        written = checkpoint.tokenizer.decode([step.id for step in steps])
        right += [a == b for a, b in zip(written, line[half + 1 : -1], strict=True)]
    return float(np.mean(right))


def test_the_reviews_run_is_not_deceived_by_not_and_but() -> None:
    checkpoint = gpt.load(RUNS / "reviews")
    examples = labelled.from_builtin("reviews")
    test = examples.take(split(examples).test[:200])
    given = [gpt.classify(checkpoint, text) for text in test.texts]
    right = [test.labels[k] for k in test.classes]
    chosen = [max(probs, key=lambda label: probs[label]) for probs in given]
    assert checkpoint.labels == list(test.labels)
    assert sum(a == b for a, b in zip(chosen, right, strict=True)) >= 196


def test_the_sentiment_run_began_with_what_counting_tells_and_learned_on() -> None:
    run = Run(RUNS / "sentiment")
    losses = [line["val_loss"] for line in run.metrics() if line["val_loss"] is not None]
    assert losses[0] < 0.9 * np.log(2) and losses[-1] < losses[0] - 0.02
    first = initial(run)
    assert first.confirmed and run.training_config().counting_start > 0
    evidence = first.model.wte.weight[:, :2]
    assert evidence.sum(1).abs().max() <= 4e-3  # two labels: what speaks for one, in 16 bits
    assert evidence.abs().max() > 1


def test_the_sentiment_run_holds_no_sentence_that_others_wrote() -> None:
    run, tokenizer = Run(RUNS / "sentiment"), gpt.load(RUNS / "sentiment").tokenizer
    probes = {tokenizer.decode(snapshots.read(run.path, n).ids.tolist()) for n in (0, 1500)}
    assert probes == {
        "it starts as a dull and clumsy story , but the actors are so warm and funny that i was "
        "not bored ."
    }
    assert all(" " not in tokenizer.pieces([n])[0] for n in range(tokenizer.vocab_size))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a warm and funny film with a wonderful cast .", "pos"),
        ("dull , lifeless and far too long .", "neg"),
    ],
)
def test_the_sentiment_run_knows_praise_from_blame(text: str, label: str) -> None:
    probs = gpt.classify(gpt.load(RUNS / "sentiment"), text)
    assert set(probs) == {"neg", "pos"} and probs[label] > 0.7


def test_the_numbers_run_writes_numbers_that_it_never_learned() -> None:
    checkpoint = gpt.load(RUNS / "numbers-fr")
    examples = pairs.from_builtin("numbers-fr")
    test = examples.take(split(examples).test[:60])
    written = [gpt.translate(checkpoint, source) for source in test.sources]
    assert sum(a == b for a, b in zip(written, test.targets, strict=True)) >= 58
    assert gpt.translate(checkpoint, "71", beams=3) == "soixante-et-onze"


def test_the_numbers_run_writes_what_one_types_first() -> None:
    checkpoint = gpt.load(RUNS / "numbers-fr")
    words = "zéro un deux trois quatre cinq six sept huit neuf dix".split()
    assert [gpt.translate(checkpoint, str(n)) for n in range(11)] == words
    assert gpt.translate(checkpoint, "100000") == "cent-mille"


@pytest.mark.parametrize(
    ("source", "target"),
    [("Où est la gare ?", "Where's the station?"), ("Je suis fatigué.", "I'm tired.")],
)
def test_the_translation_run_translates(source: str, target: str) -> None:
    checkpoint = gpt.load(RUNS / "translation")
    assert gpt.translate(checkpoint, source) == target
    assert gpt.translate(checkpoint, source, beams=4) == target
