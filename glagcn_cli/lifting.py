"""From one person's 2D keypoints over a clip to 3D joints in the camera frame."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from .blending import Blend, chunks
from .checkpoints import LifterCard, lifter_path, load_lifter
from .errors import CheckpointError
from .gaps import fill_gaps, place_missing_root
from .model.gla_gcn import GLAGCN, ReleasedGLAGCN
from .model.inference import say_of_windows
from .normalisation import (
    DEFAULT_FOV,
    FILLED_SCORE,
    PERSON,
    focal_length,
    normalise_windows,
    pixel_rays,
    ray_rotations,
)
from .poses import Keypoints2D, LiftedJoints, PoseSequence
from .resampling import resample
from .skeleton import AS_GIVEN, H36M17, JOINT_SETS, to_lifter_joints

_log = logging.getLogger(__name__)

MAX_GAP = 0.5
"""Seconds of missing detections that are interpolated; longer gaps stay without a pose."""

MIN_SCORE = 0.15
"""Joints below this score are interpolated over time from frames where they were seen."""

HOPS_PER_WINDOW = 4
"""Windows of the sequence branch that begin within the length of one, so that they overlap."""

KEYPOINT_CHANNELS = 2  # x, y

SEQUENCE, CENTRE = "sequence", "centre"
"""Which part of the network lifts: the sequence branch gives all frames of a window at once; the
local module gives its middle frame, so that every frame gets a window of its own."""

VIDEO_BRANCH = CENTRE
"""How videos are lifted: a window for every frame is ten times the work, of a stage that takes a
few hundredths of a run even so, and the better pose."""

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
    hops
        As `HOPS_PER_WINDOW`.
    """

    def __init__(
        self,
        network: GLAGCN | ReleasedGLAGCN,
        card: LifterCard,
        device: torch.device | str = "cpu",
        hops: int = HOPS_PER_WINDOW,
    ) -> None:
        self.network = network.to(device).eval()
        self.hops = hops
        self.card = card
        self.device = torch.device(device)
        self.joint_set = JOINT_SETS[card.architecture.joint_set]

    @classmethod
    def load(cls, name: str, device: torch.device | str = "cpu") -> Lifter:
        """Load a lifter by shipped name or file; raises ``CheckpointError`` for another body."""
        path = lifter_path(name)
        network, card = load_lifter(path)
        architecture = card.architecture
        if architecture.joint_set != H36M17.name:
            raise CheckpointError(
                f"{path} reads joints of {architecture.joint_set}; video needs a lifter of "
                f"{H36M17.name}"
            )
        if card.conversion == AS_GIVEN:
            _log.warning(
                "%s was trained on 2D joints as its data set marks them; a detector marks head, "
                "hips and shoulders elsewhere, so expect worse poses than its figures promise",
                path,
            )
        return cls(network, card, device)

    @property
    def video_branch(self) -> str:
        """`VIDEO_BRANCH`, but for lifters whose local module has learned nothing."""
        trained = self.card.recipe.get("loss", {}).get("centre", 1.0) > 0
        return VIDEO_BRANCH if trained else SEQUENCE

    def lift(
        self,
        person: Keypoints2D,
        *,
        fov: float = DEFAULT_FOV,
        flip: bool = False,
        branch: str | None = None,
        max_gap: float = MAX_GAP,
    ) -> PoseSequence:
        """Lift a whole clip of any length from one frame up.

        Parameters
        ----------
        person
            2D keypoints of one person.
        fov, flip, branch
            As in `lift_steady`; the branch is `VIDEO_BRANCH`, or the one that was trained.
        max_gap
            Seconds of missing detections that are interpolated.

        Returns
        -------
        PoseSequence
            Camera frame, metres, relative to the root (joint 0 is zero), one pose for every frame
            of the clip; not valid where nobody was seen for longer than `max_gap`.
        """
        detected, scores = to_lifter_joints(person.keypoints, person.scores, person.joint_set)
        filled = place_missing_root(
            fill_gaps(detected, scores, person.valid, max_gap * float(person.fps), MIN_SCORE)
        )
        lifted = self.lift_keypoints(
            filled.keypoints, filled.scores, person.image_size, person.fps,
            fov=fov, flip=flip, branch=branch or self.video_branch,
        )  # fmt: skip
        return PoseSequence(
            joints=lifted.joints.astype(np.float32),
            scores=np.where(filled.valid[:, None], scores, 0.0).astype(np.float32),
            valid=filled.valid,
            fps=person.fps,
            keypoints=filled.keypoints.astype(np.float32),
            frame="camera",
            joint_set=H36M17,
            person=person.person,
            uncertainty=_single(lifted.uncertainty),
            up=_single(lifted.up),
        )

    def lift_keypoints(
        self,
        keypoints: NDArray[np.floating],
        scores: NDArray[np.floating] | None,
        image_size: tuple[int, int],
        fps: Fraction | int,
        *,
        fov: float = DEFAULT_FOV,
        flip: bool = False,
        branch: str = SEQUENCE,
    ) -> LiftedJoints:
        """Lift gapless lifter joints of any frame rate.

        They are brought to the lifter's own rate, and what it says of them back to theirs.

        Parameters
        ----------
        keypoints
            (frames, joints, 2) pixels.
        scores
            (frames, joints) in 0..1, 0 for a missing joint; None where they are not known.
        image_size
            (width, height) in pixels.
        fps
            Of the keypoints.
        fov, flip, branch
            As in `lift_steady`.
        """
        own, frames = self.card.fps, len(keypoints)
        at_rate = resample(keypoints, fps, own)
        if scores is not None:
            missing = resample((scores <= 0).astype(np.float64), fps, own) > 0.5
            scores = np.where(missing, 0.0, resample(scores, fps, own).clip(FILLED_SCORE, 1.0))
        lifted = self.lift_steady(at_rate, image_size, scores, fov=fov, flip=flip, branch=branch)
        joints = resample(lifted.joints, own, fps, frames)
        uncertainty, up = lifted.uncertainty, lifted.up
        if uncertainty is not None:
            least = uncertainty.min()
            uncertainty = resample(uncertainty, own, fps, frames).clip(least)
        if up is not None:
            up = _unit(resample(up, own, fps, frames))
        return LiftedJoints(joints, uncertainty, up)

    def lift_steady(
        self,
        keypoints: NDArray[np.floating],
        image_size: tuple[int, int],
        scores: NDArray[np.floating] | None = None,
        *,
        fov: float = DEFAULT_FOV,
        flip: bool = False,
        branch: str = SEQUENCE,
    ) -> LiftedJoints:
        """Lift gapless lifter joints (frames, joints, 2), pixels, at the lifter's own rate.

        Parameters
        ----------
        keypoints
            (frames, joints, 2) pixels.
        image_size
            (width, height) in pixels.
        scores
            (frames, joints) in 0..1, 0 for a missing joint; None counts all as seen. Only lifters
            of three numbers a joint read them.
        fov
            Field of view over the picture's longer side, degrees.
        flip
            Average with the lifted mirror image.
        branch
            `SEQUENCE` or `CENTRE`; a network without a sequence branch always runs as `CENTRE`.
        """
        joints, uncertainty, up = self._blend_windows(keypoints, scores, image_size, flip, branch)
        root = self.joint_set.root
        if self.card.normalisation == PERSON:
            rays = pixel_rays(keypoints[:, root], image_size, focal_length(image_size, fov))
            turned = ray_rotations(rays)  # to be undone
            joints = np.einsum("tji,tvj->tvi", turned, joints)
            up = None if up is None else np.einsum("tji,tj->ti", turned, up)
        joints = joints - joints[:, root : root + 1]
        return LiftedJoints(joints, uncertainty, None if up is None else _unit(up))

    def _blend_windows(
        self,
        keypoints: NDArray[np.floating],
        scores: NDArray[np.floating] | None,
        image_size: tuple[int, int],
        flip: bool,
        branch: str,
    ) -> LiftedJoints:
        """Run the network over overlapping windows and blend what they say of each frame."""
        frames, window = len(keypoints), self.card.architecture.window
        margin = window // 2
        whole = branch == SEQUENCE and isinstance(self.network, GLAGCN)
        # Reflected, the motion goes back at both ends at its own speed. Windows for the centre
        # frame are held at the ends, as the field trains them.
        mode: Literal["reflect", "edge"] = "reflect" if whole else "edge"
        seen = self._with_scores(keypoints, scores)
        padded = np.pad(seen, ((margin, margin), (0, 0), (0, 0)), mode=mode)
        hop = max(1, window // self.hops) if whole else 1
        starts = np.append(np.arange(0, frames - 1, hop), frames - 1)
        # A smooth bump: a frame counts most in the window it is the middle of. Next to nothing at
        # the ends, where convolutions read padding and what the network says jumps.
        weights = np.sin(np.pi * (np.arange(window) + 0.5) / window) ** 4
        if not whole:
            weights = (np.arange(window) == margin).astype(np.float64)
        blends: dict[str, Blend] = {}
        at_once = FRAMES_AT_ONCE if self.device.type == "cpu" else FRAMES_AT_ONCE_GPU
        for chunk in chunks(starts, max(1, at_once // window)):
            index = chunk[:, None] + np.arange(window)
            inputs = torch.from_numpy(self._normalised(padded[index], image_size)).to(self.device)
            said = say_of_windows(self.network, inputs, whole=whole, flip=flip)
            for name, values in said._asdict().items():
                if values is not None:
                    blend = blends.setdefault(name, Blend(len(padded), weights))
                    blend.add(chunk, values.cpu().numpy())
        inside = slice(margin, margin + frames)
        found = {name: blend.mean(inside) for name, blend in blends.items()}
        return LiftedJoints(found["joints"], found.get("error"), found.get("up"))

    def _with_scores(
        self, keypoints: NDArray[np.floating], scores: NDArray[np.floating] | None
    ) -> NDArray[np.float64]:
        """Keypoints and, for a lifter that reads them, scores behind x and y."""
        if self.card.architecture.in_channels == KEYPOINT_CHANNELS:
            return keypoints.astype(np.float64)
        known = np.ones(keypoints.shape[:2]) if scores is None else scores
        return np.concatenate([keypoints, known[..., None]], axis=-1).astype(np.float64)

    def _normalised(
        self, windows: NDArray[np.float64], image_size: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Network input of windows (windows, frames, joints, 2 or 3)."""
        keypoints, rest = windows[..., :KEYPOINT_CHANNELS], windows[..., KEYPOINT_CHANNELS:]
        scores = rest[..., 0] if rest.shape[-1] else None
        root = self.joint_set.root
        return normalise_windows(keypoints, self.card.normalisation, image_size, root, scores)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (..., 3) of length 1."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9)


def _single(values: NDArray[np.float64] | None) -> NDArray[np.float32] | None:
    return None if values is None else values.astype(np.float32)
