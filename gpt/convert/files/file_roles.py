"""Which files of a folder are the checkpoint, judged by their names.

Somebody else's program saved the folder. It may also hold an optimizer's state, logs or a page of
text about the model; those are ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gpt.convert.files.weights import INDEX, SAFETENSORS, STANDARD, TORCH, TORCH_INDEX
from gpt.errors import ConversionError

CONFIG, MODULES = "config.json", "modules.json"
OF_A_FOLDER = (CONFIG, *STANDARD)
WEIGHTS = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
TOKENIZERS = (
    *({"tokenizer.json"}, {"vocab.json", "merges.txt"}, {"vocab.txt"}),
    *({"source.spm"}, {"target.spm"}),  # of one without the other, the import says what is missing
)
# Files that training writes beside the weights, parts of a split file, and adapters.
NO_WEIGHTS = re.compile(
    r"(optimizer|scheduler|scaler|training_args|rng_state\w*|random_states\w*|adapter_model"
    r"|sentencepiece\S*|.*-\d{5}-of-\d{5})\.(pt|pth|bin|safetensors)"
)
NO_VOCABULARY = re.compile(
    r".*config.*\.json|.*\.index\.json|.*_(state|results|map|args|vocab)\.json|(added_tokens"
    r"|modules|vocab|tokenizer|metadata|status|trainer|results)\.json"
)
NO_TEXT = re.compile(r"(?i)(merges|vocab|requirements|licen[cs]e|readme|notice)\S*\.txt")
LIKELY = ("vocabulary.json", "meta.json", "input.txt")
IGNORED = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}
DEEPEST, MOST = 4, 5000
HEADLESS_MODULES = (
    "what sentence-transformers puts after the model, to make one vector of a text, is left out: "
)


@dataclass(frozen=True)
class FileRoles:
    """What each file of a folder is for; paths are relative to the folder.

    Fields:
        main: the folder that has config.json and the weights ("" if it is the folder itself); or a
            file of weights.
        text: the text it was trained on, if there is one and the tokenizer may need it.
        vocabulary: a JSON file with its vocabulary, if the tokenizer may need it.
        notes: which checkpoint was chosen and what is not read, a sentence each.
    """

    main: str
    text: str | None = None
    vocabulary: str | None = None
    notes: tuple[str, ...] = ()


def file_roles(names: Sequence[str], which: str | None = None, words: bool = True) -> FileRoles:
    """Find the files of a checkpoint among all others, by their names.

    >>> file_roles(["out/ckpt.pt", "out/input.txt", "out/optimizer.pt"])
    FileRoles(main='out/ckpt.pt', text='out/input.txt', vocabulary=None, notes=())
    >>> file_roles(["checkpoint-500/config.json", "checkpoint-500/pytorch_model.bin"]).main
    'checkpoint-500'

    Args:
        names: paths of files, with "/" between their parts.
        which: one of `candidates`; None takes the likeliest.
        words: whether a text or a vocabulary is looked for; not if a person names one.

    Raises:
        ConversionError: something is missing, or a person has to say which checkpoint.
    """
    names = [name for name in names if not is_ignored(name)]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConversionError(f"there are two files {twice[0]}; remove one of them")
    several = candidates(names)
    main = which if which is not None else _likeliest(several, names)
    if which is not None and which not in several:
        raise ConversionError(f"there is no checkpoint {which!r} there: {_listed(several)}")
    text, vocabulary = _words(main, names) if words else (None, None)
    return FileRoles("" if main == "." else main, text, vocabulary, _notes(main, several, names))


def candidates(names: Sequence[str]) -> list[str]:
    """Every checkpoint among files: folders ("." for the outermost) and files of weights."""
    folders = _by_folder([name for name in names if not is_ignored(name)])
    modular = {folder for folder, files in folders.items() if MODULES in files}
    own = [f for f in folders if not _is_other_module(f, modular)]
    return sorted((c for f in own for c in _of_folder(f, folders[f])), key=_order)


def names_in(folder: Path) -> list[str]:
    """The files of a folder and of those within it, by their paths relative to it.

    Looks at most `DEEPEST` folders deep and at `MOST` files.
    """
    names: list[str] = []
    for root, folders, files in os.walk(folder):
        inside = Path(root).relative_to(folder)
        folders[:] = sorted(folders) if len(inside.parts) < DEEPEST else []
        names += [(inside / name).as_posix() for name in sorted(files)]
        if len(names) > MOST:
            break
    return names[:MOST]


def is_ignored(name: str) -> bool:
    """Whether a file is hidden, or one that an operating system adds."""
    return any(part.startswith(".") or part in IGNORED for part in PurePosixPath(name).parts)


def missing(names: Sequence[str]) -> list[str]:
    """The files that a Hugging Face folder lacks; files of the tokenizer do not count."""
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
    """The folder if transformers would open it, else each file of weights in it."""
    if CONFIG in files and files & set(STANDARD):
        return [folder]
    weights = [f for f in files if Path(f).suffix in WEIGHTS and not NO_WEIGHTS.fullmatch(f)]
    return [str(PurePosixPath(folder) / f) for f in weights]


def _is_other_module(folder: str, modular: set[str]) -> bool:
    """Whether it is a module of sentence-transformers other than the model: `2_Dense`, say."""
    path = PurePosixPath(folder)
    numbered = re.fullmatch(r"\d+_(?!Transformer$)\w+", path.name)
    return numbered is not None and str(path.parent) in modular


def _order(name: str) -> tuple[int, int, str]:
    """The outermost first; among the checkpoints of one training, the latest first."""
    path = PurePosixPath(name)
    return len(path.parts), -_step(name), name


def _step(name: str) -> int:
    numbered = re.fullmatch(r"checkpoint-(\d{1,12})", PurePosixPath(name).name)
    return int(numbered[1]) if numbered else -1


def _likeliest(several: Sequence[str], names: Sequence[str]) -> str:
    if not several:
        raise ConversionError(_nothing(names))
    first = _depth(several[0])
    outermost = [name for name in several if _depth(name) == first]
    if len(outermost) == 1 or all(_step(name) >= 0 for name in outermost):
        _check_whole(outermost[0], names)
        return outermost[0]
    raise ConversionError(
        f"one file of weights is needed ({', '.join(WEIGHTS)}), or one folder: "
        f"{_listed(outermost)} is there; name one of them, or remove the others"
    )


def _depth(name: str) -> int:
    """How many folders deep a checkpoint is: a file is as deep as the folder that it is in."""
    parts = PurePosixPath(name).parts
    return len(parts) - (PurePosixPath(name).suffix in WEIGHTS)


def _check_whole(name: str, names: Sequence[str]) -> None:
    """Refuse a single file of a Hugging Face folder without the others."""
    path = PurePosixPath(name)
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
    for folder in (home, *sorted(set(folders) - {home})):
        text, vocabulary = _of_words(folder, folders.get(folder, set()))
        if text or vocabulary:
            return (None, vocabulary) if vocabulary else (text, None)
    return None, None


def _of_words(folder: str, files: set[str]) -> tuple[str | None, str | None]:
    texts = [f for f in files if f.endswith(".txt") and not NO_TEXT.fullmatch(f)]
    words = [f for f in files if f.endswith(".json") and not NO_VOCABULARY.fullmatch(f)]
    chosen: list[str | None] = []
    for kind, several in (("texts", sorted(texts)), ("vocabularies", sorted(words))):
        likely = [name for name in LIKELY if name in several] or several
        if len(likely) > 1 and likely[0] not in LIKELY:
            raise ConversionError(f"which of the {kind} is it: {', '.join(several)}? Remove others")
        chosen.append(str(PurePosixPath(folder) / likely[0]) if likely else None)
    return chosen[0], chosen[1]


def _notes(main: str, several: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    notes = []
    steps = sorted(filter(lambda p: _step(p) >= 0, several), key=_step)
    if main in steps and len(steps) > 1:
        listed = _listed([PurePosixPath(name).name for name in steps])
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


def _listed(names: Sequence[str]) -> str:
    first = [("the folder itself" if name == "." else name) for name in names[:6]]
    return ", ".join(first) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
