"""Motion packs, windows, virtual cameras, augmentation, samples."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from synthetic_motion import walking, write_pack

from glagcn_cli.errors import InputError
from glagcn_cli.normalisation import ray_rotations
from glagcn_cli.skeleton import COCO17, H36M17
from glagcn_training.augment import add_noise, detector_points, mirror_motion, reshape_bodies
from glagcn_training.cameras import IMAGE_SIZE, CameraRange, draw_cameras
from glagcn_training.data.packs import MotionClip, WindowSampler, read_pack, read_packs
from glagcn_training.samples import Augmentation, observe, ray_frame_targets, training_batch


def rng():
    return np.random.default_rng(7)


@pytest.fixture
def motion():
    return np.stack([walking(27), walking(27, 2.0), walking(27, 0.0)])


def test_a_pack_is_read_back_to_a_tenth_of_a_millimetre(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    (clip,) = read_pack(tmp_path / "a.npz", "train")
    np.testing.assert_allclose(clip.joints, walking(60, 0.6), atol=1e-4)


def test_a_folder_gives_the_clips_of_all_its_packs(tmp_path):
    write_pack(tmp_path / "a.npz", ("train", "val"))
    write_pack(tmp_path / "b.npz", ("train", "train"))
    assert len(read_packs(tmp_path, "train")) == 3
    assert len(read_packs(tmp_path, "val")) == 1


def test_what_is_no_pack_is_named(tmp_path):
    with pytest.raises(InputError, match="no motion pack here"):
        read_packs(tmp_path, "train")
    np.savez(tmp_path / "other.npz", poses=np.zeros(3))
    with pytest.raises(InputError, match=r"other\.npz is no motion pack"):
        read_packs(tmp_path, "train")
    (tmp_path / "text.npz").write_text("not an archive")
    with pytest.raises(InputError, match=r"text\.npz"):
        read_pack(tmp_path / "text.npz", "train")


def test_nan_in_a_pack_is_refused(tmp_path):
    write_pack(tmp_path / "a.npz", ("train",))
    arrays = dict(np.load(tmp_path / "a.npz"))
    arrays["root"][3] = np.nan
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match="NaN"):
        read_packs(tmp_path, "train")


def test_a_split_without_clips_is_refused(tmp_path):
    write_pack(tmp_path / "a.npz", ("train",))
    with pytest.raises(InputError, match="'val'"):
        read_packs(tmp_path, "val")


def test_windows_never_reach_into_the_next_clip():
    clips = [MotionClip(np.full((n, 17, 3), i, np.float32), "") for i, n in enumerate((40, 5, 30))]
    windows = WindowSampler(clips, 27).sample(rng(), 500)
    assert (windows == windows[:, :1]).all()
    assert set(windows[:, 0, 0, 0]) == {0, 1, 2}


def test_every_frame_of_a_clip_is_drawn():
    frames = np.arange(40, dtype=np.float32)
    clip = MotionClip(np.broadcast_to(frames[:, None, None], (40, 17, 3)).copy(), "")
    windows = WindowSampler([clip], 27).sample(rng(), 500)
    assert set(windows[:, 0, 0, 0]) == set(range(14))
    assert (np.diff(windows[:, :, 0, 0], axis=1) == 1).all()


def test_projection_agrees_with_opencv(motion):
    cameras = draw_cameras(rng(), motion, CameraRange())
    pixels = cameras.project(cameras.to_camera(motion))
    for i in range(len(motion)):
        f = cameras.focal[i]
        matrix = np.array(
            [[f, 0, (IMAGE_SIZE[0] - 1) / 2], [0, f, (IMAGE_SIZE[1] - 1) / 2], [0, 0, 1]]
        )
        rotation = cameras.rotation[i]
        shift = -rotation @ cameras.position[i]
        points = motion[i].reshape(-1, 3).astype(np.float64)
        expected, _ = cv2.projectPoints(points, cv2.Rodrigues(rotation)[0], shift, matrix, None)
        np.testing.assert_allclose(pixels[i].reshape(-1, 2), expected[:, 0], atol=1e-6)


def test_cameras_see_people_upright_in_front_and_unmirrored():
    motion = np.repeat(walking(5)[None], 400, axis=0)
    cameras = draw_cameras(rng(), motion, CameraRange())
    np.testing.assert_allclose(np.linalg.det(cameras.rotation), 1.0)
    in_camera = cameras.to_camera(motion)
    assert in_camera[..., 2].min() > 0.5
    pixels = cameras.project(in_camera)
    head, ankle = H36M17.index("head"), H36M17.index("left_ankle")
    assert (pixels[:, :, head, 1] < pixels[:, :, ankle, 1]).all()
    # Whoever walks away from the camera shows the left arm on the left of the picture.
    away = in_camera[:, -1, 0, 2] - in_camera[:, 0, 0, 2] > 0.08
    left, right = H36M17.index("left_shoulder"), H36M17.index("right_shoulder")
    assert away.sum() > 50
    assert (pixels[away, 0, left, 0] < pixels[away, 0, right, 0]).all()


def test_the_same_seed_gives_the_same_cameras(motion):
    first, second = (draw_cameras(rng(), motion, CameraRange()) for _ in range(2))
    np.testing.assert_array_equal(first.rotation, second.rotation)
    np.testing.assert_array_equal(first.position, second.position)


def test_mirroring_twice_is_nothing_and_changes_only_the_chosen(motion):
    chosen = np.array([True, False, True])
    once = mirror_motion(motion, chosen)
    np.testing.assert_array_equal(once[1], motion[1])
    assert not np.allclose(once[0], motion[0])
    np.testing.assert_array_equal(mirror_motion(once, chosen), motion)


def test_mirroring_keeps_left_arm_on_the_left_of_who_looks_ahead(motion):
    mirrored = mirror_motion(motion, np.ones(3, bool))
    ahead = mirrored[:, -1, 0] - mirrored[:, 0, 0]
    across = mirrored[:, 0, H36M17.index("left_shoulder")] - mirrored[:, 0, 0]
    # z component of ahead x across: positive when left is to the left of the walking direction.
    turn = ahead[:2, 0] * across[:2, 1] - ahead[:2, 1] * across[:2, 0]
    assert (turn > 0).all()


def test_bodies_change_shape_alike_on_both_sides_and_over_time(motion):
    shaped = reshape_bodies(rng(), motion)
    lengths = np.stack(
        [np.linalg.norm(shaped[:, :, c] - shaped[:, :, p], axis=-1) for p, c in H36M17.bone_indices]
    )
    original = np.stack(
        [np.linalg.norm(motion[:, :, c] - motion[:, :, p], axis=-1) for p, c in H36M17.bone_indices]
    )
    ratio = lengths / original
    assert np.ptp(ratio, axis=2).max() < 1e-4  # constant over time
    assert np.ptp(ratio[:, :, 0], axis=1).min() > 0.005  # differs from body to body
    names = [child for _, child in H36M17.bones]
    for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
        left, right = names.index(f"left_{name}"), names.index(f"right_{name}")
        np.testing.assert_allclose(ratio[left], ratio[right], rtol=1e-4)


def test_detector_points_of_a_figure_that_looks_along_x():
    points = dict(zip(COCO17.joints, detector_points(walking(1)[0]), strict=True))
    head = walking(1)[0, H36M17.index("head")]
    np.testing.assert_allclose((points["left_ear"] + points["right_ear"]) / 2, head, atol=1e-6)
    assert points["nose"][0] > head[0] + 0.1
    assert points["left_ear"][1] > points["right_ear"][1]
    assert points["left_eye"][1] > points["right_eye"][1]
    assert points["left_eye"][2] > head[2]
    np.testing.assert_array_equal(points["left_knee"], walking(1)[0, H36M17.index("left_knee")])


def test_exact_2d_of_limbs_is_the_projection_of_the_motion(motion):
    cameras = draw_cameras(rng(), motion, CameraRange())
    direct = cameras.project(cameras.to_camera(motion))
    seen = observe(cameras, motion)
    limbs = [i for i, j in enumerate(H36M17.joints) if "_" in j]
    np.testing.assert_allclose(seen[:, :, limbs], direct[:, :, limbs], atol=0.01)


def test_targets_are_the_camera_frame_turned_to_the_ray(motion):
    cameras = draw_cameras(rng(), motion, CameraRange())
    targets = ray_frame_targets(cameras, motion)
    assert (targets[:, :, 0] == 0).all()
    in_camera = cameras.to_camera(motion)
    back = np.einsum("ntji,ntvj->ntvi", ray_rotations(in_camera[:, :, 0]), targets)
    np.testing.assert_allclose(back, in_camera - in_camera[:, :, :1], atol=1e-5)


def test_noise_has_the_size_asked_for_and_leaves_exact_samples_alone():
    keypoints = np.zeros((4000, 9, 17, 2))
    keypoints[:, :, 0] = -50
    keypoints[:, :, 1] = 50  # a person of 100 pixels
    noise = add_noise(rng(), keypoints, 0.06, exact=0.25) - keypoints
    untouched = (noise == 0).all(axis=(1, 2, 3))
    assert 0.22 < untouched.mean() < 0.28
    spread = noise[~untouched].std(axis=(1, 2, 3))
    assert spread.max() < 7.5
    assert 2.0 < spread.mean() < 3.2  # uniform in 0..6, its slow half smaller amid the window


def test_a_batch_is_finite_of_unit_size_and_depends_on_the_seed_alone(motion):
    first = training_batch(np.random.default_rng(3), motion, Augmentation())
    again = training_batch(np.random.default_rng(3), motion, Augmentation())
    other = training_batch(np.random.default_rng(4), motion, Augmentation())
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.allclose(a, c)
        assert np.isfinite(a).all()
    size = np.sqrt(np.square(first[0][:, :, 1:]).sum(-1).mean(axis=(1, 2)))
    np.testing.assert_allclose(size, 1.0, rtol=1e-4)
