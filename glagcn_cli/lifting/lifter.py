"""Lifts one person's 2D keypoints of a clip to 3D joints in the camera frame."""

from __future__ import annotations

import logging
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..camera import DEFAULT_FOV, focal_length, pixel_rays, ray_rotations
from ..errors import CheckpointError
from ..poses import Keypoints2D, LiftedJoints, PoseSequence
from ..skeleton import AS_GIVEN, H36M17, JOINT_SETS, to_lifter_joints
from ..smoothing import runs
from .checkpoints import LifterCard, lifter_path
from .gaps import fill_gaps, laid_out, place_missing_root
from .half_bodies import unseen_extremities, unseen_half
from .late_lifter import LateLifter, late_lifter
from .limbs_seen import limbs_as_seen, unit
from .normalisation import FILLED_SCORE, PERSON
from .one_body import as_one_body
from .opening import open_lifter
from .resampling import resample
from .sight import sight_of
from .windows import (
    CENTRE,
    HOPS_PER_WINDOW,
    SEQUENCE,
    VIDEO_WINDOWS_PER_SECOND,
    lift_windows,
)

if TYPE_CHECKING:
    import torch

    from ..model.gla_gcn import LifterNetwork
    from ..model.inference import WindowNetwork

log = logging.getLogger(__name__)

MAX_GAP = 0.5
"""Seconds of missing detections that are interpolated; longer gaps stay without a pose."""

MIN_SCORE = 0.15
"""Joints below this score are interpolated over time from frames where they were seen. Without such
frames for long, most of them are missing (`gaps.fill_gaps`)."""

VIDEO_BRANCH = CENTRE
"""Branch for videos: a window for every second frame is several times the work and gives the better
pose. The stage remains a few hundredths of a run."""


class Lifter:
    """A lifter network with its card, device and precision.

    Parameters
    ----------
    network, card
        As `glagcn_cli.lifting.opening.open_lifter` or `late_lifter` returns them.
    device
        Device of a network of torch.
    hops
        As `HOPS_PER_WINDOW`.
    precision
        Half-precision type in which torch computes (`glagcn_cli.machine.precision`); None for
        single.
    per_second
        As in `lift_windows`.
    refines
        Bring poses into agreement with the picture (`limbs_seen`) and with one body (`one_body`);
        without it all is the network's.

    Attributes
    ----------
    windows
        The network as it takes windows, whoever computes it.
    """

    def __init__(
        self,
        network: LifterNetwork | LateLifter,
        card: LifterCard,
        device: torch.device | str = "cpu",
        hops: int = HOPS_PER_WINDOW,
        precision: torch.dtype | None = None,
        per_second: float | None = None,
        refines: bool = True,
    ) -> None:
        self.windows: WindowNetwork
        if isinstance(network, LateLifter):
            self.windows = network
        else:
            from ..model.by_torch import ByTorch

            self.windows = ByTorch(network, device, precision)
        self.refines = refines and card.normalisation == PERSON
        self._network = network
        self.hops = hops
        self.per_second = per_second
        self.card = card
        self.joint_set = JOINT_SETS[card.architecture.joint_set]

    @classmethod
    def load(
        cls,
        name: str,
        device: torch.device | str = "cpu",
        precision: torch.dtype | None = None,
        refines: bool = True,
    ) -> Lifter:
        """Load a lifter for videos by shipped name or file.

        It computes as `precision` says. See `load_fast` for what is as fast as is good.

        Raises
        ------
        CheckpointError
            There is none, or it is of another body.
        """
        path = lifter_path(name)
        network, card = open_lifter(path)
        architecture = card.architecture
        if JOINT_SETS[architecture.joint_set].body is not H36M17:
            raise CheckpointError(
                f"{path} reads joints of {architecture.joint_set}; video needs a lifter of "
                f"{H36M17.name}"
            )
        if card.conversion == AS_GIVEN:
            log.warning(
                "%s was trained on its data set's own 2D joints; a detector places head, hips and "
                "shoulders differently, so expect larger errors than its figures",
                path,
            )
        return cls(
            network, card, device, HOPS_PER_WINDOW, precision, VIDEO_WINDOWS_PER_SECOND, refines
        )

    @classmethod
    def load_fast(cls, name: str) -> Lifter:
        """Load a lifter for videos that computes on a CPU, in half precision where that is faster.

        OpenVINO computes the shipped lifter of bodies. torch is not even imported where an earlier
        run left what is needed.

        Raises
        ------
        CheckpointError
            As `load`.
        """
        if (known := late_lifter(name)) is not None:
            return cls(known, known.card, per_second=VIDEO_WINDOWS_PER_SECOND)
        from ..machine.precision import fast_precision

        return cls.load(name, "cpu", fast_precision("cpu"))

    def warm_up(self) -> None:
        """Have ready what the first windows would wait for."""
        if isinstance(self._network, LateLifter):
            self._network.warm_up()

    @property
    def network(self) -> LifterNetwork:
        """The network, of torch."""
        return self._network.network if isinstance(self._network, LateLifter) else self._network

    @property
    def video_branch(self) -> str:
        """`VIDEO_BRANCH`, or the sequence branch of lifters without a trained local module."""
        trained = (
            self.card.recipe.get("loss", {}).get("centre", 1.0) > 0 and self.windows.has_centre
        )
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
        """Lift a whole clip of any length, at least one frame.

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
            of the clip; not valid where the person is unseen for longer than `max_gap`. A half of
            the body that was never seen is `absent`, and so are feet and palms.
        """
        joint_set, body = self.joint_set, slice(len(H36M17))
        detected, scores = to_lifter_joints(
            person.keypoints, person.scores, person.joint_set, joint_set
        )
        half = unseen_half(detected[:, body], scores[:, body], person.valid, person.image_size)
        absent = unseen_extremities(scores, person.valid, joint_set)
        if half is not None:
            absent |= half.mask(joint_set)
        scores[:, absent] = 0.0
        filled = place_missing_root(
            fill_gaps(detected, scores, person.valid, max_gap * float(person.fps), MIN_SCORE)
        )
        lifted = laid_out(
            (len(person), len(joint_set), 3),
            (
                (run, self.lift_keypoints(
                    filled.keypoints[run], filled.scores[run], person.image_size, person.fps,
                    fov=fov, flip=flip, branch=branch or self.video_branch,
                ))
                for run in runs(filled.valid)
            ),
        )  # fmt: skip
        return PoseSequence(
            joints=lifted.joints.astype(np.float32),
            scores=np.where(filled.valid[:, None], scores, 0.0).astype(np.float32),
            valid=filled.valid,
            fps=person.fps,
            keypoints=filled.keypoints.astype(np.float32),
            frame="camera",
            joint_set=joint_set,
            person=person.person,
            uncertainty=_single(lifted.uncertainty),
            up=_single(lifted.up),
            absent=absent if absent.any() else None,
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

        They are resampled to the lifter's own rate, and the result back to theirs. Limbs are turned
        to where they are seen (`limbs_seen`), and all poses get one body (`one_body`).

        Parameters
        ----------
        keypoints
            (frames, joints, 2) pixels.
        scores
            (frames, joints) in 0..1, 0 for a missing joint; None if unknown.
        image_size
            (width, height) in pixels.
        fps
            Frame rate of the keypoints.
        fov, flip, branch
            As in `lift_steady`.
        """
        own, frames, seen = self.card.fps, len(keypoints), scores
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
            up = unit(resample(up, own, fps, frames))
        lifted = LiftedJoints(joints, uncertainty, up)
        return self.as_seen(lifted, keypoints, seen, image_size, fov, float(fps), one_body=True)

    def as_seen(
        self,
        lifted: LiftedJoints,
        keypoints: NDArray[np.floating],
        scores: NDArray[np.floating] | None,
        image_size: tuple[int, int],
        fov: float,
        fps: float,
        *,
        one_body: bool = False,
    ) -> LiftedJoints:
        """Turn limbs of lifted frames to where they are seen; arguments as of `lift_keypoints`.

        With `one_body` the frames are a clip, and get one body.
        """
        if not self.refines:
            return lifted
        sight = sight_of(lifted.joints, keypoints, scores, self.joint_set, image_size, fov, fps)
        joints = limbs_as_seen(lifted.joints, sight, self.joint_set)
        if one_body:
            joints = as_one_body(joints, sight, lifted.uncertainty, self.joint_set, fps)
        return lifted._replace(joints=joints)

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
            Average with the lifted mirror image (flip test-time augmentation).
        branch
            `SEQUENCE` or `CENTRE`; a network without a sequence branch always runs as `CENTRE`.
        """
        lifted_windows = lift_windows(
            self.windows, self.card, keypoints, scores, image_size,
            whole=branch == SEQUENCE, flip=flip, hops=self.hops, per_second=self.per_second,
        )  # fmt: skip
        lifted = self.in_camera_frame(lifted_windows, keypoints, image_size, fov)
        return lifted._replace(up=None if lifted.up is None else unit(lifted.up))

    def in_camera_frame(
        self,
        lifted_windows: LiftedJoints,
        keypoints: NDArray[np.floating],
        image_size: tuple[int, int],
        fov: float,
    ) -> LiftedJoints:
        """Turn lifted frames to the camera's axes, joints relative to the root.

        Parameters
        ----------
        lifted_windows
            Joints in the axes and place of the card's normalisation.
        keypoints
            (frames, joints, 2) pixels, of the same frames.
        image_size, fov
            As in `lift_steady`.
        """
        (joints, uncertainty, up), root = lifted_windows, self.joint_set.root
        if self.card.normalisation == PERSON:
            rays = pixel_rays(keypoints[:, root], image_size, focal_length(image_size, fov))
            turned = ray_rotations(rays)  # to be undone
            joints = np.einsum("tji,tvj->tvi", turned, joints)
            up = None if up is None else np.einsum("tji,tj->ti", turned, up)
        return LiftedJoints(joints - joints[:, root : root + 1], uncertainty, up)


def _single(values: NDArray[np.float64] | None) -> NDArray[np.float32] | None:
    return None if values is None else values.astype(np.float32)
