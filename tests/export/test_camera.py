"""The camera of a scene in the files that carry it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import InputError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from tests.export.test_glb import Read
from tests.helpers.film_cameras import SIZE, turning_camera
from tests.helpers.moving_figure import sequence, walking

FRAMES = 20


def write(path: Path, **context) -> Path:
    (written,) = writer_for(path)(
        path, [sequence(walking(FRAMES).joints)], ExportContext(image_size=SIZE, **context)
    )
    return written


@pytest.mark.parametrize("name", ["walk.npz", "walk.json"])
def test_the_camera_is_read_back(out: Path, name: str) -> None:
    camera = turning_camera(FRAMES, slice(5, 8)).held()
    read = read_poses(write(out / name, camera=camera)).camera
    assert read is not None
    for field in ("rotation", "position", "focal", "known"):
        np.testing.assert_allclose(getattr(read, field), getattr(camera, field), atol=1e-3)
    np.testing.assert_allclose(read.rotation, camera.rotation, atol=1e-6)


@pytest.mark.parametrize("name", ["walk.npz", "walk.json", "walk.glb"])
def test_files_without_a_camera_say_nothing_of_one(out: Path, name: str) -> None:
    content = write(out / name).read_bytes()
    assert b"camera_" not in content and b'"camera"' not in content


def test_json_says_null_where_the_camera_is_not_known(out: Path) -> None:
    path = write(out / "walk.json", camera=turning_camera(FRAMES, slice(5, 8)))
    frames = json.loads(path.read_text())["camera"]["frames"]
    assert [k for k, frame in enumerate(frames) if frame is None] == [5, 6, 7]
    assert frames[0]["position"] == [0.2, 1.5, 5.0] and frames[0]["focal"] == 1000


def test_a_camera_of_other_frames_is_refused(out: Path) -> None:
    path = write(out / "walk.npz", camera=turning_camera(FRAMES - 3))
    with pytest.raises(InputError, match="other frames"):
        read_poses(path)


def test_glb_shows_people_where_the_video_does(out: Path) -> None:
    """A point through glTF's camera, by the rules of the format, against our own projection."""
    camera = turning_camera(FRAMES)
    read = Read(write(out / "walk.glb", camera=camera))
    (number,) = [k for k, node in enumerate(read.nodes) if node["name"] == "camera"]
    assert number in read.json["scenes"][0]["nodes"]
    _, places = read.track(number, "translation")
    times, turns = read.track(number, "rotation")
    assert len(times) == FRAMES
    lens = read.json["cameras"][read.nodes[number]["camera"]]["perspective"]
    assert lens["aspectRatio"] == pytest.approx(SIZE[0] / SIZE[1])
    focal = np.array(read.nodes[number]["extras"]["focal_pixels"])
    assert SIZE[1] / 2 / np.tan(lens["yfov"] / 2) == pytest.approx(focal[0])
    joints = walking(FRAMES).joints
    expected = camera.project(joints, SIZE)
    for frame in range(FRAMES):
        own = Rotation.from_quat(turns[frame]).inv().apply(joints[frame] - places[frame])
        ndc = own[:, :2] / -own[:, 2:] * focal[frame] / (np.array(SIZE) / 2)
        pixels = (ndc * [1, -1] + 1) / 2 * SIZE - 0.5
        np.testing.assert_allclose(pixels, expected[frame], atol=0.05)
