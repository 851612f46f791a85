from __future__ import annotations

import numpy as np

from glagcn_cli.rendering.floor import Floor
from glagcn_cli.rendering.scene_view import Camera, SceneView, clip_points
from tests.helpers.walkers import poses, walk

SIZE = (640, 360)


def drawn(points: np.ndarray, camera: Camera) -> np.ndarray:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    Floor(points).draw(image, camera)
    return image.astype(int)


def brightness(image: np.ndarray, camera: Camera, place: tuple[float, float, float]) -> int:
    column, row = np.rint(camera.project(np.array(place))[0]).astype(int)
    return int(image[row - 1 : row + 2, column - 1 : column + 2].sum(axis=-1).max())


def test_lines_lie_on_whole_metres_of_the_floor() -> None:
    points = clip_points([])
    camera = SceneView(points, SIZE).camera()
    image = drawn(points, camera)
    on_lines = [(1, 0, 0.3), (0, 0, 0.3), (-1, 0, 0.3), (0.3, 0, 1), (0.3, 0, 0)]
    half_lines = [(0.5, 0, 0.3), (-0.5, 0, 0.3), (0.3, 0, 0.5)]
    between = [(0.27, 0, 0.23), (0.73, 0, 0.27), (-0.27, 0, 0.73)]
    whole = [brightness(image, camera, place) for place in on_lines]
    half = [brightness(image, camera, place) for place in half_lines]
    none = [brightness(image, camera, place) for place in between]
    assert min(whole) > max(half) > min(half) > max(none)


def test_the_grid_reaches_along_the_whole_path() -> None:
    joints = walk(np.linspace([-9, 0, -3], [9, 0, 3], 60))
    points = clip_points([poses(joints)])
    camera = SceneView(points, SIZE).camera()
    image = drawn(points, camera)
    for x, z in ((-9, -3), (0, 0), (9, 3)):
        beside = max(brightness(image, camera, (x + d, 0, z)) for d in (0.2, 0.4, 0.6))
        assert brightness(image, camera, (x, 0, z)) > 100
        assert beside > 100


def test_above_the_horizon_there_is_no_line() -> None:
    points = clip_points([])
    camera = SceneView(points, SIZE).camera()
    above = drawn(points, camera)[: int(camera.horizon)]
    assert (above == above[:, :1]).all()


def test_a_camera_within_the_grid_is_no_trouble() -> None:
    points = clip_points([poses(walk(np.zeros((5, 3))))])
    far = SceneView(points, SIZE).camera()
    inside = Camera(far.rotation, np.array([0.2, 0.3, 0.1]), far.focal, SIZE)
    assert drawn(points, inside).max() < 200
