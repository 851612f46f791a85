"""From one person's 2D keypoints over a clip to 3D joints in the camera frame."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from .checkpoints import LifterCard, lifter_path, load_lifter
from .errors import CheckpointError
from .model.gla_gcn import GLAGCN, ReleasedGLAGCN
from .normalisation import (
    DEFAULT_FOV,
    PERSON,
    focal_length,
    normalise_windows,
    pixel_rays,
    ray_rotations,
)
from .poses import Keypoints2D, PoseSequence
from .resampling import fill_gaps, resample
from .skeleton import AS_GIVEN, H36M17, JOINT_SETS, to_lifter_joints

_log = logging.getLogger(__name__)

MAX_GAP = 0.5
"""Seconds of missing detections that are interpolated; longer gaps stay without a pose."""

MIN_SCORE = 0.15
"""Joints below this score are interpolated over time from frames where they were seen."""

HOPS_PER_WINDOW = 4

SEQUENCE, CENTRE = "sequence", "centre"
"""Which part of the network lifts: the sequence branch gives all frames of a window at once; the
local module gives its middle frame, so that every frame gets a window of its own."""

FRAMES_AT_ONCE = 1728
"""Frames of all windows of a forward pass: 64 windows of 27, 7 of 243. More gains nothing on a CPU
and costs memory."""

FRAMES_AT_ONCE_GPU = 16 * FRAMES_AT_ONCE


class Lifter:
    """A lifter network with all that belongs to it.

    Parameters
    ----------
    network, card
        As `glagcn_cli.checkpoints.load_lifter` returns them.
    device
        Where the network runs.
    """

    def __init__(
        self,
        network: GLAGCN | ReleasedGLAGCN,
        card: LifterCard,
        device: torch.device | str = "cpu",
    ) -> None:
        self.network = network.to(device).eval()
        self.card = card
        self.device = torch.device(device)
        self.joint_set = JOINT_SETS[card.architecture.joint_set]

    @classmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Lifter:
        """Load a lifter by shipped name or file; raises ``CheckpointError`` for another body."""
        path = lifter_path(name)
        network, card = load_lifter(path)
        architecture = card.architecture
        if architecture.joint_set != H36M17.name or architecture.in_channels != 2:
            raise CheckpointError(
                f"{path} reads {architecture.in_channels} numbers for each joint of "
                f"{architecture.joint_set}; video needs a lifter of x and y of {H36M17.name}"
            )
        if card.conversion == AS_GIVEN:
            _log.warning(
                "%s was trained on 2D joints as its data set marks them; a detector marks head, "
                "hips and shoulders elsewhere, so expect worse poses than its figures promise",
                path,
            )
        return cls(network, card, device)

    def lift(
        self,
        person: Keypoints2D,
        *,
        fov: float = DEFAULT_FOV,
        flip: bool = False,
        max_gap: float = MAX_GAP,
    ) -> PoseSequence:
        """Lift a whole clip of any length from one frame up.

        Parameters
        ----------
        person
            2D keypoints of one person.
        fov
            Field of view over the picture's longer side, degrees.
        flip
            Average with the lifted mirror image.
        max_gap
            Seconds of missing detections that are interpolated.

        Returns
        -------
        PoseSequence
            Camera frame, metres, relative to the root (joint 0 is zero), one pose for every frame
            of the clip; not valid where nobody was seen for longer than `max_gap`.
        """
        detected, scores = to_lifter_joints(person.keypoints, person.scores, person.joint_set)
        seen = (scores >= MIN_SCORE) & person.valid[:, None]
        keypoints, valid = fill_gaps(detected, seen, person.valid, max_gap * float(person.fps))
        at_rate = resample(keypoints, person.fps, self.card.fps)
        relative = self.lift_steady(at_rate, person.image_size, fov=fov, flip=flip)
        joints = resample(relative, self.card.fps, person.fps, frames=len(person))
        return PoseSequence(
            joints=joints.astype(np.float32),
            scores=np.where(valid[:, None], scores, 0.0).astype(np.float32),
            valid=valid,
            fps=person.fps,
            keypoints=keypoints.astype(np.float32),
            frame="camera",
            joint_set=H36M17,
            person=person.person,
        )

    def lift_steady(
        self,
        keypoints: NDArray[np.floating],
        image_size: tuple[int, int],
        *,
        fov: float = DEFAULT_FOV,
        flip: bool = False,
        branch: str = SEQUENCE,
    ) -> NDArray[np.float64]:
        """Lift gapless lifter joints (frames, joints, 2), pixels, at the lifter's own rate.

        Parameters
        ----------
        keypoints
            (frames, joints, 2) pixels.
        image_size
            (width, height) in pixels.
        fov
            Field of view over the picture's longer side, degrees.
        flip
            Average with the lifted mirror image.
        branch
            `SEQUENCE` or `CENTRE`; a network without a sequence branch always runs as `CENTRE`.

        Returns
        -------
        NDArray
            (frames, joints, 3) metres, camera frame, relative to the root.
        """
        joints = self._blend_windows(keypoints, image_size, flip, branch)
        root = self.joint_set.root
        if self.card.normalisation == PERSON:
            rays = pixel_rays(keypoints[:, root], image_size, focal_length(image_size, fov))
            joints = np.einsum("tji,tvj->tvi", ray_rotations(rays), joints)
        return joints - joints[:, root : root + 1]

    def _blend_windows(
        self,
        keypoints: NDArray[np.floating],
        image_size: tuple[int, int],
        flip: bool,
        branch: str,
    ) -> NDArray[np.float64]:
        """Run the network over overlapping windows and blend what they say of each frame."""
        frames, window = len(keypoints), self.card.architecture.window
        margin = window // 2
        whole = branch == SEQUENCE and isinstance(self.network, GLAGCN)
        # Reflected, the motion goes back at both ends at its own speed. Windows for the centre
        # frame are held at the ends, as the field trains them.
        mode: Literal["reflect", "edge"] = "reflect" if whole else "edge"
        padded = np.pad(keypoints, ((margin, margin), (0, 0), (0, 0)), mode=mode)
        hop = max(1, window // HOPS_PER_WINDOW) if whole else 1
        starts = np.append(np.arange(0, frames - 1, hop), frames - 1)
        # A smooth bump: a frame counts most in the window it is the middle of. Next to nothing at
        # the ends, where convolutions read padding and what the network says jumps.
        weights = np.sin(np.pi * (np.arange(window) + 0.5) / window) ** 4
        if not whole:
            weights = (np.arange(window) == margin).astype(np.float64)
        total = np.zeros((len(padded), len(self.joint_set), 3))
        weight = np.zeros(len(padded))
        at_once = FRAMES_AT_ONCE if self.device.type == "cpu" else FRAMES_AT_ONCE_GPU
        for chunk in _chunks(starts, max(1, at_once // window)):
            index = chunk[:, None] + np.arange(window)
            inputs = normalise_windows(
                padded[index].astype(np.float64),
                self.card.normalisation,
                image_size,
                self.joint_set.root,
            )
            outputs = self._run(inputs, flip, whole)
            for first, output in zip(chunk, outputs, strict=True):
                total[first : first + window] += weights[:, None, None] * output
                weight[first : first + window] += weights
        inside = slice(margin, margin + frames)
        return total[inside] / weight[inside, None, None]

    @torch.inference_mode()
    def _run(self, inputs: NDArray[np.float32], flip: bool, whole: bool) -> NDArray[np.float32]:
        """Network output (windows, frames or 1, joints, 3) for normalised windows."""
        mirror = list(self.joint_set.mirror)
        x = torch.from_numpy(inputs).to(self.device)
        y = self._forward(x, whole)
        if flip:
            mirrored = self._forward(x[:, :, mirror] * x.new_tensor([-1.0, 1.0]), whole)
            y = (y + mirrored[:, :, mirror] * y.new_tensor([-1.0, 1.0, 1.0])) / 2
        return y.cpu().numpy()

    def _forward(self, x: torch.Tensor, whole: bool) -> torch.Tensor:
        if not isinstance(self.network, GLAGCN):
            return self.network(x)[:, None]
        return self.network.sequence(x) if whole else self.network(x)[1][:, None]


def _chunks(values: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Split an array into pieces of at most this size."""
    for first in range(0, len(values), size):
        yield values[first : first + size]
