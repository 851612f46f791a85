"""People of whom one half was never seen, in every format and back."""

import csv
import json
import re
from dataclasses import replace

import ezc3d
import numpy as np
import pygltflib
import pytest

from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.html.page import clip_data
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.halves import LOWER, UPPER
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence as as_sequence
from tests.helpers.moving_figure import walking

HALVES = pytest.mark.parametrize("half", [UPPER, LOWER], ids=lambda half: half.name)
FRAMES = 30


def half_body(half):
    whole = as_sequence(walking(FRAMES, heading=30.0).joints)
    scores = np.where(half.mask(), 0.0, whole.scores).astype(np.float32)
    unsure = np.full(scores.shape, 0.03, np.float32)
    return replace(whole, absent=half.mask(), scores=scores, uncertainty=unsure)


def written(tmp_path, suffix, sequence):
    path = tmp_path / f"poses{suffix}"
    (file,) = writer_for(path)(path, [sequence], ExportContext())
    return file


@HALVES
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".csv", ".trc", ".c3d"])
def test_missing_joints_are_missing_and_come_back_as_missing(tmp_path, suffix, half):
    sequence = half_body(half)
    (again,) = read_poses(written(tmp_path, suffix, sequence)).sequences
    assert again.valid.all()
    assert np.array_equal(again.absent, half.mask())
    seen = ~half.mask()
    assert np.abs(again.joints[:, seen] - sequence.joints[:, seen]).max() < 1e-3
    if suffix in (".npz", ".json", ".csv"):
        assert np.allclose(again.uncertainty[:, seen], 0.03, atol=1e-3)


@HALVES
def test_what_the_files_hold(tmp_path, half):
    sequence, names = half_body(half), np.array(H36M17.joints)
    gone = half.mask()
    npy = np.load(written(tmp_path, ".npy", sequence))
    assert np.array_equal(np.isnan(npy).all(axis=(0, 2)), gone)
    npz = np.load(written(tmp_path, ".npz", sequence))
    assert np.array_equal(npz["absent"], gone[None])
    assert np.array_equal(np.isnan(npz["joints_3d"]).all(axis=(0, 1, 3)), gone)
    assert (npz["scores"][:, :, gone] == 0).all()
    assert np.isnan(npz["uncertainty"][:, :, gone]).all()
    (person,) = json.loads(written(tmp_path, ".json", sequence).read_text())["people"]
    assert person["absent"] == names[gone].tolist()
    assert all(person["frames"][3]["joints"][k] == [None] * 3 for k in np.flatnonzero(gone))
    with written(tmp_path, ".csv", sequence).open(encoding="ascii") as file:
        empty = {row["joint"] for row in csv.DictReader(file) if row["x"] == ""}
    assert empty == set(names[gone])
    rows = written(tmp_path, ".trc", sequence).read_text().splitlines()[6:]
    cells = np.array([row.split("\t")[2:-1] for row in rows]).reshape(FRAMES, 17, 3)
    assert np.array_equal((cells == "").all(axis=(0, 2)), gone)
    points = ezc3d.c3d(str(written(tmp_path, ".c3d", sequence)))["data"]
    assert np.array_equal((points["meta_points"]["residuals"][0] < 0).all(axis=1), gone)


def test_a_whole_body_says_nothing_of_missing_joints(tmp_path):
    whole = as_sequence(walking(FRAMES).joints)
    assert "absent" not in np.load(written(tmp_path, ".npz", whole)).files
    assert "absent" not in written(tmp_path, ".json", whole).read_text()
    (again,) = read_poses(written(tmp_path, ".npy", whole)).sequences
    assert again.absent is None


@HALVES
def test_bones_that_were_never_seen_hold_their_rest(half):
    sequence = half_body(half)
    motion = fit_rig(sequence.joints, sequence.valid, sequence.fps, None, sequence.absent)
    rows = {name: number for number, name in enumerate(_rig_names())}
    still = ("LeftLeg", "RightLeg") if half is LOWER else ("LeftForeArm", "Neck", "Spine1")
    moving = ("LeftForeArm", "Spine1") if half is LOWER else ("LeftLeg", "RightLeg")
    for name in still:
        assert name in motion.absent
        assert np.degrees(2 * np.arccos(np.abs(motion.rotations[:, rows[name], 3]))).max() < 1.0
    for name in moving:
        assert name not in motion.absent
        assert np.ptp(motion.rotations[:, rows[name]], axis=0).max() > 0.02
    whole = fit_rig(sequence.joints, sequence.valid, sequence.fps)
    for name in moving:
        if name != "Spine1":
            assert motion.rig.lengths[_length_of(name)] == pytest.approx(
                whole.rig.lengths[_length_of(name)], abs=0.005
            )


def _rig_names():
    from glagcn_cli.export.rig.rig import NAMES

    return NAMES


def _length_of(name):
    return {"LeftForeArm": "left_wrist", "LeftLeg": "left_ankle", "RightLeg": "right_ankle"}[name]


@HALVES
def test_a_figure_has_no_mesh_where_nothing_was_seen(tmp_path, half):
    def corners(sequence, name):
        path = tmp_path / f"{name}.glb"
        list(writer_for(path)(path, [sequence], ExportContext()))
        glb = pygltflib.GLTF2().load(path)
        first = glb.nodes[glb.scenes[0].nodes[0]]
        positions = [p.attributes.POSITION for p in glb.meshes[0].primitives]
        return sum(glb.accessors[p].count for p in positions), first.extras

    half_count, facts = corners(half_body(half), "half")
    whole_count, nothing = corners(as_sequence(walking(FRAMES).joints), "whole")
    assert 0 < half_count < whole_count
    assert "never_seen" not in nothing
    expected = "LeftUpLeg" if half is LOWER else "LeftArm"
    assert expected in facts["never_seen"]


@HALVES
def test_a_bvh_is_written_whole(tmp_path, half):
    text = written(tmp_path, ".bvh", half_body(half)).read_text()
    assert text.count("JOINT") == 21 and "nan" not in text
    assert int(re.search(r"Frames: (\d+)", text)[1]) == FRAMES


@HALVES
def test_the_page_knows_what_not_to_draw(half):
    (person,) = clip_data("a", [half_body(half)], ExportContext())["people"]
    assert person["absent"] == np.flatnonzero(half.mask()).tolist()


@HALVES
def test_angles_of_what_was_never_seen_are_missing(half):
    angles = joint_angles(half_body(half))
    known = np.isfinite(angles["left_elbow_flexion"]).any()
    assert known == (half is LOWER)
    assert np.isfinite(angles["left_knee_flexion"]).any() == (half is UPPER)
