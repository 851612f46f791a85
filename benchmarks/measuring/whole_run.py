"""Time and memory of a real `glagcn-video` in its own process, measured from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from glagcn_cli.machine.devices import usable_cores

_LOOK_EVERY = 0.05  # seconds

# The program, extended by the time when the first frames have passed a stage.
_PROGRAM = """
import sys, time
from glagcn_cli.progress.stages import Stage
advance, first = Stage.advance, []
def timed(stage, frames=1):
    first.append(time.time()) if not first else None
    advance(stage, frames)
Stage.advance = timed
from glagcn_cli.commands.video import main
try:
    main(sys.argv[1:])
finally:
    print(first[0] if first else "nan", file=sys.stderr)
"""


@dataclass(frozen=True)
class WholeRun:
    """A run that wrote video, .npy and .bvh.

    Parameters
    ----------
    frames
        Of the clip.
    seconds
        By the clock, from the command to its end.
    processor_seconds
        Of the program and its ffmpeg processes.
    first_frames
        Seconds from the command until the first frames have gone through the 2D stage.
    peak, peak_of_all
        Bytes of memory at most: of the program, and of it and its ffmpeg processes together (looked
        at every few hundredths of a second; None where there is no /proc).
    stages
        As in NAME.run.json.
    cores
        That the program may use.
    """

    frames: int
    seconds: float
    processor_seconds: float
    first_frames: float
    peak: int
    peak_of_all: int | None
    stages: dict[str, Any]
    cores: int = field(default_factory=usable_cores)

    @property
    def rate(self) -> float:
        """Frames a second, start-up included."""
        return self.frames / self.seconds

    @property
    def idle_factor(self) -> float:
        """Time by the clock over the processor time that each core would have at least."""
        return self.seconds * self.cores / self.processor_seconds

    def share(self, stage: str, part: str | None = None) -> float | None:
        """Return the share of wall time of a stage, or of a part of it; None where unknown."""
        told = self.stages.get(stage, {})
        seconds = told.get("parts", {}).get(part) if part else told.get("seconds")
        return None if seconds is None else seconds / self.seconds


def run_whole(clip: Path, options: Sequence[str] = ()) -> WholeRun:
    """Lift a clip without the cache and with these extra options."""
    with TemporaryDirectory() as folder:
        outputs = [Path(folder, f"out{suffix}") for suffix in (".mp4", ".npy", ".bvh")]
        named = [word for output in outputs for word in ("-o", str(output))]
        command = [sys.executable, "-c", _PROGRAM, str(clip), *named, "--no-cache", "-q", *options]
        messages = Path(folder, "messages")
        began, started = time.time(), time.perf_counter()
        with messages.open("w", encoding="utf-8") as told:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told)
            peak_of_all, status, usage = _watched(process.pid)
        seconds = time.perf_counter() - started
        lines = messages.read_text(encoding="utf-8").splitlines()
        if status:
            raise SystemExit("\n".join(["glagcn-video failed:", *lines]))
        report = json.loads(outputs[0].with_suffix(".run.json").read_text(encoding="utf-8"))
        return WholeRun(
            report["frames"],
            seconds,
            usage.ru_utime + usage.ru_stime,
            float(lines[-1]) - began,
            usage.ru_maxrss * 1024,  # Linux counts kilobytes
            peak_of_all,
            report["stages"],
        )


def _watched(pid: int) -> tuple[int | None, int, Any]:
    """Return the peak memory of a process and its children, its exit status and its usage."""
    most = 0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return most or None, os.waitstatus_to_exitcode(status), usage
        most = max(most, resident(pid))
        time.sleep(_LOOK_EVERY)


def resident(pid: int) -> int:
    """Return the bytes of memory of a process and its descendants now; 0 where unknown.

    A child that still runs its parent's command is about to start another, on its parent's memory.
    """
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [
            child
            for task in tasks
            for child in (task / "children").read_text(encoding="ascii").split()
        ]
        own = _command(pid)
    except (OSError, IndexError):  # it has ended, or this is no Linux
        return 0
    held = pages * os.sysconf("SC_PAGE_SIZE")
    return held + sum(resident(int(child)) for child in children if _command(child) != own)


def _command(pid: int | str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
