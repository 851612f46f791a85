"""The 2D stage over a clip: everything that is learned of it while its frames go by once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from ..camera_path.following import BackgroundFollower
from ..poses import FrameDetections
from ..progress.stages import Stages
from ..shots.camera_motion import CameraMotion
from ..shots.film_cuts import FilmCuts
from ..video.probing import VideoInfo
from ..video.reader import VideoReader
from ..video.reading_ahead import reading_ahead
from .cache import CachedClip
from .clip import ClipDetections

if TYPE_CHECKING:
    from ..detection.people_detector import TwoStageDetector

MEMORY_AHEAD = 64 << 20
"""Bytes of frames that wait to be worked on, at most `MOST_AHEAD` of them and at least one."""

MOST_AHEAD = 8
"""Frames that wait to be worked on."""


def frames_ahead(info: VideoInfo) -> int:
    """Frames that are decoded ahead of the models."""
    size = info.width * info.height * 3
    return max(1, min(MOST_AHEAD, MEMORY_AHEAD // size))


def detect_people(
    reader: VideoReader,
    load: Callable[[], TwoStageDetector],
    cached: CachedClip,
    stages: Stages,
) -> ClipDetections:
    """Find the people of a video, a batch of frames at a time, and whether its camera moves.

    `load` loads the models while the first frames are decoded. Frames that `cached` kept are
    decoded but not looked at again.
    """
    info = reader.info
    detections: list[FrameDetections] = []
    camera = CameraMotion((info.width, info.height), info.fps)
    background = BackgroundFollower((info.width, info.height), info.fps)
    cuts = FilmCuts(info.fps)
    # Frames are decoded while the models are loaded too. The first of a late part may take minutes:
    # closing the reader first ends the wait for it.
    with reading_ahead(reader, frames_ahead(info)) as frames, reader:
        detector = load()
        of_clip = detector.of_clip(cached.kept[-1] if cached.kept else None)
        with stages.stage("detection", info.frames or 0) as stage:
            while True:
                with stage.part("decoding"):
                    batch = list(islice(frames, detector.frames_at_once))
                if not batch:
                    break
                with stage.part("models"):
                    found = cached.kept[len(detections) : len(detections) + len(batch)]
                    if len(found) < len(batch):
                        found += of_clip(batch[len(found) :])
                # Whatever else is learned of the people in them is added to `found` before this.
                cached.append(found, detector.joint_set)
                detections += found
                with stage.part("camera"):
                    camera.add(batch, found)
                    background.add(batch, found)
                    cuts.add(batch)
                stage.advance(len(batch))
                del batch  # before the next is read: one batch in memory, not two
    return ClipDetections(
        detections,
        detector.joint_set,
        info.fps,
        (info.width, info.height),
        reader.truncated,
        info.path.name,
        info.starts_at,
        clip=camera.arrays(cuts.cuts) | cuts.arrays() | background.arrays(),
    )
