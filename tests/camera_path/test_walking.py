"""Turns of a camera that walks, from drawn yards and from points that are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from benchmarks.measuring.drawn_scenes import yard
from benchmarks.measuring.drawn_world import drawn, looking
from glagcn_cli.camera_path.parallax_tracks import (
    Tracks,
    parallax_of_part,
    scaled_parallax,
)
from glagcn_cli.camera_path.path import WALKING
from glagcn_cli.camera_path.walking import step_between, walking_path
from glagcn_cli.camera_path.watching import BackgroundWatch
from tests.helpers.landscape import people

SIZE, FPS, FRAMES = (320, 180), 12, 30
FOCAL = SIZE[0] / 2 / np.tan(np.radians(30))
TIME = np.arange(FRAMES) / FPS
PIXEL = 1 / FOCAL


def filmed(places: NDArray, angles: NDArray) -> tuple[dict[str, NDArray], NDArray]:
    """Tracks of a camera in the yard at places (frames, 3), and its turns (frames, 3, 3)."""
    panels, turns = yard(np.random.default_rng(3)), np.stack([looking(*a) for a in angles])
    pictures = [drawn(panels, t, p, FOCAL, SIZE) for t, p in zip(turns, places, strict=True)]
    watch = BackgroundWatch(SIZE, FPS)
    watch.add(pictures, [people()] * len(pictures))
    return watch.parallax.arrays(), turns


def path_of(clip: dict[str, NDArray], frames: int = FRAMES):
    return walking_path(Tracks.of_clip(clip, slice(0, frames)), frames, SIZE, FPS, FOCAL)


def along(pan: NDArray) -> tuple[NDArray, NDArray]:
    places = np.stack([1.2 * TIME - 1.5, 1.5 + 0.03 * np.sin(11 * TIME), 2 + 0 * TIME], axis=1)
    return places, np.stack([pan, -3 + 0 * TIME, 1.5 * np.sin(3 * TIME)], axis=1)


def test_turns_of_a_camera_that_walks_by_are_found() -> None:
    clip, turns = filmed(*along(12 - 10 * TIME))
    walk = path_of(clip)
    assert walk is not None and walk.path.kind == WALKING and walk.path.turns
    assert walk.parallax > 0.25
    found, true = walk.path.rotation @ walk.path.rotation[0].T, turns @ turns[0].T
    off = np.degrees(Rotation.from_matrix(found @ true.swapaxes(1, 2)).magnitude())
    assert off.max() < 1.0
    assert off[-1] < 3 * walk.path.rotation_error[-1] + 0.3


def test_a_camera_that_turns_in_one_place_or_rests_leaves_no_tracks() -> None:
    _, angles = along(12 - 10 * TIME)
    stays = np.tile([0.0, 1.5, 2.0], (FRAMES, 1))
    assert filmed(stays, angles)[0] == {}
    assert filmed(stays[:6], 0 * angles[:6])[0] == {}


def test_a_part_and_a_smaller_copy_have_the_tracks_of_theirs() -> None:
    clip, _ = filmed(*along(0 * TIME))
    part = parallax_of_part(clip, slice(6, 26, 2))
    whole, taken = Tracks.of_clip(clip, slice(6, 26)), Tracks.of_clip(part, slice(0, 10))
    assert [2 * look.frame for look in taken.looks] == [
        look.frame for look in whole.looks if look.frame % 2 == 0
    ]
    half = Tracks.of_clip(clip | scaled_parallax(clip, 0.5), slice(0, FRAMES))
    first = Tracks.of_clip(clip, slice(0, FRAMES)).looks[0]
    np.testing.assert_allclose(half.looks[0].places, first.places / 2)
    assert parallax_of_part({}, slice(0, 5)) == {} == scaled_parallax({}, 2.0)


def seen_points(
    turn: NDArray, way: NDArray, rng: np.random.Generator, noise: float = 0.2
) -> tuple[NDArray, NDArray]:
    points = np.stack([rng.uniform(-3, 3, 60), rng.uniform(-2, 1, 60), rng.uniform(3, 12, 60)], 1)
    after = points @ turn.T + way
    then, now = (p[:, :2] / p[:, 2:] for p in (points, after))
    return then, now + rng.normal(0, noise * PIXEL, now.shape)


@pytest.mark.parametrize("way", [(0.5, 0, 0), (0, 0.05, -0.6), (0, 0, 0.5)])
def test_a_step_tells_its_turn_and_the_direction_of_its_way(way: tuple) -> None:
    turn = Rotation.from_euler("XYZ", [2, -9, 3], degrees=True).as_matrix()
    step = step_between(*seen_points(turn, np.array(way), np.random.default_rng(2)), PIXEL)
    assert step is not None
    off = np.degrees(Rotation.from_matrix(step.turn @ turn.T).magnitude())
    assert off < 1.0 and off < 4 * np.degrees(step.error) + 0.1
    assert step.way @ way / np.linalg.norm(way) > 0.98
    assert step.parallax > 0.2


def test_a_pan_of_another_lens_is_no_way_that_a_turn_and_zoom_do_not_explain() -> None:
    turn = Rotation.from_euler("Y", 12, degrees=True).as_matrix()
    then, now = seen_points(turn, np.zeros(3), np.random.default_rng(5))
    step = step_between(0.75 * then, 0.75 * now, PIXEL)
    assert step is None or step.parallax < 0.1


def test_a_turn_alone_has_no_way_and_a_crowd_no_turn() -> None:
    rng = np.random.default_rng(3)
    turn = Rotation.from_euler("Y", 8, degrees=True).as_matrix()
    step = step_between(*seen_points(turn, np.zeros(3), rng), PIXEL)
    assert step is not None and not step.way.any() and step.parallax == 0.0
    assert np.degrees(Rotation.from_matrix(step.turn @ turn.T).magnitude()) < 0.1
    then, now = seen_points(turn, np.zeros(3), rng)
    assert step_between(then, now + rng.normal(0, 20 * PIXEL, now.shape), PIXEL) is None
