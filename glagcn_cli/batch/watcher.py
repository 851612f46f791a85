"""How far a call with many videos is, in one line for all of them."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from ..progress.events import BAR, EVENTS, JSON, SHORTEST_PAUSE
from ..progress.stages import Stage, Stages, bar_size

if TYPE_CHECKING:
    from .worker import Outcome

log = logging.getLogger(__name__)

_LONGEST_NAME = 30  # characters of a video in the bar
_LAYOUT = "{n_fmt}/{total_fmt} videos |{bar}| {elapsed}, {remaining} left{postfix}"


class BatchWatcher:
    """Is told of all that happens in a call with many videos, and keeps it to itself."""

    def begin(self, total: int) -> None:
        """Begin with the number of videos that were found."""

    def ended(self, outcome: Outcome) -> None:
        """Handle a video that is done, skipped or failed."""

    def tick(self) -> None:
        """Handle the passing of time."""

    def close(self) -> None:
        """End, after the last video."""

    def stages(self, name: str) -> Stages:
        """Stages of a video that is lifted in this process."""
        return Stages(about=name)


class ShownBatch(BatchWatcher):
    """Tells of each video in a message, and shows a bar or writes events on standard error.

    Parameters
    ----------
    progress
        One of `events.PROGRESS`.
    on_written
        Called with each file that was written.
    """

    def __init__(self, progress: str, on_written: Callable[[Path], object]) -> None:
        self.total = 0
        self._progress = progress
        self._on_written = on_written
        self._bar = tqdm(disable=True)
        self._counts = Counter[str]()

    def begin(self, total: int) -> None:
        """Show an empty bar."""
        self.total = total
        self._bar = tqdm(
            total=total, bar_format=_LAYOUT, leave=False, file=sys.stderr, **bar_size(),
            disable=self._progress != BAR,
        )  # fmt: skip

    def ended(self, outcome: Outcome) -> None:
        """Tell what became of a video, and count it."""
        from .summary import told_outcome
        from .worker import FAILED, SKIPPED

        self._counts[outcome.status] += 1
        number = sum(self._counts.values())
        if outcome.status != SKIPPED:
            for path in outcome.outputs:
                self._on_written(path)
        level = logging.ERROR if outcome.status == FAILED else logging.INFO
        log.log(level, "[%d/%d] %s", number, self.total, told_outcome(outcome))
        if self._progress == JSON:
            EVENTS.emit(
                "video", input=outcome.source, state=outcome.status, number=number,
                total=self.total, seconds=outcome.seconds, frames=outcome.frames,
                people=outcome.people, text=outcome.message or None,
            )  # fmt: skip
        failed = self._counts[FAILED]
        self._bar.set_postfix_str(f"{failed} failed" if failed else "", refresh=False)
        self._bar.update()

    def tick(self) -> None:
        """Let the clock in the bar go on."""
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar away, and tell how many videos are left."""
        self._bar.close()
        if left := self.total - sum(self._counts.values()):
            log.warning(
                "%d of %d videos were not reached; the same call goes on with them",
                left,
                self.total,
            )

    def stages(self, name: str) -> Stages:
        """Stages that move the bar's last words."""
        if self._progress == JSON:
            return Stages.shown_as(JSON, name)
        return _StagesInBar(about=name, bar=self._bar)


@dataclass
class _StagesInBar(Stages):
    """Stages of one video as the last words of another bar."""

    bar: tqdm | None = None

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[Stage]:
        with super().stage(name, total) as stage:
            before, bar, latest = stage.frames, self.bar, 0.0
            video = Path(self.about or "").name[:_LONGEST_NAME]
            assert bar is not None

            def tell() -> None:
                nonlocal latest
                if (now := time.monotonic()) - latest > SHORTEST_PAUSE:
                    latest = now
                    done = "" if total is None else f" {stage.frames - before}/{total}"
                    bar.set_postfix_str(f"{video}: {name}{done}")

            tell()
            stage._tell = tell
            yield stage
            stage._tell = None
