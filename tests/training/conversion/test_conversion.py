"""Motion files written on the spot, into packs."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import InputError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.skeleton import H36M17
from glagcn_training.commands.data import main
from glagcn_training.conversion.asf_amc import read_asf_amc
from glagcn_training.conversion.clips import Clip, Reading
from glagcn_training.conversion.folder import read_folder
from glagcn_training.conversion.packing import validation_subjects, write_pack
from glagcn_training.conversion.placing import metres_per_unit
from glagcn_training.data.packs import read_pack
from tests.helpers.motion_files import CMU, forward, walk, write_bvh, z_up
from tests.helpers.moving_figure import sequence, walking

pytest.importorskip("pybvh")

J = H36M17.index
CMU_UNIT = 0.0254 / 0.45  # metres


def motion(frames: int, seed: int = 0, root=(0.0, 17.0, 0.0), tree: tuple = CMU) -> np.ndarray:
    """Slow turns of every joint, up to 25 degrees, as rows of a BVH file."""
    count = len(list(walk(tree)))
    rng, time = np.random.default_rng(seed), np.arange(frames)[:, None] / 50
    phase, size = rng.uniform(0, 6, 3 * count), rng.uniform(-25, 25, 3 * count)
    angles = size * np.sin(time * 2 + phase)
    return np.hstack([np.tile(root, (frames, 1)), angles])


def only(folder: Path, **reading) -> Clip:
    clips, problems = read_folder(folder, Reading(**reading))
    assert not problems and len(clips) == 1
    return clips[0]


def test_our_own_bvh_comes_back(tmp_path) -> None:
    joints = walking(heading=np.linspace(0, 360, 150)).joints
    path = tmp_path / "in" / "walk.bvh"
    path.parent.mkdir()
    list(writer_for(path)(path, [sequence(joints)], ExportContext()))
    clip = only(path.parent)
    assert clip.subject == "in" and clip.joints.shape == (150, 17, 3)
    expected = np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], axis=-1)
    error = np.linalg.norm(clip.joints - expected, axis=-1).max(axis=0)
    same = [i for i, name in enumerate(H36M17.joints) if name not in ("spine", "head")]
    assert error[same].max() < 1e-4
    assert error[[J("spine"), J("head")]].max() < 0.03  # no nodes of their own: placed by share


def test_lost_bones_of_the_cmu_conversion_are_put_back(tmp_path) -> None:
    rows = motion(40)
    write_bvh(tmp_path / "07_02.bvh", CMU, rows)
    clip = only(tmp_path)
    assert (clip.name, clip.subject, clip.source, clip.source_fps) == ("07_02", "7", "bvh", 50)
    for frame in (0, 17, 39):
        at, turns = forward(CMU, rows[frame])
        thorax_bone = turns["Spine1"] @ [0.1, 2.1, -0.2]
        known = {
            "hip": (at["LeftUpLeg"] + at["RightUpLeg"]) / 2,
            "left_hip": at["LeftUpLeg"], "left_knee": at["LeftLeg"], "left_ankle": at["LeftFoot"],
            "right_hip": at["RightUpLeg"], "right_ankle": at["RightFoot"],
            "spine": at["Spine"],
            "thorax": at["Spine1"] + thorax_bone + turns["Spine1"] @ [0, 0.8, 0.2],
            "neck": at["Head"] + thorax_bone,
            "head": at["Head"] + turns["Head"] @ [0, 1.5, 0] + thorax_bone,
            "left_shoulder": at["LeftArm"] + thorax_bone,
            "right_elbow": at["RightForeArm"] + thorax_bone,
            "left_wrist": at["LeftForeArm"] + turns["LeftForeArm"] @ [5.1, 0, 0] + thorax_bone,
            "right_wrist": at["RightForeArm"] + turns["RightForeArm"] @ [-4.8, 0, 0] + thorax_bone,
        }  # fmt: skip
        for joint, place in known.items():
            off = clip.joints[frame, J(joint)] - z_up(place) * CMU_UNIT
            assert np.linalg.norm(off) < 1e-5, joint


def kept(node: tuple) -> tuple:
    """The CMU tree with a bone where the conversion has none."""
    moved = {"Neck": (0, 2, 0), "LeftFingerBase": (1.7, 0, 0), "RightFingerBase": (-1.6, 0, 0)}
    return (node[0], moved.get(node[0], node[1]), [kept(child) for child in node[2]])


def test_bones_that_a_conversion_kept_are_left_alone(tmp_path) -> None:
    rows = motion(10)
    write_bvh(tmp_path / "a.bvh", kept(CMU), rows)
    clip = only(tmp_path, up="y")
    at, _ = forward(kept(CMU), rows[4])
    for joint, node in (
        ("left_wrist", "LeftHand"),
        ("neck", "Head"),
        ("left_elbow", "LeftForeArm"),
    ):
        off = clip.joints[4, J(joint)] - z_up(at[node]) * CMU_UNIT
        assert np.linalg.norm(off) < 1e-5, joint


def with_t_pose(rows: np.ndarray) -> np.ndarray:
    first = np.zeros_like(rows[:1])
    first[:, :3] = rows[0, :3]
    return np.vstack([first, rows])


def bent(frames: int) -> np.ndarray:
    """Arms at the sides, as nobody stands in a T-pose."""
    rows = motion(frames) * 0.2
    rows[:, :3] = (0, 17, 0)
    names = [name for name, _, _ in walk(CMU)]
    for side, sign in (("Left", -1), ("Right", 1)):
        rows[:, 3 + 3 * names.index(f"{side}Arm")] += sign * 75
    return rows


def test_a_t_pose_before_the_motion_is_dropped(tmp_path) -> None:
    rows = bent(30)
    write_bvh(tmp_path / "plain" / "01_01.bvh", CMU, rows)
    write_bvh(tmp_path / "t" / "01_01.bvh", CMU, with_t_pose(rows))
    plain, dropped = only(tmp_path / "plain"), only(tmp_path / "t")
    assert dropped.shortened and not plain.shortened
    np.testing.assert_allclose(dropped.joints, plain.joints, atol=1e-6)
    whole = only(tmp_path / "t", first_frame="keep")
    assert len(whole.joints) == 31
    assert len(only(tmp_path / "plain", first_frame="drop").joints) == 29


def test_somebody_who_really_stands_in_a_t_pose_keeps_it(tmp_path) -> None:
    rows = bent(60)
    first = with_t_pose(rows)[0]
    share = np.clip(np.arange(60) / 40, 0, 1)[:, None] ** 2
    write_bvh(tmp_path / "01_01.bvh", CMU, first * (1 - share) + rows * share)
    assert len(only(tmp_path).joints) == 60


def test_left_stays_left_and_up_is_up(tmp_path) -> None:
    write_bvh(tmp_path / "a.bvh", CMU, bent(20))
    joints = only(tmp_path).joints
    across = joints[:, J("left_hip")] - joints[:, J("right_hip")]
    up = joints[:, J("thorax")] - joints[:, J("hip")]
    front = np.array([0.0, -1.0, 0.0])  # the file faces +z, which is -y of the pack
    assert (np.cross(across, up) @ front > 0).all() and (up[:, 2] > 0.4).all()
    assert joints[:, J("head"), 2].min() > 1.2


def turned(rows: np.ndarray) -> np.ndarray:
    """The same motion in a file whose z is up."""
    rows, turn = rows.copy(), Rotation.from_euler("x", 90, degrees=True)
    rows[:, :3] = turn.apply(rows[:, :3])
    root = turn * Rotation.from_euler("ZYX", rows[:, 3:6], degrees=True)
    rows[:, 3:6] = root.as_euler("ZYX", degrees=True)
    return rows


def test_files_with_z_up_give_the_same_motion(tmp_path) -> None:
    write_bvh(tmp_path / "y" / "a.bvh", CMU, bent(20))
    write_bvh(tmp_path / "z" / "a.bvh", CMU, turned(bent(20)))
    expected = only(tmp_path / "y").joints
    np.testing.assert_allclose(only(tmp_path / "z").joints, expected, atol=1e-5)
    np.testing.assert_allclose(only(tmp_path / "z", up="z").joints, expected, atol=1e-5)


@pytest.mark.parametrize(
    "height, unit, metres",
    [
        (1.75, None, 1.0), (175, None, 0.01), (1750, None, 0.001), (68, None, 0.0254),
        (31, None, CMU_UNIT), (31, CMU_UNIT, CMU_UNIT), (175, CMU_UNIT, 0.01),
        (175, "inch", 0.0254),
    ],
)  # fmt: skip
def test_units(height, unit, metres) -> None:
    assert metres_per_unit(height, unit) == pytest.approx(metres)


def test_a_figure_of_no_size_needs_a_unit() -> None:
    with pytest.raises(InputError, match="--unit"):
        metres_per_unit(6.0, None)


@pytest.mark.parametrize("fps, frames", [(120.0, 25), (60.0, 50), (25.0, 119), (50.0, 60)])
def test_rates_become_fifty(tmp_path, fps, frames) -> None:
    count = 60
    rows = np.tile(bent(1), (count, 1))
    rows[:, 0] = np.arange(count) / fps / CMU_UNIT  # a metre a second along x
    write_bvh(tmp_path / "a.bvh", CMU, rows, fps)
    joints = only(tmp_path).joints
    assert len(joints) == frames
    np.testing.assert_allclose(np.diff(joints[:, 0, 0]) * 50, 1.0, atol=1e-3)


def test_mixamo_names_and_the_crown(tmp_path) -> None:
    arms = [
        (f"{side}Shoulder", (sign * 6, 12, 0), [(f"{side}Arm", (sign * 12, 0, 0), [
            (f"{side}ForeArm", (sign * 28, 0, 0), [(f"{side}Hand", (sign * 26, 0, 0), [])]),
        ])])
        for side, sign in (("Left", 1), ("Right", -1))
    ]  # fmt: skip
    legs = [
        (f"{side}UpLeg", (sign * 9, -5, 0), [(f"{side}Leg", (0, -43, 0), [
            (f"{side}Foot", (0, -42, 0), []),
        ])])
        for side, sign in (("Left", 1), ("Right", -1))
    ]  # fmt: skip
    crown = ("HeadTop_End", (0, 20, 0), [])
    neck = ("Neck", (0, 14, 0), [("Head", (0, 12, 0), [crown])])
    spine = ("Spine", (0, 10, 0), [("Spine1", (0, 12, 0), [("Spine2", (0, 13, 0), [neck, *arms])])])
    tree = ("Hips", (0, 0, 0), [*legs, spine])
    rows = np.zeros((5, 3 + 3 * len(list(walk(tree)))))
    rows[:, :2] = [[x, 98] for x in range(5)]
    write_bvh(tmp_path / "walk.bvh", tree, rows, 30.0, prefix="mixamorig:")
    clip = only(tmp_path)
    heights = {name: clip.joints[0, i, 2] for i, name in enumerate(H36M17.joints)}
    assert heights["hip"] == pytest.approx(0.93) and heights["thorax"] == pytest.approx(1.45)
    assert heights["neck"] == pytest.approx(1.59) and heights["left_wrist"] == pytest.approx(1.45)
    assert heights["spine"] == pytest.approx(0.93 + 0.42 * 0.52, abs=1e-3)
    assert heights["head"] - heights["neck"] == pytest.approx(0.10, abs=0.01)  # ears, not crown


ASF = """# made up
:version 1.10
:name VICON
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   words that end or begin nothing
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
{bones}:hierarchy
  begin
    root lhipjoint rhipjoint lowerback
    lhipjoint lfemur
    lfemur ltibia
    rhipjoint rfemur
    rfemur rtibia
    lowerback upperback
    upperback thorax
    thorax lowerneck lclavicle rclavicle
    lowerneck upperneck
    upperneck head
    lclavicle lhumerus
    lhumerus lradius
    lradius lwrist
    rclavicle rhumerus
    rhumerus rradius
    rradius rwrist
  end
"""
# name: direction, length, axis, degrees of freedom
BONES = {
    "lhipjoint": ((0.7, -0.6, 0.3), 2.5, (0, 0, 0), ""),
    "lfemur": ((0.34, -0.94, 0), 7.1, (0, 0, 20), "rx ry rz"),
    "ltibia": ((0.34, -0.94, 0), 7.4, (0, 0, 20), "rx"),
    "rhipjoint": ((-0.7, -0.6, 0.3), 2.5, (0, 0, 0), ""),
    "rfemur": ((-0.34, -0.94, 0), 7.2, (0, 0, -20), "rx ry rz"),
    "rtibia": ((-0.34, -0.94, 0), 7.5, (0, 0, -20), "rx"),
    "lowerback": ((0, 1, -0.05), 2.2, (0, 0, 0), "rx ry rz"),
    "upperback": ((0, 1, 0), 2.2, (0, 0, 0), "rx ry rz"),
    "thorax": ((0, 1, 0.02), 2.2, (0, 0, 0), "rx ry rz"),
    "lowerneck": ((0, 1, 0.2), 1.6, (0, 0, 0), "rx ry rz"),
    "upperneck": ((0, 1, -0.1), 1.6, (0, 0, 0), "rx ry rz"),
    "head": ((0, 1, 0), 1.6, (0, 0, 0), "rx ry rz"),
    "lclavicle": ((0.95, 0.3, 0), 3.4, (0, 0, 0), "ry rz"),
    "lhumerus": ((1, 0, 0), 5.1, (180, 30, 90), "rx ry rz"),
    "lradius": ((1, 0, 0), 3.4, (180, 30, 90), "rx"),
    "lwrist": ((1, 0, 0), 1.7, (180, 30, 90), "ry"),
    "rclavicle": ((-0.95, 0.3, 0), 3.4, (0, 0, 0), "ry rz"),
    "rhumerus": ((-1, 0, 0), 5.0, (180, 30, -90), "rx ry rz"),
    "rradius": ((-1, 0, 0), 3.4, (180, 30, -90), "rx"),
    "rwrist": ((-1, 0, 0), 1.7, (180, 30, -90), "ry"),
}
JOINT_BONES = {
    "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia",
    "right_hip": "rhipjoint", "right_knee": "rfemur", "right_ankle": "rtibia",
    "spine": "lowerback", "neck": "upperneck", "head": "head",
    "left_shoulder": "lclavicle", "left_elbow": "lhumerus", "left_wrist": "lwrist",
    "right_shoulder": "rclavicle", "right_elbow": "rhumerus", "right_wrist": "rwrist",
}  # fmt: skip
PARENT = {
    child: line.split()[0]
    for line in ASF.split(":hierarchy")[1].splitlines()
    for child in line.split()[1:]
}


def asf_text() -> str:
    text = ""
    for i, (name, (direction, length, axis, dof)) in enumerate(BONES.items()):
        unit = np.array(direction) / np.linalg.norm(direction)
        text += f"  begin\n     id {i + 1}\n     name {name}\n"
        text += "     direction {:.8f} {:.8f} {:.8f}\n".format(*unit)
        text += "     length {}\n     axis {} {} {} XYZ\n".format(length, *axis)
        if dof:
            limits = "\n           ".join("(-180.0 180.0)" for _ in dof.split())
            text += f"    dof {dof}\n    limits {limits}\n"
        text += "  end\n"
    return ASF.format(bones=text)


def amc_frames(frames: int, seed: int = 3) -> list[dict]:
    rng = np.random.default_rng(seed)
    phase = {name: rng.uniform(0, 6, len(bone[3].split())) for name, bone in BONES.items()}
    made = []
    for frame in range(frames):
        values = {
            name: 20 * np.sin(frame / 60 + start) for name, start in phase.items() if len(start)
        }
        made.append({"root": np.array([0.1 * frame, 17, 2, 5, 10 + frame / 9, -4])} | values)
    return made


def write_amc(folder: Path, name: str, frames: list[dict], skeleton: str = "07.asf") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / skeleton).write_text(asf_text())
    text = "#!OML:ASF x\n:FULLY-SPECIFIED\n:DEGREES\n"
    for i, frame in enumerate(frames):
        text += f"{i + 1}\n"
        for bone, values in frame.items():
            text += bone + "".join(f" {value:.8f}" for value in values) + "\n"
    (folder / name).write_text(text)
    return folder / name


def bone_end(name: str, frame: dict) -> tuple[np.ndarray, np.ndarray]:
    """End of a bone and its rotation by matrices: L = C M C^-1, each Rz Ry Rx."""

    def matrix(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> np.ndarray:
        return Rotation.from_euler("ZYX", [z, y, x], degrees=True).as_matrix()

    if name == "root":
        x, y, z = frame["root"][3:]
        return frame["root"][:3], matrix(x, y, z)
    direction, length, axis, dof = BONES[name]
    start, above = bone_end(PARENT[name], frame)
    own = matrix(*axis)
    angles = {axis[1]: value for axis, value in zip(dof.split(), frame.get(name, []), strict=True)}
    turn = above @ own @ matrix(**angles) @ np.linalg.inv(own)
    return start + turn @ (np.array(direction) / np.linalg.norm(direction) * length), turn


def test_asf_and_amc_by_matrices_multiplied_by_hand(tmp_path) -> None:
    frames = amc_frames(121)
    write_amc(tmp_path, "07_02.amc", frames)
    clip = only(tmp_path)
    assert (clip.name, clip.subject, clip.source, clip.source_fps) == ("07_02", "7", "amc", 120)
    assert len(clip.joints) == 51
    for pack_frame, frame in ((0, 0), (5, 12), (50, 120)):
        for joint, bone in JOINT_BONES.items():
            place = z_up(bone_end(bone, frames[frame])[0]) * CMU_UNIT
            off = clip.joints[pack_frame, J(joint)] - place
            assert np.linalg.norm(off) < 1e-5, joint
        chest, turn = bone_end("thorax", frames[frame])
        ends = [
            np.array(BONES[name][0]) / np.linalg.norm(BONES[name][0]) * BONES[name][1]
            for name in ("lclavicle", "rclavicle")
        ]
        thorax = z_up(chest + turn @ (sum(ends) / 2)) * CMU_UNIT
        assert np.linalg.norm(clip.joints[pack_frame, J("thorax")] - thorax) < 1e-5


def test_the_same_skeleton_in_radians(tmp_path) -> None:
    frames = amc_frames(5)
    degrees = read_asf_amc(tmp_path / "07.asf", write_amc(tmp_path, "07_01.amc", frames))
    for frame in frames:
        for bone, values in frame.items():
            moved = values[:3] if bone == "root" else values[:0]
            frame[bone] = np.concatenate([moved, np.radians(values[len(moved) :])])
    path = write_amc(tmp_path, "07_02.amc", frames)
    path.write_text(path.read_text().replace(":DEGREES", ":RADIANS"))
    radians = read_asf_amc(tmp_path / "07.asf", path)
    np.testing.assert_allclose(radians.positions, degrees.positions, atol=1e-5)


@pytest.mark.parametrize("skeleton", ["07.asf", "07_02.asf", "other.asf"])
def test_the_skeleton_of_a_motion_is_found(tmp_path, skeleton) -> None:
    write_amc(tmp_path, "07_02.amc", amc_frames(9), skeleton)
    assert only(tmp_path).subject == "7"


@pytest.mark.parametrize("name, frames", [("squat_001_120", 51), ("03-03_01_60", 101)])
def test_the_names_of_hdm05(tmp_path, name, frames) -> None:
    write_amc(tmp_path / "x", f"HDM_bd_{name}.amc", amc_frames(121), "HDM_bd.asf")
    (tmp_path / "x" / "HDM_dg.asf").write_text("of somebody else")
    clip = only(tmp_path / "x")
    assert (clip.subject, clip.name) == ("bd", f"HDM_bd_{name}") and len(clip.joints) == frames


def test_a_motion_without_its_skeleton(tmp_path) -> None:
    path = write_amc(tmp_path, "07_02.amc", amc_frames(9), "a.asf")
    (tmp_path / "b.asf").write_text(asf_text())
    with pytest.raises(InputError, match=r"07_02\.amc.*07\.asf"):
        read_folder(tmp_path, Reading())
    assert path.exists()


def test_a_floor_that_is_far_off_is_moved_and_a_climber_is_not(tmp_path) -> None:
    for subject, height in (("1", 30.0), ("2", 0.0)):
        for take in range(3):
            rows = bent(12)
            rows[:, 1] = height
            write_bvh(tmp_path / f"{subject}_{take}.bvh", CMU, rows)
    for take, height in enumerate((17.2, 17.2, 40.0)):
        rows = bent(12)
        rows[:, 1] = height
        write_bvh(tmp_path / f"3_{take}.bvh", CMU, rows)
    clips, _ = read_folder(tmp_path, Reading())
    ankles = H36M17.indices(["left_ankle", "right_ankle"])
    lowest = {clip.name: clip.joints[:, ankles, 2].min() for clip in clips}
    for name in ("1_0", "1_2", "2_0", "2_2", "3_0"):
        assert abs(lowest[name] - 0.08) < 0.1, name
    assert lowest["3_2"] > 1.2


def clips_of(**frames: int) -> list[Clip]:
    joints = np.random.default_rng(0).normal(0, 0.4, (max(frames.values()), 17, 3))
    return [
        Clip(f"{name}_1", name.strip("s"), joints[:count], "bvh", Fraction(120), "x.bvh")
        for name, count in frames.items()
    ]


def test_subjects_held_out() -> None:
    clips = clips_of(s1=500, s2=30, s10=30, s3=600)
    assert validation_subjects(clips, None) == {"2", "10"}
    assert validation_subjects(clips[::-1], None) == {"2", "10"}
    assert validation_subjects(clips, ["03", "10"]) == {"3", "10"}
    assert validation_subjects(clips_of(s1=5), None) == set()
    assert validation_subjects(clips_of(s1=5, s2=900), None) == {"1"}
    with pytest.raises(InputError, match=r"subject 4; the subjects are 1, 2, 3, 10"):
        validation_subjects(clips, ["4"])
    with pytest.raises(InputError, match="none is left"):
        validation_subjects(clips, ["1", "2", "3", "10"])


def test_a_pack_holds_what_went_in(tmp_path) -> None:
    clips = clips_of(s1=30, s7=20)
    write_pack(tmp_path / "p.npz", clips, {"7"}, "free", "them")
    with np.load(tmp_path / "p.npz", allow_pickle=False) as pack:
        arrays = {name: pack[name] for name in pack.files}
    joints = np.zeros((50, 17, 3))
    joints[:, 1:] = arrays["rel"] * float(arrays["rel_unit"])
    joints += arrays["root"][:, None]
    expected = np.concatenate([clip.joints for clip in clips])
    assert np.abs(joints - expected).max() < 0.51e-4
    assert arrays["rel"].dtype == np.int16 and arrays["root"].dtype == np.float32
    assert arrays["offsets"].tolist() == [0, 30, 50] and arrays["subject"].tolist() == [1, 7]
    assert arrays["split"].tolist() == ["train", "val"] and int(arrays["fps"]) == 50
    assert arrays["clip_id"].tolist() == ["s1_1", "s7_1"] and str(arrays["licence"]) == "free"
    assert tuple(arrays["joints"]) == H36M17.joints and str(arrays["credit"]) == "them"
    assert tuple(arrays["parents"]) == H36M17.parents
    takes = read_pack(tmp_path / "p.npz")
    assert [take.subject for take in takes["val"]] == ["7"] and len(takes["train"][0]) == 30


def run(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_command_packs_good_files_and_tells_of_bad_ones(tmp_path) -> None:
    source, out = tmp_path / "in", tmp_path / "p.npz"
    for name in ("01_01", "01_02", "02_01"):
        write_bvh(source / "deep" / f"{name}.bvh", CMU, bent(20))
    good = run("convert", source, "-o", out, "--val-subjects", "02", "--licence", "free")
    assert good.exit_code == 0 and "3 clips of 2 subjects" in good.output
    assert "validate (subjects: 2)" in good.output
    assert run("convert", source, "-o", out).exit_code == 1  # exists

    spoilt = bent(20)
    spoilt[7, 4] = np.nan
    write_bvh(source / "nan.bvh", CMU, spoilt)
    write_bvh(source / "single.bvh", CMU, bent(1))
    write_bvh(source / "dog.bvh", ("Hips", (0, 0, 0), [("Tail", (0, 0, -9), [])]), np.zeros((9, 9)))
    (source / "cut.bvh").write_text("HIERARCHY\nROOT Hips\n{\nOFFSET 0 0")
    (source / "09_01.amc").write_text("1\nroot 0 0 0 0 0 0\n")
    bad = run("convert", source, "-o", out, "--overwrite")
    assert bad.exit_code == 1 and "5 files were left out" in bad.output
    for word in (
        "nan.bvh: the motion holds NaN", "single.bvh: has one frame", "cut.bvh cannot be read",
        "dog.bvh: unknown skeleton. Its nodes are Hips, Tail", "LeftUpLeg",
        "09_01.amc: no skeleton",
    ):  # fmt: skip
        assert word in bad.output
    assert sum(len(takes) for takes in read_pack(out).values()) == 3


def test_folders_without_motion(tmp_path) -> None:
    empty = run("convert", tmp_path, "-o", tmp_path / "p.npz")
    assert empty.exit_code == 1 and "no .amc, .bvh" in empty.output
    missing = run("convert", tmp_path / "nowhere", "-o", tmp_path / "p.npz")
    assert missing.exit_code == 1 and "no such folder" in missing.output
    (tmp_path / "a.bvh").write_text("nothing")
    broken = run("convert", tmp_path, "-o", tmp_path / "p.npz")
    assert broken.exit_code == 1 and "none of its 1 files" in broken.output
    assert not (tmp_path / "p.npz").exists()


@pytest.mark.parametrize("options", [["--unit", "ell"], ["--fps", "x"], ["--val-subjects", ", "]])
def test_wrong_usage(tmp_path, options) -> None:
    assert run("convert", tmp_path, "-o", tmp_path / "p.npz", *options).exit_code == 2


def amc_lines(path: Path, change) -> None:
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda lines: lines[:-3], "cut off"),
        (lambda lines: [*lines, "tail 1"], "'tail' is not in the skeleton"),
        (lambda lines: [*lines[:-1], lines[-1] + " 4"], "cut off"),
        (lambda lines: [*lines[:-1], "rwrist four"], "is not a number"),
        (lambda lines: [*lines[:-1], "rwrist nan"], "NaN"),
        (lambda lines: lines[:3], "no frames"),
    ],
)
def test_damaged_amc_files(tmp_path, change, words) -> None:
    path = write_amc(tmp_path, "07_02.amc", amc_frames(4))
    amc_lines(path, change)
    with pytest.raises(InputError, match=rf"07_02\.amc.*{words}"):
        read_asf_amc(tmp_path / "07.asf", path)


@pytest.mark.parametrize(
    "old, new",
    [
        (":hierarchy", ":other"), ("XYZ", "XYX"), ("dof rx ry rz", "dof up"), ("TX TY", "TY"),
        ("length 7.1", "length seven"),
        ("    thorax lowerneck", "    x y"), ("thorax lowerneck", "thorax"),
        ("orientation 0 0 0", "orientation 0 90 0"), ("lhipjoint lfemur", "lfemur lhipjoint"),
    ],
)  # fmt: skip
def test_damaged_skeletons(tmp_path, old, new) -> None:
    path = write_amc(tmp_path, "07_02.amc", amc_frames(4))
    (tmp_path / "07.asf").write_text(asf_text().replace(old, new))
    with pytest.raises(InputError, match=r"07\.asf"):
        read_asf_amc(tmp_path / "07.asf", path)


def test_without_pybvh_the_message_says_what_to_install(tmp_path, monkeypatch) -> None:
    write_bvh(tmp_path / "a.bvh", CMU, bent(5))
    monkeypatch.setitem(sys.modules, "pybvh", None)
    with pytest.raises(InputError, match=r"pip install 'glagcn\[train\]'"):
        read_folder(tmp_path, Reading())


@pytest.mark.parametrize("command", [[], ["convert"], ["import-released"]])
def test_help_is_there_and_imports_neither_torch_nor_numpy(command) -> None:
    code = (
        "import sys\nfrom glagcn_training.commands.data import main\n"
        f"try:\n    main({[*command, '--help']!r})\nexcept SystemExit as end:\n"
        "    heavy = {'torch', 'numpy', 'scipy', 'pybvh'} & set(sys.modules)\n"
        "    sys.exit(end.code or ' '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout
