"""Batches: input, target and up of free motion and of film."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from glagcn_cli.camera import ray_rotations
from glagcn_cli.lifting.normalisation import FILLED_SCORE, IMAGE, PERSON, normalise_windows
from glagcn_cli.skeleton import AS_GIVEN, CONVERSION, H36M17, HUMANEVA15, MPI_INF_3DHP17
from glagcn_training.samples.augment import Augmentation
from glagcn_training.samples.batches import filmed_batch, virtual_batch
from glagcn_training.samples.cameras import IMAGE_SIZE, CameraRange, draw_cameras
from glagcn_training.samples.virtual_detector import observe
from tests.helpers.training_draws import AlwaysYes, clips, double_draws, step_draws

PLAIN = Augmentation(mirror=False, bodies=0.0, noise=0.0)
EVERYTHING = Augmentation(
    postures=0.3, noise=1.0, occlusion=0.5, missing_frames=0.5, swaps=0.5, crop=0.5,
    rotate_target=5.0,
)  # fmt: skip


@pytest.fixture
def motion():
    return clips().double()


def film(motion):
    """What the cameras of a film would give: joints in the camera frame, pixels, size, fov."""
    cameras = draw_cameras(step_draws(len(motion)), motion, CameraRange())
    joints = cameras.to_camera(motion)
    size = torch.tensor([IMAGE_SIZE]).repeat(len(motion), 1)
    return joints, cameras.project(joints), size, cameras.fov


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
    inputs, targets, _ = virtual_batch(double_draws(), motion, PLAIN, normalisation, AS_GIVEN)
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    in_camera = cameras.to_camera(motion).numpy()
    pixels = cameras.project(cameras.to_camera(motion)).numpy()
    expected = normalise_windows(pixels, normalisation, IMAGE_SIZE)
    np.testing.assert_allclose(inputs, expected, atol=2e-6)
    back = targets.numpy()
    if normalisation == PERSON:
        back = np.einsum("ntji,ntvj->ntvi", ray_rotations(in_camera[:, :, 0]), back)
    np.testing.assert_allclose(back, in_camera - in_camera[:, :, :1], atol=1e-6)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_up_is_the_worlds_in_the_frame_of_the_targets(motion, normalisation):
    """The figure stands: turned back, its targets lie over one another as in the world."""
    settings = Augmentation(mirror=True, bodies=0.0, cameras=CameraRange(roll=25.0))
    batch = virtual_batch(step_draws(3), motion, settings, normalisation, AS_GIVEN)
    assert batch.up.shape == (3, 27, 3)
    height = (batch.targets * batch.up[:, :, None]).sum(-1)
    expected = motion[..., 2] - motion[:, :, :1, 2]
    mirrored = expected[:, :, list(H36M17.mirror)]
    for found, one, other in zip(height, expected.float(), mirrored.float(), strict=True):
        same = [torch.allclose(found, heights, atol=1e-5) for heights in (one, other)]
        assert any(same)


def test_up_of_a_person_turns_back_into_the_cameras_up(motion):
    batch = virtual_batch(double_draws(), motion, PLAIN, PERSON, AS_GIVEN)
    cameras = draw_cameras(double_draws(), motion, CameraRange())
    roots = cameras.to_camera(motion)[:, :, 0].numpy()
    back = np.einsum("ntji,ntj->nti", ray_rotations(roots), batch.up.numpy())
    world = np.einsum("nji,ntj->nti", cameras.rotation.numpy(), back)
    np.testing.assert_allclose(world, np.broadcast_to([0, 0, 1], world.shape), atol=1e-6)


def test_film_does_not_tell_up(motion):
    assert filmed_batch(step_draws(3), *film(motion), H36M17, PLAIN, PERSON).up is None


def test_a_batch_is_finite_of_unit_size_and_depends_on_seed_and_step_alone():
    motion, noisy = clips(), Augmentation(noise=1.0, exact=0.0)
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
    whole = virtual_batch(step_draws(6), motion, EVERYTHING, normalisation, CONVERSION, 3)
    for rows in (slice(0, 6, 2), slice(1, 6, 2)):
        draws = step_draws(6, rows=rows)
        part = virtual_batch(draws, motion[rows], EVERYTHING, normalisation, CONVERSION, 3)
        for all_rows, own in zip(whole, part, strict=True):
            torch.testing.assert_close(own, all_rows[rows], atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    "change, inputs_change, targets_change",
    [
        ({"noise": 1.0, "exact": 0.0}, True, False),
        ({"occlusion": 1.0}, True, False),
        ({"missing_frames": 1.0}, True, False),
        ({"swaps": 1.0}, True, False),
        ({"crop": 1.0}, True, False),
        ({"rotate_target": 20.0}, False, True),
        ({"bodies": 1.0}, True, True),
    ],
)
def test_each_setting_changes_what_it_says(change, inputs_change, targets_change):
    motion = clips()
    settings = {"mirror": False, "bodies": 0.0, "noise": 0.0}
    plain = virtual_batch(step_draws(3), motion, PLAIN, IMAGE, AS_GIVEN)
    changed = virtual_batch(
        step_draws(3), motion, Augmentation(**settings | change), IMAGE, AS_GIVEN
    )
    assert torch.equal(plain.inputs, changed.inputs) != inputs_change
    assert torch.equal(plain.targets, changed.targets) != targets_change


def test_what_is_not_asked_for_is_off():
    plain = Augmentation()
    for name in ("postures", "noise", "occlusion", "missing_frames", "swaps", "crop"):
        assert getattr(plain, name) == 0
    assert plain.rotate_target == 0 and plain.playback == (1.0, 1.0)


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


@pytest.mark.parametrize("normalisation, channels", [(PERSON, 3), (IMAGE, 3), (PERSON, 2)])
def test_batches_are_made_on_the_device_without_waiting_for_it(normalisation, channels):
    motion = torch.empty((4, 27, 17, 3), device="meta")
    size, fov = torch.empty((4, 2), device="meta"), torch.empty(4, device="meta")
    for _ in range(2):  # constants are copied to the device once, in the first round
        with DeviceCopies() as copies:
            virtual = virtual_batch(
                MetaDraws(), motion, EVERYTHING, normalisation, CONVERSION, channels
            )
            filmed = filmed_batch(
                MetaDraws(), motion, motion[..., :2], size, fov, MPI_INF_3DHP17, EVERYTHING,
                normalisation, channels,
            )  # fmt: skip
    assert copies.found == []
    assert {tensor.device.type for tensor in (*virtual, *filmed[:2])} == {"meta"}


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_film_of_virtual_cameras_gives_the_batch_of_virtual_cameras(motion, normalisation):
    virtual = virtual_batch(step_draws(3), motion, PLAIN, normalisation, AS_GIVEN)
    filmed = filmed_batch(step_draws(3), *film(motion), H36M17, PLAIN, normalisation)
    for a, b in zip(virtual[:2], filmed[:2], strict=True):
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
    for a, b in zip(found[:2], expected[:2], strict=True):
        torch.testing.assert_close(a, b, atol=5e-6, rtol=0)


def test_half_of_the_film_is_mirrored():
    joints = torch.rand(2000, 1, 15, 3) + torch.tensor([5.0, 0.0, 3.0])
    keypoints, size = 900 * torch.rand(2000, 1, 15, 2), torch.tensor([[1000, 1000]] * 2000)
    inputs, _, _ = filmed_batch(
        step_draws(2000), joints, keypoints, size, torch.full((2000,), 60.0), HUMANEVA15,
        Augmentation(noise=0.0), IMAGE,
    )  # fmt: skip
    straight = normalise_windows(keypoints, IMAGE, size)
    same = torch.isclose(inputs, straight).all(dim=-1).all(dim=-1)[:, 0]
    assert same.float().mean() == pytest.approx(0.5, abs=0.04)


def test_film_is_relative_to_the_root_of_its_joint_set_and_to_the_size_of_its_picture():
    joints, keypoints = torch.rand(2, 3, 17, 3) + 2, 400 * torch.rand(2, 3, 17, 2)
    size, fov = torch.tensor([[2048, 2048], [1920, 1080]]), torch.full((2,), 50.0)
    inputs, targets, _ = filmed_batch(
        step_draws(2), joints, keypoints, size, fov, MPI_INF_3DHP17, PLAIN, IMAGE
    )
    torch.testing.assert_close(targets, joints - joints[:, :, 14:15])
    to_person, turned, _ = filmed_batch(
        step_draws(2), joints, keypoints, size, fov, MPI_INF_3DHP17, PLAIN, PERSON
    )
    torch.testing.assert_close(to_person, normalise_windows(keypoints, PERSON, size, root=14))
    torch.testing.assert_close(turned.norm(dim=-1), targets.norm(dim=-1))
    for i, (width, height) in enumerate(size.tolist()):
        expected = keypoints[i] / width * 2 - torch.tensor([1, height / width])
        torch.testing.assert_close(inputs[i], expected)


def test_noise_reaches_the_2d_of_film_and_not_its_targets(motion):
    settings = Augmentation(mirror=False, noise=1.0, exact=0.0)
    exact = filmed_batch(step_draws(3), *film(motion), H36M17, PLAIN, PERSON)
    noisy = filmed_batch(step_draws(3), *film(motion), H36M17, settings, PERSON)
    assert not torch.allclose(exact.inputs, noisy.inputs, atol=1e-3)
    assert torch.equal(exact.targets, noisy.targets)


def many(settings, normalisation, channels):
    draws = step_draws(300)
    motion = clips(300)
    return virtual_batch(draws, motion, settings, normalisation, CONVERSION, channels)


@pytest.mark.parametrize("normalisation", [PERSON, IMAGE])
def test_missing_joints_are_zero_and_only_they_and_never_the_root(normalisation):
    inputs = many(EVERYTHING, normalisation, 3).inputs
    assert inputs.isfinite().all() and inputs.shape == (300, 27, 17, 3)
    places, scores = inputs[..., :2], inputs[..., 2]
    missing = scores == 0
    assert (places[missing] == 0).all()
    assert (places[~missing] != 0).any(dim=-1).float().mean() > 0.999
    assert missing.any(dim=1)[:, 1:].any(dim=0).all() and not missing[:, :, 0].any()
    assert 0.02 < missing.float().mean() < 0.3
    assert scores.min() >= 0 and scores.max() <= 1
    filled = scores == FILLED_SCORE
    assert 0.02 < filled.float().mean() < 0.3


def test_some_samples_have_scores_and_some_do_not_tell_them():
    settings = Augmentation(noise=1.0, exact=0.4)
    scores = many(settings, PERSON, 3).inputs[..., 2]
    untold = (scores == 1).all(dim=2).all(dim=1)
    assert untold.float().mean() == pytest.approx(0.3, abs=0.08)
    assert scores[~untold].min() > 0 and scores[~untold].std() > 0.1


def test_without_scores_nothing_is_missing():
    inputs = many(EVERYTHING, PERSON, 2).inputs
    assert inputs.shape == (300, 27, 17, 2)
    assert (inputs[:, :, 1:] != 0).any(dim=-1).all()  # one coordinate can be the root's


def test_film_gets_scores_and_missing_joints_too(motion):
    settings = Augmentation(mirror=True, noise=1.0, occlusion=1.0, exact=0.0)
    inputs = filmed_batch(step_draws(3), *film(motion), H36M17, settings, PERSON, 3).inputs
    assert inputs.shape == (3, 27, 17, 3)
    assert (inputs[..., 2] < 1).any()
    assert (inputs[inputs[..., 2] == 0][:, :2] == 0).all()
