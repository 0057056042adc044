"""What every test has in common: torch's threads, no network, the same examples each run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

THREADS = os.environ.get("HEADLIGHT_TEST_THREADS", "1")
os.environ.update(
    # One, unless tests/processors.py asks for more: several workers share a small machine, and
    # OpenMP threads of theirs would spin on each other. Set before anything imports torch, so
    # that this file need not.
    OMP_NUM_THREADS=THREADS,
    MKL_NUM_THREADS=THREADS,
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    STREAMLIT_SERVER_HEADLESS="true",
    STREAMLIT_BROWSER_GATHER_USAGE_STATS="false",
)

if "HEADLIGHT_TEST_ROUNDING" in os.environ:
    from tests import rounding

    rounding.imitate(int(os.environ["HEADLIGHT_TEST_ROUNDING"]))

LONGEST = [
    *(f"browser/test_{name}.py" for name in """
        every_page tour permalinks train beyond_gpt journeys parts mask_scale generate
    """.split()),
    "test_documented_commands.py",
    *(f"browser/test_{name}.py" for name in """
        attention_page attention_deeper head embeddings attention_view save two_texts residual
        runs pairs cold_start ladder home model tensors import normalization
    """.split()),
    *("gpt/training/test_jobs.py", "gpt/test_shipped.py", "test_notebooks.py"),
    *("gpt/commands/test_command_line.py", "gpt/training/test_loop.py"),
    "gpt/training/test_kill_and_resume.py",
    *(f"pages/test_{name}.py" for name in """
        journeys residual normalization train_page mask_scale_page embeddings_page ladder_page
        every_page
    """.split()),
]  # fmt: skip
"""By the processor time that they take, theirs and that of what they start."""

settings.register_profile("headlight", deadline=None, derandomize=True, database=None)
settings.load_profile("headlight")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: one that begins last leaves a core with nothing to do."""
    places = {f"tests/{name}": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def pytest_collection_finish() -> None:
    """Keep the tests and all that they imported from the collector, which would find nothing.

    A page that is run whole ends with a collection, as in Streamlit's server.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _torch_threads() -> Iterator[None]:
    """Undo what a test, or the code under test, did to torch's threads."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(int(THREADS))
