"""Generation: with the cache as without, in one go as in parts, and never anything made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gpt.errors import ConfigError, PromptError, SwitchError
from gpt.inspect.generation import Step, generate, next_step
from gpt.inspect.reader import Reader
from gpt.inspect.sampling import Sampling, softmax
from gpt.inspect.trace import trace
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.nn.switches import Switches

BLOCK_SIZE = 11
PROMPT = [3, 1, 4, 1, 5]
POSITIONS = ["learned", "sinusoidal", "rotary", "none"]
SWITCHES = [
    Switches(),
    Switches(scale="none"),
    Switches(mask="window:3"),
    Switches(mask="none"),
    Switches(heads_off={(1, 0)}, temperature=2.0),
]


def build(position: str = "learned", **settings: Any) -> GPT:
    """A model with every axis a different size, and weights large enough to disagree."""
    torch.manual_seed(0)
    fields: dict[str, Any] = {"vocab_size": 13, "n_layer": 2, "n_head": 3, "n_embd": 12}
    config = GPTConfig(block_size=BLOCK_SIZE, position=position, **(fields | settings))
    model = GPT(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(8)
    return model


def same(one: list[Step], other: list[Step]) -> None:
    """The two ways agree on every token, and on every number but for rounding."""
    assert [step.id for step in one] == [step.id for step in other]
    for a, b in zip(one, other, strict=True):
        assert (a.position, a.context) == (b.position, b.context)
        np.testing.assert_allclose(a.logits, b.logits, atol=2e-4)
        np.testing.assert_allclose(a.probs, b.probs, atol=1e-4)


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda s: f"{s.mask},{s.scale},{s.temperature}")
@pytest.mark.parametrize("position", POSITIONS)
def test_the_cache_changes_nothing(position: str, switches: Switches) -> None:
    """20 tokens from 5: well past the block size of 11."""
    model = build(position)
    cached = list(generate(model, PROMPT, 20, seed=1, switches=switches))
    plain = list(generate(model, PROMPT, 20, seed=1, switches=switches, cache=False))
    same(cached, plain)
    assert all(step.cached == 0 for step in plain)


@pytest.mark.parametrize(
    ("switches", "cached"),
    [
        (Switches(), [0, 5, 6, 7, 8, 9, 10, 0, 0]),
        (Switches(mask="window:3"), [0, 5, 6, 7, 8, 9, 10, 0, 0]),
        (Switches(mask="none"), [0] * 9),
        (Switches(mask=np.tri(BLOCK_SIZE, dtype=bool)), [0] * 9),
    ],
)
def test_what_came_from_the_cache(switches: Switches, cached: list[int]) -> None:
    steps = list(generate(build(), PROMPT, 9, seed=1, switches=switches))
    assert [step.cached for step in steps] == cached
    assert [step.context for step in steps] == [5, 6, 7, 8, 9, 10, 11, 11, 11]
    assert [step.position for step in steps] == [5, 6, 7, 8, 9, 10, 11, 12, 13]


@pytest.mark.parametrize("first", [1, 4, 20])
def test_in_parts_as_in_one_go(first: int) -> None:
    model = build("rotary")
    settings: dict[str, Any] = {"temperature": 0.9, "top_k": 7, "top_p": 0.95, "seed": 5}
    whole = [step.id for step in generate(model, PROMPT, 50, **settings)]
    start = [step.id for step in generate(model, PROMPT, first, **settings)]
    rest = [step.id for step in generate(model, [*PROMPT, *start], 50 - first, **settings)]
    assert start + rest == whole
    assert len(set(whole)) > 3


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda s: f"{s.mask},{s.scale},{s.temperature}")
def test_one_click_at_a_time_as_in_one_go(switches: Switches) -> None:
    """What the Generate page does: a reader, and one step after the other."""
    model, ids = build(), list(PROMPT)
    reader, sampling = Reader(model, switches, look=True), Sampling(0.8, None, 0.9)
    steps = []
    for _ in range(20):
        steps.append(next_step(reader.read(ids), ids, sampling, seed=2))
        ids.append(steps[-1].id)
    whole = generate(model, PROMPT, 20, 0.8, top_p=0.9, seed=2, switches=switches)
    same(steps, list(whole))


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda s: f"{s.mask},{s.scale},{s.temperature}")
def test_each_step_is_what_the_model_says(switches: Switches) -> None:
    model, ids = build(), list(PROMPT)
    for step in generate(model, PROMPT, 12, temperature=0.7, top_k=5, seed=1, switches=switches):
        with torch.no_grad():
            logits = model(torch.tensor([ids[-BLOCK_SIZE:]]), switches)[0, -1].numpy()
        np.testing.assert_allclose(step.logits, logits, atol=2e-4)
        np.testing.assert_allclose(step.probs_before, softmax(step.logits.astype(float)))
        np.testing.assert_allclose(step.probs, Sampling(0.7, 5).probs(step.logits))
        assert step.probs[step.id] > 0
        ids.append(step.id)


def test_the_seed_decides() -> None:
    model = build()
    texts = [[s.id for s in generate(model, PROMPT, 30, seed=seed)] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_arrays_are_cropped_to_the_context_and_must_be_large_enough() -> None:
    model = build()
    causal = np.tri(BLOCK_SIZE, dtype=bool)
    by_array = list(generate(model, PROMPT, 12, seed=1, switches=Switches(mask=causal)))
    same(by_array, list(generate(model, PROMPT, 12, seed=1)))
    small = Switches(mask=np.tri(7, dtype=bool))
    assert len(list(generate(model, PROMPT, 3, seed=1, switches=small))) == 3
    with pytest.raises(SwitchError, match=r"mask has shape \(7, 7\), but the context is 8"):
        generate(model, PROMPT, 4, seed=1, switches=small)
    edit = Switches(weights_edit={(0, 0): np.eye(7)})
    with pytest.raises(SwitchError, match="at least 8 × 8"):
        generate(model, PROMPT, 4, seed=1, switches=edit)


def test_what_cannot_be_generated_is_said_at_once() -> None:
    model = build()
    with pytest.raises(PromptError, match="the prompt is empty"):
        generate(model, [], 5)
    with pytest.raises(ConfigError, match="temperature is -1"):
        generate(model, PROMPT, 5, temperature=-1)
    with pytest.raises(ConfigError, match="top_k is 0"):
        generate(model, PROMPT, 5, top_k=0)
    with pytest.raises(ConfigError, match="top_p is 2"):
        generate(model, PROMPT, 5, top_p=2)
    with pytest.raises(ConfigError, match="seed is -4"):
        next(generate(model, PROMPT, 5, seed=-4))
    with pytest.raises(PromptError, match="token id 13 is outside"):
        next(generate(model, [13], 5))


def test_logits_that_are_no_numbers_are_an_error_not_a_token() -> None:
    model = build()
    with torch.no_grad():
        model.lm_head.weight[2, 3] = torch.nan
    with pytest.raises(SwitchError, match="not numbers any more"):
        next(generate(model, PROMPT, 1, seed=1))


# -- the reader --------------------------------------------------------------------------------


def test_a_reader_reuses_what_two_texts_share() -> None:
    model = build("rotary")
    reader = Reader(model, look=True)
    for ids, cached in [
        ([1, 2, 3, 4], 0),
        ([1, 2, 3, 4, 5], 4),
        ([1, 2, 3, 4, 5], 4),  # the last token is always read: its logits are what is asked
        ([1, 2, 3], 2),  # a step back
        ([1, 2, 3, 9, 5], 3),  # another branch
        ([7, 2, 3, 9, 5], 0),  # another beginning
        ([7] * 12, 0),  # past the block size the window slides
        ([7, 2, 3, 9, 6], 4),  # and back
    ]:
        reading = reader.read(ids)
        fresh = Reader(model, look=True, cache=False).read(ids)
        assert reading.cached == cached
        np.testing.assert_allclose(reading.logits, fresh.logits, atol=2e-4)
        np.testing.assert_allclose(reading.attended, fresh.attended, atol=1e-5)


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda s: f"{s.mask},{s.scale},{s.temperature}")
def test_what_the_last_position_attended_to_is_the_last_row_of_the_trace(
    switches: Switches,
) -> None:
    model, ids = build(), [*PROMPT, 9, 2]
    reader = Reader(model, switches, look=True)
    reader.read(ids[:-1])
    attended = reader.read(ids).attended
    assert attended is not None and attended.shape == (2, 3, 7)
    np.testing.assert_allclose(attended, trace(model, ids, switches).weights[:, :, -1], atol=1e-5)


def test_the_size_of_what_is_kept() -> None:
    """7 positions × 2 layers × 3 heads × 4 channels × keys and values × 4 bytes."""
    ids = [*PROMPT, 9, 2]
    reading = Reader(build()).read(ids)
    assert (reading.kept_bytes, reading.number_bytes) == (7 * 2 * 3 * 4 * 2 * 4, 4)
    assert Reader(build(), Switches(mask="none")).read(ids).kept_bytes == 0
    assert Reader(build()).read([1] * 12).kept_bytes == 0
    assert Reader(build()).read(ids).attended is None
