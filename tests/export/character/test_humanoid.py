"""Whose bones are found, and what is said of files that are no character."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.export.character.bone_names import BONES, plain, schemes
from glagcn_cli.export.character.character import Character
from glagcn_cli.export.formats import ExportContext, writer_for
from tests.helpers.animated_glb import AnimatedGlb
from tests.helpers.characters import NAMES, Build, called, character_file, glb
from tests.helpers.moving_figure import sequence, walking


def vrm(path: Path, version: str, **meta: object) -> Path:
    """A VRM file whose nodes have names that say nothing."""
    build = Build("vrm")
    read = AnimatedGlb(character_file(path, build))
    found = {bone: read.node(bone) for bone in (*BONES, "spine")}
    for number, node in enumerate(read.nodes):
        node["name"] = f"n{number}"
    if version == "1.0":
        bones = {bone: {"node": number} for bone, number in found.items()}
        extension = {"specVersion": "1.0", "meta": meta, "humanoid": {"humanBones": bones}}
        read.json["extensions"] = {"VRMC_vrm": extension}
    else:
        rows = [{"bone": bone, "node": number} for bone, number in found.items()]
        read.json["extensions"] = {"VRM": {"meta": meta, "humanoid": {"humanBones": rows}}}
    read.json["extensionsUsed"] = list(read.json["extensions"])
    read.save(path)
    return path


@pytest.mark.parametrize("names", NAMES)
def test_bones_are_found_by_their_names(tmp_path, names):
    build = Build(names)
    path = character_file(tmp_path / "me.glb", build)
    character, read = Character.read(path), AnimatedGlb(path)
    found = {b: node for b, node in character.body.bones.items() if b in BONES}
    assert {b: read.node(called(build, b)) for b in BONES} == found
    chain = [read.nodes[n]["name"] for n in character.body.spine]
    assert chain == [called(build, b) for b in ("spine", "chest", "upperChest")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("mixamorig:LeftArm", "leftarm"),
        ("mixamorig1:LeftArm", "leftarm"),
        ("mixamorigLeftArm", "leftarm"),
        ("Armature|rig:DEF-upper_arm.L", "upperarml"),
        ("Bip01 L UpperArm", "lupperarm"),
        ("Bip001 Pelvis", "pelvis"),
        ("J_Bip_L_UpperArm", "lupperarm"),
        ("upperarm_l", "upperarml"),
        ("lShldrBend", "lshldrbend"),
        ("Hips", "hips"),
    ],
)
def test_names_are_compared_without_what_programs_put_before_them(name, shown):
    assert plain(name) == shown


def test_the_bones_of_makehuman_are_found(tmp_path):
    names = {
        "hips": "root", "head": "head", "Shoulder": "clavicle", "UpperArm": "upperarm01",
        "LowerArm": "lowerarm01", "Hand": "wrist", "UpperLeg": "upperleg01",
        "LowerLeg": "lowerleg01", "Foot": "foot", "Toes": "toe1-1", "ThumbMetacarpal": "finger1-1",
        "IndexDistal": "finger2-3", "LittleProximal": "finger5-1",
    }  # fmt: skip
    path = character_file(tmp_path / "me.glb", Build("vrm", fingers=True))
    read, expected = AnimatedGlb(path), {}
    for number, node in enumerate(read.nodes):
        bone = node["name"]
        side = next((s for s in ("left", "right") if bone.startswith(s)), "")
        own = names.get(bone.removeprefix(side))
        if own is not None:
            expected[bone] = number
            node["name"] = f"{own}.{side[0].upper()}" if side else own
        else:
            node["name"] = f"other {bone}"
    read.save(path)
    body = Character.read(path).body
    assert body.scheme == "MakeHuman"
    assert expected.items() <= dict(body.bones).items()


def test_no_scheme_calls_two_bones_alike():
    for names in schemes().values():
        assert len(set(names.values())) == len(names) == len(BONES)


@pytest.mark.parametrize("version", ["1.0", "0.x"])
def test_vrm_says_which_bone_is_which_and_keeps_its_metadata(tmp_path, version):
    path = vrm(tmp_path / "me.vrm", version, authors=["A"])
    assert Character.read(path).body.scheme == f"VRM {version}"
    out = tmp_path / "out.vrm"
    context = ExportContext(settings={"character": str(path)})
    list(writer_for(out)(out, [sequence(walking(5).joints)], context))
    assert AnimatedGlb(out).json["extensions"] == AnimatedGlb(path).json["extensions"]


@pytest.mark.parametrize(
    ("version", "meta"),
    [("1.0", {"modification": "prohibited", "authors": ["Ann"]}),
     ("0.x", {"licenseName": "CC_BY_ND", "author": "Ann"})],
)  # fmt: skip
def test_a_licence_that_forbids_changes_is_said(tmp_path, caplog, version, meta):
    Character.read(vrm(tmp_path / "me.vrm", version, **meta))
    assert "forbids changes" in caplog.text and "Ann" in caplog.text


def test_a_free_licence_is_not_said(tmp_path, caplog):
    Character.read(vrm(tmp_path / "me.vrm", "1.0", modification="allowModification"))
    assert not caplog.records


def unknown(path: Path) -> Path:
    read = AnimatedGlb(character_file(path, Build("vrm")))
    for node in read.nodes:
        node["name"] = f"bone {node['name']} x"
    read.save(path)
    return path


def test_unknown_names_are_listed_with_what_was_not_found(tmp_path):
    with pytest.raises(InputError) as caught:
        Character.read(unknown(tmp_path / "me.glb"))
    for word in ("hips", "leftFoot", "bone hips x", "--character-bones"):
        assert word in str(caught.value)


def test_a_file_says_which_bone_is_which(tmp_path):
    path, table = unknown(tmp_path / "me.glb"), tmp_path / "bones.yaml"
    table.write_text("".join(f"{bone}: bone {bone} x\n" for bone in BONES))
    assert len(Character.read(path, table).body.bones) == len(BONES)
    table.write_text(json.dumps({bone: f"bone {bone} x" for bone in BONES}))
    assert Character.read(path, table).body.scheme == "mapping"


@pytest.mark.parametrize(
    ("text", "said"),
    [("hips: bone hipz x", "did you mean bone hips x"), ("tail: bone hips x", "tail"),
     ("- a", "hips: NAME"), ("a: b: c", "no list of bones")],
)  # fmt: skip
def test_a_file_of_bones_that_is_wrong_is_refused(tmp_path, text, said):
    table = tmp_path / "bones.yaml"
    table.write_text(text)
    with pytest.raises(UsageError, match=said):
        Character.read(unknown(tmp_path / "me.glb"), table)


def test_hips_that_arms_do_not_hang_on_are_refused(tmp_path):
    """Some rigs begin with a bone above both the trunk and a pelvis that only the legs hang on."""
    path, table = character_file(tmp_path / "me.glb", Build("vrm")), tmp_path / "bones.yaml"
    read = AnimatedGlb(path)
    legs = [read.node(f"{side}UpperLeg") for side in ("left", "right")]
    root = read.nodes[read.node("hips")]
    root["children"] = [child for child in root["children"] if child not in legs]
    root["children"].append(len(read.nodes))
    read.nodes.append({"name": "pelvis", "children": legs})
    read.json["skins"][0]["joints"].append(len(read.nodes) - 1)
    read.json["skins"][0].pop("inverseBindMatrices")
    read.save(path)
    lines = {bone: bone for bone in BONES}
    table.write_text(json.dumps(lines | {"hips": "pelvis"}))
    with pytest.raises(InputError, match="leftUpperArm does not hang on pelvis"):
        Character.read(path, table)
    table.write_text(json.dumps(lines))
    assert Character.read(path, table).body.bones["hips"] == read.node("hips")


def test_twelve_bones_are_a_character_and_fewer_are_none(tmp_path):
    path = character_file(tmp_path / "me.glb", Build("vrm"))
    read = AnimatedGlb(path)
    spared = ("Toes", "Shoulder", "Hand", "MiddleProximal", "hest", "headTop", "neck")
    for node in read.nodes:
        if node["name"].endswith(spared):
            node["name"] = "other"
    read.save(path)
    character = Character.read(path)
    assert len(character.body.bones) == 12
    out = tmp_path / "out.glb"
    context = ExportContext(settings={"character": str(path)})
    assert list(writer_for(out)(out, [sequence(walking(5).joints)], context)) == [out]
    read.nodes[read.node("leftFoot")]["name"] = "boot"
    read.save(path)
    with pytest.raises(InputError, match="leftFoot"):
        Character.read(path)


def two_bodies(path: Path) -> Path:
    read = AnimatedGlb(character_file(path))
    count, (skin,) = len(read.nodes) - 1, read.json["skins"]
    for node in read.nodes[:count]:
        copy = dict(node)
        if "children" in node:
            copy["children"] = [child + count + 1 for child in node["children"]]
        read.nodes.append(copy)
    again = skin | {"joints": [j + count + 1 for j in skin["joints"]], "skeleton": count + 2}
    read.json["skins"].append(again)
    read.json["scenes"][0]["nodes"].append(count + 1)
    read.save(path)
    return path


def test_of_two_bodies_one_moves_and_it_is_said(tmp_path, caplog):
    assert set(Character.read(two_bodies(tmp_path / "me.glb")).body.bones) >= set(BONES)
    assert "several bodies" in caplog.text


def without_skin(document: dict) -> None:
    del document["skins"]


def draco(document: dict) -> None:
    document["extensionsUsed"] = ["KHR_draco_mesh_compression"]


def meshopt(document: dict) -> None:
    document["extensionsRequired"] = ["EXT_meshopt_compression"]


def in_files(document: dict) -> None:
    document["buffers"][0]["uri"] = "me.bin"


def circle(document: dict) -> None:
    document["nodes"][5]["children"] = [1]


def damaged(document: dict) -> None:
    document["accessors"][-1]["count"] = 10**7


@pytest.mark.parametrize(
    ("change", "said"),
    [(without_skin, "no skin"), (draco, "Draco"), (meshopt, "meshopt"), (in_files, "in one file"),
     (circle, "no tree"), (damaged, "damaged")],
)  # fmt: skip
def test_what_is_no_character_is_refused_with_the_reason(tmp_path, change, said):
    path = character_file(tmp_path / "me.glb")
    read = AnimatedGlb(path)
    change(read.json)
    path.write_bytes(glb(read.json, read.binary))
    with pytest.raises(InputError, match=said) as caught:
        Character.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "no GLB file"), (b"hello" * 99, "no GLB file"), (b'{"asset": {}}' * 9, "several files"),
     (glb({}, b"")[:24], "cut off"), (b"glTF\1\0\0\0" + bytes(40), "glTF 1"),
     (b"glTF\2\0\0\0\x18\0\0\0" + b"\4\0\0\0JSON{{{{", "damaged")],
)  # fmt: skip
def test_what_is_no_glb_is_refused(tmp_path, data, said):
    path = tmp_path / "me.glb"
    path.write_bytes(data)
    with pytest.raises(InputError, match=said):
        Character.read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        Character.read(tmp_path / "me.glb")
