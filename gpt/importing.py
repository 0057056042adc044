"""Imports inside functions, one thread at a time: `with alone():` around them, or `@alone()`.

Python lets two threads import at once. Where libraries import each other and the threads begin at
different modules, it breaks the tie by handing one of them a module that is half there. What is
imported at the top of a page is brought under the same lock (`pages.shared.imports`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


@contextmanager
def alone() -> Iterator[None]:
    """No other thread imports meanwhile."""
    with _lock:
        yield
