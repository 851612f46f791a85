"""Frozen data that the stages exchange: detections, keypoints of one person, 3D poses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .skeleton import COCO17, H36M17, JointSet

BODY_JOINTS = len(COCO17)
"""Joints of the body in each set of 2D, which come first."""

CLOTHES_SHAPE = (2, 4)
"""Torso and thighs, and what is known of the colour of one; see `FrameDetections`."""

HANDS_SHAPE = (2, 21, 6)
"""Left and right hand, points of each, and what is known of one; see `Keypoints2D`."""


def _require(name: str, array: NDArray, shape: tuple[int | None, ...]) -> None:
    """Raise ``ValueError`` unless the array has this shape (``None`` stands for any length)."""
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")


@dataclass(frozen=True)
class FrameDetections:
    """All people that the 2D stage found in one frame.

    Parameters
    ----------
    boxes
        (people, 4) pixels: left, top, right, bottom.
    box_scores
        (people,) in 0..1.
    keypoints
        (people, joints, 2) pixels, x right, y down; pixel centres lie at whole numbers.
    scores
        (people, joints) in 0..1.
    hands
        (people, 2, 21, 6), as of `Keypoints2D`; None where fingers were not looked for.
    clothes
        (people, 2, 4) of torso and thighs: brightness, red against green and blue against green as
        logarithms, and how far they are to be trusted in 0..1; all 0 where that is not at all. None
        where the picture was not at hand.
    """

    boxes: NDArray[np.float32]
    box_scores: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]
    hands: NDArray[np.float32] | None = None
    clothes: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        people = len(self.boxes)
        _require("boxes", self.boxes, (people, 4))
        _require("box_scores", self.box_scores, (people,))
        _require("keypoints", self.keypoints, (people, None, 2))
        _require("scores", self.scores, self.keypoints.shape[:2])
        if self.hands is not None:
            _require("hands", self.hands, (people, *HANDS_SHAPE))
        if self.clothes is not None:
            _require("clothes", self.clothes, (people, *CLOTHES_SHAPE))
        if not (np.isfinite(self.boxes).all() and np.isfinite(self.keypoints).all()):
            raise ValueError("boxes or keypoints hold NaN or infinity")

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def body(self) -> FrameDetections:
        """The people without points of feet and hands."""
        if self.scores.shape[1] <= BODY_JOINTS:
            return self
        joints = slice(0, BODY_JOINTS)
        return replace(
            self, keypoints=self.keypoints[:, joints], scores=self.scores[:, joints], hands=None
        )


FrameChange = Callable[[NDArray[Any]], NDArray[Any]]
"""From an array (frames, ...) to one of other frames."""

_OF_FRAMES = ("joints", "scores", "valid", "keypoints", "uncertainty", "up", "contacts", "free")
"""Arrays of a `PoseSequence` that begin with frames."""


def _changed(values: Any, names: Sequence[str], change: FrameChange) -> dict[str, Any]:
    """Change arrays that are there, by their names."""
    arrays = {name: getattr(values, name) for name in names}
    return {name: change(array) for name, array in arrays.items() if array is not None}


@dataclass(frozen=True)
class Keypoints2D:
    """2D keypoints of one person over a whole clip.

    Parameters
    ----------
    keypoints
        (frames, joints, 2) pixels, x right, y down. Anything finite where ``valid`` is false.
    scores
        (frames, joints) in 0..1, zero where ``valid`` is false.
    valid
        (frames,) bool: the person was seen in this frame.
    fps
        Frames per second, exact.
    image_size
        (width, height) of the frames in pixels.
    joint_set
        Joint set of the joints.
    person
        Identity, from 1.
    hands
        (frames, 2, 21, 6) of the left and the right hand: x, y in pixels, x, y, z in metres about
        the hand's middle (x right, y down, z away from the camera), and a score in 0..1, which is 0
        where a hand was not seen. The points are the wrist, then four a finger from the palm
        outwards, thumb first. None where fingers were not looked for.
    """

    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]
    valid: NDArray[np.bool_]
    fps: Fraction
    image_size: tuple[int, int]
    joint_set: JointSet
    person: int = 1
    hands: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        frames, joints = len(self.valid), len(self.joint_set)
        _require("valid", self.valid, (None,))
        _require("keypoints", self.keypoints, (frames, joints, 2))
        _require("scores", self.scores, (frames, joints))
        if self.hands is not None:
            _require("hands", self.hands, (frames, *HANDS_SHAPE))
        if not np.isfinite(self.keypoints).all():
            raise ValueError("keypoints hold NaN or infinity; missing frames are marked in `valid`")

    def __len__(self) -> int:
        return len(self.valid)

    def each_frame(self, change: FrameChange) -> Keypoints2D:
        """Return the keypoints with `change` applied to every array that begins with frames."""
        return replace(self, **_changed(self, ("keypoints", "scores", "valid", "hands"), change))

    def keypoints_or_nan(self) -> NDArray[np.float32]:
        """Return keypoints (frames, joints, 2), NaN where a point was not seen at all."""
        return np.where((self.scores > 0)[..., None], self.keypoints, np.nan).astype(np.float32)


@dataclass(frozen=True)
class PoseSequence:
    """3D poses of one person over a whole clip, one for every input frame.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres. Scene frame: right-handed, y up, floor at y = 0, z towards the
        camera, x to the right of the image. Camera frame: x right, y down, z forward.
        Anything finite where ``valid`` is false.
    scores
        (frames, joints) in 0..1: the 2D scores carried along.
    valid
        (frames,) bool: there is a pose in this frame.
    fps
        Frames per second, exact.
    keypoints
        (frames, joints, 2) pixels: the 2D the poses were lifted from, same joints.
    frame
        "scene" or "camera": the frame of reference of ``joints``.
    joint_set
        Joint set of the joints.
    person
        Identity, from 1.
    uncertainty
        (frames, joints) expected error of each joint, metres; None where the lifter has no
        estimate. Anything finite where ``valid`` is false.
    up
        (frames, 3) unit vectors against gravity, camera frame, estimated by the lifter; None
        without an estimate, and in the scene frame, where up is y.
    contacts
        (frames, 2) bool: the left and the right foot stand on the floor; None if unknown. False
        where ``valid`` is false.
    absent
        (joints,) bool: joints of a half of the body that was never seen. Their places are those of
        a body at rest, to be shown to nobody. None where all joints were seen.
    detected
        The 2D in the detector's own joints, where it has points that are none of ``joints``: feet
        and palms. None where it has not.
    free
        (frames, joints, 3) metres: the joints before standing feet were held in place, which bends
        legs; in the axes of ``joints``, about another place. Angles are measured on them. None
        where feet were not held.
    """

    joints: NDArray[np.float32]
    scores: NDArray[np.float32]
    valid: NDArray[np.bool_]
    fps: Fraction
    keypoints: NDArray[np.float32]
    frame: str = "scene"
    joint_set: JointSet = H36M17
    person: int = 1
    uncertainty: NDArray[np.float32] | None = None
    up: NDArray[np.float32] | None = None
    contacts: NDArray[np.bool_] | None = None
    absent: NDArray[np.bool_] | None = None
    detected: Keypoints2D | None = None
    free: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        frames, joints = len(self.valid), len(self.joint_set)
        if self.free is not None:
            _require("free", self.free, (frames, joints, 3))
        if self.absent is not None:
            _require("absent", self.absent, (joints,))
        _require("valid", self.valid, (None,))
        if self.contacts is not None:
            _require("contacts", self.contacts, (frames, 2))
        if self.uncertainty is not None:
            _require("uncertainty", self.uncertainty, (frames, joints))
        if self.up is not None:
            _require("up", self.up, (frames, 3))
        _require("joints", self.joints, (frames, joints, 3))
        _require("scores", self.scores, (frames, joints))
        _require("keypoints", self.keypoints, (frames, joints, 2))
        if self.detected is not None and len(self.detected) != frames:
            raise ValueError(f"there are {len(self.detected)} frames of 2D, expected {frames}")
        if self.frame not in ("scene", "camera"):
            raise ValueError(f"frame is {self.frame!r}, expected 'scene' or 'camera'")
        if not np.isfinite(self.joints).all():
            raise ValueError("joints hold NaN or infinity; missing frames are marked in `valid`")

    def __len__(self) -> int:
        return len(self.valid)

    def each_frame(self, change: FrameChange) -> PoseSequence:
        """Return the poses with `change` applied to every array that begins with frames.

        Parameters
        ----------
        change
            From an array (frames, ...) to one of other frames, the same for all arrays.
        """
        changed = _changed(self, _OF_FRAMES, change)
        detected = None if self.detected is None else self.detected.each_frame(change)
        return replace(self, **changed, detected=detected)

    def of_body(self) -> PoseSequence:
        """Return the poses without feet and palms."""
        body = self.joint_set.body
        if body is self.joint_set:
            return self
        own = slice(len(body))
        absent = None if self.absent is None or not self.absent[own].any() else self.absent[own]
        return replace(
            self,
            joints=self.joints[:, own],
            scores=self.scores[:, own],
            keypoints=self.keypoints[:, own],
            joint_set=body,
            uncertainty=None if self.uncertainty is None else self.uncertainty[:, own],
            absent=absent,
            free=None if self.free is None else self.free[:, own],
        )

    @property
    def present(self) -> NDArray[np.bool_]:
        """(frames, joints) bool: the joint has a place in this frame."""
        seen = np.ones(len(self.joint_set), bool) if self.absent is None else ~self.absent
        return self.valid[:, None] & seen

    def joints_or_nan(self) -> NDArray[np.float32]:
        """Return joints (frames, joints, 3), NaN where there is none."""
        return np.where(self.present[..., None], self.joints, np.nan).astype(np.float32)

    def free_or_nan(self) -> NDArray[np.float32]:
        """Return joints (frames, joints, 3) whose feet were not held, NaN where there is none."""
        joints = self.joints if self.free is None else self.free
        return np.where(self.present[..., None], joints, np.nan).astype(np.float32)


class LiftedJoints(NamedTuple):
    """A lifter's output for one person's 2D.

    ``joints`` (frames, joints, 3) metres, camera frame, relative to the root; ``uncertainty``
    (frames, joints) their expected errors, metres, and ``up`` (frames, 3) unit vectors against
    gravity in the camera frame, None where the lifter has no estimate.
    """

    joints: NDArray[np.float64]
    uncertainty: NDArray[np.float64] | None = None
    up: NDArray[np.float64] | None = None
