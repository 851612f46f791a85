"""Feet and palms of rigs: a skeleton with known ones through the pack that it becomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.skeleton import H36M25
from glagcn_training.conversion.clips import Reading
from glagcn_training.conversion.folder import read_folder
from glagcn_training.conversion.packing import write_pack
from glagcn_training.data.extremities import INDEX, LITTLE
from glagcn_training.data.packs import read_pack, read_pack_splits
from tests.helpers.motion_files import forward, walk, write_bvh, z_up

pytest.importorskip("pybvh")

LIMBS = ("hip", "knee", "ankle", "toes", "shoulder", "elbow", "wrist", "middle", "index", "little")
PROGRAMS = {
    "mixamo": "{Side}UpLeg {Side}Leg {Side}Foot {Side}ToeBase {Side}Arm {Side}ForeArm {Side}Hand "
    "{Side}HandMiddle1 {Side}HandIndex1 {Side}HandPinky1 Hips Spine Neck Head",
    "unreal": "thigh_{l} calf_{l} foot_{l} ball_{l} upperarm_{l} lowerarm_{l} hand_{l} "
    "middle_01_{l} index_01_{l} pinky_01_{l} pelvis spine_01 neck_01 head",
    "rigify": "DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-toe.{L} DEF-upper_arm.{L} "
    "DEF-forearm.{L} DEF-hand.{L} DEF-f_middle.01.{L} DEF-f_index.01.{L} DEF-f_pinky.01.{L} "
    "DEF-spine DEF-spine.001 DEF-spine.004 DEF-spine.006",
    "daz": "{l}ThighBend {l}Shin {l}Foot {l}Toe {l}ShldrBend {l}ForearmBend {l}Hand {l}Mid1 "
    "{l}Index1 {l}Pinky1 hip abdomenLower neckLower head",
    "vroid": "J_Bip_{L}_UpperLeg J_Bip_{L}_LowerLeg J_Bip_{L}_Foot J_Bip_{L}_ToeBase "
    "J_Bip_{L}_UpperArm J_Bip_{L}_LowerArm J_Bip_{L}_Hand J_Bip_{L}_Middle1 J_Bip_{L}_Index1 "
    "J_Bip_{L}_Little1 J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Neck J_Bip_C_Head",
}
SIDES = (("left", 1), ("right", -1))


def named(program: str, side: str) -> dict[str, str]:
    words = PROGRAMS[program].split()[: len(LIMBS)]
    shown = {"Side": side.capitalize(), "l": side[0], "L": side[0].upper()}
    return {part: word.format(**shown) for part, word in zip(LIMBS, words, strict=True)}


def figure(program: str, without: tuple[str, ...] = ()) -> tuple:
    """A figure of 1.7 m in a T-pose, in centimetres, whose toes are below and before the ankles."""
    hips, back, neck, head = PROGRAMS[program].split()[-4:]
    legs, arms = [], []
    for side, sign in SIDES:
        name = named(program, side)
        toes = [] if "toes" in without else [(name["toes"], (0, -6, 12), [])]
        fingers = [] if "index" in without else [
            (name["middle"], (sign * 9, 0, 0), []), (name["index"], (sign * 9, 0, 2.5), []),
            (name["little"], (sign * 8, 0, -3), []),
        ]  # fmt: skip
        shin = (name["knee"], (0, -42, 1), [(name["ankle"], (0, -41, -1), toes)])
        legs.append((name["hip"], (sign * 9, -5, 0), [shin]))
        forearm = (name["elbow"], (sign * 28, 0, 0), [(name["wrist"], (sign * 25, 0, 0), fingers)])
        arms.append((name["shoulder"], (sign * 17, 35, 0), [forearm]))
    trunk = (back, (0, 12, 0), [(neck, (0, 38, 0), [(head, (0, 9, 2), [])]), *arms])
    return (hips, (0, 0, 0), [*legs, trunk])


def rows_of(tree: tuple, frames: int = 60, standing: int = 20) -> np.ndarray:
    """Stand flat, and then turn every node slowly, feet above the floor."""
    count = len(list(walk(tree)))
    rng, time = np.random.default_rng(5), np.arange(frames)[:, None] / 50
    angles = rng.uniform(-20, 20, 3 * count) * np.sin(2 * time + rng.uniform(0, 6, 3 * count))
    angles[:standing] *= 0
    angles[:standing, 3 * count // 2] = 3 * np.arange(standing)  # somebody who moves a little
    root = np.hstack([30 * time, 0 * time + 130, 10 * time])
    root[:standing, 1] = 95
    return np.hstack([root, angles])


def packed(folder: Path, program: str, **options: tuple[str, ...]) -> tuple[np.ndarray, tuple]:
    tree = figure(program, **options)
    write_bvh(folder / "a.bvh", tree, rows_of(tree))
    clips, problems = read_folder(folder, Reading(first_frame="keep"))
    assert not problems
    write_pack(folder / "out.npz", clips, set())
    return read_pack(folder / "out.npz")["train"][0].joints, tree


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("program", PROGRAMS)
def test_soles_and_palms_have_the_directions_of_the_bones(tmp_path, program) -> None:
    joints, tree = packed(tmp_path, program)
    assert joints.shape[1] == len(H36M25)
    for frame in (0, 30, 59):
        _, turns = forward(tree, rows_of(tree)[frame])
        at = dict(zip(H36M25.joints, joints[frame], strict=True))
        for side, sign in SIDES:
            name = named(program, side)
            sole = z_up(turns[name["ankle"]] @ [0, 0, 1])
            assert unit(at[f"{side}_big_toe"] - at[f"{side}_heel"]) @ sole > np.cos(np.radians(1))
            heel = at[f"{side}_heel"] - at[f"{side}_ankle"]
            assert heel @ sole < -0.04  # behind the ankle
            hand = turns[name["wrist"]]
            for knuckle, (along, aside) in (("index", INDEX), ("little", LITTLE)):
                meant = z_up(hand @ unit(np.array([sign * along, 0, aside])))
                found = unit(at[f"{side}_{knuckle}_knuckle"] - at[f"{side}_wrist"])
                assert found @ meant > np.cos(np.radians(1)), (side, knuckle)


def test_rigs_without_toes_or_fingers_have_none(tmp_path) -> None:
    joints, _ = packed(tmp_path, "mixamo", without=("index",))
    at = dict(zip(H36M25.joints, np.moveaxis(joints, 1, 0), strict=True))
    assert np.isfinite(at["left_heel"]).all() and np.isnan(at["left_index_knuckle"]).all()
    plain, _ = packed(tmp_path / "plain", "mixamo", without=("index", "toes"))
    assert plain.shape[1] == 17


def test_trainings_of_feet_take_the_pack(tmp_path) -> None:
    packed(tmp_path, "unreal")
    takes = read_pack_splits(tmp_path / "out.npz", ["train"], H36M25)["train"]
    assert takes.joint_set is H36M25 and np.isfinite(takes.takes[0].joints).all()
