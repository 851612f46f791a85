"""Flips in depth, counted on motion made to flip."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M17
from glagcn_training.evaluation.depth_reversals import (
    CLEAR,
    DepthReversals,
    body_front,
    count_reversals,
)
from glagcn_training.evaluation.evaluate import Observation
from tests.helpers.synthetic_motion import walking


def counted(predicted, true=0.3, **more) -> int:
    """Reversals of one limb; its true depth may be one number."""
    said = np.array(predicted)[:, None]
    return int(count_reversals(said, np.resize(true, said.shape), **more)[0])


@pytest.mark.parametrize(
    "predicted, true, reversals",
    [
        ([0.3, 0.3, 0.3, 0.3], 0.3, 0),
        ([-0.3, -0.3, -0.3, -0.3], 0.3, 0),  # wrong all along: no flip
        ([0.3, -0.3, 0.3, -0.3], 0.3, 3),
        ([0.3, 0.1, 0.01, -0.01, -0.2], 0.3, 1),  # slowly through the plane: once
        ([0.3, 0.01, -0.01, 0.01, -0.02, 0.3], 0.3, 0),  # trembling about it
        ([0.3, 0.3, -0.3, -0.3], [0.3, 0.3, -0.3, -0.3], 0),  # as the true limb does
        ([0.3, -0.3, 0.3, -0.3], 0.05, 0),  # nobody can say which end is nearer
        ([0.3, 0.3, -0.3, -0.3], [0.3, 0.05, 0.05, 0.3], 0),  # while it was not clear
        ([0.3, 0.3, 0.3, -0.3], [-0.3, 0.3, 0.3, 0.3], 1),
    ],
)
def test_a_reversal_is_a_change_of_mind_that_the_limb_does_not_share(
    predicted, true, reversals
) -> None:
    assert counted(predicted, true) == reversals
    assert counted([-v for v in predicted], -np.array(true)) == reversals
    assert counted(predicted[::-1], np.array(true)[::-1] if np.ndim(true) else true) == reversals


def test_frames_that_do_not_count_hide_their_reversals() -> None:
    valid = np.array([True, True, False, True, True])
    assert counted([0.3, 0.3, -0.3, 0.3, 0.3]) == 2
    assert counted([0.3, 0.3, -0.3, 0.3, 0.3], valid=valid) == 0
    assert counted([0.3, 0.3, -0.3, -0.3, -0.3], valid=valid) == 0  # not across a gap
    assert counted([0.3, -0.3, -0.3, -0.3, 0.3], valid=valid) == 2


def test_limbs_are_counted_each_for_itself() -> None:
    rng = np.random.default_rng(0)
    true = np.cumsum(rng.normal(0, 0.05, (400, 6)), axis=0)
    predicted = true * rng.choice([1, -1], (400, 6), p=[0.9, 0.1])
    together = count_reversals(predicted, true)
    alone = [count_reversals(predicted[:, [i]], true[:, [i]])[0] for i in range(6)]
    assert together.tolist() == alone and together.sum() > 50


def observed(frames: int = 60, side: bool = False) -> Observation:
    """A walker towards the camera, or past it, 4 m away, at the picture's left."""
    world = walking(frames, 0.0).astype(np.float64)
    axes = (world[..., 0], -world[..., 2], world[..., 1]) if side else \
        (world[..., 1], -world[..., 2], -world[..., 0])  # fmt: skip
    joints = np.stack(axes, axis=-1)
    joints -= joints[:, :1]
    place = np.array([-1.5, 0.2, 4.0])
    pixels = (joints + place)[..., :2] / (joints + place)[..., 2:]
    pixels = pixels * focal_length((1280, 720), 60.0) + (np.array([1280, 720]) - 1) / 2
    return Observation(pixels, joints, (1280, 720), 60.0)


def figures(seen: Observation, joints: np.ndarray) -> dict:
    depth = DepthReversals()
    depth.watch(seen, LiftedJoints(joints))
    assert depth.describe().startswith(f"Depth reversals: {depth.figures()['per_1000_frames']:.1f}")
    return depth.figures()


def test_the_truth_has_no_reversal() -> None:
    for side in (False, True):
        found = figures(observed(side=side), observed(side=side).joints)
        assert found["per_1000_frames"] == found["wrong_way"] == found["back_to_front"] == 0
        assert set(found["per_limb"]) == set(H36M17.joints[1:])


def test_a_shank_that_flips_is_found_where_it_is() -> None:
    """Mirrored in depth about the ray to the root, every fifth frame."""
    seen = observed(100)
    ray = np.array([-1.5, 0.2, 4.0]) / np.linalg.norm([-1.5, 0.2, 4.0])
    wrong = seen.joints.copy()
    knee, ankle = H36M17.indices(["left_knee", "left_ankle"])
    shank = wrong[::5, ankle] - wrong[::5, knee]
    wrong[::5, ankle] -= 2 * (shank @ ray)[:, None] * ray
    found = figures(seen, wrong)
    clear = np.abs((seen.joints[:, ankle] - seen.joints[:, knee]) @ ray) > CLEAR
    assert clear.mean() > 0.2
    assert found["per_limb"]["left_ankle"] == found["per_1000_frames"] > 50
    assert 0 < found["wrong_way"] < 20 and found["back_to_front"] == 0


def test_a_body_mirrored_in_depth_is_turned_round_where_the_picture_does_not_tell() -> None:
    mirror = np.array([1.0, 1.0, -1.0])
    front, side = observed(), observed(side=True)
    assert figures(side, side.joints * mirror)["back_to_front"] == 100
    assert figures(front, front.joints * mirror)["back_to_front"] == 0


def test_fronts_look_where_the_body_walks() -> None:
    """The walker goes along +x; turned about the vertical, its front turns with it."""
    world = walking(30).astype(np.float64)
    front = body_front(world, "h36m17")
    assert (front @ [1.0, 0, 0]).min() > 0.99
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(body_front(world @ turn.T, "h36m17"), front @ turn.T, atol=1e-12)


def test_nothing_seen_is_nothing_told() -> None:
    found = DepthReversals().figures()
    assert found["wrong_way"] is None and found["back_to_front"] is None
    assert DepthReversals().describe() == "Depth reversals: 0.0 per 1000 frames, all limbs"
