"""Settings of a scene."""

from __future__ import annotations

from dataclasses import dataclass

from ..camera import DEFAULT_FOV
from ..defaults import CUTOFF


@dataclass(frozen=True)
class SceneChoices:
    """Settings of a scene.

    Parameters
    ----------
    fov
        Field of view over the picture's longer side, degrees.
    cutoff
        Low-pass filter of the joints' paths, hertz; 0 for none.
    level
        Assume a level camera; otherwise the up direction is found from the people.
    height
        Height of the first person, metres, to which the whole scene is scaled; None for the
        lifter's size.
    foot_lock
        Hold standing feet in place.
    moving_camera
        The camera moves, so that places in the picture give no path: everybody stays in place.
    unrolled
        The 2D is of a round picture (`camera.unrolled_rays`).
    """

    fov: float = DEFAULT_FOV
    cutoff: float = CUTOFF
    level: bool = False
    height: float | None = None
    foot_lock: bool = True
    moving_camera: bool = False
    unrolled: bool = False
