"""Errors of a lifter on held-out takes, filmed or seen by virtual cameras."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import BODY
from glagcn_cli.poses import LiftedJoints
from glagcn_cli.progress.stages import bar_size
from glagcn_cli.skeleton import CONVERSION

from ..data.registry import find_reader
from ..data.takes import Take, TakeSet
from ..metrics.scores import TakeScores, score_take
from ..samples.cameras import EVALUATION_CAMERAS, IMAGE_SIZE, CameraRange, Cameras, draw_cameras
from ..samples.random_draws import GeneratorDraws
from ..samples.virtual_detector import marked_points, observe
from .evaluation_noise import DETECTOR, EXACT, MEASURED, gaussian_noise, measured_noise

EVALUATION_SEED = 2023
CAMERAS_PER_TAKE = 2


@dataclass(frozen=True)
class Observation:
    """One take as a camera saw it, real or virtual.

    Parameters
    ----------
    keypoints
        (frames, joints, 2) pixels: the lifter's input.
    joints
        (frames, joints, 3) metres, camera frame, relative to the root: the truth. Unknown feet and
        palms are NaN.
    image_size, fov
        Pixels, and degrees over the picture's longer side.
    subject, action, camera
        Names of subject, action and camera.
    valid
        (frames,) frames that count; None where all do.
    counted
        Joints that PCK and AUC are measured on; None for all.
    scores
        (frames, joints) in 0..1 that come with the keypoints; None where there are none.
    up
        (3,) unit vector against gravity, camera frame; None where the camera's tilt is not known.
    fps
        Frames per second.
    path
        (frames, 3) metres, camera frame: place of the root; None for films.
    """

    keypoints: NDArray[np.float64]
    joints: NDArray[np.float64]
    image_size: tuple[int, int] = IMAGE_SIZE
    fov: float = 60.0
    subject: str = ""
    action: str = ""
    camera: str = ""
    valid: NDArray[np.bool_] | None = None
    counted: tuple[int, ...] | None = None
    scores: NDArray[np.float64] | None = None
    up: NDArray[np.float64] | None = None
    fps: int = 50
    path: NDArray[np.float64] | None = None

    @property
    def name(self) -> str:
        """Subject, action and camera in one line."""
        return " ".join(part for part in (self.subject, self.action, self.camera) if part)

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Frames that count: (frames,) bool."""
        return np.ones(len(self.joints), dtype=bool) if self.valid is None else self.valid


def of_body(seen: Observation) -> Observation:
    """Return an observation without feet and palms."""
    scores = None if seen.scores is None else seen.scores[:, :BODY]
    body = replace(seen, keypoints=seen.keypoints[:, :BODY], joints=seen.joints[:, :BODY])
    return replace(body, scores=scores)


Predictor = Callable[[Observation], LiftedJoints]
"""A method's prediction for an observation's 2D: joints, and their uncertainty and up if it has
them."""


class Watcher(Protocol):
    """Observes every measured take, to collect figures of its own."""

    def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
        """Observe a method's prediction for one take."""


def observe_takes(
    takes: TakeSet,
    noise: str = EXACT,
    conversion: str = CONVERSION,
    at_most: int = 0,
    cameras: CameraRange = EVALUATION_CAMERAS,
    views: int = CAMERAS_PER_TAKE,
) -> list[Observation]:
    """Turn takes into observations; free motion is seen by cameras of a fixed seed.

    Parameters
    ----------
    takes
        Takes to observe.
    noise
        One of `training.evaluation.evaluation_noise.NOISE`: added to the 2D of free motion and of
        films alike.
    conversion
        2D points of free motion (`glagcn_cli.skeleton`).
    at_most
        Number of takes, evenly chosen; 0 for all.
    cameras
        Virtual cameras for free motion.
    views
        Number of cameras that see each take of free motion, at the same time.
    """
    seen: list[Observation] = []
    for number in takes.evenly_chosen(at_most):
        take = takes.takes[number]
        draws = GeneratorDraws(np.random.default_rng([EVALUATION_SEED, number]))
        if takes.filmed:
            seen.append(_as_filmed(take, takes, noise, draws))
        else:
            motion = draws.tensor(np.repeat(take.joints[None], views, axis=0))
            seen += _through_virtual_cameras(
                take, motion, noise, conversion, draws, cameras, takes.fps
            )
    return seen


def _as_filmed(take: Take, takes: TakeSet, noise: str, draws: GeneratorDraws) -> Observation:
    assert take.keypoints is not None
    keypoints, scores = take.keypoints.astype(np.float64), None
    if noise == DETECTOR:
        keypoints = gaussian_noise(draws, draws.tensor(keypoints[None]))[0].numpy()
    elif noise == MEASURED:
        points, depth = draws.tensor(keypoints[None]), draws.tensor(take.joints[None, ..., 2])
        [(keypoints, scores)] = measured_noise(draws, points, depth, takes.joint_set, takes.fps)
    root = take.joints[:, takes.joint_set.root, None]
    return Observation(
        keypoints, (take.joints - root).astype(np.float64), take.image_size, take.fov,
        take.subject, take.action, take.camera, take.valid, find_reader(takes.dataset).pck_joints,
        scores=scores, fps=takes.fps,
    )  # fmt: skip


def _through_virtual_cameras(
    take: Take, motion: Tensor, noise: str, conversion: str, draws: GeneratorDraws,
    limits: CameraRange, fps: int,
) -> list[Observation]:  # fmt: skip
    cameras = draw_cameras(draws, motion, limits)
    in_camera = cameras.to_camera(motion).numpy()
    up = cameras.up.numpy()
    return [
        Observation(
            keypoints, in_camera[i] - in_camera[i, :, :1], IMAGE_SIZE, float(cameras.fov[i]),
            take.subject, take.action, f"virtual {i + 1}", scores=scores, up=up[i], fps=fps,
            path=in_camera[i, :, 0].astype(np.float64),
        )
        for i, (keypoints, scores) in enumerate(
            _detect(draws, cameras, motion, noise, conversion, fps)
        )
    ]  # fmt: skip


def _detect(
    draws: GeneratorDraws, cameras: Cameras, motion: Tensor, noise: str, conversion: str, fps: int
) -> list[tuple[NDArray[np.float64], NDArray[np.float64] | None]]:
    """Return keypoints, and scores where the noise has them, for every camera."""
    if noise == MEASURED:
        return list(measured_noise(draws, *marked_points(cameras, motion, conversion), fps))
    keypoints = observe(cameras, motion, conversion)
    if noise == DETECTOR:
        keypoints = gaussian_noise(draws, keypoints)
    return [_with_gaps(one.astype(np.float64)) for one in keypoints.numpy()]


def _with_gaps(
    keypoints: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return keypoints (frames, joints, 2) and scores that say which feet and palms are unknown.

    Without such gaps there are no scores.
    """
    known = np.isfinite(keypoints[..., 0])
    if known.all():
        return keypoints, None
    return np.nan_to_num(keypoints), known.astype(np.float64)


def score(predict: Predictor, seen: Observation) -> TakeScores:
    """Compute a method's errors on one observation, millimetres and percent.

    Feet and palms do not count.
    """
    predicted, true = predict(seen).joints[:, :BODY], seen.joints[:, :BODY]
    return score_take(
        predicted, true, subject=seen.subject, action=seen.action, camera=seen.camera,
        valid=seen.valid, counted=seen.counted,
    )  # fmt: skip


def score_all(
    predict: Predictor, observations: Iterable[Observation], watchers: Iterable[Watcher] = ()
) -> list[TakeScores]:
    """Compute a method's errors on observations, one row each, with a bar on a terminal.

    Watchers see every take with its prediction.
    """
    bar = tqdm(
        observations, desc="evaluating", unit=" takes", file=sys.stderr, disable=None, leave=False,
        **bar_size(),
    )  # fmt: skip
    return [score(_watched(predict, watchers), seen) for seen in bar]


def _watched(predict: Predictor, watchers: Iterable[Watcher]) -> Predictor:
    def predict_and_tell(seen: Observation) -> LiftedJoints:
        lifted = predict(seen)
        for watcher in watchers:
            watcher.watch(seen, lifted)
        return lifted

    return predict_and_tell


def lifter_predictor(lifter: Lifter, flip: bool = False, branch: str | None = None) -> Predictor:
    """Predict with a lifter as videos are lifted: at its own rate, and back at the take's.

    The default branch is the one that lifts videos.
    """
    chosen = branch or lifter.video_branch

    def predict(seen: Observation) -> LiftedJoints:
        return lifter.lift_keypoints(
            seen.keypoints, seen.scores, seen.image_size, seen.fps, fov=seen.fov, flip=flip,
            branch=chosen,
        )  # fmt: skip

    return predict
