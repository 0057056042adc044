"""Presets: every one can be built and is what its description says."""

from __future__ import annotations

import pytest
import torch

from gpt.errors import ConfigError
from gpt.nn.build import build
from gpt.setting_ranges import CHOICES, STAGES
from gpt.shape_only import count_parameters
from gpt.text.builtin import BUILTIN
from gpt.text.builtin.assistant_tasks import find as find_task
from gpt.text.builtin.generated import BUILTIN_EXAMPLES
from gpt.text.prompted import Comparisons
from gpt.training.assistant.stage_presets import FIRST_OF_STAGE, STAGE_PRESETS
from gpt.training.data import KINDS
from gpt.training.example_presets import FINE_TUNE
from gpt.training.optimizers import Optimizers
from gpt.training.presets import PRESETS, find, of_task

V = 65  # Tiny Shakespeare's


def count(name: str) -> int:
    return count_parameters(find(name).model_config(V))


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {FINE_TUNE, *STAGE_PRESETS}))
def test_every_preset_builds(name: str) -> None:
    preset = find(name)
    of_task = {"n_class": 2} if preset.task == "classify" else {}
    with torch.device("meta"):
        model = build(preset.model_config(V, **of_task))
    Optimizers(model, preset.training_config())
    assert preset.description.endswith(".")
    assert model.config.is_classifier == (preset.task == "classify")
    assert (model.config.kind == "encoder-decoder") == (preset.task == "translate")
    assert (model.config.mask == "none") == (preset.task in ("classify", "masked"))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_names_a_text_of_its_task_or_needs_files(name: str) -> None:
    preset = find(name)
    if preset.text in BUILTIN_EXAMPLES and preset.task in ("classify", "translate"):
        kinds = {"classify": "labelled", "translate": "pairs"}
        assert BUILTIN_EXAMPLES[preset.text].kind == kinds[preset.task]
    elif preset.task in STAGES:
        assert find_task(preset.text, compared=KINDS[preset.task][0] is Comparisons)
        assert preset.training["documents"] == "lines"
    elif preset.text:
        assert preset.task in ("next", "masked") and preset.text in BUILTIN
    else:
        assert preset.task in ("classify", "translate") or name == "tales"


def test_presets_are_listed_by_task() -> None:
    tasks = CHOICES["task"]
    assert sorted(name for task in tasks for name in of_task(task)) == sorted(PRESETS)
    assert next(iter(of_task("next"))) == "tiny" and "reviews" in of_task("classify")


def test_every_stage_has_a_preset_of_its_own() -> None:
    assert tuple(FIRST_OF_STAGE) == STAGES
    assert all(find(name).task == stage for stage, name in FIRST_OF_STAGE.items())


def test_the_translation_preset_has_about_7_million_parameters() -> None:
    """Of the matrices alone, by hand for V = 6,000 and C = 256.

    One embedding for both texts and the output, two tables of 96 positions, three encoder layers of
    12 C² and three decoder layers of 16 C².
    """
    C, V = 256, 6000
    by_hand = V * C + 2 * 96 * C + 3 * 12 * C * C + 3 * 16 * C * C
    counted = count_parameters(find("translation").model_config(V))
    assert by_hand < counted < 1.01 * by_hand
    assert 7.0e6 < counted < 7.2e6


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_evaluates_in_step_with_its_log(name: str) -> None:
    training = find(name).training_config()
    assert training.eval_interval % training.log_interval == 0
    assert training.warmup_steps < training.steps


def test_the_lectures_model_has_its_10_8_million_parameters() -> None:
    """Worked out by hand for V = 65, C = 384, 6 layers, a context of 256.

    A layer: two norms 4 C, attention 4 C² + 4 C, feed-forward 8 C² + 5 C. In all
    V C + 256 C + 6 (12 C² + 13 C) + 2 C + V C = 10,795,776. The lecture's own has no biases on
    query, key and value (6 × 3 × 384 fewer) and one on its output (65 more): 10,788,929.
    """
    C = 384
    assert count("lecture") == 65 * C + 256 * C + 6 * (12 * C * C + 13 * C) + 2 * C + 65 * C
    assert count("lecture") == 10_795_776
    assert 10.7e6 < count("lecture") < 10.9e6


def test_the_shipped_default_is_the_lectures_kind_of_model_and_says_what_differs() -> None:
    config = find("shakespeare").model_config(V)
    assert (config.position, config.norm, config.activation) == ("learned", "pre", "gelu")
    assert not config.qk_norm and config.skip and config.feed_forward and config.bias
    assert (config.n_head, config.n_embd, config.block_size) == (4, 256, 256)
    assert config.n_layer >= 4
    assert 3.1e6 < count("shakespeare") < 3.4e6
    # What the lecture's own has: ReLU, no biases on queries, keys and values, one on the output.
    assert (
        config.activation,
        config.bias,
        config.qkv_bias,
        config.head_bias,
        config.zero_init,
    ) == (
        "gelu",
        True,
        True,
        False,
        True,
    )
    description = find("shakespeare").description
    for words in ("GELU for ReLU", "biases on queries", "none on the output", "dropout on", "zero"):
        assert words in description
    assert "the lecture's architecture" not in description


def test_the_fast_recipe_is_the_one_it_names() -> None:
    config = find("shakespeare-fast").model_config(V)
    assert (config.position, config.activation) == ("rotary", "squared_relu")
    assert config.qk_norm and config.zero_init
    assert 1.75e6 < count("shakespeare-fast") < 1.8e6
    training = find("shakespeare-fast").training_config()
    assert training.optimizer == "muon"
    assert [training.cuts(step) for step in (0, 429, 430, 859, 860)] == [4, 4, 2, 2, 1]
    assert training.sample_tokens < config.block_size  # each token is one step, no whole window


def test_the_copy_task_has_the_two_layers_that_an_induction_head_takes() -> None:
    config = find("copy").model_config(28)
    assert config.n_layer == 2
    assert config.block_size >= 2 * 24 + 2  # the longest line with both of its ends
    assert find("copy").text == "copy"


def test_fields_can_be_changed() -> None:
    assert find("tiny").model_config(9, n_layer=5).n_layer == 5
    assert find("tiny").training_config(steps=7).steps == 7
    with pytest.raises(ConfigError, match="n_embd = 64 is not divisible by n_head = 5"):
        find("tiny").model_config(9, n_head=5)


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no preset 'large'; choose one of tiny, small, medium, "):
        find("large")
