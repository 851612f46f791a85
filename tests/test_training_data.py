"""Virtual cameras, augmentation, samples."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from synthetic_motion import walking
from torch.utils._python_dispatch import TorchDispatchMode

from glagcn_cli.normalisation import IMAGE, PERSON, normalise_windows, ray_rotations
from glagcn_cli.resampling import fill_gaps
from glagcn_cli.skeleton import AS_GIVEN, COCO17, CONVERSION, H36M17, HUMANEVA15, MPI_INF_3DHP17
from glagcn_training import augment
from glagcn_training.augment import (
    add_noise,
    detector_points,
    hide_joints,
    mirror_sides,
    reshape_bodies,
    turn_about_vertical,
)
from glagcn_training.cameras import IMAGE_SIZE, CameraRange, draw_cameras
from glagcn_training.random_draws import GeneratorDraws, StepDraws
from glagcn_training.samples import Augmentation, filmed_batch, observe, virtual_batch

PLAIN = Augmentation(mirror=False, bodies=False, noise=0.0)
EVERYTHING = Augmentation(noise=0.03, occlusion=0.5, rotate_target=5.0)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def double_draws(seed=7):
    return GeneratorDraws(np.random.default_rng(seed))


def step_draws(samples, seed=1, step=0, rows=slice(None)):
    return StepDraws(seed, step, samples, rows, "cpu")


class Doubled(StepDraws):
    """The same numbers in double precision."""

    def uniform(self, low, high, shape):
        return super().uniform(low, high, shape).double()

    def normal(self, std, shape):
        return super().normal(std, shape).double()


class AlwaysYes(StepDraws):
    def chance(self, probability, shape):
        return torch.ones(shape, dtype=torch.bool)


def clips(count=3, frames=27):
    speeds = np.linspace(-1.0, 2.0, count)
    return torch.from_numpy(np.stack([walking(frames, speed) for speed in speeds]))


@pytest.fixture
def motion():
    return clips().double()


def film(motion):
    """What the cameras of a film would give: joints in the camera frame, pixels, size, fov."""
    cameras = draw_cameras(step_draws(len(motion)), motion, CameraRange())
    joints = cameras.to_camera(motion)
    size = torch.tensor([IMAGE_SIZE]).repeat(len(motion), 1)
    return joints, cameras.project(joints), size, cameras.fov


# Cameras


def test_projection_agrees_with_opencv(motion):
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    pixels = cameras.project(cameras.to_camera(motion))
    for i in range(len(motion)):
        f = float(cameras.focal[i])
        matrix = np.array(
            [[f, 0, (IMAGE_SIZE[0] - 1) / 2], [0, f, (IMAGE_SIZE[1] - 1) / 2], [0, 0, 1]]
        )
        rotation = cameras.rotation[i].numpy()
        shift = -rotation @ cameras.position[i].numpy()
        points = motion[i].reshape(-1, 3).numpy()
        expected, _ = cv2.projectPoints(points, cv2.Rodrigues(rotation)[0], shift, matrix, None)
        np.testing.assert_allclose(pixels[i].reshape(-1, 2), expected[:, 0], atol=1e-6)


def test_cameras_see_people_upright_in_front_and_unmirrored():
    motion = torch.from_numpy(walking(5)).double().repeat(400, 1, 1, 1)
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    np.testing.assert_allclose(torch.linalg.det(cameras.rotation), 1.0)
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


def test_cameras_stay_within_their_limits():
    limits = CameraRange((3.0, 4.0), (1.0, 1.5), (40.0, 50.0), 0.2, 0.0)
    motion = torch.from_numpy(walking(5, 0.0)).repeat(500, 1, 1, 1)
    cameras = draw_cameras(step_draws(500), motion, limits)
    away = (cameras.position - motion[:, 0, 0])[:, :2].norm(dim=1)
    root = cameras.project(cameras.to_camera(motion))[:, 0, 0]
    off_centre = 2 * (root - (torch.tensor(IMAGE_SIZE) - 1) / 2) / torch.tensor(IMAGE_SIZE)
    for values, low, high in (
        (away, 3, 4),
        (cameras.position[:, 2], 1, 1.5),
        (cameras.fov, 40, 50),
        (off_centre, -0.2, 0.2),
    ):
        slack = 0.05 * (high - low)
        assert low - slack / 10 <= values.min() < low + slack
        assert high - slack < values.max() <= high + slack / 10


def test_cameras_move_back_from_people_who_reach_out(motion):
    cameras = draw_cameras(double_draws(), motion, CameraRange(distance=(0.1, 0.1)))
    towards = motion.mean(dim=(1, 2)) - cameras.position
    level = towards[:, :2] / towards[:, :2].norm(dim=1, keepdim=True)
    ahead = ((motion - cameras.position[:, None, None])[..., :2] * level[:, None, None]).sum(-1)
    assert ahead.min() > 0.75


def test_single_precision_is_within_a_hundredth_of_a_pixel():
    motion = clips(200) + torch.tensor([8.0, -6.0, 0.0])
    precisions = [
        (step_draws(200), motion),
        (Doubled(1, 0, 200, slice(None), "cpu"), motion.double()),
    ]
    single, double = (
        observe(draw_cameras(draws, points, CameraRange()), points, CONVERSION)
        for draws, points in precisions
    )
    assert (single - double).abs().max() < 0.01


# Evaluation: pixels and joints that the fixed seed has given since the first published figures.
FROZEN = [
    # noise, camera, frame, joint, pixels, relative joint in the camera frame
    (0.0, 0, 0, "hip", (790.7637, 285.1544), (0, 0, 0)),
    (0.0, 0, 17, "left_wrist", (826.1572, 293.2764), (0.22415, 0.01656, 0.21164)),
    (0.0, 1, 17, "left_wrist", (558.0405, 470.6445), (-0.26387, 0.07759, 0.1402)),
    (0.0, 1, 59, "head", (721.8561, 302.2337), (0.04542, -0.67994, 0.13802)),
    (0.03, 0, 59, "head", (815.2169, 182.6419), (-0.00275, -0.67695, -0.15862)),
    (0.03, 1, 0, "hip", (575.4605, 456.3810), (0, 0, 0)),
    (0.03, 1, 59, "head", (720.6209, 299.6808), (0.04542, -0.67994, 0.13802)),
]


@pytest.mark.parametrize("noise, camera, frame, joint, pixels, relative", FROZEN)
def test_cameras_and_noise_of_evaluations_stay_what_they_are(
    noise, camera, frame, joint, pixels, relative
):
    motion = torch.from_numpy(walking(60, 0.5)).double().repeat(2, 1, 1, 1)
    draws = double_draws([2023, 1])
    cameras = draw_cameras(draws, motion, CameraRange())
    np.testing.assert_allclose(cameras.fov, [58.3436, 74.2626], atol=1e-4)
    keypoints = observe(cameras, motion, CONVERSION).double()
    if noise:
        keypoints = add_noise(draws, keypoints, noise, exact=0.0)
    index = H36M17.index(joint)
    np.testing.assert_allclose(keypoints[camera, frame, index], pixels, atol=1e-3)
    joints = cameras.to_camera(motion)[camera, frame]
    np.testing.assert_allclose(joints[index] - joints[0], relative, atol=1e-5)


# Augmentation


def test_mirroring_twice_is_nothing_and_changes_only_the_chosen(motion):
    chosen = torch.tensor([True, False, True])
    once = mirror_sides(motion, chosen, H36M17)
    assert torch.equal(once[1], motion[1])
    assert not torch.allclose(once[0], motion[0])
    assert torch.equal(mirror_sides(once, chosen, H36M17), motion)


def test_mirroring_keeps_left_arm_on_the_left_of_who_looks_ahead():
    mirrored = mirror_sides(clips(3), torch.ones(3, dtype=torch.bool), H36M17)
    across = mirrored[:, 0, H36M17.index("left_shoulder")] - mirrored[:, 0, 0]
    # The figure looks along -x now: its left is at -y.
    assert (across[:, 1] < -0.1).all()


def test_bodies_change_shape_alike_on_both_sides_and_over_time(motion):
    shaped = reshape_bodies(double_draws(), motion)
    before, after = (
        torch.stack([(m[:, :, c] - m[:, :, p]).norm(dim=-1) for p, c in H36M17.bone_indices])
        for m in (motion, shaped)
    )
    ratio = (after / before).numpy()
    assert np.ptp(ratio, axis=2).max() < 1e-6  # constant over time
    assert np.ptp(ratio[:, :, 0], axis=1).min() > 0.005  # differs from body to body
    names = [child for _, child in H36M17.bones]
    for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
        left, right = names.index(f"left_{name}"), names.index(f"right_{name}")
        np.testing.assert_allclose(ratio[left], ratio[right], rtol=1e-6)


def test_bodies_have_the_spread_and_the_footing_asked_for():
    motion = torch.from_numpy(walking(1)).repeat(3000, 1, 1, 1)
    shaped = reshape_bodies(step_draws(3000), motion)[:, 0]
    knee, ankle = H36M17.index("left_knee"), H36M17.index("left_ankle")
    ratio = (shaped[:, ankle] - shaped[:, knee]).norm(dim=1) / 0.42
    assert ratio.mean() == pytest.approx(1, abs=0.01)
    assert ratio.std() == pytest.approx((0.1**2 + 0.1**2) ** 0.5, abs=0.01)
    thighs = (shaped[:, 0, 2] - shaped[:, knee, 2]) / 0.42
    feet = shaped[:, ankle, 2] / ((thighs + ratio) / 2)
    np.testing.assert_allclose(feet, 0.08, atol=1e-5)  # where they stood, in the body's own size
    hips = H36M17.indices(("left_hip", "right_hip"))
    width = (shaped[:, hips[0]] - shaped[:, hips[1]]).norm(dim=1) / 0.2
    assert width.mean() == pytest.approx(1.35, abs=0.02)


def test_detector_points_of_a_figure_that_looks_along_x():
    figure = torch.from_numpy(walking(1)[0])
    points = dict(zip(COCO17.joints, detector_points(figure), strict=True))
    head = figure[H36M17.index("head")]
    torch.testing.assert_close((points["left_ear"] + points["right_ear"]) / 2, head)
    assert points["nose"][0] > head[0] + 0.1
    assert points["left_ear"][1] > points["right_ear"][1]
    assert points["left_eye"][1] > points["right_eye"][1]
    assert points["left_eye"][2] > head[2]
    assert torch.equal(points["left_knee"], figure[H36M17.index("left_knee")])


def test_noise_has_the_size_asked_for_and_leaves_exact_samples_alone():
    keypoints = torch.zeros((4000, 9, 17, 2))
    keypoints[:, :, 0] = -50
    keypoints[:, :, 1] = 50  # a person of 100 pixels
    noise = (add_noise(step_draws(4000), keypoints, 0.06, exact=0.25) - keypoints).numpy()
    untouched = (noise == 0).all(axis=(1, 2, 3))
    assert 0.22 < untouched.mean() < 0.28
    spread = noise[~untouched].std(axis=(1, 2, 3))
    assert spread.max() < 7.5
    assert 2.0 < spread.mean() < 3.2  # uniform in 0..6, its slow half smaller amid the window


def test_hidden_joints_are_filled_as_inference_fills_gaps(monkeypatch):
    monkeypatch.setattr(augment, "_HIDDEN_NOISE", 0.0)
    keypoints = 100 * torch.randn((60, 27, 17, 2), dtype=torch.float64)
    hidden = hide_joints(double_draws(), keypoints, 1.0)
    everybody = np.ones(27, dtype=bool)
    for before, after in zip(keypoints.numpy(), hidden.numpy(), strict=True):
        seen = (before == after).all(axis=-1)
        assert not seen.all() and seen[0].all() and seen[-1].all()
        filled, _ = fill_gaps(before, seen, everybody, max_gap=27)
        np.testing.assert_allclose(after, filled, atol=1e-4)


def test_one_to_three_joints_of_the_chosen_samples_are_hidden_for_one_stretch():
    keypoints = 100 * torch.randn((4000, 27, 17, 2))
    changed = (hide_joints(step_draws(4000), keypoints, 0.3) != keypoints).any(dim=-1)
    counts = changed.any(dim=1).sum(dim=1)
    assert (counts > 0).float().mean() == pytest.approx(0.3, abs=0.03)
    assert set(counts.tolist()) == {0, 1, 2, 3}
    assert (changed.any(dim=1).float().mean(dim=0) > 0.02).all()  # any joint
    stretch = changed.any(dim=2)[counts > 0]
    starts = (stretch[:, 1:] & ~stretch[:, :-1]).sum(dim=1)
    assert (starts == 1).all()
    lengths = stretch.sum(dim=1)
    assert lengths.min() == 2 and lengths.max() == 16  # 0.1 to 0.6 of 27 frames
    # The joints of a sample are hidden together.
    assert torch.equal(changed, changed.any(dim=2)[:, :, None] & changed.any(dim=1)[:, None])


def test_hidden_joints_are_off_by_much():
    keypoints = torch.zeros((2000, 27, 17, 2))
    keypoints[:, :, 0], keypoints[:, :, 1] = -50, 50  # a person of 100 pixels, standing still
    noise = hide_joints(step_draws(2000), keypoints, 1.0) - keypoints
    assert noise[noise != 0].std() == pytest.approx(10, abs=0.5)


def test_turning_the_target_keeps_heights_and_distances_from_the_axis():
    targets = torch.randn(300, 4, 17, 3)
    turned = turn_about_vertical(step_draws(300), targets, 30.0)
    assert torch.equal(turned[..., 1], targets[..., 1])
    torch.testing.assert_close(turned[..., ::2].norm(dim=-1), targets[..., ::2].norm(dim=-1))
    angle = torch.atan2(turned[..., 0], turned[..., 2])
    angle = torch.rad2deg(angle - torch.atan2(targets[..., 0], targets[..., 2]))
    angle = (angle + 180) % 360 - 180
    torch.testing.assert_close(angle, angle[:, :1, :1].expand_as(angle), atol=0.01, rtol=0)
    assert -30 <= angle.min() < -27 and 27 < angle.max() <= 30


# Samples of virtual cameras


def test_exact_2d_of_limbs_is_the_projection_of_the_motion(motion):
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    direct = cameras.project(cameras.to_camera(motion))
    seen = observe(cameras, motion, CONVERSION)
    limbs = [i for i, j in enumerate(H36M17.joints) if "_" in j]
    np.testing.assert_allclose(seen[:, :, limbs], direct[:, :, limbs], atol=0.01)
    np.testing.assert_allclose(observe(cameras, motion, AS_GIVEN), direct, atol=0.01)
    assert not np.allclose(seen, direct, atol=1.0)  # a detector's hip, spine and neck


def test_an_unknown_conversion_is_refused(motion):
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    with pytest.raises(ValueError, match="'other'"):
        observe(cameras, motion, "other")


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_targets_are_in_the_frame_that_the_lifter_answers_in(motion, normalisation):
    inputs, targets = virtual_batch(double_draws(), motion, PLAIN, normalisation, AS_GIVEN)
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    in_camera = cameras.to_camera(motion).numpy()
    pixels = cameras.project(cameras.to_camera(motion)).numpy()
    expected = normalise_windows(pixels, normalisation, IMAGE_SIZE)
    np.testing.assert_allclose(inputs, expected, atol=2e-6)
    back = targets.numpy()
    if normalisation == PERSON:
        back = np.einsum("ntji,ntvj->ntvi", ray_rotations(in_camera[:, :, 0]), back)
    np.testing.assert_allclose(back, in_camera - in_camera[:, :, :1], atol=1e-6)


def test_a_batch_is_finite_of_unit_size_and_depends_on_seed_and_step_alone():
    motion, noisy = clips(), Augmentation(noise=0.03)
    first, again, other = (
        virtual_batch(step_draws(3, step=step), motion, noisy, PERSON, CONVERSION)
        for step in (3, 3, 4)
    )
    for a, b, c in zip(first, again, other, strict=True):
        assert torch.equal(a, b)
        assert not torch.allclose(a, c)
        assert a.isfinite().all() and a.dtype == torch.float32
    size = first.inputs[:, :, 1:].square().sum(-1).mean(dim=(1, 2)).sqrt()
    np.testing.assert_allclose(size, 1.0, rtol=1e-4)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_two_processes_make_the_batch_that_one_would(normalisation):
    motion = clips(6)
    whole = virtual_batch(step_draws(6), motion, EVERYTHING, normalisation, CONVERSION)
    for rows in (slice(0, 6, 2), slice(1, 6, 2)):
        draws = step_draws(6, rows=rows)
        part = virtual_batch(draws, motion[rows], EVERYTHING, normalisation, CONVERSION)
        for all_rows, own in zip(whole, part, strict=True):
            torch.testing.assert_close(own, all_rows[rows], atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    "change, inputs_change, targets_change",
    [
        ({"noise": 0.03, "exact": 0.0}, True, False),
        ({"occlusion": 1.0}, True, False),
        ({"rotate_target": 20.0}, False, True),
        ({"bodies": True}, True, True),
    ],
)
def test_each_setting_changes_what_it_says(change, inputs_change, targets_change):
    motion = clips()
    settings = {"mirror": False, "bodies": False, "noise": 0.0}
    plain = virtual_batch(step_draws(3), motion, PLAIN, IMAGE, AS_GIVEN)
    changed = virtual_batch(
        step_draws(3), motion, Augmentation(**settings | change), IMAGE, AS_GIVEN
    )
    assert torch.equal(plain.inputs, changed.inputs) != inputs_change
    assert torch.equal(plain.targets, changed.targets) != targets_change


def test_what_is_not_asked_for_is_off():
    assert Augmentation().occlusion == Augmentation().rotate_target == 0


def test_lower_precision_of_the_network_does_not_reach_the_samples():
    plain = virtual_batch(step_draws(3), clips(), EVERYTHING, PERSON, CONVERSION)
    with torch.autocast("cpu", torch.bfloat16):
        under = virtual_batch(step_draws(3), clips(), EVERYTHING, PERSON, CONVERSION)
    for a, b in zip(plain, under, strict=True):
        assert torch.equal(a, b)


class DeviceCopies(TorchDispatchMode):
    """Counts what makes a host wait for a GPU: copies between devices and values read back."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name, device = str(func), (kwargs or {}).get("device")
        moved = "_to_copy" in name and device is not None and device != args[0].device
        if moved or "_local_scalar" in name or "nonzero" in name:
            self.found.append(name)
        return func(*args, **(kwargs or {}))


class MetaDraws:
    """Shapes without numbers, on a device other than the CPU."""

    def uniform(self, low, high, shape):
        return torch.empty(shape, device="meta")

    def normal(self, std, shape):
        return torch.empty(shape, device="meta")

    def chance(self, probability, shape):
        return torch.empty(shape, device="meta", dtype=torch.bool)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_batches_are_made_on_the_device_without_waiting_for_it(normalisation):
    motion = torch.empty((4, 27, 17, 3), device="meta")
    size, fov = torch.empty((4, 2), device="meta"), torch.empty(4, device="meta")
    for _ in range(2):  # constants are copied to the device once, in the first round
        with DeviceCopies() as copies:
            virtual = virtual_batch(MetaDraws(), motion, EVERYTHING, normalisation, CONVERSION)
            filmed = filmed_batch(
                MetaDraws(), motion, motion[..., :2], size, fov, MPI_INF_3DHP17, EVERYTHING,
                normalisation,
            )  # fmt: skip
    assert copies.found == []
    assert {tensor.device.type for tensor in (*virtual, *filmed)} == {"meta"}


# Samples of film


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_film_of_virtual_cameras_gives_the_batch_of_virtual_cameras(motion, normalisation):
    virtual = virtual_batch(step_draws(3), motion, PLAIN, normalisation, AS_GIVEN)
    filmed = filmed_batch(step_draws(3), *film(motion), H36M17, PLAIN, normalisation)
    for a, b in zip(virtual, filmed, strict=True):
        torch.testing.assert_close(a, b, atol=5e-6, rtol=0)
        assert b.dtype == torch.float32


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_mirrored_film_is_what_a_mirrored_picture_gives(motion, normalisation):
    joints, keypoints, size, fov = film(motion)
    draws = AlwaysYes(1, 0, 3, slice(None), "cpu")
    settings = Augmentation(noise=0.0)
    found = filmed_batch(draws, joints, keypoints, size, fov, H36M17, settings, normalisation)
    swap = list(H36M17.mirror)
    # The picture's centre lies between pixel centres for rays, between edges for IMAGE.
    edge = IMAGE_SIZE[0] - (normalisation == PERSON)
    mirrored = keypoints[:, :, swap] * torch.tensor([-1, 1]) + torch.tensor([edge, 0])
    reflected = joints[:, :, swap] * torch.tensor([-1, 1, 1])
    expected = filmed_batch(draws, reflected, mirrored, size, fov, H36M17, PLAIN, normalisation)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, atol=5e-6, rtol=0)


def test_half_of_the_film_is_mirrored():
    joints = torch.rand(2000, 1, 15, 3) + torch.tensor([5.0, 0.0, 3.0])
    keypoints, size = 900 * torch.rand(2000, 1, 15, 2), torch.tensor([[1000, 1000]] * 2000)
    inputs, _ = filmed_batch(
        step_draws(2000), joints, keypoints, size, torch.full((2000,), 60.0), HUMANEVA15,
        Augmentation(noise=0.0), IMAGE,
    )  # fmt: skip
    straight = normalise_windows(keypoints, IMAGE, size)
    same = torch.isclose(inputs, straight).all(dim=-1).all(dim=-1)[:, 0]
    assert same.float().mean() == pytest.approx(0.5, abs=0.04)


def test_film_is_relative_to_the_root_of_its_joint_set_and_to_the_size_of_its_picture():
    joints, keypoints = torch.rand(2, 3, 17, 3) + 2, 400 * torch.rand(2, 3, 17, 2)
    size, fov = torch.tensor([[2048, 2048], [1920, 1080]]), torch.full((2,), 50.0)
    inputs, targets = filmed_batch(
        step_draws(2), joints, keypoints, size, fov, MPI_INF_3DHP17, PLAIN, IMAGE
    )
    torch.testing.assert_close(targets, joints - joints[:, :, 14:15])
    to_person, turned = filmed_batch(
        step_draws(2), joints, keypoints, size, fov, MPI_INF_3DHP17, PLAIN, PERSON
    )
    torch.testing.assert_close(to_person, normalise_windows(keypoints, PERSON, size, root=14))
    torch.testing.assert_close(turned.norm(dim=-1), targets.norm(dim=-1))
    for i, (width, height) in enumerate(size.tolist()):
        expected = keypoints[i] / width * 2 - torch.tensor([1, height / width])
        torch.testing.assert_close(inputs[i], expected)


def test_noise_reaches_the_2d_of_film_and_not_its_targets(motion):
    settings = Augmentation(mirror=False, noise=0.05, exact=0.0)
    exact = filmed_batch(step_draws(3), *film(motion), H36M17, PLAIN, PERSON)
    noisy = filmed_batch(step_draws(3), *film(motion), H36M17, settings, PERSON)
    assert not torch.allclose(exact.inputs, noisy.inputs, atol=1e-3)
    assert torch.equal(exact.targets, noisy.targets)
