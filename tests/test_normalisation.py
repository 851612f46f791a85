from __future__ import annotations

import cv2
import numpy as np
import pytest

from glagcn_cli.normalisation import (
    IMAGE,
    PERSON,
    focal_length,
    normalise_windows,
    pixel_rays,
    ray_rotations,
)

RNG = np.random.default_rng(11)
WINDOWS = RNG.uniform(100, 900, (3, 9, 17, 2))
SIZE = (1920, 1080)
RAYS = np.concatenate([RNG.normal(size=(40, 2)), RNG.uniform(0.05, 3, (40, 1))], axis=1)


def test_person_is_blind_to_place_and_size() -> None:
    plain = normalise_windows(WINDOWS, PERSON, SIZE)
    moved = normalise_windows(WINDOWS * 2.7 + [431, -77], PERSON, (640, 480))
    np.testing.assert_allclose(moved, plain, atol=1e-5)


def test_person_known_answer() -> None:
    window = np.zeros((1, 2, 17, 2))
    window[0, :, 1:] = [3, 4]  # every joint 5 pixels from the root
    window[0, 1] += [10, 0]  # and the person 10 pixels on in the second frame
    expected = np.zeros((1, 2, 17, 2))
    expected[0, :, 1:] = [0.6, 0.8]
    expected[0, :, 0, 0] = [-1, 1]  # the root's slot holds its path about its mean
    np.testing.assert_allclose(normalise_windows(window, PERSON, SIZE), expected, atol=1e-6)


def test_one_size_for_all_frames_of_a_window_and_each_window_its_own() -> None:
    growing = WINDOWS.copy()
    growing[:, -1] = growing[:, -1, :1] + 3 * (growing[:, -1] - growing[:, -1, :1])
    plain = normalise_windows(WINDOWS, PERSON, SIZE)
    together = normalise_windows(growing, PERSON, SIZE)
    ratio = together[:, :-1, 1:] / plain[:, :-1, 1:]
    np.testing.assert_allclose(ratio, ratio[:, :1, :1, :1] * np.ones_like(ratio), rtol=1e-4)
    np.testing.assert_array_equal(normalise_windows(growing[1:2], PERSON, SIZE), together[1:2])


def test_a_person_in_one_point_is_finite() -> None:
    assert not normalise_windows(np.full((2, 3, 17, 2), 55.0), PERSON, SIZE).any()


def test_image_known_answers() -> None:
    corners = np.array([[0, 0], [1920, 1080], [960, 540], [1920, 0]], float)
    window = np.zeros((1, 1, 17, 2))
    window[0, 0, :4] = corners
    expected = [[-1, -0.5625], [1, 0.5625], [0, 0], [1, -0.5625]]
    normalised = normalise_windows(window, IMAGE, SIZE)
    np.testing.assert_allclose(normalised[0, 0, :4], expected, atol=1e-6)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_the_input_is_not_written_to_and_the_output_is_single_precision(normalisation) -> None:
    before = WINDOWS.copy()
    assert normalise_windows(WINDOWS, normalisation, SIZE).dtype == np.float32
    np.testing.assert_array_equal(WINDOWS, before)


def test_an_unknown_normalisation_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels"):
        normalise_windows(WINDOWS, "pixels", SIZE)


def test_ray_rotations_are_rotations() -> None:
    rotations = ray_rotations(RAYS)
    unit = np.broadcast_to(np.eye(3), rotations.shape)
    np.testing.assert_allclose(rotations @ rotations.swapaxes(1, 2), unit, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(rotations), 1)


def test_ray_rotations_turn_the_ray_forward() -> None:
    turned = np.einsum("nij,nj->ni", ray_rotations(RAYS), RAYS)
    lengths = np.linalg.norm(RAYS, axis=1)
    np.testing.assert_allclose(turned, lengths[:, None] * [0, 0, 1], atol=1e-12)


def test_ray_rotations_do_not_roll() -> None:
    """The new x axis stays in the camera's horizontal plane and the new y axis points down."""
    right, down, _ = ray_rotations(RAYS).swapaxes(0, 1)
    np.testing.assert_allclose(right[:, 1], 0, atol=1e-12)
    assert (right[:, 0] > 0).all() and (down[:, 1] > 0).all()


def test_straight_ahead_is_no_rotation_and_the_length_does_not_matter() -> None:
    np.testing.assert_allclose(ray_rotations(np.array([0.0, 0, 7])), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(ray_rotations(RAYS * 9), ray_rotations(RAYS), atol=1e-12)


def test_mirrored_rays_give_mirrored_rotations() -> None:
    flip = np.diag([-1.0, 1, 1])
    expected = flip @ ray_rotations(RAYS) @ flip
    np.testing.assert_allclose(ray_rotations(RAYS @ flip), expected, atol=1e-12)


@pytest.mark.parametrize(
    "size, fov, focal",
    [((2000, 1000), 90, 1000), ((1000, 2000), 90, 1000), ((1920, 1080), 60, 960 * 3**0.5)],
)
def test_focal_length(size, fov, focal) -> None:
    assert focal_length(size, fov) == pytest.approx(focal)


def test_pixel_rays_are_the_inverse_of_a_pinhole_projection() -> None:
    points = RNG.uniform([-2, -1, 3], [2, 1, 8], (50, 3))
    focal = focal_length(SIZE, 55)
    camera = np.array([[focal, 0, 959.5], [0, focal, 539.5], [0, 0, 1]])
    pixels = cv2.projectPoints(points, np.zeros(3), np.zeros(3), camera, None)[0][:, 0]
    rays = pixel_rays(pixels, SIZE, focal)
    np.testing.assert_allclose(rays, points / points[:, 2:], atol=1e-9)


def test_the_middle_between_the_outermost_pixel_centres_is_straight_ahead() -> None:
    np.testing.assert_allclose(pixel_rays(np.array([959.5, 539.5]), SIZE, 1000), [0, 0, 1])
