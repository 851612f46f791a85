"""The 2D of a turning camera, moved to one that stands still."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.camera_path.path import TURNING, CameraPath
from glagcn_cli.camera_path.steadying import steady_view
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.skeleton import COCO17
from tests.helpers.turning_world import turns

SIZE = (1280, 720)
FRAMES = 50
STEPS = np.linspace(0, 1, FRAMES)


def camera(rotation: NDArray, focal: NDArray | float = 1000.0) -> CameraPath:
    nothing = np.zeros(FRAMES)
    lengths = np.broadcast_to(focal, FRAMES).astype(np.float64)
    return CameraPath(TURNING, rotation, lengths, nothing, nothing, np.ones(FRAMES, bool))


def seen(rays: NDArray, path: CameraPath) -> Keypoints2D:
    """Directions (frames, 17, 3) in fixed axes, as the camera shows them."""
    turned = np.einsum("fij,fvj->fvi", path.rotation, rays)
    flat = turned[..., :2] / turned[..., 2:] * path.focal[:, None, None]
    pixels = flat + (np.array(SIZE) - 1) / 2
    return Keypoints2D(
        pixels.astype(np.float32), np.ones((FRAMES, 17), np.float32), np.ones(FRAMES, bool),
        Fraction(25), SIZE, COCO17,
    )  # fmt: skip


def resting(towards: float = 0.0) -> NDArray:
    """Somebody who stands still, this many degrees to the right of the fixed axes."""
    rng = np.random.default_rng(2)
    body = np.concatenate([rng.normal(0, 0.1, (17, 2)), np.ones((17, 1))], axis=1)
    turned = body @ turns(towards)  # rows, so the inverse turn
    return np.tile(turned, (FRAMES, 1, 1))


PATHS = {
    "pan": camera(turns(40 * STEPS - 20)),
    "roll": camera(turns(0, 0, 30 * STEPS - 15)),
    "zoom": camera(turns(0 * STEPS), 800 * 2**STEPS),
    "all": camera(turns(30 * STEPS, 10 * STEPS, 20 * np.sin(9 * STEPS)), 900 * 1.5**STEPS),
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_who_stands_still_stands_still_in_the_view_at_rest(path: CameraPath) -> None:
    person = seen(resting(8), path)
    assert np.ptp(person.keypoints, axis=0).max() > 50
    view = steady_view(path, [person], SIZE)
    assert view is not None
    steady = view.steady(person).keypoints
    assert np.ptp(steady, axis=0).max() < 0.01
    body = PoseSequence(
        np.zeros((FRAMES, 17, 3), np.float32), person.scores, person.valid, person.fps, steady
    )
    np.testing.assert_allclose(view.filmed(body).keypoints, person.keypoints, atol=0.02)


def test_the_view_at_rest_looks_where_the_camera_looked_on_the_whole() -> None:
    path = camera(turns(40 * STEPS - 20))
    view = steady_view(path, [seen(resting(), path)], SIZE)
    assert view is not None
    np.testing.assert_allclose(view.rotation, np.eye(3), atol=1e-6)
    assert view.fov == pytest.approx(2 * np.degrees(np.arctan(0.64)))


def test_a_view_that_would_stretch_people_looks_at_them_instead() -> None:
    path = camera(turns(30 * STEPS + 40), 400.0)
    aside = seen(resting(), path)
    view = steady_view(path, [aside], SIZE)
    assert view is not None
    assert view.rotation[2] @ [0, 0, 1] > np.cos(np.radians(5))


def test_people_all_around_the_camera_have_no_view_at_rest() -> None:
    path = camera(turns(180 * STEPS))
    ahead = np.tile([0.0, 0.0, 1.0], (FRAMES, 17, 1))
    everywhere = np.einsum("fji,fvj->fvi", path.rotation, ahead)
    assert steady_view(path, [seen(everywhere, path)], SIZE) is None


def test_nobody_has_a_view_at_rest_too() -> None:
    assert steady_view(camera(turns(40 * STEPS)), [], SIZE) is not None
