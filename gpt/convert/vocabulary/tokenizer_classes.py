"""The tokenizers of three classes of transformers, whose steps their settings make anew."""

from __future__ import annotations

from gpt.bounded import where
from gpt.convert.vocabulary import specs
from gpt.convert.vocabulary.added_tokens import with_added_tokens
from gpt.convert.vocabulary.specs import Spec
from gpt.convert.vocabulary.tokenizer_settings import Settings, default_tokens, special_tokens
from gpt.errors import ConversionError


def gpt2_tokenizer(settings: Settings, base: Spec, with_ends: bool) -> Spec:
    """GPT-2's tokenizer with its settings.

    Args:
        with_ends: whether `add_bos_token` and `add_eos_token` have an effect. They have none
            if a tokenizer.json says what stands around a text.
    """
    spec = _byte_level(settings, base)
    if not with_ends:
        return spec
    special = default_tokens(settings) | special_tokens(settings)
    ids = specs.ids_of(spec)
    ends = [
        [special[name].content] if settings.flag(flag, False) and name in special else []
        for flag, name in (("add_bos_token", "bos_token"), ("add_eos_token", "eos_token"))
    ]
    if missing := [token for token in (*ends[0], *ends[1]) if token not in ids]:
        raise ConversionError(
            f"{settings.source} puts {missing[0]!r} around texts, which has no id"
        )
    return {**spec, "post_processor": specs.template(ids, *ends)}


def roberta_tokenizer(settings: Settings, base: Spec, file: str) -> Spec:
    """RoBERTa's and BART's tokenizer with its settings: GPT-2's pieces in a frame."""
    special = default_tokens(settings) | special_tokens(settings)
    spec = _byte_level(settings, base)
    ids, ends = specs.ids_of(spec), [special[name].content for name in ("cls_token", "sep_token")]
    if missing := [token for token in ends if token not in ids]:
        raise ConversionError(
            f"{where(settings.folder / file)} has no {', '.join(missing)}, which stands around "
            "texts"
        )
    return {**spec, "post_processor": specs.template(ids, ends[:1], ends[1:])}


def _byte_level(settings: Settings, base: Spec) -> Spec:
    """A byte-level vocabulary with the steps that these settings make."""
    prefix = settings.flag("add_prefix_space", False)
    level = {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True}
    level["use_regex"] = True
    spec = {**base, "pre_tokenizer": level, "decoder": level, "added_tokens": []}
    return with_added_tokens(settings, spec)


def bert_tokenizer(settings: Settings, ids: dict[str, int], file: str) -> Spec:
    """BERT's tokenizer with its settings."""
    special = default_tokens(settings) | special_tokens(settings)
    unknown, opening, closing = (
        special[name].content for name in ("unk_token", "cls_token", "sep_token")
    )
    known = {*ids, *(token.content for token in settings.added.values())}
    if missing := [token for token in (unknown, opening, closing) if token not in known]:
        raise ConversionError(
            f"{where(settings.folder / file)} has no {', '.join(missing)}; it is not BERT's"
        )
    spec = specs.words(
        ids,
        unknown,
        lowercase=settings.flag("do_lower_case", True),
        strip_accents=settings.flag("strip_accents", None),
        handle_chinese_chars=settings.flag("tokenize_chinese_chars", True),
    )
    spec = with_added_tokens(settings, spec)
    return {**spec, "post_processor": specs.template(specs.ids_of(spec), [opening], [closing])}


def is_gpt2s(base: Spec) -> bool:
    """Whether a tokenizer.json cuts a text as GPT2Tokenizer does, but for its settings."""
    model, level = base["model"], base.get("pre_tokenizer") or {}
    own = ("unk_token", "continuing_subword_prefix", "end_of_word_suffix")
    return (
        model.get("type", "BPE") == "BPE"
        and "merges" in model
        and not any(model.get(name) for name in (*own, "byte_fallback", "ignore_merges"))
        and base.get("normalizer") is None
        and level.get("type") == "ByteLevel"
        and level.get("use_regex", True) is True
    )


def is_berts(base: Spec) -> bool:
    """Whether a tokenizer.json cuts a text as BertTokenizer does, but for its settings."""
    model, normalizer = base["model"], base.get("normalizer") or {}
    return (
        model.get("type", "WordPiece") == "WordPiece"
        and model.get("continuing_subword_prefix") == "##"
        and model.get("max_input_chars_per_word", 100) == 100
        and normalizer.get("type") == "BertNormalizer"
        and normalizer.get("clean_text", True) is True
        and (base.get("pre_tokenizer") or {}).get("type") == "BertPreTokenizer"
    )


def is_xlm_robertas(settings: Settings, base: Spec) -> bool:
    """Whether a tokenizer.json cuts a text as XLMRobertaTokenizer does with these settings."""
    model, normalizer = base["model"], base.get("normalizer") or {}
    steps = (base.get("pre_tokenizer") or {}).get("pretokenizers") or [{}]
    frame = (base.get("post_processor") or {}).get("single") or []
    around = [part.get("SpecialToken", {}).get("id") for part in frame]
    ends = [settings.values.get(f"{name}_token") for name in ("bos", "eos")]
    last = steps[-1]
    return (
        (model.get("type"), model.get("unk_id"), model.get("byte_fallback", False))
        == ("Unigram", 3, False)
        and normalizer.get("type", "Precompiled") == "Precompiled"
        and [step.get("type") for step in steps] == ["WhitespaceSplit", "Metaspace"]
        and last.get("replacement") == "▁"
        and last.get("prepend_scheme", "always") == "always"
        and last.get("add_prefix_space", True) is last.get("split", True) is True
        and around == ["<s>", None, "</s>"]
        and ends in ([None, None], ["<s>", "</s>"])
        and settings.flag("add_prefix_space", True) is True
    )
