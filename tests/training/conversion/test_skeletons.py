"""Skeletons of the releases and programs that people have, with known joints in and a pack out."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17
from glagcn_training.conversion.clips import Clip, Reading
from glagcn_training.conversion.folder import read_folder
from glagcn_training.conversion.packing import write_pack
from glagcn_training.conversion.placing import stand_up, up_axis
from glagcn_training.data.packs import read_pack
from tests.helpers.motion_files import CMU, forward, walk, write_bvh, write_fbx, write_glb, z_up
from tests.helpers.moving_figure import walking

pytest.importorskip("pybvh")

PARTS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
# Left and right hip, knee, ankle, shoulder, elbow and wrist, then hips, back, neck and head.
PROGRAMS = {
    "mixamo": "mixamorig:{Side}UpLeg mixamorig:{Side}Leg mixamorig:{Side}Foot mixamorig:{Side}Arm "
    "mixamorig:{Side}ForeArm mixamorig:{Side}Hand mixamorig:Hips mixamorig:Spine mixamorig:Neck "
    "mixamorig:Head",
    "ready player me": "{Side}UpLeg {Side}Leg {Side}Foot {Side}Arm {Side}ForeArm {Side}Hand Hips "
    "Spine Neck Head",
    "unreal": "thigh_{l} calf_{l} foot_{l} upperarm_{l} lowerarm_{l} hand_{l} pelvis spine_01 "
    "neck_01 head",
    "rigify": "DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-upper_arm.{L} DEF-forearm.{L} "
    "DEF-hand.{L} DEF-spine DEF-spine.001 DEF-spine.004 DEF-spine.006",
    "rigify, renamed": "DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-upper_arm.{L} DEF-forearm.{L} "
    "DEF-hand.{L} DEF-hips DEF-spine.001 DEF-neck DEF-head",
    "metarig": "thigh.{L} shin.{L} foot.{L} upper_arm.{L} forearm.{L} hand.{L} spine spine.001 "
    "spine.004 spine.006",
    "daz genesis 8": "{l}ThighBend {l}Shin {l}Foot {l}ShldrBend {l}ForearmBend {l}Hand hip "
    "abdomenLower neckLower head",
    "daz genesis 9": "{l}_thigh {l}_shin {l}_foot {l}_upperarm {l}_forearm {l}_hand hip spine1 "
    "neck1 head",
    "poser": "{l}Thigh {l}Shin {l}Foot {l}Shldr {l}ForeArm {l}Hand hip abdomen neck head",
    "unity": "{Side}UpperLeg {Side}LowerLeg {Side}Foot {Side}UpperArm {Side}LowerArm {Side}Hand "
    "Hips Spine Neck Head",
    "vroid": "J_Bip_{L}_UpperLeg J_Bip_{L}_LowerLeg J_Bip_{L}_Foot J_Bip_{L}_UpperArm "
    "J_Bip_{L}_LowerArm J_Bip_{L}_Hand J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Neck J_Bip_C_Head",
    "biped": "Bip001 {L} Thigh_Bip001 {L} Calf_Bip001 {L} Foot_Bip001 {L} UpperArm_Bip001 {L} "
    "Forearm_Bip001 {L} Hand_Bip001 Pelvis_Bip001 Spine_Bip001 Neck_Bip001 Head",
    "smpl": "m_avg_{L}_Hip m_avg_{L}_Knee m_avg_{L}_Ankle m_avg_{L}_Shoulder m_avg_{L}_Elbow "
    "m_avg_{L}_Wrist m_avg_Pelvis m_avg_Spine1 m_avg_Neck m_avg_Head",
    "100style": "{Side}Hip {Side}Knee {Side}Ankle {Side}Shoulder {Side}Elbow {Side}Wrist Hips "
    "Chest Neck Head",
}


def names_of(program: str) -> tuple[dict[str, str], list[str]]:
    """Names of the limbs' nodes by joint, and of hips, back, neck and head."""
    given = PROGRAMS[program]
    words = given.replace(" Bip001", "_Bip001").split("_Bip") if program == "biped" else None
    if words:
        words = [words[0], *("Bip" + word for word in words[1:])]
    words = words or given.split()
    limbs = {
        f"{side}_{part}": word.format(Side=side.capitalize(), l=side[0], L=side[0].upper())
        for side in ("left", "right")
        for part, word in zip(PARTS, words[:6], strict=True)
    }
    return limbs, words[6:]


def human(program: str, size: float = 100.0) -> tuple:
    """A figure of 1.7 m in a T-pose, `size` units to the metre."""
    limbs, (hips, back, neck, head) = names_of(program)

    def at(*place: float) -> tuple[float, ...]:
        return tuple(size * value for value in place)

    def chain(names: list[str], offsets: list[tuple]) -> tuple:
        below = [chain(names[1:], offsets[1:])] if len(names) > 1 else []
        return (names[0], at(*offsets[0]), below)

    legs, arms = [], []
    for side, sign in (("left", 1), ("right", -1)):
        joints = [limbs[f"{side}_{part}"] for part in PARTS]
        legs.append(
            chain(joints[:3], [(sign * 0.09, -0.05, 0), (0, -0.42, 0.01), (0, -0.41, -0.01)])
        )
        arms.append(
            chain(joints[3:], [(sign * 0.17, 0.35, 0), (sign * 0.28, 0, 0), (sign * 0.25, 0, 0)])
        )
    skull = (head, at(0, 0.09, 0.02), [])
    trunk = (back, at(0, 0.12, 0), [(neck, at(0, 0.38, 0), [skull]), *arms])
    return (hips, (0, 0, 0), [*legs, trunk])


def motion(tree: tuple, frames: int, height: float, seed: int = 5) -> np.ndarray:
    """Slow turns of every node, up to 20 degrees; the root moves too."""
    count = len(list(walk(tree)))
    rng, time = np.random.default_rng(seed), np.arange(frames)[:, None] / 50
    angles = rng.uniform(-20, 20, 3 * count) * np.sin(2 * time + rng.uniform(0, 6, 3 * count))
    root = height * np.array([0, 1.0, 0]) + height * np.hstack([0.3 * time, 0 * time, 0.1 * time])
    return np.hstack([root, angles])


def only(folder: Path, **reading) -> Clip:
    clips, problems = read_folder(folder, Reading(**reading))
    assert not problems and len(clips) == 1
    return clips[0]


def packed(folder: Path) -> np.ndarray:
    """Joints (frames, 17, 3) relative to the hip, through the pack that a folder becomes."""
    write_pack(folder / "out.npz", [only(folder)], set())
    return read_pack(folder / "out.npz")["train"][0].joints


def error_mm(
    joints: np.ndarray, rows: np.ndarray, tree: tuple, nodes: dict, metres: float
) -> float:
    """Largest distance of joints from their nodes, both from the hip."""
    worst = 0.0
    for frame in (0, 13, len(rows) - 1):
        at, _ = forward(tree, rows[frame])
        hip = (at[nodes["left_hip"]] + at[nodes["right_hip"]]) / 2
        for joint, node in nodes.items():
            place = z_up(at[node] - hip) * metres
            own = joints[frame, H36M17.index(joint)] - joints[frame, 0]
            worst = max(worst, 1000 * float(np.linalg.norm(own - place)))
    return worst


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("suffix", [".bvh", ".glb", ".fbx"])
def test_every_programs_names_in_every_format(tmp_path, program, suffix) -> None:
    tree = human(program, size=1.0 if suffix == ".glb" else 100.0)
    metres = 1.0 if suffix == ".glb" else 0.01
    rows = motion(tree, 30, 1 / metres)
    if suffix == ".bvh":
        if " " in tree[0]:
            pytest.skip("names in BVH have no spaces")
        write_bvh(tmp_path / "a.bvh", tree, rows)
    elif suffix == ".glb":
        write_glb(tmp_path / "a.glb", {"a": rows}, tree)
    else:
        pytest.importorskip("ufbx")
        write_fbx(tmp_path / "a.fbx", tree, rows)
    limbs, (*_, head) = names_of(program)
    assert error_mm(packed(tmp_path), rows, tree, limbs | {"neck": head}, metres) < 0.2


@pytest.mark.parametrize("program", ["mixamo", "daz genesis 8"])
def test_a_head_without_a_crown_is_at_the_ears(tmp_path, program) -> None:
    tree = human(program)
    rows = np.tile([0.0, 100] + [0] * 49, (5, 1))
    rows[:, 0] = np.arange(5)
    write_bvh(tmp_path / "a.bvh", tree, rows)
    joints = only(tmp_path).joints[0]
    head = joints[H36M17.index("head")] - joints[H36M17.index("neck")]
    assert 0.09 < head[2] < 0.11 and np.abs(head[:2]).max() < 0.02


# The skeleton of CMU's release for 3ds Max: two bones are lost, the arms hang.
def max_arm(side: str, sign: int) -> tuple:
    hand = (f"{side[0].lower()}hand", (0, 0, 0), [(f"{side[0]}Fingers", (0, -0.7, 0), [])])
    elbow = (f"{side}Elbow", (0, -5.0, 0), [(f"{side}Wrist", (0, -3.5, 0), [hand])])
    return (f"{side}Collar", (0, 0, 0), [(f"{side}Shoulder", (sign * 3.3, 1.2, -0.3), [elbow])])


def max_leg(side: str, sign: int) -> tuple:
    knee = (f"{side}Knee", (sign * 2.4, -6.7, 0), [(f"{side}Ankle", (sign * 2.5, -7.0, 0), [])])
    return (f"{side[0]}HipJoint", (0, 0, 0), [(f"{side}Hip", (sign * 1.3, -1.8, 0.8), [knee])])


MAX = ("Hips", (0, 0, 0), [
    max_leg("Left", 1), max_leg("Right", -1),
    ("lowerback", (0, 0, 0), [("Chest", (0, 2.0, -0.2), [("Chest2", (0.1, 2.1, 0), [
        ("lowerneck", (0, 0, 0), [("Neck", (0, 1.7, 0.2), [("Head", (0.1, 1.8, -0.1), [])])]),
        max_arm("Left", 1), max_arm("Right", -1),
    ])])]),
])  # fmt: skip


def test_the_release_of_cmu_for_3ds_max(tmp_path) -> None:
    rows = motion(MAX, 30, 17)
    write_bvh(tmp_path / "05_01.bvh", MAX, rows)
    clip = only(tmp_path)
    assert clip.subject == "5" and clip.assumed.startswith("CMU's BVH for 3ds Max")
    for frame in (0, 29):
        at, turns = forward(MAX, rows[frame])
        lost = turns["Chest2"] @ [0.1, 2.1, 0]
        known = {
            "hip": (at["LeftHip"] + at["RightHip"]) / 2,
            "left_knee": at["LeftKnee"], "right_ankle": at["RightAnkle"], "spine": at["Chest"],
            "thorax": at["Chest2"] + lost + turns["Chest2"] @ [0, 1.2, -0.3],
            "neck": at["Head"] + lost, "left_shoulder": at["LeftShoulder"] + lost,
            "head": at["Head"] + turns["Head"] @ [0, 1.5, 0] + lost,
            "right_wrist": at["RightElbow"] + turns["RightElbow"] @ [0, -5.25, 0] + lost,
        }  # fmt: skip
        for joint, place in known.items():
            off = clip.joints[frame, H36M17.index(joint)] - z_up(place) * 0.0254 / 0.45
            assert np.linalg.norm(off) < 1e-5, joint


def daz_leg(side: str, sign: int) -> tuple:
    shin = (f"{side}Shin", (0, -36.8, 0.7), [(f"{side}Foot", (-sign * 0.7, -45.1, -5.1), [])])
    return (f"{side}Buttock", (sign * 8.8, 4.4, 1.2), [(f"{side}Thigh", (0, -1.7, -2.2), [shin])])


def daz_arm(side: str, sign: int) -> tuple:
    hand = (f"{side}Hand", (sign * 22.6, 0.8, 7.1), [])
    elbow = (f"{side}ForeArm", (sign * 28.2, -1.7, 0.5), [hand])
    return (
        f"{side}Collar",
        (sign * 2.7, 19.3, -4.9),
        [(f"{side}Shldr", (sign * 8.8, -2.0, 1.5), [elbow])],
    )


EYES = [("leftEye", (4.1, 8.0, 8.0), []), ("rightEye", (-4.1, 8.0, 8.0), [])]
DAZ = ("hip", (0, 0, 0), [
    ("abdomen", (0, 20.7, -0.7), [("chest", (0, 11.7, -0.5), [
        ("neck", (0, 22.2, -2.2), [("head", (-0.2, 7.1, 1.2), EYES)]),
        daz_arm("r", -1), daz_arm("l", 1),
    ])]),
    daz_leg("r", -1), daz_leg("l", 1),
])  # fmt: skip


def test_the_release_of_cmu_for_daz(tmp_path) -> None:
    rows = motion(DAZ, 30, 100)
    write_bvh(tmp_path / "05_01.bvh", DAZ, rows)
    own = dict(zip(PARTS, ("Thigh", "Shin", "Foot", "Shldr", "ForeArm", "Hand"), strict=True))
    nodes = {f"{side}_{part}": side[0] + own[part] for side in ("left", "right") for part in PARTS}
    clip = only(tmp_path)
    assert "CMU's BVH for DAZ" in clip.assumed and "0.01 m" in clip.assumed
    assert error_mm(clip.joints, rows, DAZ, nodes | {"neck": "head"}, 0.01) < 0.01
    neck, head = (clip.joints[:, H36M17.index(joint)] for joint in ("neck", "head"))
    at, turns = forward(DAZ, rows[7])
    assert 0.09 < np.linalg.norm(head - neck, axis=1)[7] < 0.11
    middle = (at["leftEye"] + at["rightEye"]) / 2 - at["head"]
    aside = z_up(turns["head"] @ [1, 0, 0])
    assert abs((head - neck)[7] @ aside) < 0.005  # not at one of the eyes
    assert (head - neck)[7] @ z_up(middle) > 0


def test_the_t_pose_before_a_motion_of_the_daz_release_is_cut(tmp_path) -> None:
    rows = motion(DAZ, 40, 100) * 0.2
    rows[:, :3] = (0, 100, 0)
    names = [name for name, _, _ in walk(DAZ)]
    for side, sign in (("l", -1), ("r", 1)):
        rows[:, 3 + 3 * names.index(f"{side}Shldr")] += sign * 75
    first = np.zeros_like(rows[:1])
    first[:, :3] = rows[0, :3]
    write_bvh(tmp_path / "05_01.bvh", DAZ, np.vstack([first, rows]))
    clip = only(tmp_path)
    assert clip.shortened == 1 and len(clip.joints) == 40


@pytest.mark.parametrize("turn", range(24))
def test_any_axis_may_be_up(turn) -> None:
    joints = walking(20).joints  # y up
    expected = stand_up(joints, "y")
    turned = Rotation.create_group("O")[turn].apply(joints.reshape(-1, 3)).reshape(joints.shape)
    stood = stand_up(turned, up_axis(turned))
    np.testing.assert_allclose(stood[..., 2], expected[..., 2], atol=1e-6)
    across = stood[:, H36M17.index("left_hip")] - stood[:, H36M17.index("right_hip")]
    ahead = np.cross(across[:-1], [0, 0, 1]) * np.diff(stood[:, 0], axis=0)
    assert (ahead.sum(axis=1) > 0).all()  # it still walks forwards: left is left


def test_knees_that_bend_backwards_are_refused(tmp_path) -> None:
    tree = human("mixamo")
    rows = motion(tree, 40, 100) * 0.2
    rows[:, 1] = 100
    names = [name for name, _, _ in walk(tree)]
    for side in ("Left", "Right"):
        rows[:, 5 + 3 * names.index(f"mixamorig:{side}Leg")] = 60
    write_bvh(tmp_path / "good" / "a.bvh", tree, rows)
    only(tmp_path / "good")
    text = (tmp_path / "good" / "a.bvh").read_text()
    text = text.replace("Left", "Middle").replace("Right", "Left").replace("Middle", "Right")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.bvh").write_text(text)
    with pytest.raises(InputError, match="knees bend backwards"):
        read_folder(tmp_path / "bad", Reading())


def test_one_line_a_skeleton(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO, logger="glagcn_training")
    rows = np.zeros((9, 9))
    for number in range(40):
        write_bvh(
            tmp_path / f"dog{number:02}.bvh", ("Hips", (0, 0, 0), [("Tail", (0, 0, -9), [])]), rows
        )
    for number in range(3):
        write_bvh(
            tmp_path / f"cat{number}.bvh", ("Hips", (0, 0, 0), [("Paw", (0, 0, -9), [])]), rows
        )
    write_bvh(tmp_path / "01_01.bvh", CMU, motion(CMU, 20, 17))
    clips, problems = read_folder(tmp_path, Reading())
    assert len(clips) == 1 and len(problems) == 43
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 2
    assert "dog00.bvh and 39 others: unknown skeleton. Its nodes are Hips, Tail" in warnings[0]
    assert "lacks" in warnings[0] and "cat0.bvh and 2 others" in warnings[1]
    assert len(warnings[0]) < 500
    told = [
        record.getMessage() for record in caplog.records if "1 of 1 clips" in record.getMessage()
    ]
    assert told and "MotionBuilder; 50 frames/s; one unit is 0.05644 m; up is y" in told[0]


def test_without_ufbx_one_line_says_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ufbx", None)
    for name in ("a", "b"):
        (tmp_path / f"{name}.fbx").write_bytes(b"Kaydara FBX Binary")
    with pytest.raises(InputError, match=r"a\.fbx and 1 other: .*pip install 'glagcn\[fbx\]'"):
        read_folder(tmp_path, Reading())


@pytest.mark.parametrize("content", [b"", b"Kaydara FBX Binary  \x00\x1a\x00", b"; FBX 7.4.0"])
def test_damaged_fbx_files_are_refused(tmp_path, content) -> None:
    pytest.importorskip("ufbx")
    (tmp_path / "a.fbx").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.fbx"):
        read_folder(tmp_path, Reading())


def test_fbx_in_other_units_and_axes(tmp_path) -> None:
    pytest.importorskip("ufbx")
    tree = human("mixamo", size=40.0)
    rows = motion(tree, 20, 40)
    write_fbx(tmp_path / "a.fbx", tree, rows, fps=30, unit=2.5)  # 2.5 cm
    limbs, (*_, head) = names_of("mixamo")
    clip = only(tmp_path, fps=50)
    assert error_mm(clip.joints, rows, tree, limbs | {"neck": head}, 0.025) < 0.2
    assert "one unit is 1 m" in clip.assumed and only(tmp_path).source_fps == 30
    write_fbx(tmp_path / "a.fbx", tree, rows, unit=2.5, up="z")
    lying = only(tmp_path, up="y").joints  # y up declared as z up: it lies on its face or back
    assert abs(lying[0, H36M17.index("head"), 2] - lying[0, 0, 2]) < 0.3


def test_a_pose_is_no_motion(tmp_path) -> None:
    tree = human("unreal", 1.0)
    moves = motion(tree, 20, 1)
    poses = {"walk": moves, "T-pose": np.repeat(0 * moves[:1], 20, axis=0), "A": moves[:1]}
    write_glb(tmp_path / "them.glb", poses, tree)
    clips, problems = read_folder(tmp_path, Reading())
    assert [clip.name for clip in clips] == ["them_walk"]
    assert len(problems) == 1 and "nothing moves" in problems[0]
