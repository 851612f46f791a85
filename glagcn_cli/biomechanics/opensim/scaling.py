"""The model in the size of a person: every body by the lengths of bones, and a mass.

It needs no OpenSim, so that the model is the same with and without it; a test compares it with
OpenSim's own scaling. As OpenSim's marker placement does, markers without a joint of the model
beneath them (spine, neck, head) are put where the person's are.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...poses import PoseSequence
from ...scene.stature import stature
from .model import (
    Floats,
    base_of,
    joints,
    markers,
    neutral_bodies,
    neutral_places,
    numbers,
    read_model,
    text,
)

BODY_MASS_INDEX = 22.0
"""Kilograms a square metre: the mass of a person of whom only the height is known."""

SIDES = ("right_", "left_")


class _Measure(NamedTuple):
    """A length that scales bodies: joints from end to end, of both sides where they have one."""

    chain: tuple[str, ...]
    bodies: tuple[str, ...]
    axes: tuple[int, ...] = (0, 1, 2)


_MEASURES = (
    _Measure(("hip", "spine", "thorax"), ("pelvis", "sacrum", "torso", "head")),
    _Measure(("hip", "_hip"), ("pelvis", "sacrum"), (2,)),
    _Measure(("thorax", "_shoulder"), ("torso",), (2,)),
    _Measure(("_hip", "_knee"), ("femur_",)),
    _Measure(("_knee", "_ankle"), ("tibia_", "talus_", "calcn_", "toes_")),
    _Measure(("_shoulder", "_elbow"), ("humerus_",)),
    _Measure(("_elbow", "_wrist"), ("ulna_", "radius_", "hand_")),
)
"""Later ones replace what earlier ones say of an axis."""

_LIMITS = (0.3, 2.5)
"""Of a factor: of a child that learns to walk, and of a giant. Beyond it joints are wrong."""


def scaled_model(
    sequence: PoseSequence, mass: float | None = None, name: str = ""
) -> ElementTree.Element:
    """Return the model in the size of a person, as the root of a document.

    Parameters
    ----------
    sequence
        Scene frame, with the joints of H36M-17.
    mass
        Kilograms; None for `usual_mass`.
    name
        Of the model.
    """
    if mass is None:
        mass = usual_mass(stature(sequence.joints[sequence.valid]))
    root = scale_model(read_model(), scale_factors(sequence), mass)
    place_markers(root, sequence)
    if name and (model := root.find("Model")) is not None:
        model.set("name", name)
    return root


def bone_length(sequence: PoseSequence, start: str, end: str) -> float:
    """Return the median distance of two joints over frames with a pose; NaN where there is none."""
    of = sequence.joint_set.index
    seen = sequence.present[:, [of(start), of(end)]].all(axis=1)
    if not seen.any():
        return float("nan")
    apart = sequence.joints[seen, of(start)] - sequence.joints[seen, of(end)]
    return float(np.median(np.linalg.norm(apart.astype(np.float64), axis=-1)))


def scale_factors(sequence: PoseSequence) -> dict[str, Floats]:
    """Return factors (3,) along x, y and z for every body of the model, by name.

    Left and right get the same. What was never seen gets the middle of the other factors.
    """
    places = neutral_places(read_model())
    factors: dict[str, Floats] = {}
    known: list[float] = []
    for measure in _MEASURES:
        factor = _factor(sequence, places, measure.chain)
        known += [factor] if np.isfinite(factor) else []
        for name in measure.bodies:
            for body in (f"{name}r", f"{name}l") if name.endswith("_") else (name,):
                along = factors.setdefault(body, np.full(3, np.nan))
                along[list(measure.axes)] = factor if np.isfinite(factor) else along[0]
    for along in factors.values():
        along[np.isnan(along)] = np.median(known)
    return factors


def _factor(sequence: PoseSequence, places: Mapping[str, Floats], chain: tuple[str, ...]) -> float:
    """Return a person's length over the model's, NaN where it was never seen."""
    both = [0.0, 0.0]
    for side in SIDES:
        names = [side + name.lstrip("_") if name.startswith("_") else name for name in chain]
        for start, end in pairwise(names):
            both[0] += bone_length(sequence, start, end)
            both[1] += float(np.linalg.norm(places[start] - places[end]))
    return float(np.clip(both[0] / both[1], *_LIMITS))


def usual_mass(height: float) -> float:
    """Return the mass in kilograms of a person this tall, metres, with `BODY_MASS_INDEX`."""
    return BODY_MASS_INDEX * height**2


def scale_model(
    root: ElementTree.Element, factors: Mapping[str, Floats], mass: float
) -> ElementTree.Element:
    """Scale a model in place, and return it.

    Every body keeps its share of the mass. Its inertia is that of the same body stretched along its
    axes, exactly, as far as the mass is spread in it as before.

    Parameters
    ----------
    root
        A document as `model.read_model` reads it.
    factors
        As `scale_factors` returns them.
    mass
        Kilograms of the whole.
    """
    heavier = mass / sum(float(text(body, "mass")) for body in root.iter("Body"))
    for body in root.iter("Body"):
        _scale_body(body, factors[body.get("name", "")], heavier)
    for joint in joints(root):
        for frame in joint.iter("PhysicalOffsetFrame"):
            if base_of(frame) != "ground":
                _multiply(frame, "translation", factors[base_of(frame)])
        _scale_rolling(joint, factors)
    bodies = {name: marker.body for name, marker in markers(root).items()}
    for marker in root.iter("Marker"):
        _multiply(marker, "location", factors[bodies[marker.get("name", "")]])
    return root


def place_markers(root: ElementTree.Element, sequence: PoseSequence) -> None:
    """Put spine, neck and head of a scaled model as far from one another as the person's are.

    The head stays in the model's direction from the thorax, and the neck lies before that line.
    """
    places = neutral_places(root)
    bodies, found = neutral_bodies(root), markers(root)
    hip, thorax = places["hip"], places["thorax"]
    back, neck = thorax - hip, places["head"] - thorax
    placed = {"spine": hip + bone_length(sequence, "hip", "spine") * back / np.linalg.norm(back)}
    above = neck / np.linalg.norm(neck)
    before = np.array([above[1], -above[0], 0.0])
    length = bone_length(sequence, "thorax", "head")
    up, ahead = _apex(
        bone_length(sequence, "thorax", "neck"), bone_length(sequence, "neck", "head"), length
    )
    placed |= {"head": thorax + length * above, "neck": thorax + up * above + ahead * before}
    for name, place in placed.items():
        marker = root.find(f".//Marker[@name='{name}']")
        if marker is not None and np.isfinite(place).all():
            frame = bodies[found[name].body]
            _set(marker, "location", (np.linalg.inv(frame) @ np.append(place, 1.0))[:3])


def _apex(one: float, other: float, base: float) -> tuple[float, float]:
    """Return where a triangle's apex lies along its base and off it; NaN without a base."""
    if not base > 0:
        return float("nan"), float("nan")
    along = (one**2 + base**2 - other**2) / (2 * base)
    return along, float(np.sqrt(max(one**2 - along**2, 0.0)))


def _scale_body(body: ElementTree.Element, along: Floats, heavier: float) -> None:
    _set(body, "mass", np.array([float(text(body, "mass")) * heavier]))
    _multiply(body, "mass_center", along)
    _set(body, "inertia", heavier * _stretched(numbers(body, "inertia"), along))
    for mesh in body.iter("Mesh"):
        _multiply(mesh, "scale_factors", along)


def _stretched(inertia: Floats, along: Floats) -> Floats:
    """Return moments xx, yy, zz and products xy, xz, yz of a body stretched along its axes.

    The second moments of mass, from which moments of inertia are sums of two, scale by squares.
    """
    whole = np.diag(inertia[:3])
    for (a, b), product in zip(((0, 1), (0, 2), (1, 2)), inertia[3:], strict=True):
        whole[a, b] = whole[b, a] = product
    spread = np.eye(3) * np.trace(whole) / 2 - whole
    spread = spread * np.outer(along, along)
    whole = np.eye(3) * np.trace(spread) - spread
    return np.array([*np.diag(whole), whole[0, 1], whole[0, 2], whole[1, 2]])


def _scale_rolling(joint: ElementTree.Element, factors: Mapping[str, Floats]) -> None:
    """Scale how far a knee's bones roll on one another: splines of translation over its angle."""
    of_parent = {f.get("name", ""): base_of(f) for f in joint.iter("PhysicalOffsetFrame")}
    parent = of_parent[text(joint, "socket_parent_frame")]
    for axis in joint.findall("SpatialTransform/TransformAxis"):
        for spline in axis.findall("SimmSpline"):
            if axis.get("name", "").startswith("translation"):
                _multiply(spline, "y", np.full(1, float(np.cbrt(factors[parent].prod()))))


def _multiply(element: ElementTree.Element, path: str, by: NDArray[np.float64]) -> None:
    _set(element, path, numbers(element, path) * by)


def _set(element: ElementTree.Element, path: str, values: NDArray[np.float64]) -> None:
    found = element.find(path)
    assert found is not None
    found.text = " ".join(f"{value + 0.0:.9g}" for value in values)
