"""A cache of large values: how many are alive, which one goes, and when."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from pages.shared.large_traces import Latest


class Large:
    """What can be referred to weakly."""


def test_the_last_ones_asked_for_are_kept() -> None:
    cache: Latest[int] = Latest(2)
    calls: list[str] = []

    def get(key: str) -> int:
        return cache.get(key, lambda: calls.append(key) or len(calls))

    assert [get(key) for key in "abab"] == [1, 2, 1, 2]
    assert get("a") == 1  # so that b is the one that goes
    assert [get(key) for key in "cab"] == [3, 1, 4]
    assert calls == ["a", "b", "c", "b"]


def test_an_old_one_is_gone_before_a_new_one_is_made() -> None:
    cache: Latest[Large] = Latest(2)
    alive: weakref.WeakSet[Large] = weakref.WeakSet()
    counts: list[int] = []

    def make() -> Large:
        gc.collect()
        counts.append(len(alive))
        value = Large()
        alive.add(value)
        return value

    for key in range(4):
        cache.get(key, make)
    assert counts == [0, 1, 1, 1]


def test_what_cannot_be_made_is_not_kept() -> None:
    cache: Latest[int] = Latest(2)
    with pytest.raises(MemoryError):
        cache.get("a", lambda: (_ for _ in ()).throw(MemoryError()))
    assert cache.get("a", lambda: 5) == 5


def test_two_who_ask_for_the_same_wait_for_one() -> None:
    cache: Latest[int] = Latest(2)
    begun, go_on = threading.Event(), threading.Event()
    values: list[int] = []

    def slow() -> int:
        begun.set()
        assert go_on.wait(30)
        return 1

    def never() -> int:
        raise AssertionError("made twice")

    first = threading.Thread(target=lambda: values.append(cache.get("a", slow)))
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=lambda: values.append(cache.get("a", never)))
    second.start()
    go_on.set()
    first.join(30)
    second.join(30)
    assert values == [1, 1]
