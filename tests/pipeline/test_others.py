"""`--from-3d` with files of other programs: a scene, and the outputs of lifted people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from glagcn_cli.commands.video import main
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.skeleton import H36M17
from tests.helpers.clips import opencv_frames
from tests.helpers.fake_detection import clip
from tests.helpers.recorded_files import (
    CAMERA,
    NAMES,
    POSE2SIM,
    Y_UP,
    Z_UP,
    stacked,
    walker,
    write_array,
    write_landmarks,
    write_trc,
)

HIPS = H36M17.indices(["left_hip", "right_hip"])
ANKLES = H36M17.indices(["left_ankle", "right_ankle"])
HEAD = H36M17.index("head")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def written(result: Result, path: Path) -> np.ndarray:
    """Joints (frames, 17, 3) of the only person of an output."""
    assert result.exit_code == 0, result.output
    (body,) = read_poses(path).sequences
    assert body.valid.all()
    return body.joints


def assert_stands_on_the_floor(joints: np.ndarray) -> None:
    """Upright, the feet at the floor, the left side to the left of where it looks."""
    assert abs(joints[:, ANKLES, 1].min() - 0.08) < 0.06
    up = joints[:, HEAD] - joints[:, ANKLES].mean(axis=1)
    assert (up[:, 1] / np.linalg.norm(up, axis=1)).min() > 0.9
    assert 1.3 < up[:, 1].mean() < 1.7
    left = joints[:, HIPS[0]] - joints[:, HIPS[1]]
    ahead = np.cross(left, [0.0, 1.0, 0.0])
    knees = joints[:, H36M17.indices(["left_knee", "right_knee"])].mean(axis=1)
    legs = (joints[:, HIPS].mean(axis=1) + joints[:, ANKLES].mean(axis=1)) / 2
    assert ((knees - legs) * ahead).sum(axis=1).mean() > 0, "knees bend forwards"


@pytest.mark.parametrize("kind", NAMES)
def test_every_set_comes_out_as_bvh_and_numbers(tmp_path: Path, kind: str) -> None:
    path = write_array(tmp_path / "a.npy", kind, Z_UP, 1000.0)
    result = run(
        "--from-3d", path, "--fps", "50", "-o", tmp_path / "b.npz", "-o", tmp_path / "b.bvh"
    )
    joints = written(result, tmp_path / "b.npz")
    assert_stands_on_the_floor(joints)
    gone = np.linalg.norm(joints[-1, 0] - joints[0, 0])
    assert abs(gone - 1.2 * 99 / 50) < 0.1, "it went as far as it went"
    assert (tmp_path / "b.bvh").stat().st_size > 1000
    report = json.loads((tmp_path / "b.run.json").read_text())
    assert report["settings"]["axes"] == "auto" and report["settings"]["smoothing"] == 7.0


def test_feet_are_held_unless_told_otherwise(tmp_path: Path) -> None:
    shake = np.random.default_rng(0).normal(0, 0.004, (150, 17, 3))
    still = np.repeat(stacked(walker(1), H36M17.joints), 150, axis=0)
    still[:, 3], still[:, 6] = still[:, 6] * [1, 0, 1] + [-0.2, 0.08, 0], still[:, 6] * [1, 0, 1]
    still[:, 6, 1] = 0.08
    np.save(tmp_path / "a.npy", (still + shake) @ Z_UP.T)
    slides = []
    for choice in ("--foot-lock", "--no-foot-lock"):
        out = tmp_path / f"b{choice}.npz"
        joints = written(
            run("--from-3d", tmp_path / "a.npy", "--fps", "50", choice, "-o", out), out
        )
        slides.append(np.ptp(joints[:, ANKLES], axis=0).max())
    assert slides[0] < 0.3 * slides[1]


def test_landmarks_about_the_hips_stay_in_place(tmp_path: Path) -> None:
    path = write_landmarks(tmp_path / "a.json", "timed")
    joints = written(run("--from-3d", path, "-o", tmp_path / "b.npy"), tmp_path / "b.npy")
    assert_stands_on_the_floor(joints)
    assert np.ptp(joints[:, 0, ::2], axis=0).max() < 0.05


def test_height_scales_bodies_of_any_size(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "smpl24", Y_UP, 0.02)
    asked = ("--from-3d", path, "--fps", "50", "-o", tmp_path / "b.npz")
    refused = run(*asked)
    assert refused.exit_code == 2 and "--unit" in refused.output
    joints = written(run(*asked, "--height", "1.8"), tmp_path / "b.npz")
    assert 1.4 < np.ptp(joints[..., 1], axis=1).mean() < 1.8


def test_level_cameras_are_taken_at_their_word(tmp_path: Path) -> None:
    tilt = np.radians(20)
    down = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    path = write_array(tmp_path / "a.npy", "sam3d70", down @ CAMERA, 1.0)
    leans = []
    for up in ("auto", "camera"):
        out = tmp_path / f"{up}.npz"
        joints = written(run("--from-3d", path, "--fps", "50", "--up", up, "-o", out), out)
        axis = (joints[:, HEAD] - joints[:, ANKLES].mean(axis=1)).mean(axis=0)
        leans.append(np.degrees(np.arccos(axis[1] / np.linalg.norm(axis))))
    assert leans[0] < 8 and leans[1] - leans[0] > 15


def test_with_a_video_of_another_rate_poses_keep_their_time(tmp_path: Path) -> None:
    video = clip(tmp_path / "in.mp4", 50)  # 25 frames/s
    points = walker(101)
    markers = {name: points[point] for name, point in POSE2SIM.items()}
    path = write_trc(tmp_path / "a.trc", markers, Y_UP)
    result = run(video, "--from-3d", path, "-o", tmp_path / "b.npz", "-o", tmp_path / "b.mp4")
    joints = written(result, tmp_path / "b.npz")
    alone = written(run("--from-3d", path, "-o", tmp_path / "c.npz"), tmp_path / "c.npz")
    assert len(joints) == len(opencv_frames(tmp_path / "b.mp4")) == 50
    step = 50 / float(read_poses(tmp_path / "b.npz").sequences[0].fps)
    np.testing.assert_allclose(joints[:40], alone[: int(40 * step) : int(step)], atol=0.01)


def test_sheets_show_the_video_without_a_2d_skeleton(tmp_path: Path) -> None:
    video, path = clip(tmp_path / "in.mp4", 50), write_landmarks(tmp_path / "a.json", "timed", 50)
    result = run(video, "--from-3d", path, "-o", tmp_path / "b.png", "-o", tmp_path / "b.html")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "b.png").stat().st_size > 10_000


def test_a_video_of_another_length_is_refused(tmp_path: Path) -> None:
    video = clip(tmp_path / "in.mp4", 20)
    points = walker(300)
    markers = {name: points[point] for name, point in POSE2SIM.items()}
    path = write_trc(tmp_path / "a.trc", markers, Y_UP)
    result = run(video, "--from-3d", path, "-o", tmp_path / "b.mp4")
    assert result.exit_code == 2
    assert "300 frames at 50 frames/s, 6.0 s" in result.output


def test_one_frame_is_written(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", stacked(walker(1), NAMES["smpl24"]) @ Z_UP.T)
    joints = written(
        run("--from-3d", tmp_path / "a.npy", "-o", tmp_path / "b.npz"), tmp_path / "b.npz"
    )
    assert joints.shape == (1, 17, 3)


def test_files_of_ours_refuse_what_has_no_effect_on_them(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "h36m17", Z_UP, 1.0)
    run("--from-3d", path, "--fps", "50", "-o", tmp_path / "ours.npz")
    result = run("--from-3d", tmp_path / "ours.npz", "-o", tmp_path / "c.bvh", "--height", "1.9")
    assert result.exit_code == 2
    assert "--height has no effect on poses that were lifted before" in result.output


def test_options_of_files_are_refused_for_videos(tmp_path: Path) -> None:
    result = run(tmp_path / "in.mp4", "-o", tmp_path / "b.npz", "--joints", "smpl24")
    assert result.exit_code == 2 and "--joints" in result.output


def test_axes_that_are_none_are_a_message(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "smpl24", Z_UP, 1.0)
    result = run("--from-3d", path, "-o", tmp_path / "b.npz", "--axes", "up")
    assert result.exit_code == 2 and "camera, y-up, z-up" in result.output


def test_pickles_are_a_message(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04.")
    result = run("--from-3d", tmp_path / "a.pkl", "-o", tmp_path / "b.npz")
    assert result.exit_code == 1 and "numpy.save" in result.output
