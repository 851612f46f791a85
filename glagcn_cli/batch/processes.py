"""Processes of this machine that lift videos side by side, and what is done when one dies."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType

from tqdm import tqdm

from ..files.atomic import remove_leftovers
from ..machine.process import prepare_process
from ..machine.signals import ENDS
from ..progress.console import libraries_silenced
from .jobs import Job
from .worker import FAILED, Choices, Outcome, lift_job_with_notes

log = logging.getLogger(__name__)

TRIES = 2
"""How often a video is begun whose process dies: the first may have died of another's memory."""

_TICK = 1.0  # seconds between two signs of life
_TIME_TO_UNWIND = 10.0  # seconds that a process gets to take its unfinished files away


def lift_in_processes(
    jobs: Sequence[Job],
    choices: Choices,
    processes: int,
    tick: Callable[[], object] = lambda: None,
) -> Iterator[tuple[int, Outcome]]:
    """Lift videos in several processes, each of which loads the models once.

    Parameters
    ----------
    jobs, choices
        What is to be done.
    processes
        How many work at a time.
    tick
        Called about once a second while they work.

    Yields
    ------
    int, Outcome
        Number of a job and what became of it, in the order in which they end. A process that dies
        takes nothing with it but its video, which another process begins anew, `TRIES` times in
        all.
    """
    waiting, tries = deque(range(len(jobs))), Counter[int]()
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and (free := _free(workers, processes, choices)) is not None:
                free.begin(waiting.popleft(), jobs)
            for idle in [worker for worker in workers if not worker.busy]:
                workers.remove(idle)
                idle.let_go()
            by_pipe = {worker.pipe: worker for worker in workers}
            # Of no pipes at all it would wait for the whole time.
            for pipe in connection.wait(list(by_pipe), _TICK) if by_pipe else ():
                worker = by_pipe[pipe]  # type: ignore[index]
                index = worker.index
                outcome = worker.outcome()
                if outcome is None:
                    workers.remove(worker)
                    tries[index] += 1
                    outcome = _after_death(worker, jobs[index], again=tries[index] < TRIES)
                if outcome is None:
                    waiting.appendleft(index)
                else:
                    yield index, outcome
            tick()
    finally:
        _stop(workers, jobs)


def _after_death(worker: _Worker, job: Job, again: bool) -> Outcome | None:
    """Take away what a dead process has left unfinished; None where its job is begun again."""
    name, end = job.source.name, _told_end(worker.process)
    _remove_leftovers(job)
    if again:
        log.warning("%s: the process that worked on it %s; it is begun again", name, end)
        return None
    return Outcome(name, FAILED, message=f"the process that worked on it {end}, {TRIES} times")


class _Worker:
    """A process, and the number of the job that it works on."""

    def __init__(self, choices: Choices) -> None:
        context = multiprocessing.get_context("spawn")
        self.index = -1
        self.busy = False
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_work, args=(theirs, choices), daemon=True
        )
        with _interrupts_held():
            self.process.start()
        theirs.close()  # so that the pipe ends where the process ends

    def begin(self, index: int, jobs: Sequence[Job]) -> None:
        self.index, self.busy = index, True
        with suppress(OSError):  # it is dead: the pipe is going to say so
            self.pipe.send(jobs[index])

    def outcome(self) -> Outcome | None:
        """Return the result of the job; None where the process died."""
        self.busy = False
        try:
            outcome: Outcome = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(_TIME_TO_UNWIND)
            return None
        return outcome

    def let_go(self) -> None:
        """Have the process end by itself."""
        with suppress(OSError):
            self.pipe.send(None)
        self.pipe.close()
        self.process.join(_TIME_TO_UNWIND)


def _free(workers: list[_Worker], most: int, choices: Choices) -> _Worker | None:
    for worker in workers:
        if not worker.busy:
            return worker
    if len(workers) >= most:
        return None
    workers.append(_Worker(choices))
    return workers[-1]


def _work(pipe: Connection, choices: Choices) -> None:
    """Lift what comes through a pipe until None comes, or nobody is there any more."""
    prepare_process()
    for number in ENDS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            signal.signal(number, _unwind)
    _let_interrupts_through()
    # tqdm's own lock is one between processes, of which Python complains after one was killed.
    tqdm.set_lock(threading.RLock())
    with suppress(EOFError, OSError), libraries_silenced():
        while (job := pipe.recv()) is not None:
            pipe.send(lift_job_with_notes(job, choices))


def _unwind(number: int, _: FrameType | None) -> None:
    """End at the first signal; another one would disturb the taking away of unfinished files."""
    for one in ENDS:
        signal.signal(one, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _stop(workers: Sequence[_Worker], jobs: Sequence[Job]) -> None:
    """End processes that are still at work; what they have not finished is taken away."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        worker.process.join(_TIME_TO_UNWIND)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
        if worker.busy:
            _remove_leftovers(jobs[worker.index])
        worker.pipe.close()


def _told_end(process: SpawnProcess) -> str:
    code = process.exitcode
    if code is None:
        return "does not answer"
    if code >= 0:
        return f"ended (exit code {code})"
    name = signal.Signals(-code).name if -code in [*signal.Signals] else f"signal {-code}"
    memory = "; did the memory run out?" if name == "SIGKILL" else ""
    return f"was killed ({name}{memory})"


def _remove_leftovers(job: Job) -> None:
    for output in (*job.outputs, job.report):
        remove_leftovers(output)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start a process with Ctrl-C held back, until it can end on it without a word."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker  # of no use where such signals are not

    resource_tracker.ensure_running()  # starting it lets interrupts through
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        _let_interrupts_through()


def _let_interrupts_through() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
