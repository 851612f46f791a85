"""Bodies put together of several samples' parts, and limbs thrown out and back."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.skeleton import H36M17
from glagcn_training.samples import mixed_bodies
from glagcn_training.samples.mixed_bodies import (
    chest_frames,
    mix_bodies,
    pelvis_frames,
    small_rotations,
)
from glagcn_training.samples.quick_limbs import flick_limbs
from tests.helpers.synthetic_motion import walking
from tests.helpers.training_draws import AlwaysYes, Doubled

SAMPLES = 200
AT = {joint: number for number, joint in enumerate(H36M17.joints)}
CHANGES = pytest.mark.parametrize("change", [mix_bodies, flick_limbs])


def draws(samples: int = SAMPLES, kind: type[Doubled] = Doubled) -> Doubled:
    return kind(3, 1, samples, slice(None), "cpu")


class AllOthers(Doubled, AlwaysYes):
    """Every part comes from another sample."""


def motion(samples: int = SAMPLES) -> torch.Tensor:
    """People of two sizes who walk at different speeds and face different ways."""
    walks = torch.stack([torch.from_numpy(walking(27, speed / 50)) for speed in range(samples)])
    size = 1.0 + 0.2 * (torch.arange(samples) % 2)
    turn = torch.linspace(0, 6, samples).double()
    cos, sin = torch.cos(turn)[:, None, None], torch.sin(turn)[:, None, None]
    x, y, z = walks.double().unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y, z], -1) * size[:, None, None, None]


def bone_lengths(joints: torch.Tensor) -> torch.Tensor:
    return torch.stack([(joints[:, :, c] - joints[:, :, p]).norm(dim=-1)
                        for p, c in H36M17.bone_indices], dim=-1)  # fmt: skip


@CHANGES
def test_bodies_keep_their_bones_place_and_floor(change) -> None:
    before = motion()
    changed = change(draws(), before, 1.0)
    lengths = [bone_lengths(joints).mean(dim=1) for joints in (changed, before)]
    torch.testing.assert_close(*lengths, atol=1e-5, rtol=0)
    torch.testing.assert_close(changed[:, :, 0, :2], before[:, :, 0, :2])
    lowest = [points[..., 2].amin(dim=(1, 2)) for points in (changed, before)]
    torch.testing.assert_close(*lowest)


@CHANGES
def test_some_samples_are_changed_and_the_others_left_as_they_are(change) -> None:
    before = motion()
    touched = (change(draws(), before, 0.25) != before).flatten(1).any(dim=1)
    assert touched.float().mean() == pytest.approx(0.25, abs=0.1)
    assert torch.equal(change(draws(), before, 0.0), before)


def test_frames_are_right_handed_rotations_that_look_where_people_walk() -> None:
    walk = torch.from_numpy(walking(27)[None]).double()
    for frames in (pelvis_frames(walk), chest_frames(walk)):
        identity = torch.eye(3).double().expand_as(frames)
        torch.testing.assert_close(frames @ frames.mT, identity)
        torch.testing.assert_close(torch.linalg.det(frames), torch.ones(1, 27).double())
        assert (frames[..., 2, 2] > 0.8).all()


def test_limbs_of_others_hang_on_the_chest_as_they_hung_on_theirs(monkeypatch) -> None:
    """Without turns and lean, an arm's direction seen from the chest is the one of its donor."""
    for name in ("_LEAN", "_TURNS"):
        monkeypatch.setattr(mixed_bodies, name, 0.0 if name == "_LEAN" else ())
    before = motion(6)
    mixed = mix_bodies(draws(6, AllOthers), before, 1.0)

    def arms(joints: torch.Tensor) -> torch.Tensor:
        bones = joints[:, :, AT["left_elbow"]] - joints[:, :, AT["left_shoulder"]]
        bones = bones / bones.norm(dim=-1, keepdim=True)
        return (chest_frames(joints).mT @ bones[..., None])[..., 0]

    apart = (arms(mixed)[:, None] - arms(before)[None]).norm(dim=-1).mean(dim=-1)
    assert apart.amin(dim=1).max() < 1e-6
    assert (apart.argmin(dim=1) != torch.arange(6)).any()


def test_limbs_come_from_whole_turns_that_are_small() -> None:
    turns = small_rotations(draws(), SAMPLES, 20.0)
    angle = torch.rad2deg(torch.arccos((turns.diagonal(dim1=1, dim2=2).sum(-1) - 1) / 2))
    assert angle.square().mean().sqrt() == pytest.approx(20.0, abs=3.0)


def test_a_flick_moves_one_limb_for_a_few_frames_and_comes_back() -> None:
    before = motion()
    bones = [joints - joints[:, :, list(H36M17.parents)] for joints in
             (before, flick_limbs(draws(), before, 1.0))]  # fmt: skip
    moved = (bones[0] - bones[1]).norm(dim=-1)[:, :, 1:] > 1e-3
    assert moved.any(dim=1).sum(dim=1).max() == 2  # upper and lower bone
    frames = moved.any(dim=2).sum(dim=1)
    assert frames.max() <= 14 and frames.float().mean() > 3


def test_some_arms_are_straight_where_they_arrive() -> None:
    changed = flick_limbs(draws(), motion(), 1.0)
    upper = changed[:, :, AT["left_elbow"]] - changed[:, :, AT["left_shoulder"]]
    lower = changed[:, :, AT["left_wrist"]] - changed[:, :, AT["left_elbow"]]
    cosine = torch.nn.functional.cosine_similarity(upper, lower, dim=-1)
    assert (cosine.amax(dim=1) > 0.999).float().mean() > 0.08
