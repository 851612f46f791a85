"""A made-up figure walking, filmed by pinhole cameras as a perfect lifter would see it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glagcn_cli.camera import focal_length
from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.contacts import ANKLE_HEIGHT
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import SHIN, THIGH, Figure, about

SIZE = (1920, 1080)
FPS = 50
TO_CAMERA = np.diag([1.0, -1.0, -1.0])  # scene axes to those of a level camera that looks along -z


@dataclass
class Camera:
    """A pinhole camera in the scene, turned first, then pitched down, then rolled (degrees)."""

    down: float = 0.0
    roll: float = 0.0
    yaw: float = 0.0
    fov: float = 60.0
    place: tuple[float, float, float] = (0.0, 1.5, 6.0)

    @property
    def rotation(self) -> NDArray[np.float64]:
        turned = Rotation.from_euler("y", -self.yaw, degrees=True).as_matrix()
        nod = Rotation.from_euler("x", self.down, degrees=True).as_matrix()
        roll = Rotation.from_euler("z", self.roll, degrees=True).as_matrix()
        return roll @ nod @ TO_CAMERA @ turned

    @property
    def up(self) -> NDArray[np.float64]:
        return self.rotation @ [0.0, 1.0, 0.0]

    def film(
        self, joints: NDArray, valid: NDArray | None = None, fps: int = FPS, person: int = 1
    ) -> PoseSequence:
        """What a perfect lifter would make of the scene: exact relative 3D and exact 2D."""
        focal = focal_length(SIZE, self.fov)
        matrix = np.array([[focal, 0, 959.5], [0, focal, 539.5], [0, 0, 1]])
        shift = -self.rotation @ self.place
        rotation_vector = cv2.Rodrigues(self.rotation)[0]
        pixels = cv2.projectPoints(joints.reshape(-1, 3), rotation_vector, shift, matrix, None)[0]
        relative = (joints - joints[:, :1]) @ self.rotation.T
        return PoseSequence(
            joints=relative.astype(np.float32),
            scores=np.ones(joints.shape[:2], np.float32),
            valid=np.ones(len(joints), bool) if valid is None else valid,
            fps=Fraction(fps),
            keypoints=pixels.reshape(*joints.shape[:2], 2).astype(np.float32),
            frame="camera",
            person=person,
        )

    def depth(self, joints: NDArray) -> NDArray[np.float64]:
        return ((joints[:, 0] - self.place) @ self.rotation.T)[:, 2]


CAMERAS = {
    "level": Camera(),
    "12 degrees down": Camera(down=12),
    "from below": Camera(down=-8, place=(0, 0.3, 5)),
    "rolled": Camera(down=12, roll=7),
    "telephoto": Camera(down=12, fov=25, place=(0.5, 3, 13)),
    "wide": Camera(down=20, fov=90, place=(-0.5, 2.4, 4)),
}


ANY_CAMERA = pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)


def walk(heading: float = 90.0, frames: int = 150, start: tuple = (0, 0, 0)) -> NDArray:
    """Walk at 1.2 m/s on the floor y = 0, passing the start half-way; both ankles stay low.

    Heading 0 goes towards a camera without yaw, 90 to the right of its picture.
    """
    seconds = (np.arange(frames) - frames // 2) / FPS
    swing = 25 * np.sin(2 * np.pi * seconds)
    height = ANKLE_HEIGHT + (THIGH + SHIN) * np.cos(np.radians(swing))
    joints = Figure(
        frames, hip=swing, shoulder=swing, bend=swing / 5, twist=-swing / 2, elbow=30.0,
        path=np.stack([0 * seconds, height, 1.2 * seconds], axis=1),
    ).joints  # fmt: skip
    turned = Rotation.from_euler("y", heading, degrees=True).apply(joints.reshape(-1, 3))
    return turned.reshape(joints.shape) + np.asarray(start, float)


def degrees_between(a: NDArray, b: NDArray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def lifted(camera: Camera, joints: NDArray, **settings) -> NDArray[np.float64]:
    (scene,) = to_scene([camera.film(joints)], SIZE, SceneChoices(camera.fov, **settings))
    assert scene.frame == "scene"
    return scene.joints.astype(np.float64)


def lying(frames: int = 100) -> NDArray:
    """On the back along the picture's x, head to the left, ten centimetres above the floor."""
    standing = Figure(frames, knee=2.0, elbow=10.0, path=(0, 0, 0)).joints
    fallen = Rotation.from_euler("z", 90, degrees=True).apply(standing.reshape(-1, 3))
    return fallen.reshape(standing.shape) + np.array([0, 0.3, 0])


def about_x(joints: NDArray, degrees: float | NDArray) -> NDArray:
    """Turn poses as a whole about the root, forwards (towards what they face) when positive."""
    root = joints[:, :1]
    turns = about("x", np.broadcast_to(degrees, len(joints))).as_matrix()
    return (joints - root) @ turns.swapaxes(1, 2) + root


def directions(joints: NDArray) -> NDArray[np.float64]:
    bones = np.diff(joints[:, np.array(H36M17.bone_indices)], axis=2)[:, :, 0].astype(np.float64)
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)
