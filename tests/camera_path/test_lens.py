"""A lens that bends lines: there and back, from files, and from the background of a turn."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.camera_path.lens import Lens, read_calibration
from glagcn_cli.camera_path.lens_of_turns import lens_of_turns
from glagcn_cli.camera_path.links import BackgroundLinks
from glagcn_cli.camera_path.path import TURNING, camera_path
from glagcn_cli.errors import InputError
from tests.helpers.turning_world import HEIGHT, WIDTH, degrees_off, film, followed, turns

SIZE = (WIDTH, HEIGHT)
FOCAL = WIDTH / 2 / np.tan(np.radians(30))
FRAMES = 40
TIME = np.arange(FRAMES) / 16
TURNS = turns(16 * TIME - 20, 6 * np.sin(2 * TIME), 4 * np.cos(2 * TIME))


def places() -> NDArray[np.float64]:
    x, y = np.meshgrid(np.linspace(0, WIDTH - 1, 9), np.linspace(0, HEIGHT - 1, 7))
    return np.stack([x, y], axis=-1)


@pytest.mark.parametrize("coefficients", [(-0.25,), (0.1,), (-0.2, 0.05), (-0.1, 0, 0.002, -0.001)])
def test_places_come_back(coefficients: tuple[float, ...]) -> None:
    lens = Lens(coefficients, FOCAL, SIZE)
    straight = lens.straight(places())
    np.testing.assert_allclose(lens.bent(straight), places(), atol=0.05)
    assert np.linalg.norm(straight - places(), axis=-1).max() > 5
    assert lens.is_sound


def test_a_wide_lens_draws_the_edges_in() -> None:
    """k1 below 0: what is straight ahead stays, what is at the edge lies farther out."""
    straight = Lens((-0.2,), FOCAL, SIZE).straight(np.array([[319.5, 179.5], [0.0, 179.5]]))
    np.testing.assert_allclose(straight[0], [319.5, 179.5], atol=0.01)
    assert straight[1, 0] < -20


def test_places_outside_of_the_picture_stay_outside_and_finite() -> None:
    lens = Lens((-0.25,), FOCAL, SIZE)
    far = lens.straight(np.array([[-3000.0, 100.0], [5000.0, 5000.0]]))
    assert np.isfinite(far).all() and far[0, 0] < -3000 and far[1, 0] > 5000


def test_a_lens_that_folds_the_corners_is_none() -> None:
    assert not Lens((-0.9,), FOCAL, SIZE).is_sound


@pytest.mark.parametrize("suffix", ["yml", "xml", "json"])
def test_calibrations_of_opencv_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"camera.{suffix}"
    file = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    file.write("image_width", 1280)
    file.write("image_height", 720)
    file.write("camera_matrix", np.array([[1000, 0, 640], [0, 1010, 360], [0, 0, 1.0]]))
    file.write("distortion_coefficients", np.array([[-0.3, 0.1, 0, 0, 0.01]]))
    file.release()
    lens = read_calibration(path, SIZE)
    assert lens.coefficients == pytest.approx((-0.3, 0.1, 0, 0, 0.01))
    assert lens.focal == pytest.approx(502.5) and lens.is_calibrated


@pytest.mark.parametrize("text", ["", "hello", "%YAML:1.0\n---\na: 1\n"])
def test_other_files_are_no_calibration(tmp_path: Path, text: str) -> None:
    path = tmp_path / "camera.yml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"calibration|camera_matrix"):
        read_calibration(path, SIZE)


def warped(k1: float) -> dict[str, NDArray]:
    """Links of a turning camera whose lens bends lines."""
    rows = np.stack(np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT)), axis=-1).astype(np.float32)
    lens = Lens((k1,), FOCAL, SIZE)
    x, y = np.moveaxis(lens.straight(rows.reshape(-1, 2)).reshape(rows.shape), -1, 0)
    wide = film(TURNS, FOCAL, (WIDTH + 320, HEIGHT + 240))
    return followed(
        [cv2.remap(p, x + 160, y + 120, cv2.INTER_LINEAR) for p in wide], fps=16
    ).arrays()


def test_a_turn_tells_the_lens_and_with_it_how_far_it_turned() -> None:
    clip = warped(-0.1)
    links = BackgroundLinks.of_clip(clip, FRAMES)
    assert links is not None
    found = lens_of_turns(links, SIZE, float(np.log(FOCAL / WIDTH)) + 0.12, 0.25)
    assert found is not None
    assert found.coefficients[0] == pytest.approx(-0.1, abs=0.02)
    assert found.focal == pytest.approx(FOCAL, rel=0.03)
    before, after = (
        camera_path(seen, FRAMES, slice(0, FRAMES), SIZE, 16, 60.0, True)
        for seen in (clip, found.background(clip, FRAMES))
    )
    assert before is not None and after is not None and after.kind == TURNING
    assert degrees_off(after, TURNS).max() < 1 < degrees_off(before, TURNS).max() / 3


def test_a_lens_that_bends_nothing_is_not_made_up() -> None:
    links = BackgroundLinks.of_clip(followed(film(TURNS, FOCAL), fps=16).arrays(), FRAMES)
    assert links is not None
    for off, spread in ((0.0, 0.03), (0.12, 0.25)):
        assert lens_of_turns(links, SIZE, float(np.log(FOCAL / WIDTH)) + off, spread) is None
