"""Take the pictures of docs/pages.md anew: python -m docs.pictures.take [--only NAME …]

Each page on a copy of the shipped runs: light and 1280 wide; those of *Home* and *See* also dark
and 1920 wide.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from benchmarks.app_speed import server_on
from benchmarks.browser import launched
from benchmarks.page_speed import opened_in
from pages.shared import folders
from tests.browser.waiting import at_rest

HERE = Path(__file__).resolve().parent
HEIGHT = 1000
COLORS = 256
IS_WHOLE = """() => !document.querySelector("[data-testid=stSkeleton], .stSkeleton")"""
"""Whether nothing stands in for a part that is still loaded."""
REVIEW = "the story is not dull , but the ending is warm ."
FRENCH = "Elle aime lire des livres anciens."
SEE = {
    "home": "home",
    "attention": "attention",
    "inside-a-head": "head",
    "mask-and-scale": "mask_scale",
    "generate": "generate",
    "embeddings": "embeddings",
    "residual-stream": "residual",
    "model": "model",
}
OTHERS = {
    "the-tour": "attention?tour=mask",
    "train": "train",
    "runs": "runs?runs=shakespeare,shakespeare-fast",
    "import": "import",
    "text-to-tensors": "tensors",
    "averaging-the-past": "averaging",
    "the-ladder": "ladder",
    "normalization": "normalization",
    "encoder": f"encoder?{urlencode({'run': 'reviews', 'prompt': REVIEW, 'layer': 1})}",
    "translation": f"translation?{urlencode({'source': FRENCH, 'layer': 2, 'head': 1})}",
    "assistant": "assistant",
}


def main() -> None:
    """Start the app on a copy of the shipped runs, and photograph its pages."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        checkpoints = _copied(Path(folder) / "checkpoints")
        with server_on(checkpoints, Path(folder) / "log.txt") as server:
            for name, place in _chosen(SEE | OTHERS, options.only):
                _take(browser, f"{server.url}/{place}", HERE / f"{name}.png", 1280, dark=False)
            for name, place in _chosen(SEE, options.only):
                _take(browser, f"{server.url}/{place}", HERE / f"{name}-dark.png", 1920, dark=True)


def _options() -> argparse.Namespace:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--only", nargs="+", help="names of pictures, as of their files")
    return made.parse_args()


def _copied(folder: Path) -> Path:
    """The shipped runs alone: a person's own are nobody's business."""
    for name in folders.SHIPPED:
        shutil.copytree(folders.ROOT / "checkpoints" / name, folder / name)
    return folder


def _chosen(pages: dict[str, str], only: list[str] | None) -> list[tuple[str, str]]:
    """The pages of some pictures, or of all."""
    return [(name, place) for name, place in pages.items() if only is None or name in only]


def _take(browser: Browser, address: str, path: Path, width: int, dark: bool) -> None:
    size: ViewportSize = {"width": width, "height": HEIGHT}
    page = browser.new_page(viewport=size, color_scheme="dark" if dark else "light")
    opened_in(page, address)
    page.wait_for_function(IS_WHOLE)
    at_rest(page)
    page.wait_for_timeout(1000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLORS).save(path, optimize=True)
    page.close()
    print(path.name, flush=True)


if __name__ == "__main__":
    main()
