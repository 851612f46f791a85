"""From the newest frame to the screen, over and over, and how long that takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..camera import DEFAULT_FOV
from ..pipeline.settings import UP_OF_CAMERA
from ..poses import Keypoints2D, PoseSequence
from ..video.frame import Frame
from .capture import Captured, FrameSource, NewestFrame
from .causal_lifter import CausalLifter
from .following import Follower
from .placing import LiveScene
from .view import LivePicture

if TYPE_CHECKING:
    from ..pipeline.video_lifter import VideoLifter

Show = Callable[[Frame], bool]
"""Takes a picture (height, width, 3) RGB; False ends the run."""


@dataclass
class LiveReport:
    """How a live run went.

    Parameters
    ----------
    delays
        Seconds from a frame's capture until it was shown, one a frame.
    dropped
        Frames for which there was no time.
    with_somebody
        Frames with a pose.
    seconds
        From the first frame's capture to the last's showing.
    """

    delays: list[float] = field(default_factory=list)
    dropped: int = 0
    with_somebody: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        if not self.delays:
            return "no frame was shown"
        usual, late = (1000 * np.percentile(self.delays, share) for share in (50, 95))
        shown = len(self.delays)
        return (
            f"{shown} frames were shown, {shown / max(self.seconds, 1e-9):.1f} a second, "
            f"{self.with_somebody} of them with a pose; {self.dropped} were dropped for newer "
            f"ones. From capture to screen: {usual:.0f} ms (median), {late:.0f} ms (95 %)"
        )


class LivePoses:
    """The pose of the followed person in frames as they come.

    Parameters
    ----------
    models
        Loaded models with their settings.
    image_size
        (width, height) of the frames in pixels.
    """

    def __init__(self, models: VideoLifter, image_size: tuple[int, int]) -> None:
        settings = models.settings
        fov = settings.fov or DEFAULT_FOV
        self._detector, self._image_size = models.detector.of_clip(), image_size
        self._joint_set = models.detector.joint_set
        self._follower = Follower()
        models.lifter.warm_up()  # or the first pose would wait for it
        self._lifter = CausalLifter(models.lifter, image_size, fov, settings.flip)
        self._scene = LiveScene(image_size, fov, settings.up == UP_OF_CAMERA)

    def find(self, captured: Captured) -> tuple[Keypoints2D, PoseSequence] | None:
        """2D and 3D of this one frame; None where the person is not seen."""
        (found,) = self._detector([captured.frame])
        index = self._follower.choose(found, captured.at)
        if index is None:
            return None
        keypoints, scores = found.keypoints[index], found.scores[index]
        lifted = self._lifter.lift(captured.at, keypoints, scores, self._joint_set)
        if lifted is None:
            return None
        person = Keypoints2D(
            keypoints[None], scores[None], np.ones(1, bool), Fraction(25), self._image_size,
            self._joint_set,
        )  # fmt: skip
        return person, self._scene.place(captured.at, lifted)


def run_live(models: VideoLifter, source: FrameSource, show: Show, report: LiveReport) -> None:
    """Show a source with its 3D until it ends or `show` says so.

    Frames that come while another is worked on are dropped, but for the newest.

    Parameters
    ----------
    models
        Loaded models with their settings.
    source
        Where frames come from.
    show
        Where pictures go; called in this thread.
    report
        Filled in while it runs, so that it is true also after an interruption.
    """
    poses, picture = LivePoses(models, source.size), LivePicture(source.size, models.settings.turn)
    began: float | None = None
    with NewestFrame(source) as newest:
        try:
            while (captured := newest.take()) is not None:
                began = captured.at if began is None else began
                found = poses.find(captured)
                person, pose = found or (None, None)
                note = f"delay {1000 * report.delays[-1]:.0f} ms" if report.delays else ""
                drawn = picture.draw(captured.frame, person, pose, captured.at - began, note)
                go_on = show(drawn)
                now = time.monotonic()
                report.delays.append(now - captured.at)
                report.with_somebody += found is not None
                report.seconds = now - began
                if not go_on:
                    return
        finally:
            report.dropped = newest.dropped
