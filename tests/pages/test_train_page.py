"""The Train and Runs pages, run without a browser: what they say of settings and of run folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from gpt.errors import FetchError
from gpt.shape_only import count_parameters
from gpt.text import fetch
from gpt.text.corpus import from_builtin
from gpt.text.hidden_tokens import with_mark
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training import expected_loss
from gpt.training.creation import create_run
from gpt.training.estimate import Pace
from gpt.training.jobs import Jobs
from gpt.training.minutes_plan import in_minutes, planned
from gpt.training.presets import find
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from gpt.training.status import Status
from pages.parts.train import training_pace
from tests.pages.opening import said

SECONDS = 60
LENGTH = 20_000  # characters of a generated text


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of runs, and no memory of another test's."""
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    st.cache_resource.clear()
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def opened(page: str, **query: str) -> AppTest:
    """A page of the app, after its first run."""
    app = AppTest.from_function(_navigate, args=(page,), default_timeout=SECONDS)
    app.session_state["text_length"] = LENGTH
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _navigate(first: str) -> None:
    from pathlib import Path

    import streamlit as st

    from gpt.errors import HeadlightError
    from pages.shared import folders

    names = [first, *({"train", "runs", "attention"} - {first})]
    pages = [st.Page(Path(folders.ROOT) / "pages" / f"{name}.py") for name in names]
    try:
        st.navigation(pages).run()
    except HeadlightError as error:
        st.error(str(error))


def new_run(root: Path, name: str, state: str = "paused", **status: object) -> Run:
    """A run that was made and never trained, with a status of its own."""
    corpus = from_builtin("names", length=20_000)
    tokenizer = CharacterTokenizer.of(corpus.text)
    model = find("tiny").model_config(tokenizer.vocab_size)
    run = create_run(root / name, model, TrainingConfig(), corpus, tokenizer, "tiny")
    run.write_status(Status(state, steps=1000, **status))  # type: ignore[arg-type]
    return run


def texts(app: AppTest) -> str:
    """Everything that a person can read on the page."""
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning]
    return "\n".join(part.value.replace("\\", "") for part in parts)


# -- the form -----------------------------------------------------------------------------------


def test_the_form_says_what_a_run_would_be(root: Path) -> None:
    app = opened("train")
    assert not app.exception
    words = texts(app)
    text = from_builtin("plays", length=LENGTH).text
    vocabulary = len(set(text))
    parameters = count_parameters(find("tiny").model_config(vocabulary))
    assert f"**{len(text):,}** characters" in words
    assert f"V = **{vocabulary}**" in words
    assert f"**{parameters:,}** parameters" in words
    guess = in_minutes(
        find("tiny").model_config(vocabulary), find("tiny").training_config(minutes=1.0)
    )
    assert f"about **{guess.steps:,}** steps" in words and "guessed" in words
    assert app.text_input(key="train_name").placeholder == "tiny"
    assert not list(root.iterdir())


def test_a_link_opens_the_form_as_it_was(root: Path) -> None:
    app = opened("train", preset="copy", text="names")
    assert app.selectbox(key="link_preset").value == "copy"
    assert app.selectbox(key="link_text").value == "names"


def test_a_preset_brings_its_own_text_unless_one_was_chosen(root: Path) -> None:
    app = opened("train")
    app.selectbox(key="link_preset").select("copy").run()
    assert app.selectbox(key="link_text").value == "copy"
    app.selectbox(key="link_text").select("names").run()
    app.selectbox(key="link_preset").select("tiny").run()
    assert app.selectbox(key="link_text").value == "names"


def test_channels_that_do_not_divide_are_said_and_nothing_is_lost(root: Path) -> None:
    app = opened("train")
    app.number_input(key="train_tiny_steps").set_value(77).run()
    app.segmented_control(key="train_details").select("Architecture").run()
    app.number_input(key="train_tiny_n_embd").set_value(65).run()
    assert "n_embd = 65 is not divisible by n_head = 4" in texts(app)
    assert _train_button(app).disabled
    assert app.number_input(key="train_tiny_steps").value == 77
    app.number_input(key="train_tiny_n_embd").set_value(68).run()
    assert not _train_button(app).disabled


def test_settings_that_are_closed_again_keep_their_values(root: Path) -> None:
    app = opened("train")
    app.segmented_control(key="train_details").select("Architecture").run()
    app.number_input(key="train_tiny_n_layer").set_value(3).run()
    app.segmented_control(key="train_details").select("Settings").run()
    vocabulary = len(set(from_builtin("plays", length=LENGTH).text))
    with_three = count_parameters(find("tiny").model_config(vocabulary, n_layer=3))
    assert f"**{with_three:,}** parameters" in texts(app)


def test_a_model_larger_than_the_machine_is_refused(root: Path) -> None:
    app = opened("train")
    app.segmented_control(key="train_details").select("Architecture").run()
    app.number_input(key="train_tiny_n_embd").set_value(16384).run()
    app.number_input(key="train_tiny_n_layer").set_value(200).run()
    assert "of memory, and" in texts(app)
    assert _train_button(app).disabled


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "<b>", "x" * 65])
def test_a_name_that_cannot_name_a_folder_is_refused(root: Path, name: str) -> None:
    app = opened("train", text="names")
    app.text_input(key="train_name").set_value(name)
    _train_button(app).click().run()
    assert "cannot name a run" in texts(app)
    assert not list(root.iterdir()) and not (root.parent / "out").exists()


def test_a_name_that_is_taken_is_refused_and_another_suggested(root: Path) -> None:
    new_run(root, "tiny")
    app = opened("train", text="names")
    assert app.text_input(key="train_name").placeholder == "tiny-2"
    app.text_input(key="train_name").set_value("tiny")
    _train_button(app).click().run()
    assert "there is a run 'tiny' already" in texts(app)


def test_tiny_shakespeare_is_fetched_by_a_button_and_says_what_hinders_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_CACHE", str(root / "nothing"))
    monkeypatch.setattr(fetch, "_download", _without_network)
    app = opened("train", text="tinyshakespeare")
    assert "python -m gpt fetch shakespeare" in texts(app)
    assert _train_button(app).disabled
    (button,) = [button for button in app.button if button.label.startswith("Fetch")]
    button.click().run()
    assert "no route" in texts(app) and "choose the invented plays" in texts(app)
    assert "--text FILE" not in texts(app) and not app.exception


def _without_network(name: str, source: fetch.Source) -> bytes:
    raise FetchError(f"{name}: no route. {source.otherwise}")


# -- the dials ----------------------------------------------------------------------------------


def test_a_size_brings_its_minutes_unless_some_were_chosen(root: Path) -> None:
    app = opened("train", text="names")
    dial(app, "train_size").set_value("small").run()
    assert app.selectbox(key="link_preset").value == "small"
    assert dial(app, "link_minutes").value == "5"
    dial(app, "link_minutes").set_value("15").run()
    dial(app, "train_size").set_value("tiny").run()
    assert dial(app, "link_minutes").value == "15"


def test_hidden_words_are_learned_by_an_encoder(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    app = opened("train", task="masked", text="names")
    assert not app.warning and "It should come to" not in texts(app)
    menu = app.selectbox(key="link_tokenizer")
    assert (menu.value, len(menu.options)) == ("words", 3)
    dial(app, "train_details").set_value("Architecture").run()
    drawn = {box.label for box in app.selectbox}
    assert "position" in drawn and not {"mask", "pool", "Preset"} & drawn
    menu.set_value("characters").run()
    characters = CharacterTokenizer.of(with_mark(from_builtin("names", length=LENGTH).text))
    assert f"V = **{characters.vocab_size}**" in texts(app)
    _train_button(app).click().run()
    assert not app.error and not app.exception
    run = Run(root / "fill-in")
    assert run.tokenizer().to_json() == characters.to_json()
    written = run.config()
    assert (written["training"]["task"], written["model"]["mask"]) == ("masked", "none")
    assert app.query_params["task"] == "masked" and "preset" not in app.query_params


def test_another_preset_has_its_own_steps(root: Path) -> None:
    app = opened("train", preset="copy")
    assert dial(app, "train_size").value is None
    assert dial(app, "link_minutes").value == "steps"
    assert "time not measured yet" in texts(app)


def test_beside_another_run_the_steps_stay_guessed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    monkeypatch.setattr(Jobs, "current", lambda self: "another")
    monkeypatch.setattr(training_pace, "measure", lambda *settings: pytest.fail("it was measured"))
    app = opened("train", text="names", minutes="5")
    assert "guessed; the run measures its own pace when its turn comes" in texts(app)
    _train_button(app).click().run()
    training = Run(root / "tiny").training_config()
    model = find("tiny").model_config(Run(root / "tiny").config()["model"]["vocab_size"])
    settings = find("tiny").training_config(documents="lines", minutes=5.0)
    assert training.steps == in_minutes(model, settings).steps


def test_what_is_foretold_is_kept_and_stands_beside_what_was_reached(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    pace = Pace(step=0.02, batch=0.01, token=0.001, steps=4)
    monkeypatch.setattr(training_pace, "measure", lambda *settings: pace)
    app = opened("train", text="names", minutes="5")
    assert "It should come to about" in texts(app)
    _train_button(app).click().run()
    run = Run(root / "tiny")
    config, training = run.config(), run.training_config()
    assert (training.minutes, training.schedule) == (5.0, "linear")
    settings = find("tiny").training_config(documents="lines")
    assert training.steps == planned(settings, 5.0, pace).steps  # measured when Train was pressed
    corpus = from_builtin("names", length=LENGTH)
    counted = expected_loss.counted(corpus, "lines")
    counts = run.counts()
    assert counts is not None
    model = find("tiny").model_config(config["model"]["vocab_size"])
    by_hand = expected_loss.expect(counted, corpus, model, training, counts.characters_per_token)
    assert config["expected"] == by_hand.to_dict()
    run.append_metrics({"step": 0, "val_loss": 3.0, "train_loss": 3.0})
    foretold = config["expected"]["loss"]
    words = texts(opened("train"))  # the newest run is there without a choice
    assert f"expected **{foretold:.2f}** ±" in words and "so far **3.0000**" in words


def test_a_prompt_to_watch_is_kept_and_one_that_cannot_be_read_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "start", lambda self, run: None)
    app = opened("train", text="names", probe="π")
    assert "The probe has 'π'" in texts(app) and _train_button(app).disabled
    app.text_input(key="link_probe").set_value("emma↵an").run()
    _train_button(app).click().run()
    assert Run(root / "tiny").config()["data"]["probe"] == "emma\nan"


def test_a_text_is_pasted(root: Path) -> None:
    app = opened("train", text="pasted")
    assert "Nothing pasted yet" in texts(app) and _train_button(app).disabled
    app.text_area(key="train_pasted").set_value("to be or not to be\n" * 200).run()
    assert "**3,800** characters" in texts(app)
    assert not _train_button(app).disabled


def dial(app: AppTest, key: str) -> Any:
    (control,) = [each for each in app.segmented_control if each.key == key]
    return control


# -- the panel ----------------------------------------------------------------------------------


def test_an_interrupted_run_says_so_and_can_be_resumed(root: Path) -> None:
    new_run(root, "lost", "running", step=12, host="elsewhere", heartbeat=1.0)
    app = opened("train", run="lost")
    assert "interrupted" in texts(app) and "its process is gone" in texts(app)
    assert not app.button(key="do_Resume").disabled
    assert app.button(key="do_Pause").disabled


def test_a_failed_run_says_why(root: Path) -> None:
    new_run(root, "wild", "failed", step=3, reason="the loss became nan at step 3")
    assert "the loss became nan at step 3" in texts(opened("train", run="wild"))


def test_a_run_that_is_not_there_is_said(root: Path) -> None:
    assert "no run 'ghost' here" in texts(opened("train", run="ghost"))


def test_a_run_that_was_only_shared_cannot_be_resumed(root: Path) -> None:
    run = new_run(root, "shared", "done", step=5)
    (run.path / "model.safetensors").write_bytes(b"")
    app = opened("train", run="shared")
    assert app.button(key="do_Resume").disabled
    assert "shared to be looked at" in app.button(key="do_Resume").help


# -- runs ---------------------------------------------------------------------------------------


def test_no_run_yet_says_what_to_do(root: Path) -> None:
    assert "Train one on the Train page" in texts(opened("runs"))


def test_broken_folders_are_listed_with_their_reason_and_hide_nobody(root: Path) -> None:
    new_run(root, "fine")
    (root / "empty").mkdir()
    for name, content in {"cut": '{"model": {', "foreign": "[]", "odd": '{"model": 5}'}.items():
        (root / name).mkdir()
        (root / name / "config.json").write_text(content)
    run = new_run(root, "strange")
    config = run.config()
    config["model"]["n_head"] = 7
    (run.path / "config.json").write_text(json.dumps(config))
    app = opened("runs")
    assert not app.exception
    table = app.dataframe[0].value.set_index("name")
    assert table.loc["fine", "state"] == "paused"
    broken = set(table.index[table["state"] == "broken"])
    assert broken == {"empty", "cut", "foreign", "odd", "strange"}
    assert "missing" in table.loc["empty", "note"]
    assert "not JSON" in table.loc["cut", "note"]
    assert "n_embd = 64 is not divisible by n_head = 7" in table.loc["strange", "note"]


def test_status_of_other_types_is_no_accident(root: Path) -> None:
    run = new_run(root, "odd")
    (run.path / "status.json").write_text('{"state": 5, "step": "many", "best_val_loss": "low"}')
    assert not opened("runs").exception


def test_a_full_loss_that_was_measured_is_shown(root: Path) -> None:
    run = new_run(root, "tiny")
    (run.path / "evaluation.json").write_text('{"val_loss": 1.4789}')
    table = opened("runs").dataframe[0].value
    assert table["full"].tolist() == [1.4789]


def test_a_shipped_run_cannot_be_deleted(root: Path) -> None:
    new_run(root, "copy")
    app = opened("runs", runs="copy")
    (delete,) = [button for button in app.button if button.label == "Delete"]
    assert delete.disabled and delete.help == "It comes with Headlight."


def test_a_deleted_run_can_be_put_back_after_a_reload_too(root: Path) -> None:
    new_run(root, "mine")
    new_run(root, "other")
    kept = (root / "mine" / "config.json").read_bytes()
    app = opened("runs", runs="mine")
    app.button("runs_delete_mine").click().run()
    assert not (root / "mine").exists() and (root / "other").is_dir()
    assert "**mine** was deleted." in said(app) and not app.exception
    app = opened("runs")
    app.button("runs_undo").click().run()
    assert (root / "mine" / "config.json").read_bytes() == kept
    assert not app.exception and not [b for b in app.button if b.key == "runs_undo"]
    assert app.query_params["runs"] in ("mine", ["mine"])


def test_all_runs_deleted_leave_the_way_back(root: Path) -> None:
    new_run(root, "mine")
    app = opened("runs", runs="mine")
    app.button("runs_delete_mine").click().run()
    assert "No run yet" in said(app) and app.button("runs_undo").label == "Undo"
    app.button("runs_empty").click().run()
    assert not list((root / ".trash").iterdir())
    assert not [button for button in app.button if button.key == "runs_undo"]


def _train_button(app: AppTest) -> Button:
    (button,) = [button for button in app.button if button.label == "Train"]
    return button


def test_a_preset_brings_its_tokenizer_unless_one_was_chosen(root: Path) -> None:
    app = opened("train", preset="tales")
    assert app.selectbox(key="link_text").value == "upload"
    assert app.selectbox(key="link_tokenizer").value == "bpe"
    assert app.number_input(key="link_vocab").value == 3072
    app.selectbox(key="link_preset").select("tiny").run()
    assert app.selectbox(key="link_tokenizer").value == "characters"
    app.selectbox(key="link_tokenizer").select("bpe").run()
    assert app.number_input(key="link_vocab").value == 512
    app.selectbox(key="link_tokenizer").select("bytes").run()
    app.selectbox(key="link_preset").select("tales").run()
    assert app.selectbox(key="link_tokenizer").value == "bytes"
