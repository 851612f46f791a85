"""What is stored of a moving camera beside the 2D of a clip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.camera_path.links import BackgroundLinks
from glagcn_cli.camera_path.path import camera_path
from tests.helpers.turning_world import FOV, FPS, HEIGHT, WIDTH, film, followed_links, turns

FRAMES = 60
ROTATIONS = turns(np.linspace(-10, 10, FRAMES))


@pytest.fixture(scope="module")
def links() -> BackgroundLinks:
    found = followed_links(film(ROTATIONS))
    assert found is not None
    return found


def turned(links: BackgroundLinks, size: tuple[int, int] = (WIDTH, HEIGHT)) -> float:
    """Degrees between the first and the last frame."""
    frames = len(links)
    path = camera_path(links.arrays(), frames, slice(0, frames), size, FPS, FOV, True)
    assert path is not None
    last = path.rotation[-1] @ path.rotation[0].T
    return float(np.degrees(np.arccos(np.clip((np.trace(last) - 1) / 2, -1, 1))))


def test_stored_arrays_are_read_back(links) -> None:
    again = BackgroundLinks.of_clip(links.arrays(), FRAMES)
    assert again is not None
    for name, array in links.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: stored.pop("camera_view_keys"),
        lambda stored: stored.update(camera_view_pairs=stored["camera_view_pairs"][:-1]),
        lambda stored: stored.update(camera_view_links=stored["camera_view_links"] * np.nan),
        lambda stored: stored.update(camera_view_ends=-1 - stored["camera_view_ends"]),
    ],
    ids=["missing", "too few", "no numbers", "no key picture"],
)
def test_what_is_damaged_counts_as_not_there(links, damage) -> None:
    stored = dict(links.arrays())
    damage(stored)
    assert BackgroundLinks.of_clip(stored, FRAMES) is None


def test_a_part_of_a_clip_has_its_part_of_the_turn(links) -> None:
    assert turned(links) == pytest.approx(20, abs=0.3)
    assert turned(links.of_frames(slice(0, 30))) == pytest.approx(20 * 29 / 59, abs=0.3)
    assert turned(links.of_frames(slice(10, 50, 2))) == pytest.approx(20 * 38 / 59, abs=0.3)


def test_a_larger_copy_of_the_video_turns_as_much(links) -> None:
    assert turned(links.scaled(2), (2 * WIDTH, 2 * HEIGHT)) == pytest.approx(turned(links), abs=0.1)


def test_key_pictures_of_other_places_are_left_out(links) -> None:
    far = links.keys.max() + 5
    more = replace(
        links,
        ends=np.concatenate([links.ends, [[far, far + 1]]]).astype(np.int32),
        links=np.concatenate([links.links, links.links[:1]]),
    )
    alone = more.connected()
    np.testing.assert_array_equal(alone.ends, links.ends)
    np.testing.assert_array_equal(alone.keys, links.keys)
    late = more.of_frames(slice(30, None)).connected()
    assert turned(late) == pytest.approx(20 * 29 / 59, abs=0.3)
