"""The likeliest poses of a body with bones of constant length, given what is seen and lifted.

A maximum a posteriori estimate. Unknown are, in each pose, where the root is and by how much each
bone differs from the lifted one, and for all poses the lengths of the bones. It is found by
Gauss-Newton steps with damping (Levenberg, 1944): bones of a pose hang together by its picture, and
poses only with their neighbours, so that a step is one banded system, and the lengths its border.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bone_tree import Tree

ACROSS, ALONG = 1.2, 1.7
"""Typical error of a lifted bone's end across and along the line of sight, in expected errors of
its outer joint."""

SEEN = 1.5
"""Typical error of a seen joint, in what a detector's score says."""

LEAST_ERROR = 0.003
"""Metres that no joint is seen better than."""

OUTLIER = 2.0
"""Errors of seen joints beyond which they count in proportion, not squared (Huber)."""

RIGID = 0.008
"""Metres by which a bone's length may differ from pose to pose."""

LENGTH_ERROR = 0.012
"""Metres: typical error of the lengths that the network lifts in the middle of a clip."""

DRIFT = 0.4
"""Metres a second: how quickly the error of a lifted bone changes."""

AT_REST = 0.05
"""Metres a second that an ankle moves in depth while it rests in the picture: somebody stands."""

AS_QUICK = 4.0
"""How much quicker an ankle may move in depth than across the picture: it comes nearer below the
camera, which shows."""

FREE = 1e-3
"""Precision of where a root is, 1 / metres squared: nothing is known but by the picture."""

NEAREST = 0.1
"""Metres: nothing is nearer to a camera."""

STEPS = 8
"""At most, and at most as many attempts at one."""

ENOUGH = 1e-2
"""Share of the energy below which a further step is not worth it."""


class Seen(NamedTuple):
    """Where joints are seen.

    Parameters
    ----------
    points
        (poses, joints, 2), where rays pass a plane 1 m before the camera.
    weights
        (poses, joints) in 0..1, 0 for what is not seen.
    errors
        (poses, joints) typical errors in metres.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    errors: NDArray[np.float64]

    def taken(self, poses: slice | NDArray[np.intp]) -> Seen:
        """Return some of the poses."""
        return Seen(*(values[poses] for values in self))


class Lifted(NamedTuple):
    """What a network lifts.

    Parameters
    ----------
    joints
        (poses, joints, 3) metres from the camera.
    errors
        (poses, joints) expected errors in metres.
    times
        (poses,) seconds.
    """

    joints: NDArray[np.float64]
    errors: NDArray[np.float64]
    times: NDArray[np.float64]

    def taken(self, poses: slice | NDArray[np.intp]) -> Lifted:
        """Return some of the poses."""
        return Lifted(*(values[poses] for values in self))


def likeliest(
    lifted: Lifted, seen: Seen, tree: Tree, lengths: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the likeliest poses, and lengths of bones.

    Parameters
    ----------
    lifted, seen, tree
        What is known.
    lengths
        (kinds,) metres, to be kept; None where they are to be found.

    Returns
    -------
    joints
        (poses, joints, 3) metres from the camera.
    lengths
        (kinds,) metres.
    """
    problem = _Problem(lifted, seen, tree, lengths)
    state = problem.start()
    energy, damping = problem.energy(state), 1e-3
    for _ in range(STEPS):
        system = problem.linearised(state)
        for _ in range(STEPS):
            moved = problem.moved(state, system, damping)
            after = problem.energy(moved)
            if after < energy:
                break
            damping *= 10
        else:
            break
        gained, state, energy, damping = energy - after, moved, after, damping / 5
        if gained < ENOUGH * energy:
            break
    return problem.joints(state), problem.lengths + state.longer


class _State(NamedTuple):
    """The unknowns: bones' differences (poses, 1 + bones, 3), the root's first, and lengths'."""

    moved: NDArray[np.float64]
    longer: NDArray[np.float64]


class _System(NamedTuple):
    """A step's equations: blocks of poses, the border of lengths, and gradients of both."""

    blocks: NDArray[np.float64]
    border: NDArray[np.float64]
    corner: NDArray[np.float64]
    slope: NDArray[np.float64]
    slope_of_lengths: NDArray[np.float64]


class _Problem:
    """The energy of poses, minus twice the logarithm of how likely they are, and its slope."""

    def __init__(
        self, lifted: Lifted, seen: Seen, tree: Tree, lengths: NDArray[np.float64] | None
    ) -> None:
        self._lifted, self._seen, self._tree = lifted, seen, tree
        self._depth = lifted.joints[:, :1, 2].clip(NEAREST)
        self._bones = tree.bones(lifted.joints)
        self.lengths = tree.usual_lengths(lifted.joints) if lengths is None else lengths
        known = LENGTH_ERROR if lengths is None else 1e-9
        self._of_lengths = np.bincount(tree.kinds) / known**2
        self._of_seen = seen.weights / (SEEN * seen.errors + LEAST_ERROR) ** 2
        self._of_lifted = self._precision_of_lifted()
        self._of_change = 1 / (DRIFT * np.diff(lifted.times)) ** 2  # between poses
        self._of_depth = self._precision_of_depth()
        self._chained = np.einsum(
            "jb,pj,jc->pbc", tree.reach, self._of_depth, tree.reach, optimize=True
        )
        self._pairs = np.einsum("jb,jc->bcj", tree.reach, tree.reach)

    def _precision_of_lifted(self) -> NDArray[np.float64]:
        """Return (poses, 1 + bones, 3, 3), 1 / metres squared."""
        sight = self._lifted.joints[:, 0]
        sight = sight / np.linalg.norm(sight, axis=-1, keepdims=True)
        along = sight[:, :, None] * sight[:, None, :]
        shape = np.eye(3) / ACROSS**2 + (1 / ALONG**2 - 1 / ACROSS**2) * along
        of_bones = shape[:, None] / self._lifted.errors[:, self._tree.ends, None, None] ** 2
        of_root = np.broadcast_to(FREE * np.eye(3), (len(sight), 1, 3, 3))
        return np.concatenate([of_root, of_bones], axis=1)

    def _precision_of_depth(self) -> NDArray[np.float64]:
        """Return that of ankles' movement in depth, (poses - 1, joints), 1 / metres squared."""
        points, weights = self._seen.points, self._seen.weights
        across = np.linalg.norm(np.diff(points, axis=0), axis=-1) * self._depth[1:]
        times = np.diff(self._lifted.times)[:, None]
        both = np.minimum(weights[1:], weights[:-1])
        return np.asarray(self._tree.stands * both / (AT_REST * times + AS_QUICK * across) ** 2)

    def start(self) -> _State:
        """Return what was lifted."""
        poses, bones = self._bones.shape[:2]
        return _State(np.zeros((poses, 1 + bones, 3)), np.zeros(len(self.lengths)))

    def joints(self, state: _State) -> NDArray[np.float64]:
        """Return (poses, joints, 3) metres from the camera."""
        return self._lifted.joints + self._tree.reach @ state.moved

    def _off(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much joints are off where they are seen, (poses, joints, 2) metres."""
        projected = joints[..., :2] / joints[..., 2:].clip(NEAREST)
        return (projected - self._seen.points) * self._depth[..., None]

    def _stretch(self, state: _State) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return directions of bones (poses, bones, 3), and by how much they are too long."""
        bones = self._bones + state.moved[:, 1:]
        length = np.linalg.norm(bones, axis=-1)
        wanted = (self.lengths + state.longer)[self._tree.kinds]
        return bones / length[..., None].clip(1e-9), length - wanted

    def energy(self, state: _State) -> float:
        """Return minus twice the logarithm of how likely a state is, up to a constant."""
        seen = _robust((self._off(self.joints(state)) ** 2).sum(axis=-1) * self._of_seen)
        lifted = np.einsum("fbi,fbij,fbj->", state.moved, self._of_lifted, state.moved)
        rigid = ((self._stretch(state)[1] / RIGID) ** 2).sum()
        lengths = (self._of_lengths * state.longer**2).sum()
        change = (self._of_change * (np.diff(state.moved[:, 1:], axis=0) ** 2).sum((1, 2))).sum()
        depth = (self._of_depth * np.diff(self.joints(state)[..., 2], axis=0) ** 2).sum()
        return float(seen + lifted + rigid + lengths + change + depth)

    def linearised(self, state: _State) -> _System:
        """Return the equations of a step."""
        joints = self.joints(state)
        poses, bones = state.moved.shape[:2]
        blocks, slope = self._by_picture(joints)
        at_bone = np.arange(bones)
        blocks[:, at_bone, :, at_bone] += self._of_lifted.swapaxes(0, 1)
        slope += np.einsum("fbij,fbj->fbi", self._of_lifted, state.moved)

        way, stretch = self._stretch(state)
        stiff = way / RIGID**2
        blocks[:, at_bone[1:], :, at_bone[1:]] += np.einsum("fbi,fbj->bfij", stiff, way)
        slope[:, 1:] += stretch[..., None] * stiff
        border = np.zeros((poses, bones, 3, len(self.lengths)))
        border[:, at_bone[1:], :, self._tree.kinds] = -stiff.swapaxes(0, 1)
        counts = np.bincount(self._tree.kinds)
        pull = np.bincount(self._tree.kinds, stretch.sum(axis=0))

        change = self._of_change[:, None, None] * np.diff(state.moved[:, 1:], axis=0)
        slope[1:, 1:] += change
        slope[:-1, 1:] -= change
        pull_of_depth = self._of_depth * np.diff(joints[..., 2], axis=0) @ self._tree.reach
        slope[1:, :, 2] += pull_of_depth
        slope[:-1, :, 2] -= pull_of_depth
        return _System(
            blocks.reshape(poses, 3 * bones, 3 * bones),
            border.reshape(poses * 3 * bones, -1),
            self._of_lengths + poses * counts / RIGID**2,
            slope.reshape(poses, 3 * bones),
            self._of_lengths * state.longer - pull / RIGID**2,
        )

    def _by_picture(
        self, joints: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return blocks (poses, bones, 3, bones, 3) and slope (poses, bones, 3) by the picture."""
        off = self._off(joints)
        weights = self._of_seen * _weight((off**2).sum(axis=-1) * self._of_seen)
        depth = joints[..., 2].clip(NEAREST)
        jacobian = np.zeros((*off.shape, 3))
        jacobian[..., 0, 0] = jacobian[..., 1, 1] = self._depth / depth
        jacobian[..., 2] = -joints[..., :2] / depth[..., None] ** 2 * self._depth[..., None]
        weighted = jacobian * weights[..., None, None]
        of_joints = np.einsum("fjai,fjak->fjik", weighted, jacobian)
        slopes = np.einsum("fjai,fja->fji", weighted, off)
        poses, bones = len(joints), len(self._pairs)
        blocks = np.einsum("bcj,fjx->fbcx", self._pairs, of_joints.reshape(poses, -1, 9),
                           optimize=True)  # fmt: skip
        blocks = blocks.reshape(poses, bones, bones, 3, 3).swapaxes(2, 3)
        return np.ascontiguousarray(blocks), self._tree.reach.T @ slopes

    def _banded(self, blocks: NDArray[np.float64], damping: float) -> NDArray[np.float64]:
        """Return the equations of all poses as bands below the diagonal, with what chains poses."""
        poses, size = blocks.shape[:2]
        banded = np.zeros((2 * size - 2, poses, size))
        unknown = np.arange(size)
        chained, in_depth = self._chained, unknown[2::3]
        for neighbour in (slice(1, None), slice(None, -1)):
            blocks[neighbour, unknown[3:], unknown[3:]] += self._of_change[:, None]
            blocks[neighbour, in_depth[:, None], in_depth] += chained
        blocks[:, unknown, unknown] *= 1 + damping
        for below in range(size):
            banded[below, :, : size - below] = blocks[:, unknown[below:], unknown[: size - below]]
        banded[size, :-1, 3:] = -self._of_change[:, None]
        for later, sooner in np.ndindex(chained.shape[1:]):
            band = size + 3 * (later - sooner)
            banded[band, :-1, in_depth[sooner]] -= chained[:, later, sooner]
        return banded

    def moved(self, state: _State, system: _System, damping: float) -> _State:
        """Return the state after a step."""
        from scipy.linalg import cho_solve_banded, cholesky_banded  # slow to import

        banded = self._banded(system.blocks.copy(), damping)
        factor = cholesky_banded(
            banded.reshape(len(banded), -1), overwrite_ab=True, lower=True, check_finite=False
        )
        sides = np.concatenate([-system.slope.reshape(-1, 1), system.border], axis=1)
        solved = cho_solve_banded((factor, True), sides, check_finite=False)
        inner = system.border.T @ solved
        corner = np.diag(system.corner * (1 + damping)) - inner[:, 1:]
        longer = np.linalg.solve(corner, -system.slope_of_lengths - inner[:, 0])
        step = (solved[:, 0] - solved[:, 1:] @ longer).reshape(state.moved.shape)
        return _State(state.moved + step, state.longer + longer)


def _robust(squares: NDArray[np.float64]) -> float:
    """Return the sum of squared errors in which outliers count in proportion."""
    return float(2 * OUTLIER**2 * (np.sqrt(1 + squares / OUTLIER**2) - 1).sum())


def _weight(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much squared errors count for a step."""
    return np.asarray(1 / np.sqrt(1 + squares / OUTLIER**2))
