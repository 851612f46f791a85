"""The right panel: the 3D skeletons with their shadows on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..camera import FilmCamera
from ..poses import PoseSequence
from ..skeleton import EXTREMITIES
from .chosen_view import ChosenView
from .drawing import (
    BORDER,
    LEFT,
    NEUTRAL,
    RIGHT,
    Strokes,
    paint,
    shade,
    skeleton_strokes,
    tag_person,
)
from .floor import BACKDROP, Floor
from .lettering import draw_text, legend, letter_size
from .moving_view import moving_axes
from .picture import Picture, Yuv420
from .scene_view import Camera, SceneView, clip_points

_SIDES = {"left arm and leg": LEFT, "right arm and leg": RIGHT}
_MUTED = (150, 156, 168)
_FAR = np.array([60.0, 62.0, 67.0])  # colour that others fade into with distance
_DIMMING = 0.40  # share of its colour that the farthest place of the clip loses

_BONE, _JOINT, _HEAD, _SHADOW = 0.030, 0.036, 0.095, 0.030  # metres: radii of the figure
_SLIM = 0.6  # of these, for feet and palms
SURE, UNSURE = 0.05, 0.25
"""Metres of uncertainty below which joints are opaque, and above which they are faintest."""
FAINTEST = 0.3
"""Opacity of the most uncertain joints, which stay visible."""

_NEAR = 0.1  # metres: nearer things are not drawn


class ScenePanel:
    """The 3D skeletons with their shadows on the floor.

    Parameters
    ----------
    sequences
        One entry a person, scene frame.
    size
        (width, height) of the panel in pixels.
    turn
        Degrees per second.
    room
        (n, 3) metres, scene frame: what the view shows; None for a view that is chosen by where
        people are (`ChosenView`), or that of all their places where it turns.
    pixels
        As in `ChosenView`.
    camera
        The camera that filmed the people, with which the view may move (`moving_view`).
    """

    def __init__(
        self,
        sequences: Sequence[PoseSequence],
        size: tuple[int, int],
        turn: float,
        room: NDArray[np.float64] | None = None,
        pixels: float | None = None,
        camera: FilmCamera | None = None,
    ) -> None:
        self._sequences = sequences
        self._empty = room is None and not any(sequence.valid.any() for sequence in sequences)
        self._axes = axes = moving_axes(sequences, camera, size, pixels)
        shown = sequences if axes is None else [axes.seen_by(person) for person in sequences]
        if room is None and not turn:
            chosen = ChosenView(shown, size, pixels)
            points, self._view = chosen.points, chosen.view()
        else:
            points = clip_points(shown) if room is None else room
            self._view = SceneView(points, size, turn)
        self._floor = Floor(points if axes is None else clip_points(sequences))
        self._letters = letter_size(size[1])
        self._still = None if turn or axes else self._background(self._view.camera())

    @cached_property
    def _still_yuv(self) -> Yuv420 | None:
        return None if self._still is None else Yuv420.from_rgb(self._still)

    def draw(self, panel: Picture, index: int, seconds: float) -> None:
        """Draw frame ``index`` of the clip on a panel of this size, in place."""
        self.draw_people(panel, self._sequences, index, seconds)

    def draw_people(
        self, panel: Picture, people: Sequence[PoseSequence], index: int, seconds: float
    ) -> None:
        """Draw frame ``index`` of other people in the same view, in place."""
        camera = self._view.camera(seconds)
        if self._axes is not None:
            camera = self._axes.in_scene(camera, index)
        if isinstance(panel, Yuv420):
            panel.copy_from(self._still_yuv or Yuv420.from_rgb(self._background(camera)))
        else:
            panel[:] = self._background(camera) if self._still is None else self._still
        figures: list[Strokes] = []
        for sequence in people:
            if sequence.valid[index]:
                shade(panel, _shadow(sequence, index, camera))
                figures.append(self._figure(sequence, index, camera))
        if figures:
            paint(panel, Strokes.join(figures), gloss=True, backdrop=BACKDROP)
        for sequence in people:
            if sequence.valid[index]:
                crown = sequence.joints[index] + np.array([0, _HEAD, 0])
                pixels, depth = camera.project(crown)
                inside = ((pixels >= 0) & (pixels < camera.size)).all(axis=1)
                if inside.any():  # nobody's number stands at the rim
                    there = (depth > _NEAR) & sequence.present[index]
                    tag_person(panel, sequence, pixels, there, self._letters)

    def _background(self, camera: Camera) -> NDArray[np.uint8]:
        width, height = camera.size
        image = np.empty((height, width, 3), np.uint8)
        self._floor.draw(image, camera)
        small = max(8, round(self._letters * 0.8))
        line = height - round(1.65 * small)
        image[line - small // 2 :] = BORDER  # no grid lines behind the letters
        legend(image, _SIDES, (small, line), small, _MUTED)
        draw_text(image, "grid 1 m", (width - small, line), small, _MUTED, (1, 0))
        if self._empty:
            middle = (width / 2, height / 2)
            draw_text(image, "no person found", middle, self._letters * 3 // 2, NEUTRAL, (0.5, 0.5))
        return image

    def _figure(self, sequence: PoseSequence, index: int, camera: Camera) -> Strokes:
        pixels, depth = camera.project(sequence.joints[index])
        depth = np.maximum(depth, _NEAR)
        thinnest = camera.size[1] / 500
        bone = np.maximum(camera.focal * _BONE / depth, thinnest)
        joint = np.maximum(camera.focal * _JOINT / depth, thinnest * 1.3)
        slim = np.array([_SLIM if j in EXTREMITIES else 1.0 for j in sequence.joint_set.joints])
        bone, joint = bone * slim, joint * slim
        if "head" in sequence.joint_set.joints:
            head = sequence.joint_set.index("head")
            joint[head] = camera.focal * _HEAD / depth[head]
        strokes = skeleton_strokes(
            pixels,
            sequence.joint_set,
            bone,
            joint,
            depth,
            border=camera.size[1] / 600,
            opacity=opacity(sequence, index),
        )
        near, far = self._view.depth_range
        dim = _DIMMING * np.clip((strokes.depth - near) / (far - near), 0, 1)[:, None]
        strokes.colours[:] += (_FAR - strokes.colours) * dim
        return strokes.where((strokes.depth > _NEAR) & (strokes.opacity > 0))


def opacity(sequence: PoseSequence, index: int) -> NDArray[np.float64]:
    """Return the opacity of joints (joints,), 0..1, by their certainty; 1 where that is unknown.

    Joints that were never seen have 0 and are not drawn.
    """
    there = sequence.present[index].astype(np.float64)
    if sequence.uncertainty is None:
        return there
    share = np.clip((sequence.uncertainty[index] - SURE) / (UNSURE - SURE), 0, 1)
    return there * (1 - (1 - FAINTEST) * share * share * (3 - 2 * share))


def _shadow(sequence: PoseSequence, index: int, camera: Camera) -> Strokes:
    """Project the figure straight down on the floor, so that feet touch their shadows."""
    pixels, depth = camera.project(sequence.joints[index] * np.array([1, 0, 1]))
    radius = camera.focal * _SHADOW / np.maximum(depth, _NEAR)
    strokes = skeleton_strokes(
        pixels, sequence.joint_set, radius, radius, depth, opacity=opacity(sequence, index)
    )
    bones = np.arange(len(strokes)) < len(sequence.joint_set.bones)  # dots would add nothing
    return strokes.where(bones & (strokes.depth > _NEAR) & (strokes.opacity > 0))
