"""Moves the 3D view along with a camera that turns after somebody, as a fixed one is too far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from ..camera import FilmCamera
from ..poses import PoseSequence
from .chosen_view import ChosenView
from .scene_view import Camera

LEAST_TURN = 10.0
"""Degrees to the side that a camera turns before the view moves: hands that hold one turn less."""

LARGER = 1.25
"""Times as large as from a fixed place that the main person must be shown by a view that moves."""

CALM = 0.5
"""Seconds (standard deviation) over which the view's path is smoothed: steps do not sway it."""

_STEEPEST = 0.05  # length of the way ahead over the floor below which a camera looks up or down


@dataclass(frozen=True)
class MovingAxes:
    """Axes on the floor that go along with people and turn with the camera that films them.

    Parameters
    ----------
    place
        (frames, 3) metres in the scene, y = 0: where the people are.
    azimuth
        (frames,) degrees from the scene's z towards its x: where the filming camera stands.
    """

    place: NDArray[np.float64]
    azimuth: NDArray[np.float64]

    def seen_by(self, person: PoseSequence) -> PoseSequence:
        """Return a person of the scene in these axes."""
        joints = (person.joints - self.place[:, None]) @ self._turns().swapaxes(1, 2)
        return replace(person, joints=joints.astype(np.float32))

    def in_scene(self, camera: Camera, index: int) -> Camera:
        """Return a camera that is fixed in these axes as it stands in the scene in one frame."""
        turn = self._turns()[index]
        return replace(
            camera,
            rotation=camera.rotation @ turn,
            position=camera.position @ turn + self.place[index],
        )

    def _turns(self) -> NDArray[np.float64]:
        """Return rotations (frames, 3, 3) from the scene."""
        sine, cosine = np.sin(np.radians(self.azimuth)), np.cos(np.radians(self.azimuth))
        turns = np.tile(np.eye(3), (len(sine), 1, 1))
        turns[:, 0, 0], turns[:, 0, 2] = cosine, -sine
        turns[:, 2, 0], turns[:, 2, 2] = sine, cosine
        return turns


def moving_axes(
    people: Sequence[PoseSequence],
    camera: FilmCamera | None,
    size: tuple[int, int],
    pixels: float | None = None,
) -> MovingAxes | None:
    """Return axes in which a view is to be fixed; None for one that is fixed in the scene.

    The view moves where the filming camera turns by `LEAST_TURN` to the side, and where the main
    person is shown `LARGER` for it.

    Parameters
    ----------
    people
        One entry a person, scene frame; the first is the main person.
    camera
        The camera that filmed them; None for one that stood still.
    size, pixels
        As `ChosenView` takes them.
    """
    seen = any(person.valid.any() for person in people)
    if camera is None or not seen or not camera.is_of(len(people[0])):
        return None
    azimuth = _azimuths(camera)
    calm = CALM * float(people[0].fps)
    if np.ptp(gaussian_filter1d(azimuth, calm, mode="nearest")) < LEAST_TURN:
        return None
    place = np.zeros((len(azimuth), 3))
    turned = azimuth.copy()
    for stretch, path in _followed(people):
        place[stretch, ::2] = gaussian_filter1d(path, calm, axis=0, mode="nearest")
        turned[stretch] = gaussian_filter1d(azimuth[stretch], calm, mode="nearest")
    axes = MovingAxes(place, turned)
    fixed = ChosenView(people, size, pixels).main_size
    moving = ChosenView([axes.seen_by(person) for person in people], size, pixels).main_size
    return axes if moving >= LARGER * fixed else None


def _azimuths(camera: FilmCamera) -> NDArray[np.float64]:
    """Return where a camera stands about the way it looks, (frames,) degrees without jumps."""
    ahead = camera.rotation[:, 2]
    steep = np.hypot(ahead[:, 0], ahead[:, 2]) < _STEEPEST
    # Whoever looks straight down has what is ahead at the picture's upper edge.
    ahead = np.where(steep[:, None], -camera.rotation[:, 1], ahead)
    return np.asarray(np.degrees(np.unwrap(np.arctan2(-ahead[:, 0], -ahead[:, 2]))))


def _followed(people: Sequence[PoseSequence]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield stretches of frames and the path (frames, 2) over the floor of who is followed.

    The main person is followed from the first to the last pose, the next one in the frames that
    are left, and so on; whoever is nearest in time in those without anybody.
    """
    frames = len(people[0])
    who = np.full(frames, -1)
    paths = np.zeros((len(people), frames, 2))
    for number, person in enumerate(people):
        poses = np.flatnonzero(person.valid)
        if not len(poses):
            continue
        span = slice(poses[0], poses[-1] + 1)
        who[span] = np.where(who[span] < 0, number, who[span])
        for axis in (0, 1):
            paths[number, :, axis] = np.interp(
                np.arange(frames), poses, person.joints[poses, 0, 2 * axis]
            )
    somebody = np.flatnonzero(who >= 0)
    middles = (somebody[1:] + somebody[:-1]) / 2
    who = who[somebody[np.searchsorted(middles, np.arange(frames))]]
    ends = [0, *(np.flatnonzero(np.diff(who)) + 1), frames]
    for start, stop in pairwise(ends):
        yield slice(start, stop), paths[who[start], start:stop]
