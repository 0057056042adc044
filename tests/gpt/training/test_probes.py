"""A probe of one's own: every snapshot shows it, and what no model could read is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpt.errors import ConfigError, PromptError
from gpt.nn.config import GPTConfig
from gpt.text.corpus import from_builtin
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers import choices
from gpt.training import snapshots
from gpt.training.creation import create_run
from gpt.training.lengthening import lengthen
from gpt.training.loop import train
from gpt.training.pack import pack
from gpt.training.probes import probe_ids
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from tests.gpt import tiny
from tests.gpt.training.task_runs import letters, reviews

TEXT = "a name"


def new_run(path: Path, probe: str | None, block_size: int = 9, **training: object) -> Run:
    corpus = tiny.names()
    tokenizer = CharacterTokenizer.of(corpus.text + TEXT)
    model = GPTConfig(
        **{**tiny.MODEL, "block_size": block_size, "vocab_size": tokenizer.vocab_size}
    )
    settings = TrainingConfig(**{**tiny.TRAINING, **training})
    return create_run(path, model, settings, corpus, tokenizer, probe=probe)


def probed(run: Run) -> set[str]:
    """What the snapshots of a run show."""
    tokenizer, steps = run.tokenizer(), snapshots.steps(run.path)
    return {tokenizer.decode(snapshots.read(run.path, step).ids.tolist()) for step in steps}


def test_every_snapshot_shows_the_probe_also_after_more_steps(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", TEXT)
    assert train(run).state == "done"
    assert run.config()["data"]["probe"] == TEXT
    lengthen(run, 16)
    assert train(run).state == "done"
    assert snapshots.steps(run.path)[-1] == 16 and probed(run) == {TEXT}
    pack(run.path, tmp_path / "packed")
    assert Run(tmp_path / "packed").config()["data"]["probe"] == TEXT


def test_samples_of_lines_begin_as_a_line_does(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run", TEXT, documents="lines", sample_tokens=30, steps=4)
    plain = new_run(tmp_path / "plain", None, documents="lines", sample_tokens=30, steps=4)
    assert train(run).state == train(plain).state == "done"
    assert probed(run) == {TEXT} != probed(plain)
    assert run.samples() == plain.samples()


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        ("ever so long", "has 12 tokens, and snapshots of this model show up to 9"),
        ("π", r"has 'π' \(U\+03C0 GREEK SMALL LETTER PI\), which is not among"),
        ("", "is empty"),
        ("  ", "is empty"),
    ],
)
def test_a_probe_that_cannot_be_read_makes_no_folder(
    tmp_path: Path, probe: str, reason: str
) -> None:
    corpus = tiny.names()
    tokenizer = CharacterTokenizer.of(corpus.text + "ever so long")
    model = GPTConfig(**{**tiny.MODEL, "block_size": 9, "vocab_size": tokenizer.vocab_size})
    settings = TrainingConfig(**tiny.TRAINING)
    with pytest.raises(PromptError, match=f"the probe {reason}"):
        create_run(tmp_path / "run", model, settings, corpus, tokenizer, probe=probe)
    assert not (tmp_path / "run").exists()


def test_longer_tokens_count_as_one() -> None:
    corpus = from_builtin("plays", length=5000)
    tokenizer: Tokenizer = choices.make("bpe", corpus.text, 300)
    model = GPTConfig(**{**tiny.MODEL, "block_size": 99, "vocab_size": 300})
    text = corpus.text[:80]
    ids = probe_ids(text, tokenizer, model)
    assert ids == tokenizer.encode(text) and len(ids) <= snapshots.PROBE_TOKENS < len(text)


def test_a_classifier_is_probed_and_a_translator_is_not(tmp_path: Path) -> None:
    words = choices.make("words", reviews().text, 256)
    sizes = dict(tiny.MODEL, block_size=40, mask="none", vocab_size=words.vocab_size)
    settings = {**tiny.TRAINING, "sample_tokens": 0, "steps": 4}
    text = reviews().texts[3]
    run = create_run(
        tmp_path / "labels",
        GPTConfig(**sizes, n_class=2),
        TrainingConfig(**settings, task="classify"),
        reviews(),
        words,
        probe=text,
    )
    assert train(run).state == "done"
    assert snapshots.read(run.path, 4).ids.tolist() == words.encode(text)
    signs = CharacterTokenizer.of(letters().text)
    two_texts = GPTConfig(
        **{**tiny.MODEL, "block_size": 15, "vocab_size": signs.vocab_size, "n_encoder_layer": 1}
    )
    with pytest.raises(ConfigError, match="does not go with task = translate"):
        create_run(
            tmp_path / "pairs",
            two_texts,
            TrainingConfig(**settings, task="translate"),
            letters(),
            signs,
            probe="abc",
        )
