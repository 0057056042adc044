"""Names of texts, tokenizers and boundaries of documents, in the URL and on the page."""

from __future__ import annotations

from gpt.text.builtin import BUILTIN

SHAKESPEARE, UPLOAD = "tinyshakespeare", "upload"
TEXTS = {name: text.title for name, text in BUILTIN.items()}
TEXTS |= {SHAKESPEARE: "Tiny Shakespeare", UPLOAD: "Your own files…"}

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
