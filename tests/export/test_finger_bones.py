"""Fingers in written files: an open hand is open, a fist a fist, left and right are not mixed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.export.character.bone_names import FINGERS
from glagcn_cli.export.character.character import Character
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.rig.finger_bones import FINGER_BONES
from glagcn_cli.poses import PoseSequence
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.characters import FINGER_NAMES, Build, called, character_file
from tests.helpers.made_hands import FIST, hand, with_hands
from tests.helpers.moving_figure import sequence, walking

OPEN: dict[str, tuple[float, float, float]] = {}
Place = Callable[[str], np.ndarray]


def person(left: dict | None = OPEN, right: dict | None = FIST, frames: int = 12) -> PoseSequence:
    """Somebody with an open left hand and a right fist."""
    hands = [None if bends is None else hand(bends, side == "right")
             for side, bends in (("left", left), ("right", right))]  # fmt: skip
    return with_hands(sequence(walking(frames).joints), *hands)


def written(path: Path, who: PoseSequence, **settings: object) -> Path:
    assert list(writer_for(path)(path, [who], ExportContext(settings=settings))) == [path]
    return path


def curled(place: Place, side: str) -> np.ndarray:
    """Degrees (frames, 4) from the back of the hand to the outer bones of its fingers."""
    wrist = place(f"{side}Hand")
    found = []
    for finger in ("Index", "Middle", "Ring", "Little"):
        knuckle, middle, outer = (
            place(f"{side}{finger}{part}") for part in ("Proximal", "Intermediate", "Distal")
        )
        one, other = knuckle - wrist, outer - middle
        across = np.linalg.norm(np.cross(one, other), axis=1)
        found.append(np.degrees(np.arctan2(across, (one * other).sum(axis=1))))
    return np.stack(found, axis=1)


def to_palm(place: Place, side: str) -> np.ndarray:
    """Ways (frames, 4) of the outer joints of fingers out of the palm, metres or the like."""
    wrist, index, little = (place(side + b) for b in ("Hand", "IndexProximal", "LittleProximal"))
    palm = np.cross(little - wrist, index - wrist) * (1 if side == "left" else -1)
    palm /= np.linalg.norm(palm, axis=1, keepdims=True)
    fingers = ("Index", "Middle", "Ring", "Little")
    ends = [place(f"{side}{finger}Distal") - wrist for finger in fingers]
    return np.stack([(end * palm).sum(axis=1) for end in ends], axis=1)


def check(place: Place, size: float = 1.0) -> None:
    """An open left hand and a right fist."""
    assert curled(place, "left").max() < 30.0
    assert curled(place, "right").min() > 120.0
    assert to_palm(place, "right").min() > 0.01 * size
    assert np.abs(to_palm(place, "left")).max() < 0.02 * size


NAMES = {bone.vrm_name: bone.name for bone in FINGER_BONES} | {
    "leftHand": "LeftHand",
    "rightHand": "RightHand",
}


def test_glb(tmp_path):
    read = AnimatedGlb(written(tmp_path / "a.glb", person()))
    check(lambda bone: read.place(NAMES[bone]))
    assert np.isfinite(read.corners).all()


def test_vrma_names_the_bones_as_vrm_does(tmp_path):
    read = AnimatedGlb(written(tmp_path / "a.vrma", person()))
    check(read.place)
    bones = read.json["extensions"]["VRMC_vrm_animation"]["humanoid"]["humanBones"]
    assert set(FINGERS) < set(bones) and len(set(FINGERS)) == 30


@pytest.mark.parametrize(("skeleton", "prefix"), [("mixamo", "mixamorig:"), ("h36m", "")])
def test_bvh(tmp_path, skeleton, prefix):
    pybvh = pytest.importorskip("pybvh")
    path = written(tmp_path / "a.bvh", person(), bvh_skeleton=skeleton)
    bvh = pybvh.read_bvh_file(path, world_up="+y")
    names = [node.name for node in bvh.nodes]
    places = bvh.node_positions() / 100
    wrist = {"LeftHand": "LeftWrist", "RightHand": "RightWrist"} if skeleton == "h36m" else {}

    def place(bone: str) -> np.ndarray:
        name = NAMES[bone]
        return places[:, names.index(prefix + wrist.get(name, name))]

    check(place)


def test_the_skeleton_of_cmu_stays_what_it_is(tmp_path):
    with_ = written(tmp_path / "a.bvh", person(), bvh_skeleton="cmu").read_text()
    without = written(tmp_path / "b.bvh", sequence(walking(12).joints), bvh_skeleton="cmu")
    assert with_ == without.read_text()


BUILDS = [Build(names, arms_down=down, fingers=True)
          for names, down in zip(FINGER_NAMES, (0.0, 45.0, 50.0, 30.0), strict=True)]  # fmt: skip


@pytest.mark.parametrize("build", [*BUILDS, Build("vrm", size=0.6, fingers=True)],
                         ids=lambda build: build.names)  # fmt: skip
def test_characters(tmp_path, build):
    path = character_file(tmp_path / "me.glb", build)
    assert set(FINGERS) < set(Character.read(path).body.bones)
    read = AnimatedGlb(written(tmp_path / "out.glb", person(), character=str(path)))
    check(lambda bone: read.place(called(build, bone)), build.size)


def test_the_body(tmp_path):
    read = AnimatedGlb(written(tmp_path / "out.glb", person(), body=True))
    check(lambda bone: read.place(f"mixamorig:{NAMES[bone]}"))


def test_thumbs_of_older_vrms_have_other_names(tmp_path):
    build = Build("vrm", fingers=True)
    read = AnimatedGlb(character_file(tmp_path / "me.vrm", build))
    older = {"Metacarpal": "Proximal", "Proximal": "Intermediate", "Distal": "Distal"}
    rows = []
    for number, node in enumerate(read.nodes):
        name = node["name"]
        if "Thumb" in name and not name.endswith("Tip"):
            side, part = name.split("Thumb")
            name = f"{side}Thumb{older[part]}"
        rows.append({"bone": name, "node": number})
        node["name"] = f"n{number}"
    read.json["extensions"] = {"VRM": {"humanoid": {"humanBones": rows}}}
    read.save(tmp_path / "me.vrm")
    bones = Character.read(tmp_path / "me.vrm").body.bones
    first = [row["node"] for row in rows if row["bone"] == "leftThumbProximal"]
    assert [bones["leftThumbMetacarpal"]] == first and set(FINGERS) < set(bones)


def test_a_character_without_fingers_stays_as_it_is_and_a_line_says_so(tmp_path, caplog):
    caplog.set_level("INFO")
    path = str(character_file(tmp_path / "me.glb", Build("cmu")))
    with_ = written(tmp_path / "a.glb", person(), character=path)
    assert "no finger bones" in caplog.text
    without = written(tmp_path / "b.glb", sequence(walking(12).joints), character=path)
    assert with_.read_bytes() == without.read_bytes()


def bends(place: Place, side: str) -> np.ndarray:
    """Degrees (frames, 4) by which fingers are bent at their middle joints."""
    found = []
    for finger in ("Index", "Middle", "Ring", "Little"):
        near, middle, far = (
            place(f"{side}{finger}{part}") for part in ("Proximal", "Intermediate", "Distal")
        )
        one, other = middle - near, far - middle
        across = np.linalg.norm(np.cross(one, other), axis=1)
        found.append(np.degrees(np.arctan2(across, (one * other).sum(axis=1))))
    return np.stack(found, axis=1)


@pytest.mark.parametrize("hands", [(None, None), (None, FIST)], ids=["unseen", "one seen"])
def test_stiff_fingers_that_nobody_saw_are_bent_a_little(tmp_path, hands):
    build = Build(fingers=True)
    path = character_file(tmp_path / "me.glb", build)
    who = sequence(walking(12).joints) if hands == (None, None) else person(*hands)
    read = AnimatedGlb(written(tmp_path / "a.glb", who, character=str(path)))

    def place(bone: str) -> np.ndarray:
        return read.place(called(build, bone))

    left = bends(place, "left")
    assert left.min() > 20.0 and left.max() < 40.0
    assert to_palm(place, "left").min() > 0.005
    keys = {read.nodes[node]["name"]: len(track) for (node, _), track in read.tracks.items()}
    assert keys[called(build, "leftIndexProximal")] == 1
    if hands[1] is not None:
        assert bends(place, "right").min() > 60.0


def test_bent_fingers_that_nobody_saw_stay_as_the_character_has_them(tmp_path):
    build = Build(fingers=True, seed=None)
    read = AnimatedGlb(character_file(tmp_path / "me.glb", build))
    for finger in ("Index", "Middle", "Ring", "Little"):
        node = read.nodes[read.node(called(build, f"left{finger}Intermediate"))]
        node["rotation"] = [0.0, 0.0, -np.sin(0.25), np.cos(0.25)]
    read.json["skins"][0].pop("inverseBindMatrices")
    read.save(tmp_path / "me.glb")
    who = sequence(walking(12).joints)
    read = AnimatedGlb(written(tmp_path / "a.glb", who, character=str(tmp_path / "me.glb")))
    moved = {read.nodes[node]["name"] for node, _ in read.tracks}
    assert called(build, "rightIndexProximal") in moved
    assert called(build, "leftIndexProximal") not in moved


def test_a_body_without_hands_has_fingers_at_rest(tmp_path):
    who = sequence(walking(12).joints)
    read = AnimatedGlb(written(tmp_path / "out.glb", who, body=True))
    for side in ("left", "right"):
        found = bends(lambda bone: read.place(f"mixamorig:{NAMES[bone]}"), side)
        assert found.min() > 20.0 and found.max() < 40.0
        tips = [read.place(f"mixamorig:{NAMES[side + f + 'Distal']}") for f in ("Index", "Little")]
        knuckles = [
            read.place(f"mixamorig:{NAMES[side + f + 'Proximal']}") for f in ("Index", "Little")
        ]
        apart = [np.linalg.norm(a - b, axis=1).mean() for a, b in (tips, knuckles)]
        assert apart[0] < 1.15 * apart[1]  # not spread


def test_palms_that_face_the_front_at_rest_are_turned_down(tmp_path):
    """Rest poses differ in how forearms are turned; the knuckles tell."""
    build = Build("mixamo", seed=None, fingers=True)
    path = character_file(tmp_path / "me.glb", build)
    straight = AnimatedGlb(written(tmp_path / "a.glb", person(), character=str(path)))
    read = AnimatedGlb(path)
    for side in ("left", "right"):  # the thumb's side up
        node = read.nodes[read.node(called(build, f"{side}Hand"))]
        node["rotation"] = [-np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]
    read.json["skins"][0].pop("inverseBindMatrices")
    read.save(path)
    turned = AnimatedGlb(written(tmp_path / "b.glb", person(), character=str(path)))
    for side in ("left", "right"):
        for bone in ("IndexDistal", "LittleProximal", "ThumbProximal"):
            one, other = (
                read.place(called(build, side + bone)) - read.place(called(build, f"{side}Hand"))
                for read in (straight, turned)
            )
            assert np.abs(one - other).max() < 2e-3
