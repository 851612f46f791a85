"""Draws the side-by-side frame: the video with its 2D skeletons, and the 3D skeletons."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..camera import FilmCamera
from ..poses import Keypoints2D, PoseSequence
from .drawing import draw_clock
from .picture import Yuv420
from .scene_panel import ScenePanel
from .video_panel import VideoPanel

PANEL_HEIGHT = 720  # pixels

_WIDEST = 16 / 9  # a wider video gets bars above and below
_NARROWEST = 0.4  # a narrower one gets bars at its sides
_NARROWEST_SCENE = 1.0


class SideBySideRenderer:
    """Draw frames of a clip with the 2D skeletons beside the 3D skeletons.

    Parameters
    ----------
    sequences
        3D poses in the scene frame, one entry a person; all of the same length.
    keypoints
        2D keypoints of the same people, of any joint set; all of that same length.
    fps
        Frames per second, exact.
    frame_size
        (width, height) of the video's frames in pixels.
    panel_height
        Height of the picture in pixels; an odd number is made even.
    turn
        Degrees per second by which the 3D view turns; 0 stands still.
    camera
        The camera that filmed them where it turned: the 3D view may move with it.

    Attributes
    ----------
    size
        (width, height) of the drawn frames, both even. The left panel has the video's shape
        between 0.4 and 16:9, beyond with bars; the right panel is as wide, and at least square.
    picture_size
        (width, height) of the video in them, both even.

    Raises
    ------
    ValueError
        When poses are not in the scene frame, lengths differ or a size is not positive.
    """

    def __init__(
        self,
        sequences: Sequence[PoseSequence],
        keypoints: Sequence[Keypoints2D],
        fps: Fraction,
        frame_size: tuple[int, int],
        panel_height: int = PANEL_HEIGHT,
        turn: float = 0.0,
        camera: FilmCamera | None = None,
    ) -> None:
        if any(sequence.frame != "scene" for sequence in sequences):
            raise ValueError("poses are drawn in the scene frame; these are in the camera frame")
        lengths = {len(poses) for poses in sequences} | {len(points) for points in keypoints}
        if len(lengths) > 1:
            raise ValueError(f"people differ in their number of frames: {sorted(lengths)}")
        if min(*frame_size, panel_height) < 2 or fps <= 0:
            raise ValueError(f"cannot draw {frame_size} at height {panel_height}, {fps} fps")
        self._fps = fps
        self._frame_size = frame_size
        self._length = lengths.pop() if lengths else None
        height = _even(panel_height)
        aspect = min(max(frame_size[0] / frame_size[1], _NARROWEST), _WIDEST)
        self._left_width = _even(height * aspect)
        right_width = max(self._left_width, _even(height * _NARROWEST_SCENE))
        self.size = (self._left_width + right_width, height)
        self._video = VideoPanel(keypoints, frame_size, (self._left_width, height))
        self.picture_size = self._video.picture_size
        self._scene = ScenePanel(
            sequences,
            (right_width, height),
            turn,
            pixels=self.picture_size[1] / frame_size[1],
            camera=camera,
        )

    def render(self, frame: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
        """Draw one frame, in the format of the video's frame.

        Parameters
        ----------
        frame
            The video's frame, which is not changed. (H, W, 3) uint8 RGB of ``frame_size``; or
            (h * 3 / 2, w) uint8 YUV 4:2:0, as in `picture.Yuv420`, of ``picture_size``.
        index
            Its number in the clip, from 0.

        Returns
        -------
        NDArray[np.uint8]
            A picture of ``size``, a new array at each call: (height, width, 3) RGB, or
            (height * 3 / 2, width) YUV 4:2:0.

        Raises
        ------
        ValueError
            When the frame has another size than the clip.
        IndexError
            When the clip has no frame of that number.
        """
        (width, height), (w, h) = self._frame_size, self.picture_size
        if frame.shape not in [(height, width, 3), (h * 3 // 2, w)] or frame.dtype != np.uint8:
            raise ValueError(
                f"frame is {frame.dtype} {frame.shape}, expected {height}x{width} RGB or {h}x{w} "
                "YUV 4:2:0"
            )
        if index < 0 or (self._length is not None and index >= self._length):
            raise IndexError(f"no frame {index} in a clip of {self._length}")
        seconds = float(index / self._fps)
        (width, height), left = self.size, self._left_width
        if frame.ndim == 3:
            array = np.empty((height, width, 3), np.uint8)
            self._video.draw(array[:, :left], frame, index)
            self._scene.draw(array[:, left:], index, seconds)
            draw_clock(array, seconds)
        else:
            array = np.empty((height * 3 // 2, width), np.uint8)
            canvas = Yuv420(array)
            self._video.draw(canvas.part(slice(0, height), slice(0, left)), frame, index)
            self._scene.draw(canvas.part(slice(0, height), slice(left, width)), index, seconds)
            draw_clock(canvas, seconds)
        return array


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
