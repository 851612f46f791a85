"""Draws the 3D skeletons in their scene, without the video."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..camera import FilmCamera
from ..poses import PoseSequence
from .drawing import draw_clock
from .picture import Yuv420
from .scene_panel import ScenePanel

SIZE = (1280, 720)  # pixels


class SceneRenderer:
    """Draw frames of a scene.

    Parameters
    ----------
    sequences
        3D poses in the scene frame, one entry a person, at least one; all of the same length.
    turn
        Degrees per second by which the view turns; 0 stands still.
    camera
        The camera that filmed them where it turned: the view may move with it.

    Attributes
    ----------
    size
        (width, height) of the drawn frames in pixels.
    """

    def __init__(
        self,
        sequences: Sequence[PoseSequence],
        turn: float = 0.0,
        camera: FilmCamera | None = None,
    ) -> None:
        self.size = SIZE
        self._fps = sequences[0].fps
        self._scene = ScenePanel(sequences, SIZE, turn, camera=camera)

    def render(self, index: int, yuv: bool = False) -> NDArray[np.uint8]:
        """Draw frame ``index`` of the clip, a new array at each call.

        Returns
        -------
        NDArray[np.uint8]
            (height, width, 3) RGB; or (height * 3 / 2, width), as in `picture.Yuv420`.
        """
        width, height = self.size
        array = np.empty((height * 3 // 2, width) if yuv else (height, width, 3), np.uint8)
        canvas = Yuv420(array) if yuv else array
        seconds = float(index / self._fps)
        self._scene.draw(canvas, index, seconds)
        draw_clock(canvas, seconds)
        return array
