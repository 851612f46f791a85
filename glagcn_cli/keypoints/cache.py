"""2D kept between runs: what was found in a video is not looked for again.

The 2D of a video lies in the user's cache folder, in a folder named by a key of all that it depends
on. It grows by segments of some seconds while the 2D stage runs, so that a run that was killed goes
on where the last whole segment ends; at the end one file takes their place. A cache must never
spoil a run: whatever goes wrong in here is a debug note, and the 2D stage does its work.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.checksums import remembered_sha256, stamp
from ..files.downloading import cache_folder
from ..poses import FrameDetections
from ..skeleton import JointSet
from ..video.probing import VideoInfo
from .clip import FORMAT_VERSION, ClipDetections
from .files import read_keypoints, save_keypoints

log = logging.getLogger(__name__)

SEGMENT_SECONDS = 10
"""What a run that is killed has to do again at most."""

LARGEST_CACHE = 1 << 30
"""Bytes; the videos that were not asked for the longest go first. A minute of two people at 30
frames a second takes 0.8 MB."""

RESULTS = 11
"""Raised when the same models and versions would find something else, as code around them does."""

_WHOLE = "whole.npz"
_SEGMENT = "segment{:09d}.npz"


def detections_folder() -> Path:
    """Where the 2D of all videos lies."""
    return cache_folder() / "detections"


def cache_key(info: VideoInfo, made_by: Mapping[str, Any]) -> str:
    """Name all that the 2D of a video depends on.

    The whole file is hashed: that takes a small part of the time of decoding it, and a video with a
    changed frame in the middle is another video. Its name and date do not matter.

    Parameters
    ----------
    info
        The video, and how its frames are read.
    made_by
        Models, versions and settings of the 2D stage, of values that JSON can say.

    Raises
    ------
    OSError
        The video cannot be read.
    """
    about = {
        "content": remembered_sha256(info.path),
        "format": [FORMAT_VERSION, RESULTS],
        "fields": [column.name for column in fields(FrameDetections)],
        "frames": {name: str(value) for name, value in asdict(info).items() if name != "source"},
        "made_by": made_by,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


class CachedClip:
    """The place of one video in the cache.

    Parameters
    ----------
    info
        The video.
    made_by
        As `cache_key` takes it; None for a cache that is switched off: it holds nothing and takes
        nothing.

    Attributes
    ----------
    kept
        Frames that an earlier run found which did not come to its end, from the first on; known
        after `whole` was called.
    """

    def __init__(self, info: VideoInfo, made_by: Mapping[str, Any] | None) -> None:
        self.kept: list[FrameDetections] = []
        self._info = info
        self._folder: Path | None = None  # None also after something went wrong
        self._segment_frames = math.ceil(SEGMENT_SECONDS * info.fps)
        self._pending: list[FrameDetections] = []
        self._taken = 0  # frames that `append` was given
        self._stored = 0  # frames that lie in segments
        if made_by is not None and info.path.is_file():
            with self._at_no_cost():
                self._stamp = stamp(info.path)
                self._folder = detections_folder() / cache_key(info, made_by)

    def whole(self) -> ClipDetections | None:
        """Return the video's 2D if an earlier run found all of it; else see `kept`."""
        if self._folder is None:
            return None
        with self._at_no_cost():
            if (found := _read(self._folder / _WHOLE)) is not None:
                (self._folder / _WHOLE).touch()  # the last to go when room is needed
                return found
            while (part := _read(self._folder / _SEGMENT.format(len(self.kept)))) is not None:
                self.kept += part.frames
            self._stored = len(self.kept)
        return None

    def append(self, frames: Sequence[FrameDetections], joint_set: JointSet) -> None:
        """Take the next frames of the video, those of `kept` too; store a segment that is full."""
        if self._folder is None:
            return
        self._pending += frames[max(0, self._stored - self._taken) :]
        self._taken += len(frames)
        if len(self._pending) >= self._segment_frames:
            with self._at_no_cost():
                size = (self._info.width, self._info.height)
                part = ClipDetections(self._pending, joint_set, self._info.fps, size)
                _store(self._folder / _SEGMENT.format(self._stored), part)
                self._stored += len(part)
            self._pending = []

    def finish(self, clip: ClipDetections) -> None:
        """Store the video's whole 2D in place of its segments."""
        if self._folder is None:
            return
        with self._at_no_cost():
            if stamp(self._info.path) != self._stamp:
                log.debug("%s: changed while it was read; its 2D is not kept", self._info.name)
                shutil.rmtree(self._folder, ignore_errors=True)
                return
            _store(self._folder / _WHOLE, clip)
            for file in self._folder.iterdir():
                if file.name != _WHOLE:
                    file.unlink(missing_ok=True)

    @contextmanager
    def _at_no_cost(self) -> Iterator[None]:
        """Turn whatever goes wrong into a note, and do without the cache from then on."""
        try:
            yield
        except Exception as error:
            log.debug("the cache of 2D is not used for %s: %s", self._info.name, error)
            self._folder = None


def make_room(keep: Path) -> None:
    """Remove what was used the longest ago until `LARGEST_CACHE` holds; never the folder `keep`."""
    entries = []
    for folder in detections_folder().iterdir():
        with suppress(FileNotFoundError):  # another process may make room at the same time
            status = [file.stat() for file in folder.iterdir()] if folder.is_dir() else []
            used = max((one.st_mtime for one in status), default=0.0)
            entries.append((used, sum(one.st_size for one in status), folder))
    room = LARGEST_CACHE - sum(size for _, size, _ in entries)
    for _, size, folder in sorted(entries):
        if room >= 0:
            return
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)
            room += size


def _store(file: Path, clip: ClipDetections) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_keypoints(file, clip, overwrite=True, compressed=False)
    make_room(file.parent)


def _read(file: Path) -> ClipDetections | None:
    """Read what was stored; None where there is nothing, or something damaged, which is removed."""
    if not file.is_file():
        return None
    try:
        found = read_keypoints(file)
    except InputError as error:
        log.debug("a file of the cache is removed: %s", error)
        file.unlink(missing_ok=True)
        return None
    return found if isinstance(found, ClipDetections) else None
