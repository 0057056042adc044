"""The recipes that learn from examples: labels, hidden words and translations.

By name, the fields of `gpt.training.presets.Preset`.
"""

from __future__ import annotations

from typing import Any

FINE_TUNE = "fine-tune"
"""The preset of a run that begins with the weights of another one, and has its architecture."""

SMALL: dict[str, Any] = dict(log_interval=50, beta2=0.98, schedule="linear", decay_part=0.5)
"""What the trainings on generated examples have in common."""


OF_ENCODERS: dict[str, dict[str, Any]] = {
    "reviews": dict(
        description=(
            "An encoder that learns what no count of words can tell: a sentiment that “not” and "
            "“but” turn round; half a minute."
        ),
        text="reviews",
        model=dict(block_size=40, n_layer=2, n_head=4, n_embd=64, mask="none", init="torch"),
        training=dict(
            SMALL,
            task="classify",
            steps=800,
            batch_size=64,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            warmup_steps=50,
            weight_decay=0.05,
            eval_interval=100,
            eval_batches=32,
        ),
    ),
    "sentiment": dict(
        description=(
            "An encoder for sentences of one's own, each with a label, such as those of "
            "film reviews; it begins as naive Bayes. Half a minute for ten thousand."
        ),
        text="",
        tokenizer="words:12000",
        model=dict(
            block_size=128,
            n_layer=1,
            n_head=4,
            n_embd=16,
            mask="none",
            position="none",
            # Without norms, and with branches that start at zero, counting_start makes it naive
            # Bayes exactly.
            norm="none",
            zero_init=True,
            dropout=0.3,
        ),
        training=dict(
            SMALL,
            task="classify",
            steps=1500,
            batch_size=64,
            learning_rate=5e-4,
            warmup_steps=100,
            decay_part=1.0,
            weight_decay=0.1,
            eval_interval=150,
            eval_batches=20,
            token_dropout=0.5,
            label_smoothing=0.1,
            counting_start=5.0,
        ),
    ),
    FINE_TUNE: dict(
        description=(
            "A new head on the body of a run that was trained already (--from RUN): the lecture's "
            "fine-tuning, for sentiment say."
        ),
        text="",
        training=dict(
            SMALL,
            task="classify",
            steps=800,
            batch_size=32,
            learning_rate=5e-4,
            warmup_steps=50,
            weight_decay=0.1,
            eval_interval=100,
            eval_batches=20,
        ),
    ),
    "fill-in": dict(
        description=(
            "An encoder that fills in hidden words from those on both sides; two minutes."
        ),
        text="plays",
        tokenizer="words:2000",
        model=dict(block_size=64, n_layer=2, n_head=4, n_embd=64, mask="none"),
        training=dict(
            SMALL,
            task="masked",
            steps=2000,
            batch_size=32,
            learning_rate=2e-3,
            warmup_steps=100,
            eval_interval=200,
            eval_batches=20,
            sample_tokens=60,
        ),
    ),
}

# One decoder layer: with a second, no head alone would look at the digits that a word needs. Which
# number of heads leaves one that does differs from language to language, and from seed to seed.
NUMBERS: dict[str, Any] = dict(
    model=dict(
        block_size=24, source_block_size=8, n_layer=1, n_encoder_layer=2, n_embd=64, init="torch"
    ),
    training=dict(
        SMALL,
        task="translate",
        steps=1500,
        batch_size=64,
        learning_rate=2e-3,
        warmup_steps=100,
        eval_interval=250,
        eval_batches=20,
    ),
)

OF_TRANSLATORS: dict[str, dict[str, Any]] = {
    "numbers-en": dict(
        description=(
            "Digits into English words: cross-attention finds the digit of each word; a minute."
        ),
        text="numbers-en",
        model=dict(NUMBERS["model"], n_head=4),
        training=NUMBERS["training"],
    ),
    "numbers-fr": dict(
        description=("Digits into French words, where 70 to 99 join two digits; a minute."),
        text="numbers-fr",
        model=dict(NUMBERS["model"], n_head=2),
        # After half as many steps, numbers of one digit, of which there are ten, are still wrong.
        training=dict(NUMBERS["training"], steps=3000, eval_interval=500),
    ),
    "reverse": dict(
        description=(
            "Letters from the last to the first: cross-attention along the other diagonal; a "
            "minute."
        ),
        text="reverse",
        model=dict(block_size=16, n_layer=1, n_encoder_layer=1, n_head=2, n_embd=64, init="torch"),
        training=NUMBERS["training"],
    ),
    "translation": dict(
        description=(
            "An encoder-decoder of 7 million parameters for sentences in two languages: half an "
            "hour of one core with bfloat16, hours without."
        ),
        text="",
        tokenizer="bpe:6000",
        model=dict(
            block_size=96,
            n_layer=3,
            n_encoder_layer=3,
            n_head=4,
            n_embd=256,
            dropout=0.1,
            tie_weights=True,
            zero_init=True,
        ),
        training=dict(
            task="translate",
            steps=1750,
            batch_size=256,
            optimizer="muon",
            learning_rate=3e-3,
            muon_learning_rate=0.02,
            beta2=0.95,
            schedule="linear",
            warmup_steps=100,
            decay_part=0.7,
            eval_interval=250,
            eval_batches=20,
            log_interval=50,
            label_smoothing=0.1,
            dtype="auto",
        ),
    ),
}
