"""Lifting without a look ahead: the pose of the newest frame, from those before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..lifting.gaps import Filled, fill_gaps, place_missing_root
from ..lifting.lifter import MAX_GAP, MIN_SCORE, Lifter
from ..lifting.windows import SEQUENCE, network_input, with_scores
from ..model.inference import predict_windows
from ..poses import LiftedJoints
from ..skeleton import JointSet, to_lifter_joints


@dataclass(frozen=True)
class _Sighting:
    at: float
    keypoints: NDArray[np.float32]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class LiftedFrame:
    """A pose of one frame: 3D relative to the root, and the lifter's 2D that it was lifted from.

    `lifted` (1, 17, 3), camera frame; `keypoints` (1, 17, 2) pixels, `scores` (1, 17).
    """

    lifted: LiftedJoints
    keypoints: NDArray[np.float64]
    scores: NDArray[np.float64]


class CausalLifter:
    """Lift the newest of a person's poses, which come at irregular times.

    The pose is the middle of a window, as the lifter was trained. The half of the window that has
    not come yet holds the newest 2D pose, so that there is no delay but that of the work; joints
    are 33 mm in the mean from where the whole clip's lifting has them
    (`benchmarks/accuracy/live.py` on the example clip).

    Parameters
    ----------
    lifter
        Of H36M-17, or of H36M-25, whose feet and palms are left out.
    image_size
        (width, height) in pixels.
    fov
        Field of view over the picture's longer side, degrees.
    flip
        Average with the lifted mirror image.
    """

    def __init__(self, lifter: Lifter, image_size: tuple[int, int], fov: float, flip: bool) -> None:
        self._lifter, self._flip = lifter, flip
        self._image_size, self._fov = image_size, fov
        self._margin = lifter.card.architecture.window // 2
        self._past: list[_Sighting] = []

    def lift(
        self,
        at: float,
        keypoints: NDArray[np.floating],
        scores: NDArray[np.floating],
        joint_set: JointSet,
    ) -> LiftedFrame | None:
        """Take the newest 2D pose and lift it; None where no joint is seen.

        Parameters
        ----------
        at
            Seconds, of whatever clock; later than all before.
        keypoints, scores
            (joints, 2) pixels and (joints,) in 0..1.
        joint_set
            What they are.
        """
        own = self._lifter.joint_set
        newest = _Sighting(at, *to_lifter_joints(keypoints, scores, joint_set, own))
        if self._past and at - self._past[-1].at > MAX_GAP:
            self._past = []
        self._past.append(newest)
        begin = at - self._margin / self._lifter.card.fps
        while len(self._past) > 1 and self._past[1].at <= begin:  # one before it is needed
            del self._past[0]
        filled = self._filled()
        if not filled.valid[-1]:
            return None
        (joints, error, up), body = self._lift_last(*self._at_rate(filled)), slice(len(own.body))
        lifted = LiftedJoints(joints[:, body], None if error is None else error[:, body], up)
        return LiftedFrame(lifted, filled.keypoints[-1:, body], filled.scores[-1:, body])

    def _filled(self) -> Filled:
        """Return the sightings, with unseen joints filled in from other frames."""
        keypoints = np.stack([sighting.keypoints for sighting in self._past])
        scores = np.stack([sighting.scores for sighting in self._past])
        everywhere = np.ones(len(keypoints), bool)
        return place_missing_root(
            fill_gaps(keypoints, scores, everywhere, len(keypoints), MIN_SCORE)
        )

    def _at_rate(self, filled: Filled) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bring sightings to the lifter's rate, (frames, 17, 2) and (frames, 17); the newest last.

        What was before the first is held.
        """
        times = np.array([sighting.at for sighting in self._past])
        wanted = times[-1] - np.arange(self._margin, -1, -1) / self._lifter.card.fps
        after = np.searchsorted(times, wanted).clip(1, max(1, len(times) - 1))
        before = after - 1
        after = np.minimum(after, len(times) - 1)
        span = np.maximum(times[after] - times[before], 1e-9)
        share = ((wanted - times[before]) / span).clip(0, 1)
        if len(times) == 1:
            share = np.zeros(len(wanted))
        share = share[:, None]
        points = filled.keypoints[before] * (1 - share[..., None])
        points += filled.keypoints[after] * share[..., None]
        nearest = np.where(share < 0.5, filled.scores[before], filled.scores[after])
        return points, nearest

    def _lift_last(
        self, keypoints: NDArray[np.float64], scores: NDArray[np.float64]
    ) -> LiftedJoints:
        """Lift the last of gapless joints at the lifter's rate, which is held from there on."""
        card = self._lifter.card
        held = np.arange(card.architecture.window).clip(max=self._margin)
        window = with_scores(card, keypoints[held], scores[held])
        inputs = network_input(card, window[None], self._image_size)
        whole = self._lifter.video_branch == SEQUENCE
        predicted = predict_windows(self._lifter.windows, inputs, whole=whole, flip=self._flip)
        middle = self._margin if predicted.joints.shape[1] > 1 else 0
        joints, error, up = (
            None if value is None else value[0, middle : middle + 1].astype(float)
            for value in predicted
        )
        assert joints is not None
        lifted = self._lifter.in_camera_frame(
            LiftedJoints(joints, error, up), keypoints[-1:], self._image_size, self._fov
        )
        return self._lifter.as_seen(
            lifted, keypoints[-1:], scores[-1:], self._image_size, self._fov, card.fps
        )
