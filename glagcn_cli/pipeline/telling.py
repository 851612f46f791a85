"""Lines that tell a user what people lack."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from ..biomechanics.fingers import SEEN
from ..halves import half_of
from ..keypoints.clip import ClipDetections
from ..poses import BODY_JOINTS, Keypoints2D, PoseSequence
from ..shots.film_cuts import BRIGHTNESS
from ..skeleton import EXTREMITIES
from ..video.probing import VideoInfo

log = logging.getLogger(__name__)

FEW = 0.5
"""Share of a person's frames in which a foot or hand is seen; with less, a line says so."""

DARK = 12.0
"""Mean level of a picture under which people are missed. At 11 one of two was, at 5 both."""

MOVES_WITHIN, UNMOVED = 1.0, 0.012
"""Seconds in which somebody moves, and the share of a body's diagonal by which a joint errs."""

SURE_POINT = 0.3  # mean score of a joint that tells whether somebody moves
_SURE = 0.25  # score of a point that is seen


def tell_of_pictures(
    clip: ClipDetections, people: Sequence[Keypoints2D], camera_moves: bool, info: VideoInfo
) -> None:
    """Say what makes people of a video doubtful: darkness, and that they never move."""
    tell_of_darkness(clip, info)
    if not camera_moves:
        tell_of_those_who_never_move(people, info)


def tell_of_darkness(clip: ClipDetections, info: VideoInfo) -> None:
    """Say that a video is so dark that people are missed."""
    level = float(np.ravel(clip.clip.get(BRIGHTNESS, np.inf))[0])
    if level < DARK:
        log.warning(
            "%s: is very dark (its mean level is %.0f of 255), so that people are missed; brighten "
            "it in a video editor and run again",
            info.name, level,
        )  # fmt: skip


def tell_of_those_who_never_move(people: Sequence[Keypoints2D], info: VideoInfo) -> None:
    """Say who moves no joint, as a poster does, and people who stand still for some seconds."""
    still = [person.person for person in people if _never_moves(person)]
    if still:
        log.info(
            "%s: %s %s no joint: a picture of a person, or somebody who stands still",
            info.name, "person" if len(still) == 1 else "people",
            f"{', '.join(map(str, still))} {'moves' if len(still) == 1 else 'move'}",
        )  # fmt: skip


def _never_moves(person: Keypoints2D) -> bool:
    """Tell whether all that is seen of a person stays in place, but for a detector's errors."""
    seen = person.keypoints[person.valid][:, :BODY_JOINTS].astype(np.float64)
    sure = person.scores[person.valid][:, :BODY_JOINTS].mean(axis=0) >= SURE_POINT
    if len(seen) < MOVES_WITHIN * person.fps or not sure.any():
        return False
    size = float(np.median(np.linalg.norm(np.ptp(seen, axis=1), axis=1)))
    off = np.linalg.norm(seen - np.median(seen, axis=0), axis=2)[:, sure]
    return bool(np.percentile(off, 90, axis=0).max() < UNMOVED * max(size, 1.0))


def tell_of_halves(sequences: Sequence[PoseSequence], info: VideoInfo) -> None:
    """Say of whom half is never in the picture."""
    for sequence in sequences:
        if (half := half_of(sequence.absent)) is not None:
            log.info(
                "%s: the %s of person %d is never in the picture: it is missing in the outputs",
                info.name, half.name, sequence.person,
            )  # fmt: skip


def tell_of_ends(people: Sequence[Keypoints2D], info: VideoInfo) -> None:
    """Say whose feet or hands are hardly seen, where they were looked for."""
    for person in people:
        shares = {name: share for name, share in _shares(person).items() if share < FEW}
        if shares:
            told = ", ".join(f"{name} in {share:.0%}" for name, share in shares.items())
            log.info(
                "%s: of the frames with person %d is seen: %s; elsewhere it is hidden, too small, "
                "out of the picture or in doubt, and missing in the outputs; in rigs it rests",
                info.name, person.person, told,
            )  # fmt: skip


def _shares(person: Keypoints2D) -> dict[str, float]:
    """Return in which share of a person's frames feet and hands are seen, by name."""
    found = {}
    for side in ("left", "right"):
        for name, ends in (("foot", ("heel", "toe")), ("palm", ("knuckle",))):
            points = [
                person.joint_set.index(joint)
                for joint in EXTREMITIES
                if joint.startswith(side) and joint.endswith(ends)
                if joint in person.joint_set.joints
            ]
            if points and person.valid.any():
                seen = (person.scores[person.valid][:, points] >= _SURE).all(axis=1)
                found[f"the {side} {name}"] = float(np.mean(seen))
    if person.hands is not None and person.valid.any():
        for hand, side in enumerate(("left", "right")):
            seen = person.hands[person.valid, hand, 0, 5] >= SEEN
            found[f"the {side} hand's fingers"] = float(np.mean(seen))
    return found
