"""What Python puts into a saved PNG."""

from __future__ import annotations

import io

from PIL import Image

from viz.views.save_picture import png_chunk


def test_a_png_with_the_chunk_has_the_settings() -> None:
    file = io.BytesIO()
    Image.new("RGB", (2, 3)).save(file, "PNG")
    bare = file.getvalue()
    picture = Image.open(io.BytesIO(bare[:33] + png_chunk('{"run": "é"}') + bare[33:]))
    picture.load()  # checks every chunk's sum
    assert picture.size == (2, 3) and picture.info["headlight"] == '{"run": "é"}'
