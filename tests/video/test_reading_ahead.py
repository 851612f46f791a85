from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from glagcn_cli.video.reading_ahead import reading_ahead
from tests.helpers.waiting import until


def test_items_come_in_order() -> None:
    with reading_ahead(range(100), 3) as items:
        assert [*items] == [*range(100)]


def test_items_are_made_before_they_are_taken_but_not_more_than_wait() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    with reading_ahead(making(), 4) as items:
        until(lambda: len(made) >= 5)
        time.sleep(0.3)
        assert made == [0, 1, 2, 3, 4]  # four wait, one is in the thread's hand
        assert next(items) == 0
    assert len(made) <= 7  # nothing more after the block


def test_an_error_comes_after_what_was_made_before() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the file went away")

    taken = []
    with pytest.raises(OSError, match="went away"), reading_ahead(broken(), 1) as items:
        for item in items:
            taken.append(item)
    assert taken == [1, 2]


def test_an_item_that_takes_long_is_interrupted() -> None:
    asked, closed = threading.Event(), threading.Event()

    def slow() -> Iterator[int]:
        asked.set()
        closed.wait()
        yield 1

    with pytest.raises(KeyboardInterrupt), reading_ahead(slow(), 2), ExitStack() as stack:
        stack.callback(closed.set)
        asked.wait()
        raise KeyboardInterrupt


def test_the_thread_is_gone_when_the_block_is_left_early() -> None:
    with pytest.raises(ValueError, match="enough"), reading_ahead(iter(int, 1), 2) as items:
        next(items)
        raise ValueError("enough")
    assert not [t for t in threading.enumerate() if t.name == "reading ahead"]
