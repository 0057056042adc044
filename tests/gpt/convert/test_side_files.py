"""A tokenizer's side files: its ids are transformers', or a setting is refused by its name."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    AutoTokenizer,
    BertTokenizer,
    GPT2Tokenizer,
    PreTrainedTokenizerFast,
    RobertaTokenizer,
)

from gpt.convert.vocabulary import vocabularies
from gpt.errors import ConversionError, HeadlightError
from gpt.text.huggingface import HuggingFaceTokenizer

TEXT = ["some text to learn from, naïve café 日本 don't  Über the mat\n the cat sat"] * 3
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] <s> </s> <unk>".split()
WORDS += [*"abcdefghijklmnopqrstuvwxyz0123日本.,!'", "the", "cat", "##s", "uber", "über", "Über"]
WORDS += [f"##{letter}" for letter in "abcdefghijklmnopqrtuvwxyzäé日"]
NAMED = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")  # WORDS begin with them
ADDED = ["<|user|>", "<|bot|>", "<|endoftext|>", "[CLS]", "[SEP]", "[MASK]", "<s>", "new", "ÄNEU"]
ADDED += ["</s>", "<mask>", "<pad>", "<unk>"]
ROBERTAS = ["<s>", "<pad>", "</s>", "<unk>"]  # before all others; "<mask>" comes last
ODD = [
    "😀",
    "👩\u200d🚀",
    "e\u0301",
    "é",
    "\0",
    " ",
    "  ",
    "\n",
    "\t",
    "ÅÉ",
    "ﬁ",
    "\u200b",
    "\ufeff",
]
ODD += ["the cat", "Über", "日本", "don't", "mat.", "▁", "Ġ", "\u0336", "İ", "\u2028", "123", "ß"]
STRINGS = st.lists(
    st.one_of(
        st.sampled_from([*ADDED, *ODD]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    ),
    max_size=8,
).map("".join)


def write(folder: Path, **files: Any) -> None:
    """Side files by their names, "__" for the dot."""
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")


@cache
def byte_level() -> Tokenizer:
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    library.train_from_iterator(TEXT, trainer)
    return library


def gpt2(folder: Path, end: bool = True, **config: Any) -> int:
    """vocab.json, merges.txt and settings; the number of tokens."""
    byte_level().model.save(str(folder))
    ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    if end:
        ids["<|endoftext|>"] = len(ids)
    write(folder, vocab__json=ids, config__json={"model_type": "gpt2"})
    if config:
        write(folder, tokenizer_config__json={"tokenizer_class": "GPT2Tokenizer", **config})
    return len(ids)


def bert(folder: Path, **config: Any) -> int:
    write(folder, vocab__txt="\n".join(WORDS) + "\n", config__json={"model_type": "bert"})
    if config:
        write(folder, tokenizer_config__json=config)
    return len(WORDS)


def token(content: str, **flags: bool) -> dict[str, Any]:
    """A token as transformers writes it."""
    plain = dict(lstrip=False, rstrip=False, single_word=False, normalized=False, special=False)
    return {"content": content, **plain, **flags}


def fast(folder: Path, kind: str) -> None:
    """A tokenizer.json of no class of its own, as PreTrainedTokenizerFast saves it."""
    unigram = kind == "unigram"
    library = Tokenizer(
        models.Unigram() if unigram else models.BPE(unk_token="<unk>", byte_fallback=True)
    )
    special = ["<unk>", "<s>", "</s>"]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    if kind == "llama":
        steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        library.normalizer = normalizers.Sequence(steps)
    else:
        library.pre_tokenizer = pre_tokenizers.Metaspace()
        library.normalizer = normalizers.NFKC() if unigram else None
    trainer: Any = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[*special, *bytes_], show_progress=False
    )
    if unigram:
        trainer = trainers.UnigramTrainer(
            vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False
        )
    library.train_from_iterator(TEXT, trainer)
    theirs = PreTrainedTokenizerFast(
        tokenizer_object=library,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        additional_special_tokens=["<|user|>"],
    )
    theirs.add_tokens(["new"])
    theirs.save_pretrained(folder)
    write(folder, config__json={"model_type": "gpt2"})


def gpt2_with_added_tokens(folder: Path) -> None:
    V = gpt2(folder, pad_token="<|bot|>")
    write(folder, added_tokens__json={"<|user|>": V, "<|bot|>": V + 1, "new": V + 2})
    write(folder, special_tokens_map__json={"additional_special_tokens": ["<|user|>"]})


def gpt2_with_flags(folder: Path) -> None:
    V = gpt2(folder)
    added = {
        str(V - 1): token("<|endoftext|>", special=True),
        str(V): token("<|user|>", special=True, lstrip=True),
        str(V + 1): token("new", single_word=True, normalized=True),
        str(V + 2): token("<|bot|>", rstrip=True),
    }
    config = {"tokenizer_class": "GPT2TokenizerFast", "added_tokens_decoder": added}
    write(folder, tokenizer_config__json=config)


def gpt2_saved(folder: Path, **more: Any) -> None:
    gpt2(folder)
    theirs = GPT2Tokenizer.from_pretrained(folder, **more)
    theirs.add_special_tokens({"additional_special_tokens": ["<|user|>"]})
    theirs.add_tokens(["new"])
    theirs.save_pretrained(folder)


def gpt2_whose_settings_differ(folder: Path) -> None:
    gpt2_saved(folder)
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    write(folder, tokenizer_config__json={**config, "add_prefix_space": True})


def bert_with_other_names(folder: Path) -> None:
    bert(folder)
    names = {"cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "[PAD]"}
    write(folder, special_tokens_map__json=names)


def bert_with_added_tokens(folder: Path) -> None:
    V = bert(folder, do_lower_case=True)
    write(folder, added_tokens__json={"<|user|>": V, "ÄNEU": V + 1})


def bert_saved(folder: Path, **changed: Any) -> None:
    bert(folder)
    theirs = BertTokenizer.from_pretrained(folder)
    theirs.add_tokens(["ÄNEU", "new"])
    theirs.save_pretrained(folder)
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    write(folder, tokenizer_config__json={**config, **changed})


def bert_of_version_4(folder: Path, model: str = "bert") -> None:
    """Every file that transformers 4 saved: vocab.txt beside tokenizer.json, and the decoder."""
    V = bert(folder)
    theirs = BertTokenizer.from_pretrained(folder)
    theirs.add_tokens(["ÄNEU"])
    theirs.save_pretrained(folder)
    special = {name: WORDS[id] for id, name in enumerate(NAMED)}
    added = {str(id): token(WORDS[id], special=True) for id in range(5)}
    added[str(V)] = token("ÄNEU", normalized=True)
    kind = "DistilBertTokenizer" if model == "distilbert" else "BertTokenizer"
    config = {"tokenizer_class": kind, "added_tokens_decoder": added, "do_lower_case": True}
    config |= {"strip_accents": None, "tokenize_chinese_chars": True, "never_split": None}
    write(folder, vocab__txt="\n".join(WORDS) + "\n", special_tokens_map__json=special)
    write(folder, tokenizer_config__json={**config, **special}, added_tokens__json={"ÄNEU": V})
    write(folder, config__json={"model_type": model})


def xlm_roberta(folder: Path) -> None:
    """A BERT with XLM-RoBERTa's tokenizer, as multilingual sentence encoders have it."""
    library = Tokenizer(models.Unigram())
    marks = pre_tokenizers.Metaspace(prepend_scheme="always")
    library.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), marks])
    library.decoder = decoders.Metaspace(prepend_scheme="always")
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer: Any = trainers.UnigramTrainer(
        vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    library.train_from_iterator(TEXT, trainer)
    library.add_special_tokens(["<mask>"])
    library.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    library.save(str(folder / "tokenizer.json"))
    write(folder, tokenizer_config__json={"tokenizer_class": "XLMRobertaTokenizerFast"})
    write(folder, config__json={"model_type": "bert"})


def roberta(folder: Path, model: str = "roberta", **config: Any) -> int:
    """vocab.json, merges.txt and settings, as RoBERTa and BART have them; the number of tokens."""
    byte_level().model.save(str(folder))
    learned = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    ids = {name: id for id, name in enumerate([*ROBERTAS, *learned, "<mask>"])}
    write(folder, vocab__json=ids, config__json={"model_type": model})
    if config:
        write(folder, tokenizer_config__json=config)
    return len(ids)


def roberta_saved(folder: Path, **changed: Any) -> None:
    roberta(folder)
    theirs = RobertaTokenizer.from_pretrained(folder)
    theirs.add_tokens(["ÄNEU", "new"])
    theirs.save_pretrained(folder)
    config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    write(folder, tokenizer_config__json={**config, **changed})


def roberta_with_flags(folder: Path) -> None:
    """Its mask takes the blank before it, as that of the published files does."""
    V = roberta(folder)
    added = {str(V - 1): token("<mask>", special=True, lstrip=True), str(V): token("new")}
    config = {"tokenizer_class": "RobertaTokenizerFast", "added_tokens_decoder": added}
    write(folder, tokenizer_config__json=config)


FAMILIES = {
    "RoBERTa, two files": roberta,
    "RoBERTa, a space in front": lambda folder: roberta(folder, add_prefix_space=True),
    "RoBERTa, added_tokens_decoder": roberta_with_flags,
    "RoBERTa, tokenizer.json": roberta_saved,
    "RoBERTa, tokenizer.json, a space": lambda folder: roberta_saved(folder, add_prefix_space=True),
    "BART, two files": lambda folder: roberta(folder, "bart", tokenizer_class="BartTokenizer"),
    "BART, other names": lambda folder: roberta(
        folder, "bart", cls_token="<mask>", sep_token="<s>"
    ),
    "GPT-2, two files": gpt2,
    "GPT-2, a space in front": lambda folder: gpt2(folder, add_prefix_space=True),
    "GPT-2, ends": lambda folder: gpt2(folder, add_bos_token=True, add_eos_token=True),
    "GPT-2, added_tokens.json": gpt2_with_added_tokens,
    "GPT-2, added_tokens_decoder": gpt2_with_flags,
    "GPT-2, tokenizer.json": gpt2_saved,
    "GPT-2, tokenizer.json, other settings": gpt2_whose_settings_differ,
    "BERT, vocab.txt": bert,
    "BERT, case": lambda folder: bert(folder, do_lower_case=False),
    "BERT, accents": lambda folder: bert(folder, strip_accents=False),
    "BERT, Chinese": lambda folder: bert(folder, tokenize_chinese_chars=False),
    "BERT, other names": bert_with_other_names,
    "BERT, added_tokens.json": bert_with_added_tokens,
    "BERT, tokenizer.json": bert_saved,
    "BERT, tokenizer.json, case": lambda folder: bert_saved(folder, do_lower_case=False),
    "BERT, transformers 4": bert_of_version_4,
    "DistilBERT, vocab.txt": lambda folder: (
        bert(folder),
        write(folder, config__json={"model_type": "distilbert"}),
    ),
    "DistilBERT, transformers 4": lambda folder: bert_of_version_4(folder, "distilbert"),
    "BERT with XLM-RoBERTa's": xlm_roberta,
    "GPT-2 with BERT's": lambda folder: (
        bert(folder, tokenizer_class="BertTokenizer"),
        write(folder, config__json={"model_type": "gpt2"}),
    ),
    "Metaspace": lambda folder: fast(folder, "metaspace"),
    "Llama": lambda folder: fast(folder, "llama"),
    "Unigram": lambda folder: fast(folder, "unigram"),
}


@pytest.fixture(scope="module")
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[HuggingFaceTokenizer, Any]:
    """Ours and transformers'."""
    folder = tmp_path_factory.mktemp("tokenizer")
    FAMILIES[request.param](folder)
    return vocabularies.of_folder(folder), AutoTokenizer.from_pretrained(folder)


@pytest.mark.slow
@pytest.mark.parametrize("pair", FAMILIES, indirect=True)
@settings(deadline=None, max_examples=500)
@given(text=STRINGS)
def test_the_ids_are_those_of_transformers(
    pair: tuple[HuggingFaceTokenizer, Any], text: str
) -> None:
    ours, theirs = pair
    assert ours.encode(text) == theirs(text)["input_ids"]


@pytest.mark.parametrize("pair", FAMILIES, indirect=True)
def test_the_tokens_are_those_of_transformers(pair: tuple[HuggingFaceTokenizer, Any]) -> None:
    ours, theirs = pair
    assert {ours.id_of(name): name for name in theirs.get_vocab()} == {
        id: name for name, id in theirs.get_vocab().items()
    }


def test_a_class_s_own_token_that_the_vocabulary_lacks_is_left_out(tmp_path: Path) -> None:
    """transformers gives it a new id, for which the model has no row."""
    V = gpt2(tmp_path, end=False)
    assert AutoTokenizer.from_pretrained(tmp_path)("<|endoftext|>")["input_ids"] == [V]
    ours = vocabularies.of_folder(tmp_path)
    assert ours.vocab_size == V
    assert ours.decode(ours.encode("<|endoftext|>")) == "<|endoftext|>"


def refused(folder: Path) -> str:
    with pytest.raises(ConversionError) as caught:
        vocabularies.of_folder(folder)
    return str(caught.value)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "special tokens that are split": (
        {"tokenizer_config__json": {"split_special_tokens": True}},
        "split_special_tokens is true",
    ),
    "another class of the same files": (
        {"tokenizer_config__json": {"tokenizer_class": "CodeGenTokenizer"}},
        "tokenizer_class is 'CodeGenTokenizer'",
    ),
    "an id that is not the next": (
        {"added_tokens__json": {"<|user|>": 900}},
        "'<|user|>' should be the token 900",
    ),
    "an id in words": ({"added_tokens__json": {"<|user|>": "1"}}, "the id of '<|user|>' is '1'"),
    "a list for settings": ({"added_tokens__json": ["<|user|>"]}, "should hold settings by name"),
    "a flag in words": (
        {"tokenizer_config__json": {"add_prefix_space": "yes"}},
        "add_prefix_space is 'yes'; it should be true or false",
    ),
    "a token that is none": (
        {"tokenizer_config__json": {"bos_token": 7}},
        "bos_token: '7' is no token",
    ),
    "an added token of a negative id": (
        {"tokenizer_config__json": {"added_tokens_decoder": {"-1": token("x")}}},
        "added_tokens_decoder has the id '-1'",
    ),
    "damaged settings": ({"tokenizer_config__json": "{"}, "tokenizer_config.json is not JSON"),
}


@pytest.mark.parametrize(("files", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_heeded_is_refused_by_name(
    tmp_path: Path, files: dict[str, Any], message: str
) -> None:
    gpt2(tmp_path)
    write(tmp_path, **files)
    try:
        assert message in refused(tmp_path)
    except HeadlightError as error:
        assert message in str(error)


def test_a_frame_whose_tokens_have_no_ids_is_refused(tmp_path: Path) -> None:
    gpt2(tmp_path)
    write(tmp_path, tokenizer_config__json={"tokenizer_class": "RobertaTokenizer"})
    assert "vocab.json has no <s>, </s>, which stands around texts" in refused(tmp_path)


def test_a_class_that_would_drop_steps_of_the_file_is_refused(tmp_path: Path) -> None:
    """GPT2Tokenizer makes its steps anew: a normalizer in tokenizer.json would be lost."""
    gpt2_saved(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    write(tmp_path, tokenizer__json={**spec, "normalizer": {"type": "NFC"}})
    assert "names GPT2Tokenizer" in refused(tmp_path)
    write(tmp_path, tokenizer_config__json={})
    assert vocabularies.of_folder(tmp_path).encode("e\u0301") == (
        vocabularies.of_folder(tmp_path).encode("é")
    )


def framed_bytes(folder: Path, kind: str) -> None:
    """A plain byte-level tokenizer.json that puts a frame around texts, of a class's name."""
    gpt2(folder)
    library = Tokenizer.from_str(byte_level().to_str())
    library.add_special_tokens(["<s>", "</s>"])
    V = library.get_vocab_size()
    library.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", V - 2), ("</s>", V - 1)]
    )
    library.save(str(folder / "tokenizer.json"))
    write(folder, tokenizer_config__json={"tokenizer_class": kind})


@pytest.mark.parametrize("kind", ["GPTNeoXTokenizerFast", "Qwen2Tokenizer"])
def test_a_class_that_makes_other_steps_than_the_file_is_refused(tmp_path: Path, kind: str) -> None:
    """transformers puts NFC before the file's steps and may drop its frame, without a word."""
    framed_bytes(tmp_path, kind)
    text = "e\u0301"
    theirs = AutoTokenizer.from_pretrained(tmp_path)(text)["input_ids"]
    assert f"names {kind.removesuffix('Fast')}, which may make the steps" in refused(tmp_path)
    write(tmp_path, tokenizer_config__json={})
    assert vocabularies.of_folder(tmp_path).encode(text) != theirs


@pytest.mark.parametrize("kind", ["LlamaTokenizer", "T5Tokenizer", "CodeGenTokenizer", "Own"])
def test_a_class_of_which_nothing_is_known_is_refused(tmp_path: Path, kind: str) -> None:
    gpt2_saved(tmp_path)
    write(tmp_path, tokenizer_config__json={"tokenizer_class": kind})
    assert f"names {kind}, which may make the steps" in refused(tmp_path)


@pytest.mark.parametrize(
    ("step", "value"),
    [
        ("normalizer", {"type": "NFC"}),
        ("pre_tokenizer", {"type": "WhitespaceSplit"}),
        ("post_processor", None),
    ],
)
def test_other_steps_than_those_of_xlm_roberta_are_refused(
    tmp_path: Path, step: str, value: Any
) -> None:
    xlm_roberta(tmp_path)
    spec = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    write(tmp_path, tokenizer__json={**spec, step: value})
    assert "names XLMRobertaTokenizer" in refused(tmp_path)


def test_a_tokenizer_json_that_is_named_by_itself_comes_with_its_side_files(tmp_path: Path) -> None:
    bert_saved(tmp_path, do_lower_case=False)
    whole, file = (
        vocabularies.of_folder(tmp_path),
        vocabularies.of_path(tmp_path / "tokenizer.json"),
    )
    assert file.encode("Über the cat") == whole.encode("Über the cat")
    write(tmp_path, tokenizer_config__json={"split_special_tokens": True})
    with pytest.raises(ConversionError, match="split_special_tokens is true"):
        vocabularies.of_path(tmp_path / "tokenizer.json")
