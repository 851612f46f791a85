"""The model as its file describes it: bodies, how joints hold them together, and markers.

The file is ``weights/opensim_model.osim``, made by ``weights/make_opensim_model.py`` from the model
of Pose2Sim. Its markers are called as our joints are.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MODEL = "opensim_model.osim"

Floats = NDArray[np.float64]

_PARENT, _CHILD = "socket_parent_frame", "socket_child_frame"


class Marker(NamedTuple):
    """A point fixed to a body: its name, the body's, and metres in its frame (3,)."""

    name: str
    body: str
    place: Floats


def read_model() -> ElementTree.Element:
    """Read the model that comes with the program, as the root of its document."""
    return ElementTree.fromstring(resources.files("glagcn_weights").joinpath(MODEL).read_bytes())


def markers(root: ElementTree.Element) -> dict[str, Marker]:
    """Return the markers of a model by name."""
    found = {}
    for marker in root.iter("Marker"):
        name, body = marker.get("name", ""), _body(marker, _PARENT)
        found[name] = Marker(name, body, numbers(marker, "location"))
    return found


def neutral_places(root: ElementTree.Element) -> dict[str, Floats]:
    """Return where markers are with the person upright and the arms hanging, by name.

    Metres from the pelvis's origin, x forward, y up, z to the right. Hinges are at their defaults,
    all other coordinates at zero.
    """
    bodies = neutral_bodies(root)
    return {
        name: (bodies[marker.body] @ np.append(marker.place, 1.0))[:3]
        for name, marker in markers(root).items()
    }


def neutral_bodies(root: ElementTree.Element) -> dict[str, Floats]:
    """Return the frame of every body (4, 4) in the pelvis's, as `neutral_places` has them."""
    found = {"pelvis": np.eye(4)}
    for joint in joints(root):
        frames = {frame.get("name", ""): frame for frame in joint.iter("PhysicalOffsetFrame")}
        parent, child = (frames[text(joint, socket)] for socket in (_PARENT, _CHILD))
        if (base := _body(parent, "socket_parent")) == "ground":
            continue
        hinge = np.eye(4)
        if joint.tag == "PinJoint":
            angle = float(text(joint, "coordinates/Coordinate/default_value"))
            hinge[:3, :3] = turned((0.0, 0.0, angle))
        across = _offset(parent) @ hinge @ np.linalg.inv(_offset(child))
        found[_body(child, "socket_parent")] = found[base] @ across
    return found


def hinge_axis(root: ElementTree.Element, joint: str) -> Floats:
    """Return the axis (3,) of a hinge by the joint's name, in the frame of the body above it."""
    found = root.find(f".//PinJoint[@name='{joint}']")
    assert found is not None
    name = text(found, _PARENT)
    frame = next(one for one in found.iter("PhysicalOffsetFrame") if one.get("name") == name)
    axis: Floats = _offset(frame)[:3, 2]
    return axis


def joints(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Return the joints, each after that of the body that it hangs on."""
    found = root.find("Model/JointSet/objects")
    assert found is not None
    return iter(found)


def base_of(frame: ElementTree.Element) -> str:
    """Return the body that an offset frame is fixed to."""
    return _body(frame, "socket_parent")


def text(element: ElementTree.Element, path: str) -> str:
    """Return the text of what an element has at a path."""
    found = element.findtext(path)
    assert found is not None, f"{element.tag} {element.get('name')} has no {path}"
    return found.strip()


def numbers(element: ElementTree.Element, path: str) -> Floats:
    """Return the numbers in the text of what an element has at a path."""
    return np.array(text(element, path).split(), np.float64)


def turned(angles: tuple[float, float, float] | Floats) -> Floats:
    """Return the rotation (3, 3) of body-fixed x, y and z angles in radians, as OpenSim has it."""
    from scipy.spatial.transform import Rotation  # slow to import

    return np.asarray(Rotation.from_euler("XYZ", angles).as_matrix())


def _offset(frame: ElementTree.Element) -> Floats:
    place = np.eye(4)
    place[:3, :3] = turned(numbers(frame, "orientation"))
    place[:3, 3] = numbers(frame, "translation")
    return place


def _body(element: ElementTree.Element, socket: str) -> str:
    return text(element, socket).rsplit("/", 1)[-1]
