"""No damage to a run of any kind reaches what the pages of other runs read of it.

`test_damaged_runs` damages a decoder that was trained here; here are the other kinds.
"""

from __future__ import annotations

import json
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpt.nn.config import GPTConfig
from gpt.text import labelled, pairs
from gpt.text.corpus import from_bytes
from gpt.text.large_text import of_files
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.tokenizer import CharacterTokenizer
from gpt.text.tokenizers import choices
from gpt.training import stored_text, token_counts
from gpt.training.assistant import ratings, rollouts
from gpt.training.assistant.rollouts import Rollout
from gpt.training.creation import create_run
from gpt.training.initial import initial
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.teachers import read_teachers
from pages.parts.assistant import lineage, policy_curves, rollout_rows, stage_boxes, stage_models
from pages.parts.assistant.stage_recipes import Chain, methods
from pages.parts.tensors import corpus_menu
from pages.shared import classroom, kinds, loads, run_line
from tests.gpt.test_shipped import RUNS
from tests.gpt.tiny import MODEL, TRAINING, new_run
from tests.pages import damage
from tests.pages.damage_checks import (
    GIB,
    SECONDS,
    TEXT,
    everywhere,
    finite,
    own,
    restore,
    told,
)
from tests.pages.opening import opened

CHAIN = {box: f"assistant-{name}" for box, name in zip(
    ("base", "tuned", "reward", "policy"), ("base", "manner", "reward", "ppo"), strict=True
)}  # fmt: skip
EXAMPLES = 60
SHIPPED = (*CHAIN.values(), "assistant-dpo")


def shipped(name: str, folder: Path) -> None:
    """Copy a run with few snapshots, and with few of its examples, which are written again."""
    shutil.copytree(RUNS / name, folder)
    for path in sorted((folder / "snapshots").iterdir())[1:]:
        path.unlink()
    config = json.loads((folder / "config.json").read_text())
    if "count" in config["data"]:
        config["data"] |= {"count": 100, "examples": 100}
    (folder / "config.json").write_text(json.dumps(config))


def trained(run: Run, like: Path) -> None:
    """Lay weights and metrics beside a run that was only created; whether they fit matters not."""
    for name in ("model.safetensors", "metrics.jsonl", "samples.jsonl"):
        shutil.copy(like / name, run.path / name)


def make_classifier(folder: Path, like: Path) -> None:
    words = {label: [f"{label}{n}" for n in range(20)] for label in ("good", "bad")}
    data = labelled.from_bytes([(f"{k}.txt", "\n".join(v).encode()) for k, v in words.items()])
    tokenizer = CharacterTokenizer.of(data.text)
    config = GPTConfig(**{**MODEL, "vocab_size": tokenizer.vocab_size, "n_class": 2,
                          "block_size": 12, "mask": "none", "tie_weights": False})  # fmt: skip
    plan = TrainingConfig(**{**TRAINING, "task": "classify", "sample_tokens": 0})
    trained(create_run(folder, config, plan, data, tokenizer), like)


def make_translator(folder: Path, like: Path) -> None:
    lines = "".join(f"{'ab'[n % 2] * (n % 7 + 1)}{n}\tX{n}\n" for n in range(40))
    data = pairs.from_bytes([("few.tsv", lines.encode())])
    source, target = (CharacterTokenizer.of("".join(side)) for side in (data.sources, data.targets))
    sizes = {"n_encoder_layer": 1, "source_vocab_size": source.vocab_size, "block_size": 16}
    target = CharacterTokenizer([*target.characters, "\n"])
    config = GPTConfig(**{**MODEL, **sizes, "vocab_size": target.vocab_size})
    plan = TrainingConfig(**{**TRAINING, "task": "translate", "sample_tokens": 0})
    trained(create_run(folder, config, plan, data, target, source_tokenizer=source), like)


def make_large(folder: Path, like: Path) -> None:
    """A decoder with a tokenizer of BPE, the tokens of a large text, and an owner."""
    file = folder.parent / "text.txt"
    file.write_text(TEXT)
    tokenizer = choices.make("bpe", TEXT, 280)
    config = GPTConfig(**{**MODEL, "vocab_size": tokenizer.vocab_size})
    plan = TrainingConfig(**{**TRAINING, "sample_tokens": 0})
    run = create_run(folder, config, plan, of_files([file]), tokenizer)
    trained(run, like)
    file.unlink()
    (folder / classroom.OWNER).write_text(json.dumps({"visitor": "a" * 64}))


def make_rated(folder: Path, like: Path) -> None:
    """An assistant's stage by GRPO of a person's own answers, with ratings and a rollout."""
    shutil.copytree(like.parent / CHAIN["tuned"], folder)
    rows = tuple((c + d, c + d + c) for c in "abcdefghijkl" for d in "ae")
    config = json.loads((folder / "config.json").read_text())
    data = Demonstrations("mine", rows)
    config["data"] = data.describe()
    config["training"] |= {"task": "grpo", "batch_size": 1, "group_size": 2}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "text").mkdir()
    for name, content in data.files().items():
        (folder / "text" / name).write_bytes(content)
    for n in range(3):
        ratings.append(folder, ratings.Rating(f"q{n}", "yes", "no", tie=n == 1))
    answers = tuple(rollout_rows.Answered([1, 2, 3, n], 2) for n in (4, 5))
    written = Rollout(0, answers, ([-0.5, -0.1],) * 2, np.array([0.0, 1.0]), 2)
    (folder / "rollouts").mkdir()
    written.write(folder / rollouts.name(0))


MADE: dict[str, Callable[[Path, Path], None]] = {
    "classifier": make_classifier,
    "translator": make_translator,
    "large": make_large,
    "rated": make_rated,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a decoder, "good", and the stages of an assistant."""
    root = tmp_path_factory.mktemp("kinds")
    good = new_run(root / "good", from_bytes([("mine.txt", TEXT.encode())]))
    for name in SHIPPED:
        shipped(name, root / name)
    trained(good, root / CHAIN["base"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEADLIGHT_CHECKPOINTS", str(root))
        yield root


@pytest.fixture(scope="module")
def every(root: Path) -> dict[str, dict[str, bytes]]:
    """By kind of run, every file of one, by its path inside the folder."""
    folders = {name: root / name for name in SHIPPED[1:]}
    for name, make in MADE.items():
        folders[name] = root / name
        make(root / name, root / CHAIN["base"])
    files = {
        name: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for name, folder in folders.items()
    }
    for name in MADE:
        shutil.rmtree(root / name)
    names = {name for content in files.values() for name in content}
    assert names > {
        *("text/examples.tsv", "text/tokens.npy", "text/demonstrations.jsonl"),
        *("preferences.jsonl", "owner.json", "rollouts/0000000.npz", "source_tokenizer.json"),
        *("initial.safetensors", "reward.safetensors"),
    }
    return files


def others() -> object:
    """What the pages of the good runs read of every run."""
    known = lineage.stages()
    chain = Chain(known, **CHAIN)
    lines = [known.line(name) for name in (*known.bases, *known.after(CHAIN["tuned"]))]
    assert known.tuned(CHAIN["base"])[0] == CHAIN["tuned"]
    assert CHAIN["reward"] in known.rewards(CHAIN["tuned"])
    assert CHAIN["policy"] in known.policies(CHAIN["tuned"], CHAIN["reward"])
    for box, name in CHAIN.items():
        stage_boxes.numbers(box, stage_models.run_of(name))
    drawn, _ = policy_curves.policies(chain)
    policy_curves.table(drawn)
    for stage in drawn:
        policy_curves.curve(stage_models.run_of(stage.name), stage)
        policy_curves.reward_path(stage_models.run_of(stage.name))
    for tuned in known.tuned(CHAIN["base"]):
        methods(chain.with_run("tuned", tuned))
    names = [*known.known, "bad", "good"]
    every = (kinds.ENCODERS, kinds.TRANSLATORS)
    return (
        lines,
        methods(chain),
        [kind.among(names) for kind in every],
        [(run_line.run_line(name), kinds.stages_before(name)) for name in names],
        [kinds.is_reward_model(name) for name in names],
        [classroom._owner(stage_models.run_of(name)) for name in names],
    )


def of_its_kind(run: Run) -> list[Callable[[], object]]:
    """What the pages of a run of some kind ask of it, beside what `own` does."""

    def answers() -> None:
        for step in rollout_rows.steps(run.name):
            kept = rollout_rows.kept(run.name, step, time.monotonic_ns())
            rollout_rows.numbers_of(kept, 0)
            rollout_rows.facts(kept, 0)

    def of_box(box: str) -> Callable[[], object]:
        return lambda: stage_boxes.numbers(box, run)

    data: Any = (labelled.LabelledExamples, pairs.PairExamples, Demonstrations, Comparisons)
    return [
        answers,
        *map(of_box, CHAIN),
        *(partial(run.examples, kind) for kind in data),
        run.source_tokenizer,
        lambda: ratings.read(run.path),
        lambda: stored_text.held_out_beginning(run),
        lambda: token_counts.token_counts(run),
        lambda: initial(run),
        lambda: read_teachers(run),
        lambda: stage_models.first(run.name),
        lambda: stage_models.value(run.name),
        lambda: stage_models.followed(run.name),
        lambda: stage_models.prompts(run.name, time.monotonic_ns()),
        lambda: corpus_menu.own_text(run.name),
        lambda: loads.checkpoint(run.name).labels,
    ]


def look_at(root: Path, bad: Path) -> None:
    """Ask of all runs what the pages ask; only what is asked of the damaged one may be refused."""
    rows = {row.name: row for row in everywhere(root)}
    assert finite(rows["bad"])
    assert rows["bad"].state != "broken" or rows["bad"].note
    others()
    for ask in (*own(Run(bad)), *of_its_kind(Run(bad))):
        told(ask)


CHANGES: dict[str, dict[str, Any]] = {
    "a word for a number": {"training": {"task": "dpo", "beta": "high"}},
    "a list for a number": {"training": {"task": "dpo", "beta": []}},
    "no number": {"training": {"task": "dpo"}},
    "no data": {"data": None},
    "data without a name": {"data": {"kind": "comparisons", "builtin": "manner"}},
    "an unknown task": {"data": {"kind": "demonstrations", "name": "a", "builtin": "other"}},
    "a number for a name": {"data": {"kind": "comparisons", "name": "a", "labelled_by": 5}},
    "no reward model": {"begun_from": {"run": CHAIN["tuned"]}},
}


@pytest.mark.parametrize("kind", ["assistant-manner", "assistant-ppo", "assistant-dpo"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_config_that_is_damaged_reaches_no_other_run(
    root: Path, every: dict[str, dict[str, bytes]], kind: str, change: str
) -> None:
    restore(root / "bad", every[kind])
    config = json.loads(every[kind]["config.json"])
    (root / "bad" / "config.json").write_text(json.dumps({**config, **CHANGES[change]}))
    look_at(root, root / "bad")


@pytest.mark.parametrize("place", [damage.folder, damage.loop, damage.pipe, damage.endless])
@pytest.mark.parametrize("file", ["metrics.jsonl", "status.json", "config.json"])
def test_a_file_that_is_none_reaches_no_other_run(
    root: Path, every: dict[str, dict[str, bytes]], file: str, place: damage.Damage
) -> None:
    restore(root / "bad", every["assistant-dpo"])
    damage.remove(root / "bad" / file)
    look_at(root, root / "bad")
    place(root / "bad" / file)
    look_at(root, root / "bad")


def test_a_page_of_another_policy_opens_beside_a_damaged_one(
    root: Path, every: dict[str, dict[str, bytes]]
) -> None:
    restore(root / "bad", every["assistant-dpo"])
    config = json.loads(every["assistant-dpo"]["config.json"])
    config["training"]["beta"] = "high"
    (root / "bad" / "config.json").write_text(json.dumps(config))
    app = opened("assistant", policy=CHAIN["policy"], show="curves")
    assert not app.error and not app.exception


@pytest.mark.timeout(280)
def test_no_damage_to_a_run_of_any_kind_reaches_others(
    root: Path, every: dict[str, dict[str, bytes]]
) -> None:
    bad = root / "bad"
    memory = partial(resource.getrusage, resource.RUSAGE_SELF)

    @st.composite
    def damaged(draw: st.DrawFn) -> tuple[str, str, damage.Damage]:
        kind = draw(st.sampled_from(sorted(every)))
        return kind, *draw(damage.damages(every[kind]))

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(damaged())
    def look(drawn: tuple[str, str, damage.Damage]) -> None:
        kind, name, spoil = drawn
        restore(bad, every[kind])
        spoil(bad / name)
        before, started = memory().ru_maxrss, time.process_time()
        look_at(root, bad)
        assert time.process_time() - started < SECONDS, "of this process alone"
        assert (memory().ru_maxrss - before) * 1024 < GIB

    look()
