from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.real_video.turns_of_bodies import fastest
from tests.helpers.walkers import poses, standing


def test_the_fastest_turn_and_its_frame() -> None:
    headings = np.cumsum([0, 2, 2, 9, 2, 5])
    turned = [Rotation.from_euler("y", a, degrees=True).apply(standing()) for a in headings]
    sequence = poses(np.array(turned))
    frame, degrees = fastest(sequence)
    assert (frame, degrees) == (3, pytest.approx(9, abs=1e-3))
    frame, degrees = fastest(replace(sequence, valid=np.arange(6) != 2))
    assert (frame, degrees) == (5, pytest.approx(5, abs=1e-3))
