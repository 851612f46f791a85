"""Steps of a gait: strikes and toe-offs of both feet in one stretch of frames.

The method of Zeni, Richards & Higginson (2008, Gait & Posture 27:710) needs neither a floor nor a
path: a foot strikes when it is farthest ahead of the pelvis along the direction of walking, and
leaves the floor when it is farthest behind. It is applied to the ankles, where 17 joints end. The
ankle of a walking foot goes on after the heel touches, and its strike is dated back by `ROLLS`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..skeleton import JointSet
from .joint_angles import SIDES, pelvis_axes

LEAST_STRIKES = 3
"""Alternating strikes of left and right that make a gait: two steps. Fewer are a lunge."""
STEP_SECONDS = (0.2, 1.0)
"""From a strike to the other foot's: 300 steps a minute is a sprint, 60 a very slow walk."""
MOST_UNEVEN = 2.0
"""Ratio of neighbouring step times: a limp stays below it, footwork often does not."""
LEAST_SWING = 0.25
"""Leg lengths that a foot moves to and fro against the pelvis, and lands ahead of the other foot.
Waving and shifting weight stay below it."""
LEAST_HEIGHT = 0.6
"""Leg lengths of the hip above a striking ankle: sitting, crawling and lying people have less."""

ROLLS = 0.03
"""Seconds for which an ankle goes on ahead of the pelvis after the heel touches the floor: the
median of 11 training subjects who walk (docs/lab/gait.md)."""
RUNS = 0.5
"""Froude number, speed squared by gravity and leg length, from which people run."""
STANDS = 0.75
"""Quantile of the speed at which feet go back that is a foot's on the floor, flight or none."""
GRAVITY = 9.81

TRAVEL_SMOOTHING = 0.4  # seconds (standard deviation), to remove a stride's sway from the direction
FACING_SPEED = 0.2  # m/s: slower than this, the direction of walking is where the pelvis faces

Frames = NDArray[np.intp]
Row = list[tuple[int, int]]
"""Strikes that follow each other: frame, and side as an index of `SIDES`."""


class Legs:
    """The legs of one person over frames that all have a pose.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, scene frame, free of noise.
    joint_set
        Joint set of the joints.
    fps
        Frames per second.
    contacts
        (frames, 2) bool: the left and the right foot stand on the floor; None where unknown.

    Attributes
    ----------
    direction
        (frames, 2) unit vectors on the floor (x, z): where the person walks.
    root, ankles
        (frames, 2) and (frames, 2 feet, 2) metres on the floor (x, z).
    ahead
        (frames, 2 feet) metres that each ankle is ahead of the pelvis.
    """

    def __init__(
        self,
        joints: NDArray[np.float64],
        joint_set: JointSet,
        fps: float,
        contacts: NDArray[np.bool_] | None,
    ) -> None:
        self.fps = fps
        self._contacts = contacts
        hip, knee, ankle = (
            joints[:, joint_set.indices([f"{side}_{name}" for side in SIDES])]
            for name in ("hip", "knee", "ankle")
        )
        self.root = joints[:, joint_set.index("hip")][:, [0, 2]]
        facing = pelvis_axes(joints, joint_set)[:, 0][:, [0, 2]]
        self.direction = self._walking_direction(np.nan_to_num(facing))
        self.ankles = ankle[..., [0, 2]]
        self.ahead = np.einsum("fsk,fk->fs", self.ankles - self.root[:, None], self.direction)
        lengths = np.linalg.norm(hip - knee, axis=-1) + np.linalg.norm(knee - ankle, axis=-1)
        self._leg = max(float(np.median(lengths)), 1e-6)
        self._swing = LEAST_SWING * self._leg
        upright = (hip - ankle)[..., 1] >= LEAST_HEIGHT * self._leg
        passed = self.ahead - self.ahead[:, ::-1] >= self._swing
        self._may_strike = upright & passed

    def rows(self) -> list[Row]:
        """Find rows of alternating left and right strikes that make a gait."""
        strikes = sorted(
            (int(frame), side)
            for side in range(2)
            for frame in self._turns(side, 1)
            if self._may_strike[frame, side]
        )
        rows: list[Row] = []
        for strike in strikes:
            if rows and self._follows(rows[-1], strike):
                rows[-1].append(strike)
            else:
                rows.append([strike])
        return [row for row in rows if len(row) >= LEAST_STRIKES and self._touches_down(row)]

    def touches(self, row: Row) -> Frames:
        """Return the frames in which heels touch: those of the strikes of a row, less `ROLLS`.

        Somebody who runs lands on the foot, and not on the heel: there it is the strikes'.
        """
        frames, sides = np.array(row, np.intp).T
        speed = float(np.quantile(self.back_speeds(row), STANDS))
        if speed**2 > RUNS * GRAVITY * self._leg:
            return frames
        before, peak, after = (self.ahead[frames + k, sides] for k in (-1, 0, 1))
        turn = (after - before) / np.maximum(2 * (2 * peak - before - after), 1e-12)
        earlier = frames + turn.clip(-0.5, 0.5) - ROLLS * self.fps
        return np.maximum(np.round(earlier), 0).astype(np.intp)

    def back_speeds(self, row: Row) -> NDArray[np.float64]:
        """Return how fast the foot that goes back faster does so in frames of a row, m/s."""
        span = slice(row[0][0], row[-1][0] + 1)
        found: NDArray[np.float64] = -np.gradient(self.ahead, axis=0)[span].min(axis=-1) * self.fps
        return found

    def toe_offs(self, row: Row, side: int) -> Frames:
        """Find toe-offs: one between two strikes of a foot, and those near the row's ends."""
        strikes = [frame for frame, foot in row if foot == side]
        within = [a + int(np.argmin(self.ahead[a:b, side])) for a, b in pairwise(strikes)]
        turns = self._turns(side, -1)
        step = step_frames(row)
        before = turns[(turns < strikes[0]) & (turns > row[0][0] - step)]
        after = turns[(turns > strikes[-1]) & (turns < row[-1][0] + step)]
        return np.array([*before[-1:], *within, *after[:1]], np.intp)

    def _walking_direction(self, facing: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.ndimage import gaussian_filter1d  # slow to import

        if len(self.root) < 2:
            return facing
        sigma = TRAVEL_SMOOTHING * self.fps
        path = gaussian_filter1d(self.root, sigma, axis=0, mode="nearest")
        steady = gaussian_filter1d(facing, sigma, axis=0, mode="nearest")
        direction = np.gradient(path, axis=0) * self.fps + FACING_SPEED * steady
        norms = np.linalg.norm(direction, axis=-1, keepdims=True)
        return direction / np.where(norms > 0, norms, 1.0)

    def _turns(self, side: int, sign: int) -> Frames:
        """Find the frames in which a foot is farthest ahead (sign 1) or behind (-1)."""
        from scipy.signal import find_peaks  # slow to import

        return find_peaks(sign * self.ahead[:, side], prominence=self._swing)[0]

    def _follows(self, row: Row, strike: tuple[int, int]) -> bool:
        step = (strike[0] - row[-1][0]) / self.fps
        if strike[1] == row[-1][1] or not STEP_SECONDS[0] <= step <= STEP_SECONDS[1]:
            return False
        before = (row[-1][0] - row[-2][0]) / self.fps if len(row) > 1 else step
        return max(step, before) <= MOST_UNEVEN * min(step, before)

    def _touches_down(self, row: Row) -> bool:
        """Tell whether contacts, where there are any, support half of the strikes."""
        if self._contacts is None or not self._contacts.any():
            return True
        reach = round(step_frames(row))
        touched = [bool(self._contacts[frame : frame + reach, side].any()) for frame, side in row]
        return 2 * sum(touched) >= len(row)


def step_frames(row: Row) -> float:
    """Compute the median frames from a strike to the other foot's."""
    return float(np.median(np.diff([frame for frame, _ in row])))
