"""A detector of bodies seen by virtual cameras, exact or with a detector's errors."""

from __future__ import annotations

from torch import Tensor

from glagcn_cli.skeleton import (
    AS_GIVEN,
    COCO17,
    COCO25,
    CONVERSIONS,
    H36M17,
    H36M25,
    JointSet,
    lifter_points,
)

from .augment import Augmentation, detector_points, joints_of
from .cameras import Cameras
from .detector_errors import (
    crop,
    drop_frames,
    fill_root,
    forget_scores,
    hide_joints,
    lifter_scores,
    swap_sides,
)
from .detector_noise import Detections, add_detector_noise, exact_detections, hidden_by_torso
from .lost_extremities import lose_extremities
from .random_draws import Draws


def observe(cameras: Cameras, motion: Tensor, conversion: str) -> Tensor:
    """Compute the lifter's 2D input for an exact detector.

    Parameters
    ----------
    cameras
        One for every sample.
    motion
        (samples, frames, 17 or 25, 3) metres, world frame, H36M-17 or H36M-25.
    conversion
        `CONVERSION`: the detector's points are projected and then converted by inference's own
        function; `EXTREMITIES_CONVERSION` likewise with feet and palms. `AS_GIVEN`: the joints
        themselves are projected.

    Returns
    -------
    Tensor
        (samples, frames, 17 or 25, 2) pixels, float32; NaN for unknown feet and palms.
    """
    points, _, joint_set = marked_points(cameras, motion, conversion)
    return lifter_points(points, joint_set, joints_of(motion))


def marked_points(
    cameras: Cameras, motion: Tensor, conversion: str
) -> tuple[Tensor, Tensor, JointSet]:
    """Return a detector's points (samples, frames, joints, 2), their depth and their joint set.

    Parameters as in `observe`.
    """
    if conversion not in CONVERSIONS:
        raise ValueError(f"conversion is {conversion!r}, expected one of {CONVERSIONS}")
    given = conversion == AS_GIVEN
    in_camera = cameras.to_camera(motion if given else detector_points(motion))
    own = joints_of(motion)
    marked = own if given else COCO17 if own is H36M17 else COCO25
    return cameras.project(in_camera), in_camera[..., 2], marked


def corrupt(
    draws: Draws,
    points: Tensor,
    depth: Tensor,
    joint_set: JointSet,
    augmentation: Augmentation,
    channels: int,
    fps: float,
) -> Detections:
    """Corrupt exact points as a detector and inference's conversion do.

    Parameters
    ----------
    draws
        Source of randomness.
    points
        (samples, frames, joints, 2) pixels.
    depth
        (samples, frames, joints) metres from the camera.
    joint_set
        Joint set of the points. COCO's are converted to the lifter's.
    augmentation
        Kinds and rates of the detector's errors.
    channels
        3: with scores, so that a joint can be missing. 2: it is guessed.
    fps
        Frames per second.
    """
    scored = channels == 3
    seen = exact_detections(points)
    if augmentation.noise > 0:
        hidden = hidden_by_torso(points, depth, joint_set)
        seen = add_detector_noise(
            draws, seen, hidden, joint_set, augmentation.noise, augmentation.exact, fps
        )
    if augmentation.swaps > 0:
        seen = swap_sides(draws, seen, augmentation.swaps, joint_set)
    if augmentation.crop > 0:
        seen = crop(draws, seen, augmentation.crop, joint_set, scored)
    if augmentation.occlusion > 0:
        seen = hide_joints(draws, seen, augmentation.occlusion, joint_set, scored)
    if augmentation.missing_frames > 0:
        seen = drop_frames(draws, seen, augmentation.missing_frames)
    if augmentation.lost_extremities > 0 and joint_set.extends and scored:
        seen = lose_extremities(draws, seen, augmentation.lost_extremities, joint_set)
    if scored:
        seen = forget_scores(draws, seen)
    if joint_set.body is COCO17:
        scores = fill_root(lifter_scores(seen.scores), H36M17.root)
        wanted = H36M17 if joint_set is COCO17 else H36M25
        return seen._replace(points=lifter_points(seen.points, joint_set, wanted), scores=scores)
    return seen
