"""Degrees between the lifter's up and the true one, on directions made for the purpose."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.poses import LiftedJoints
from glagcn_training.evaluation.evaluate import Observation
from glagcn_training.evaluation.gravity_errors import GravityErrors, angles
from tests.helpers.synthetic_motion import walking

UP = np.array([0.0, -1.0, 0.0])


def tilted(degrees: float) -> np.ndarray:
    return Rotation.from_euler("x", degrees, degrees=True).apply(UP)


def observed(tilt: float, frames: int = 50) -> Observation:
    """A walker in front of a camera that looks down by so many degrees."""
    world = walking(frames, 0.0).astype(np.float64)
    level = np.stack([world[..., 1], -world[..., 2], -world[..., 0]], axis=-1)
    joints = Rotation.from_euler("x", tilt, degrees=True).apply(level.reshape(-1, 3))
    joints = joints.reshape(level.shape)
    joints -= joints[:, :1]
    placed = joints + np.array([0, 0, 4])
    pixels = placed[..., :2] / placed[..., 2:] * 1000 + np.array([640, 360])
    return Observation(pixels, joints, (1280, 720), 60.0, up=tilted(tilt))


def told(seen: Observation, up: np.ndarray) -> LiftedJoints:
    return LiftedJoints(seen.joints, None, np.broadcast_to(up, (len(seen.joints), 3)))


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.5, 30.0, 90.0, 180.0])
def test_angles_are_exact_however_small(degrees) -> None:
    assert float(angles(UP, tilted(degrees))) == pytest.approx(degrees, abs=1e-9)
    assert float(angles(2 * UP, 7 * tilted(degrees))) == pytest.approx(degrees, abs=1e-9)


def test_errors_are_medians_over_takes() -> None:
    gravity = GravityErrors()
    for off in (18.0, 25.0, 50.0):  # too far from the standing body for it to be asked
        seen = observed(12.0)
        gravity.watch(seen, told(seen, tilted(12.0 + off)))
    figures = gravity.figures()
    assert figures["clip"] == pytest.approx(25, abs=1e-3)
    assert figures["frame"] == pytest.approx(25, abs=1e-3)
    assert figures["level_camera"] == pytest.approx(12)
    assert 35 < figures["clip_p90"] < 50
    assert "25.0 (nine of ten" in gravity.describe()


def test_a_clip_is_more_certain_than_its_frames() -> None:
    """Errors to all sides in single frames cancel out, and a few wild frames do not count."""
    seen = observed(10.0, 400)
    rng = np.random.default_rng(0)
    up = seen.up + rng.normal(0, 0.1, (400, 3))
    up[:40] = [0, 1, 0]
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    gravity = GravityErrors()
    gravity.watch(seen, told(seen, up))
    assert gravity.figures()["clip"] < 2 < 5 < gravity.figures()["frame"]


def test_without_a_word_from_the_lifter_its_bodies_tell() -> None:
    gravity = GravityErrors()
    seen = observed(15.0)
    gravity.watch(seen, LiftedJoints(seen.joints))
    figures = gravity.figures()
    assert set(figures) == {"standing", "level_camera"}
    assert figures["standing"] < 4 and figures["level_camera"] == pytest.approx(15)
    assert "by standing bodies" in gravity.describe() and "frames" not in gravity.describe()


def test_frames_that_do_not_count_do_not_count() -> None:
    whole = observed(10.0, 20)
    valid = np.arange(20) < 8
    seen = Observation(whole.keypoints, whole.joints, up=whole.up, valid=valid)
    up = np.where(valid[:, None], whole.up, UP)
    gravity = GravityErrors()
    gravity.watch(seen, told(seen, up))
    assert gravity.figures()["frame"] == pytest.approx(0, abs=1e-6)
    assert gravity.figures()["clip"] == pytest.approx(0, abs=1e-2)


def test_where_gravity_or_the_body_is_not_known_nothing_is_told() -> None:
    seen = observed(10.0)
    film = Observation(seen.keypoints, seen.joints)
    for gravity, one in ((GravityErrors(), film), (GravityErrors("mpi_inf_3dhp17"), seen)):
        gravity.watch(one, told(one, UP))
        assert gravity.figures() is None and gravity.describe() == ""
