"""Looks at the background of a video once for all who follow it, while its frames go by."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from ..poses import FrameDetections
from ..shots.camera_motion import CameraMotion
from ..shots.small_pictures import SmallPictures
from ..video.picture import AnyFrame
from .following import BackgroundFollower
from .parallax_tracks import ParallaxTracks
from .upright_lines import UprightLines


class BackgroundWatch:
    """Follows the background of a video.

    A frame is shrunk once. Whether the camera moves is told by the same motion of the background as
    its turns, and points are followed one by one in the same small pictures.

    Parameters
    ----------
    image_size
        (width, height) of the frames in pixels.
    fps
        Frames per second.

    Attributes
    ----------
    motion, follower, lines, parallax
        The verdict whether the camera moves, its turns, lines that rise, and single points.
    """

    def __init__(self, image_size: tuple[int, int], fps: Fraction | float) -> None:
        self._pictures = SmallPictures(image_size)
        self._fps = float(fps)
        self._frames = self._next = 0
        self.motion = CameraMotion(max(image_size) / self._pictures.shrink, fps)
        self.follower = BackgroundFollower(self._pictures, fps)
        self.lines = UprightLines(image_size, fps)
        self.parallax = ParallaxTracks(self._pictures, fps)

    def add(self, frames: Sequence[AnyFrame | None], detections: Sequence[FrameDetections]) -> None:
        """Add the next frames and the people in each.

        Frames are None where nobody looks at them.
        """
        for frame, people in zip(frames, detections, strict=True):
            if frame is not None:
                self.lines.look(self._frames, frame, people.boxes, self.follower.rests)
                if self._frames >= self._next:
                    self._look(frame, people)
            self._frames += 1

    def _look(self, frame: AnyFrame, people: FrameDetections) -> None:
        look = self._pictures.look(self._frames, frame, people)
        self.motion.look(look, self.follower.look(look))
        self.parallax.look(look, self.follower.as_one)
        self._next = self._frames + max(1, round(self._fps / self.follower.looks_per_second))

    def arrays(self, cuts: Sequence[int] = ()) -> dict[str, NDArray[Any]]:
        """Return what scenes need, for storage with the 2D; `cuts` are first frames of shots."""
        found = self.motion.arrays(cuts) | self.lines.arrays()
        links = self.follower.links(self._frames)
        return found if links is None else found | links.arrays() | self.parallax.arrays()
