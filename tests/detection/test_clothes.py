"""Colours of clothes: those of the pixels, and no trust where they are not a person's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.detection.clothes import (
    EVERY,
    EVERY_ALONE,
    clothes_seen,
    shown_shares,
    with_clothes,
)
from glagcn_cli.poses import FrameDetections
from tests.helpers.tracked_bodies import SIZE, Sighting, body, frame

RED, BLUE, GREEN = (180, 40, 40), (40, 50, 160), (60, 120, 50)
FLOOR = 8.0  # levels that are added before logarithms


def painted(*people: Sighting, light: float = 1.0) -> np.ndarray:
    """Return a green picture of people whose upper half is red and whose legs are blue."""
    picture = np.full((SIZE[1], SIZE[0], 3), GREEN, np.float64)
    for points, _ in people:
        left, top = np.maximum(points.min(axis=0), 0).astype(int)
        right, bottom = points.max(axis=0).astype(int)
        hips = int(points[11, 1]) + 8
        picture[top:hips, left:right] = RED
        picture[hips:bottom, left:right] = BLUE
    return (light * picture).astype(np.uint8)


def seen(*people: Sighting, light: float = 1.0) -> np.ndarray:
    clothes = with_clothes(frame(*people), painted(*people, light=light)).clothes
    assert clothes is not None
    return clothes


def logs(colour: tuple[int, int, int]) -> np.ndarray:
    red, green, blue = np.log(np.array(colour) + FLOOR)
    return np.array([(red + green + blue) / 3, red - green, blue - green])


def test_torso_and_thighs_have_the_colours_of_their_pixels() -> None:
    ((torso, thighs),) = seen(body(400))
    np.testing.assert_allclose(torso[:3], logs(RED), atol=1e-4)
    np.testing.assert_allclose(thighs[:3], logs(BLUE), atol=1e-4)
    assert min(torso[3], thighs[3]) == pytest.approx(0.8)  # the score of the joints


def test_half_the_light_changes_the_brightness_and_hardly_the_colours() -> None:
    bright, dim = seen(body(400)), seen(body(400), light=0.5)
    change = dim - bright
    assert (change[..., 0] < -0.4).all()
    assert (np.abs(change[..., 1:3]) < 0.2).all()


@pytest.mark.parametrize("light, most", [(0.03, 0.0), (0.1, 0.0), (0.15, 0.2)])
def test_the_dark_is_trusted_little_or_not_at_all(light: float, most: float) -> None:
    assert seen(body(400), light=light)[..., 3].max() <= most


def test_black_and_white_says_nothing() -> None:
    people = frame(body(400), body(900))
    grey = np.repeat(painted(body(400), body(900)).mean(axis=2, keepdims=True), 3, axis=2)
    clothes = with_clothes(people, grey.astype(np.uint8)).clothes
    assert clothes is not None and clothes.shape == (2, 2, 4) and not clothes.any()


def test_who_is_in_anothers_box_has_no_colours_there_and_the_other_keeps_some() -> None:
    behind, front = seen(body(400, 440, 150), body(400, height=420))
    assert not behind.any()
    assert front[0, 3] > 0.7
    assert seen(body(400, height=150))[..., 3].min() > 0.5


def test_outside_the_picture_is_not_seen() -> None:
    assert not seen(body(-100)).any()
    assert (shown_shares(frame(body(-100)), SIZE) == 0).all()


def test_small_people_are_trusted_less() -> None:
    small, large = seen(body(400, height=40)), seen(body(400, height=300))
    assert (small[..., 3] < 0.6 * large[..., 3]).all()


def test_some_frames_are_looked_at_and_the_others_say_nothing() -> None:
    picture = painted(body(300), body(900))
    both, one = frame(body(300), body(900)), frame(body(300))

    def looked(people: FrameDetections) -> list[int]:
        found = [clothes_seen(people, picture, k).clothes for k in range(EVERY_ALONE + 1)]
        assert all(clothes is not None for clothes in found)
        return [k for k, clothes in enumerate(found) if clothes is not None and clothes.any()]

    assert looked(both) == list(range(0, EVERY_ALONE + 1, EVERY))
    assert looked(one) == [0, EVERY_ALONE]


def test_nobody_wears_nothing() -> None:
    clothes = with_clothes(frame(), painted()).clothes
    assert clothes is not None and clothes.shape == (0, 2, 4)


def test_the_body_alone_keeps_its_clothes() -> None:
    people = with_clothes(frame(body(400)), painted(body(400)))
    wide = replace(
        people,
        keypoints=np.zeros((1, 25, 2), np.float32),
        scores=np.zeros((1, 25), np.float32),
    )
    assert wide.body.scores.shape == (1, 17)
    np.testing.assert_array_equal(wide.body.clothes, people.clothes)
