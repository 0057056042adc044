"""The state of Import, as in its URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pages.shared.parameters import choice
from pages.shared.url_fields import PageState, parameter

PATH, UPLOAD, HUB = "on this machine", "upload", "Hugging Face"
PLACES = (PATH, UPLOAD, HUB)
NAMES = ("gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl", "distilgpt2")
SCALES = {
    "head_size": "1/√head_size, as published",
    "n_embd": "1/√n_embd, as typed in the video",
    "none": "1",
}
OWN, TEXT, FILE, SHAKESPEARE = "own", "text", "file", "shakespeare"


@dataclass(frozen=True)
class ImportState(PageState):
    """The page's controls.

    Fields:
        place, path, name: where a checkpoint is, and its path or name there.
        which: the checkpoint, of several in one folder; None: the likeliest.
        trained: the scale of a lecture's model.
        words, text, file: where its vocabulary is; None: the likeliest source.
    """

    page: ClassVar[str] = "import_model"
    place: str = choice(PLACES, name="from")
    path: str = parameter("")
    name: str = parameter(NAMES[0])
    which: str | None = parameter(nothing="the likeliest")
    trained: str = choice(SCALES)
    words: str | None = parameter(nothing="the likeliest")
    text: str = parameter("")
    file: str = parameter("")
