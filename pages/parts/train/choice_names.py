"""Names of texts, tokenizers and boundaries of documents, in the URL and on the page."""

from __future__ import annotations

from gpt.text.builtin import BUILTIN
from gpt.text.builtin.generated import BUILTIN_EXAMPLES
from gpt.text.labelled import KIND as LABELLED
from gpt.text.pairs import KIND as PAIRS

SHAKESPEARE, PASTED, UPLOAD = "tinyshakespeare", "pasted", "upload"
TEXTS = {name: text.title for name, text in BUILTIN.items()}
TEXTS |= {SHAKESPEARE: "Tiny Shakespeare", PASTED: "Paste a text…", UPLOAD: "Your own files…"}

SIZES = {"tiny": "Tiny", "small": "Small", "medium": "Medium"}
"""Presets that differ in their size, for texts of any kind."""
USUAL_MINUTES = {"tiny": "1", "small": "5", "medium": "30"}
"""The minutes that suit a size."""
BY_STEPS = "steps"
MINUTES = {**{str(n): str(n) for n in (1, 5, 15, 30, 60)}, BY_STEPS: "by steps"}

OWN, CHARACTERS, GPT2 = "file", "characters", "gpt2"
TOKENIZERS = {
    CHARACTERS: "Characters",
    "bytes": "Bytes",
    "bpe": "BPE",
    "sentencepiece-unigram": "SentencePiece unigram",
    "sentencepiece-bpe": "SentencePiece BPE",
    "words": "Words",
    GPT2: "GPT-2's BPE",
    OWN: "A tokenizer.json…",
}

AUTO = "auto"

SUITED = "suited"
PIECES = [SUITED, *(name for name in TOKENIZERS if name not in (GPT2, OWN))]
"""The tokenizers of labelled texts and pairs."""

TASKS = {
    "next": "Continue a text",
    "masked": "Fill in hidden words",
    "classify": "Label a text",
    "translate": "Translate",
}
OF_TEXTS = ("next", "masked")
"""The tasks that learn from a text; the others learn from examples."""
CAN_HIDE = (CHARACTERS, "words", OWN)
"""The tokenizers that may have a token which stands for a hidden one."""
_KINDS = {"classify": LABELLED, "translate": PAIRS}
EXAMPLES = {
    task: {name: each.title for name, each in BUILTIN_EXAMPLES.items() if each.kind == kind}
    | {UPLOAD: TEXTS[UPLOAD]}
    for task, kind in _KINDS.items()
}
"""By task, the built-in examples, and the person's own."""
