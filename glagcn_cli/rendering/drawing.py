"""Draws skeletons: limbs as rounded strokes in the colours of their side, far ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from ..poses import Keypoints2D, PoseSequence
from ..skeleton import JointSet
from .lettering import Colour, draw_text, letter_size
from .picture import Picture, planes_of, size_of

# Blue and orange of Okabe and Ito's palette: they differ in lightness and along the blue-yellow
# axis, which red-green deficiency does not affect.
LEFT: Colour = (86, 180, 233)
RIGHT: Colour = (230, 159, 0)
NEUTRAL: Colour = (222, 224, 228)
BORDER: Colour = (18, 20, 24)

# Bones between two of these are the trunk, on either side.
_TRUNK = {"hip", "shoulder", "spine", "thorax", "neck", "head", "nose", "head_top"}
_HEADS = {"nose", "left_eye", "right_eye", "left_ear", "right_ear", "head", "head_top"}

_BLACK = np.zeros(3)
_SHIFT = 4  # OpenCV's fixed-point bits: a sixteenth of a pixel
_ARC = np.linspace(-np.pi / 2, np.pi / 2, 9)  # points of a stroke's round end
_TURNS = np.concatenate([np.pi + _ARC, _ARC])
_SWELLING = 0.6  # pixels of a plane by which OpenCV's smooth edges lie outside of a polygon


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
        (strokes,) pixels: width of the dark edge between a stroke and its background.
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
        """Return the strokes that a mask or index array selects."""
        return Strokes(*(array[keep] for array in self._arrays()))

    def near(self, size: tuple[int, int]) -> Strokes:
        """Return those in or not far from a picture of this (width, height) in pixels.

        OpenCV's fixed-point numbers cannot hold the others.
        """
        room = 4 * max(size)
        inside = (np.abs(self.ends) < room).all(axis=(1, 2))
        return self.where(np.asarray(inside & (self.radii < room).all(axis=1)))

    @classmethod
    def join(cls, parts: Sequence[Strokes]) -> Strokes:
        """Join the strokes of several figures, to sort them by depth together."""
        return cls(*map(np.concatenate, zip(*(part._arrays() for part in parts), strict=True)))

    def _arrays(self) -> tuple[NDArray[np.float64], ...]:
        return self.ends, self.radii, self.colours, self.depth, self.border, self.opacity


@lru_cache(maxsize=16)
def bone_colours(joint_set: JointSet) -> NDArray[np.float64]:
    """Return the colour of each bone (bones, 3): limbs by their side, the trunk neutral."""
    return np.array([_bone_colour(*bone) for bone in joint_set.bones], dtype=np.float64)


@lru_cache(maxsize=16)
def joint_colours(joint_set: JointSet) -> NDArray[np.float64]:
    """Return the colour of each joint (joints, 3) by its side."""
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


@lru_cache(maxsize=16)
def _ends_and_colours(joint_set: JointSet) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return both joints of every stroke of a skeleton, a dot's twice, and their colours."""
    dots = np.repeat(np.arange(len(joint_set))[:, None], 2, axis=1)
    pairs = np.concatenate([np.array(joint_set.bone_indices), dots])
    return pairs, np.concatenate([bone_colours(joint_set), joint_colours(joint_set)])


def skeleton_strokes(
    points: NDArray[np.floating],
    joint_set: JointSet,
    bone_radius: NDArray[np.floating],
    joint_radius: NDArray[np.floating],
    depth: NDArray[np.floating] | None = None,
    border: float = 0.0,
    opacity: NDArray[np.floating] | None = None,
) -> Strokes:
    """Return the strokes of one skeleton: its bones first, then its joints as dots.

    Parameters
    ----------
    points
        (joints, 2) pixels.
    bone_radius, joint_radius
        (joints,) pixels: half the width of bones at each joint, and of each joint's dot.
    depth
        (joints,) distance from the camera; all equal when left out.
    border
        Width of the dark edge in pixels.
    opacity
        (joints,) 0..1; all 1 when left out. A bone has the opacity of its fainter end.

    Returns
    -------
    Strokes
        ``len(joint_set.bones) + len(joint_set)`` strokes.
    """
    points = np.asarray(points, dtype=np.float64)
    depth = np.zeros(len(points)) if depth is None else np.asarray(depth, dtype=np.float64)
    sure = np.ones(len(points)) if opacity is None else np.asarray(opacity, dtype=np.float64)
    pairs, colours = _ends_and_colours(joint_set)
    bones, dots = pairs[: len(joint_set.bones)], pairs[len(joint_set.bones) :]
    radii = np.concatenate([np.asarray(bone_radius)[bones], np.asarray(joint_radius)[dots]])
    bone_depth = depth[bones].mean(axis=1)
    # A dot is drawn right after the nearest of the bones that meet there: it covers their seam.
    dot_depth = depth.copy()
    np.minimum.at(dot_depth, bones, np.nextafter(bone_depth, -np.inf)[:, None])
    return Strokes(
        ends=points[pairs].astype(np.float64),
        radii=radii.astype(np.float64),
        colours=colours.copy(),
        depth=np.concatenate([bone_depth, dot_depth]),
        border=np.full(len(pairs), float(border)),
        opacity=np.concatenate([sure[bones].min(axis=1), sure]),
    )


def outline(ends: NDArray[np.floating], radii: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the corners (strokes, 18, 2) of the polygons of strokes (strokes, 2, 2)."""
    return _corners(ends, radii, _round_ends(ends))


def _round_ends(ends: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return unit vectors (strokes, 18, 2) from ends of strokes to corners of their polygons."""
    along = ends[:, 1] - ends[:, 0]
    angle = np.arctan2(along[:, 1], along[:, 0])[:, None] + _TURNS
    towards = np.empty((*angle.shape, 2))
    np.cos(angle, out=towards[..., 0])
    np.sin(angle, out=towards[..., 1])
    return towards


def _corners(
    ends: NDArray[np.floating], radii: NDArray[np.floating], towards: NDArray[np.float64]
) -> NDArray[np.float64]:
    by_end = towards.reshape(len(ends), 2, len(_ARC), 2)
    return (ends[:, :, None] + radii[:, :, None, None] * by_end).reshape(towards.shape)


def paint(
    picture: Picture, strokes: Strokes, gloss: bool = False, backdrop: Colour = BORDER
) -> None:
    """Draw strokes on a picture in place, the farthest first.

    Parameters
    ----------
    gloss
        Add a lighter streak along each stroke, as of light from above on the left.
    backdrop
        Colour that faint strokes fade towards: the picture's mean colour there. Blending with the
        pixels themselves would cost more than all the drawing.
    """
    strokes = strokes.near(size_of(picture))
    strokes = strokes.where(np.argsort(-strokes.depth, kind="stable"))
    ends, radii, own = strokes.ends, strokes.radii, strokes.colours
    layers = [
        (ends, radii + strokes.border[:, None], np.zeros_like(own) + BORDER),
        (ends, radii, own),
    ]
    if gloss:
        lit = ends - 0.28 * radii[..., None]
        layers.append((lit, 0.42 * radii, own + 0.30 * (255 - own)))
    drawn = np.ones((len(strokes), len(layers)), bool)
    drawn[:, 0] = strokes.border > 0  # the border layer is drawn only for a border
    # Stroke by stroke, and each stroke's layers from its border inwards.
    ends, radii, own = (
        np.stack([layer[i] for layer in layers], axis=1)[drawn] for i in range(len(layers[0]))
    )
    towards = _round_ends(ends)
    faint = np.broadcast_to(strokes.opacity[:, None], drawn.shape)[drawn][:, None]
    rgb = np.rint(np.array(backdrop) + faint * (own - backdrop))
    polygons: dict[int, NDArray[np.int32]] = {}
    for plane in planes_of(picture):
        if plane.step not in polygons:
            # Coarse planes would let colours run over the edges of the fine ones.
            finer = np.maximum(radii - _SWELLING * (plane.step - 1), 0)
            polygons[plane.step] = _fixed_point(plane.place(_corners(ends, finer, towards)))
        for polygon, colour in zip(polygons[plane.step], plane.colours(rgb).tolist(), strict=True):
            cv2.fillConvexPoly(plane.pixels, polygon, colour, cv2.LINE_AA, _SHIFT)


def shade(picture: Picture, strokes: Strokes, strength: float = 0.55, blur: int = 7) -> None:
    """Darken a picture in place where strokes lie, with soft edges: shadows on a floor.

    Strokes of little opacity throw little shadow.

    Parameters
    ----------
    strength
        0 leaves the picture unchanged, 1 makes it black.
    blur
        Width of the soft edge in pixels.
    """
    size = size_of(picture)
    strokes = strokes.near(size)
    if not len(strokes):
        return
    polygons = outline(strokes.ends, strokes.radii)
    low = np.maximum(np.floor(polygons.min(axis=(0, 1))) - blur, 0)
    high = np.minimum(np.ceil(polygons.max(axis=(0, 1))) + blur + 1, size)
    if not (low < high).all():
        return
    (x0, y0), (x1, y1) = low.astype(int).tolist(), high.astype(int).tolist()
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    # The darkest shadow at a place counts.
    order = np.argsort(strokes.opacity, kind="stable")
    darkness = np.rint(255 * strokes.opacity).tolist()
    fixed = _fixed_point(polygons - low)
    for i in order:
        cv2.fillConvexPoly(mask, fixed[i], (darkness[i],), cv2.LINE_8, _SHIFT)
    share = cv2.blur(mask, (blur, blur)) * np.float32(strength / 255)
    for plane in planes_of(picture):
        plane.blend(_BLACK, share, (x0, y0))


def tag_person(
    panel: Picture,
    person: Keypoints2D | PoseSequence,
    points: NDArray[np.floating],
    seen: NDArray[np.bool_],
    letters: int,
    plate: bool = False,
) -> None:
    """Write a person's number above their head, or above the highest visible point."""
    head = np.array([joint in _HEADS for joint in person.joint_set.joints])
    points = points[seen & head if (seen & head).any() else seen]
    if not len(points):
        return
    top = points[points[:, 1].argmin()]
    small = max(8, round(letters * 0.8))
    place = np.clip(top - [0, small], 2 * small, np.array(size_of(panel)) - small)
    draw_text(panel, str(person.person), tuple(place), small, NEUTRAL, (0.5, 1.0), plate)


def draw_clock(picture: Picture, seconds: float) -> None:
    """Write the time of a frame into the picture's upper left corner."""
    letters = letter_size(size_of(picture)[1])
    corner = (letters * 0.6, letters * 0.6)
    draw_text(picture, f"{seconds:.2f} s", corner, letters, NEUTRAL, plate=True)


def _fixed_point(points: NDArray[np.floating]) -> NDArray[np.int32]:
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)
