from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.gravity import (
    CAMERA_UP,
    LARGEST_LEAN,
    robust_direction,
    scene_up,
    standing_up,
    upright,
)
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_figure import ANY_CAMERA, Camera, degrees_between, lying, walk
from tests.helpers.moving_figure import Figure


@ANY_CAMERA
@pytest.mark.parametrize("heading", [0, 90, 200])
def test_up_is_found_from_a_walking_body(camera: Camera, heading: float) -> None:
    up = standing_up([camera.film(walk(heading))])
    assert np.linalg.norm(up) == pytest.approx(1)
    assert degrees_between(up, camera.up) < 2


def test_who_stands_for_a_while_shows_the_way_up_for_all_the_time_he_lies() -> None:
    camera = Camera(down=12, roll=7)
    both = np.concatenate([lying(120), walk(90, 60)])
    assert degrees_between(standing_up([camera.film(both)]), camera.up) < 2


@pytest.mark.parametrize("roll", [0, 7])
def test_bent_bodies_do_not_vote_on_the_way_up(roll: float) -> None:
    """Two thirds of the time bent over forwards, to the side of the picture."""
    camera = Camera(down=12, roll=roll)
    bent = walk(90, 90)
    trunk = [i for i, j in enumerate(H36M17.joints) if not j.endswith(("knee", "ankle", "hip"))]
    lean = Rotation.from_euler("z", -80, degrees=True)
    offsets = (bent[:, trunk] - bent[:, :1]).reshape(-1, 3)
    bent[:, trunk] = bent[:, :1] + lean.apply(offsets).reshape(90, -1, 3)
    both = np.concatenate([bent, walk(90, 45)])
    assert degrees_between(standing_up([camera.film(both)]), camera.up) < 2


def test_a_head_down_and_a_head_up_give_a_way_up() -> None:
    standing = Figure(20, knee=2.0, path=(0, 1, 0)).joints
    with np.errstate(all="raise"):
        up = standing_up([Camera(down=12).film(standing), Camera(down=12).film(-standing)])
    assert degrees_between(up, Camera(down=12).up) < 3


@pytest.mark.parametrize("bent", ["left_knee", "right_knee"])
def test_a_body_is_measured_along_both_legs(bent: str) -> None:
    """A knee drawn up to the side leaves ankles and thorax where they are: the body is shorter
    than its bones, whichever knee it is."""
    film = Camera(down=12).film(Figure(10, knee=2.0, path=(0, 1, 0)).joints)
    film.joints[:, H36M17.index(bent)] += [0.0, 0.0, 0.6]
    np.testing.assert_array_equal(standing_up([film]), CAMERA_UP)


def told(film: PoseSequence, up: NDArray) -> PoseSequence:
    up = np.broadcast_to(up, (len(film), 3))
    return replace(film, up=(up / np.linalg.norm(up, axis=1, keepdims=True)).astype(np.float32))


def scattered(up: NDArray, count: int, degrees: float, seed: int) -> NDArray:
    return up + np.random.default_rng(seed).normal(0, np.radians(degrees), (count, 3))


@pytest.mark.parametrize("camera", [Camera(down=12, roll=7), Camera(down=85), Camera(roll=170)])
def test_what_the_lifter_says_is_believed_of_people_who_lie(camera: Camera) -> None:
    film = told(camera.film(lying(200)), scattered(camera.up, 200, 4.0, 0))
    assert degrees_between(scene_up([film]), camera.up) < 1


def test_all_people_and_frames_have_a_say_but_not_those_without_a_pose() -> None:
    camera, side = Camera(down=12), np.array([0.1, 0, 0])
    one = told(camera.film(walk(90, 60)), camera.up + side)
    other = told(camera.film(walk(90, 60), person=2), camera.up - side)
    silent = camera.film(walk(90, 60), person=3)
    assert degrees_between(scene_up([one, other, silent]), camera.up) < 0.1
    valid = np.arange(60) < 20
    wrong = np.where(valid[:, None], camera.up, [1.0, 0.0, 0.0])
    assert degrees_between(scene_up([told(replace(one, valid=valid), wrong)]), camera.up) < 0.5


def turned(up: NDArray, degrees: float) -> NDArray:
    """A direction turned about the camera's viewing axis."""
    return Rotation.from_euler("z", degrees, degrees=True).apply(up)


@pytest.mark.parametrize(("apart", "share"), [(3.0, 0.4), (7.5, 0.25), (15.0, 0.0), (40.0, 0.0)])
def test_standing_bodies_count_the_less_the_farther_they_are_from_what_is_said(
    apart: float, share: float
) -> None:
    film = Camera(down=0).film(Figure(20, knee=2.0, path=(0, 1, 0)).joints)
    standing = standing_up([film])
    said = turned(standing, apart)
    up = scene_up([told(film, np.tile(said, (len(film), 1)))])
    assert np.linalg.norm(up) == pytest.approx(1)
    assert degrees_between(said, up) == pytest.approx(share * apart, abs=0.05)
    assert degrees_between(standing, up) == pytest.approx((1 - share) * apart, abs=0.05)


def test_bodies_that_lean_do_not_lean_the_scene() -> None:
    """Somebody who walks against a storm, 20 degrees off the vertical, as the lifter says."""
    leaning = walk(90, 60)
    lean = Rotation.from_euler("z", 20, degrees=True)
    leaning = lean.apply(leaning.reshape(-1, 3)).reshape(leaning.shape)
    camera = Camera(down=12)
    film = told(camera.film(leaning), np.tile(camera.up, (60, 1)))
    assert degrees_between(standing_up([film]), camera.up) > 15
    assert degrees_between(scene_up([film]), camera.up) < 0.1


def test_a_third_of_wild_directions_hardly_moves_the_mean() -> None:
    up = np.array([0.2, -0.9, -0.3])
    up /= np.linalg.norm(up)
    wild = np.array([0.9, 0.4, 0.0]) / np.linalg.norm([0.9, 0.4, 0.0])
    directions = np.concatenate([scattered(up, 200, 2.0, 1), np.tile(wild, (100, 1))])
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    mean = robust_direction(directions)
    assert mean is not None
    assert np.linalg.norm(mean) == pytest.approx(1)
    assert degrees_between(mean, up) < 2
    plain = directions.mean(axis=0)
    assert degrees_between(plain / np.linalg.norm(plain), up) > 20


def test_without_outliers_it_is_the_mean() -> None:
    directions = scattered(np.array([0.0, -1.0, 0.0]), 300, 1.0, 2)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    mean, plain = robust_direction(directions), directions.mean(axis=0)
    assert mean is not None
    assert degrees_between(mean, plain / np.linalg.norm(plain)) < 0.03


def test_a_prior_is_one_more_direction_with_a_weight() -> None:
    said, prior = np.array([0.0, -1.0, 0.1]), np.array([0.0, -1.0, -0.1])
    rows = np.stack([said] * 10 + [prior]) / np.linalg.norm(said)
    light, heavy = (robust_direction(rows, np.array([1.0] * 10 + [w])) for w in (0.1, 1000.0))
    assert light is not None and heavy is not None
    assert degrees_between(light, rows[0]) < 0.5
    assert degrees_between(heavy, rows[-1]) < 0.5


def test_directions_to_all_sides_are_no_direction() -> None:
    sides = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1.0]])
    assert robust_direction(sides) is None
    film = Camera(down=12).film(walk(90, 60))
    puzzled = told(film, np.tile(sides, (10, 1)))
    np.testing.assert_array_equal(scene_up([puzzled]), standing_up([film]))


@pytest.mark.parametrize("lean, turned", [(LARGEST_LEAN - 5, True), (LARGEST_LEAN + 5, False)])
def test_a_body_is_turned_by_as_much_as_lifters_err_and_not_more(lean, turned) -> None:
    tip = Rotation.from_euler("z", lean, degrees=True).as_matrix()
    film = told(Camera().film(lying()), tip @ CAMERA_UP)
    expected = tip.T if turned else np.eye(3)
    np.testing.assert_allclose(upright(film, CAMERA_UP), expected, atol=1e-6)
