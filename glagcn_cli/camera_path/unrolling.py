"""Shows people all around a camera in one picture: unrolled, as on the wall of a round room.

No camera at rest sees people who are followed by a wide pan. Here a body keeps the shape in which a
camera sees it that looks straight at it, and only its place is an angle. So a lifter, which reads
joints about the root, reads the same as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from ..camera import pixel_rays, ray_rotations, unrolled_rays
from ..poses import Keypoints2D, PoseSequence
from .path import CameraPath
from .steadying import NEAREST, SEEN, SteadyView

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class UnrolledView(SteadyView):
    """A round picture at the place of a camera that turns; parameters as in `SteadyView`."""

    is_unrolled: ClassVar[bool] = True

    @classmethod
    def of(cls, path: CameraPath, image_size: tuple[int, int]) -> UnrolledView:
        """Return the round picture about the axis of a pan."""
        mean = path.rotation.mean(axis=0)
        # What stands still before a panning camera is the axis that it turns about.
        axis = np.linalg.svd(mean)[2][0]
        middle = Rotation.from_matrix(path.rotation).mean().as_matrix()
        down = axis * np.sign(axis @ middle[1])
        ahead = middle[2] - (middle[2] @ down) * down
        ahead /= np.linalg.norm(ahead)
        rotation = np.stack([np.cross(down, ahead), down, ahead])
        return cls(path, rotation, float(np.median(path.focal)), image_size)

    def steady(self, person: Keypoints2D) -> Keypoints2D:
        """Move a person's 2D from pixels of the video to the round picture."""
        rays = np.einsum("fji,fvj->fvi", self.turns, self._rays(person.keypoints, self.path.focal))
        counted = (person.scores >= SEEN).astype(np.float64)
        counted += 1e-3  # of somebody of whom nothing is sure
        centre = np.einsum("fv,fvi->fi", counted, rays)
        turn = ray_rotations(centre)
        local = np.einsum("fij,fvj->fvi", turn, rays)
        flat = local[..., :2] / np.maximum(local[..., 2:], NEAREST)
        x, y, z = centre.T
        angles = np.stack([np.unwrap(np.arctan2(x, z)), np.arctan2(y, np.hypot(x, z))], axis=-1)
        pixels = (flat + angles[:, None]) * self.focal + self._middle
        return replace(person, keypoints=pixels.astype(np.float32))

    def filmed(self, body: PoseSequence) -> PoseSequence:
        """Give a body's joints the places in the video that they were lifted from."""
        root = body.keypoints[:, :1].astype(np.float64)
        turn = ray_rotations(unrolled_rays(root[:, 0], self.image_size, self.focal))
        local = (body.keypoints - root) / self.focal
        local = np.concatenate([local, np.ones_like(local[..., :1])], axis=-1)
        rays = np.einsum("fij,fkj,fvk->fvi", self.turns, turn, local)
        return replace(body, keypoints=self._pixels(rays, self.path.focal))

    def straightened(self, body: PoseSequence) -> PoseSequence:
        """Turn a lifted body to where it stands in the round, not in a flat picture."""
        root = body.keypoints[:, 0].astype(np.float64)
        flat = ray_rotations(pixel_rays(root, self.image_size, self.focal))
        around = ray_rotations(unrolled_rays(root, self.image_size, self.focal))
        turn = around.swapaxes(1, 2) @ flat
        up = None if body.up is None else np.einsum("fij,fj->fi", turn, body.up)
        return replace(
            body,
            joints=np.einsum("fij,fvj->fvi", turn, body.joints).astype(np.float32),
            up=None if up is None else up.astype(np.float32),
        )
