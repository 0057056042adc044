"""A label's logit is a sum over the stream, read from the states that the classifier reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import gpt
from gpt.errors import ConfigError, PromptError
from gpt.inspect.stream.direct_effects import label_effects
from gpt.inspect.stream.logit_lens import label_lens, logit_lens
from gpt.nn.classifier import Classifier
from gpt.nn.model import GPT
from tests.close import close
from tests.gpt import other_kinds, tiny

IDS = [3, 1, 4, 1, 5]
KINDS: dict[str, dict[str, Any]] = {
    "mean": {},
    "first": dict(pool="first"),
    "last of a decoder": dict(pool="last", mask="causal"),
    "post-norm": dict(norm="post", embedding_norm=True),
    "no norm": dict(norm="none"),
    "without skips": dict(skip=False),
}


def made(**changes: Any) -> tuple[GPT, gpt.Trace]:
    model = other_kinds.drawn(replace(other_kinds.CLASSIFIER, **changes))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "ln_" not in name:
                parameter *= 0.5
    return model, gpt.trace(model, IDS)


@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
def test_the_parts_add_up_to_the_labels_logit(changes: dict[str, Any]) -> None:
    model, trace = made(**changes)
    for label in range(3):
        effects = label_effects(model, trace, label)
        assert effects.logit == close(trace.class_logits[label])
        assert effects.total == close(effects.logit)
        assert effects.position is None
    difference = label_effects(model, trace, 0, against=2)
    assert difference.total == close(trace.class_logits[0] - trace.class_logits[2])


def test_a_head_switched_off_adds_nothing_and_the_rest_still_adds_up() -> None:
    model, _ = made()
    trace = gpt.trace(model, IDS, gpt.Switches(heads_off={(0, 1)}, mlp_off={1}))
    effects = label_effects(model, trace, 1)
    values = {part.name: part.value for part in effects.parts}
    assert not values["L0 H1"] and not values["L1 MLP"]
    assert effects.total == close(trace.class_logits[1])


def test_by_hand_a_mean_is_read_by_the_labels_row() -> None:
    """No norm and no block that adds: tokens (1, 2) and (3, −4) have the mean (2, −1).

    With the label's row (5, 7) and bias 0.25 the logit is 10 − 7 + 0.25.
    """
    sizes = dict(n_layer=1, n_head=1, n_embd=2, norm="none", position="none")
    model, _ = made(**sizes)
    assert isinstance(model, Classifier)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.wte.weight[1] = torch.tensor([1.0, 2.0])
        model.wte.weight[2] = torch.tensor([3.0, -4.0])
        model.class_head.weight[1] = torch.tensor([5.0, 7.0])
        model.class_head.bias[1] = 0.25
    effects = label_effects(model, gpt.trace(model, [1, 2]), 1)
    values = {part.name: part.value for part in effects.parts if part.value}
    assert values == {"token embedding": close(3.0), "output bias": close(0.25)}
    assert effects.logit == close(3.25)


def test_the_lens_ends_in_the_models_own_answer_and_begins_without_its_blocks() -> None:
    model, trace = made()
    read = label_lens(model, trace)
    assert read[-1] == close(trace.class_logits)
    assert isinstance(model, Classifier) and model.ln_f is not None
    first = model.ln_f(torch.from_numpy(trace.residual[0].copy())).mean(0)
    assert read[0] == close(model.class_head(first).detach().numpy())


def test_each_state_by_itself_is_what_the_mean_is_made_of() -> None:
    model, trace = made()
    lens = logit_lens(model, trace)
    answer = int(trace.class_logits.argmax())
    assert lens.top_ids.shape == (2 * trace.config.n_layer + 1, len(IDS), 3)
    assert isinstance(model, Classifier)
    with torch.no_grad():
        states = model.read(torch.tensor([IDS]))[0]  # (T, C), past the final norm
        alone = model.class_head(states)  # (T, K)
    assert alone.mean(0).numpy() == close(trace.class_logits)
    assert lens.target_prob[-1] == close(alone.softmax(-1)[:, answer].numpy())
    assert np.array_equal(lens.top_ids[-1, :, 0], alone.argmax(-1).numpy())


def test_a_pooler_and_a_model_of_tokens_are_refused() -> None:
    model, trace = made(pool="first", pool_activation="tanh")
    with pytest.raises(ConfigError, match="one more layer, with an activation"):
        label_effects(model, trace, 0)
    assert label_lens(model, trace)[-1] == close(trace.class_logits)
    ordinary, good = made()
    with pytest.raises(PromptError, match="there is no label 3; the model's are 0 to 2"):
        label_effects(ordinary, good, 3)
    decoder = tiny.random_model(tiny.config())
    of_tokens = gpt.trace(decoder, [1, 2])
    for asked in (
        lambda: label_effects(decoder, of_tokens, 0),
        lambda: label_lens(decoder, of_tokens),
    ):
        with pytest.raises(PromptError, match="logits of tokens"):
            asked()
