from __future__ import annotations

import threading

import pytest

from glagcn_cli.machine.beside import Beside
from tests.helpers.waiting import until


def test_work_that_has_not_begun_is_done_at_the_end() -> None:
    threads: list[threading.Thread] = []
    Beside(lambda: threads.append(threading.current_thread())).finish()
    assert threads == [threading.current_thread()]


def test_work_is_done_once_and_in_a_thread() -> None:
    threads: list[threading.Thread] = []
    beside = Beside(lambda: threads.append(threading.current_thread()))
    beside.begin()
    beside.begin()
    beside.finish()
    beside.finish()
    assert len(threads) == 1 and threads[0] is not threading.current_thread()


def test_what_stops_the_work_is_raised_as_soon_as_somebody_asks() -> None:
    def fail() -> None:
        raise ValueError("no lifter")

    beside = Beside(fail)
    beside.begin()

    def failed() -> bool:
        try:
            beside.begin()
        except ValueError:
            return True
        return False

    until(failed)
    with pytest.raises(ValueError, match="no lifter"):
        beside.finish()
