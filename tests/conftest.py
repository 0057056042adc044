"""What every test has in common: one thread for torch, no network, the same examples each run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

os.environ.update(
    # Several workers share a small machine, and OpenMP threads of theirs would spin on each
    # other. Set before anything imports torch, so that this file need not.
    OMP_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
    STREAMLIT_SERVER_HEADLESS="true",
    STREAMLIT_BROWSER_GATHER_USAGE_STATS="false",
)

settings.register_profile("headlight", deadline=None, derandomize=True, database=None)
settings.load_profile("headlight")


def pytest_collection_finish() -> None:
    """Keep the tests and all that they imported from the collector, which would find nothing.

    A page that is run whole ends with a collection, as in Streamlit's server.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _one_torch_thread() -> Iterator[None]:
    """Undo what a test, or the code under test, did to torch's threads."""
    yield
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
