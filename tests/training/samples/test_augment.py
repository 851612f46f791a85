"""What is done to motion."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import COCO17, H36M17
from glagcn_training.samples.augment import (
    detector_points,
    mirror_sides,
    reshape_bodies,
    turn_about_vertical,
)
from tests.helpers.synthetic_motion import walking
from tests.helpers.training_draws import clips, double_draws, step_draws


@pytest.fixture
def motion():
    return clips().double()


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
