"""A camera that moves, from the pixels to the scene."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.measuring.drawn_scenes import yard
from benchmarks.measuring.drawn_world import drawn, looking
from glagcn_cli.errors import UsageError
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import LiftedVideo, VideoLifter
from tests.helpers.clips import encode
from tests.helpers.fake_detection import FakeDetector, random_lifter, use_detector
from tests.helpers.landscape import HEIGHT, LANDSCAPE, WIDTH, view

FRAMES = 45
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def carried(i: int) -> NDArray[np.uint8]:
    """Show a picture of a camera that is carried along: near things pass six times as fast."""
    faster = 1 + 5 * ROWS / HEIGHT
    return np.asarray(cv2.remap(LANDSCAPE, COLUMNS + 600 + i * faster, ROWS, cv2.INTER_LINEAR))


@pytest.fixture
def lift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list], LiftedVideo]:
    use_detector(monkeypatch, FakeDetector())
    lifter = VideoLifter(Settings(lifter=str(random_lifter(tmp_path / "lifter.pth")), device="cpu"))

    def lifted(frames: list) -> LiftedVideo:
        return lifter.lift(encode(tmp_path / "in.mp4", np.stack(frames), 30))

    return lifted


@pytest.mark.parametrize("walks", [False, True])
def test_standing_feet_alone_tell_the_path_where_the_camera_walks(
    lift, caplog, walks: bool
) -> None:
    with caplog.at_level(logging.INFO):
        lifted = lift([carried(i * walks) for i in range(FRAMES)])
    assert (lifted.info.width, lifted.info.height) == (WIDTH, HEIGHT)
    assert lifted.scene.moving_camera == walks
    assert ("standing feet alone" in caplog.text) == walks
    (person,) = lifted.sequences
    assert person.contacts is not None
    assert lifted.camera is None
    assert [camera.walks for camera in lifted.cameras] == [walks]
    assert not lifted.cameras[0].in_place
    moved = np.ptp(person.joints[person.valid, 0, ::2], axis=0).max()
    assert walks or moved < 0.5, "the lifter knows nothing of walking"


def test_turns_of_a_camera_that_walks_are_taken_out(lift, caplog) -> None:
    """It goes round a yard while it turns; the camera goes out with a place in every frame."""
    panels, time = yard(np.random.default_rng(3)), np.arange(30) / 20
    focal = WIDTH / 2 / np.tan(np.radians(30))
    frames = [
        drawn(panels, looking(15 - 25 * t, -3, 0), np.array([1.5 * t - 1, 1.5, 0.0]), focal,
              (WIDTH, HEIGHT))
        for t in time
    ]  # fmt: skip
    with caplog.at_level(logging.INFO):
        lifted = lift(frames)
    assert "walks, and turns by up to" in caplog.text
    (camera,) = lifted.cameras
    assert camera.walks and not camera.in_place and camera.view is not None
    assert 31 < camera.report()["turned_degrees"] < 42
    assert lifted.camera is not None and lifted.camera.known.all()
    assert lifted.sequences[0].contacts is not None


def test_a_pan_is_taken_out_and_goes_out_as_a_camera(lift, caplog) -> None:
    with caplog.at_level(logging.INFO):
        lifted = lift([view(800 + 6 * i) for i in range(FRAMES)])
    assert "the camera turns" in caplog.text
    (person,), camera = lifted.sequences, lifted.camera
    assert person.contacts is not None
    assert camera is not None and camera.known.all() and len(camera) == FRAMES
    shown = lifted.keypoints[0]
    np.testing.assert_allclose(person.keypoints[0, 0], shown.keypoints[0, 11:13].mean(axis=0),
                               atol=0.1)  # fmt: skip


def test_posts_of_the_background_come_to_the_scene_as_planes(lift) -> None:
    """Their normals are level before a level camera, and as unsure as the usual lens."""
    picture = view(800)
    for x in range(10, WIDTH, 40):
        picture[HEIGHT // 8 : HEIGHT // 2, x : x + 8] = 250
    (camera,) = lift([picture] * FRAMES).cameras
    normals = camera.lines[:, :3] / np.linalg.norm(camera.lines[:, :3], axis=1, keepdims=True)
    level = np.abs(normals[:, 1]) < 0.02
    assert level.sum() >= 8
    assert camera.focal_error == 0.25


def test_a_lens_is_taken_out_and_put_back_into_the_2d(tmp_path: Path, monkeypatch) -> None:
    """The 3D changes, the 2D that goes out is that of the video."""
    video = encode(tmp_path / "in.mp4", np.stack([view(800)] * 12), 30)
    lifter = str(random_lifter(tmp_path / "lifter.pth"))
    found = {}
    for lens in (None, "0", "-0.2"):
        use_detector(monkeypatch, FakeDetector())
        found[lens] = VideoLifter(Settings(lifter=lifter, device="cpu", lens=lens)).lift(video)
    joints = {lens: lifted.sequences[0].joints for lens, lifted in found.items()}
    np.testing.assert_array_equal(joints[None], joints["0"])
    assert np.abs(joints["-0.2"] - joints[None]).max() > 0.001
    shown = [lifted.sequences[0].keypoints for lifted in found.values()]
    np.testing.assert_allclose(shown[2], shown[0], atol=0.1)


@pytest.mark.parametrize("lens", ["0.1,0,0,0,0,0", "nan", "no_such_file.yml", ""])
def test_a_lens_that_is_none_is_refused(lens: str) -> None:
    with pytest.raises(UsageError, match="--lens"):
        Settings(lens=lens)


def test_a_lens_that_folds_the_picture_is_refused(tmp_path: Path, monkeypatch) -> None:
    use_detector(monkeypatch, FakeDetector())
    video = encode(tmp_path / "in.mp4", np.stack([view(800)] * 3), 30)
    lifter = str(random_lifter(tmp_path / "lifter.pth"))
    with pytest.raises(UsageError, match="fold the"):
        VideoLifter(Settings(lifter=lifter, device="cpu", lens="-3")).lift(video)
