"""Detects camera motion from the surroundings of the people, frame by frame.

Where one motion of the background explains most of the picture, it was found already
(`camera_path.following`). Elsewhere the background of a reference picture is searched for
(`background`), which also finds a camera that is carried along.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .background import Reference
from .small_pictures import Look

LOOKS_PER_SECOND = 10
"""Looks a second: hands move a camera at up to some hertz, and a pan takes at least a second to
cross a picture, so more looks add nothing."""

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


class Moved(NamedTuple):
    """A motion of the background (2,) pixels since an earlier frame that was looked at."""

    since: int
    way: NDArray[np.float64]


class _Place(NamedTuple):
    """The background at a frame: shot, and place of what was in the middle."""

    frame: int
    shot: int
    x: float
    y: float


class CameraMotion:
    """Follows the background of a video.

    Parameters
    ----------
    longer
        Pixels of the longer side of the small pictures.
    fps
        Frames per second.
    """

    def __init__(self, longer: float, fps: Fraction | float) -> None:
        self._longer = longer
        self._every = max(1, round(float(fps) / LOOKS_PER_SECOND))
        self._window = max(1, round(SWAY * float(fps) / self._every))
        self._places: dict[int, _Place] = {}
        self._shots = 0
        self._reference: Reference | None = None
        self._last: Reference | None = None

    def look(self, look: Look, moved: Moved | None) -> None:
        """Note where the background is in a picture; search for it where nobody found it."""
        before = next(reversed(self._places.values()), _Place(0, 0, 0.0, 0.0))
        shot, place = before.shot, np.array([before.x, before.y])
        if moved is not None and moved.since in self._places:
            since = self._places[moved.since]
            shot, place = since.shot, np.array([since.x, since.y]) + moved.way
            self._reference = None
        elif (found := self._searched(look)) is not None:
            place = found
        elif self._places:
            self._shots += 1
            shot = self._shots
        self._places[look.frame] = _Place(look.frame, shot, *map(float, place))
        self._last = Reference(look.grey, look.boxes, place)

    def verdict(self, start: float = 0, stop: float = np.inf) -> CameraVerdict:
        """Tell whether the camera moves, over the frames so far or a stretch of them.

        A stretch ends at a known cut: after it the same background may be seen from elsewhere,
        which would look like a motion of the camera.
        """
        places = [place for place in self._places.values() if start <= place.frame < stop]
        shots: dict[int, list[_Place]] = {}
        for place in places:
            shots.setdefault(place.shot, []).append(place)
        drift = max((self._drift(of_one) for of_one in shots.values()), default=0.0)
        return CameraVerdict(self._seen(places) >= ENOUGH_SEEN and drift > DRIFT, drift)

    def arrays(self, cuts: Sequence[int] = ()) -> dict[str, NDArray[Any]]:
        """Return what scenes need, one verdict for every shot, for storage with the 2D."""
        ends = [0, *cuts, np.inf]
        verdicts = [self.verdict(*shot) for shot in pairwise(ends)]
        return {
            CAMERA_MOVES: np.array([verdict.moves for verdict in verdicts]),
            CAMERA_DRIFT: np.array([verdict.drift for verdict in verdicts]),
        }

    def _drift(self, places: Sequence[_Place]) -> float:
        from scipy.ndimage import uniform_filter1d  # slow to import, and the first frames wait

        known, x, y = np.array([(place.frame, place.x, place.y) for place in places]).T
        frames = np.arange(known[0], known[-1] + 1, self._every)
        even = np.stack([np.interp(frames, known, x), np.interp(frames, known, y)], axis=1)
        steady = uniform_filter1d(even, min(self._window, len(even)), axis=0, mode="nearest")
        # The widest extent over directions 15 degrees apart is the greatest distance, to 1 percent.
        angles = np.radians(np.arange(0, 180, 15))
        extents = np.ptp(steady @ np.stack([np.cos(angles), np.sin(angles)]), axis=0)
        return float(extents.max()) / self._longer

    def _seen(self, places: Sequence[_Place]) -> float:
        """Return the share of the looks that found the background, `LOOKS_PER_SECOND` at most."""
        chosen: list[_Place] = []
        for place in places:
            if not chosen or place.frame >= chosen[-1].frame + self._every:
                chosen.append(place)
        followed = len(chosen) - len({place.shot for place in chosen})
        return followed / max(1, len(chosen) - 1)

    def _searched(self, look: Look) -> NDArray[np.float64] | None:
        """Search for the background of the reference, or else of the last picture, in this one."""
        for reference in (self._reference, self._last):
            found = None if reference is None else reference.find(look.grey, look.boxes)
            if found is not None:
                self._reference = None if found.far else reference
                return found.place
        self._reference = None
        return None
