"""Settings of a scene."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    walking_camera
        It moves because it walks: feet that stand tell its path over the floor.
    unrolled
        The 2D is of a round picture (`camera.unrolled_rays`).
    lines
        (n, 6) normals of the planes of rising lines and their upper ends, camera axes
        (`camera_path.upright_lines.line_planes`).
    by_lines
        Let them tell with the people where up is, where they are beyond doubt.
    doubtful_lines
        Let them do so even where people contradict them.
    focal_error
        Expected error of the focal length as a share of it.
    """

    fov: float = DEFAULT_FOV
    cutoff: float = CUTOFF
    level: bool = False
    height: float | None = None
    foot_lock: bool = True
    moving_camera: bool = False
    walking_camera: bool = False
    unrolled: bool = False
    by_lines: bool = True
    doubtful_lines: bool = False
    lines: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 6)), compare=False)
    focal_error: float = 0.0
