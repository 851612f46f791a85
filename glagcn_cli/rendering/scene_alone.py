"""The 3D skeletons in their scene, where the video is not at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..poses import PoseSequence
from .drawing import NEUTRAL
from .lettering import draw_text, letter_size
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

    Attributes
    ----------
    size
        (width, height) of the drawn frames in pixels.
    """

    def __init__(self, sequences: Sequence[PoseSequence], turn: float = 0.0) -> None:
        self.size = SIZE
        self._fps = sequences[0].fps
        self._scene = ScenePanel(sequences, SIZE, turn)

    def render(self, index: int) -> NDArray[np.uint8]:
        """Draw frame ``index`` of the clip: (height, width, 3) RGB, a new array at each call."""
        width, height = self.size
        canvas = np.empty((height, width, 3), np.uint8)
        seconds = float(index / self._fps)
        self._scene.draw(canvas, index, seconds)
        letters = letter_size(height)
        corner = (letters * 0.6, letters * 0.6)
        draw_text(canvas, f"{seconds:.2f} s", corner, letters, NEUTRAL, plate=True)
        return canvas
