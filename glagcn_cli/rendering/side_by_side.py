"""The side-by-side frame: the video with its 2D skeletons, and the 3D skeletons in their scene."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D, PoseSequence
from .drawing import NEUTRAL
from .lettering import draw_text, letter_size
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
        2D keypoints of the same people, of whatever joint set; all of that same length.
    fps
        Frames per second, exact.
    frame_size
        (width, height) of the video's frames in pixels.
    panel_height
        Height of the picture in pixels; an odd number is made even.
    turn
        Degrees per second by which the 3D view turns; 0 stands still.

    Attributes
    ----------
    size
        (width, height) of the drawn frames, both even. The left panel has the video's shape
        between 0.4 and 16:9, beyond with bars; the right panel is as wide, and at least square.

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
        self._scene = ScenePanel(sequences, (right_width, height), turn)

    def render(self, frame: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
        """Draw one frame.

        Parameters
        ----------
        frame
            (H, W, 3) uint8 RGB: the video's frame; it is not changed.
        index
            Its number in the clip, from 0.

        Returns
        -------
        NDArray[np.uint8]
            (height, width, 3) RGB of ``size``: a new array at each call.

        Raises
        ------
        ValueError
            When the frame has another size than the clip.
        IndexError
            When the clip has no frame of that number.
        """
        width, height = self._frame_size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise ValueError(f"frame is {frame.dtype} {frame.shape}, expected {height}x{width} RGB")
        if index < 0 or (self._length is not None and index >= self._length):
            raise IndexError(f"no frame {index} in a clip of {self._length}")
        seconds = float(index / self._fps)
        canvas = np.empty((self.size[1], self.size[0], 3), np.uint8)
        self._video.draw(canvas[:, : self._left_width], frame, index)
        self._scene.draw(canvas[:, self._left_width :], index, seconds)
        letters = letter_size(self.size[1])
        corner = (letters * 0.6, letters * 0.6)
        draw_text(canvas, f"{seconds:.2f} s", corner, letters, NEUTRAL, plate=True)
        return canvas


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
