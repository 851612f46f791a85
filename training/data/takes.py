"""The common form of all data sets: takes of one subject, filmed or free motion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.camera import DEFAULT_FOV
from glagcn_cli.errors import InputError
from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.skeleton import JointSet

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Take:
    """One action of one subject, seen by one camera, or motion capture seen by none yet.

    Parameters
    ----------
    subject, action, camera
        Names in the data set; free motion has no camera ("").
    joints
        (frames, joints, 3) float32 metres. Filmed: camera frame (x right, y down, z forward).
        Free motion: world frame (right-handed, z up, floor near z = 0). Unknown feet and palms
        are NaN.
    keypoints
        (frames, joints, 2) float32 pixels; None for free motion.
    image_size
        (width, height) in pixels of the camera; (0, 0) for free motion.
    fov
        Field of view over the picture's longer side, degrees.
    valid
        (frames,) bool: frames that count in an evaluation; None where all do.
    pack
        Name of its motion pack; "" for film.
    """

    subject: str
    action: str
    camera: str
    joints: NDArray[np.float32]
    keypoints: NDArray[np.float32] | None = None
    image_size: tuple[int, int] = (0, 0)
    fov: float = DEFAULT_FOV
    valid: NDArray[np.bool_] | None = None
    pack: str = ""

    def __post_init__(self) -> None:
        name = self.name
        if self.joints.ndim != 3 or self.joints.shape[2] != 3 or not len(self.joints):
            raise InputError(f"{name}: joints have shape {self.joints.shape}, expected (F, J, 3)")
        if not np.isfinite(self.joints[:, :BODY]).all():
            raise InputError(f"{name}: the 3D joints hold NaN or infinity")
        if self.keypoints is not None:
            if self.keypoints.shape != (*self.joints.shape[:2], 2):
                raise InputError(
                    f"{name}: 2D of shape {self.keypoints.shape} does not fit 3D of shape "
                    f"{self.joints.shape}"
                )
            if not np.isfinite(self.keypoints).all():
                raise InputError(f"{name}: the 2D keypoints hold NaN or infinity")
        if self.valid is not None and self.valid.shape != (len(self),):
            raise InputError(f"{name}: {self.valid.shape} validity flags for {len(self)} frames")

    def __len__(self) -> int:
        return len(self.joints)

    @property
    def name(self) -> str:
        """Subject, action and camera in one line, for messages and tables."""
        return " ".join(part for part in (self.subject, self.action, self.camera) if part)


@dataclass(frozen=True)
class TakeSet:
    """The takes of one split of a data set.

    Parameters
    ----------
    dataset
        Name of the data set.
    joint_set
        Its joints, in array order.
    fps
        Frames per second.
    takes
        At least one.
    source
        Names of its files, for checkpoints and reports.
    """

    dataset: str
    joint_set: JointSet
    fps: int
    takes: tuple[Take, ...]
    source: str = ""

    def of_body(self) -> TakeSet:
        """Return the takes without feet and palms."""
        body = self.joint_set.body
        if body is self.joint_set:
            return self
        takes = (replace(take, joints=take.joints[:, : len(body)]) for take in self.takes)
        return replace(self, joint_set=body, takes=tuple(takes))

    @property
    def filmed(self) -> bool:
        """True for takes with 2D of real cameras."""
        return self.takes[0].keypoints is not None

    def evenly_chosen(self, at_most: int) -> list[int]:
        """Return the numbers of at most so many takes, evenly spread; of all for 0."""
        count = len(self.takes)
        if not 0 < at_most < count:
            return list(range(count))
        return [round(number) for number in np.linspace(0, count - 1, at_most).tolist()]

    @property
    def frames(self) -> int:
        """Frames of all takes together."""
        return sum(len(take) for take in self.takes)
