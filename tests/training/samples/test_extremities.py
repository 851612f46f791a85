"""Feet and palms in training samples: they go with their limbs, and unknown ones stay unknown."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.skeleton import COCO25, CONVERSION, EXTREMITIES_CONVERSION, H36M17, H36M25
from glagcn_training.extremity_losses import directions
from glagcn_training.samples.augment import Augmentation, mirror_sides
from glagcn_training.samples.batches import virtual_batch
from glagcn_training.samples.bodies import mark_joints_elsewhere, reshape_bodies
from glagcn_training.samples.detector_noise import (
    KNUCKLES_ALIKE,
    add_detector_noise,
    exact_detections,
)
from glagcn_training.samples.lost_extremities import lose_extremities
from glagcn_training.samples.mixed_bodies import mix_bodies
from glagcn_training.samples.postures import change_postures
from glagcn_training.samples.quick_limbs import flick_limbs
from tests.helpers.synthetic_motion import walking, with_extremities
from tests.helpers.training_draws import AlwaysYes, step_draws

SAMPLES = 40
EVERYTHING = Augmentation(
    postures=0.3, noise=1.0, occlusion=0.5, missing_frames=0.5, swaps=0.5, crop=0.5, mixed=0.5,
    flicks=0.5, definitions=0.5, children=0.3, lost_extremities=0.5,
)  # fmt: skip


def motion(samples: int = SAMPLES) -> torch.Tensor:
    walks = [with_extremities(walking(27, speed / 30)) for speed in range(samples)]
    return torch.from_numpy(np.stack(walks))


def unknown(clips: torch.Tensor, every: int) -> torch.Tensor:
    clips = clips.clone()
    clips[::every, :, len(H36M17) :] = torch.nan
    return clips


@pytest.mark.parametrize(
    "change", [mix_bodies, flick_limbs, reshape_bodies, mark_joints_elsewhere, change_postures]
)
def test_the_body_is_changed_as_one_without_feet_and_palms(change):
    """`reshape_bodies` draws more lengths, so only its shares are compared below."""
    whole = motion()
    changed = change(step_draws(SAMPLES), whole, 1.0)
    assert changed.shape == whole.shape
    assert changed.isfinite().all()
    if change is not reshape_bodies:
        alone = change(step_draws(SAMPLES), whole[:, :, : len(H36M17)], 1.0)
        torch.testing.assert_close(changed[:, :, : len(H36M17)], alone)


@pytest.mark.parametrize("change", [mix_bodies, flick_limbs, change_postures])
def test_feet_and_hands_keep_their_pose_on_the_limb(change):
    """Angles between shin and sole, and forearm and hand, are what they were."""
    before = motion()
    changed = change(step_draws(SAMPLES), before, 1.0)

    def angles(joints, limb, start, end):
        at = {name: joints[:, :, H36M25.index(f"left_{name}")] for name in (*limb, start, end)}
        return torch.cosine_similarity(at[limb[1]] - at[limb[0]], at[end] - at[start], dim=-1)

    for bones in ((("knee", "ankle"), "heel", "big_toe"), (("elbow", "wrist"), "wrist",
                                                          "index_knuckle")):  # fmt: skip
        found, true = angles(changed, *bones), angles(before, *bones)
        if change is mix_bodies:  # every limb is another sample's, of the same few angles
            assert found.min() > true.min() - 0.02
            assert found.max() < true.max() + 0.02
        else:
            torch.testing.assert_close(found, true, atol=1e-3, rtol=0)


def test_a_mirrored_left_palm_is_a_right_one_and_faces_inwards_too():
    clips = motion(2)
    mirrored = mirror_sides(clips, torch.ones(2, dtype=torch.bool), H36M25)
    left, right = directions(clips, H36M25)[..., 4, :], directions(clips, H36M25)[..., 9, :]
    assert (left[..., 1] < -0.9).all()  # out of the palm; the left side is at +y
    assert (right[..., 1] < -0.9).all()  # out of the back of the right hand
    swapped = directions(mirrored, H36M25)
    toes = swapped[..., 1, 0]
    assert (toes < -0.9).all()  # x is the axis that is mirrored
    assert (swapped[..., 4, 1].abs() > 0.9).all()


def test_unknown_feet_are_missing_in_2d_and_unknown_in_the_target():
    clips = unknown(motion(), 2)
    plain = Augmentation(mirror=False, bodies=0.0)
    batch = virtual_batch(
        step_draws(SAMPLES), clips, plain, "person", EXTREMITIES_CONVERSION, channels=3
    )
    added = slice(len(H36M17), None)
    assert batch.inputs.isfinite().all()
    assert (batch.inputs[::2, :, added] == 0).all()
    assert (batch.inputs[1::2, :, added, 2] > 0).all()
    assert batch.targets[::2, :, added].isnan().all()
    assert batch.targets[1::2].isfinite().all()


def test_the_body_reads_the_same_with_feet_and_palms_and_without():
    clips = motion()
    plain = Augmentation(mirror=False, bodies=0.0)
    whole = virtual_batch(step_draws(SAMPLES), clips, plain, "person", EXTREMITIES_CONVERSION)
    body = virtual_batch(
        step_draws(SAMPLES), clips[:, :, : len(H36M17)], plain, "person", CONVERSION
    )
    torch.testing.assert_close(whole.inputs[:, :, : len(H36M17)], body.inputs)
    torch.testing.assert_close(whole.targets[:, :, : len(H36M17)], body.targets)


def test_all_augmentations_together_leave_numbers():
    for step in range(5):
        draws = step_draws(SAMPLES, step=step)
        batch = virtual_batch(
            draws, unknown(motion(), 3), EVERYTHING, "person", EXTREMITIES_CONVERSION, 3
        )
        assert batch.inputs.isfinite().all()
        assert batch.targets[:, :, : len(H36M17)].isfinite().all()
        assert batch.targets[:, :, len(H36M17) :].isfinite().any()


def test_bodies_without_feet_get_those_of_the_legs_they_are_given():
    clips = unknown(motion(), 2)
    mixed = mix_bodies(AlwaysYes(3, 1, SAMPLES, slice(None), "cpu"), clips, 1.0)
    known = mixed[:, :, len(H36M17) :, 0].isfinite().all(dim=1)
    assert known[::2].any()  # 17 joints before
    assert (~known[1::2]).any()
    lengths = (mixed[:, :, 19] - mixed[:, :, 17]).norm(dim=-1)
    torch.testing.assert_close(
        lengths.nan_to_num(0.24), torch.full_like(lengths, 0.24), atol=1e-3, rtol=0
    )


def test_all_points_of_a_foot_or_hand_are_lost_together():
    points = torch.rand(400, 27, len(COCO25), 2)
    seen = lose_extremities(step_draws(400), exact_detections(points), 0.4, COCO25)
    lost = seen.scores == 0
    assert not lost[:, :, : len(COCO25.body)].any()
    for kinds in (("heel", "big_toe"), ("index_knuckle", "little_knuckle")):
        for side in ("left", "right"):
            one, other = COCO25.indices([f"{side}_{kind}" for kind in kinds])
            assert (lost[:, :, one] == lost[:, :, other]).all()
            assert 0.2 < lost[:, :, one].float().mean() < 0.5
    never = lost[:, :, COCO25.added].all(dim=1)
    assert 0.15 < never.all(dim=1).float().mean() < 0.35
    assert (never.any(dim=1) & ~never.all(dim=1)).any()


def test_feet_and_palms_are_off_with_the_limb_they_hang_on():
    points = torch.zeros(200, 27, len(COCO25), 2)
    points[:, :, 0] = 100.0
    exact = exact_detections(points)
    hidden = torch.zeros(exact.scores.shape, dtype=torch.bool)
    seen = add_detector_noise(step_draws(200), exact, hidden, COCO25, 1.0, 0.0, 25.0)
    off = (seen.points - points)[..., 0].flatten(0, 1)

    def alike(one: str, other: str, end: str) -> float:
        pair = off[:, COCO25.indices([one, other])] - off[:, [COCO25.index(end)]]
        return float(torch.corrcoef(pair.T)[0, 1])

    index, little = "left_index_knuckle", "left_little_knuckle"
    assert abs(alike(index, little, "left_wrist") - KNUCKLES_ALIKE) < 0.1
    assert abs(alike("left_heel", "left_big_toe", "left_ankle")) < 0.1
    heel, ankle = (off[:, COCO25.index(f"left_{joint}")].std() for joint in ("heel", "ankle"))
    assert heel > ankle
