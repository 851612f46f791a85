"""Where places of one frame lie in another, as the background tells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.camera_path.carried import UNKNOWN, CarriedPlaces
from glagcn_cli.camera_path.links import LOST, SKIPPED, BackgroundLinks, averaged

FRAMES, FPS, KEY_EVERY = 60, 30.0, 20
SIZE = np.array([640.0, 360.0])
CORNERS = np.array([[x, y] for y in (60.0, 180.0, 300.0) for x in (80.0, 240.0, 400.0, 560.0)])


def seen(world: np.ndarray, frame: float) -> np.ndarray:
    """Places (n, 2) of the world in a frame: the camera pans, rolls and zooms evenly."""
    turn, larger = np.radians(0.2 * frame), 1.004**frame
    rotation = larger * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return (world - SIZE / 2) @ rotation.T + SIZE / 2 - [12.0 * frame, 1.5 * frame]


def world_of(places: np.ndarray, frame: float) -> np.ndarray:
    origin, *axes = seen(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), frame)
    return (places - origin) @ np.linalg.inv(np.array(axes) - origin)


def pair(one: float, other: float) -> np.ndarray:
    """Corresponding places in two frames, one in each part of the first."""
    return averaged(CORNERS, seen(world_of(CORNERS, one), other), np.arange(len(CORNERS)))


def links() -> BackgroundLinks:
    """A camera whose key pictures are `KEY_EVERY` frames apart."""
    keys = np.arange(FRAMES) // KEY_EVERY
    count = int(keys[-1]) + 1
    ends = np.array([(key, key + 1) for key in range(count - 1)])
    return BackgroundLinks(
        keys.astype(np.int32),
        np.stack([pair(KEY_EVERY * key, frame) for frame, key in enumerate(keys)]),
        np.ones(FRAMES, np.float32),
        ends.astype(np.int32),
        np.stack([pair(KEY_EVERY * one, KEY_EVERY * other) for one, other in ends]),
    )


def carried_by(found: BackgroundLinks, cuts: tuple[int, ...] = ()) -> CarriedPlaces:
    return CarriedPlaces.of_clip(found.arrays(), FRAMES, FPS, cuts)


@pytest.mark.parametrize("start, stop", [(0, 7), (7, 0), (3, 45), (59, 0)])
def test_places_go_with_the_background(start: int, stop: int) -> None:
    places = np.array([[100.0, 50.0], [320.0, 200.0]])
    expected = seen(world_of(places, start), stop)
    np.testing.assert_allclose(carried_by(links()).carried(places, start, stop), expected, atol=0.1)


def test_boxes_grow_with_the_background() -> None:
    box = np.array([100.0, 50.0, 140.0, 150.0])
    there = carried_by(links()).carried_boxes(box, 0, 30)
    np.testing.assert_allclose(there[2:] - there[:2], 1.004**30 * np.array([40, 100]), rtol=1e-4)
    middle = seen(np.array([[120.0, 100.0]]), 30)[0]
    np.testing.assert_allclose((there[:2] + there[2:]) / 2, middle, atol=0.1)


def test_frames_between_looks_are_guessed() -> None:
    whole = links()
    keys = whole.keys.copy()
    keys[1::2] = SKIPPED
    keys[24:28] = LOST
    found = carried_by(replace(whole, keys=keys))
    expected = seen(world_of(CORNERS, 5), 26)
    np.testing.assert_allclose(found.carried(CORNERS, 5, 26), expected, atol=1)


def test_nothing_is_carried_over_a_cut_nor_where_the_background_is_long_lost() -> None:
    whole = links()
    keys = whole.keys.copy()
    keys[5:55] = LOST
    lost = carried_by(replace(whole, keys=keys))
    assert lost.place[45] == UNKNOWN
    np.testing.assert_array_equal(lost.carried(CORNERS, 0, 45), CORNERS)
    keys = whole.keys.copy()
    keys[38:40] = SKIPPED
    cut = carried_by(replace(whole, keys=keys), cuts=(39,))
    np.testing.assert_allclose(cut.carried(CORNERS, 37, 38), CORNERS)  # held up to the cut
    np.testing.assert_allclose(cut.carried(CORNERS, 40, 39), CORNERS)


def test_places_of_two_scenes_have_nothing_in_common() -> None:
    apart = replace(links(), ends=np.array([(0, 1)], np.int32), links=links().links[:1])
    found = carried_by(apart)
    np.testing.assert_array_equal(found.carried(CORNERS, 10, 50), CORNERS)
    assert found.larger(10, 50) == 1
    assert not np.allclose(found.carried(CORNERS, 10, 30), CORNERS)


def test_a_camera_at_rest_leaves_everything_where_it_is() -> None:
    still = CarriedPlaces.of_clip({}, FRAMES, FPS)
    assert not still.moves
    assert still.carried(CORNERS, 0, 30) is CORNERS
    assert still.carried_boxes(CORNERS, 0, 30) is CORNERS
