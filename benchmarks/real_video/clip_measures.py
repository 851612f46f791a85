"""Measures of 3D poses of a real clip without ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera import DEFAULT_FOV, focal_length, pixel_rays
from glagcn_cli.skeleton import H36M17
from glagcn_cli.smoothing import low_pass

LIMBS = tuple(
    (f"{side}_{inner}", f"{side}_{outer}")
    for side in ("left", "right")
    for inner, outer in (
        ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"),
    )
)  # fmt: skip
BONES = (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), *LIMBS)
"""What keeps its length, between joints that every detector has; trunk and neck bend."""

BODY = tuple(sorted({joint for bone in BONES for joint in bone}))
"""The 12 joints of limbs, which all detectors define alike, or nearly."""

STILL = 0.1  # of the person's size a second, in the picture and relative to the hips
STILL_CUTOFF = 5.0  # hertz: what is quicker is the detector's noise
CLEAR = 0.1  # metres of depth between a limb's ends
FLIP_TIME = 1 / 30  # seconds in which no limb turns round: its end would move at 6 m/s and more
STEPS = 40  # of the camera's fit

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class ClipPoses:
    """3D poses to be judged, with their 2D.

    Parameters
    ----------
    joints
        (frames, 17, 3) metres, H36M-17; x right, y down, z forward, with any origin.
    keypoints
        (frames, 17, 2) pixels.
    valid
        (frames,) bool: frames that count.
    """

    joints: _Array
    keypoints: _Array
    valid: NDArray[np.bool_]


def person_size(keypoints: NDArray[np.floating]) -> float:
    """Compute the longer side of the box about (frames, joints, 2) pixels, mean over frames."""
    return float(np.ptp(keypoints, axis=1).max(axis=-1).mean())


def bone_deviations(poses: ClipPoses) -> dict[str, float]:
    """Compute the deviation of each bone's length, percent of its mean length."""
    joints = poses.joints[poses.valid]
    result = {}
    for start, end in BONES:
        bone = joints[:, H36M17.index(end)] - joints[:, H36M17.index(start)]
        length = np.linalg.norm(bone, axis=-1)
        result[f"{start}-{end}"] = float(100 * length.std() / length.mean())
    return result


def standing_still(
    keypoints: NDArray[np.floating], valid: NDArray[np.bool_], fps: Fraction
) -> NDArray[np.bool_]:
    """Return which joints rest relative to the hip in the picture: (frames, joints)."""
    size = person_size(keypoints[valid])
    relative = low_pass(keypoints - keypoints[:, :1], valid, fps, STILL_CUTOFF)
    speed = np.linalg.norm(np.gradient(relative, axis=0), axis=-1) * float(fps) / size
    inside = valid & np.roll(valid, 1) & np.roll(valid, -1)
    inside[[0, -1]] = False
    still = (speed < STILL) & inside[:, None]
    still[:, 0] = False  # the hip itself
    return still


def jitter(poses: ClipPoses, still: NDArray[np.bool_], fps: Fraction) -> float:
    """Compute the mean acceleration, m/s2, of resting joints about the hip; NaN without any."""
    relative = poses.joints - poses.joints[:, :1]
    bend = np.zeros_like(relative)
    bend[1:-1] = relative[2:] - 2 * relative[1:-1] + relative[:-2]
    there = np.convolve(poses.valid, np.ones(3), mode="same") == 3
    chosen = np.linalg.norm(bend, axis=-1)[still & there[:, None]] * float(fps) ** 2
    return float(chosen.mean()) if len(chosen) else float("nan")


def swaps(poses: ClipPoses) -> int:
    """Count frames that fit the previous one better with left and right exchanged."""
    joints = poses.joints - poses.joints[:, :1]
    sides = [*H36M17.left, *H36M17.right]

    def distance(now: _Array) -> _Array:
        return np.linalg.norm((now[1:] - joints[:-1])[:, sides], axis=-1).sum(axis=1)

    swapped = distance(joints[:, list(H36M17.mirror)]) < distance(joints)
    return int((swapped & poses.valid[1:] & poses.valid[:-1]).sum())


def depth_flips(poses: ClipPoses, fps: Fraction) -> int:
    """Count limbs pointing clearly towards the camera and `FLIP_TIME` later clearly away."""
    step = max(1, round(float(fps) * FLIP_TIME))
    starts, ends = (H36M17.indices([bone[k] for bone in LIMBS]) for k in (0, 1))
    deep = poses.joints[:, ends, 2] - poses.joints[:, starts, 2]
    before, after = deep[:-step], deep[step:]
    flipped = (before * after < 0) & (np.minimum(np.abs(before), np.abs(after)) > CLEAR)
    flipped &= (poses.valid[:-step] & poses.valid[step:])[:, None]
    # One flip is seen by every pair of frames about it.
    begins = flipped & ~np.concatenate([np.zeros_like(flipped[:1]), flipped[:-1]])
    return int(begins.sum())


def reprojection(poses: ClipPoses, image_size: tuple[int, int], fov: float = DEFAULT_FOV) -> float:
    """Compute the mean distance of the 12 `BODY` joints from the 2D, percent of person size.

    In every frame the pose is turned and moved to where it projects nearest to its keypoints: what
    is left is not the pose's place or direction but its shape.
    """
    chosen = H36M17.indices(BODY)
    joints, seen = poses.joints[poses.valid][:, chosen], poses.keypoints[poses.valid]
    focal = focal_length(image_size, fov)
    image = pixel_rays(seen[:, chosen], image_size, focal)
    rays = image[..., :2] / image[..., 2:]
    off = np.linalg.norm(fit_camera(joints, rays), axis=-1) * focal
    size = np.ptp(seen, axis=1).max(axis=-1)
    return float(100 * (off.mean(axis=1) / size).mean())


def fit_camera(joints: _Array, rays: _Array) -> _Array:
    """Turn and move poses to project onto image points; Levenberg-Marquardt, all frames at once.

    Parameters
    ----------
    joints
        (frames, joints, 3), turned roughly as the camera sees them.
    rays
        (frames, joints, 2) image points at focal length 1.

    Returns
    -------
    NDArray
        (frames, joints, 2): image points less what the poses project to.
    """
    frames = len(joints)
    centred = joints - joints.mean(axis=1, keepdims=True)
    middle = rays.mean(axis=1)
    spread = np.sqrt(np.square(rays - middle[:, None]).sum(axis=(1, 2)))
    depth = np.sqrt(np.square(centred[..., :2]).sum(axis=(1, 2))) / np.maximum(spread, 1e-6)
    turn = np.broadcast_to(np.eye(3), (frames, 3, 3)).copy()
    place = depth[:, None] * np.concatenate([middle, np.ones((frames, 1))], axis=1)
    damping = np.full(frames, 1e-3)
    off, jacobian = _off(centred, rays, turn, place)
    for _ in range(STEPS):
        normal = np.einsum("fra,frb->fab", jacobian, jacobian)
        scale = np.einsum("faa->fa", normal)
        normal = normal + np.eye(6) * (damping[:, None] * scale + 1e-12)[:, None]
        step = np.linalg.solve(normal, np.einsum("fra,fr->fa", jacobian, off)[..., None])[..., 0]
        new_turn, new_place = (
            Rotation.from_rotvec(step[:, :3]).as_matrix() @ turn,
            place + step[:, 3:],
        )
        new_off, new_jacobian = _off(centred, rays, new_turn, new_place)
        better = np.square(new_off).sum(axis=1) < np.square(off).sum(axis=1)
        better &= (new_place[:, 2] > 0.1) & np.isfinite(new_off).all(axis=1)
        turn[better], place[better] = new_turn[better], new_place[better]
        off[better], jacobian[better] = new_off[better], new_jacobian[better]
        damping = np.where(better, damping / 3, damping * 5).clip(1e-9, 1e6)
    return off.reshape(rays.shape)


def _off(joints: _Array, rays: _Array, turn: _Array, place: _Array) -> tuple[_Array, _Array]:
    """Compute residuals (frames, 2 joints) and the projection's derivatives by turn and shift."""
    turned = joints @ turn.transpose(0, 2, 1)
    x, y, z = np.moveaxis(turned + place[:, None], -1, 0)
    z = np.maximum(z, 1e-3)
    zero, one = np.zeros_like(x), np.ones_like(x)
    slope = np.stack([np.stack([one, zero, -x / z], -1), np.stack([zero, one, -y / z], -1)], -2)
    slope = slope / z[..., None, None]  # (frames, joints, 2, 3)
    a, b, c = np.moveaxis(turned, -1, 0)
    # w x p = -[p] w
    crossed = np.stack(
        [np.stack(row, -1) for row in ([zero, c, -b], [-c, zero, a], [b, -a, zero])], -2
    )
    jacobian = np.concatenate([slope @ crossed, slope], axis=-1)
    off = rays - np.stack([x / z, y / z], axis=-1)
    return off.reshape(len(off), -1), jacobian.reshape(len(off), -1, 6)
