"""Tokens that are no text by themselves, on the pages: frames, bytes, parts of words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gpt.__main__ import main
from gpt.checkpoint import Checkpoint, load
from gpt.convert import result
from gpt.inspect.generation import generate
from gpt.inspect.trace import trace
from gpt.nn.config import GPTConfig
from gpt.text.corpus import Corpus, Document
from gpt.text.tokenizer import CharacterTokenizer, Tokenizer
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training import snapshots
from gpt.training.creation import create_run
from gpt.training.loop import train
from gpt.training.settings import TrainingConfig
from pages.parts.embeddings import embedding_data
from pages.parts.generate.branches import branch_label, from_link, to_link
from pages.parts.head import story_numbers
from pages.shared.loads import Look
from pages.tour import guide, stop_link
from tests.close import close
from tests.gpt import tiny
from tests.gpt.text.samples import sample
from tests.pages import opening


def imported(path: Path, tokenizer: Tokenizer, **settings: object) -> Path:
    """A random model as the folder of an imported run."""
    model = tiny.random_model(tiny.config(vocab_size=tokenizer.vocab_size, **settings))
    result.save(result.checkpoint("gpt2", Path("theirs"), model, tokenizer), path)
    return path


def read(path: Path, **settings: object) -> Checkpoint:
    return load(imported(path, sample("word pieces"), **settings))


def test_a_decoder_reads_the_beginning_of_a_text_and_an_encoder_the_whole(tmp_path: Path) -> None:
    whole = ["[CLS]", "the", "cat", "##s", "[SEP]"]
    decoder, encoder = read(tmp_path / "decoder"), read(tmp_path / "encoder", mask="none")
    assert decoder.tokenizer.pieces(decoder.ids_of("the cats")) == whole[:-1]
    assert encoder.tokenizer.pieces(encoder.ids_of("the cats")) == whole
    assert decoder.last_ids("the cats") == decoder.ids_of("the cats")
    long = encoder.last_ids("the cat " * 40)
    assert len(long) == encoder.config.block_size
    assert encoder.tokenizer.pieces([long[0], long[-1]]) == ["[CLS]", "[SEP]"]


def test_an_encoder_reads_a_second_context_whole(checkpoints: Path) -> None:
    encoder = read(checkpoints / "encoder", mask="none")
    whole = encoder.ids_of("the cats")
    query = dict(run="encoder", prompt="the cat the cats", part="Two contexts", other="the cats")
    app = opening.opened("residual", **query, position="1")
    one, other = (trace(encoder.model, ids) for ids in (encoder.ids_of("the cat the cats"), whole))
    a, b = (t.residual[-1][1].astype(float) for t in (one, other))  # "the", which is second in both
    (chart,) = opening.charts(app)
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert opening.numbers(chart["data"][0]["y"])[-1] == pytest.approx(cosine, abs=1e-5)


def test_a_second_context_that_is_too_long_keeps_its_frame(checkpoints: Path) -> None:
    encoder = read(checkpoints / "encoder", mask="none")
    long = "the cat " * 40
    query = dict(run="encoder", prompt="the cats", part="Two contexts", other=long)
    app = opening.opened("residual", **query, position="4")  # "[SEP]", last in both
    one, other = (trace(encoder.model, encoder.last_ids(text)) for text in ("the cats", long))
    a, b = (t.residual[-1][-1].astype(float) for t in (one, other))
    (chart,) = opening.charts(app)
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert opening.numbers(chart["data"][0]["y"])[-1] == pytest.approx(cosine, abs=1e-5)


def test_a_second_context_begins_at_a_character_and_has_no_frame(checkpoints: Path) -> None:
    imported(checkpoints / "bytes", ByteTokenizer())
    imported(checkpoints / "encoder", sample("word pieces"), mask="none")
    for run, prompt, own in (("bytes", "日本日", "日"), ("encoder", "the cats", "cats")):
        app = opening.opened("residual", run=run, prompt=prompt, part="Two contexts", position="1")
        assert not app.error
        assert next(t.value for t in app.text_input if t.label == "Second context") == own


def test_a_decoder_of_a_frame_continues_the_text_and_not_its_end(
    checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decoder = read(checkpoints / "decoder")
    begun = decoder.tokenizer.encode("the cat")[:-1]  # without [SEP]
    following = [step.id for step in generate(decoder.model, begun, 2, temperature=0)]
    ask = ["generate", str(decoder.path), "--prompt", "the cat", "--tokens", "2"]
    assert main([*ask, "--temperature", "0"]) == 0
    assert capsys.readouterr().out == decoder.tokenizer.decode([*begun, *following]) + "\n"
    app = opening.opened("generate", run="decoder", prompt="the cat")
    (chart,) = opening.charts(app)
    shares = opening.numbers(chart["data"][0]["x"])
    assert shares[0] == close(trace(decoder.model, begun).probs[-1].max())


@pytest.mark.parametrize("name", ["word pieces", "llama", "bytes", "characters"])
def test_nothing_generated_is_no_token_in_the_link(name: str) -> None:
    tokenizer = sample(name)
    assert to_link((), tokenizer) == ""
    assert from_link("", tokenizer) == ()


@pytest.mark.parametrize("name", ["word pieces", "llama", "bytes", "byte level"])
def test_a_link_gives_back_the_tokens_that_it_was_made_of(name: str) -> None:
    tokenizer = sample(name)
    for ids in ((5,), (2, 3), tuple(tokenizer.encode("the cat")), (3, 6, 6, 8, 3)):
        assert from_link(to_link(ids, tokenizer), tokenizer) == ids


def test_a_branch_is_named_by_its_text() -> None:
    assert branch_label((*"日本".encode(),), (), sample("bytes")) == "after 0: 日本"
    words = sample("word pieces")
    ids = tuple(words.encode_part("the cats"))
    assert branch_label(ids, ids[:1], words) == "after 1: ·cats"


def test_one_head_names_tokens_by_their_pieces(
    checkpoints: Path,
) -> None:
    path = imported(checkpoints / "bytes", ByteTokenizer())
    ids = tuple(load(path).ids_of("日本"))
    story = story_numbers.story_of(Look("bytes", ids), (0, 0), (3, 1))
    known = set(sample("bytes").pieces(range(256)))
    assert story.tokens[0] == "⟨0xE6⟩"
    assert story.shares.tokens and set(story.shares.tokens) <= known
    assert "�" not in story.shares.tokens


@pytest.fixture(scope="module")
def japanese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: one of bytes, whose held-out tenth begins and ends amid characters."""
    root = tmp_path_factory.mktemp("japanese")
    corpus = Corpus("text", (Document("text", "日本" * 201),))
    run = tiny.new_run(
        root / "bytes",
        corpus=corpus,
        tokenizer=ByteTokenizer(),
        model={"vocab_size": 256, "block_size": 32},
    )
    train(run)
    return root


def test_a_run_is_probed_with_whole_characters(japanese: Path) -> None:
    run = japanese / "bytes"
    ids = snapshots.read(run, snapshots.steps(run)[0]).ids.tolist()
    text = load(run).tokenizer.decode(ids)
    assert "�" not in text
    assert [*text.encode()] == ids
    assert 29 < len(ids) <= 32


@pytest.mark.parametrize("page", ["attention", "generate", "runs"])
def test_the_prompt_that_a_page_opens_with_is_whole(
    japanese: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setenv("HEADLIGHT_CHECKPOINTS", str(japanese))
    app = opening.opened(page, run="bytes")
    prompts = [field.value for field in app.text_input if field.label == "Prompt"]
    assert prompts or page == "runs"
    assert all(set(prompt) <= {"日", "本"} for prompt in prompts)
    assert "The prompt has" not in opening.said(app)


@pytest.mark.parametrize(
    ("name", "prompt", "opened"),
    [
        ("bytes", "日本日本", "日本日"),
        ("framed", "the cats", "the cat"),
        ("letters", "abab", "aba"),
    ],
)
def test_a_tour_withholds_whole_characters_and_no_frame(
    checkpoints: Path, name: str, prompt: str, opened: str
) -> None:
    own = {"bytes": ByteTokenizer(), "framed": sample("word pieces")}
    imported(checkpoints / name, own.get(name, CharacterTokenizer.of("ab")))
    stop = replace(
        next(stop for stop in guide.every_stop() if stop.name == "previous"),
        prompt=prompt,
        head=None,
        withheld=1,
    )
    assert stop_link.link(stop, name)["prompt"] == opened


def test_pages_open_on_the_probe_that_a_person_chose(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, corpus = "a king and his sons", tiny.names()
    tokenizer = CharacterTokenizer.of(corpus.text + probe)
    model = GPTConfig(**{**tiny.MODEL, "block_size": 32, "vocab_size": tokenizer.vocab_size})
    settings = TrainingConfig(**{**tiny.TRAINING, "steps": 4})
    train(create_run(checkpoints / "probed", model, settings, corpus, tokenizer, probe=probe))
    for page in ("attention", "runs"):
        app = opening.opened(page, run="probed")
        prompts = [field.value for field in app.text_input if field.label == "Prompt"]
        assert prompts == [probe] or page == "runs"
        assert not app.error


def test_embeddings_take_a_word_of_a_tokenizer_with_a_frame(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = sample("word pieces")
    imported(checkpoints / "framed", tokenizer)
    monkeypatch.setattr(embedding_data, "MOST", tokenizer.vocab_size - 1)
    monkeypatch.setattr(embedding_data, "FITTED", dict.fromkeys(embedding_data.FITTED, 9))
    app = opening.opened("embeddings", run="framed", prompt="the cat")
    (field, *_) = [one for one in app.text_input if one.label != "Prompt"]
    field.set_value("cat").run()
    assert not app.exception
    assert not app.error
    assert "is not one token" not in opening.said(app)
