"""What formats of bare joint positions do not say, and what stands in its place on reading back."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...halves import may_be_absent
from ...poses import PoseSequence
from ...skeleton import JOINT_SETS, JointSet
from ...video.frame_rates import STANDARD_RATES
from ...wording import counted
from ..rig.at_rest import with_rest

DEFAULT_FPS = Fraction(30)
"""Frames a second of files that do not say it."""

log = logging.getLogger(__name__)


def joint_set_of(names: Sequence[str]) -> tuple[JointSet, list[int]]:
    """Recognise a joint set by its joints' names, in any order and among others.

    Returns
    -------
    JointSet, list of int
        The largest set whose joints all have a name here, and where each of them stands.

    Raises
    ------
    ValueError
        No set's joints are all here.
    """
    found = [known for known in JOINT_SETS.values() if set(known.joints) <= set(names)]
    if not found:
        shown = ", ".join(map(str, names[:6])) + (", ..." if len(names) > 6 else "")
        raise ValueError(f"its joints are none that this program knows ({shown or 'none at all'})")
    best = max(found, key=len)
    return best, [list(names).index(joint) for joint in best.joints]


def sequence_of(
    joints: NDArray[np.floating],
    fps: Fraction,
    joint_set: JointSet,
    person: int = 1,
    *,
    scores: NDArray[np.floating] | None = None,
    uncertainty: NDArray[np.floating] | None = None,
    contacts: NDArray[np.bool_] | None = None,
) -> PoseSequence:
    """Make poses of joint positions.

    Parameters
    ----------
    joints
        (frames, joints, 3) metres, scene frame; NaN where there is none. A frame that lacks a joint
        has no pose, but for a half of the body that all frames lack.
    scores
        (frames, joints); None where they are not known: 1 with a pose and 0 without.
    """
    present = np.isfinite(joints).all(axis=-1)
    absent = absent_half(joints, present.any(axis=1), joint_set)
    needed = np.ones(len(joint_set), bool) if absent is None else ~absent
    valid = present[:, needed].all(axis=1)
    partly = int((present.any(axis=1) & ~valid).sum())
    if partly:
        log.warning(
            "person %d: left out, for want of some joints: %s", person, counted(partly, "frame")
        )
    if scores is None:
        scores = np.ones(present.shape)
    return PoseSequence(
        joints=np.where(valid[:, None, None], with_rest(joints, absent), 0.0).astype(np.float32),
        scores=np.where(valid[:, None], np.nan_to_num(scores), 0.0).astype(np.float32),
        valid=valid,
        fps=fps,
        keypoints=np.full((*present.shape, 2), np.nan, np.float32),
        joint_set=joint_set,
        person=person,
        uncertainty=None if uncertainty is None else uncertainty.astype(np.float32),
        contacts=None if contacts is None else contacts & valid[:, None],
        absent=absent,
    )


def absent_half(
    joints: NDArray[np.floating], valid: NDArray[np.bool_], joint_set: JointSet
) -> NDArray[np.bool_] | None:
    """Return the joints (joints,) that no valid frame has; None where none may be missing.

    A half of the body may be missing, and feet and palms.
    """
    if not valid.any():
        return None
    missing = ~np.isfinite(joints[valid]).all(axis=-1).any(axis=0)
    return missing if may_be_absent(missing, joint_set) else None


def known_uncertainty(
    uncertainty: NDArray[np.float32],
    valid: NDArray[np.bool_],
    absent: NDArray[np.bool_] | None,
) -> NDArray[np.float32] | None:
    """Return uncertainty (frames, joints), 0 where there is none to know; None where it is lacking.

    It is lacking where a joint that has a place has no uncertainty.
    """
    there = np.ones(uncertainty.shape[1], bool) if absent is None else ~absent
    needed = valid[:, None] & there
    if not np.isfinite(uncertainty[needed]).all():
        return None
    return np.where(needed, uncertainty, np.float32(0.0))


def rate_from(value: float, tolerance: float) -> Fraction:
    """Exact rate behind a rounded one.

    Parameters
    ----------
    value
        Frames a second.
    tolerance
        By which share of itself the value may be off; a rate of cameras is taken within that.
    """
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"the rate of {value} frames a second is none")
    nearest = min(STANDARD_RATES, key=lambda known: abs(known - value))
    if abs(nearest - value) <= tolerance * value:
        return nearest
    return Fraction(value).limit_denominator(100_000)


def person_in_name(path: Path) -> int:
    """Person number of a file of one person: 2 for ``walk.person2.trc``, 1 without such a part."""
    match = re.search(r"\.person(\d{1,9})$", path.stem)
    return int(match[1]) if match else 1
