"""Feet and palms in files: written, read back, and left out where a format has no room."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import H36M17, H36M25
from tests.helpers.moving_figure import walking

FRAMES = 12
BODY = len(H36M17)


def walker(absent: bool = False) -> PoseSequence:
    joints = walking(FRAMES).joints
    ends = {"heel": "ankle", "big_toe": "ankle"}
    added = [
        joints[:, H36M17.index(f"{side}_{ends.get(kind, 'wrist')}")] + [0.02 * number, -0.05, 0.03]
        for number, (side, kind) in enumerate(joint.split("_", 1) for joint in H36M25.joints[BODY:])
    ]
    whole = np.concatenate([joints, np.stack(added, axis=1)], axis=1).astype(np.float32)
    gone = np.zeros(len(H36M25), bool)
    gone[H36M25.indices([j for j in H36M25.joints if j.endswith("knuckle")])] = absent
    return PoseSequence(
        whole, np.where(gone, 0, 0.8) * np.ones((FRAMES, 1), np.float32), np.ones(FRAMES, bool),
        Fraction(25), np.zeros((FRAMES, len(H36M25), 2), np.float32), joint_set=H36M25,
        absent=gone if absent else None,
    )  # fmt: skip


@pytest.mark.parametrize("absent", [False, True])
@pytest.mark.parametrize("suffix", ["npz", "json", "csv", "trc", "c3d"])
def test_formats_of_positions_hold_them(tmp_path, suffix, absent):
    written = walker(absent)
    path = tmp_path / f"walk.{suffix}"
    list(writer_for(path)(path, [written], ExportContext()))
    (found,) = read_poses(path).sequences
    assert found.joint_set is H36M25
    assert found.valid.all()
    there = np.ones(len(H36M25), bool) if written.absent is None else ~written.absent
    np.testing.assert_allclose(found.joints[:, there], written.joints[:, there], atol=1e-4)
    if absent:
        np.testing.assert_array_equal(found.absent, written.absent)
        wrists = found.joints[:, H36M25.index("left_wrist")]
        np.testing.assert_array_equal(found.joints[:, H36M25.index("left_index_knuckle")], wrists)
    else:
        assert found.absent is None


def test_arrays_without_names_hold_the_body(tmp_path):
    list(writer_for(tmp_path / "walk.npy")(tmp_path / "walk.npy", [walker()], ExportContext()))
    saved = np.load(tmp_path / "walk.npy")
    np.testing.assert_array_equal(saved, walker().joints[:, :BODY])


def test_the_body_of_a_person_is_that_person_without_feet_and_palms():
    person = replace(walker(True), uncertainty=np.full((FRAMES, len(H36M25)), 0.1, np.float32))
    body = person.of_body()
    assert body.joint_set is H36M17
    assert body.uncertainty.shape == (FRAMES, BODY)
    assert body.absent is None
    assert body.of_body() is body


@pytest.mark.parametrize("suffix", ["bvh", "glb", "vrma", "html"])
def test_other_formats_take_them(tmp_path, suffix):
    path = tmp_path / f"walk.{suffix}"
    list(writer_for(path)(path, [walker()], ExportContext()))
    assert path.stat().st_size > 0
