"""T-poses put before or after a motion are cut; people who stand in one keep theirs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from glagcn_training.conversion.t_pose import without_t_pose
from tests.helpers.moving_figure import Figure, walking

HEIGHT = 1.75


def z_up(joints: np.ndarray) -> np.ndarray:
    return np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], axis=-1)


def posed(share: np.ndarray, moves: dict) -> np.ndarray:
    """Between a T-pose (share 0) and a figure's angles (share 1), angle by angle."""
    still = {"raised": 90.0}
    angles = {
        name: (1 - share) * still.get(name, 0.0) + share * np.broadcast_to(angle, share.shape)
        for name, angle in moves.items()
    }
    return z_up(Figure(len(share), **angles).joints)


def ease(count: int, smooth: bool) -> np.ndarray:
    share = np.arange(count) / count
    return share**2 * (3 - 2 * share) if smooth else share


def walk(count: int, fps: float) -> dict:
    phase = 2 * np.pi * np.arange(count) / fps
    return {
        "hip": 25 * np.sin(phase), "knee": 20 + 15 * np.cos(phase), "shoulder": 25 * np.sin(phase),
        "elbow": 20 + 10 * np.sin(phase), "raised": 10.0, "twist": 8 * np.sin(phase),
    }  # fmt: skip


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("fps", [30, 60, 120])
@pytest.mark.parametrize("blend", [1, 2, 3, 5])
@pytest.mark.parametrize("end", ["start", "end"])
def test_a_blended_t_pose_is_cut(fps, blend, smooth, end) -> None:
    share = np.ones(90)
    share[:blend] = ease(blend, smooth)
    joints = posed(share, walk(90, fps))
    if end == "end":
        joints = joints[::-1]
    left, before, after = without_t_pose(joints, Fraction(fps), HEIGHT)
    cut, other = (before, after) if end == "start" else (after, before)
    assert other == 0 and blend - 1 <= cut <= blend + 2
    pure = posed(np.ones(90), walk(90, fps))
    kept = pure[cut:] if end == "start" else pure[cut:][::-1]
    assert np.linalg.norm(left - kept, axis=-1).max() < 0.12  # at most the last eased frame is left
    if not smooth:
        assert cut >= blend


def test_a_t_pose_that_is_held_before_it_is_cut_whole() -> None:
    share = np.ones(100)
    share[:25] = np.concatenate([np.zeros(20), ease(5, smooth=False)])
    _, before, after = without_t_pose(posed(share, walk(100, 60)), Fraction(60), HEIGHT)
    assert before == 25 and after == 0


@pytest.mark.parametrize("seconds", [0.45, 0.6, 1.0])
@pytest.mark.parametrize("fps", [30, 60, 120])
def test_people_who_lower_their_arms_keep_their_t_pose(seconds, fps) -> None:
    frames = round(seconds * fps)
    share = np.ones(2 * fps)
    share[:frames] = ease(frames, smooth=True)
    joints = posed(share, {"raised": 8.0, "elbow": 10.0})
    assert without_t_pose(joints, Fraction(fps), HEIGHT)[1:] == (0, 0)


@pytest.mark.parametrize("fps", [30, 60, 120])
@pytest.mark.parametrize("hertz", [0.5, 1.0, 1.5])
def test_jumping_jacks_that_begin_in_a_t_pose_are_not_cut(fps, hertz) -> None:
    phase = 2 * np.pi * hertz * np.arange(3 * fps) / fps
    joints = z_up(Figure(3 * fps, raised=90 + 70 * np.sin(phase), alternate=False).joints)
    assert without_t_pose(joints, Fraction(fps), HEIGHT)[1:] == (0, 0)


def test_people_who_stand_in_it_and_walks_are_not_cut() -> None:
    sway = 2 * np.sin(np.arange(200) / 20)
    standing = z_up(Figure(200, raised=90 + sway, bend=sway / 3).joints)
    for joints in (standing, z_up(walking(200).joints)):
        assert without_t_pose(joints, Fraction(50), HEIGHT)[1:] == (0, 0)


def test_a_quick_blow_out_of_another_posture_is_not_cut() -> None:
    share = np.clip(np.arange(60) / 4, 0, 1)
    guard = {"raised": 20.0, "elbow": 120.0, "shoulder": 60.0}
    angles = {name: angle * (1 - share) for name, angle in guard.items()}
    joints = z_up(Figure(60, **angles, alternate=False).joints)
    assert without_t_pose(joints, Fraction(50), HEIGHT)[1:] == (0, 0)


def test_the_same_along_the_arcs_of_every_limb() -> None:
    """A blend of rotations, as programs make it, is no blend of our figure's angles."""
    target = Rotation.from_euler("xyz", [70, 20, -60], degrees=True)
    way = Slerp([0, 1], Rotation.concatenate([Rotation.identity(), target]))
    share = np.minimum(np.arange(60) / 5, 1)
    joints = posed(np.zeros(60), {"raised": 90.0})
    for first, *arm in ((11, 12, 13), (14, 15, 16)):
        for joint in arm:
            joints[:, joint] = joints[:, first] + way(share).apply(
                joints[0, joint] - joints[0, first]
            )
    sway = 0.002 * np.sin(np.arange(60) / 5)
    joints[5:, 1:, 0] += sway[5:, None]
    assert without_t_pose(joints, Fraction(60), HEIGHT)[1:] == (5, 0)
