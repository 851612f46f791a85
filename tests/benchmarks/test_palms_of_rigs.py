"""Errors of palms: what counts, and that hidden palms are hidden to the lifter alone."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy.palms_of_rigs import EVERY, HIDDEN, Errors, hidden, palms
from glagcn_cli.skeleton import H36M25
from glagcn_training.evaluation.evaluate import Observation

FRAMES, FPS = 200, 50


def observation() -> Observation:
    count = len(H36M25)
    return Observation(np.zeros((FRAMES, count, 2)), np.zeros((FRAMES, count, 3)), fps=FPS)


def test_palms_of_arms_to_both_sides_face_the_floor():
    joints = np.zeros((1, len(H36M25), 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for point, ahead in (("index", 0.03), ("little", -0.03)):
            joints[0, H36M25.index(f"{side}_{point}_knuckle")] = [0.1 * sign, 0.0, ahead]
    for sign, (out, along) in zip((1.0, -1.0), palms(joints).values(), strict=True):
        np.testing.assert_allclose(out, [[0.0, -1.0, 0.0]], atol=1e-9)
        np.testing.assert_allclose(along, [[sign, 0.0, 0.0]], atol=1e-9)


def test_hands_are_hidden_for_their_share_of_the_time():
    seen = observation()
    changed = hidden(seen)
    knuckles = [n for n, joint in enumerate(H36M25.joints) if joint.endswith("knuckle")]
    gone = changed.scores < 0.5
    assert gone[:, knuckles].mean() == pytest.approx(HIDDEN / EVERY, abs=0.02)
    assert not np.delete(gone, knuckles, axis=1).any()
    assert np.array_equal(changed.joints, seen.joints)
    assert not np.array_equal(changed.keypoints, seen.keypoints)


def test_shares_are_of_frames():
    errors = Errors()
    errors.palm.append(np.array([1.0, 1.0, 1.0, 120.0]))
    errors.along.append(np.full(4, 2.0))
    errors.speed.append(np.array([0.0, 2000.0]))
    assert errors.cells() == ["1.0 (84)", "25.0", "2.0 (2)", "50.00"]
