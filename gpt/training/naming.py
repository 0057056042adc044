"""A run's name, derived from the name of a file or a folder."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from gpt.errors import TrainingError
from gpt.names import check_name

LONGEST = 60
"""Characters; a number may follow, to distinguish runs of the same name."""

KINDS = re.compile(r"\.(pt|pth|ckpt|bin|safetensors|zip|tgz|tar|gz)$", re.IGNORECASE)
"""Endings that say what a file is. A folder's name may have a dot too, as in gpt2-v1.5."""


def name_after(path: str | Path) -> str:
    """The name of a run that is made from the file or folder at `path`.

    >>> name_after("models/gpt2-v1.5/"), name_after("my model (1).tar.gz"), name_after("Modèle.pt")
    ('gpt2-v1.5', 'my-model-1', 'Modele')
    """
    name = os.path.basename(os.path.abspath(path))
    while KINDS.search(name):
        name = KINDS.sub("", name)
    return nameable(name)


def nameable(text: str) -> str:
    """A text as the name of a run, in ASCII; `imported` if nothing is left of it.

    >>> nameable("Übung 2: ñandú"), nameable("模型")
    ('Ubung-2-nandu', 'imported')
    """
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", letters).strip("-._")[:LONGEST].rstrip("-._")
    try:
        check_name(name)
    except TrainingError:  # empty, or a name that another system keeps for itself
        return f"imported-{name}" if name else "imported"
    return name
