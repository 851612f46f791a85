"""Other postures: what turns, what stays, and that the body lies on the floor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.measuring.hard_input import POSTURES, bend
from glagcn_cli.skeleton import H36M17
from glagcn_training.samples import postures
from glagcn_training.samples.postures import change_postures
from glagcn_training.samples.random_draws import StepDraws
from tests.helpers.synthetic_motion import walking

SAMPLES = 400
AT = {joint: number for number, joint in enumerate(H36M17.joints)}


def draws(samples: int = SAMPLES) -> StepDraws:
    return StepDraws(3, 1, samples, slice(None), "cpu")


def motion(samples: int = SAMPLES) -> torch.Tensor:
    return torch.from_numpy(np.repeat(walking(27)[None], samples, axis=0)).double()


def bone_lengths(joints: torch.Tensor) -> torch.Tensor:
    return torch.stack([(joints[:, :, c] - joints[:, :, p]).norm(dim=-1)
                        for p, c in H36M17.bone_indices], dim=-1)  # fmt: skip


def test_bodies_keep_their_bones_and_lie_on_the_floor() -> None:
    changed = change_postures(draws(), motion(), 1.0)
    torch.testing.assert_close(bone_lengths(changed), bone_lengths(motion()), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        changed[..., 2].amin(dim=(1, 2)), torch.full((SAMPLES,), 0.05).double()
    )


def test_some_samples_are_changed_and_the_others_left_as_they_are() -> None:
    changed = change_postures(draws(), motion(), 0.25)
    touched = (changed != motion()).flatten(1).any(dim=1)
    assert touched.float().mean() == pytest.approx(0.25, abs=0.06)
    assert not (change_postures(draws(), motion(), 0.0) != motion()).any()


def test_heads_point_up_and_down_and_to_all_sides() -> None:
    changed = change_postures(draws(), motion(), 1.0)
    spine = (changed[:, :, AT["thorax"]] - changed[:, :, AT["hip"]]).mean(dim=1)
    spine = spine / spine.norm(dim=1, keepdim=True)
    assert (spine[:, 2] < -0.5).float().mean() > 0.1
    assert (spine[:, 2].abs() < 0.5).float().mean() > 0.2
    for axis in (0, 1):
        assert spine[:, axis].min() < -0.7 and spine[:, axis].max() > 0.7


def test_limbs_and_heads_bend_in_half_of_them() -> None:
    """Whoever is tipped over as a whole keeps the angles of his joints."""

    def angle(joints: torch.Tensor, a: str, b: str, c: str) -> torch.Tensor:
        one, two = (
            joints[:, 0, AT[a]] - joints[:, 0, AT[b]],
            joints[:, 0, AT[c]] - joints[:, 0, AT[b]],
        )
        return torch.rad2deg(torch.arccos(torch.cosine_similarity(one, two, dim=-1).clip(-1, 1)))

    changed = change_postures(draws(), motion(), 1.0)
    bends = [("thorax", "left_hip", "left_knee"), ("left_hip", "left_knee", "left_ankle"),
             ("hip", "left_shoulder", "left_elbow"), ("spine", "thorax", "head")]  # fmt: skip
    for joints in bends:
        moved = (angle(changed, *joints) - angle(motion(), *joints)).abs()
        assert (moved < 1e-3).float().mean() == pytest.approx(0.5, abs=0.08)
        assert moved.max() > 45


def test_arms_hang_down_from_some_level_trunks() -> None:
    """As on all fours."""
    changed = change_postures(draws(), motion(), 1.0)
    trunk, arm = (
        torch.nn.functional.normalize((changed[:, :, AT[b]] - changed[:, :, AT[a]]).mean(1), dim=1)
        for a, b in (("hip", "thorax"), ("left_shoulder", "left_elbow"))
    )
    level = trunk[:, 2].abs() < 0.4
    assert (arm[level, 2] < -0.8).float().mean() > 0.05


class Fixed(StepDraws):
    """Bends every sample, by the degrees asked for: those of a range by its ends."""

    def __init__(self, degrees: dict[tuple[float, float], float]) -> None:
        super().__init__(0, 0, 1, slice(None), "cpu")
        self.degrees = degrees

    def uniform(self, low: float, high: float, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.full(shape, self.degrees.get((low, high), 0.0))

    def chance(self, probability: float, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.full(shape, probability == 1.0)


@pytest.mark.parametrize("posture, trunk, hips, knees, arms, head", [
    ("on all fours", 90.0, 90.0, 90.0, 0.0, -30.0),
    ("sitting", 0.0, 90.0, 90.0, 0.0, 0.0),
    ("lying on the front", 90.0, 0.0, 0.0, 90.0, 0.0),
    ("lying on the back", -90.0, 0.0, 0.0, -90.0, 0.0),
])  # fmt: skip
def test_bodies_bend_the_way_people_do(posture, trunk, hips, knees, arms, head) -> None:
    """As evaluations bend them, by other code: forward at the hips, backward at the knees."""
    degrees = {postures._TRUNK: trunk, postures._HIPS: hips, postures._KNEES: knees,
               postures._ARMS: arms, postures._HEAD: head}  # fmt: skip
    upright = motion(1)
    changed = change_postures(Fixed(degrees), upright, 1.0)[0].numpy()
    expected = bend(upright[0].numpy(), POSTURES[posture], 50)
    about_hip = [joints - joints[:, :1] for joints in (changed, expected)]
    np.testing.assert_allclose(*about_hip, atol=0.03)  # the two axes differ by some degrees


def test_the_motion_itself_is_what_it_was() -> None:
    """Speeds of joints about the root of those that are tipped over as a whole."""
    changed, before = change_postures(draws(), motion(), 1.0), motion()
    relative = [joints - joints[:, :, :1] for joints in (changed, before)]
    speeds = [joints.diff(dim=1).norm(dim=-1) for joints in relative]
    same = (speeds[0] - speeds[1]).abs().flatten(1).amax(dim=1) < 1e-6
    assert same.float().mean() > 0.4
