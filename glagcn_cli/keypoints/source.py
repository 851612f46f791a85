"""Where the 2D of a clip comes from: the models, the cache of earlier runs, or a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..progress.stages import Stages
from ..video.own_frames import own_frames
from ..video.probing import VideoInfo
from ..video.reader import VideoReader
from .clip import ClipDetections
from .files import for_video, read_keypoints, video_of

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


DETECT_ONLY = KeypointsUse()


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
            clip = for_video(
                saved, path, info, lambda: sum(1 for _ in reader), lambda: own_frames(info)
            )
        elif isinstance(saved, ClipDetections):
            clip, info = saved, video_of(saved, path)
        else:
            raise UsageError(
                f"{path}: says neither the size nor the rate of its video; name the video too"
            )
    return FoundKeypoints(info, clip, str(path))
