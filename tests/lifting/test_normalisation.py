from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch

from glagcn_cli.camera import focal_length, pixel_rays, ray_rotations
from glagcn_cli.lifting.normalisation import IMAGE, PERSON, normalise_windows

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


# The same lines serve numpy arrays of inference and torch tensors of training.


def formulas(keypoints, normalisation, size):
    """What arrays have always been normalised to, written a second time with numpy's functions."""
    if normalisation == IMAGE:
        width, height = size
        return (keypoints / width * 2 - np.array([1.0, height / width])).astype(np.float32)
    relative = keypoints - keypoints[:, :, :1]
    squares = np.square(relative[:, :, 1:]).sum(axis=-1)
    scale = np.sqrt(squares.mean(axis=(1, 2)))[:, None, None, None]
    relative[:, :, :1] = keypoints[:, :, :1] - keypoints[:, :, :1].mean(axis=1, keepdims=True)
    return (relative / np.maximum(scale, 1.0)).astype(np.float32)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("frames", [1, 27, 81])
def test_checkpoints_get_the_bits_they_were_trained_on(normalisation, precision, frames) -> None:
    windows = RNG.uniform(-300, 2000, (20, frames, 17, 2)).astype(precision)
    found = normalise_windows(windows, normalisation, SIZE)
    np.testing.assert_array_equal(found, formulas(windows, normalisation, SIZE))


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
@pytest.mark.parametrize("root", [0, 14])
def test_tensors_are_normalised_as_arrays_are(normalisation, root) -> None:
    size = np.array([[1920, 1080], [640, 480], [1000, 1002]])
    array = normalise_windows(WINDOWS, normalisation, size, root)
    windows, sizes = torch.from_numpy(WINDOWS), torch.from_numpy(size)
    tensor = normalise_windows(windows, normalisation, sizes, root)
    assert tensor.dtype == torch.float32
    np.testing.assert_allclose(tensor, array, atol=2e-7)
    single = normalise_windows(windows.float(), normalisation, sizes, root)
    np.testing.assert_allclose(single, array, atol=2e-6)


def test_each_window_has_the_size_of_its_own_picture() -> None:
    size = np.array([[1920, 1080], [640, 480], [1000, 1002]])
    together = normalise_windows(WINDOWS, IMAGE, size)
    for i in range(3):
        alone = normalise_windows(WINDOWS[i : i + 1], IMAGE, tuple(size[i].tolist()))
        np.testing.assert_array_equal(together[i : i + 1], alone)


def test_another_root_takes_the_place_of_the_first_joint() -> None:
    order = [14, *(joint for joint in range(17) if joint != 14)]
    first = normalise_windows(WINDOWS[:, :, order], PERSON, SIZE)
    np.testing.assert_allclose(
        normalise_windows(WINDOWS, PERSON, SIZE, root=14)[:, :, order], first, atol=1e-6
    )


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_scores_of_1_change_nothing_but_come_behind_x_and_y(normalisation) -> None:
    scores = np.ones(WINDOWS.shape[:3])
    with_scores = normalise_windows(WINDOWS, normalisation, SIZE, scores=scores)
    plain = normalise_windows(WINDOWS, normalisation, SIZE)
    np.testing.assert_allclose(with_scores[..., :2], plain, atol=1e-6)
    np.testing.assert_array_equal(with_scores[..., 2], 1)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_a_missing_joint_is_0_and_changes_no_other(normalisation) -> None:
    """Wherever it lies: it does not count for the person's size."""
    scores = RNG.uniform(0.1, 1, WINDOWS.shape[:3])
    scores[:, 2:5, 3] = 0
    elsewhere = WINDOWS.copy()
    elsewhere[:, 2:5, 3] = 1e5
    here, there = (
        normalise_windows(w, normalisation, SIZE, scores=scores) for w in (WINDOWS, elsewhere)
    )
    np.testing.assert_array_equal(here, there)
    assert not here[:, 2:5, 3].any() and here[:, :2, 3, :2].all()
    tensors = normalise_windows(
        torch.from_numpy(WINDOWS), normalisation, torch.tensor(SIZE),
        scores=torch.from_numpy(scores),
    )  # fmt: skip
    np.testing.assert_allclose(tensors, here, atol=1e-6)


def test_the_size_is_that_of_the_joints_that_are_there() -> None:
    """Two joints 30 and 40 pixels from the root, one of them missing in every frame."""
    person = np.zeros((1, 2, 3, 2))
    person[..., 1, 0], person[..., 2, 1] = 30, 40
    scores = np.ones((1, 2, 3))
    scores[..., 2] = 0
    assert normalise_windows(person, PERSON, SIZE, scores=scores)[0, 0, 1, 0] == pytest.approx(1)


def test_tensors_of_rays_are_those_of_arrays() -> None:
    np.testing.assert_allclose(ray_rotations(torch.from_numpy(RAYS)), ray_rotations(RAYS))
    pixels, sizes, fovs = WINDOWS[:, :, 0], [(1920, 1080), (1080, 1920), (640, 480)], [50, 60, 70]
    focals = focal_length(torch.tensor(sizes), torch.tensor(fovs, dtype=torch.float64))
    rays = pixel_rays(torch.from_numpy(pixels), torch.tensor(sizes)[:, None], focals[:, None, None])
    for i, (size, fov) in enumerate(zip(sizes, fovs, strict=True)):
        focal = focal_length(size, fov)
        assert float(focals[i]) == pytest.approx(focal)
        np.testing.assert_allclose(rays[i], pixel_rays(pixels[i], size, focal))


def test_neither_module_imports_torch_for_arrays() -> None:
    code = (
        "import sys, numpy as np; "
        "from glagcn_cli import camera, skeleton; from glagcn_cli.lifting import normalisation; "
        "w = np.ones((1, 3, 17, 2)); normalisation.normalise_windows(w, 'person', (9, 9)); "
        "skeleton.to_lifter_joints(w, w[..., 0], skeleton.COCO17); "
        "camera.ray_rotations(np.ones(3)); camera.focal_length((9, 9), 60.0); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
