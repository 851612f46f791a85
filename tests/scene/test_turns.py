from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.scene.turns import sudden_turns
from tests.helpers.walkers import FPS, poses, standing


@pytest.mark.parametrize("axis", ["x", "y", "z"])
@pytest.mark.parametrize(("degrees", "told"), [(45, False), (55, True), (120, True), (180, True)])
def test_a_turn_within_a_frame(axis: str, degrees: float, told: bool) -> None:
    assert FPS == 30  # 1500 degrees a second are 50 a frame
    joints = np.tile(standing(), (10, 1, 1))
    joints[6:] = 1 + Rotation.from_euler(axis, degrees, degrees=True).apply(standing())
    sequence = poses(joints)
    assert sudden_turns(sequence) == ([6] if told else [])
    gone = replace(sequence, valid=np.arange(10) != 5)
    assert sudden_turns(gone) == []
    assert sudden_turns(replace(sequence, valid=np.zeros(10, bool))) == []
