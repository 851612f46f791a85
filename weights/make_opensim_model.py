"""Make opensim_model.osim: the model of ``.mot``, from the one that Pose2Sim ships (BSD-3-Clause).

pip download --no-deps pose2sim==0.10.49
python weights/make_opensim_model.py pose2sim-0.10.49-py3-none-any.whl weights/opensim_model.osim

Bodies, joints and masses stay as they are, with four changes. Markers are added for the joints of
H36M-17, at the centres of the model's own joints. Ranges are widened where a scene goes beyond
them: its axes are those of the camera, and a room is wider than a laboratory. The pelvis turns
about the vertical first, then lists, then tilts (Baker 2001, Gait Posture 13:1): in the order of
the original, tilt and list are about the ground's axes and change places where a person turns by 90
degrees. The head turns about the base of the neck, where the bone of our joints does, and not about
its upper end.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

SOURCE = "Pose2Sim/OpenSim_Setup/Model_Pose2Sim_simple.osim"
LEFT_OUT = ("ContactGeometrySet", "ControllerSet", "ConstraintSet", "ForceSet", "MarkerSet")
DRAWN_ALONE = ("FrameGeometry", "WrapObjectSet")

_TURNS, _ROOM = (-12.566, 12.566), (-1000.0, 1000.0)  # two turns in radians; metres
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("pelvis_tilt", "pelvis_list", "pelvis_rotation"), _TURNS),
    **dict.fromkeys(("pelvis_tx", "pelvis_ty", "pelvis_tz"), _ROOM),
    **{f"arm_{name}_{side}": _TURNS for name in ("flex", "add", "rot") for side in "rl"},
    "neck_flexion": (-1.05, 1.05),  # 60 degrees; it had 29
}

Place = tuple[str, float, float, float]

# Body, and metres in its frame. Limbs: the right side's, of which z changes its sign on the left.
MIDDLE: dict[str, Place] = {
    "hip": ("pelvis", -0.0707, -0.0661, 0.0),
    # On the line from there to the thorax, as far up as `skeleton` puts it.
    "spine": ("torso", 0.0172, 0.1007, 0.0),
    "thorax": ("torso", 0.003155, 0.3715, 0.0),
    # Base and end of the skull's bone as in the motion capture of CMU, ahead of the shoulders.
    "neck": ("head", 0.036, -0.009, 0.0),
    "head": ("head", 0.053, 0.089, 0.0),
}
LIMBS: dict[str, Place] = {
    "hip": ("pelvis", -0.0707, -0.0661, 0.0835),
    "knee": ("femur_r", -0.00809, -0.40796, -0.00275),
    "ankle": ("tibia_r", 0.0, -0.43, 0.0),
    "shoulder": ("torso", 0.003155, 0.3715, 0.17),
    "elbow": ("humerus_r", 0.013144, -0.286273, -0.009595),
    "wrist": ("radius_r", -0.008797, -0.235841, 0.01361),
}


NECK = {"torso": "0.003155 0.3715 0", "head": "0.003155 -0.13996 0"}
"""The joint of head and trunk, at the marker of the thorax, in the frames of both bodies."""


def main(wheel: Path, output: Path) -> None:
    """Read the model out of the wheel, change and write it."""
    with zipfile.ZipFile(wheel) as archive:
        root = ElementTree.fromstring(archive.read(SOURCE))
    model = root[0]
    model.set("name", "glagcn")
    credit = model.find("credits")
    assert credit is not None
    credit.text = (
        "Model_Pose2Sim_simple of Pose2Sim 0.10.49 (BSD-3-Clause, Copyright (c) 2022, "
        f"perfanalytics), with markers of 17 joints and wider ranges. {credit.text}"
    )
    for name in LEFT_OUT:
        model.remove(_child(model, name))
    for parent in [*model.iter()]:
        for child in [child for child in parent if child.tag in DRAWN_ALONE]:
            parent.remove(child)
    for coordinate in model.iter("Coordinate"):
        if limits := RANGES.get(coordinate.get("name", "")):
            _child(coordinate, "range").text = f"{limits[0]:g} {limits[1]:g}"
    _turn_then_list_then_tilt(model)
    for frame in model.findall("JointSet/objects/CustomJoint[@name='head_torso']/frames/*"):
        body = _child(frame, "socket_parent").text or ""
        _child(frame, "translation").text = NECK[body.rsplit("/", 1)[-1]]
    model.append(_markers())
    ElementTree.indent(root, "\t")
    output.write_bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n")


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = element.find(tag)
    if found is None:
        raise SystemExit(f"{element.tag} {element.get('name')} has no {tag}")
    return found


def _turn_then_list_then_tilt(model: ElementTree.Element) -> None:
    """Exchange the first and the last rotation of the joint between ground and pelvis."""
    pelvis = model.find("JointSet/objects/CustomJoint[@name='ground_pelvis']/SpatialTransform")
    assert pelvis is not None
    tilt, _, turn = pelvis[0], pelvis[1], pelvis[2]
    pelvis[0], pelvis[2] = turn, tilt
    turn.set("name", "rotation1")
    tilt.set("name", "rotation3")


def _markers() -> ElementTree.Element:
    objects = ElementTree.Element("objects")
    for name, place in MIDDLE.items():
        objects.append(_marker(name, place))
    for name, (body, x, y, z) in LIMBS.items():
        objects.append(_marker(f"right_{name}", (body, x, y, z)))
        objects.append(_marker(f"left_{name}", (body.replace("_r", "_l"), x, y, -z)))
    markers = ElementTree.Element("MarkerSet", name="markerset")
    markers.append(objects)
    return markers


def _marker(name: str, place: Place) -> ElementTree.Element:
    marker = ElementTree.Element("Marker", name=name)
    texts = {
        "socket_parent_frame": f"/bodyset/{place[0]}",
        "location": " ".join(f"{value:g}" for value in place[1:]),
        "fixed": "true",
    }
    for tag, text in texts.items():
        ElementTree.SubElement(marker, tag).text = text
    return marker


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
