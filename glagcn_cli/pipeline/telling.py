"""Lines that tell a user what people lack."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from ..biomechanics.fingers import SEEN
from ..halves import half_of
from ..poses import Keypoints2D, PoseSequence
from ..skeleton import EXTREMITIES
from ..video.probing import VideoInfo

log = logging.getLogger(__name__)

FEW = 0.5
"""Share of a person's frames in which a foot or hand is seen; with less, a line says so."""

_SURE = 0.25  # score of a point that is seen


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
