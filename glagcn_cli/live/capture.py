"""Frames as they come: a thread reads them, and whoever is ready takes the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from ..errors import GlagcnError, InputError
from ..video.frame import Frame
from ..video.reader import VideoReader
from ..video.source import Source


@dataclass(frozen=True)
class Captured:
    """A frame (height, width, 3) RGB, its number from 0, and `time.monotonic` when it came."""

    frame: Frame
    number: int
    at: float


class FrameSource(Protocol):
    """Something that gives frames at its own speed; iterated over in a thread of its own."""

    size: tuple[int, int]
    """(width, height) in pixels."""

    def __iter__(self) -> Iterator[Frame]:
        """Give RGB frames, each when its time has come."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


def open_source(name: str) -> FrameSource:
    """Open a camera by its number; a file, which is played at its own speed; or an address.

    Raises
    ------
    InputError
        There is no such camera, or no video.
    """
    if not name.isdecimal() and Path(name).is_file():
        return FileAtItsSpeed(Path(name))
    return OpenCvSource(name)


class FileAtItsSpeed:
    """A file whose frames come when they would be shown; late ones at once."""

    def __init__(self, path: Path) -> None:
        self._reader = VideoReader(path)
        self.size = (self._reader.info.width, self._reader.info.height)
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        """Give RGB frames, each when its time has come."""
        started = time.monotonic()
        for number, frame in enumerate(self._reader):
            due = started + float(number / self._reader.info.fps)
            if self._closed.wait(max(0.0, due - time.monotonic())):
                return
            yield frame

    def close(self) -> None:
        """Stop decoding."""
        self._closed.set()
        self._reader.close()


class OpenCvSource:
    """A camera, an address or a pipe, as OpenCV opens it; nothing is kept of what was not taken."""

    def __init__(self, name: str) -> None:
        self._capture = cv2.VideoCapture(int(name) if name.isdecimal() else name)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        good, frame = self._capture.read()
        if not good:
            what = f"camera {name}" if name.isdecimal() else Source.of(name).name
            raise InputError(
                f"--camera: nothing comes from {what}; check that it is there, that no other "
                "program uses it, and that you may read it"
            )
        self._first: Any = frame
        self.size = (frame.shape[1], frame.shape[0])

    def __iter__(self) -> Iterator[Frame]:
        """Give RGB frames as they come."""
        good, frame = True, self._first
        while good:
            yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
            good, frame = self._capture.read()

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


class NewestFrame:
    """Read a source in a thread and keep its newest frame alone.

    Attributes
    ----------
    dropped
        Frames that a newer one replaced before anybody took them.
    """

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._ready = threading.Condition()
        self._newest: Captured | None = None
        self._ended = False
        self._error: Exception | None = None
        self.dropped = 0
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> NewestFrame:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._ready:
            self._ended = True
        self._thread.join(timeout=5)  # a camera that hangs must not hang the program
        self._source.close()

    def take(self) -> Captured | None:
        """Wait for a frame that was not taken before; None when there are no more.

        Raises
        ------
        GlagcnError
            What went wrong in the source.
        """
        with self._ready:
            # In short waits, so that Ctrl-C is heard on every system.
            while not self._ready.wait_for(lambda: self._newest or self._ended, timeout=0.5):
                pass
            newest, self._newest = self._newest, None
        if newest is None and self._error is not None:
            raise self._error
        return newest

    def _read(self) -> None:
        try:
            for number, frame in enumerate(self._source):
                with self._ready:
                    if self._ended:
                        return
                    self.dropped += self._newest is not None
                    self._newest = Captured(frame, number, time.monotonic())
                    self._ready.notify()
        except GlagcnError as error:
            self._error = error
        except Exception as error:
            self._error = InputError(f"--camera: cannot be read any further ({error})")
        finally:
            with self._ready:
                self._ended = True
                self._ready.notify()
