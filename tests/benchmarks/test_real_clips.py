"""Scripts that measure real clips: what they find in motion whose faults are known."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO17, H36M17

FPS = Fraction(50)
SIZE = (1000, 800)
FOCAL = 500 / np.tan(np.radians(30))  # 60 degrees over 1000 pixels


@pytest.fixture(scope="module")
def scripts():
    """The benchmark's modules."""
    from benchmarks.real_video import (
        calibrated_views,
        clip_measures,
        clip_people,
        detector_noise,
        real_clips,
        views_truth,
    )

    return SimpleNamespace(
        views=calibrated_views, measures=clip_measures, people=clip_people,
        noise=detector_noise, clips=real_clips, truth=views_truth,
    )  # fmt: skip


@pytest.fixture
def body() -> np.ndarray:
    """A body of random proportions that sways by turning: its bones are rigid. (200, 17, 3)."""
    rng = np.random.default_rng(3)
    shape = rng.uniform([-0.4, -0.9, -0.3], [0.4, 0.9, 0.3], (17, 3))
    shape[0] = 0
    angle = 0.6 * np.sin(np.arange(200) / 30)
    turn = np.stack([cv2.Rodrigues(np.array([0.0, a, 0.0]))[0] for a in angle])
    return shape @ turn.transpose(0, 2, 1)


def seen(joints: np.ndarray) -> np.ndarray:
    """Pixels of joints 4 m in front of a camera of 60 degrees."""
    placed = joints + np.array([0.2, 0.1, 4.0])
    middle = (np.array(SIZE) - 1) / 2
    return placed[..., :2] / placed[..., 2:] * FOCAL + middle


def poses(scripts, joints):
    return scripts.measures.ClipPoses(joints, seen(joints), np.ones(len(joints), bool))


def test_rigid_bones_do_not_vary_and_one_that_pulses_does_by_as_much(scripts, body):
    assert max(scripts.measures.bone_deviations(poses(scripts, body)).values()) < 1e-9
    elbow, wrist = H36M17.index("left_elbow"), H36M17.index("left_wrist")
    factor = 1 + 0.1 * np.sign(np.sin(np.arange(200)))[:, None]
    body[:, wrist] = body[:, elbow] + factor * (body[:, wrist] - body[:, elbow])
    found = scripts.measures.bone_deviations(poses(scripts, body))
    assert found["left_elbow-left_wrist"] == pytest.approx(10, abs=0.3)
    assert sum(value > 1e-9 for value in found.values()) == 1


def test_only_joints_at_rest_are_judged_for_jitter(scripts, body):
    still_body = np.repeat(body[:1], 200, axis=0)
    moving = H36M17.index("right_wrist")
    still_body[:, moving, 0] += np.sin(np.arange(200) / 4)
    clip = poses(scripts, still_body)
    still = scripts.measures.standing_still(clip.keypoints, clip.valid, FPS)
    assert not still[:, moving].any() or still[:, moving].mean() < 0.2
    assert still[2:-2, H36M17.index("left_knee")].all()
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.001, still_body.shape)
    noise[:, 0] = 0
    shaken = replace(clip, joints=clip.joints + noise)
    resting = still.copy()
    resting[:, moving] = False
    # A second difference of white noise has the standard deviation sqrt(6); the mean length of a
    # normal 3-vector is sqrt(8 / pi) of its coordinates' standard deviation.
    expected = 0.001 * 50**2 * np.sqrt(6) * np.sqrt(8 / np.pi)
    assert scripts.measures.jitter(shaken, resting, FPS) == pytest.approx(expected, rel=0.05)


def test_swaps_and_flips_are_counted_where_they_are_put(scripts, body):
    clip = poses(scripts, body)
    assert scripts.measures.swaps(clip) == 0
    assert scripts.measures.depth_flips(clip, FPS) == 0
    swapped = body.copy()
    swapped[80:] = swapped[80:, list(H36M17.mirror)]
    swapped[120:] = swapped[120:, list(H36M17.mirror)]
    assert scripts.measures.swaps(poses(scripts, swapped)) == 2
    hidden = replace(poses(scripts, swapped), valid=np.arange(200) > 100)
    assert scripts.measures.swaps(hidden) == 1

    knee, ankle = H36M17.index("left_knee"), H36M17.index("left_ankle")
    flipped = np.repeat(body[:1], 200, axis=0)
    flipped[:, ankle] = flipped[:, knee] + [0, 0.3, 0.25]
    flipped[100:, ankle, 2] -= 0.5
    assert scripts.measures.depth_flips(poses(scripts, flipped), FPS) == 1


def test_reprojection_forgives_place_and_turn_but_not_shape(scripts, body):
    clip = poses(scripts, body)
    turned = body @ cv2.Rodrigues(np.array([0.2, 0.4, 0.1]))[0].T + [3.0, 1.0, 0.0]
    assert scripts.measures.reprojection(replace(clip, joints=turned), SIZE) < 0.02
    bent = body.copy()
    bent[:, H36M17.index("left_wrist")] += [0.0, 0.3, 0.0]
    assert scripts.measures.reprojection(replace(clip, joints=bent), SIZE) > 0.3


def rig(scripts):
    """Four cameras around the origin, 4 m away, as no calibration file is at hand."""
    matrix = np.array([[800.0, 0, 500], [0, 800.0, 400], [0, 0, 1]])
    cameras = []
    for number, yaw in enumerate((0.2, 1.6, 3.3, 4.9)):
        rotation = cv2.Rodrigues(np.array([0.0, yaw, 0.0]))[0]
        cameras.append(
            scripts.views.Camera(
                f"cam{number}", rotation, np.array([0.1, 0.0, 4.0]), matrix,
                np.array([-0.05, 0.1, 0.001, -0.001, 0.0]), SIZE,
            )
        )  # fmt: skip
    return cameras


def test_views_that_agree_find_the_point_whatever_one_of_them_says(scripts):
    points = np.random.default_rng(1).uniform(-0.8, 0.8, (30, 17, 3))
    cameras = rig(scripts)
    pixels = np.stack([camera.project(points) for camera in cameras])
    weights = np.ones(pixels.shape[:-1])
    assert np.abs(scripts.views.triangulate(cameras, pixels, weights) - points).max() < 1e-4
    pixels[2, :, 5] += 150.0
    found = scripts.views.triangulate(cameras, pixels, weights)
    assert np.linalg.norm(found - points, axis=-1).max() < 0.02


def test_a_calibration_gives_the_axes_that_opencv_has(scripts, tmp_path):
    """A camera 3 m behind the origin along y, looking along y, with z up in the world."""
    path = tmp_path / "calib.qca.txt"
    path.write_text(
        '<?xml version="1.0"?><calibration><cameras><camera serial="a">'
        '<fov_video left="0" top="0" right="999" bottom="799"/>'
        '<transform x="0" y="-3000" z="0" r11="1" r12="0" r13="0" r21="0" r22="0" r23="1" '
        'r31="0" r32="-1" r33="0"/>'
        '<intrinsic focalLengthU="51200" focalLengthV="51200" centerPointU="32000" '
        'centerPointV="25600" radialDistortion1="0" radialDistortion2="0" radialDistortion3="0" '
        'tangentalDistortion1="0" tangentalDistortion2="0"/>'
        "</camera></cameras></calibration>"
    )
    (camera,) = scripts.views.read_cameras(path)
    assert camera.size == SIZE
    right_and_up = camera.project(np.array([[0.3, 0.0, 0.6]]))
    np.testing.assert_allclose(right_and_up, [[500 + 80, 400 - 160]], atol=1e-6)


def test_noise_put_in_is_noise_found(scripts):
    rng = np.random.default_rng(5)
    frames, rate, quick, steady, time = 4000, Fraction(50), 0.006, 0.012, 0.3
    kept = np.exp(-1 / (float(rate) * time))
    slow = np.zeros((2, frames, 17, 2))
    slow[:, 0] = rng.normal(size=(2, 17, 2))
    for frame in range(1, frames):
        slow[:, frame] = kept * slow[:, frame - 1] + np.sqrt(1 - kept**2) * rng.normal(
            size=(2, 17, 2)
        )
    errors = steady * slow + quick * rng.normal(size=slow.shape)
    errors[0, ::10, 3] += 0.5
    found = scripts.noise.split([errors], [rate])
    np.testing.assert_allclose(found.quick, quick, rtol=0.25)
    np.testing.assert_allclose(found.steady, steady, rtol=0.15)
    assert found.correlation == pytest.approx(time, rel=0.2)
    assert found.gross[3] == pytest.approx(0.05, abs=0.01)
    assert np.delete(found.gross, 3).max() < 0.001


def person(points: np.ndarray, number: int = 1) -> Keypoints2D:
    count = len(points)
    return Keypoints2D(
        points.astype(np.float32), np.ones((count, 17), np.float32), np.ones(count, bool), FPS,
        SIZE, COCO17, number,
    )  # fmt: skip


def test_errors_of_views_have_the_size_that_was_put_in(scripts):
    rng = np.random.default_rng(2)
    shape = rng.uniform(-0.8, 0.8, (17, 3))
    points = np.repeat(shape[None], 150, axis=0)
    cameras = rig(scripts)
    people = []
    for camera in cameras:
        exact = camera.project(points)
        size = np.ptp(exact, axis=1).max(axis=-1).mean()
        shifted = exact + rng.normal(0, 0.01 * size, exact.shape) + [6.0, -4.0]
        people.append(person(shifted))
    errors = scripts.noise.errors_of_views(cameras, people)
    assert np.sqrt(np.square(errors).mean()) == pytest.approx(0.01, rel=0.1)


def test_another_persons_points_are_not_compared(scripts, body):
    first, second = person(seen(body)), person(seen(body) + np.array([300.0, 0.0]), 2)
    other = seen(body) + np.array([301.0, 1.0])
    other[:50] = np.nan
    assert scripts.people.most_alike([first, second], other) is second
    same = scripts.people.same_person(second, other)
    assert not same[:50].any() and same[50:].all()
    assert not scripts.people.same_person(first, other).any()


def test_a_constant_difference_of_definition_is_no_error(scripts, body):
    ours = person(seen(body))
    theirs = ours.keypoints.astype(np.float64) + 0.0
    errors, offset = scripts.noise.errors_between(ours, theirs)
    assert np.abs(errors).max() < 1e-6 and np.abs(offset).max() < 1e-6
    rng = np.random.default_rng(4)
    size = scripts.noise.person_size(ours.keypoints)
    theirs += rng.normal(0, 0.01 * size * np.sqrt(2), theirs.shape)
    errors, _ = scripts.noise.errors_between(ours, theirs)
    assert np.nanstd(errors) == pytest.approx(0.01, rel=0.05)


def test_what_was_found_in_a_clip_is_kept_and_read_again(scripts, body, tmp_path):
    clip = tmp_path / "clip.mp4"
    people = scripts.people.People([person(seen(body)), person(seen(body) + 5, 2)], 1.5)
    kept = tmp_path / "cache" / f"{scripts.people.cache_name(clip)}.people.npz"
    kept.parent.mkdir()
    scripts.people._write(kept, people)
    again = scripts.people.PeopleFinder(tmp_path / "cache")(clip)
    assert again.seconds == 1.5
    assert [p.person for p in again.people] == [1, 2]
    assert again.people[1].fps == FPS and again.people[1].image_size == SIZE
    np.testing.assert_array_equal(again.people[1].keypoints, people.people[1].keypoints)


def test_the_truth_scores_itself_with_nothing(scripts, body):
    cameras = rig(scripts)
    chosen = H36M17.indices(scripts.measures.BODY)
    world = np.zeros((len(body), 17, 3))
    world[:, COCO17.indices(scripts.measures.BODY)] = body[:, chosen]
    people = [person(camera.project(world)) for camera in cameras]
    truth = scripts.truth.Truth.triangulated(cameras, people)
    assert truth.good.mean() > 0.99
    turned = 1.3 * body @ cv2.Rodrigues(np.array([0.3, 1.0, 0.2]))[0].T
    valid = np.ones(len(body), bool)
    wrong = body.copy()
    wrong[:, H36M17.index("left_wrist"), 0] += 0.3
    scores = scripts.truth.score_views(
        {"here": truth}, {"right": [(turned, valid)], "wrong": [(wrong, valid)]}
    )
    assert scores["right"]["here"][0] < 2.0  # the filter's, at the clip's ends
    assert 15 < scores["wrong"]["here"][0] < 100


def test_mediapipe_is_judged_on_the_person_it_follows(scripts, body, monkeypatch):
    lifted = {"lifted": poses(scripts, body)}
    monkeypatch.setattr(scripts.clips, "product_poses", lambda *_: dict(lifted))
    follows = seen(body) + np.array([300.0, 0.0])
    found = scripts.people.People([person(seen(body)), person(follows, 2)], 2.0)
    valid = np.arange(200) < 150
    other = scripts.clips.MediaPipePoses(
        np.where(valid[:, None, None], follows, np.nan),
        np.where(valid[:, None, None], body, np.nan), valid, 3.0,
    )  # fmt: skip
    result = scripts.clips.run_clip(None, found, other, None)
    assert result.person == 2
    assert result.poses["lifted"].valid.sum() == result.poses["MediaPipe"].valid.sum() == 150
    assert result.found == {"lifted": 1.0, "MediaPipe": 0.75}
    figures = scripts.clips.judge(result)
    assert "| MediaPipe | 75 |" in scripts.clips.describe("clip", figures)
