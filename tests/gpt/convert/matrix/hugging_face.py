"""Folders of Hugging Face, written by `transformers` and `tokenizers`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
import tokenizers
import torch
import transformers as tr

from tests.gpt.convert.matrix import Form, State, wrapped, zipped
from tests.gpt.convert.owners import drawn

TEXTS = [
    "",
    "the quick brown fox jumps over the lazy dog",
    " a leading blank, and two  inside",
    "Capitals, DIGITS 0123456789 and punctuation: ?!;—…",
    "naïve café, décomposé: e\u0301",
    "über Straße, ΑΒΓ, привет",
    "中文 and 日本語",
    "emoji 🙂👩‍👩‍👧",
    "tabs\tand\nlines\r\n",
    "[CLS] [MASK] <|endoftext|>",
    "don't we'll I'm they've",
    "a",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "http://example.org/a?b=c&d=e",
    "x = [i**2 for i in range(10)]",
    "trailing blank ",
    "\u200bzero width\u00a0no-break",
    "ﬁ ligature ½ ² ①",
    "mixed中and文letters",
    "the the the",
]
SHARD = "20KB"


@dataclass(frozen=True)
class Family:
    """One family: its class for tokens, its tokenizers and its layouts, by their names there.

    Fields:
        sizes: of a model, without its number of rows.
        tokenizers: write files; give the number of tokens.
        layouts: turn what `save_pretrained` wrote into that form; give the form.
    """

    token_class: Any
    sizes: dict[str, Any]
    tokenizers: dict[str, Callable[[Path], int]]
    layouts: dict[str, Callable[[Family, int, Path], tuple[Path, Any]]]

    def written(self, layout: str, tokenizer: str, folder: Path) -> Form:
        """A checkpoint in a form; its tokenizer is read before the form hides it."""
        folder.mkdir(parents=True)
        words = folder.with_name("words")
        words.mkdir()
        count = self.tokenizers[tokenizer](words)
        self.model(count).config.save_pretrained(words)
        read = tr.AutoTokenizer.from_pretrained(words)
        (words / "config.json").unlink()
        path, model = self.layouts[layout](self, count, folder)
        for file in words.iterdir():
            file.rename(home(path, folder) / file.name)
        if "zip" in layout:
            path = zipped(path)
        body = getattr(model, model.base_model_prefix, model)
        has_two = hasattr(read, "spm_target")
        return Form(
            path,
            lambda text: list(read(**{"text_target" if has_two else "text": text})["input_ids"]),
            lambda ids: prediction(model(**self.given(ids))),
            lambda ids: body(**self.given(ids)).last_hidden_state.detach(),
            source_ids=(lambda text: list(read(text)["input_ids"])) if has_two else None,
        )

    def given(self, ids: torch.Tensor) -> dict[str, torch.Tensor]:
        """The model's arguments: ids are source and target of a model of two texts."""
        is_pair = self.token_class.config_class.is_encoder_decoder
        return {"input_ids": ids} | ({"decoder_input_ids": ids} if is_pair else {})

    def model(self, rows: int, kind: Any = None, **settings: Any) -> Any:
        """A model with so many rows whose every parameter is drawn."""
        kind = kind or self.token_class
        return drawn(kind(kind.config_class(**self.sizes, vocab_size=rows, **settings)), seed=9)


def prediction(output: Any) -> torch.Tensor:
    logits = getattr(output, "prediction_logits", None)
    return (output.logits if logits is None else logits).detach()


def home(path: Path, folder: Path) -> Path:
    """Where the tokenizer's files belong: beside the weights."""
    inner = [p for p in folder.rglob("config.json") if p.parent.name != "1_Pooling"]
    return inner[0].parent if inner else path


# -- layouts -----------------------------------------------------------------------------------


def plain(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    model = family.model(count)
    model.save_pretrained(folder)
    return folder, model


def shards(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    model = family.model(count)
    model.save_pretrained(folder, max_shard_size=SHARD)
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    return folder, model


def state_of(model: Any) -> State:
    """Without the matrix that is tied to another, as `save_pretrained` leaves it out."""
    tied = set(getattr(model, "_tied_weights_keys", None) or {})
    return {n: t.clone() for n, t in model.state_dict().items() if n not in tied}


def torch_saved(change: Callable[[State], Any]) -> Callable[..., tuple[Path, Any]]:
    def layout(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
        _, model = plain(family, count, folder)
        (folder / "model.safetensors").unlink()
        torch.save(change(state_of(model)), folder / "pytorch_model.bin")
        return folder, model

    return layout


def torch_shards(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    _, model = plain(family, count, folder)
    (folder / "model.safetensors").unlink()
    state = state_of(model)
    names = {n: f"pytorch_model-0000{1 + i % 2}-of-00002.bin" for i, n in enumerate(state)}
    for file in set(names.values()):
        torch.save({n: state[n] for n in state if names[n] == file}, folder / file)
    index = {"metadata": {}, "weight_map": names}
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return folder, model


def without_type(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    _, model = plain(family, count, folder)
    raw = json.loads((folder / "config.json").read_text())
    del raw["model_type"]
    (folder / "config.json").write_text(json.dumps(raw))
    return folder, model


def trainers(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    inside = folder / "checkpoint-500"
    _, model = plain(family, count, inside)
    (inside / "trainer_state.json").write_text(json.dumps({"global_step": 500}))
    for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin"):
        torch.save({"state": {}}, inside / name)
    (folder / "runs").mkdir()
    (folder / "runs" / "events.out.tfevents.1").write_bytes(b"")
    return folder, model


def of_class(name: str, **settings: Any) -> Callable[..., tuple[Path, Any]]:
    """Saved by another class. Where a family ties its head, predictions are those of that head."""

    def layout(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
        kind = getattr(tr, name)
        model = family.model(count, kind, **settings)
        model.save_pretrained(folder)
        if name.startswith(("GPT2", "Bart", "Marian")):
            return folder, family.token_class.from_pretrained(folder).eval()
        return folder, model

    return layout


def filled_up(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    return plain(family, (count // 128 + 1) * 128, folder)


def in_16_bits(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    model = family.model(count).to(torch.bfloat16)
    model.save_pretrained(folder)
    return folder, type(model).from_pretrained(folder, dtype=torch.float32).eval()


def quantized(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    _, model = plain(family, count, folder)
    (folder / "model.safetensors").unlink()
    state = {n: t.to(torch.int8) for n, t in state_of(model).items()}
    torch.save(state, folder / "pytorch_model.bin")
    return folder, model


def adapter(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4}))
    torch.save({"lora_A": torch.ones(4, 16)}, folder / "adapter_model.bin")
    return folder, family.model(count)


def pickled(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    _, model = plain(family, count, folder)
    (folder / "model.safetensors").unlink()
    torch.save(model, folder / "pytorch_model.bin")
    return folder, model


def decoder(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
    model = family.model(count, is_decoder=True)
    model.save_pretrained(folder)
    return folder, model


def sentences(inner: str) -> Callable[..., tuple[Path, Any]]:
    """As sentence-transformers saves it: the model, and how its states become one vector."""

    def layout(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
        model = family.model(count, tr.BertModel)
        model.save_pretrained(folder / inner)
        places = {"Transformer": "" if inner == "." else inner, "Pooling": "1_Pooling"}
        modules = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (kind, path) in enumerate(places.items())
        ]
        (folder / "modules.json").write_text(json.dumps(modules))
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
        (folder / "config_sentence_transformers.json").write_text("{}")
        (folder / inner / "sentence_bert_config.json").write_text('{"max_seq_length": 40}')
        (folder / "README.md").write_text("# Sentences")
        return folder, model

    return layout


BOTH: dict[str, Any] = {
    "`model.safetensors`": plain,
    "several `model-….safetensors` and their index": shards,
    "`pytorch_model.bin`": torch_saved(lambda state: state),
    "several `pytorch_model-….bin` and their index": torch_shards,
    "names behind `module.`, `_orig_mod.`, `model.`": torch_saved(wrapped),
    '`{"model_state_dict": …}` in `pytorch_model.bin`': torch_saved(
        lambda state: {"model_state_dict": state, "epoch": 3}
    ),
    "`config.json` without `model_type`": without_type,
    "a Trainer's folder with `checkpoint-500/`": trainers,
    "a zip with one folder": plain,
}


# -- tokenizers --------------------------------------------------------------------------------


def byte_pairs() -> tokenizers.ByteLevelBPETokenizer:
    """GPT-2's kind, learned from the texts."""
    learned = tokenizers.ByteLevelBPETokenizer()
    learned.train_from_iterator(TEXTS, 300, special_tokens=[], show_progress=False)
    learned.add_special_tokens(["<|endoftext|>"])
    return learned


def tokenizer_json(folder: Path) -> int:
    learned = byte_pairs()
    learned.save(str(folder / "tokenizer.json"))
    return int(learned.get_vocab_size())


def vocab_and_merges(folder: Path) -> int:
    learned = byte_pairs()
    learned.save_model(str(folder))
    path = folder / "vocab.json"
    ids = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**ids, "<|endoftext|>": len(ids)}))
    return len(ids) + 1


def all_of_gpt2s(folder: Path) -> int:
    vocab_and_merges(folder)
    read = tr.GPT2Tokenizer.from_pretrained(folder)
    for file in list(folder.iterdir()):
        file.unlink()
    read.save_pretrained(folder)
    return len(read)


def word_pieces(folder: Path) -> int:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({c for text in TEXTS for c in text.lower() if not c.isspace()})
    words = [*special, *letters, *(f"##{c}" for c in letters), "the", "##ing", "quick", "uber"]
    words = list(dict.fromkeys(words))
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    return len(words)


def all_of_berts(folder: Path) -> int:
    word_pieces(folder)
    read = tr.BertTokenizer.from_pretrained(folder)
    (folder / "vocab.txt").unlink()
    read.save_pretrained(folder)
    return len(read)


def framed_pairs() -> tokenizers.ByteLevelBPETokenizer:
    """RoBERTa's and BART's kind, learned from the texts."""
    learned = tokenizers.ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    learned.train_from_iterator(TEXTS, 300, special_tokens=special, show_progress=False)
    return learned


def framed_vocab_and_merges(folder: Path) -> int:
    learned = framed_pairs()
    learned.save_model(str(folder))
    return int(learned.get_vocab_size())


def all_of_robertas(folder: Path) -> int:
    framed_vocab_and_merges(folder)
    read = tr.RobertaTokenizer.from_pretrained(folder)
    for file in list(folder.iterdir()):
        file.unlink()
    read.save_pretrained(folder)
    return len(read)


def two_models(folder: Path) -> int:
    """source.spm and target.spm, learned from halves of the texts, and one list of their tokens."""
    names = dict.fromkeys(["</s>", "<unk>", "<pad>"])
    for side, texts in (("source", TEXTS[:10]), ("target", TEXTS[10:])):
        learned = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([text for text in texts if text.strip()] * 3),
            model_writer=learned,
            vocab_size=150,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.spm").write_bytes(learned.getvalue())
        reader = sentencepiece.SentencePieceProcessor(model_proto=learned.getvalue())
        names |= dict.fromkeys(reader.id_to_piece(i) for i in range(3, reader.get_piece_size()))
    ids = {name: id for id, name in enumerate(names)}
    (folder / "vocab.json").write_text(json.dumps(ids))
    return len(ids)


def all_of_marians(folder: Path) -> int:
    count = two_models(folder)
    read = tr.MarianTokenizer.from_pretrained(folder)
    saved = folder / "saved"
    read.save_pretrained(saved)
    for file in saved.iterdir():
        file.rename(folder / file.name)
    saved.rmdir()
    return count


def without(name: str) -> Callable[..., tuple[Path, Any]]:
    """As a whole folder, but for one of the tokenizer's files, which `Family.written` adds."""

    def layout(family: Family, count: int, folder: Path) -> tuple[Path, Any]:
        (folder.with_name("words") / name).unlink()
        return plain(family, count, folder)

    return layout


def alone(write: Callable[[Path], int]) -> Callable[[Path], int]:
    """Of a tokenizer's files the tokenizer.json alone."""

    def tokenizer(folder: Path) -> int:
        count = write(folder)
        for file in folder.iterdir():
            if file.name != "tokenizer.json":
                file.unlink()
        return count

    return tokenizer


JSON = "`tokenizer.json`"
ALL = "all that `save_pretrained` writes"
GPT2 = Family(
    tr.GPT2LMHeadModel,
    dict(n_positions=64, n_embd=24, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0)
    | {"pad_token_id": 0},
    {
        JSON: tokenizer_json,
        "`vocab.json` and `merges.txt`": vocab_and_merges,
        ALL: all_of_gpt2s,
    },
    BOTH
    | {
        "the base model (`GPT2Model`)": of_class("GPT2Model"),
        "fine-tuned to classify (`…ForSequenceClassification`)": of_class(
            "GPT2ForSequenceClassification"
        ),
        "fine-tuned to choose (`GPT2DoubleHeadsModel`)": of_class("GPT2DoubleHeadsModel"),
        "rows filled up to a multiple of 128": filled_up,
        "in 16 bits": in_16_bits,
        "whole numbers (quantized)": quantized,
        "an adapter (LoRA) alone": adapter,
        "the whole module, pickled": pickled,
    },
)
WORDS = {JSON: alone(all_of_berts), "`vocab.txt`": word_pieces, ALL: all_of_berts}
BERT = Family(
    tr.BertForMaskedLM,
    dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37)
    | {"max_position_embeddings": 64, "pad_token_id": 0},
    WORDS,
    BOTH
    | {
        "rows filled up to a multiple of 128": filled_up,
        "in 16 bits": in_16_bits,
        "for pre-training (`BertForPreTraining`)": of_class("BertForPreTraining"),
        "the base model (`BertModel`)": of_class("BertModel"),
        "fine-tuned to classify (`…ForSequenceClassification`)": of_class(
            "BertForSequenceClassification"
        ),
        "fine-tuned for tokens (`BertForTokenClassification`)": of_class(
            "BertForTokenClassification"
        ),
        "fine-tuned to answer (`BertForQuestionAnswering`)": of_class("BertForQuestionAnswering"),
        "fine-tuned to choose (`BertForMultipleChoice`)": of_class("BertForMultipleChoice"),
        "of sentence-transformers, the model outermost": sentences("."),
        "of sentence-transformers, in `0_Transformer/`": sentences("0_Transformer"),
        "of sentence-transformers, in a zip": sentences("0_Transformer"),
        "a decoder (`is_decoder`)": decoder,
        "an adapter (LoRA) alone": adapter,
    },
)
MORE: dict[str, Any] = {
    "rows filled up to a multiple of 128": filled_up,
    "in 16 bits": in_16_bits,
}
CLASSIFY = "fine-tuned to classify (`…ForSequenceClassification`)"
TOKENS = "fine-tuned for tokens (`…ForTokenClassification`)"
ANSWER = "fine-tuned to answer (`…ForQuestionAnswering`)"


def heads(name: str) -> dict[str, Any]:
    """The forms of an encoder's other classes."""
    return {
        f"the base model (`{name}Model`)": of_class(f"{name}Model"),
        CLASSIFY: of_class(f"{name}ForSequenceClassification"),
        TOKENS: of_class(f"{name}ForTokenClassification"),
        ANSWER: of_class(f"{name}ForQuestionAnswering"),
    }


DISTILBERT = Family(
    tr.DistilBertForMaskedLM,
    dict(dim=24, n_layers=2, n_heads=3, hidden_dim=37, max_position_embeddings=64),
    WORDS,
    BOTH | MORE | heads("DistilBert"),
)
FRAMED = {
    JSON: alone(all_of_robertas),
    "`vocab.json` and `merges.txt`": framed_vocab_and_merges,
    ALL: all_of_robertas,
}
ROBERTA = Family(
    tr.RobertaForMaskedLM,
    dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37)
    | dict(max_position_embeddings=66, type_vocab_size=1),
    FRAMED,
    BOTH | MORE | heads("Roberta"),
)
PAIR = (
    dict(d_model=24, encoder_layers=2, decoder_layers=1, max_position_embeddings=64)
    | dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 3)
    | dict.fromkeys(("encoder_ffn_dim", "decoder_ffn_dim"), 37)
)
BART = Family(
    tr.BartForConditionalGeneration,
    PAIR,
    FRAMED,
    BOTH
    | MORE
    | {
        "the base model (`BartModel`)": of_class("BartModel"),
        CLASSIFY: of_class("BartForSequenceClassification"),
        ANSWER: of_class("BartForQuestionAnswering"),
    },
)
MARIAN = Family(
    tr.MarianMTModel,
    {**PAIR, "pad_token_id": 2, "decoder_start_token_id": 2, "scale_embedding": True},
    {"`source.spm`, `target.spm`, `vocab.json`": two_models, ALL: all_of_marians},
    BOTH
    | MORE
    | {
        "the base model (`MarianModel`)": of_class("MarianModel"),
        "without its `source.spm`": without("source.spm"),
        "without its `target.spm`": without("target.spm"),
    },
)
