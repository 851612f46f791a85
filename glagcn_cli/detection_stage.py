"""The 2D stage over a clip: everything that is learned of it while its frames go by once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from .camera_motion import CameraMotion
from .clip_detections import ClipDetections
from .detection_cache import CachedClip
from .poses import FrameDetections
from .progress import Stages
from .video import VideoReader

if TYPE_CHECKING:
    from .detection.interface import TwoStageDetector

DETECTION_BATCH = 8
"""Frames in memory at once."""


def detect_people(
    reader: VideoReader, detector: TwoStageDetector, cached: CachedClip, stages: Stages
) -> ClipDetections:
    """Find the people of a video, a batch of frames at a time, and whether its camera moves.

    Frames that `cached` kept are decoded but not looked at again.
    """
    detections: list[FrameDetections] = []
    camera = CameraMotion((reader.info.width, reader.info.height), reader.info.fps)
    frames = iter(reader)
    with stages.stage("detection", reader.info.frames or 0) as stage:
        while True:
            with stage.part("decoding"):
                batch = list(islice(frames, DETECTION_BATCH))
            if not batch:
                break
            with stage.part("models"):
                found = cached.kept[len(detections) : len(detections) + len(batch)]
                if len(found) < len(batch):
                    found += detector(batch[len(found) :])
            # Whatever else is learned of the people in them is added to `found` before this.
            cached.append(found, detector.joint_set)
            detections += found
            with stage.part("camera"):
                camera.add(batch, found)
            stage.advance(len(batch))
            del batch  # before the next is read: one batch in memory, not two
    info = reader.info
    return ClipDetections(
        detections,
        detector.joint_set,
        info.fps,
        (info.width, info.height),
        reader.truncated,
        info.path.name,
        info.starts_at,
        clip=camera.verdict().arrays(),
    )
