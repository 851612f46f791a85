"""Predictions without learning, on motion whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.camera import focal_length
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import AS_GIVEN
from glagcn_training.data.packs import read_packs
from glagcn_training.data.registry import read_takes
from glagcn_training.evaluation.evaluate import Observation, observe_takes, score_all
from glagcn_training.evaluation.trivial_predictors import constant_predictor, held_depth_predictor
from glagcn_training.metrics.errors import mpjpe
from glagcn_training.metrics.scores import summarise
from tests.helpers.small_datasets import write_3dhp
from tests.helpers.small_runs import small_packs
from tests.helpers.synthetic_motion import walking


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    return small_packs(tmp_path_factory.mktemp("mocap") / "packs")


@pytest.fixture(scope="module")
def mpi_inf_3dhp(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("3dhp")
    write_3dhp(folder, frames=12, invalid=4)
    return folder


def test_the_constant_pose_is_one_pose_about_its_root(packs) -> None:
    seen = observe_takes(read_packs(packs, "train"))
    pose = constant_predictor(seen)(seen[0]).joints
    assert pose.shape == seen[0].joints.shape
    assert np.ptp(pose, axis=0).max() == 0 and np.abs(pose[:, 0]).max() == 0
    assert summarise(score_all(constant_predictor(seen), seen))["p_mpjpe"] < 120


def test_the_constant_pose_is_hard_to_beat_by_another(packs) -> None:
    seen = observe_takes(read_packs(packs, "train"))
    best = summarise(score_all(constant_predictor(seen), seen))["p_mpjpe"]
    others = [
        summarise(
            score_all(
                lambda one, p=pose: LiftedJoints(np.repeat(p[None], len(one.joints), 0)), seen
            )
        )
        for pose in seen[0].joints[::10]
    ]
    assert best < 1.03 * min(figures["p_mpjpe"] for figures in others)
    assert best < np.mean([figures["p_mpjpe"] for figures in others])


def test_the_constant_pose_knows_other_roots(mpi_inf_3dhp) -> None:
    seen = observe_takes(read_takes("mpi_inf_3dhp", mpi_inf_3dhp, "val"))
    pose = constant_predictor(seen, "mpi_inf_3dhp17")(seen[0]).joints
    assert np.abs(pose[:, 14]).max() == 0 and np.abs(pose[:, 0]).max() > 0.1


def seen_from_front(world: np.ndarray, place: np.ndarray) -> Observation:
    """World joints (frames, 17, 3) relative to the hip, their hip at camera-frame places."""
    joints = np.stack([world[..., 1], -world[..., 2], -world[..., 0]], axis=-1).astype(np.float64)
    joints -= joints[:, :1]
    camera = joints + place[:, None]
    pixels = camera[..., :2] / camera[..., 2:] * focal_length((1280, 720), 60.0)
    return Observation(pixels + (np.array([1280, 720]) - 1) / 2, joints, (1280, 720), 60.0)


def test_depth_that_stays_is_copied_without_error() -> None:
    """A stiff body that is moved to the side and away: the 2D and the first pose say all."""
    still = np.repeat(walking(20)[9][None], 40, axis=0)
    path = np.linspace([-0.2, 0, 4], [0.3, 0.05, 5.5], 40)
    seen = seen_from_front(still, path * [1, 1, 1])
    straight = seen_from_front(still, np.linspace([0, 0, 4], [0, 0, 6], 40))
    assert mpjpe(held_depth_predictor()(straight).joints, straight.joints) < 1e-6
    # The depth is held along the ray, which turns by a few degrees as the body goes aside.
    assert mpjpe(held_depth_predictor()(seen).joints, seen.joints) < 0.03


def test_limbs_that_swing_in_depth_stay_where_they_were() -> None:
    seen = seen_from_front(walking(60, 0.0), np.repeat([[0.0, 0, 4]], 60, axis=0))
    found = held_depth_predictor()(seen).joints
    np.testing.assert_allclose(found[0], seen.joints[0], atol=1e-9)
    assert np.ptp(found[:, 6, 2]) < 1e-9 < 0.3 < np.ptp(seen.joints[:, 6, 2])
    assert 0.01 < mpjpe(found, seen.joints) < 0.2


def test_copied_depth_belongs_to_the_2d(packs, mpi_inf_3dhp) -> None:
    """Every joint lies on its ray, for any root: some place of the root explains the picture."""
    filmed = observe_takes(read_takes("mpi_inf_3dhp", mpi_inf_3dhp, "val"))
    moving = observe_takes(read_packs(packs, "val"), conversion=AS_GIVEN)
    for seen, names, root in ((filmed[0], "mpi_inf_3dhp17", 14), (moving[0], "h36m17", 0)):
        found = held_depth_predictor(names)(seen).joints
        assert np.abs(found[:, root]).max() == 0
        focal, middle = focal_length(seen.image_size, seen.fov), (np.array(seen.image_size) - 1) / 2
        u = (seen.keypoints - middle) / focal
        for pixels, joints in zip(u[::5], found[::5], strict=True):
            rows = np.zeros((len(joints), 2, 3))
            rows[:, 0, 0] = rows[:, 1, 1] = 1
            rows[..., 2] = -pixels
            right = (pixels * joints[:, 2:] - joints[:, :2]).reshape(-1)
            place = np.linalg.lstsq(rows.reshape(-1, 3), right, rcond=None)[0]
            placed = joints + place
            assert np.abs(placed[:, :2] / placed[:, 2:] - pixels).max() < 1e-6
