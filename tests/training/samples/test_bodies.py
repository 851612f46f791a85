"""Other bodies on the same motion."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import H36M17
from glagcn_training.samples.bodies import mark_joints_elsewhere, reshape_bodies
from glagcn_training.samples.mixed_bodies import chest_frames, pelvis_frames
from tests.helpers.synthetic_motion import walking
from tests.helpers.training_draws import clips, double_draws, step_draws


@pytest.fixture
def motion():
    return clips().double()


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
    assert ratio.std() == pytest.approx((0.06**2 + 0.06**2) ** 0.5, abs=0.01)
    thighs = (shaped[:, 0, 2] - shaped[:, knee, 2]) / 0.42
    feet = shaped[:, ankle, 2] / ((thighs + ratio) / 2)
    np.testing.assert_allclose(feet, 0.08, atol=1e-5)  # where they stood, in the body's own size
    for joint, before, factor in (("hip", 0.2, 1.35), ("shoulder", 0.34, 0.95)):
        left, right = H36M17.indices((f"left_{joint}", f"right_{joint}"))
        width = (shaped[:, left] - shaped[:, right]).norm(dim=1) / before
        assert width.mean() == pytest.approx(factor, abs=0.02)


def test_as_many_bodies_change_as_asked_for():
    motion = torch.from_numpy(walking(1)).repeat(1000, 1, 1, 1)
    shaped = reshape_bodies(step_draws(1000), motion, 0.3)
    kept = (shaped == motion).all(dim=(1, 2, 3))
    assert kept.float().mean() == pytest.approx(0.7, abs=0.05)


def test_children_are_small_with_large_heads_and_stand_where_they_stood():
    motion = torch.from_numpy(walking(1)).repeat(4000, 1, 1, 1)
    shaped = reshape_bodies(step_draws(4000), motion, 1.0, children=1.0)[:, 0]
    standing = motion[:, 0]

    def length(joints, parent, child):
        ends = joints[:, H36M17.index(child)] - joints[:, H36M17.index(parent)]
        return ends.norm(dim=1)

    ratios = {
        child: (length(shaped, parent, child) / length(standing, parent, child)).mean()
        for parent, child in (("left_hip", "left_knee"), ("spine", "thorax"), ("neck", "head"))
    }
    assert 0.65 < ratios["left_knee"] < 0.75  # the middle of 0.5 to 0.95
    assert ratios["thorax"] < ratios["left_knee"]
    assert ratios["head"] > ratios["left_knee"] + 0.08
    feet = shaped[:, H36M17.index("left_ankle"), 2]
    assert (feet.abs() < 0.12).all()


def test_no_child_is_drawn_unless_asked_for():
    motion = torch.from_numpy(walking(1)).repeat(500, 1, 1, 1)
    asked = reshape_bodies(step_draws(500), motion, 1.0, children=0.25)
    plain = reshape_bodies(step_draws(500), motion, 1.0)
    height = (asked[:, 0, 10, 2] / plain[:, 0, 10, 2]).median()
    assert height > 0.9
    assert not torch.equal(asked, plain)


def test_joints_are_marked_elsewhere_by_offsets_that_stay_on_the_body(motion):
    moved = mark_joints_elsewhere(double_draws(), motion, 1.0)
    change = moved - motion
    unmoved = [H36M17.index(name) for name in ("hip", "spine", "thorax", "neck", "left_wrist")]
    assert torch.equal(change[:, :, unmoved], torch.zeros_like(change[:, :, unmoved]))
    for axes, name in ((pelvis_frames(motion), "hip"), (chest_frames(motion), "shoulder")):
        left, right = (
            (axes.mT @ change[:, :, H36M17.index(f"{side}_{name}"), :, None])[..., 0]
            for side in ("left", "right")
        )
        torch.testing.assert_close(left, right)
        torch.testing.assert_close(left, left[:, :1].expand_as(left))
        assert (left[..., 0].abs() < 1e-9).all()  # never sideways
        assert 0.002 < left[:, 0].norm(dim=1).mean() < 0.06
    head = (chest_frames(motion).mT @ change[:, :, H36M17.index("head"), :, None])[..., 0]
    torch.testing.assert_close(head, head[:, :1].expand_as(head))


def test_as_many_samples_are_marked_elsewhere_as_asked_for():
    motion = torch.from_numpy(walking(1)).repeat(1000, 1, 1, 1)
    moved = mark_joints_elsewhere(step_draws(1000), motion, 0.3)
    kept = (moved == motion).all(dim=(1, 2, 3))
    assert kept.float().mean() == pytest.approx(0.7, abs=0.05)
