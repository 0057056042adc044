"""Assistant: the stages are the runs that follow each other, and every number is theirs."""

from __future__ import annotations

import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.durations import duration
from gpt.errors import ConfigError
from gpt.inspect.weight_change import put_back, weight_change
from gpt.text.prompted import Comparisons
from gpt.text.template import Answered
from gpt.training.assistant import ratings
from gpt.training.assistant.rating_folds import FoldedAccuracy
from gpt.training.assistant.ratings import FEWEST, Rating
from gpt.training.assistant.rollouts import Rollout
from gpt.training.assistant.stage_loss import stage_loss
from gpt.training.assistant.stage_plan import StagePlan
from gpt.training.confidence import Measured
from gpt.training.estimate import Pace
from gpt.training.initial import initial
from gpt.training.presets import find
from gpt.training.runs import Run
from pages.parts.assistant import (
    foreseen_choices,
    pairs_file,
    policy_curves,
    rate_pairs,
    rollout_rows,
    stage_recipes,
    stage_training,
)
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.lineage import Stage, Stages, stages
from pages.parts.assistant.stage_recipes import Chain, methods
from pages.shared import run_state
from pages.shared.uploads import Handed
from tests.close import close, printed
from tests.gpt import tiny
from tests.gpt.training.assistant import stage_runs
from tests.pages import opening
from tests.payloads import decode
from viz.text import visible


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of each stage, on *manner*."""
    root = tmp_path_factory.mktemp("stages")
    stage_runs.manner_chain(root)
    return root


@pytest.fixture(autouse=True)
def _in_place(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(chain))


def opened(**query: Any) -> AppTest:
    app = opening.opened("assistant", **query)
    assert not app.error and not app.warning
    return app


def asked(app: AppTest, name: str) -> str:
    """A parameter of the address."""
    value = app.query_params[name]
    return str(value[0] if isinstance(value, list) else value)


def last(folder: Path, field: str) -> float:
    """The last value of a column of metrics.jsonl."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return float([line[field] for line in lines if line.get(field) is not None][-1])


def family() -> Stages:
    """Two bases, one of them deleted; fine-tuning that went on; two reward models."""
    stage = {
        "a": Stage("a", ""),
        "t": Stage("t", "sft", "a", builtin="manner"),
        "more": Stage("more", "sft", "t", builtin="manner"),
        "r": Stage("r", "reward", "t"),
        "s": Stage("s", "reward", "t"),
        "p": Stage("p", "ppo", "t", "s", beta=0.1, data="manner"),
        "d": Stage("d", "dpo", "t", beta=1.0),
        "u": Stage("u", "sft", "gone", builtin="instructions"),
    }
    return Stages(stage)


def test_a_box_offers_the_runs_that_follow_the_one_before(checkpoints: Path) -> None:
    known = family()
    assert known.bases == ["a", "gone"] and known.line("gone") == "gone (deleted)"
    assert known.tuned("a") == ["t", "more"] and known.tuned("gone") == ["u"]
    assert known.rewards("t") == ["s", "r"], "the one that is followed is first"
    assert known.policies("t", "s") == ["p", "d"] and known.policies("t", "r") == ["d"]
    assert known.line("p") == "p: PPO, β 0.1"


def test_what_can_be_tuned_by_depends_on_the_answers() -> None:
    known = family()
    assert methods(Chain(known, tuned="t", reward="r")) == ["ppo", "dpo", "grpo"]
    assert methods(Chain(known, tuned="u")) == ["grpo"], "right or wrong: nothing to compare"
    assert methods(Chain(known)) == []


def test_the_boxes_have_the_runs_and_their_numbers(chain: Path) -> None:
    app, ppo = opened(), chain / "ppo"
    chosen = {"base": "base", "tuned": "tuned", "reward": "reward", "policy": "ppo"}
    assert {name: asked(app, name) for name in chosen} == chosen
    said = opening.said(app)
    assert f"foresees **{last(chain / 'reward', 'accuracy'):.1%}**" in said
    assert f"judge’s score **{last(ppo, 'judged'):.3f}**" in said
    assert f"wins **{last(ppo, 'win_rate'):.1%}**" in said
    assert f"KL **{last(ppo, 'kl'):.4f}**" in said
    kept = [line["reward"] for line in Run(ppo).metrics() if line.get("reward") is not None]
    ends = [f"**{reward:.3f}**" for reward in (kept if len(kept) < 2 else (kept[0], kept[-1]))]
    assert f"reward {' → '.join(ends)}" in said.replace("−", "-")
    assert f"validation **{last(chain / 'base', 'val_loss'):.4f}**" in said


def test_a_link_chooses_a_run_and_one_that_is_gone_is_said() -> None:
    assert asked(opened(policy="dpo"), "policy") == "dpo"
    app = opened(policy="nowhere")
    assert "The run nowhere does not fit in here, or is gone." in opening.said(app)
    assert asked(app, "policy") == "ppo"


def test_a_deleted_parent_is_said_and_its_stages_stay(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tuned", "reward"):
        shutil.copytree(chain / name, tmp_path / name)
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    app = opened()
    assert "Its folder is gone" in opening.said(app)
    assert asked(app, "reward") == "reward"


def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """The runs that are put in the line of jobs from now on; they learn from few examples."""
    begun: list[Run] = []
    monkeypatch.setattr(run_state, "resume", begun.append)
    monkeypatch.setattr(stage_recipes, "EXAMPLES", 100)
    return begun


def test_what_is_missing_is_trained_by_a_click(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(monkeypatch)
    tiny_base = tiny.new_run(checkpoints / "letters", model={"block_size": 80})
    stage_runs.train(tiny_base)
    app = opened()
    said = opening.said(app)
    assert "No run was fine-tuned from this base yet." in said
    assert app.button(key="train_reward").disabled and app.button(key="train_policy").disabled
    assert said.count("First it needs a fine-tuned run.") == 2
    app.button(key="train_tuned").click().run()
    assert not app.error
    (run,) = begun
    config = run.config()
    assert config["begun_from"]["run"] == "letters" and config["data"]["builtin"] == "manner"
    assert config["training"]["task"] == "sft" and config["training"]["steps"] == 600
    assert asked(app, "tuned") == run.name, "it is chosen at once"
    assert stages().tuned("letters") == [run.name]
    said = opening.said(app)
    assert f"**{run.name}** has no weights yet" in said, "nobody is told to fine-tune once more"
    assert app.button(key="train_reward").disabled, "it would begin with what is not learned yet"
    assert f"It begins with **{run.name}**, once that is trained." in said


def test_nothing_begins_with_a_run_that_is_still_trained(
    chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = stage_training.moment
    moves = {"tuned"}
    monkeypatch.setattr(
        stage_training, "moment", lambda run: replace(looks(run), live=run.name in moves)
    )
    found = Chain(stages(), "base", "tuned", "reward", "ppo")
    ppo, dpo = AssistantState(how="ppo"), AssistantState(how="dpo")
    assert stage_training.missing("tuned", found, ppo) == ""
    assert "**tuned**, once that is trained" in stage_training.missing("reward", found, ppo)
    moves = {"reward"}
    assert stage_training.missing("reward", found, ppo) == "", "another one beside it"
    assert "**reward**, once that is trained" in stage_training.missing("policy", found, ppo)
    assert stage_training.missing("policy", found, dpo) == "", "it follows no reward model"


def test_another_base_is_trained_by_a_click_and_begins_a_chain_of_its_own(
    chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(monkeypatch)
    app = opened()
    app.button(key="train_base").click().run()
    (run,) = begun
    try:
        assert not app.error and not app.warning
        assert asked(app, "base") == run.name == "base-2"
        assert run.config()["model"]["position"] == "rotary"
        assert not {"tuned", "reward", "policy"} & set(app.query_params)
        assert "No run was fine-tuned from this base yet." in opening.said(app)
    finally:
        run.delete()


def test_an_unfinished_run_says_the_step_of_its_numbers_and_why_it_stopped(
    chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("base", "tuned"):
        shutil.copytree(chain / name, tmp_path / name)
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    run = Run(tmp_path / "tuned")
    assert "at step" not in opening.said(opened())
    reason = "its process was ended by signal 9; resume from the last checkpoint"
    run.write_status(replace(run.status(), state="paused", reason=reason))
    measured = [line["step"] for line in run.metrics() if line.get("val_loss") is not None]
    app = opened()
    assert f"at step **{measured[-1]:,}**" in opening.said(app)
    (bar,) = app.get("progress")
    assert bar.proto.text.endswith(reason)


def test_a_stage_says_how_long_it_will_take(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_recipes, "EXAMPLES", 100)
    monkeypatch.setattr(StagePlan, "pace", lambda plan: Pace(0.5, 0.0, 0.0, 4, scores=1.0))
    app = opened(how="dpo")
    key = stage_recipes.pace_key(
        "policy", Chain(stages(), "base", "tuned", "reward", "ppo"), AssistantState(how="dpo")
    )
    app.button(key=f"pace_{key}").click().run()
    training = find("dpo").training_config()
    seconds = 0.5 * training.steps + training.evaluations
    assert f"about **{duration(seconds)}**, 500 ms a step" in opening.said(app)


def test_a_policy_is_trained_with_the_chosen_beta(
    chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(monkeypatch)
    app = opened(how="ppo", beta="0.0")
    app.button(key="train_policy").click().run()
    (run,) = begun
    try:
        config = run.config()
        assert config["training"]["beta"] == 0.0 and config["begun_from"]["reward"] == "reward"
        assert run.name == "ppo-manner-beta-0" and len(run.examples(Comparisons)) == 100
    finally:
        run.delete()


def test_without_a_penalty_the_page_says_what_to_look_for_and_dpo_needs_one() -> None:
    assert "nothing holds it near stage 2" not in opening.said(opened(how="ppo", beta="0.1"))
    assert "reward climbs while the judge’s score falls" in opening.said(
        opened(how="ppo", beta="0.0")
    )
    assert "exact judge’s, which cannot be hacked" in opening.said(opened(how="grpo", beta="0.0"))
    app = opening.opened("assistant", how="dpo", beta="0.0")
    assert not app.error and "DPO learns nothing at β = 0" in opening.said(app)
    slider = app.select_slider(key="link_beta")
    assert slider.value == find("dpo").training_config().beta and "0" not in slider.options
    with pytest.raises(ConfigError, match="beta is 0, and task = dpo learns nothing"):
        find("dpo").training_config(beta=0.0)


def tinted(app: AppTest) -> dict[str, Any]:
    """What the view of coloured answers gets."""
    (data,) = (
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if "pieces" in each.proto.json
    )
    return dict(data)


def test_one_prompt_goes_through_all_stages(chain: Path) -> None:
    app = opened(ask="my big red cup?", number="log_prob", temperature="1.0", seed="3")
    of_view = tinted(app)
    assert [text["title"] for text in of_view["texts"]] == [
        "1 · Base",
        "2 · Fine-tuned",
        "4 · Tuned",
    ]
    tuned = gpt.load(chain / "tuned")
    prompt = tuned.tokenizer.encode("Ⓠmy big red cup?Ⓐ")
    end = tuned.tokenizer.encode("\n")[0]
    steps = list(gpt.generate(tuned.model, prompt, 64, seed=3, stop=end))
    second = of_view["texts"][1]
    pieces = tuned.tokenizer.pieces([*prompt, *(step.id for step in steps)])
    assert second["pieces"] == [visible(piece) for piece in pieces]
    assert second["numbers"][: len(prompt)] == [None] * len(prompt)
    drawn = [np.log(step.probs[step.id]) for step in steps]
    assert second["numbers"][len(prompt) :] == close(drawn)


def test_a_number_that_a_stage_has_not_is_said() -> None:
    texts = tinted(opened(number="advantage"))["texts"]
    assert texts[0]["lacks"] and texts[1]["lacks"] and not texts[2]["lacks"]
    assert [n is not None for n in texts[2]["numbers"]].count(True) > 0


def test_a_kept_answer_has_the_numbers_of_its_file(chain: Path) -> None:
    app = opened(show="rollout", kept="advantage", answer="1")
    files = np.load(chain / "ppo" / "rollouts" / "0000000.npz")
    first = tinted(app)["texts"][0]
    start, end = int(files["starts"][1]), int(files["ends"][1])
    assert first["title"] == "Answer 1" and first["given"] == start
    assert first["numbers"][start:] == close(files["advantages"][1, start:end])
    assert f"reward {files['scores'][1]:+.4f}".replace("-", "−") == first["facts"]


def test_a_policy_that_writes_nothing_to_learn_from_says_so() -> None:
    assert "keeps no answers" in opening.said(opened(show="rollout", policy="dpo"))


def test_a_sign_of_the_template_is_refused(chain: Path) -> None:
    app = opening.opened("assistant", ask="Ⓠmy cup?")
    assert "leave them out" in app.error[0].value
    assert asked(app, "ask") == "Ⓠmy cup?"


def test_curves_and_table_have_the_metrics_of_the_runs(chain: Path) -> None:
    app = opened(show="curves")
    (figure,) = opening.charts(app)
    lines = [
        json.loads(line) for line in (chain / "ppo" / "metrics.jsonl").read_text().splitlines()
    ]
    for panel, field in enumerate(policy_curves.PANELS):
        line = figure["data"][2 * panel]  # of ppo, then of dpo
        assert line["name"] == "ppo (β 0.1)"
        measured = {at["step"]: at[field] for at in lines if at.get(field) is not None}
        assert opening.numbers(line["x"]).tolist() == list(measured)
        assert opening.numbers(line["y"]) == close(list(measured.values()))
    row = next(row for row in opening.said(app).splitlines() if row.startswith("| ppo |"))
    assert (
        f"| {last(chain / 'ppo', 'kl'):.4f} | {last(chain / 'ppo', 'reward'):.3f} |"
        in row.replace("−", "-")
    )


def test_runs_are_chosen_by_beta() -> None:
    beta = f"{find('dpo').training_config().beta:g}"
    app = opened(show="curves", betas=beta)
    names = [line["name"] for line in opening.charts(app)[0]["data"]]
    assert set(names) == {f"dpo (β {beta})"} and asked(app, "betas") == beta


def test_a_reward_is_hacked_if_it_rises_while_the_judge_s_score_falls() -> None:
    def path(rewards: tuple[float, float], scores: tuple[float, float]) -> bool:
        return policy_curves.RewardPath((0, 9), rewards, scores).is_hacked

    assert path((0.5, 4.0), (0.7, 0.3))
    assert not path((0.5, 4.0), (0.7, 0.8)), "both are better"
    assert not path((0.5, 0.4), (0.7, 0.3)), "both are worse"
    assert not path((0.5, 4.0), (0.70, 0.69)), "too little to say so"


def test_the_reward_of_grpo_is_the_judge_s_and_no_learned_one_to_be_hacked() -> None:
    path = policy_curves.RewardPath((50, 150), (0.25, 0.44), (0.9, 0.8))
    words = {
        task: policy_curves._path_words(Stage("run", task, beta=0.1), path)
        for task in ("ppo", "grpo")
    }
    assert "the learned reward of its own answers went from **0.250** to **0.440**" in words["ppo"]
    assert "the judge’s reward of its own answers" in words["grpo"]
    assert "hacked" in words["ppo"] and "hacked" not in words["grpo"]


def test_an_answer_of_grpo_stands_beside_those_of_its_group() -> None:
    rows = tuple(Answered([1, 2, 3, 4], 2) for _ in range(8))
    rewards = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    rollout = Rollout(7, rows, ([-0.5, -0.1],) * 8, rewards, group_size=4)
    # Of the first group the mean is 3/4 and the deviation √3/4; the second one is all alike.
    advantages = [rollout_rows.numbers_of(rollout, n)["advantage"] for n in range(8)]
    assert all(np.isnan(each[:2]).all() for each in advantages)
    own = [float(each[3]) for each in advantages]
    assert own == printed([3**-0.5, -(3**0.5), 3**-0.5, 3**-0.5, 0, 0, 0, 0], 3)
    assert rollout_rows.facts(rollout, 1) == "reward +0.0000 · group 0"
    assert rollout_rows.facts(rollout, 4) == "reward +0.0000 · group 1"


def test_what_a_stage_changed_inside_is_that_of_the_two_models(chain: Path) -> None:
    app = opened(show="inside", changed="tuned", layer="1", head="1", ask="my big red cup?")
    run, tuned = Run(chain / "tuned"), gpt.load(chain / "tuned")
    before, after = initial(run).model, tuned.model
    said = opening.said(app)
    moved = (after.state_dict()["wte.weight"] - before.state_dict()["wte.weight"]).norm()
    assert f"| token embedding | {moved:.4f} |" in said
    norms, losses = (opening.numbers(chart["data"][0]["z"]) for chart in opening.charts(app))
    assert norms == close(weight_change(before, after).heads)
    assert losses == close(1000 * put_back(before, after, stage_loss(run)).of_heads)
    steps = list(
        gpt.generate(after, tuned.tokenizer.encode("Ⓠmy big red cup?Ⓐ"), 63, 0.0, stop=tuned.end)
    )
    ids = [*tuned.tokenizer.encode("Ⓠmy big red cup?Ⓐ"), *(step.id for step in steps)]
    maps = [gpt.trace(model, ids).weights[1, 1] for model in (before, after)]
    data = next(
        bytes(each.proto.bytes)
        for each in app.get("bidi_component")
        if bytes(each.proto.bytes)[:4] in (b"HLAT", b"HLSE")
    )
    header, buffers = decode(data)
    cells = np.tril_indices(header["T"])
    sent = buffers["exact"].reshape(header["L"], header["H"], -1)[1, 1] / header["unit"]
    assert sent == close((maps[1] - maps[0])[cells])


def test_any_stage_is_asked_and_its_turns_stay(chain: Path) -> None:
    app = opened(show="chat", stage="tuned", ask="my big red cup?", temperature="1.0", seed="2")
    tuned = gpt.load(chain / "tuned")
    prompt = tuned.tokenizer.encode("Ⓠmy big red cup?Ⓐ")
    steps = gpt.generate(tuned.model, prompt, 64, seed=2, stop=tuned.end)
    answer = tuned.tokenizer.decode([step.id for step in steps if step.id != tuned.end])
    assert answer in opening.said(app) or not answer.strip()
    app.text_input(key="link_ask").set_value("my tiny old pen?").run()
    said = opening.said(app)
    assert "my big red cup?" in said and "my tiny old pen?" in said
    assert asked(app, "ask") == "my tiny old pen?"


@pytest.fixture
def rated(chain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a fine-tuned run that may be rated, beside its base."""
    for name in ("base", "tuned"):
        shutil.copytree(chain / name, tmp_path / name)
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path))
    return tmp_path / "tuned"


def of_file(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "preferences.jsonl").read_text().splitlines()]


def test_a_rating_is_kept_at_once_and_the_next_pair_comes(rated: Path) -> None:
    app = opened(show="pairs")
    first, second = rate_pairs.pair("tuned", 0), rate_pairs.pair("tuned", 1)
    assert first is not None and second is not None and first.a != first.b
    tuned = gpt.load(rated)
    whole = [
        f"Ⓠ{pair.prompt}Ⓐ{answer}\n" for pair in (first, second) for answer in (pair.a, pair.b)
    ]
    assert max(len(tuned.tokenizer.encode(each)) for each in whole) <= tuned.config.block_size
    assert "Nothing can be told yet from so few: rate 20 more" in opening.said(app)
    app.button(key="rate_b_0").click().run()
    assert of_file(rated) == [
        {"prompt": first.prompt, "chosen": first.b, "rejected": first.a, "tie": False}
    ]
    app.button(key="rate_tie_1").click().run()
    assert of_file(rated)[1]["tie"] and of_file(rated)[1]["prompt"] == second.prompt
    said = opening.said(opened(show="pairs"))
    assert "**2** rated; **1** of them ties" in said and "rate 19 more" in said
    assert "rate_train" not in [button.key for button in app.button]


def test_from_twenty_on_a_reward_model_learns_from_them(
    rated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(monkeypatch)
    for n in range(FEWEST):
        ratings.append(rated, Rating(f"my {'abcdefghij'[n % 10]} cup?", "a b.", "d e f."))
    ratings.append(rated, Rating("my a cup?", "d e f.", "a b."))
    app = opened(show="pairs")
    assert "**1** pairs of answers preferred both ways" in opening.said(app)
    app.button(key="rate_train").click().run()
    assert not app.error
    (run,) = begun
    config = run.config()
    assert config["training"]["task"] == "reward" and config["data"]["examples"] == FEWEST + 1
    assert asked(app, "reward") == run.name == "reward-my-pairs"
    assert "learned from **21** pairs of your own" in opening.said(app)
    said = opening.said(opened(how="dpo", reward=run.name))
    assert "DPO learns from the pairs of **reward-my-pairs** themselves" in said


def handed_over(monkeypatch: pytest.MonkeyPatch, content: str) -> AppTest:
    """The part *Rate pairs* after a file was chosen in its field."""
    file = Handed(str(hash(content)), "mine.jsonl", content.encode())
    monkeypatch.setattr(pairs_file, "files_field", lambda *given, **more: [file])
    return opening.opened("assistant", show="pairs")


PAIR = '{"prompt": "my %s cup?", "chosen": "%s", "rejected": "%s"}\n'


def test_a_reward_model_learns_from_a_file_of_pairs(
    rated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = started(monkeypatch)
    rows = [PAIR % (letter, "a b.", "d e f.") for letter in "abcdefghij"]
    rows += [PAIR % ("a", "d e f.", "a b."), PAIR % ("b", "a b.", "a b.")]
    app = handed_over(monkeypatch, "".join(rows))
    said = opening.said(app)
    assert "**11** pairs of mine" in said and "Ties, which were left out: 1." in said
    assert "Pairs of answers that are preferred both ways: 1." in said
    app.button(key="file_train").click().run()
    assert not app.error
    (run,) = begun
    assert len(run.examples(Comparisons)) == 11 and run.config()["training"]["steps"] == 40
    assert asked(app, "reward") == run.name == "reward-my-pairs"


def test_a_file_of_pairs_that_cannot_be_learned_from_is_refused_and_pairs_are_still_rated(
    rated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = PAIR % ("a", "a b.", "d e f.")
    for content, words in (
        (PAIR % ("a", "a b.", "a b.") * 3, "All 3 comparisons of mine are ties"),
        (good + '{"prompt": "a", "chosen": 3}\n', "line 2 has another layout"),
        (good + "{broken\n", "line 2 has another layout (it is not JSON)"),
    ):
        app = handed_over(monkeypatch, content)
        (error,) = app.error
        assert words in error.value.replace("\\", ""), error.value
        assert "file_train" not in [button.key for button in app.button]
        assert app.button(key="rate_a_0") and "Which answer to" in opening.said(app)


def foreseen(count: int) -> FoldedAccuracy:
    return FoldedAccuracy(Measured(0.7, 0.45, 0.85), count, np.zeros((3, 5)))


def test_the_measurement_goes_on_while_a_person_rates_and_is_there_after_a_reload(
    rated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = threading.Event()

    def measured(parent: object, data: Comparisons, on_fold: Any) -> FoldedAccuracy:
        on_fold(7, 15)
        assert going_on.wait(20)
        return foreseen(len(data))

    monkeypatch.setattr(foreseen_choices, "folded_accuracy", measured)
    for n in range(FEWEST):
        ratings.append(rated, Rating(f"my {'abcdefghij'[n % 10]} cup?", "a b.", "d e f."))
    app = opened(show="pairs")
    app.button(key="rate_measure").click().run()
    app.button(key=f"rate_a_{FEWEST}").click().run()
    known = foreseen_choices.newest(Run(rated), ratings.read(rated))
    assert known is not None and known[0] == FEWEST and known[1].done == 7
    assert "rate_measure" not in [button.key for button in opened(show="pairs").button]
    going_on.set()
    while not known[1].is_over:
        time.sleep(0.01)
    said = opening.said(after := opened(show="pairs"))
    assert f"Of your first {FEWEST} ratings: {foreseen_choices.estimate(foreseen(FEWEST))}" in said
    assert "rate_measure" in [button.key for button in after.button], "there is one rating more"


def test_the_estimate_is_said_with_its_interval() -> None:
    words = foreseen_choices.estimate(foreseen(20))
    assert "**70.0%**" in words and "**45.0%** to **85.0%**" in words and "20 pairs" in words
