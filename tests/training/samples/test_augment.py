"""What is done to motion."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.skeleton import COCO17, H36M17
from glagcn_training.samples.augment import (
    detector_points,
    mirror_sides,
    turn_about_vertical,
)
from tests.helpers.synthetic_motion import walking
from tests.helpers.training_draws import clips, step_draws


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
