"""Everything that can be chosen about how a video is lifted, with its defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..detection.models import DEFAULT_DETECTOR, DEFAULT_POSE
from ..errors import UsageError
from ..lifting.checkpoints import DEFAULT_LIFTER
from ..smoothing import DEFAULT_CUTOFF
from ..video.clip_times import ClipRange

EVERYBODY = "all"
FOV_RANGE = (5.0, 150.0)  # degrees
HEIGHT_RANGE = (0.4, 2.6)  # metres

UP_AS_SEEN, UP_OF_CAMERA = "auto", "camera"
UPS = (UP_AS_SEEN, UP_OF_CAMERA)
"""What tells which way is up: the people in the video, or the camera, taken to be held level."""

QUALITIES = ("draft", "good", "best")
"""How well `.mp4` is encoded. What `good` is to the eye, `best` is to an encoder that reads it."""

BVH_SKELETONS = ("mixamo", "cmu", "h36m")
"""Names and arrangements of the joints that `.bvh` can be written with."""

AS_FAST_AS_GOOD, SINGLE = "auto", "single"
PRECISIONS = (AS_FAST_AS_GOOD, SINGLE)
"""Of the networks: half precision where the device computes faster in it, or single always."""

BOXES_EVERY = 2
"""Frames. On people who walk, keypoints move by less than half a pixel in a picture of 1768."""


@dataclass(frozen=True)
class Settings:
    """How a video is lifted.

    Parameters
    ----------
    detector, pose, lifter
        Models by name, or files: ``CONFIG,CHECKPOINT`` for the first two, a checkpoint for the
        lifter.
    device
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
    precision
        One of `PRECISIONS`.
    boxes_every
        Person boxes are looked for in every frame of this number, where people move evenly.
    people
        Number of the person to lift, 1 being the main person, or ``all``.
    max_people
        Of all people so many are lifted, the most important ones; None for no limit.
    fov
        Field of view over the picture's longer side, degrees, 5 to 150; None for what the video
        says of its lens, and `DEFAULT_FOV` where it says nothing.
    up
        One of `UPS`.
    height
        Of the main person, metres, 0.4 to 2.6: sets the scale of the scene. None for the lifter's.
    foot_lock
        Hold feet that stand on the floor where they stand.
    flip
        Average the lifter with its mirror image: 2 mm better, and twice the work of a stage that
        takes a few hundredths of a run.
    smoothing
        Low-pass filter of the joints' paths in hertz; 0 for none.
    turn
        Degrees per second by which the 3D view turns.
    quality
        One of `QUALITIES`.
    bvh_skeleton
        One of `BVH_SKELETONS`.
    start, end, max_frames, every
        Which frames of the video, as `ClipRange` takes them.

    Raises
    ------
    UsageError
        A number is out of its range.
    """

    detector: str = DEFAULT_DETECTOR
    pose: str = DEFAULT_POSE
    lifter: str = DEFAULT_LIFTER
    device: str = "auto"
    precision: str = AS_FAST_AS_GOOD
    boxes_every: int = BOXES_EVERY
    people: int | str = 1
    max_people: int | None = None
    fov: float | None = None
    up: str = UP_AS_SEEN
    height: float | None = None
    foot_lock: bool = True
    flip: bool = True
    smoothing: float = DEFAULT_CUTOFF
    turn: float = 0.0
    quality: str = "good"
    bvh_skeleton: str = BVH_SKELETONS[0]
    start: float = 0.0
    end: float | None = None
    max_frames: int | None = None
    every: int = 1

    @property
    def part(self) -> ClipRange:
        """Which frames of the video are lifted."""
        return ClipRange(self.start, self.end, self.max_frames, self.every)

    def __post_init__(self) -> None:
        self._check_people()
        for name, value, unit, (low, high) in (
            ("fov", self.fov, "degrees", FOV_RANGE),
            ("height", self.height, "metres", HEIGHT_RANGE),
        ):
            if value is not None and not low <= value <= high:
                meant = _metres_meant(value) if name == "height" else ""
                raise UsageError(
                    f"--{name} {value:g}: must be between {low:g} and {high:g} {unit}{meant}"
                )
        for name, choice, allowed in (
            ("up", self.up, UPS),
            ("precision", self.precision, PRECISIONS),
            ("quality", self.quality, QUALITIES),
            ("bvh-skeleton", self.bvh_skeleton, BVH_SKELETONS),
        ):
            if choice not in allowed:
                raise UsageError(f"--{name} {choice}: must be one of {', '.join(allowed)}")
        if self.boxes_every < 1:
            raise UsageError(f"--boxes-every {self.boxes_every}: must be a whole number from 1")
        if not (math.isfinite(self.smoothing) and self.smoothing >= 0):
            raise UsageError(f"--smoothing {self.smoothing:g}: must be 0 hertz or more")
        if not math.isfinite(self.turn):
            raise UsageError(f"--turn {self.turn:g}: must be a number of degrees a second")
        _ = self.part  # refuses what is no part of any video

    def _check_people(self) -> None:
        if self.people != EVERYBODY and not (isinstance(self.people, int) and self.people >= 1):
            raise UsageError(f"--person {self.people}: must be a whole number from 1, or all")
        if self.max_people is not None:
            if self.max_people < 1:
                raise UsageError(f"--max-people {self.max_people}: must be a whole number from 1")
            if self.people != EVERYBODY:
                raise UsageError(
                    f"--max-people {self.max_people}: limits how many are lifted of all; add "
                    "--people all"
                )


def _metres_meant(height: float) -> str:
    """Tell a height in metres that was given in centimetres or feet; nothing for other numbers."""
    for unit, metres in (("centimetres", 0.01), ("feet", 0.3048)):
        if 1.0 <= height * metres <= HEIGHT_RANGE[1]:
            return f"; {height:g} {unit} are --height {height * metres:.2f}"
    return ""
