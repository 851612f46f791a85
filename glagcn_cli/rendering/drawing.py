"""Draw skeletons: limbs as rounded strokes in the colours of their side, far ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D, PoseSequence
from ..skeleton import JointSet
from .lettering import Colour, draw_text

# Blue and orange of Okabe and Ito's palette: they differ in lightness and along the blue-yellow
# axis, which people with red-green deficiency see as everybody does.
LEFT: Colour = (86, 180, 233)
RIGHT: Colour = (230, 159, 0)
NEUTRAL: Colour = (222, 224, 228)
BORDER: Colour = (18, 20, 24)

# Bones between two of these are the trunk, whatever their side.
_TRUNK = {"hip", "shoulder", "spine", "thorax", "neck", "head", "nose", "head_top"}
_HEADS = {"nose", "left_eye", "right_eye", "left_ear", "right_ear", "head", "head_top"}

_SHIFT = 4  # OpenCV's fixed-point bits: a sixteenth of a pixel
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 9)  # points of a stroke's round end


@dataclass(frozen=True)
class Strokes:
    """Things to draw, each a line with round ends; a line of no length is a dot.

    Parameters
    ----------
    ends
        (strokes, 2, 2) pixels: both ends, x and y; pixel centres lie at whole numbers.
    radii
        (strokes, 2) pixels: half the width at both ends.
    colours
        (strokes, 3) RGB, 0..255.
    depth
        (strokes,) distance from the camera; the farthest is drawn first.
    border
        (strokes,) pixels: width of the dark edge that sets a stroke off from what is behind it.
    opacity
        (strokes,) 1 for a stroke in its own colour, less for one that fades towards the backdrop.
    """

    ends: NDArray[np.float64]
    radii: NDArray[np.float64]
    colours: NDArray[np.float64]
    depth: NDArray[np.float64]
    border: NDArray[np.float64]
    opacity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.depth)

    def where(self, keep: NDArray) -> Strokes:
        """Return the strokes that a mask or index array picks."""
        return Strokes(*(getattr(self, field.name)[keep] for field in fields(self)))

    def near(self, image: NDArray) -> Strokes:
        """Return those in or not far from an image; OpenCV's fixed-point numbers hold no others."""
        room = 4 * max(image.shape[:2])
        inside = (np.abs(self.ends) < room).all(axis=(1, 2))
        return self.where(inside & (self.radii < room).all(axis=1))

    @classmethod
    def join(cls, parts: Sequence[Strokes]) -> Strokes:
        """All strokes of several figures, so that they can be sorted by depth together."""
        return cls(
            *(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(cls))
        )


@lru_cache(maxsize=16)
def bone_colours(joint_set: JointSet) -> NDArray[np.float64]:
    """(bones, 3) colour of each bone: limbs by their side, the trunk neutral."""
    return np.array([_bone_colour(*bone) for bone in joint_set.bones], dtype=np.float64)


@lru_cache(maxsize=16)
def joint_colours(joint_set: JointSet) -> NDArray[np.float64]:
    """(joints, 3) colour of each joint by its side."""
    colours = np.tile(np.array(NEUTRAL, dtype=np.float64), (len(joint_set), 1))
    colours[list(joint_set.left)] = LEFT
    colours[list(joint_set.right)] = RIGHT
    return colours


def _bone_colour(parent: str, child: str) -> Colour:
    ends = {joint.removeprefix("left_").removeprefix("right_") for joint in (parent, child)}
    if ends <= _TRUNK:
        return NEUTRAL
    if parent.startswith("left_") and child.startswith("left_"):
        return LEFT
    if parent.startswith("right_") and child.startswith("right_"):
        return RIGHT
    return NEUTRAL


def skeleton_strokes(
    points: NDArray[np.floating],
    joint_set: JointSet,
    bone_radius: NDArray[np.floating],
    joint_radius: NDArray[np.floating],
    depth: NDArray[np.floating] | None = None,
    border: float = 0.0,
    opacity: NDArray[np.floating] | None = None,
) -> Strokes:
    """Strokes of one skeleton: its bones first, then its joints as dots.

    Parameters
    ----------
    points
        (joints, 2) pixels.
    bone_radius, joint_radius
        (joints,) pixels: half the width of bones at each joint, and of each joint's dot.
    depth
        (joints,) distance from the camera; all the same when left out.
    border
        Width of the dark edge in pixels.
    opacity
        (joints,) 0..1; all 1 when left out. A bone has that of the fainter of its ends.

    Returns
    -------
    Strokes
        ``len(joint_set.bones) + len(joint_set)`` strokes.
    """
    points = np.asarray(points, dtype=np.float64)
    depth = np.zeros(len(points)) if depth is None else np.asarray(depth, dtype=np.float64)
    sure = np.ones(len(points)) if opacity is None else np.asarray(opacity, dtype=np.float64)
    bones = np.array(joint_set.bone_indices)
    dots = np.repeat(np.arange(len(points))[:, None], 2, axis=1)
    pairs = np.concatenate([bones, dots])
    radii = np.concatenate([np.asarray(bone_radius)[bones], np.asarray(joint_radius)[dots]])
    bone_depth = depth[bones].mean(axis=1)
    # A dot is drawn right after the nearest of the bones that meet there: it covers their seam.
    dot_depth = depth.copy()
    np.minimum.at(dot_depth, bones, np.nextafter(bone_depth, -np.inf)[:, None])
    return Strokes(
        ends=points[pairs],
        radii=radii.astype(np.float64),
        colours=np.concatenate([bone_colours(joint_set), joint_colours(joint_set)]),
        depth=np.concatenate([bone_depth, dot_depth]),
        border=np.full(len(pairs), float(border)),
        opacity=np.concatenate([sure[bones].min(axis=1), sure]),
    )


def outline(ends: NDArray[np.floating], radii: NDArray[np.floating]) -> NDArray[np.float64]:
    """Corners (strokes, 18, 2) of the polygons that strokes (strokes, 2, 2) are drawn as."""
    along = ends[:, 1] - ends[:, 0]
    angle = np.arctan2(along[:, 1], along[:, 0])
    first = angle[:, None] + np.pi + _ARC
    last = angle[:, None] + _ARC
    turn = np.concatenate([first, last], axis=1)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    each = np.repeat([0, 1], len(_ARC))
    return ends[:, each] + radii[:, each, None] * circle


def paint(
    image: NDArray[np.uint8], strokes: Strokes, gloss: bool = False, backdrop: Colour = BORDER
) -> None:
    """Draw strokes on an RGB image in place, the farthest first.

    Parameters
    ----------
    image
        (height, width, 3) uint8.
    gloss
        Add a lighter streak along each stroke, as of light from above on the left.
    backdrop
        What strokes of little opacity fade towards: the colour that the image has about there.
        Blending with the pixels themselves would cost more than all the drawing.
    """
    strokes = strokes.near(image)
    strokes = strokes.where(np.argsort(-strokes.depth, kind="stable"))
    layers = [
        (
            strokes.radii + strokes.border[:, None],
            strokes.ends,
            np.zeros_like(strokes.colours) + BORDER,
        ),
        (strokes.radii, strokes.ends, strokes.colours),
    ]
    if gloss:
        lit = strokes.ends - 0.28 * strokes.radii[..., None]
        lighter = strokes.colours + 0.30 * (255 - strokes.colours)
        layers.append((0.42 * strokes.radii, lit, lighter))
    corners = [_fixed_point(outline(ends, radii)) for radii, ends, _ in layers]
    behind, opacity = np.array(backdrop), strokes.opacity[:, None]
    colours = [np.rint(behind + opacity * (own - behind)).tolist() for _, _, own in layers]
    first = np.where(strokes.border > 0, 0, 1)  # without a border, that layer is left out
    for i in range(len(strokes)):
        for layer in range(first[i], len(layers)):
            cv2.fillConvexPoly(image, corners[layer][i], colours[layer][i], cv2.LINE_AA, _SHIFT)


def shade(
    image: NDArray[np.uint8], strokes: Strokes, strength: float = 0.55, blur: int = 7
) -> None:
    """Darken an RGB image in place where strokes lie, with soft edges: shadows on a floor.

    Strokes of little opacity throw little shadow.

    Parameters
    ----------
    strength
        0 leaves the image as it is, 1 makes it black.
    blur
        Width of the soft edge in pixels.
    """
    strokes = strokes.near(image)
    if not len(strokes):
        return
    polygons = outline(strokes.ends, strokes.radii)
    low = np.maximum(np.floor(polygons.min(axis=(0, 1))) - blur, 0)
    high = np.minimum(np.ceil(polygons.max(axis=(0, 1))) + blur + 1, image.shape[1::-1])
    if not (low < high).all():
        return
    (x0, y0), (x1, y1) = low.astype(int), high.astype(int)
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    order = np.argsort(
        strokes.opacity, kind="stable"
    )  # the darkest of the shadows at a place stays
    darkness = np.rint(255 * strokes.opacity).tolist()
    fixed = _fixed_point(polygons - low)
    for i in order:
        cv2.fillConvexPoly(mask, fixed[i], (darkness[i],), cv2.LINE_8, _SHIFT)
    levels = np.rint(255 - strength * np.arange(256)).astype(np.uint8)
    light = cv2.LUT(cv2.blur(mask, (blur, blur)), levels)
    region = image[y0:y1, x0:x1]
    region[:] = cv2.multiply(region, cv2.merge([light, light, light]), scale=1 / 255)


def tag_person(
    panel: NDArray[np.uint8],
    person: Keypoints2D | PoseSequence,
    points: NDArray[np.floating],
    seen: NDArray[np.bool_],
    letters: int,
    plate: bool = False,
) -> None:
    """Write a person's number over their head, or over the highest of the points that are seen."""
    head = np.array([joint in _HEADS for joint in person.joint_set.joints])
    points = points[seen & head if (seen & head).any() else seen]
    if not len(points):
        return
    top = points[points[:, 1].argmin()]
    small = max(8, round(letters * 0.8))
    place = np.clip(top - [0, small], 2 * small, np.array(panel.shape[1::-1]) - small)
    draw_text(panel, str(person.person), tuple(place), small, NEUTRAL, (0.5, 1.0), plate)


def _fixed_point(points: NDArray[np.floating]) -> NDArray[np.int32]:
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)
