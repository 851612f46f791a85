"""Run the 2D stage over frames, and time its models alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice

from glagcn_cli.detection.clothes import clothes_seen
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.poses import FrameDetections
from glagcn_cli.video.picture import AnyFrame


def detect(
    frames: Iterable[AnyFrame],
    detector: TwoStageDetector,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[FrameDetections], float]:
    """Find the people of a clip.

    Parameters
    ----------
    frames
        Arrays (height, width, 3) RGB, or `VideoPicture`, in order.
    detector
        Its memory of earlier frames begins empty.
    clock
        Seconds; ``time.process_time`` leaves out what other programs take.

    Returns
    -------
    found : list of FrameDetections
        One a frame.
    seconds : float
        Time in the models, without decoding.
    """
    of_clip, coming, seconds = detector.of_clip(), iter(frames), 0.0
    found: list[FrameDetections] = []
    while batch := list(islice(coming, detector.frames_at_once)):
        started = clock()
        found += [
            clothes_seen(people, picture, len(found) + k)
            for k, (people, picture) in enumerate(zip(of_clip(batch), batch, strict=True))
        ]
        seconds += clock() - started
    return found, seconds
