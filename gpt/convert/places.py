"""Places: where the checkpoint is in a folder that somebody else's program saved.

A folder is asked for what a checkpoint needs, by the names of its files; whatever else it holds
(an optimizer's state, logs, a page of text about it) is left alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gpt.convert.weights import INDEX, SAFETENSORS, STANDARD, TORCH, TORCH_INDEX
from gpt.errors import ConversionError

CONFIG, MODULES = "config.json", "modules.json"
OF_A_FOLDER = (CONFIG, *STANDARD)
WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
TOKENIZERS = ({"tokenizer.json"}, {"vocab.json", "merges.txt"}, {"vocab.txt"})
# What training leaves beside the weights; parts of several files; adapters, which are no models.
NO_WEIGHTS = re.compile(
    r"(optimizer|scheduler|scaler|training_args|rng_state\w*|random_states\w*|adapter_model"
    r"|sentencepiece\S*|.*-\d{5}-of-\d{5})\.(pt|pth|bin|safetensors)"
)
NO_VOCABULARY = re.compile(
    r".*config.*\.json|.*\.index\.json|.*_(state|results|map|args)\.json|(added_tokens|modules"
    r"|vocab|tokenizer|metadata|status|trainer|results)\.json"
)
NO_TEXT = re.compile(r"(?i)(merges|vocab|requirements|licen[cs]e|readme|notice)\S*\.txt")
LIKELY = ("vocabulary.json", "meta.json", "input.txt")
LEFT = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}
DEEPEST, MOST = 4, 5000
HEADLESS_MODULES = (
    "what sentence-transformers puts after the model, to make one vector of a text, is left out: "
)


@dataclass(frozen=True)
class Among:
    """What is what among the files of a folder; paths are relative to it.

    Fields:
        main: the folder that has config.json and the weights ("" if it is the folder itself); or a
            file of weights.
        text: the text it was trained on, if there is one and it may be needed.
        vocabulary: a JSON file with its vocabulary, likewise.
        notes: what was chosen and what is left out, a sentence each.
    """

    main: str
    text: str | None = None
    vocabulary: str | None = None
    notes: tuple[str, ...] = ()


def among(names: Sequence[str], which: str | None = None) -> Among:
    """Tell the files of a checkpoint from whatever is beside them, by their names.

    >>> among(["out/ckpt.pt", "out/input.txt", "out/optimizer.pt"])
    Among(main='out/ckpt.pt', text='out/input.txt', vocabulary=None, notes=())
    >>> among(["checkpoint-500/config.json", "checkpoint-500/pytorch_model.bin"]).main
    'checkpoint-500'

    Args:
        names: paths of files, with "/" between their parts.
        which: one of `candidates`; without it the likeliest is taken.

    Raises:
        ConversionError: something is missing, or it takes a person to say which.
    """
    names = [name for name in names if not is_left(name)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConversionError(f"there are two files {twice[0]}; remove one of them")
    several = candidates(names)
    main = which if which is not None else _likeliest(several, names)
    if which is not None and which not in several:
        raise ConversionError(f"there is no checkpoint {which!r} there: {_listed(several)}")
    text, vocabulary = _words(main, names)
    return Among("" if main == "." else main, text, vocabulary, _notes(main, several, names))


def candidates(names: Sequence[str]) -> list[str]:
    """Every checkpoint among files: folders ("." for the outermost) and files of weights."""
    folders = _by_folder([name for name in names if not is_left(name)])
    modular = {folder for folder, files in folders.items() if MODULES in files}
    kept = [f for f in folders if not _is_other_module(f, modular)]
    return sorted((c for f in kept for c in _of_folder(f, folders[f])), key=_order)


def names_in(folder: Path) -> list[str]:
    """The files of a folder and of those within it, by their paths relative to it.

    Not endlessly deep, and not endlessly many: what is further away is not looked for.
    """
    names: list[str] = []
    for place, folders, files in os.walk(folder):
        inside = Path(place).relative_to(folder)
        folders[:] = sorted(folders) if len(inside.parts) < DEEPEST else []
        names += [(inside / name).as_posix() for name in sorted(files)]
        if len(names) > MOST:
            break
    return names[:MOST]


def is_left(name: str) -> bool:
    """Whether a file is of no interest to anybody: hidden, or one that a system adds."""
    return any(part.startswith(".") or part in LEFT for part in PurePosixPath(name).parts)


def missing(names: Sequence[str]) -> list[str]:
    """What a Hugging Face folder of these files lacks; the tokenizer's are not asked for."""
    weights = any(name in names for name in STANDARD)
    lacks = [] if CONFIG in names else [CONFIG]
    return lacks if weights else [*lacks, f"{SAFETENSORS} or {TORCH}"]


def _by_folder(names: Sequence[str]) -> dict[str, set[str]]:
    folders: dict[str, set[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        folders.setdefault(str(path.parent), set()).add(path.name)
    return folders


def _of_folder(folder: str, files: set[str]) -> list[str]:
    """The folder, if transformers would open it, or each file of weights in it."""
    if CONFIG in files and files & set(STANDARD):
        return [folder]
    weights = [f for f in files if Path(f).suffix in WEIGHTS and not NO_WEIGHTS.fullmatch(f)]
    return [str(PurePosixPath(folder) / f) for f in weights]


def _is_other_module(folder: str, modular: set[str]) -> bool:
    """Whether it is a module of sentence-transformers other than the model: `2_Dense`, say."""
    path = PurePosixPath(folder)
    numbered = re.fullmatch(r"\d+_(?!Transformer$)\w+", path.name)
    return numbered is not None and str(path.parent) in modular


def _order(place: str) -> tuple[int, int, str]:
    """The outermost first; of a Trainer's checkpoints the last first."""
    path = PurePosixPath(place)
    return len(path.parts), -_step(place), place


def _step(place: str) -> int:
    numbered = re.fullmatch(r"checkpoint-(\d{1,12})", PurePosixPath(place).name)
    return int(numbered[1]) if numbered else -1


def _likeliest(several: Sequence[str], names: Sequence[str]) -> str:
    if not several:
        raise ConversionError(_nothing(names))
    first = _depth(several[0])
    outermost = [place for place in several if _depth(place) == first]
    if len(outermost) == 1 or all(_step(place) >= 0 for place in outermost):
        _check_whole(outermost[0], names)
        return outermost[0]
    raise ConversionError(
        f"one file of weights is needed ({', '.join(WEIGHTS)}), or one folder: "
        f"{_listed(outermost)} is there; name one of them, or remove the others"
    )


def _depth(place: str) -> int:
    """How many folders deep a checkpoint is: a file is as deep as the folder that it is in."""
    parts = PurePosixPath(place).parts
    return len(parts) - (PurePosixPath(place).suffix in WEIGHTS)


def _check_whole(place: str, names: Sequence[str]) -> None:
    """Refuse a file that is one of a folder's, without the others."""
    path = PurePosixPath(place)
    files = _by_folder(names).get(str(path.parent), set())
    if path.name in STANDARD and (lacks := missing(sorted(files))):
        raise ConversionError(f"{' and '.join(lacks)} should be among the files too")


def is_adapter(names: Sequence[str]) -> bool:
    """Whether there is an adapter (LoRA) among the files."""
    return any(PurePosixPath(name).name == "adapter_config.json" for name in names)


def _nothing(names: Sequence[str]) -> str:
    if is_adapter(names):
        return (
            "this is an adapter (LoRA), which is no model by itself: merge it into its model first "
            "(merge_and_unload of peft, then save_pretrained)"
        )
    if any(PurePosixPath(name).name in (CONFIG, INDEX, TORCH_INDEX) for name in names):
        lacks = missing([PurePosixPath(name).name for name in names])
        return f"{' and '.join(lacks or [SAFETENSORS])} should be among the files too"
    return (
        f"one file of weights is needed ({', '.join(WEIGHTS)}; none is there), or {CONFIG} with "
        f"{SAFETENSORS} or {TORCH}"
    )


def _words(main: str, names: Sequence[str]) -> tuple[str | None, str | None]:
    """The text and the vocabulary for a checkpoint that has no tokenizer of its own."""
    folders = _by_folder(names)
    home = str(PurePosixPath(main).parent) if PurePosixPath(main).suffix in WEIGHTS else main
    files = folders.get(home, set())
    if CONFIG in files and any(kind <= files for kind in TOKENIZERS):
        return None, None
    for place in (home, *sorted(set(folders) - {home})):
        text, vocabulary = _of_words(place, folders.get(place, set()))
        if text or vocabulary:
            return (None, vocabulary) if vocabulary else (text, None)
    return None, None


def _of_words(folder: str, files: set[str]) -> tuple[str | None, str | None]:
    texts = [f for f in files if f.endswith(".txt") and not NO_TEXT.fullmatch(f)]
    words = [f for f in files if f.endswith(".json") and not NO_VOCABULARY.fullmatch(f)]
    found: list[str | None] = []
    for kind, several in (("texts", sorted(texts)), ("vocabularies", sorted(words))):
        likely = [name for name in LIKELY if name in several] or several
        if len(likely) > 1 and likely[0] not in LIKELY:
            raise ConversionError(f"which of the {kind} is it: {', '.join(several)}? Remove others")
        found.append(str(PurePosixPath(folder) / likely[0]) if likely else None)
    return found[0], found[1]


def _notes(main: str, several: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    notes = []
    steps = sorted(filter(lambda p: _step(p) >= 0, several), key=_step)
    if main in steps and len(steps) > 1:
        listed = _listed([PurePosixPath(place).name for place in steps])
        notes.append(f"{PurePosixPath(main).name} is read of {listed}")
    modules = _other_modules(main, names)
    if modules:
        notes.append(HEADLESS_MODULES + ", ".join(modules))
    return tuple(notes)


def _other_modules(main: str, names: Sequence[str]) -> list[str]:
    folders = _by_folder(names)
    modular = {folder for folder, files in folders.items() if MODULES in files}
    home = {main, str(PurePosixPath(main).parent)} & modular
    return sorted(
        PurePosixPath(f).name
        for f in folders
        if _is_other_module(f, modular) and str(PurePosixPath(f).parent) in home
    )


def _listed(places: Sequence[str]) -> str:
    shown = [("the folder itself" if place == "." else place) for place in places[:6]]
    return ", ".join(shown) + (f" and {len(places) - 6} more" if len(places) > 6 else "")
