"""Where joints lie on a figure whose proportions are known."""

from __future__ import annotations

import numpy as np
from click.testing import CliRunner
from scipy.spatial.transform import Rotation

from benchmarks.accuracy.joint_definitions import OFFSETS, lengths, main, offsets, trunk_axes
from glagcn_training.conversion.clips import Clip
from glagcn_training.conversion.packing import write_pack
from glagcn_training.conversion.placing import stand_up
from tests.helpers.moving_figure import (
    FOREARM,
    HALF_HIPS,
    HALF_SHOULDERS,
    HIGH_SPINE,
    LOW_SPINE,
    NECK,
    SHIN,
    THIGH,
    UPPER_ARM,
    Figure,
    walking,
)  # fmt: skip


def test_offsets_of_a_known_figure_however_it_is_turned() -> None:
    joints = Figure(4, heading=np.array([0, 70, 160, 300]), raised=-60).joints
    turned = Rotation.random(rng=np.random.default_rng(0)).apply(joints.reshape(-1, 3))
    for seen in (joints, turned.reshape(joints.shape)):
        found = dict(zip(OFFSETS, np.moveaxis(offsets(seen), 1, 0), strict=True))
        known = {
            ("hip", "left_hip"): [HALF_HIPS, 0, 0], ("hip", "spine"): [0, 0, LOW_SPINE],
            ("hip", "thorax"): [0, 0, LOW_SPINE + HIGH_SPINE],
            ("thorax", "left_shoulder"): [HALF_SHOULDERS, 0, 0], ("thorax", "neck"): [0, 0, NECK],
        }  # fmt: skip
        for pair, place in known.items():
            np.testing.assert_allclose(found[pair], np.tile(place, (4, 1)), atol=1e-6)
        head = found["neck", "head"]
        assert (head[:, 1] > 0.02).all() and (head[:, 2] > 0.09).all()  # it nods forwards
        np.testing.assert_allclose(lengths(seen)[0], [THIGH, SHIN, UPPER_ARM, FOREARM], atol=1e-6)


def test_forward_is_where_people_walk() -> None:
    joints = walking(40, heading=0.0).joints
    forward = trunk_axes(joints)[:-1, 1]
    assert (np.sum(forward * np.diff(joints[:, 0], axis=0), axis=1) > 0).all()


def test_the_command_prints_a_row_a_pack(tmp_path) -> None:
    joints = stand_up(walking(60).joints, "y")
    write_pack(tmp_path / "own.npz", [Clip("a", "1", joints, "bvh", 50, "a.bvh")], set())
    done = CliRunner().invoke(main, ["--data-dir", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "| own | 12 | +100 " in done.output and "| own | 430 | 410 | 290 | 250 |" in done.output
