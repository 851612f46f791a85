"""The 3D view of a camera that turns: it goes along where that shows the main person larger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glagcn_cli.camera import FilmCamera
from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.chosen_view import ChosenView
from glagcn_cli.rendering.moving_view import LARGER, MovingAxes, moving_axes
from glagcn_cli.rendering.scene_panel import ScenePanel
from glagcn_cli.rendering.scene_view import SceneView, clip_points
from tests.helpers.film_cameras import panning_camera
from tests.helpers.walkers import poses, walk

SIZE = (640, 360)
FRAMES = 240


def walker(metres: float, person: int = 1) -> PoseSequence:
    """Somebody who walks that far across, before the camera."""
    path = np.zeros((FRAMES, 3))
    path[:, 0] = np.linspace(-metres / 2, metres / 2, FRAMES)
    return poses(walk(path), person)


def axes_of(metres: float, degrees: float) -> MovingAxes | None:
    return moving_axes([walker(metres)], panning_camera(degrees, FRAMES), SIZE)


def test_a_pan_after_a_walker_moves_the_view() -> None:
    axes = axes_of(9.0, 70.0)
    assert axes is not None
    np.testing.assert_allclose(axes.place[60:-60, 0], walker(9.0).joints[60:-60, 0, 0], atol=0.05)
    assert (axes.place[:, 1] == 0).all()
    assert np.ptp(axes.azimuth) == pytest.approx(70, abs=5)
    assert axes.azimuth[0] > axes.azimuth[-1], "looking left, the camera stands on the right"


@pytest.mark.parametrize(
    ("metres", "degrees"), [(9.0, 0.0), (9.0, 6.0), (0.2, 70.0)], ids=["rest", "hands", "nobody"]
)
def test_the_view_stays_where_the_camera_hardly_turns_or_nothing_is_gained(
    metres: float, degrees: float
) -> None:
    assert axes_of(metres, degrees) is None


def test_without_a_camera_or_people_the_view_stays() -> None:
    person = walker(9.0)
    assert moving_axes([person], None, SIZE) is None
    assert moving_axes([], panning_camera(70.0, FRAMES), SIZE) is None
    assert moving_axes([person], panning_camera(70.0, FRAMES - 1), SIZE) is None
    nobody = replace(person, valid=np.zeros(FRAMES, bool))
    assert moving_axes([nobody], panning_camera(70.0, FRAMES), SIZE) is None


def test_the_moved_camera_sees_the_scene_as_the_fixed_one_sees_the_moved_people() -> None:
    person, axes = walker(9.0), axes_of(9.0, 70.0)
    assert axes is not None
    moved = axes.seen_by(person)
    camera = SceneView(clip_points([moved]), SIZE).camera()
    for frame in (0, 100, FRAMES - 1):
        there = axes.in_scene(camera, frame).project(person.joints[frame])
        here = camera.project(moved.joints[frame])
        np.testing.assert_allclose(there[0], here[0], atol=0.01)
        np.testing.assert_allclose(there[1], here[1], atol=1e-4)


def test_the_walker_is_larger_and_in_the_picture_all_the_time() -> None:
    person, axes = walker(9.0), axes_of(9.0, 70.0)
    assert axes is not None
    moved = axes.seen_by(person)
    chosen = ChosenView([moved], SIZE)
    assert chosen.main_size >= LARGER * ChosenView([person], SIZE).main_size
    pixels = chosen.view().camera().project(moved.joints)[0]
    assert (pixels >= 0).all() and (pixels < SIZE).all()


def test_who_comes_after_the_main_person_is_followed_then() -> None:
    early = np.arange(FRAMES) < 100
    first = replace(walker(9.0), valid=early)
    second = replace(walker(9.0, person=2), valid=np.arange(FRAMES) >= 110)
    axes = moving_axes([first, second], panning_camera(70.0, FRAMES), SIZE)
    assert axes is not None
    assert axes.place[-1, 0] == pytest.approx(4.4, abs=0.3)
    assert axes.place[0, 0] == pytest.approx(-4.4, abs=0.3)


def drawn(camera: FilmCamera | None, frame: int, turn: float = 0.0) -> np.ndarray:
    panel = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    ScenePanel([walker(9.0)], SIZE, turn, camera=camera).draw(panel, frame, frame / 30)
    return panel


def test_a_camera_at_rest_changes_no_picture() -> None:
    for turn in (0.0, 20.0):
        still = drawn(None, 60, turn)
        assert np.array_equal(still, drawn(panning_camera(0.0, FRAMES), 60, turn))
        assert not np.array_equal(still, drawn(panning_camera(70.0, FRAMES), 60, turn))
