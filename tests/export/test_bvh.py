"""Our BVH files as read by pybvh, whose parser and forward kinematics are not ours."""

from __future__ import annotations

import logging
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.errors import NobodyFoundError, OutputError, UsageError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.bvh_skeletons import DEFAULT_DIALECT, DIALECTS
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.pipeline.settings import BVH_SKELETONS, Settings
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import COCO17, H36M17
from tests.helpers.moving_figure import Figure, sequence, walking

pybvh = pytest.importorskip("pybvh")

# Where each of the 17 joints is found among the BVH's nodes; in two of the three skeletons the head
# lies between two of them.
PLAIN = {
    "hip": "Hips", "spine": "Spine1", "thorax": "Neck", "neck": "Head",
    "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm", "left_wrist": "LeftHand",
    "right_shoulder": "RightArm", "right_elbow": "RightForeArm", "right_wrist": "RightHand",
    "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot",
    "right_hip": "RightUpLeg", "right_knee": "RightLeg", "right_ankle": "RightFoot",
}  # fmt: skip
NODES = {
    "mixamo": {joint: f"mixamorig:{node}" for joint, node in PLAIN.items()},
    "cmu": PLAIN | {"spine": "Spine"},
    "h36m": {
        joint: "".join(word.capitalize() for word in joint.split("_")) for joint in H36M17.joints
    },
}
FOUND = H36M17.indices(list(PLAIN))


class Read:
    """A BVH file in metres: positions of nodes by name, and the rest pose."""

    def __init__(self, path, skeleton="mixamo"):
        self.skeleton = skeleton
        self.bvh = pybvh.read_bvh_file(path, world_up="+y")
        self.names = [node.name.replace("mixamorig:", "") for node in self.bvh.nodes]
        self.positions = self.bvh.node_positions() / 100
        topology = self.bvh.fk_topology
        self.rest = np.zeros((len(self.names), 3))
        for node, parent in enumerate(topology.parent_idx):
            if parent >= 0:
                self.rest[node] = self.rest[parent] + topology.offsets[node] / 100
        self.parents = topology.parent_idx

    def at_rest(self, name):
        return self.rest[self.names.index(name)]

    def joints(self):
        nodes = [NODES[self.skeleton][joint] for joint in PLAIN]
        names = [node.name for node in self.bvh.nodes]
        return self.positions[:, [names.index(node) for node in nodes]]


def written(path, joints, skeleton=DEFAULT_DIALECT, **options) -> Read:
    context = ExportContext(settings={"bvh_skeleton": skeleton})
    assert list(writer_for(path)(path, [sequence(joints, **options)], context)) == [path]
    return Read(path, skeleton)


def test_default_is_what_a_run_without_the_setting_gets(tmp_path):
    chosen, default = tmp_path / "chosen.bvh", tmp_path / "default.bvh"
    written(chosen, walking(5).joints)
    list(writer_for(default)(default, [sequence(walking(5).joints)], ExportContext()))
    assert chosen.read_bytes() == default.read_bytes()


@pytest.mark.parametrize("skeleton", NODES)
def test_forward_kinematics_meets_the_fit_and_the_figure(tmp_path, skeleton):
    joints = walking(heading=np.linspace(0, 360, 150)).joints
    read = written(tmp_path / "walk.bvh", joints, skeleton)
    fitted = fit_rig(joints, np.ones(150, bool), Fraction(50)).joint_positions()
    assert np.linalg.norm(read.joints() - fitted[:, FOUND], axis=-1).max() < 0.05e-3
    assert np.linalg.norm(read.joints() - joints[:, FOUND], axis=-1).max() < 0.05e-3


@pytest.mark.parametrize("skeleton", NODES)
def test_forward_kinematics_meets_the_fit_of_a_noisy_figure(tmp_path, skeleton):
    joints = walking().joints
    joints = joints + np.random.default_rng(0).normal(0, 0.02, joints.shape)
    read = written(tmp_path / "walk.bvh", joints, skeleton)
    fitted = fit_rig(joints, np.ones(150, bool), Fraction(50)).joint_positions()
    assert np.linalg.norm(read.joints() - fitted[:, FOUND], axis=-1).max() < 0.05e-3


def test_head_lies_between_its_joint_and_the_head_top(tmp_path):
    joints = walking().joints
    read = written(tmp_path / "walk.bvh", joints)
    base = read.positions[:, read.names.index("Head")]
    top = read.positions[:, read.names.index("EndSiteHead")]
    up = (top - base) / np.linalg.norm(top - base, axis=-1, keepdims=True)
    head = joints[:, H36M17.index("head")]
    along = np.sum((head - base) * up, axis=-1)
    assert np.allclose(base + along[:, None] * up, head, atol=1e-4)
    assert 0.1 < np.linalg.norm(top - head, axis=-1).max() < 0.2


def test_rest_pose_is_a_t_pose_with_the_left_at_plus_x_that_faces_z(tmp_path):
    read = written(tmp_path / "walk.bvh", walking().joints)
    for side, sign in (("Left", 1), ("Right", -1)):
        arm = [read.at_rest(f"{side}{part}") for part in ("Arm", "ForeArm", "Hand")]
        leg = [read.at_rest(f"{side}{part}") for part in ("UpLeg", "Leg", "Foot")]
        assert np.allclose(np.diff(arm, axis=0)[:, 1:], 0, atol=1e-6)
        assert (sign * np.diff(arm, axis=0)[:, 0] > 0.2).all()
        assert np.allclose(np.diff(leg, axis=0)[:, [0, 2]], 0, atol=1e-6)
        assert (np.diff(leg, axis=0)[:, 1] < -0.3).all()
        assert sign * leg[0][0] > 0.05
        toes = read.rest[read.names.index(f"EndSite{side}ToeBase")] - leg[2]
        assert toes[2] > 0.1 and toes[1] < 0 and toes[0] == 0
        assert sign * (read.rest[read.names.index(f"EndSite{side}Hand")] - arm[2])[0] > 0.1
    assert read.at_rest("Head")[1] > read.at_rest("Neck")[1] > read.at_rest("Spine1")[1] > 0.1
    assert np.allclose(read.at_rest("Hips"), 0)


@pytest.mark.parametrize(("skeleton", "count"), [("mixamo", 22), ("cmu", 31), ("h36m", 20)])
def test_each_skeleton_has_its_tools_names_with_every_joint_under_its_parent(
    tmp_path, skeleton, count
):
    path = tmp_path / "walk.bvh"
    read = written(path, walking(5).joints, skeleton)
    names = [node.name for node in read.bvh.nodes if not node.is_end_site()]
    assert names == [joint.name for joint in DIALECTS[skeleton].joints]  # the channels' order
    assert len(names) == count
    expected = {
        "mixamo": {"mixamorig:Spine2", "mixamorig:LeftToeBase", "mixamorig:RightForeArm"},
        "cmu": {"LHipJoint", "LowerBack", "Neck1", "RightFingerBase", "LThumb", "LeftToeBase"},
        "h36m": {"Hip", "Thorax", "Head", "LeftWrist", "RightAnkle"},
    }
    assert expected[skeleton] <= set(names)
    for node, parent in enumerate(read.parents):  # no bone starts beside its parent's
        if parent >= 0:
            lengths = np.linalg.norm(read.positions[:, node] - read.positions[:, parent], axis=-1)
            assert lengths.std() < 1e-5


def test_h36m_skeleton_has_the_head_joint_too(tmp_path):
    joints = walking().joints
    read = written(tmp_path / "walk.bvh", joints, "h36m")
    head = read.positions[:, read.names.index("Head")]
    assert np.abs(head - joints[:, H36M17.index("head")]).max() < 0.05e-3


@pytest.mark.parametrize("skeleton", ["rigify", "", "Mixamo", 3, ["cmu"], None])
def test_unknown_skeleton_is_refused_before_anything_is_written(tmp_path, skeleton):
    with pytest.raises(UsageError, match="mixamo, cmu, h36m"):
        written(tmp_path / "walk.bvh", walking(5).joints, skeleton)
    assert list(tmp_path.iterdir()) == []


def test_settings_offer_the_skeletons_there_are_and_the_same_default():
    assert tuple(DIALECTS) == BVH_SKELETONS
    assert Settings().bvh_skeleton == DEFAULT_DIALECT


def test_a_standing_figure_stands_in_the_file(tmp_path):
    read = written(tmp_path / "stand.bvh", Figure(10).joints)
    head, foot = (read.positions[0, read.names.index(name)] for name in ("Head", "LeftFoot"))
    assert head[1] - foot[1] == pytest.approx(0.84 + 0.59, abs=1e-3)
    left, right = (read.positions[0, read.names.index(f"{s}Arm")] for s in ("Left", "Right"))
    assert left[0] - right[0] == pytest.approx(0.34, abs=1e-3)
    toes = read.positions[0, read.names.index("EndSiteLeftToeBase")]
    assert toes[2] - foot[2] > 0.1
    assert toes[1] == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(50), Fraction(24000, 1001)])
def test_frame_time_is_exact_over_an_hour(tmp_path, fps):
    path = tmp_path / "walk.bvh"
    written(path, walking(5).joints, fps=fps)
    line = next(line for line in path.read_text().splitlines() if line.startswith("Frame Time:"))
    hour = 3600 * float(fps)
    assert float(line.split()[2]) * hour == pytest.approx(3600, abs=1e-5)


def test_every_frame_is_there_and_finite_where_poses_are_missing(tmp_path):
    path = tmp_path / "walk.bvh"
    joints = walking(60).joints
    valid = np.ones(60, bool)
    valid[[0, 1, 20, 21, 22, 23, 59]] = False
    joints[~valid] = 0.0
    read = written(path, joints, valid=valid)
    assert read.positions.shape[0] == 60
    assert np.isfinite(read.positions).all()
    assert "nan" not in path.read_text().lower() and "inf" not in path.read_text().lower()
    moved = read.joints()
    np.testing.assert_allclose(moved[20:24], moved[[19] * 4], atol=1e-5)
    speed = np.linalg.norm(np.diff(np.delete(moved, slice(19, 25), axis=0), axis=0), axis=-1)
    assert np.delete(speed, 18, axis=0).max() < 0.2  # missing frames' zeros would be metres away


def hidden_arms(joints):
    joints = joints.copy()
    for side in ("left", "right"):
        arm = H36M17.indices([f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"])
        joints[:, arm] = joints[:, [H36M17.index("thorax")]]
    return joints


def lying(joints):
    joints = joints[..., [0, 2, 1]] * [1, 1, -1]
    return joints - [0, joints[..., 1].min(), 0]


@pytest.mark.parametrize("skeleton", NODES)
@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lying, slice(None)),
        (hidden_arms, slice(None)),
        (lambda joints: joints, slice(20, 25)),
        (lambda joints: joints, slice(7, 8)),
        (lambda joints: joints[:1], slice(None)),
        (lambda joints: np.zeros_like(joints), slice(None)),
    ],
    ids=["lying all clip", "arms never seen", "five frames", "one of many", "one", "all at zero"],
)
def test_hard_clips_give_every_frame_finite(tmp_path, skeleton, change, seen):
    joints = change(walking(40).joints)
    valid = np.zeros(len(joints), bool)
    valid[seen] = True
    read = written(tmp_path / "hard.bvh", joints, skeleton, valid=valid)
    assert len(read.positions) == len(joints) and np.isfinite(read.positions).all()
    if change is not hidden_arms:  # whose arms hang on a thorax that gives them no direction
        assert np.abs(read.joints() - joints[:, FOUND])[valid].max() < 0.2e-3


def test_angles_do_not_jump_through_a_full_turn(tmp_path):
    joints = walking(heading=np.linspace(0, 360, 150)).joints
    joints = joints + np.random.default_rng(0).normal(0, 0.002, joints.shape)
    angles = np.degrees(written(tmp_path / "turn.bvh", joints).bvh.joint_angles)
    assert np.abs(np.diff(angles, axis=0)).max() < 60.0
    turned = angles[-1, 0] - angles[0, 0]
    assert turned[2] == pytest.approx(360, abs=10)  # the hips' Y goes on, it does not wrap


def test_somebody_lying_down(tmp_path):
    joints = walking(40).joints[..., [0, 2, 1]] * [1, 1, -1]
    read = written(tmp_path / "lying.bvh", joints)
    assert np.abs(read.joints() - joints[:, FOUND]).max() < 0.05e-3


def test_people_get_a_file_each_and_the_first_the_name_asked_for(tmp_path):
    people = [sequence(walking(5).joints, person=number) for number in (2, 1, 7)]
    path = tmp_path / "duo.bvh"
    paths = list(writer_for(path)(path, people, ExportContext()))
    assert [p.name for p in paths] == ["duo.bvh", "duo.person1.bvh", "duo.person7.bvh"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_nobody_leaves_no_file(tmp_path):
    path = tmp_path / "walk.bvh"
    empty = sequence(np.zeros((5, 17, 3)), valid=np.zeros(5, bool))
    for people in ([], [empty]):
        with pytest.raises(NobodyFoundError, match=r"walk\.bvh"):
            list(writer_for(path)(path, people, ExportContext()))
    assert list(tmp_path.iterdir()) == []


def test_people_without_a_pose_are_left_out_with_a_warning(tmp_path, caplog):
    empty = sequence(np.zeros((5, 17, 3)), valid=np.zeros(5, bool))
    path = tmp_path / "walk.bvh"
    with caplog.at_level(logging.WARNING):
        paths = list(
            writer_for(path)(path, [empty, sequence(walking(5).joints, person=2)], ExportContext())
        )
    assert paths == [path]
    assert "left out" in caplog.text


def test_existing_files_are_refused_before_any_is_written(tmp_path):
    path, second = tmp_path / "duo.bvh", tmp_path / "duo.person2.bvh"
    second.write_text("mine")
    people = [sequence(walking(5).joints, person=number) for number in (1, 2)]
    with pytest.raises(OutputError, match=r"duo\.person2\.bvh"):
        list(writer_for(path)(path, people, ExportContext()))
    assert not path.exists() and second.read_text() == "mine"
    list(writer_for(path)(path, people, ExportContext(overwrite=True)))
    assert second.read_text().startswith("HIERARCHY")


def test_camera_frame_is_refused(tmp_path):
    path = tmp_path / "walk.bvh"
    with pytest.raises(ValueError, match="camera"):
        list(writer_for(path)(path, [sequence(walking(5).joints, frame="camera")], ExportContext()))


def test_joints_of_another_set_are_refused(tmp_path):
    path = tmp_path / "walk.bvh"
    joints = walking(5).joints.astype(np.float32)
    other = PoseSequence(
        joints=joints, scores=joints[..., 0] * 0, valid=np.ones(5, bool), fps=Fraction(25),
        keypoints=joints[..., :2], joint_set=COCO17,
    )  # fmt: skip
    with pytest.raises(UsageError, match="coco17"):
        list(writer_for(path)(path, [other], ExportContext()))
