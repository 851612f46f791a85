"""Progress bars and timings of the stages of a run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .events import BAR, EVENTS, JSON

_WITH_FRAMES = (
    "{desc:>10} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} frames, {rate_noinv_fmt}, "
    "{remaining} left"
)
_WITHOUT_FRAMES = "{desc:>10} {elapsed}"
_COLUMNS, _ROWS = 80, 24  # of a terminal of unknown size


@dataclass
class Stage:
    """One stage of a run.

    Parameters
    ----------
    seconds
        Time spent in it.
    frames
        Processed frames; 0 for a stage that does not work frame by frame.
    parts
        Seconds of its measured parts, by name. For decoders and encoders, which are processes of
        their own, it is the time that a thread waited for them. Threads run in parallel, so parts
        may add up to more than the stage.
    """

    seconds: float = 0.0
    frames: int = 0
    parts: dict[str, float] = field(default_factory=dict)
    _bar: tqdm | None = None
    _tell: Callable[[], None] | None = None

    def advance(self, frames: int = 1) -> None:
        """Count processed frames."""
        self.frames += frames
        if self._bar is not None:
            self._bar.update(frames)
        if self._tell is not None:
            self._tell()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of a block to a part of the stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - started

    def report(self) -> dict[str, object]:
        """Return seconds, and frames, frames per second and seconds of parts where known."""
        row: dict[str, object] = {"seconds": round(self.seconds, 3)}
        if self.frames:
            rate = self.frames / max(self.seconds, 1e-9)
            row |= {"frames": self.frames, "frames_per_second": round(rate, 2)}
        if self.parts:
            row["parts"] = {name: round(seconds, 3) for name, seconds in self.parts.items()}
        return row


@dataclass
class Stages:
    """Timings of a run's stages, with a progress bar or events on standard error for each.

    Parameters
    ----------
    visible
        Show progress bars.
    by_name
        The stages so far, in order of their beginning.
    events
        Write events.
    about
        Name of the video, for the events.
    """

    visible: bool = False
    by_name: dict[str, Stage] = field(default_factory=dict)
    events: bool = False
    about: str | None = None

    @classmethod
    def shown_as(cls, progress: str, about: str | None = None) -> Stages:
        """Return stages whose progress is shown as one of `events.PROGRESS`."""
        return cls(visible=progress == BAR, events=progress == JSON, about=about)

    def telling(self, on_written: Callable[[Path], object]) -> Callable[[Path], None]:
        """Also emit an event for each finished file."""

        def announce(path: Path) -> None:
            on_written(path)
            if self.events:
                EVENTS.emit("written", input=self.about, path=str(path))

        return announce

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        """Time a block as a stage; a stage of that name is continued.

        Parameters
        ----------
        name
            Name in bars and reports.
        total
            Expected number of frames, perhaps estimated; None for a stage that does not count them.
        """
        stage = self.by_name.setdefault(name, Stage())
        before = stage.frames
        layout = _WITHOUT_FRAMES if total is None else _WITH_FRAMES
        # Closed at the end of the block, so that an error message has its own line.
        with (
            tqdm(
                total=total,
                desc=name,
                unit=" frames",
                bar_format=layout,
                leave=total is not None,
                **bar_size(),
                disable=not self.visible,
            ) as bar,
            self._told(name, stage, total),
            self._timed(stage),
        ):
            stage._bar = bar
            yield stage
            if total is not None:
                bar.total = stage.frames - before  # the expected number may have been an estimate
                bar.refresh()

    @contextmanager
    def _told(self, name: str, stage: Stage, total: int | None) -> Iterator[None]:
        """Emit events of a stage if asked for."""
        if not self.events:
            yield
            return
        before, started = stage.frames, time.perf_counter()

        def facts() -> dict[str, Any]:
            seconds = round(time.perf_counter() - started, 3)
            done = stage.frames - before
            known = {"input": self.about, "stage": name, "seconds": seconds}
            return known if total is None else known | {"frames": done, "total": total or None}

        EVENTS.emit("stage", **facts(), state="begin")
        stage._tell = lambda: EVENTS.running(**facts())
        state = "failed"
        try:
            yield
            state = "done"
        finally:
            stage._tell = None
            EVENTS.emit("stage", **facts(), state=state)

    @staticmethod
    @contextmanager
    def _timed(stage: Stage) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            stage.seconds += time.perf_counter() - started
            stage._bar = None

    def report(self) -> dict[str, dict[str, object]]:
        """Return the reports of all stages."""
        return {name: stage.report() for name, stage in self.by_name.items()}


def bar_size() -> dict[str, Any]:
    """Return options of a tqdm bar that follow the terminal on standard error.

    A terminal of unknown width would get a bar without width.
    """
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    if columns:
        return {"dynamic_ncols": True}
    return {"ncols": _COLUMNS, "nrows": _ROWS}
