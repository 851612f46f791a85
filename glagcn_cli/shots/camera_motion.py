"""Detects camera motion from the surroundings of the people, frame by frame.

The background of a reference picture is found in later ones (`background`). A camera that stands
still is always compared with the same picture, so that errors do not add up. A moving one gets a
new reference when half of the old one has left the view.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..poses import FrameDetections
from .background import Frame, Reference, small_grey

LOOKS_PER_SECOND = 10
"""Looks a second: hands move a camera at up to some hertz, and a pan takes at least a second to
cross a picture, so more looks add nothing."""

LOOKED_AT = 320
"""Least pixels of the shrunk picture's longer side. Shrinking averages the noise of dark video, and
a tenth of a pixel remains a thirtieth of a percent of the picture."""

DRIFT = 0.05
"""Share of the picture's longer side that the background must drift for the camera to count as
moving. Hands that hold a camera on one place sway by about a degree to either side, 2 of the 60
that a phone sees: 3 percent. For people who fill half of the picture's height, 5 percent is a path
that is wrong by 30 cm."""

SWAY = 1.0
"""Seconds over which the drift is averaged: sway about one place comes back within them."""

ENOUGH_SEEN = 0.5
"""Share of the looks that must have found the background for any verdict."""


CAMERA_MOVES, CAMERA_DRIFT = "camera_moves", "camera_drift"
"""Names of the stored verdicts, one a shot of the film, beside the 2D of a clip."""


class CameraVerdict(NamedTuple):
    """Whether the camera moves, and the greatest distance between two places of the background.

    ``moves`` is true where the camera certainly pans, tilts or walks, and false also where bare
    walls, darkness or a picture full of people leave it unknown. ``drift`` has sway averaged away;
    it is a share of the picture's longer side.
    """

    moves: bool
    drift: float


class _Look(NamedTuple):
    """The background at a frame: shot, and place of what was in the middle."""

    frame: int
    shot: int
    x: float
    y: float


class CameraMotion:
    """Follows the background of a video.

    Parameters
    ----------
    image_size
        (width, height) of the frames in pixels.
    fps
        Frames per second.
    """

    def __init__(self, image_size: tuple[int, int], fps: Fraction | float) -> None:
        self._longer = max(image_size)
        self._shrink = max(1, self._longer // LOOKED_AT)
        self._every = max(1, round(float(fps) / LOOKS_PER_SECOND))
        self._window = max(1, round(SWAY * float(fps) / self._every))
        self._frames = 0
        self._looks: list[_Look] = []
        self._reference: Reference | None = None
        self._last: Reference | None = None

    def add(self, frames: Sequence[Frame], detections: Sequence[FrameDetections]) -> None:
        """Add the next frames.

        Parameters
        ----------
        frames
            Pictures (height, width, 3) uint8, RGB, in order, all frames of the video.
        detections
            People in each, whose boxes are left out.
        """
        for frame, people in zip(frames, detections, strict=True):
            if self._frames % self._every == 0:
                self._look(small_grey(frame, self._shrink), people.boxes / self._shrink)
            self._frames += 1

    def verdict(self, start: int = 0, stop: int | None = None) -> CameraVerdict:
        """Tell whether the camera moves, over the frames so far or a stretch of them.

        A stretch ends at a known cut: after it the same background may be seen from elsewhere,
        which would look like a motion of the camera.
        """
        stop = self._frames if stop is None else stop
        looked = [look for look in self._looks if start <= look.frame < stop]
        shots: dict[int, list[_Look]] = {}
        for look in looked:
            shots.setdefault(look.shot, []).append(look)
        followed = sum(len(looks) - 1 for looks in shots.values())
        seen = followed / max(1, len(looked) - 1)
        drift = max((self._drift(looks) for looks in shots.values()), default=0.0)
        return CameraVerdict(seen >= ENOUGH_SEEN and drift > DRIFT, drift)

    def arrays(self, cuts: Sequence[int] = ()) -> dict[str, NDArray[Any]]:
        """Return what scenes need, one verdict for every shot, for storage with the 2D."""
        ends = [0, *cuts, self._frames]
        verdicts = [self.verdict(*shot) for shot in pairwise(ends)]
        return {
            CAMERA_MOVES: np.array([verdict.moves for verdict in verdicts]),
            CAMERA_DRIFT: np.array([verdict.drift for verdict in verdicts]),
        }

    def _drift(self, looks: Sequence[_Look]) -> float:
        from scipy.ndimage import uniform_filter1d  # slow to import, and the first frames wait

        places = np.array([(look.x, look.y) for look in looks])
        steady = uniform_filter1d(places, min(self._window, len(places)), axis=0, mode="nearest")
        # The widest extent over directions 15 degrees apart is the greatest distance, to 1 percent.
        angles = np.radians(np.arange(0, 180, 15))
        extents = np.ptp(steady @ np.stack([np.cos(angles), np.sin(angles)]), axis=0)
        return float(extents.max()) * self._shrink / self._longer

    def _look(self, grey: Frame, boxes: NDArray[np.floating]) -> None:
        """Find the background of the reference, or else of the last picture, in this one."""
        before = self._looks[-1] if self._looks else _Look(0, 0, 0.0, 0.0)
        place = np.array([before.x, before.y])
        found = None
        for reference in (self._reference, self._last):
            found = None if reference is None else reference.find(grey, boxes)
            if found is not None:
                self._reference, place = reference, found.place
                break
        shot = before.shot + (found is None and bool(self._looks))
        x, y = map(float, place)
        self._looks.append(_Look(self._frames, shot, x, y))
        self._last = Reference(grey, boxes, place)
        if found is None or found.far:
            self._reference = self._last
