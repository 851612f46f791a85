"""The shipped lifter with feet and palms: its body is that of the shipped lifter without."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.defaults import EXTREMITIES_LIFTER, LIFTER
from glagcn_cli.lifting.checkpoints import lifter_path
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.opening import lifter_sha256
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO25, H36M17, H36M25
from glagcn_training.data.extremities import HAND
from tests.helpers.synthetic_motion import walking, with_extremities

FRAMES, SIZE, FOCAL = 60, (1280, 720), 900.0


@pytest.fixture(scope="module")
def lifters() -> tuple[Lifter, Lifter]:
    return Lifter.load(LIFTER), Lifter.load(EXTREMITIES_LIFTER)


def filmed(heading: float) -> tuple[np.ndarray, Keypoints2D]:
    """Return a walk on the spot in the camera's axes, turned by degrees, and its 2D.

    At 0 it walks towards the camera. Ears, eyes and nose are where training puts them.
    """
    from torch import from_numpy

    from glagcn_training.samples.augment import detector_points

    joints = with_extremities(walking(2 * FRAMES, 0.0))[::2].astype(np.float64)
    cos, sin = np.cos(np.radians(heading)), np.sin(np.radians(heading))
    turn = np.array([[sin, cos, 0.0], [0.0, 0.0, -1.0], [-cos, sin, 0.0]])
    points = detector_points(from_numpy(joints)).numpy() @ turn.T + [0.0, 1.0, 4.0]
    pixels = FOCAL * points[..., :2] / points[..., 2:] + np.array(SIZE) / 2
    seen = Keypoints2D(
        pixels.astype(np.float32), np.ones(pixels.shape[:2], np.float32), np.ones(FRAMES, bool),
        Fraction(25), SIZE, COCO25,
    )  # fmt: skip
    return joints @ turn.T, seen


def degrees_off(one: np.ndarray, other: np.ndarray) -> float:
    cosine = (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
    return float(np.degrees(np.median(np.arccos(cosine.clip(-1, 1)))))


@pytest.mark.parametrize("heading", [0.0, 60.0, 180.0, -100.0])
def test_feet_and_palms_point_where_they_do(lifters, heading):
    true, seen = filmed(heading)
    found = lifters[1].lift(seen, fov=2 * np.degrees(np.arctan(SIZE[0] / 2 / FOCAL)), flip=True)

    def at(joints, name):
        return joints[:, H36M25.index(name)].astype(np.float64)

    for side in ("left", "right"):
        soles = [at(j, f"{side}_big_toe") - at(j, f"{side}_heel") for j in (found.joints, true)]
        assert degrees_off(*soles) < 25
        palms = [
            np.cross(
                at(j, f"{side}_little_knuckle") - at(j, f"{side}_wrist"),
                at(j, f"{side}_index_knuckle") - at(j, f"{side}_wrist"),
            )
            for j in (found.joints, true)
        ]
        assert degrees_off(*palms) < 45
        hand = np.linalg.norm(
            at(found.joints, f"{side}_index_knuckle") - at(found.joints, f"{side}_wrist"), axis=1
        )
        assert 0.5 * HAND < np.median(hand) / 0.25 < 2 * HAND


def test_the_body_is_the_same_with_feet_and_without(lifters):
    _, seen = filmed(30.0)
    body, whole = (one.lift(seen, flip=True) for one in lifters)
    own = slice(len(H36M17))
    np.testing.assert_allclose(whole.joints[:, own], body.joints, atol=1e-6)
    np.testing.assert_allclose(whole.uncertainty[:, own], body.uncertainty, atol=1e-6)
    np.testing.assert_allclose(whole.up, body.up, atol=1e-6)
    assert whole.absent is None


def test_what_it_does_is_told_by_both_files():
    both = lifter_sha256(lifter_path(EXTREMITIES_LIFTER))
    assert lifter_sha256(lifter_path(LIFTER)) in both
