"""Tokenizers of every kind, small ones: those that are trained here, and imported ones."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any

import sentencepiece
from tokenizers import Tokenizer as Library
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from gpt.convert.vocabulary import specs
from gpt.text.huggingface import HuggingFaceTokenizer
from gpt.text.tokenizer import Tokenizer
from gpt.text.tokenizers import choices
from gpt.text.tokenizers.marian import MarianTokenizer

TEXT = "naïve café 日本語 😀 the cat sat on the mat, and the cats sit\n" * 20
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TRAINED = ("characters", "bytes", "bpe", "sentencepiece-unigram", "sentencepiece-bpe")
IMPORTED = ("word pieces", "metaspace", "llama", "byte level", "words with ends", "late", "marian")
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the cat sat ##s ##t , . ' 日 本".split()


@cache
def sample(name: str) -> Tokenizer:
    """A tokenizer by the name of its kind."""
    if name in TRAINED:
        return choices.make(name, TEXT, None if name in ("characters", "bytes") else 330)
    if name == "marian":
        return marian()
    return HuggingFaceTokenizer(spec_of(name))


def marian() -> MarianTokenizer:
    """One of Marian's: a model with bytes among its pieces, and a list with an id that none has."""
    learned = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.split("\n")),
        model_writer=learned,
        model_type="bpe",
        vocab_size=400,
        byte_fallback=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    reader = sentencepiece.SentencePieceProcessor(model_proto=learned.getvalue())
    pieces = [reader.id_to_piece(i) for i in range(3, reader.get_piece_size())]
    ids = {name: id for id, name in enumerate(["</s>", "<unk>", *pieces])}
    ids["<pad>"] = len(ids) + 1
    return MarianTokenizer(learned.getvalue(), ids, ["<pad>"], "<unk>", "</s>")


def spec_of(name: str) -> dict[str, Any]:
    """The tokenizer.json of an imported kind."""
    if name == "word pieces":
        return specs.word_piece_of({word: id for id, word in enumerate(WORDS)})
    library = Library(models.BPE(unk_token="<unk>", byte_fallback=name != "byte level"))
    if name == "metaspace":
        library.pre_tokenizer = pre_tokenizers.Metaspace()
        library.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    elif name in ("llama", "late"):
        library.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        )
        last = decoders.Strip(" ", 1, 0) if name == "llama" else decoders.Replace("th", "þ")
        library.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), last]
        )
    elif name == "words with ends":
        library.pre_tokenizer = pre_tokenizers.Whitespace()
        library.decoder = decoders.BPEDecoder()
        library.model = models.BPE(unk_token="<unk>", end_of_word_suffix="</w>")
    else:
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = decoders.ByteLevel()
    library.train_from_iterator(TEXT.split(" "), _trainer(name))  # no token spans two words
    library.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    spec: dict[str, Any] = json.loads(library.to_str())
    added = [token for token in spec["added_tokens"] if token["content"] in SPECIAL]
    return {**spec, "added_tokens": added}


def _trainer(name: str) -> trainers.BpeTrainer:
    alphabet = pre_tokenizers.ByteLevel.alphabet() if name == "byte level" else []
    return trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[*SPECIAL, *([] if alphabet or name == "words with ends" else BYTES)],
        initial_alphabet=alphabet,
        show_progress=False,
        **({"end_of_word_suffix": "</w>"} if name == "words with ends" else {}),
    )
