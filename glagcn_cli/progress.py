"""Stages of a run: how far each is, for a person, and how long it took, for the report."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


@dataclass
class Stages:
    """Timings of a run's stages, with a progress bar on standard error for those with frames.

    Parameters
    ----------
    visible
        Show progress bars.
    seconds, frames
        What was measured, by stage.
    """

    visible: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def over(self, stage: str, frames: Iterable[Item], total: int | None) -> Iterator[Item]:
        """Pass frames on, counting and timing them; `total` may be a guess or unknown."""
        bar = tqdm(
            total=total, desc=f"{stage:>10}", unit=" frames", disable=not self.visible, leave=True
        )
        with self.timed(stage), bar:
            for frame in frames:
                yield frame
                self.frames[stage] = self.frames.get(stage, 0) + 1
                bar.update()
            bar.total = bar.n  # the announced number may have been a guess
            bar.refresh()

    def report(self) -> dict[str, dict[str, float]]:
        """Seconds of every stage, and frames and frames per second where it has them."""
        rows: dict[str, dict[str, float]] = {}
        for stage, seconds in self.seconds.items():
            rows[stage] = {"seconds": round(seconds, 3)}
            if frames := self.frames.get(stage):
                rows[stage] |= {"frames": frames, "frames_per_second": round(frames / seconds, 2)}
        return rows
