"""Motion capture through virtual cameras and the shipped lifter, beside the truth.

Poses are what a user gets: lifted, smoothed and placed in a scene. The truth is the motion capture
in the same axes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.biomechanics.body_axes import pelvis_axes
from glagcn_cli.camera import focal_length
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER, SHIPPED_LIFTERS
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.poses import PoseSequence
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import scene_axes, to_scene
from glagcn_cli.skeleton import CONVERSION, H36M17
from glagcn_training.data.takes import Take
from glagcn_training.evaluation.evaluate import EVALUATION_SEED, Observation, lifter_predictor
from glagcn_training.evaluation.evaluation_noise import EXACT, MEASURED, measured_noise
from glagcn_training.samples.cameras import IMAGE_SIZE, NEAREST, Cameras, look_at
from glagcn_training.samples.random_draws import GeneratorDraws
from glagcn_training.samples.virtual_detector import marked_points, observe

FPS = 50
EDGE = 4  # rows at both ends of a clip of UI-PRMD that lie off the markers
HEIGHT, FOV = 1.2, 60.0  # metres of the camera above the floor, degrees over the longer side
VIEWS = {"front": 0.0, "45 degrees": 45.0, "side": 90.0, "back": 180.0}
"""Degrees about the vertical from where the person faces to the camera."""
STEADY = 0.9  # length of the mean of facing directions from which a take has one direction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """One take as it was lifted, and as it was.

    ``lifted`` and ``truth`` are in the scene frame, with the same axes to the error of the gravity
    that was found. ``view``, ``distance`` (metres) and ``noise`` are those of the virtual camera,
    ``number`` is the take's in the data set.
    """

    take: Take
    number: int
    view: str
    distance: float
    noise: str
    lifted: PoseSequence
    truth: PoseSequence


def cut_edges(take: Take) -> Take:
    """Leave out the rows at both ends that lie off the markers."""
    if take.pack.startswith("uiprmd"):
        return replace(take, joints=take.joints[EDGE:-EDGE])
    return take


def faces(take: Take) -> NDArray[np.float64] | None:
    """Return where a person faces on the floor, a unit vector (2,); None where they turn."""
    forward = np.nan_to_num(pelvis_axes(take.joints, H36M17)[:, 0, :2])
    forward /= np.linalg.norm(forward, axis=1, keepdims=True).clip(1e-9)
    mean = forward.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length > STEADY else None


def camera_at(take: Take, degrees: float, distance: float) -> Cameras:
    """Place a camera at an angle from where a person faces, metres from the middle of their path.

    It moves back where the person would come nearer than `NEAREST`.
    """
    facing = faces(take)
    assert facing is not None, f"{take.name}: has no one direction"
    turn = np.radians(degrees)
    away = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ facing
    middle = take.joints[:, 0].mean(axis=0)
    reach = ((take.joints[..., :2] - middle[:2]) @ away).max()
    floor = take.joints[..., 2].min()
    place = np.array([*(middle[:2] + away * max(distance, reach + NEAREST)), floor + HEIGHT])
    forward = torch.tensor((middle - place)[None], dtype=torch.float32)
    focal = torch.tensor([focal_length(IMAGE_SIZE, FOV)], dtype=torch.float32)
    return Cameras(look_at(forward), torch.tensor(place[None], dtype=torch.float32), focal)


def seen_by(cameras: Cameras, take: Take, noise: str, number: int) -> Observation:
    """Return what a camera and a detector see of a take; the number seeds the detector's errors."""
    motion = torch.from_numpy(take.joints[None].astype(np.float32))
    scores = None
    if noise == MEASURED:
        draws = GeneratorDraws(np.random.default_rng([EVALUATION_SEED, number]))
        [(keypoints, scores)] = measured_noise(
            draws, *marked_points(cameras, motion, CONVERSION), FPS
        )
    else:
        assert noise == EXACT
        keypoints = observe(cameras, motion, CONVERSION)[0].double().numpy()
    in_camera = cameras.to_camera(motion).double().numpy()[0]
    return Observation(
        keypoints, in_camera - in_camera[:, :1], IMAGE_SIZE, float(cameras.fov[0]), take.subject,
        take.action, scores=scores, up=cameras.up[0].double().numpy(), fps=FPS,
        path=in_camera[:, 0],
    )  # fmt: skip


def in_scene(lifter: Lifter, seen: Observation) -> PoseSequence:
    """Lift an observation and place it in a scene, as a video is."""
    lifted = lifter_predictor(lifter, flip=True)(seen)
    frames = len(seen.keypoints)
    scores = np.ones((frames, len(H36M17))) if seen.scores is None else seen.scores
    body = PoseSequence(
        lifted.joints.astype(np.float32), scores.astype(np.float32), np.ones(frames, bool),
        Fraction(seen.fps), seen.keypoints.astype(np.float32), "camera",
        uncertainty=None if lifted.uncertainty is None else lifted.uncertainty.astype(np.float32),
        up=None if lifted.up is None else lifted.up.astype(np.float32),
    )  # fmt: skip
    return to_scene([body], seen.image_size, SceneChoices(fov=seen.fov))[0]


def true_scene(seen: Observation) -> PoseSequence:
    """Return the truth of an observation in the axes of its scene, on its floor."""
    assert seen.up is not None and seen.path is not None
    joints = (seen.joints + seen.path[:, None]) @ scene_axes(seen.up).T
    joints -= [joints[:, 0, 0].mean(), joints[..., 1].min(), joints[:, 0, 2].mean()]
    frames = len(joints)
    return PoseSequence(
        joints.astype(np.float32), np.ones((frames, 17), np.float32), np.ones(frames, bool),
        Fraction(seen.fps), seen.keypoints.astype(np.float32),
    )  # fmt: skip


def lift_pairs(
    takes: Sequence[tuple[int, Take]],
    conditions: Iterable[tuple[str, float, str]],
    cache: Path | None = None,
) -> Iterator[Pair]:
    """Lift takes by cameras at a view (of `VIEWS`) and a distance, with a detector's noise.

    Takes come with their numbers in the data set. Those in which a person turns are left out.
    Lifted poses are kept in a folder of the lifter in `cache`.
    """
    lifter: Lifter | None = None
    if cache is not None:
        cache = cache / f"{DEFAULT_LIFTER}-{SHIPPED_LIFTERS[DEFAULT_LIFTER][:8]}"
    for view, distance, noise in conditions:
        for number, whole in takes:
            take = cut_edges(whole)
            if faces(take) is None:
                continue
            seen = seen_by(camera_at(take, VIEWS[view], distance), take, noise, number)
            key = f"{take.pack} {take.name} {number} {view} {distance:g} m {noise}"
            kept = None if cache is None else cache / (key.replace("/", "_") + ".npz")
            if kept is not None and kept.is_file():
                lifted = _restored(kept, seen)
            else:
                lifter = lifter or Lifter.load(DEFAULT_LIFTER)
                lifted = in_scene(lifter, seen)
                if kept is not None:
                    _keep(kept, lifted)
            yield Pair(take, number, view, distance, noise, lifted, true_scene(seen))


def _keep(path: Path, lifted: PoseSequence) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert lifted.uncertainty is not None and lifted.contacts is not None
    np.savez(
        path, joints=lifted.joints, scores=lifted.scores, uncertainty=lifted.uncertainty,
        contacts=lifted.contacts, free=lifted.free_or_nan(),
    )  # fmt: skip


def _restored(path: Path, seen: Observation) -> PoseSequence:
    with np.load(path) as kept:
        joints, scores = kept["joints"], kept["scores"]
        return PoseSequence(
            joints, scores, np.ones(len(joints), bool), Fraction(seen.fps),
            seen.keypoints.astype(np.float32), uncertainty=kept["uncertainty"],
            contacts=kept["contacts"], free=kept["free"],
        )  # fmt: skip
