"""The note on the KV cache: its size in numbers, or why there is none."""

from __future__ import annotations

import gpt
from gpt.inspect.reader import Reading, can_cache
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.shared import switch_text

MIB = 2**20


def cache_words(model: gpt.GPT, settings: GenerateSettings, reading: Reading, n_tokens: int) -> str:
    """One line: which tokens the latest step read, and what the cache keeps."""
    config = model.config
    if not can_cache(model, switch_text.switches(settings.mask, settings.scale)):
        return (
            f"**No KV cache**: without a causal mask every new token changes what the earlier "
            f"ones have become, their keys and values too. Read again: all {reading.context}."
        )
    if reading.context < n_tokens:
        return (
            f"**No KV cache any more**: the text is longer than the context of "
            f"{config.block_size}. The window slides, every token in it moves to another "
            f"position, and all {reading.context} are read again."
        )
    kept = f"{reading.number_bytes} bytes = {reading.kept_bytes / MIB:.2f} MiB"
    return (
        f"**KV cache**: {reading.context} of {config.block_size} positions × {config.n_layer} "
        f"layers × {config.n_head} heads × {config.head_size} channels × 2 (keys and values) × "
        f"{kept}; reused {reading.cached}, computed {reading.context - reading.cached}."
    )
