"""Errors of a detector and of the picture's edges: lost joints, limbs and frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from glagcn_cli.lifting.normalisation import FILLED_SCORE
from glagcn_cli.skeleton import COCO17, COCO17_TO_H36M17, JointSet

from .augment import indices_on
from .detector_noise import Detections, kind_of
from .random_draws import Draws

_HIDDEN_JOINTS = 3  # at most, besides their descendants
HIDDEN_STRETCH = (0.1, 0.6)  # share of the window
_HIDDEN_THROUGHOUT = 0.3  # share of the samples with hidden joints
_HIDDEN_LIMB = 0.5  # share in which a hidden elbow hides the wrist, a hidden knee the ankle
_PARENTS = {
    "wrist": "elbow", "ankle": "knee", "heel": "ankle", "big_toe": "ankle",
    "index_knuckle": "wrist", "little_knuckle": "wrist",
}  # fmt: skip
_GUESS_ERROR = 0.1  # standard deviation of an interpolated point, share of the person's size

_DROPPED_FRAMES = (1, 12)
_SWAPPED_STRETCH = (0.01, 0.4)
_SWAPPED_SIDES = (
    ("hip", "knee", "ankle", "heel", "big_toe"),
    ("shoulder", "elbow", "wrist", "index_knuckle", "little_knuckle"),
    (),  # all joints
)

_CROPPED_BELOW = 0.75  # share of cropped samples; the others are cut off at a side
_BELOW = (0.15, 0.95)  # of the way from shoulders to ankles, the middle more often
_ASIDE = (-0.05, 0.2)  # of the person's size, from the root
_CROP_ERROR = (0.05, 0.15)  # standard deviation, share of the person's size
_CROP_SCORES = (0.02, 0.3)

_UNSCORED = 0.3  # share of samples without scores


def hide_joints(
    draws: Draws, seen: Detections, probability: float, joint_set: JointSet, scored: bool
) -> Detections:
    """Hide one to three joints for a stretch of frames or throughout.

    Half of the stretches are filled as inference fills gaps: by a straight line between the visible
    frames on both sides, with large noise about that line, half of it steady.

    Parameters
    ----------
    draws
        Source of randomness.
    seen
        At least three frames.
    probability
        Share of the samples that are changed.
    joint_set
        Joint set of the points.
    scored
        True marks a missing joint by a score of 0; otherwise it is guessed.
    """
    samples, frames, joints, _ = seen.points.shape
    device = seen.points.device
    before, length = draw_stretch(draws, samples, frames, HIDDEN_STRETCH)
    throughout = draws.chance(_HIDDEN_THROUGHOUT, (samples,))[:, None, None]
    rank = draws.uniform(0.0, 1.0, (samples, joints)) + _unread(joint_set.joints, device)
    count = draws.uniform(0.0, _HIDDEN_JOINTS, (samples,)).ceil().clip(1)
    hidden = rank.argsort(dim=1).argsort(dim=1) < count[:, None]
    limb = draws.chance(_HIDDEN_LIMB, (samples,))[:, None]
    hidden = hidden | (hidden[:, _hung_on(joint_set.joints, device)] & limb)
    hidden = hidden & draws.chance(probability, (samples,))[:, None]
    gone = hidden[:, None] & (within_stretch(before, length, frames)[..., None] | throughout)

    noise = draws.normal(0.5**0.5, (samples, 1, joints, 2))
    noise = noise + draws.normal(0.5**0.5, (samples, frames, joints, 2))
    line = _bridge(seen.points, before, length)
    guess = torch.where(throughout[..., None], seen.points, line)
    guess = guess + _GUESS_ERROR * seen.size[:, None, None, None] * noise
    lost = throughout | draws.chance(0.5, (samples,))[:, None, None]
    return _replace(
        seen, gone, guess, _lost_scores(seen, lost & _losable(joint_set, scored, device))
    )


def drop_frames(draws: Draws, seen: Detections, probability: float) -> Detections:
    """Drop a run of frames as a detector does, and fill it with straight lines.

    Joints that are missing stay missing. Parameters as in `hide_joints`.
    """
    samples, frames = seen.points.shape[:2]
    longest = min(_DROPPED_FRAMES[1], frames - 2)
    before, length = draw_stretch(
        draws, samples, frames, (_DROPPED_FRAMES[0] / frames, (longest + 1) / frames)
    )
    chosen = draws.chance(probability, (samples,))[:, None] & within_stretch(before, length, frames)
    scores = torch.where(seen.scores > 0, FILLED_SCORE, 0.0)
    gone = chosen[..., None].expand(seen.scores.shape)
    return _replace(seen, gone, _bridge(seen.points, before, length), scores)


def swap_sides(
    draws: Draws, seen: Detections, probability: float, joint_set: JointSet
) -> Detections:
    """Swap left and right for a stretch of frames: legs, arms, or all joints.

    Scores go with their points: a detector is as sure of swapped legs as of others. Parameters as
    in `hide_joints`.
    """
    samples, frames = seen.points.shape[:2]
    device = seen.points.device
    before, length = draw_stretch(draws, samples, frames, _SWAPPED_STRETCH)
    kinds = len(_SWAPPED_SIDES)
    kind = draws.uniform(0.0, kinds, (samples,)).long().clip(0, kinds - 1)
    chosen = draws.chance(probability, (samples,))[:, None] & within_stretch(before, length, frames)
    swapped = chosen[..., None] & _swapped(joint_set.joints, device)[kind][:, None]
    mirror = indices_on(joint_set.mirror, device)
    return _replace(seen, swapped, seen.points[:, :, mirror], seen.scores[:, :, mirror])


def crop(
    draws: Draws, seen: Detections, probability: float, joint_set: JointSet, scored: bool
) -> Detections:
    """Crop the body at the picture's lower edge or a side edge.

    Half of the samples lose the points beyond it. The other half have them pulled towards the edge,
    with low scores. Both get a large steady error, which affects a lost root too. Parameters as in
    `hide_joints`.
    """
    samples, _, joints, _ = seen.points.shape
    device, size = seen.points.device, seen.size
    heights = [_mean_height(seen.points, joint_set, joint) for joint in ("shoulder", "ankle")]
    low, high = _BELOW
    share = low + (high - low) / 2 * draws.uniform(0.0, 1.0, (samples, 2)).sum(dim=1)
    bottom = torch.lerp(heights[0], heights[1], share.to(size.dtype))
    side = torch.where(draws.chance(0.5, (samples,)), 1.0, -1.0)
    middle = seen.points[:, :, _root_points(joint_set)].mean(dim=(1, 2))[:, 0]
    edge = side * middle + draws.uniform(*_ASIDE, (samples,)) * size
    below = draws.chance(_CROPPED_BELOW, (samples,))[:, None, None]
    x, y = seen.points.unbind(dim=-1)
    side = side[:, None, None]
    beyond = torch.where(below, y - bottom[:, None, None], side * x - edge[:, None, None])
    cut = (beyond > 0) & draws.chance(probability, (samples,))[:, None, None]

    lost = draws.chance(0.5, (samples,))[:, None, None]
    pull = beyond * draws.uniform(0.0, 1.0, (samples,))[:, None, None] * ~lost
    pulled = torch.where(below[..., None], torch.stack([x, y - pull], -1),
                         torch.stack([x - side * pull, y], -1))  # fmt: skip
    level = (draws.uniform(*_CROP_ERROR, (samples,)) * size)[:, None, None, None]
    guess = pulled + level * draws.normal(1.0, (samples, 1, joints, 2))
    doubtful = draws.uniform(*_CROP_SCORES, (samples, 1, joints))
    scores = _lost_scores(seen, lost & _losable(joint_set, scored, device))
    doubtful = torch.where(seen.scores == 0, 0.0, doubtful.to(scores.dtype))
    return _replace(seen, cut, guess, torch.where(lost, scores, doubtful))


def forget_scores(draws: Draws, seen: Detections) -> Detections:
    """Set the scores of some samples to 1, as for 2D without scores.

    Missing and filled joints stay marked, since inference knows them without scores.
    """
    untold = draws.chance(_UNSCORED, (len(seen.scores),))[:, None, None]
    found = (seen.scores > 0) & (seen.scores != FILLED_SCORE)
    return seen._replace(scores=torch.where(untold & found, 1.0, seen.scores))


def lifter_scores(scores: Tensor) -> Tensor:
    """Compute the scores (..., 17 or 25) of the lifter's joints from those of COCO's points.

    A joint's score is the lowest of its points', as in `glagcn_cli.skeleton.to_lifter_joints`.
    """
    body = scores[..., _made_of(scores.device)].amin(dim=-1)
    return torch.cat([body, scores[..., len(COCO17) :]], dim=-1)


def fill_root(scores: Tensor, root: int) -> Tensor:
    """Mark a missing root (samples, frames, joints) as filled in.

    All joints are relative to it, so inference always places it (`glagcn_cli.lifting.gaps`).
    """
    missing = (scores == 0) & (torch.arange(scores.shape[-1], device=scores.device) == root)
    return torch.where(missing, FILLED_SCORE, scores)


# A stretch of frames of each sample: the frame before it (samples,) and its length (samples,).


def draw_stretch(
    draws: Draws, samples: int, frames: int, share: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Draw a stretch of a share of the window, with a frame of the window to either side."""
    length = (draws.uniform(*share, (samples,)) * frames).long().clip(1, frames - 2)
    before = (draws.uniform(0.0, 1.0, (samples,)) * (frames - 1 - length)).long()
    return before, length


def within_stretch(before: Tensor, length: Tensor, frames: int) -> Tensor:
    """Return which frames are in the stretch: (samples, frames) bool."""
    past = torch.arange(frames, device=before.device) - before[:, None]
    return (past > 0) & (past <= length[:, None])


def _bridge(points: Tensor, before: Tensor, length: Tensor) -> Tensor:
    """Interpolate between the points on both sides of a stretch, (samples, frames, ..., 2)."""
    row = torch.arange(len(points), device=points.device)
    start, end = points[row, before, None], points[row, before + length + 1, None]
    past = torch.arange(points.shape[1], device=points.device) - before[:, None]
    share = (past / (length + 1)[:, None])[..., None, None].to(points.dtype)
    return start + share * (end - start)


# Which points are lost


def _replace(seen: Detections, where: Tensor, points: Tensor, scores: Tensor) -> Detections:
    """Replace points and scores where (samples, frames, joints) is true."""
    points = torch.where(where[..., None], points.to(seen.points.dtype), seen.points)
    scores = torch.where(where, scores.to(seen.scores.dtype), seen.scores)
    return seen._replace(points=points, scores=scores)


def _lost_scores(seen: Detections, lost: Tensor) -> Tensor:
    """Return score 0 for lost points, and a filled point's score for the others."""
    return torch.where(lost | (seen.scores == 0), 0.0, FILLED_SCORE)


def _mean_height(points: Tensor, joint_set: JointSet, kind: str) -> Tensor:
    """Compute the mean y (samples,) of a pair of joints."""
    left, right = joint_set.indices((f"left_{kind}", f"right_{kind}"))
    return (points[:, :, left, 1] + points[:, :, right, 1]).mean(dim=1) / 2


def _root_points(joint_set: JointSet) -> slice:
    """Return the points of the root: COCO's two hips, or the hip itself."""
    if joint_set.body is COCO17:
        return slice(joint_set.index("left_hip"), joint_set.index("right_hip") + 1)
    return slice(joint_set.root, joint_set.root + 1)


# Constants on a device, copied there once, since a copy waits for the GPU.


def _on_device(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lru_cache(lambda joints, device: make(joints).to(device))


@lru_cache
def _losable(joint_set: JointSet, scored: bool, device: torch.device) -> Tensor:
    """Return which joints may have score 0 (joints,): not a root (`fill_root`), but COCO's hips."""
    losable = torch.full((len(joint_set),), scored)
    if joint_set.body is not COCO17:
        losable[joint_set.root] = False
    return losable.to(device)


@_on_device
def _unread(joints: Sequence[str]) -> Tensor:
    """Return 1 for COCO's points that no joint of the lifter uses, 0 for others: (joints,)."""
    unread = torch.zeros(len(joints))
    if joints[: len(COCO17)] == COCO17.joints:
        unread[: len(COCO17)] = (torch.from_numpy(COCO17_TO_H36M17).sum(dim=0) == 0).float()
    return unread


@_on_device
def _hung_on(joints: Sequence[str]) -> Tensor:
    """Return elbows and knees for wrists and ankles, these for hands and feet: (joints,).

    Other joints hang on themselves.
    """
    parents = {joint: joint for joint in joints}
    for side in ("left", "right"):
        for kind, parent in _PARENTS.items():
            if f"{side}_{kind}" in parents:
                parents[f"{side}_{kind}"] = f"{side}_{parent}"
    return torch.tensor([list(joints).index(parents[joint]) for joint in joints])


@_on_device
def _swapped(joints: Sequence[str]) -> Tensor:
    """Return the joints of each kind of swap: (kinds, joints) bool."""
    return torch.tensor(
        [[not kinds or kind_of(joint) in kinds for joint in joints] for kinds in _SWAPPED_SIDES]
    )


@lru_cache
def _made_of(device: torch.device) -> Tensor:
    """Return the COCO points of each joint of the lifter: (17, 4), some repeated."""
    rows = [weights.nonzero()[0].tolist() for weights in COCO17_TO_H36M17]
    widest = max(len(row) for row in rows)
    return torch.tensor([(row * widest)[:widest] for row in rows], device=device)
