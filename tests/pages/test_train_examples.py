"""Train: the task is chosen first, and its form has its own examples and settings alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import gpt
from gpt.text import labelled
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training.data import split_examples
from gpt.training.loop import train
from gpt.training.runs import Run
from pages.parts.train import examples_reading
from pages.shared import run_state
from pages.shared.uploads import Handed
from tests.gpt import tiny
from tests.pages import opening

Upload = Callable[..., None]


@pytest.fixture(autouse=True)
def started(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that were started; none of them really trains."""
    names: list[str] = []
    monkeypatch.setattr(run_state, "resume", lambda run: names.append(run.name))
    return names


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch) -> Upload:
    """Have these files in the field, as name=content."""

    def put(**contents: str) -> None:
        files = [
            Handed(f"{name} {hash(text)}", name.replace("_", "."), text.encode())
            for name, text in contents.items()
        ]
        monkeypatch.setattr(examples_reading, "files_field", lambda *_, **__: files)

    return put


def opened(**query: Any) -> AppTest:
    app = opening.opened("train", **query)
    assert not app.error and not app.warning
    return app


def press(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Train").click().run()
    assert not app.exception and not app.error


def config(checkpoints: Path, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((checkpoints / name / "config.json").read_text())
    return loaded


def labels(app: AppTest) -> set[str]:
    return {each.label for each in (*app.selectbox, *app.number_input)}


def test_labelling_has_labels_and_no_documents(checkpoints: Path, started: list[str]) -> None:
    app = opened(task="classify")
    assert "K = **2** labels" in opening.said(app)
    app.segmented_control(key="examples_details").set_value("Architecture").run()
    assert "pool" in labels(app) and "n_encoder_layer" not in labels(app)
    app.selectbox(key="train_reviews_pool").set_value("first").run()
    app.segmented_control(key="examples_details").set_value("Settings").run()
    assert "token_dropout" in labels(app) and not {"documents", "task"} & labels(app)
    press(app)
    assert started == ["reviews"]
    written = config(checkpoints, "reviews")
    assert written["labels"] == ["negative", "positive"]
    assert written["training"]["task"] == "classify"
    assert (written["model"]["n_class"], written["model"]["pool"]) == (2, "first")


def test_translating_has_an_encoder_and_two_vocabularies(
    checkpoints: Path, started: list[str]
) -> None:
    app = opened(task="translate", examples="numbers-fr")
    assert next(one for one in app.selectbox if one.key == "link_recipe").value == "numbers-fr"
    app.segmented_control(key="examples_details").set_value("Examples").run()
    assert "0  →  zéro" in opening.said(app)
    app.segmented_control(key="examples_details").set_value("Architecture").run()
    assert "n_encoder_layer" in labels(app) and "pool" not in labels(app)
    app.text_input(key="train_name").set_value("mine").run()
    press(app)
    assert started == ["mine"]
    assert app.text_input(key="train_name").value == ""  # the next run has another name
    model = config(checkpoints, "mine")["model"]
    assert model["n_encoder_layer"] == 2 and model["source_vocab_size"] == 11
    assert (checkpoints / "mine" / "source_tokenizer.json").is_file()


def test_the_task_is_in_the_url_and_the_other_form_keeps_its_own() -> None:
    app = opened(task="translate", examples="reverse")
    menu = next(one for one in app.segmented_control if one.key == "link_task")
    menu.set_value("next").run()
    assert not app.error and any(one.label == "Text" for one in app.selectbox)
    next(one for one in app.segmented_control if one.key == "link_task").set_value(
        "translate"
    ).run()
    assert next(one for one in app.selectbox if one.key == "link_examples").value == "reverse"


def test_a_choice_for_another_task_is_no_fault_of_this_one() -> None:
    app = opened(task="classify")
    menu("recipe", app).set_value("sentiment").run()
    switch(app, "translate")
    assert not app.warning and menu("recipe", app).value == "numbers-en"
    menu("examples", app).set_value("reverse").run()
    switch(app, "classify")
    assert not app.warning
    assert (menu("examples", app).value, menu("recipe", app).value) == ("reviews", "sentiment")
    assert opening.opened("train", task="translate", examples="reviews").warning


def menu(name: str, app: AppTest) -> Any:
    return next(one for one in app.selectbox if one.key == f"link_{name}")


def switch(app: AppTest, task: str) -> None:
    tasks = next(one for one in app.segmented_control if one.key == "link_task")
    tasks.set_value(task).run()


TABLE = "id\tfrench\tenglish\n" + "".join(
    f"{n}\tphrase {word} ici\tsentence {word} here\n" for n, word in enumerate("abcdefghijkl" * 2)
)


def test_columns_of_a_table_are_chosen(upload: Upload, checkpoints: Path) -> None:
    upload(pairs_tsv=TABLE)
    app = opened(
        task="translate", examples="upload", recipe="reverse", first="english", second="french"
    )
    press(app)
    stored = (checkpoints / "reverse" / "text" / "examples.tsv").read_text().splitlines()
    assert "sentence a here\tphrase a ici" in stored


def test_a_file_a_class(upload: Upload, checkpoints: Path) -> None:
    words = "one two three four five six seven eight nine ten".split()
    good = "".join(f"a good {word} film\n" for word in words)
    upload(good_txt=good, bad_txt=good.replace("good", "bad"))
    app = opened(task="classify", examples="upload")
    assert next(one for one in app.selectbox if one.key == "link_recipe").value == "sentiment"
    press(app)
    assert config(checkpoints, "sentiment")["labels"] == ["good", "bad"]


@pytest.mark.parametrize(
    ("task", "files", "words"),
    [
        ("classify", {"one_txt": "a\nb\nc\n"}, "one class only"),
        ("classify", {"all_tsv": "text\tlabel\na b\tx\nb c\tx\nc d\ty\n"}, "once"),
        ("translate", {"all_tsv": "a\tb\nc d\nd\te\n"}, "line 2"),
        ("translate", {"all_tsv": "source\ttarget\na b\t\nb c\td e\n"}, "line 2"),
        ("translate", {"a_txt": "x\ny\n", "b_txt": "x\ny\n"}, "same as its source"),
    ],
)
def test_what_is_wrong_with_files_is_said(
    upload: Upload, task: str, files: dict[str, str], words: str
) -> None:
    upload(**files)
    app = opening.opened("train", task=task, examples="upload")
    assert app.error and words in opening.said(app), opening.said(app)
    assert next(button for button in app.button if button.label == "Train").disabled


def test_what_trained_is_a_run_of_that_kind(checkpoints: Path) -> None:
    app = opened(task="translate", examples="reverse")
    app.number_input(key="train_reverse_steps").set_value(3).run()
    press(app)
    train(Run(checkpoints / "reverse"))
    assert gpt.load(checkpoints / "reverse").kind == "encoder-decoder"
    watched = opening.opened("train", run="reverse")
    assert not watched.error and "step 3 of 3" in watched.get("progress")[0].proto.text


def test_a_tokenizer_is_chosen_and_what_it_does_to_the_examples_is_said(
    checkpoints: Path,
) -> None:
    app = opened(task="classify", pieces="words", pieces_vocab=40)
    assert "V = **40**" in opening.said(app)
    said = opening.said(app)
    line = next(one for one in said.splitlines() if one.startswith("Held-out texts take"))
    assert "tokens of 40" in line and "[UNK], words that the vocabulary lacks" in line
    press(app)
    stored = labelled.from_builtin("reviews")
    run = Run(checkpoints / "reviews")
    tokenizer = run.tokenizer()
    held_out = stored.take(split_examples(stored).validation.tolist()[:2000]).texts
    rows = [tokenizer.encode_part(text) for text in held_out]
    ids = [id for row in rows for id in row]
    assert f"{len(ids) / len(rows):.1f} tokens" in line
    assert f"{ids.count(0) / len(ids):.1%} of them" in line


def test_both_sides_share_a_vocabulary_that_was_chosen(checkpoints: Path) -> None:
    app = opened(task="translate", examples="reverse", pieces="bytes")
    assert "source V" not in opening.said(app) and "targets take" in opening.said(app)
    press(app)
    assert config(checkpoints, "reverse")["model"]["vocab_size"] == 256
    assert not (checkpoints / "reverse" / "source_tokenizer.json").exists()


def test_a_tokenizer_that_makes_texts_too_long_is_refused_at_once() -> None:
    app = opening.opened("train", task="translate", examples="numbers-fr", pieces="characters")
    assert "block_size" in opening.said(app) and app.error
    assert next(button for button in app.button if button.label == "Train").disabled


def test_a_classifier_starts_from_a_run(checkpoints: Path, started: list[str]) -> None:
    reader = tiny.new_run(
        checkpoints / "reader", tiny.names(3_000), {"block_size": 200}, ByteTokenizer(), steps=1
    )
    train(reader)
    app = opened(task="classify", start_from="reader")
    assert "body of **reader**" in opening.said(app)
    app.segmented_control(key="examples_details").set_value("Architecture").run()
    assert "pool" in labels(app) and "n_layer" not in labels(app)
    press(app)
    written = config(checkpoints, "fine-tune")
    assert written["begun_from"]["run"] == "reader" and started == ["fine-tune"]
    assert written["model"]["n_embd"] == tiny.MODEL["n_embd"]


def test_a_run_that_does_not_fit_is_refused_with_the_reason(checkpoints: Path) -> None:
    train(tiny.new_run(checkpoints / "letters", steps=1))  # it read names, in capitals too
    app = opening.opened("train", task="classify", start_from="letters")
    assert "The vocabulary of letters lacks" in opening.said(app)
    assert next(button for button in app.button if button.label == "Train").disabled
    app = opening.opened("train", task="classify", start_from="nobody")
    assert "there is no such run" in opening.said(app)
