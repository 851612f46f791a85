"""What a live window shows: the newest frame with its 2D skeleton, beside it the 3D skeleton."""

from __future__ import annotations

import numpy as np

from ..poses import Keypoints2D, PoseSequence
from ..rendering.drawing import NEUTRAL
from ..rendering.lettering import draw_text, letter_size
from ..rendering.scene_panel import ScenePanel
from ..rendering.video_panel import VideoPanel
from ..video.frame import Frame

PANEL_HEIGHT = 480  # pixels

STAGE_REACH = 1.2
"""Metres to each side that the view of the 3D shows at least."""

ROOM = 0.7
"""Metres that the person may be from the middle of the view before it follows."""

_STAGE = np.array(
    [[x, y, z] for x in (-STAGE_REACH, STAGE_REACH) for y in (0.0, 2.0)
     for z in (-STAGE_REACH, STAGE_REACH)]
)  # fmt: skip
"""Corners (8, 3) of what the view shows, about its middle, metres."""


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
        self._middle = np.full(3, np.inf)
        self._scene = ScenePanel([], (self._panels[1], PANEL_HEIGHT), turn, _STAGE)

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
        letters, beside = letter_size(PANEL_HEIGHT), picture[:, left:]
        if pose is not None:
            self._follow(pose)
        self._scene.draw_people(beside, [] if pose is None else [pose], 0, seconds)
        if pose is None:
            middle = (right / 2, PANEL_HEIGHT / 2)
            draw_text(beside, "no person found", middle, letters * 3 // 2, NEUTRAL, (0.5, 0.5))
        for line, text in enumerate((f"{seconds:.1f} s", note)):
            corner = (letters * 0.6, letters * (0.6 + 1.7 * line))
            if text:
                draw_text(picture, text, corner, letters, NEUTRAL, plate=True)
        return picture

    def _follow(self, pose: PoseSequence) -> None:
        """Move the view where the person has left its middle."""
        place = pose.joints[0, 0].astype(np.float64) * [1, 0, 1]
        away = place - self._middle
        distance = float(np.linalg.norm(away))
        if distance <= ROOM:
            return
        if np.isfinite(distance):
            place = self._middle + away * (1 - ROOM / distance)
        self._middle = place
        self._scene = ScenePanel([], (self._panels[1], PANEL_HEIGHT), self._turn, _STAGE + place)
