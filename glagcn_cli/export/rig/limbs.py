"""Arms and legs: two bones with a hinge between them, which bends to one side alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ...smoothing import near_neighbours
from .rig import FRONT, LEFT, UP, rest_direction
from .rotations import swing

Vectors = NDArray[np.float64]

# Below these flexions the plane of a limb is noise: 5 mm of error in a joint turn a limb bent by 15
# degrees about itself by 6. A limb that seems bent against its joint is believed only when it is
# bent much (legs crossed, arm behind the back), otherwise it is a straight limb with an error.
_TRUSTED_FLEXION = np.radians(15.0)
_TRUSTED_FLEXION_REVERSED = np.radians(40.0)

_PLANE_NOISY, _PLANE_CLEAR = 0.35, 0.7  # sines of the flexion: smoothed below, as it is above

_CARRY_SECONDS = 0.03  # time over which the twist of a limb bent by 90 degrees is smoothed
_SHORTEST = 1e-9  # of what has a direction


@dataclass(frozen=True)
class Limb:
    """Two bones with a hinge between them.

    `hinge` is the axis, at rest, about which the joint bends by a positive angle. `middle` is a
    direction of the upper bone whose opposite no body reaches: carrying the rest frame along by way
    of it keeps the twist free of the jump that a shortest rotation has at 180 degrees.
    """

    upper: str
    lower: str
    parent: str
    joints: tuple[str, str, str]
    hinge: Vectors
    middle: Vectors


def _limbs(side: str) -> tuple[Limb, Limb]:
    low = side.lower()
    outwards = rest_direction(f"{low}_elbow")
    arm = Limb(
        f"{side}Arm",
        f"{side}ForeArm",
        f"{side}Shoulder",
        (f"{low}_shoulder", f"{low}_elbow", f"{low}_wrist"),
        hinge=np.cross(outwards, FRONT),
        middle=outwards - UP + 0.5 * FRONT,
    )
    leg = Limb(
        f"{side}UpLeg",
        f"{side}Leg",
        "Hips",
        (f"{low}_hip", f"{low}_knee", f"{low}_ankle"),
        hinge=LEFT,
        middle=-UP + 0.6 * FRONT,
    )
    return arm, leg


LIMBS: tuple[Limb, ...] = (*_limbs("Left"), *_limbs("Right"))


def limb_turns(
    limb: Limb,
    parent: Rotation,
    bones: tuple[Vectors, Vectors],
    lengths: tuple[float, float],
    seconds: Vectors,
) -> tuple[Rotation, Rotation]:
    """Orientations in the scene of both bones of a limb.

    The hinge never bends backwards: where the joints say so (a knee over-stretched by a few degrees
    is an error of theirs, far more often than a fact), knee or elbow are moved onto the line from
    hip to ankle, or from shoulder to wrist. That line, and with it the foot's or the hand's place,
    keeps its direction; its end is off by what the bent limb was shorter than the straight one.

    Parameters
    ----------
    limb
        Which one.
    parent
        Orientations of what the limb hangs on.
    bones
        (frames, 3) unit vectors in the scene: the upper and the lower bone.
    lengths
        Metres, of both.
    seconds
        (frames,) increasing: when the frames are.

    Returns
    -------
    upper, lower
        Orientations of both bones.
    """
    turned, upper, lower = _upper_turns(limb, parent, bones, seconds), *bones
    straight, lower = _not_backwards(turned.apply(limb.hinge), upper, lower, lengths)
    turned = swing(upper, straight) * turned
    # Moving the upper bone moved the hinge a little.
    bending = np.cross(turned.apply(limb.hinge), straight)
    lower = lower - np.minimum(_dot(lower, bending), 0.0) * bending
    return turned, swing(straight, _of_unit_length(lower)) * turned


def _upper_turns(
    limb: Limb, parent: Rotation, bones: tuple[Vectors, Vectors], seconds: Vectors
) -> Rotation:
    """Orientations of the upper bone: its direction, and its twist from the hinge's axis."""
    upper, lower = bones
    rest = rest_direction(limb.joints[1])
    middle = limb.middle / np.linalg.norm(limb.middle)
    reference = parent * swing(middle, parent.inv().apply(upper)) * swing(rest, middle)
    normal = reference.inv().apply(np.cross(upper, lower))
    twist = np.arctan2(normal @ np.cross(rest, limb.hinge), normal @ limb.hinge)
    sine, cosine = np.linalg.norm(normal, axis=-1), np.sum(upper * lower, axis=-1)
    reversed_ = np.abs(twist) > np.pi / 2
    least = np.where(reversed_, _TRUSTED_FLEXION_REVERSED, _TRUSTED_FLEXION)
    weights = np.where(np.arctan2(sine, cosine) > least, sine**2, 0.0)
    steady = _steady_angle(twist, weights, seconds)
    # A limb that is clearly bent takes its own plane: then elbow and knee are pure hinges, and
    # their Euler angles have nothing to jump with when the hinge's passes 90 degrees.
    bent = np.clip((sine - _PLANE_NOISY) / (_PLANE_CLEAR - _PLANE_NOISY), 0.0, 1.0)
    own = bent**2 * (3 - 2 * bent) * (weights > 0)
    steady += own * np.angle(np.exp(1j * (twist - steady)))
    return reference * Rotation.from_rotvec(steady[:, None] * rest)


def _not_backwards(
    hinge: Vectors, upper: Vectors, lower: Vectors, lengths: tuple[float, float]
) -> tuple[Vectors, Vectors]:
    """Directions of both bones after a joint bent backwards was moved onto the limb's line."""
    reach = lengths[0] * upper + lengths[1] * lower
    forward = _of_unit_length(np.cross(reach, hinge))
    middle = lengths[0] * upper
    middle = middle - np.minimum(_dot(middle, forward), 0.0) * forward
    return _of_unit_length(middle), _of_unit_length(reach - middle)


def _steady_angle(angles: Vectors, weights: Vectors, seconds: Vectors) -> Vectors:
    """Smooth an angle (frames,) that is known as well as its weight says; zero when never known.

    Minimises the weighted squared distance to the angles plus the squared steps over time
    (Whittaker's smoother): a straight limb takes its twist from the frames in which it bends.
    """
    known = weights > 0
    if not known.any():
        return np.zeros_like(angles)
    target = np.zeros_like(angles)
    target[known] = np.unwrap(angles[known])
    if len(angles) == 1:
        return target
    rate = 1.0 / np.median(np.diff(seconds))
    return near_neighbours(target, weights, _CARRY_SECONDS**2 * rate / np.diff(seconds))


def _dot(one: Vectors, other: Vectors) -> Vectors:
    return np.sum(one * other, axis=-1, keepdims=True)


def _of_unit_length(vectors: Vectors) -> Vectors:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _SHORTEST)
