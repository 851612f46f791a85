"""What a live window shows: the newest frame with its 2D skeleton, beside it the 3D skeleton."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..detection.interface import Frame
from ..poses import Keypoints2D, PoseSequence
from ..rendering.drawing import NEUTRAL
from ..rendering.lettering import draw_text, letter_size
from ..rendering.scene_panel import ScenePanel
from ..rendering.video_panel import VideoPanel

PANEL_HEIGHT = 480  # pixels

STAGE_REACH = 1.2
"""Metres to each side that the view of the 3D shows at least."""

ROOM = 0.7
"""Metres that the person may be from the middle of the view before it follows."""

_STAGE_TALL = 2.0  # metres
_VIEW_FRAMES = 9  # as many as jumps are told by: a view that holds longer is no jump


class LivePicture:
    """Draw frame by frame, in a view that stands still unless the person walks away.

    Parameters
    ----------
    image_size
        (width, height) of the frames in pixels.
    turn
        Degrees per second by which the view turns.
    """

    def __init__(self, image_size: tuple[int, int], turn: float = 0.0) -> None:
        self._image_size, self._turn = image_size, turn
        width = round(PANEL_HEIGHT * float(np.clip(image_size[0] / image_size[1], 0.4, 16 / 9)))
        self._panels = width // 2 * 2, max(width // 2 * 2, PANEL_HEIGHT)
        self._middle: NDArray[np.float64] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures."""
        return sum(self._panels), PANEL_HEIGHT

    def draw(
        self,
        frame: Frame,
        keypoints: Keypoints2D | None,
        pose: PoseSequence | None,
        seconds: float,
        note: str = "",
    ) -> Frame:
        """Draw a frame.

        Parameters
        ----------
        frame
            (height, width, 3) RGB.
        keypoints, pose
            Of this one frame; None where nobody is seen.
        seconds
            Since the first frame: the time shown, and what the view turns by.
        note
            Written below the time.
        """
        left, right = self._panels
        picture = np.empty((PANEL_HEIGHT, left + right, 3), np.uint8)
        seen = [] if keypoints is None else [keypoints]
        VideoPanel(seen, self._image_size, (left, PANEL_HEIGHT)).draw(picture[:, :left], frame, 0)
        shown = [] if pose is None else [self._on_stage(pose)]
        scene = ScenePanel(shown, (right, PANEL_HEIGHT), self._turn)
        scene.draw(picture[:, left:], 0, seconds)
        letters = letter_size(PANEL_HEIGHT)
        for line, text in enumerate((f"{seconds:.1f} s", note)):
            corner = (letters * 0.6, letters * (0.6 + 1.7 * line))
            if text:
                draw_text(picture, text, corner, letters, NEUTRAL, plate=True)
        return picture

    def _on_stage(self, pose: PoseSequence) -> PoseSequence:
        """Return the pose, followed by frames that hold the view at the person's old place."""
        place = pose.joints[0, 0].astype(np.float64) * [1, 0, 1]
        if self._middle is None:
            self._middle = place
        away = place - self._middle
        distance = float(np.linalg.norm(away))
        if distance > ROOM:
            self._middle = self._middle + away * (1 - ROOM / distance)
        stage = np.broadcast_to(self._middle, pose.joints.shape[1:]).copy()
        corners = np.indices((2, 2, 2)).reshape(3, 8).T * [2, 1, 2] - [1, 0, 1]
        stage[: len(corners)] += corners * [STAGE_REACH, _STAGE_TALL, STAGE_REACH]
        behind = np.repeat(stage[None], _VIEW_FRAMES, axis=0)
        doubt = pose.uncertainty
        return replace(
            pose,
            joints=np.concatenate([pose.joints, behind]).astype(np.float32),
            scores=_repeated(pose.scores),
            valid=np.ones(1 + _VIEW_FRAMES, bool),
            keypoints=_repeated(pose.keypoints),
            uncertainty=None if doubt is None else _repeated(doubt),
        )


def _repeated(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.repeat(values, 1 + _VIEW_FRAMES, axis=0)
