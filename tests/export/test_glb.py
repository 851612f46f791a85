"""Our `.glb` files as read by a few lines of our own against the format's description."""

from __future__ import annotations

import json
import struct
from fractions import Fraction

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import NobodyFoundError, OutputError, UsageError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.kinematics import fit_rig
from glagcn_cli.export.rig.rig import RIG_JOINTS
from glagcn_cli.export.rig.stick_figure import stick_figure
from glagcn_cli.poses import PoseSequence
from glagcn_cli.skeleton import COCO17, H36M17
from tests.helpers.moving_figure import sequence, walking

NUMBERS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
KINDS = {5121: np.uint8, 5123: np.uint16, 5126: np.float32}


class Read:
    """A GLB file: its JSON, and its arrays by the number of the accessor."""

    def __init__(self, path):
        data = path.read_bytes()
        magic, version, length = struct.unpack("<4sII", data[:12])
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack("<I4s", data[12:20])
        assert kind == b"JSON" and size % 4 == 0
        self.json = json.loads(data[20 : 20 + size])
        binary, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
        assert kind == b"BIN\0" and binary % 4 == 0
        self.binary = data[28 + size : 28 + size + binary]
        self.nodes = self.json["nodes"]

    def array(self, number):
        accessor = self.json["accessors"][number]
        view = self.json["bufferViews"][accessor["bufferView"]]
        kind, numbers = KINDS[accessor["componentType"]], NUMBERS[accessor["type"]]
        start = view.get("byteOffset", 0)
        assert start % 4 == 0
        values = np.frombuffer(self.binary[start : start + view["byteLength"]], kind)
        assert len(values) == accessor["count"] * numbers
        return values.reshape(-1, numbers)

    def track(self, node, what):
        """Times and values of a node's property."""
        animation = self.json["animations"][0]
        (channel,) = [
            c for c in animation["channels"] if c["target"] == {"node": node, "path": what}
        ]
        sampler = animation["samplers"][channel["sampler"]]
        assert sampler["interpolation"] == "LINEAR"
        return self.array(sampler["input"])[:, 0], self.array(sampler["output"])

    def world(self, node, above=None):
        """Place (frames, 3) and turn of every joint from a node on, by name."""
        here = self.nodes[node]
        turn = Rotation.from_quat(self.track(node, "rotation")[1])
        if above is None:
            place = self.track(node, "translation")[1].astype(float)
        else:
            place = above[0] + above[1].apply(here["translation"])
            turn = above[1] * turn
        found = {here["name"]: (place, turn)}
        for child in here.get("children", []):
            found |= self.world(child, (place, turn))
        return found

    def people(self):
        roots = self.json["scenes"][0]["nodes"]
        return [self.nodes[n] for n in roots if self.nodes[n]["name"].split()[-1].isdigit()]


def written(path, people, **options) -> Read:
    context = ExportContext(**options)
    assert list(writer_for(path)(path, people, context)) == [path]
    return Read(path)


def test_joints_move_as_the_fit_does(tmp_path):
    joints = walking(heading=np.linspace(0, 360, 150)).joints
    joints = joints + np.random.default_rng(0).normal(0, 0.01, joints.shape)
    read = written(tmp_path / "walk.glb", [sequence(joints)])
    motion = fit_rig(joints.astype(np.float32), np.ones(150, bool), Fraction(50))
    fitted = motion.joint_positions()
    (person,) = read.people()
    found = read.world(person["children"][0])
    for joint in RIG_JOINTS:
        place = fitted[:, H36M17.index(joint.sits_at)]
        assert np.abs(found[joint.name][0] - place).max() < 1e-5


def test_skin_leaves_the_t_pose_as_it_is_and_stands_it_on_the_floor(tmp_path):
    read = written(tmp_path / "walk.glb", [sequence(walking(5).joints)])
    (skin,) = read.json["skins"]
    binds = read.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    assert np.allclose(binds[:, :3, :3], np.eye(3)) and np.allclose(binds[:, 3], [0, 0, 0, 1])
    rest = {joint: -bind[:3, 3] for joint, bind in zip(skin["joints"], binds, strict=True)}
    for joint in skin["joints"]:
        for child in read.nodes[joint].get("children", []):
            assert np.allclose(rest[child] - rest[joint], read.nodes[child]["translation"])
    soles = min(read.array(p["attributes"]["POSITION"])[:, 1].min() for p in primitives(read))
    assert -0.04 < soles < 0.01


def primitives(read: Read) -> list:
    return [p for mesh in read.json["meshes"] for p in mesh["primitives"]]


def test_every_corner_lies_on_the_bone_that_moves_it(tmp_path):
    read = written(tmp_path / "walk.glb", [sequence(walking(5).joints)])
    (skin,) = read.json["skins"]
    heads = -read.array(skin["inverseBindMatrices"])[:, 12:15]
    sides = {}
    for primitive in primitives(read):
        arrays = {name: read.array(n) for name, n in primitive["attributes"].items()}
        assert np.allclose(arrays["WEIGHTS_0"], [1, 0, 0, 0])
        joints = arrays["JOINTS_0"][:, 0]
        apart = np.linalg.norm(arrays["POSITION"] - heads[joints], axis=-1)
        assert apart.max() < 0.5
        sides[read.json["materials"][primitive["material"]]["name"]] = arrays["POSITION"][:, 0]
        assert read.array(primitive["indices"]).max() < len(joints)
    assert sides["left"].mean() > 0.1 and sides["right"].mean() < -0.1
    assert abs(sides["middle"].mean()) < 1e-3


def test_surfaces_are_closed_and_face_outwards():
    motion = fit_rig(walking(5).joints, np.ones(5, bool), Fraction(50))
    for part in stick_figure(motion.rig):
        corners = part.positions[part.triangles.astype(int)].astype(float)
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        big = np.linalg.norm(across, axis=-1) > 1e-9  # not the tips, where corners meet
        middle_normals = part.normals[part.triangles.astype(int)].mean(axis=1)
        assert (np.sum(across * middle_normals, axis=-1)[big] > 0).all()
        assert np.allclose(across.sum(axis=0), 0, atol=1e-6)
        assert np.allclose(np.linalg.norm(part.normals, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("fps", [Fraction(30000, 1001), Fraction(50), Fraction(24)])
def test_times_are_those_of_the_frames(tmp_path, fps):
    read = written(tmp_path / "walk.glb", [sequence(walking(300).joints, fps=fps)])
    times, values = read.track(read.people()[0]["children"][0], "translation")
    exact = [float(frame / fps) for frame in range(300)]
    assert np.array_equal(times, np.array(exact, np.float32))
    assert len(values) == 300
    accessor = read.json["animations"][0]["samplers"][0]["input"]
    assert read.json["accessors"][accessor]["max"] == [pytest.approx(exact[-1])]


def test_people_have_a_tree_and_a_skin_each_and_say_when_they_are_there(tmp_path):
    seen = np.zeros(30, bool)
    seen[10:15] = True
    people = [
        sequence(walking(30).joints, person=2),
        sequence(walking(30).joints + 1, valid=seen, person=5),
    ]
    read = written(tmp_path / "duo.glb", people)
    assert [person["name"] for person in read.people()] == ["person 2", "person 5"]
    assert [skin["name"] for skin in read.json["skins"]] == ["person 2", "person 5"]
    assert read.people()[0]["extras"] == {"frames_with_a_pose": [[0, 29]]}
    assert read.people()[1]["extras"] == {"frames_with_a_pose": [[10, 14]]}
    assert not set(read.json["skins"][0]["joints"]) & set(read.json["skins"][1]["joints"])
    root = read.people()[1]["children"][0]
    path = read.track(root, "translation")[1]
    assert np.isfinite(path).all() and np.array_equal(path[14:], np.tile(path[14], (16, 1)))
    assert np.allclose(read.nodes[root]["translation"], path[10])  # shown before it is played


def test_two_people_share_the_times(tmp_path):
    people = [sequence(walking(30).joints, person=number) for number in (1, 2)]
    read = written(tmp_path / "duo.glb", people)
    assert len({sampler["input"] for sampler in read.json["animations"][0]["samplers"]}) == 1


def test_one_frame_is_a_figure_with_one_key(tmp_path):
    read = written(tmp_path / "one.glb", [sequence(walking(1).joints)])
    times, values = read.track(read.people()[0]["children"][0], "rotation")
    assert times.tolist() == [0.0] and values.shape == (1, 4)


def test_figure_whose_arms_were_never_seen_has_all_its_parts(tmp_path):
    joints = walking(20).joints.copy()
    for side in ("left", "right"):
        arm = H36M17.indices([f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"])
        joints[:, arm] = joints[:, [H36M17.index("thorax")]]
    read = written(tmp_path / "armless.glb", [sequence(joints)])
    for number in range(len(read.json["accessors"])):
        assert np.isfinite(read.array(number).astype(float)).all()


def test_nobody_taken_names_and_other_joints_are_refused(tmp_path):
    path = tmp_path / "walk.glb"
    with pytest.raises(NobodyFoundError):
        written(path, [sequence(np.zeros((5, 17, 3)), valid=np.zeros(5, bool))])
    joints = walking(5).joints.astype(np.float32)
    other = PoseSequence(
        joints=joints, scores=joints[..., 0] * 0, valid=np.ones(5, bool), fps=Fraction(25),
        keypoints=joints[..., :2], joint_set=COCO17,
    )  # fmt: skip
    with pytest.raises(UsageError, match="coco17"):
        written(path, [other])
    assert list(tmp_path.iterdir()) == []
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        written(path, [sequence(joints)])
    written(path, [sequence(joints)], overwrite=True)
