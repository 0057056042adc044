"""A classifier that begins as naive Bayes: by hand, by scikit-learn, and through a whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.naive_bayes import MultinomialNB

from gpt.errors import CheckpointError, ConfigError
from gpt.nn.build import build
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.text.encoded import LabelledIds, encode_labelled
from gpt.text.leak_free import split
from gpt.training.control import Wish
from gpt.training.counting_start import start_with_counts, token_evidence
from gpt.training.initial import draw, initial
from gpt.training.loop import train
from gpt.training.runs import INITIAL, Run
from tests.close import close
from tests.gpt.training.comparing import AskAt, assert_same_runs
from tests.gpt.training.task_runs import classify_run, reviews

pytestmark = pytest.mark.usefixtures("no_wait_for_the_disk")

V, K = 7, 3
PLAIN: dict[str, Any] = dict(norm="none", zero_init=True, position="none")
"""Without norms, and with branches that start at zero, only embedding and head speak."""


def encoder(**changes: Any) -> Classifier:
    sizes: dict[str, Any] = dict(block_size=11, vocab_size=V, n_layer=1, n_head=1, n_embd=5)
    torch.manual_seed(1)
    model = build(GPTConfig(**{**sizes, "n_class": K, "mask": "none", **PLAIN, **changes})).eval()
    assert isinstance(model, Classifier)
    return model


def random_texts(count: int) -> LabelledIds:
    rng = np.random.default_rng(3)
    classes = rng.integers(K, size=count).tolist()
    odds = rng.dirichlet(np.ones(V), size=K)
    return LabelledIds([rng.choice(V, size=9, p=odds[k]).tolist() for k in classes], classes)


def counts(texts: LabelledIds) -> np.ndarray:
    rows = [np.bincount(texts.texts.row(n), minlength=V) for n in range(len(texts))]
    return np.array(rows)


def test_the_evidence_is_scikit_learns_log_probability_less_its_mean() -> None:
    texts = random_texts(40)
    bayes = MultinomialNB(fit_prior=False).fit(counts(texts), texts.classes.numpy())
    log_probs = bayes.feature_log_prob_.T  # (V, K)
    expected = log_probs - log_probs.mean(1, keepdims=True)
    assert token_evidence(texts, V, K).numpy() == close(expected)


def test_the_new_model_is_naive_bayes() -> None:
    texts, model = random_texts(40), encoder()
    start_with_counts(model, texts, strength=9.0)
    bayes = MultinomialNB(fit_prior=False).fit(counts(texts), texts.classes.numpy())
    ids = torch.tensor([texts.texts.row(n) for n in range(len(texts))])
    with torch.no_grad():
        log_probs = model(ids).log_softmax(-1).numpy()  # nine tokens: 9 times the mean is the sum
    assert log_probs == close(bayes.predict_log_proba(counts(texts)))
    assert (log_probs.argmax(1) == texts.classes.numpy()).mean() > 0.6


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (dict(pool="first"), "choose pool = mean and pool_activation = none"),
        (dict(pool_activation="tanh"), "choose pool = mean and pool_activation = none"),
        (dict(n_embd=2), "n_embd = 2 is less than the 3 labels"),
    ],
)
def test_a_model_that_cannot_begin_so_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        start_with_counts(encoder(**changes), random_texts(4), 1.0)


def counted_run(path: Path, strength: float = 3.0) -> Run:
    model = {**PLAIN, "dropout": 0.2}
    return classify_run(path, model=model, counting_start=strength, token_dropout=0.3)


def test_a_run_counts_its_training_part_alone_and_keeps_its_first_weights(tmp_path: Path) -> None:
    run, examples = counted_run(tmp_path / "run"), reviews()
    kept = load_file(run.path / INITIAL)
    learned = encode_labelled(examples.take(split(examples).training), run.tokenizer())
    evidence = token_evidence(learned, len(kept["wte.weight"]), 2)
    assert torch.equal(kept["wte.weight"][:, :2], evidence)
    rest = draw(initial(run).model.config, run.training_config().seed).state_dict()["wte.weight"]
    assert torch.equal(kept["wte.weight"][:, 2:], rest[:, 2:])
    assert torch.equal(kept["class_head.weight"][:, :2], 3 * torch.eye(2))
    assert train(run).state == "done"
    assert initial(run).confirmed


def test_without_the_setting_a_run_is_drawn_from_its_seed(tmp_path: Path) -> None:
    assert not (counted_run(tmp_path / "run", strength=0.0).path / INITIAL).exists()


@pytest.mark.parametrize("look", [0, 4])
def test_a_run_that_was_paused_ends_as_one_that_was_not(tmp_path: Path, look: int) -> None:
    """Before its first step, and later."""
    straight, paused = counted_run(tmp_path / "straight"), counted_run(tmp_path / "paused")
    assert train(straight).state == "done"
    assert train(paused, AskAt(Wish.PAUSE, look)).state == "paused"
    torch.manual_seed(99)  # the process that goes on has random numbers of its own
    assert train(paused).state == "done"
    assert_same_runs(straight, paused)


def test_lost_first_weights_are_missed(tmp_path: Path) -> None:
    run = counted_run(tmp_path / "run")
    (run.path / INITIAL).unlink()
    with pytest.raises(CheckpointError, match="began with what counting"):
        initial(run)
    status = train(run)
    assert status.state == "failed" and "counted from its texts" in status.reason
