"""The upright from lines that rise, where there are any."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.plumb import PEOPLE_ERROR, Plumb, fused, plumb_line, with_lines

PEOPLE = np.array([0.0, -1.0, 0.0])


def turned(roll: float, tilt: float) -> NDArray[np.float64]:
    """The upright before a camera that rolls and looks up or down, degrees."""
    return Rotation.from_euler("ZX", [roll, tilt], degrees=True).apply(PEOPLE)


def lines(directions: NDArray, rng: np.random.Generator, noise: float = 0.0) -> NDArray:
    """Normals of lines of these directions (n, 3) all over the picture, half a degree of noise."""
    count = len(directions)
    middle = np.stack(
        [rng.uniform(-0.5, 0.5, count), rng.uniform(-0.3, 0.3, count), np.ones(count)], axis=1
    )
    half = directions * rng.uniform(0.03, 0.15, count)[:, None]
    ends = np.stack([middle - half, middle + half], axis=1)
    rays = ends / ends[..., 2:]
    rays[..., :2] += rng.normal(0, noise, rays[..., :2].shape)
    return planes(rays)


def planes(rays: NDArray) -> NDArray:
    """Normals of lines between rays (n, 2, 3), and the rays of their upper ends."""
    upper = rays[np.arange(len(rays)), rays[..., 1].argmin(axis=1)]
    upper = upper / np.linalg.norm(upper, axis=1, keepdims=True)
    return np.concatenate([np.cross(rays[:, 0], rays[:, 1]), upper], axis=1)


def leaning(up: NDArray, degrees: NDArray, rng: np.random.Generator) -> NDArray:
    """Directions (n, 3) that lean by so much to anywhere."""
    aside = np.cross(up, rng.normal(0, 1, (len(degrees), 3)))
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    return Rotation.from_rotvec(np.radians(degrees)[:, None] * aside).apply(up)


def degrees_off(plumb: Plumb | None, up: NDArray) -> float:
    assert plumb is not None
    return float(np.degrees(np.arccos(np.clip(plumb.up @ up, -1, 1))))


@pytest.mark.parametrize(("roll", "tilt"), [(0, 0), (9, 0), (-6, 8), (3, -12)])
@pytest.mark.parametrize("others", [0, 12], ids=["alone", "among others"])
def test_edges_of_buildings_tell_the_upright(roll: float, tilt: float, others: int) -> None:
    rng = np.random.default_rng(1)
    up = turned(roll, tilt)
    among = leaning(up, rng.uniform(4, 25, others), rng)
    seen = lines(np.concatenate([np.tile(up, (30, 1)), among]), rng, 0.0005)
    found = plumb_line(seen, PEOPLE, 0.0)
    assert degrees_off(found, up) < 1.0
    assert found is not None and found.error < 2.5


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "kind", ["trees", "leaves", "stairs", "a few", "nothing", "two walls that lean"]
)
def test_what_does_not_rise_upright_tells_nothing(kind: str, seed: int) -> None:
    rng, up = np.random.default_rng(seed), turned(2, -3)
    if kind == "trees":
        directions = leaning(up, np.abs(rng.normal(0, 9, 25)), rng)
    elif kind == "leaves":
        directions = leaning(up, rng.uniform(0, 60, 150), rng)
    elif kind == "stairs":
        directions = np.tile(turned(32, 0), (30, 1))
    elif kind == "a few":
        directions = np.tile(up, (4, 1))
    elif kind == "nothing":
        directions = np.zeros((0, 3))
    else:
        directions = np.concatenate(
            [np.tile(turned(8, 0), (12, 1)), np.tile(turned(-8, 5), (14, 1))]
        )
    assert plumb_line(lines(directions, rng, 0.0005), PEOPLE, 0.0) is None


def test_an_unsure_focal_length_makes_a_steep_view_unsure_and_no_level_one() -> None:
    rng = np.random.default_rng(2)
    errors = {}
    for tilt in (0, -12):
        seen = lines(np.tile(turned(0, tilt), (30, 1)), rng)
        for focal_error in (0.0, 0.25):
            found = plumb_line(seen, PEOPLE, focal_error)
            assert found is not None
            errors[tilt, focal_error] = found.error
    assert errors[0, 0.25] == pytest.approx(errors[0, 0.0], abs=0.1)
    assert errors[-12, 0.25] > errors[-12, 0.0] + 1.0


def test_one_post_tells_nothing_however_many_lines_it_has() -> None:
    up = turned(0, -5)
    post = np.linspace(-0.001, 0.001, 12)[:, None] * [1, 0, 0] + [0.0, 0.0, 1.0]
    ends = np.stack([post - 0.1 * up, post + 0.1 * up], axis=1)
    assert plumb_line(planes(ends / ends[..., 2:]), PEOPLE, 0.0) is None


def test_a_direction_that_hangs_on_one_place_is_unsure() -> None:
    """Uprights side by side hardly tell the tilt; one long edge of a carpet pulls it."""
    rng, up = np.random.default_rng(4), turned(0, -10)
    beside = np.stack([np.linspace(-0.25, 0.0, 12), np.zeros(12), np.ones(12)], axis=1)
    ends = np.stack([beside - 0.1 * up, beside + 0.1 * up], axis=1)
    ends[..., :2] += rng.normal(0, 0.0004, ends[..., :2].shape)
    carpet = np.array([[[0.5, 0.0, 1.0], [0.49, 0.55, 1.0]]])
    alone, pulled = (
        plumb_line(planes(seen / seen[..., 2:]), up, 0.0)
        for seen in (ends, np.concatenate([ends, carpet]))
    )
    assert alone is not None and pulled is not None
    assert degrees_off(pulled, up) > 2 * degrees_off(alone, up)
    assert degrees_off(pulled, up) < 2 * pulled.error


def test_lines_on_the_floor_are_none_that_rise() -> None:
    """Edges of a carpet before the camera look upright in the picture."""
    rng, up = np.random.default_rng(6), turned(0, -10)
    across, count = rng.uniform(-0.02, 0.02, 30), 30
    near = np.stack([across, np.full(count, 0.5), np.ones(count)], axis=1)
    ends = np.stack([near, near - [0, 0.12, 0]], axis=1)
    assert plumb_line(planes(ends), up, 0.0) is None


def test_both_are_weighed_by_their_certainty() -> None:
    up, people = turned(0, -6), turned(0, 0)
    for own, share in ((0.1, 1.0), (PEOPLE_ERROR, 0.5), (100.0, 0.0)):
        covariance = np.eye(3) * np.radians(own) ** 2 / 2
        mixed = fused(Plumb(up, covariance), people, PEOPLE_ERROR)
        assert np.degrees(np.arcsin(mixed[2])) == pytest.approx(6 * share, abs=0.1)


def test_lines_count_by_default_and_not_where_people_alone_are_asked() -> None:
    seen = lines(np.tile(turned(6, -9), (30, 1)), np.random.default_rng(3))
    by_lines = with_lines(PEOPLE, SceneChoices(lines=seen))
    assert np.degrees(np.arccos(by_lines @ turned(6, -9))) < 1.5
    assert with_lines(PEOPLE, SceneChoices(lines=seen, by_lines=False)) is PEOPLE
    assert with_lines(PEOPLE, SceneChoices()) is PEOPLE


@pytest.mark.parametrize(("roll", "tilt", "likely"), [(8, 0, True), (11, 0, False), (0, 14, True)])
def test_a_fence_that_leans_as_a_whole_is_not_believed_against_people(
    roll: float, tilt: float, likely: bool
) -> None:
    """People hardly miss a roll by 11 degrees; a tilt they may."""
    seen = lines(np.tile(turned(roll, tilt), (30, 1)), np.random.default_rng(3))
    assert (with_lines(PEOPLE, SceneChoices(lines=seen)) is not PEOPLE) == likely
    both = with_lines(PEOPLE, SceneChoices(lines=seen, doubtful_lines=True))
    assert np.degrees(np.arccos(both @ turned(roll, tilt))) < 1.5


def test_a_level_camera_before_a_house_stays_level() -> None:
    seen = lines(np.tile(PEOPLE, (30, 1)), np.random.default_rng(5), 0.0005)
    assert np.degrees(np.arccos(with_lines(PEOPLE, SceneChoices(lines=seen)) @ PEOPLE)) < 0.5
