"""When heels come down and balls of feet leave, from motion capture that has them.

The packs end at the ankles. Packs of 29 joints (`lheel`, `lball`, ...) of the same clips say when a
foot touches the floor without any method for gait.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, filtfilt

from glagcn_cli.biomechanics.angle_names import SIDES
from glagcn_training.data.takes import Take

FPS = 50
CUTOFF = 10.0  # hertz, of heels and balls
DOWN = 0.01  # metres above its lowest place in the stance, at which a heel is down
LEAVES = 0.5  # metres a second over the floor, at which the ball of the foot leaves
NEAR = 12  # frames about an event within which the foot's own is looked for
STANCE = 25  # frames after a strike, and before a toe-off

Floats = NDArray[np.float64]


class Foot(NamedTuple):
    """Heel and ball (frames, 3) of a foot, metres, z up."""

    heel: Floats
    ball: Floats

    def strike_near(self, frame: int) -> float:
        """Return the first frame near a strike in which the heel is down; NaN for none."""
        height = self.heel[:, 2]
        first = max(frame - NEAR, 0)
        floor = height[frame : frame + STANCE].min()
        down = np.flatnonzero(height[first : frame + NEAR] < floor + DOWN)
        return float(first + down[0]) if len(down) and down[0] > 0 else float("nan")

    def toe_off_near(self, frame: int) -> float:
        """Return the frame near a toe-off from which the ball moves; NaN for none."""
        speed = np.linalg.norm(np.gradient(self.ball[:, :2], axis=0), axis=1) * FPS
        first = max(frame - NEAR, 0)
        slow = np.flatnonzero(speed[first : frame + NEAR + 1] < LEAVES)
        if not len(slow) or slow[-1] + 1 >= len(speed[first : frame + NEAR + 1]):
            return float("nan")
        return float(first + slow[-1] + 1)


class FootPack:
    """The feet of the clips of a pack of 29 joints.

    Parameters
    ----------
    path
        The pack.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as archive:
            self._arrays = {name: archive[name] for name in archive.files}
        self._joints = [str(name) for name in self._arrays["joints"]]
        self._clips: dict[tuple[str, str, int], list[int]] = {}
        offsets = self._arrays["offsets"]
        for clip, (subject, action) in enumerate(
            zip(self._arrays["subject"], self._arrays["description"], strict=True)
        ):
            key = (str(subject), str(action), int(offsets[clip + 1] - offsets[clip]))
            self._clips.setdefault(key, []).append(clip)

    def feet(self, take: Take) -> tuple[Foot, Foot] | None:
        """Return the left and the right foot of a take; None for one that is not in the pack."""
        for clip in self._clips.get((take.subject, take.action, len(take)), []):
            offsets = self._arrays["offsets"]
            rows = slice(int(offsets[clip]), int(offsets[clip + 1]))
            root = self._arrays["root"][rows].astype(np.float64)
            if np.abs(root - take.joints[:, 0]).max() > 0.02:
                continue
            left, right = (self._foot(rows, root, side[0]) for side in SIDES)
            return left, right
        return None

    def _foot(self, rows: slice, root: Floats, letter: str) -> Foot:
        unit = float(self._arrays["rel_unit"])
        smooth = butter(2, CUTOFF / (FPS / 2))
        heel, ball = (
            filtfilt(
                *smooth,
                self._arrays["rel"][rows, self._joints.index(f"{letter}{name}") - 1] * unit + root,
                axis=0,
            )
            for name in ("heel", "ball")
        )
        return Foot(heel, ball)
