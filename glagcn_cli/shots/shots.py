"""The shots of a film: stretches of time between cuts, lifted and placed independently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D, PoseSequence
from .camera_motion import CAMERA_DRIFT, CAMERA_MOVES
from .film_cuts import FILM_CUTS


@dataclass(frozen=True)
class Shot:
    """A stretch of a clip without a cut.

    Parameters
    ----------
    start, stop
        Its first frame, and the first one after it.
    moving_camera
        The camera moves in it.
    drift
        Drift of the background in it, as a share of the picture's longer side.
    """

    start: int
    stop: int
    moving_camera: bool = False
    drift: float = 0.0

    @property
    def frames(self) -> slice:
        """The shot's frames in the clip."""
        return slice(self.start, self.stop)


def between_cuts(cuts: Sequence[int] | NDArray[Any], frames: int) -> list[Shot]:
    """Return the shots of a clip of this many frames, from the first frames of the later ones.

    Numbers outside the clip are ignored, since they may come from a file.
    """
    inside = sorted({int(cut) for cut in cuts if 0 < cut < frames})
    return [Shot(*ends) for ends in zip([0, *inside], [*inside, frames], strict=True)]


def shots_of(clip: Mapping[str, NDArray[Any]], frames: int) -> list[Shot]:
    """Return the shots of a clip of this many frames, from its stored arrays.

    Without stored cuts, as in a file of another program, all is one shot.
    """
    shots = between_cuts(np.ravel(clip.get(FILM_CUTS, ())), frames)
    moves = np.ravel(clip.get(CAMERA_MOVES, False))
    drift = np.ravel(clip.get(CAMERA_DRIFT, 0.0))
    if not len(shots) == len(moves) == len(drift):
        return [replace(shot, moving_camera=bool(moves.any())) for shot in shots]
    return [
        replace(shot, moving_camera=bool(moves[number]), drift=float(drift[number]))
        for number, shot in enumerate(shots)
    ]


def shots_of_part(
    clip: Mapping[str, NDArray[Any]], frames: int, part: slice
) -> dict[str, NDArray[Any]]:
    """Return the stored arrays of a clip's shots for a part of it."""
    shots = shots_of(clip, frames)
    chosen = np.arange(frames)[part]
    number = np.searchsorted([shot.start for shot in shots], chosen, side="right") - 1
    seen = [shots[one] for one in np.unique(number)]
    of_part = {
        FILM_CUTS: np.flatnonzero(np.diff(number)) + 1,
        CAMERA_MOVES: np.array([shot.moving_camera for shot in seen]),
        CAMERA_DRIFT: np.array([shot.drift for shot in seen]),
    }
    return {name: values for name, values in of_part.items() if name in clip}


def shot_of(person: Keypoints2D, shots: Sequence[Shot]) -> Shot:
    """Return the shot in which a person is seen; a person is never in two."""
    first = int(np.argmax(person.valid))
    return next(shot for shot in shots if first < shot.stop)


def in_shot(person: Keypoints2D, shot: Shot) -> Keypoints2D:
    """Return one person's keypoints in the frames of a shot alone."""
    return person.each_frame(lambda values: values[shot.frames])


def in_clip(sequence: PoseSequence, shot: Shot, frames: int) -> PoseSequence:
    """Return a shot's poses in a clip of this many frames; the others have none."""
    if len(sequence) == frames:
        return sequence

    def laid_out(values: NDArray[Any]) -> NDArray[Any]:
        wide = np.zeros((frames, *values.shape[1:]), values.dtype)
        wide[shot.frames] = values
        return wide

    return sequence.each_frame(laid_out)
