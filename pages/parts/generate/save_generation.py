"""Files to save from Generate: the distribution on the screen."""

from __future__ import annotations

import numpy as np

import gpt
from pages.parts.generate import branches, next_steps
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared import switch_text
from pages.shared.loads import Look
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.figures.predictions.next_token import next_token_bars

TOP = 18


def save(prompt: Prompt, settings: GenerateSettings, now: branches.Ids, step: gpt.Step) -> None:
    """Draw the button; `step` is the step after `now`."""
    context = (prompt.ids + now)[-prompt.checkpoint.config.block_size :]
    switches = switch_text.switches(settings.mask, settings.scale)
    sampling = settings.sampling
    save_button(
        "generate",
        figures={
            "Next-token probabilities": lambda: next_token_bars(
                step.probs_before, step.probs, next_steps.vocabulary(prompt.run), step.id, TOP
            )
        },
        arrays=lambda: _arrays(prompt, settings, now, step),
        look=Look(prompt.run, context, switches, prompt.source),
        settings={
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "seed": settings.seed,
            "continuation": list(now),
        },
    )


def _arrays(
    prompt: Prompt, settings: GenerateSettings, now: branches.Ids, step: gpt.Step
) -> dict[str, np.ndarray]:
    """The distribution over the whole vocabulary, and every head's weights of the last position."""
    attended = next_steps.reading(prompt, settings, now).attended
    assert attended is not None
    return {
        "logits": step.logits,
        "probs_before": step.probs_before,
        "probs": step.probs,
        "tokens": np.array(next_steps.vocabulary(prompt.run)),
        "last_weights": attended,
    }
