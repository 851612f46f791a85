"""Where the 2D of a clip comes from: the models, the cache of earlier runs, or a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..files.atomic import check_output
from ..progress.stages import Stages
from ..video.probing import VideoInfo
from ..video.reader import VideoReader
from ..wording import counted
from .cache import CachedClip
from .clip import ClipDetections
from .files import for_video, keypoints_path, read_keypoints, video_of

log = logging.getLogger(__name__)

DETECTION, CACHE = "detection", "cache"


@dataclass(frozen=True)
class KeypointsUse:
    """What is done about 2D keypoints besides detecting them.

    Parameters
    ----------
    from_2d
        File or folder to take them from, as `files.read_keypoints` reads it; the 2D stage
        is left out.
    save_2d
        Write ``NAME.keypoints.npz`` beside the first output.
    cache
        Take them from the user's cache folder if an earlier run found them, and keep them there.
    """

    from_2d: Path | None = None
    save_2d: bool = False
    cache: bool = False

    def check(self, outputs: Sequence[Path], overwrite: bool) -> None:
        """Refuse what is known to fail before any work; raises UsageError or OutputError."""
        for output in outputs:
            both_there = self.from_2d and output.exists() and self.from_2d.exists()
            if self.from_2d and both_there and output.samefile(self.from_2d):
                raise UsageError(f"{output}: is the input itself; name another output")
        if self.save_2d:
            path = keypoints_path(outputs[0])
            if path.resolve() in [output.resolve() for output in outputs]:
                raise UsageError(f"{path}: is where --save-2d writes; name another output")
            check_output(path, overwrite)


@dataclass(frozen=True)
class FoundKeypoints:
    """The 2D of a clip.

    Parameters
    ----------
    info
        The video; what the file of its 2D says of it where it is not at hand.
    clip
        What was found in it.
    source
        `DETECTION`, `CACHE`, or the path of a file.
    """

    info: VideoInfo
    clip: ClipDetections
    source: str = DETECTION

    @property
    def is_from_file(self) -> bool:
        """Whether a file was named that it was to be taken from."""
        return self.source not in (DETECTION, CACHE)


def keypoints_from_file(path: Path, reader: VideoReader | None, stages: Stages) -> FoundKeypoints:
    """Take the 2D of a video, or of none, from a file.

    Raises
    ------
    UsageError
        There is no video, and the file does not say what is needed of it.
    InputError
        The file cannot be read, or is of another video.
    """
    with stages.stage("reading"):
        saved = read_keypoints(path)
        if reader is not None:
            info = reader.info
            clip = for_video(saved, path, info, lambda: sum(1 for _ in reader))
        elif isinstance(saved, ClipDetections):
            clip, info = saved, video_of(saved, path)
        else:
            raise UsageError(
                f"{path}: says neither the size nor the rate of its video; name the video too"
            )
    return FoundKeypoints(info, clip, str(path))


def keypoints_of_video(
    reader: VideoReader,
    made_by: Callable[[], Mapping[str, Any]] | None,
    detect: Callable[[CachedClip], ClipDetections],
) -> FoundKeypoints:
    """Take the 2D of a video from the cache, or detect it.

    Parameters
    ----------
    reader
        The video.
    made_by
        Says on what the 2D depends besides the video; None to use no cache.
    detect
        The 2D stage. It is given the video's place in the cache, whose ``kept`` frames it need not
        detect, and which takes all others.
    """
    info = reader.info
    cached = CachedClip(info, made_by() if made_by else None)
    if (known := cached.whole()) is not None:
        log.info(
            "%s: its 2D was found by an earlier run and is taken from the cache; --no-cache "
            "detects it again",
            info.name,
        )
        if known.truncated:
            log.warning(
                "%s: is damaged or cut off after %s", info.name, counted(len(known), "frame")
            )
        return FoundKeypoints(info, known, CACHE)
    if cached.kept:
        log.info(
            "%s: an earlier run that was stopped found the 2D of %s; the rest is detected",
            info.name,
            counted(len(cached.kept), "frame"),
        )
    clip = detect(cached)
    cached.finish(clip)
    return FoundKeypoints(info, clip)
