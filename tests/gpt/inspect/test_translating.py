"""translate: greedy and by beam search, and one token at a time with `generate`."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError, PromptError
from gpt.inspect.reader import Reader
from gpt.inspect.translating import beam_search, greedy, padded, target_loss, translate
from gpt.nn.encoder_decoder import EncoderDecoder
from tests.close import ABS, close
from tests.gpt.other_kinds import classifier_run, drawn, translator_run
from tests.gpt.two_texts import CONFIG, V, source_ids

START, END = [3, 1], 5
SOURCES = [source_ids(19), source_ids(7)[::-1], source_ids(12)[2:]]


def model(seed: int = 2) -> EncoderDecoder:
    """A model that writes texts of several lengths."""
    drawn_model = drawn(CONFIG, seed)
    assert isinstance(drawn_model, EncoderDecoder)
    return drawn_model


def log_probs(of: EncoderDecoder, source: list[int], target: list[int]) -> np.ndarray:
    """(T, V): from a whole pass, without any cache."""
    with torch.no_grad():
        logits = of(torch.tensor([[*START, *target]]), source=torch.tensor([source]))[0]
    return torch.log_softmax(logits.double(), -1).numpy()[len(START) - 1 :]


def likeliest(of: EncoderDecoder, source: list[int]) -> list[int]:
    """The greedy target, the whole text read again for each token."""
    written: list[int] = []
    for _ in range(CONFIG.block_size - len(START) + 1):
        token = int(log_probs(of, source, written)[-1].argmax())
        if token == END:
            break
        written.append(token)
    return written


@pytest.mark.parametrize("seed", range(4))
def test_greedy_takes_the_likeliest_token_of_each_whole_pass(seed: int) -> None:
    expected = [likeliest(model(seed), source) for source in SOURCES]
    assert greedy(model(seed), SOURCES, START, END) == expected
    assert greedy(model(seed), SOURCES, START, END, batch_size=2) == expected
    assert greedy(model(seed), SOURCES, START, END, most=2) == [ids[:2] for ids in expected]


def test_the_loss_of_a_target_is_the_mean_over_its_tokens_and_its_end() -> None:
    of, target = model(), [2, 4, END]
    rows = log_probs(of, SOURCES[0], target[:-1])
    expected = -np.mean([rows[n, id] for n, id in enumerate(target)])
    assert target_loss(of, SOURCES[0], START, target) == close(expected)


@pytest.mark.parametrize("cache", [True, False])
def test_generate_writes_the_same_token_by_token(cache: bool) -> None:
    for source in SOURCES:
        steps = gpt.generate(
            model(), START, 11, top_k=1, seed=1, cache=cache, stop=END, source=source
        )
        written = [step.id for step in steps]
        expected = likeliest(model(), source)
        assert written == ([*expected, END] if len(expected) < 12 else expected)[:11]


def test_one_beam_is_greedy() -> None:
    for source in SOURCES:
        search = beam_search(model(), source, START, END, beams=1)
        assert search.best == likeliest(model(), source)


def test_beams_as_many_as_there_are_texts_find_the_likeliest_of_all() -> None:
    most, source = 2, SOURCES[1]
    of = model()
    first = log_probs(of, source, [])[0]
    best, best_score = [], first[END]
    for a, b in itertools.product(range(V), repeat=2):
        if END not in (a, b):
            continue
        if a == END:
            continue
        score = first[a] + log_probs(of, source, [a])[1][b]
        if score > best_score:
            best, best_score = [a], score
    search = beam_search(of, source, START, END, beams=V, most=most, length_penalty=0)
    assert search.best == best
    step, place = search.done[0]
    np.testing.assert_allclose(search.steps[step][place].log_prob, best_score, atol=ABS)


def test_a_beams_probability_is_that_of_its_tokens() -> None:
    search = beam_search(model(), SOURCES[0], START, END, beams=3, most=6)
    assert all(len(step) <= 3 for step in search.steps)
    for n, step in enumerate(search.steps):
        assert [beam.log_prob for beam in step] == sorted(
            (beam.log_prob for beam in step), reverse=True
        )
        for place, beam in enumerate(step):
            ids = search.ids(n, place) + ([END] if beam.is_done else [])
            assert len(ids) == n + 1
            table = log_probs(model(), SOURCES[0], ids[:-1])
            expected = sum(table[t, id] for t, id in enumerate(ids))
            np.testing.assert_allclose(beam.log_prob, expected, atol=1e-4)
            np.testing.assert_allclose(
                beam.score, beam.log_prob / ((5 + len(ids)) / 6) ** 0.6, atol=ABS
            )


def test_translate_reads_and_writes_text(tmp_path: Path) -> None:
    ckpt = gpt.load(translator_run(tmp_path / "run"))
    assert isinstance(ckpt.model, EncoderDecoder)
    source = ckpt.source_ids("A CAT.")
    ids = greedy(ckpt.model, [source], [0], 0)[0]
    assert gpt.translate(ckpt, "A CAT.") == ckpt.tokenizer.decode(ids)
    best = beam_search(ckpt.model, source, [0], 0, beams=3).best
    assert translate(ckpt, "A CAT.", beams=3) == ckpt.tokenizer.decode(best)


def test_what_cannot_be_translated_is_refused(tmp_path: Path) -> None:
    ckpt = gpt.load(translator_run(tmp_path / "run"))
    with pytest.raises(PromptError, match="the source is empty"):
        gpt.translate(ckpt, "")
    with pytest.raises(ConfigError, match="beams is 0; choose a whole number from 1 to 32"):
        gpt.translate(ckpt, "A", beams=0)
    with pytest.raises(PromptError, match="reads one text; choose an encoder-decoder"):
        gpt.translate(gpt.load(classifier_run(tmp_path / "other")), "abc")
    with pytest.raises(PromptError, match="reads two texts; give the source too"):
        gpt.generate(ckpt.model, [0], 3)


def test_a_reading_says_what_the_last_position_looked_at() -> None:
    reading = Reader(model(), look=True, source=SOURCES[0]).read([3, 1, 4])
    t = gpt.trace(model(), [3, 1, 4], source=SOURCES[0])
    assert reading.attended is not None and reading.looked_at is not None
    np.testing.assert_allclose(reading.attended, t.weights[:, :, -1], atol=ABS)
    np.testing.assert_allclose(reading.looked_at, t.cross.weights[:, :, -1], atol=ABS)


def test_rows_are_padded_to_the_longest() -> None:
    assert padded([[1, 2, 3], [4]]).tolist() == [[1, 2, 3], [4, -1, -1]]
