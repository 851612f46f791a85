"""The npz layout that Human3.6M and HumanEva-I share: 3D in the world, 2D of several cameras.

Source: VideoPose3D's DATASETS.md. `positions_3d`: subject -> action -> (frames, joints, 3) metres.
`positions_2d`: subject -> action -> a list with one (frames, joints, 2) array a camera, in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import JointSet

from .camera_calibration import StaticCamera
from .pickled_npz import read_pickled
from .plausibility import check_body_size, number_array
from .takes import Take

PACKING_GUIDE = "https://github.com/facebookresearch/VideoPose3D/blob/main/DATASETS.md"
_WORLD = 50.0  # metres: no studio is larger; a file in millimetres is


@dataclass(frozen=True)
class MultiviewFiles:
    """Contents of a pair of files.

    Parameters
    ----------
    path_3d, path_2d
        Paths of the files.
    positions, keypoints
        Subject -> action -> 3D of the world, and a list of 2D by camera, as the files hold them.
    symmetry
        (left, right) joint numbers of the 2D as its metadata state them; None where it has none.
    """

    path_3d: Path
    path_2d: Path
    positions: Mapping[str, Mapping[str, Any]]
    keypoints: Mapping[str, Mapping[str, Any]]
    symmetry: tuple[tuple[int, ...], tuple[int, ...]] | None

    @classmethod
    def read(cls, path_3d: Path, path_2d: Path) -> MultiviewFiles:
        """Read both files; raise ``InputError`` for other keys and damaged files."""
        positions = read_pickled(path_3d, "positions_3d")["positions_3d"]
        archive = read_pickled(path_2d, "positions_2d", optional=("metadata",))
        for path, subjects in ((path_3d, positions), (path_2d, archive["positions_2d"])):
            for subject, actions in subjects.items():
                if not isinstance(actions, Mapping):
                    raise InputError(f"{path}: {subject} holds no dictionary of actions")
                if odd := [name for name in (subject, *actions) if not isinstance(name, str)]:
                    raise InputError(f"{path}: {odd[0]!r} under {subject} is no name, but a number")
        symmetry = archive.get("metadata", {}).get("keypoints_symmetry")
        sides = None if symmetry is None else _sides(symmetry, path_2d)
        return cls(path_3d, path_2d, positions, archive["positions_2d"], sides)

    def actions(self, subject: str) -> list[str]:
        """List a subject's actions with 3D; raise ``InputError`` with the known subjects."""
        if subject not in self.positions:
            raise InputError(
                f"{self.path_3d} has no subject {subject}; it has {', '.join(self.positions)}"
            )
        return sorted(self.positions[subject])

    def world(self, subject: str, action: str) -> NDArray[np.float32]:
        """Return the 3D of an action; raise ``InputError`` where there is no array."""
        where = f"{self.path_3d}: {subject} {action}"
        return number_array(self.positions[subject][action], where)

    def sides_are(self, joint_set: JointSet) -> bool:
        """Tell whether the 2D's metadata name the left and right joints of a joint set."""
        return self.symmetry is None or [set(side) for side in self.symmetry] == [
            set(joint_set.left),
            set(joint_set.right),
        ]

    def views(self, subject: str, action: str, cameras: int) -> list[NDArray[np.floating]]:
        """Return an action's 2D, one array a camera; raise ``InputError`` for another count."""
        views: Any = self.keypoints.get(subject, {}).get(action)
        if views is None:
            raise InputError(
                f"{self.path_2d} has no 2D of {subject} {action}, but {self.path_3d.name} has its "
                "3D; get both files from the same run"
            )
        if not isinstance(views, list | tuple | np.ndarray) or (
            isinstance(views, np.ndarray) and not views.ndim
        ):
            raise InputError(
                f"{self.path_2d}: {subject} {action} holds {type(views).__name__}, expected one "
                "array a camera"
            )
        if len(views) != cameras or any(view is None for view in views):
            there = sum(view is not None for view in views)
            raise InputError(
                f"{self.path_2d}: {subject} {action} was seen by {there} cameras, "
                f"expected {cameras}"
            )
        where = f"{self.path_2d}: {subject} {action}"
        return [number_array(view, f"{where} view {i}") for i, view in enumerate(views, 1)]


def _sides(symmetry: Any, path: Path) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read the joint numbers of the two sides from the 2D's metadata."""
    try:
        left, right = (tuple(int(joint) for joint in side) for side in symmetry)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: keypoints_symmetry of its metadata is {symmetry!r:.60}, expected the numbers "
            "of the left and of the right joints"
        ) from error
    return left, right


def film(
    files: MultiviewFiles,
    key: tuple[str, str],
    world: NDArray[np.floating],
    views: Sequence[NDArray[np.floating]],
    cameras: Sequence[StaticCamera],
    labels: tuple[str, str, str],
) -> list[Take]:
    """Make one take for each camera, with 3D in its frame and 2D cut to the 3D's length.

    Parameters
    ----------
    files
        Files that the take comes from, for messages.
    key
        Subject and action as the files name them.
    world
        (frames, joints, 3) metres, world frame.
    views
        By camera (at least as many frames, joints, 2) pixels.
    cameras
        Calibration, in the order of ``views``.
    labels
        Subject and action of the take, and the rest of the action's name in the files. The rest
        stands before the camera's name, so that `Take.name` can be found in the files.

    Raises
    ------
    InputError
        NaN in either, a 2D shorter than the 3D, or a 3D that is not a person's in metres.
    """
    subject, action, rest = labels
    where = " ".join(key)
    _check_world(world, f"{files.path_3d}: {where}")
    takes = []
    for camera, view in zip(cameras, views, strict=True):
        seen_by = f"{files.path_2d}: {where} camera {camera.name}"
        takes.append(
            Take(
                subject=subject,
                action=action,
                camera=f"{rest} {camera.name}".strip(),
                joints=camera.to_camera(world),
                keypoints=_cut(view, len(world), seen_by),
                image_size=camera.image_size,
                fov=camera.fov,
            )
        )
    return takes


def _check_world(world: NDArray[np.floating], where: str) -> None:
    """Refuse 3D that is not finite or not in metres; the message begins with ``where``."""
    if not len(world):
        raise InputError(f"{where} has no frame of 3D")
    if not np.isfinite(world).all():
        raise InputError(f"{where}: the 3D joints hold NaN or infinity")
    reach = np.abs(world).max()
    if reach > _WORLD:
        raise InputError(
            f"{where} is up to {reach:.0f} m from the origin; expected metres, is the file in "
            "millimetres?"
        )
    check_body_size(world, where, "metres")


def _cut(view: NDArray[np.floating], frames: int, where: str) -> NDArray[np.float32]:
    """Return the 2D of the frames that have 3D; the message begins with ``where``."""
    if len(view) < frames:
        raise InputError(
            f"{where} has {len(view)} frames of 2D for {frames} of 3D; a 2D file may be longer, "
            "not shorter"
        )
    keypoints = view[:frames, :, :2].astype(np.float32)
    if not np.isfinite(keypoints).all():
        raise InputError(f"{where}: the 2D keypoints hold NaN or infinity")
    return keypoints
