"""`.npz`: everything about all people of a clip, for numpy without pickle."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..biomechanics.fingers import SHAPES, hands_of
from ..files.atomic import atomic_output
from ..poses import Keypoints2D, PoseSequence
from .formats import ExportContext
from .gait_values import gait_values, measured_or_none
from .json_values import json_safe
from .people import people_of_one_clip

FORMAT_VERSION = 1


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one file that `numpy.load(path)` reads with ``allow_pickle=False``.

    ==================  ========================================================================
    `format_version`    int: 1
    `joints_3d`         (people, frames, 17, 3) float32 metres; zero where not `valid`, NaN where
                        the joint is `absent`
    `keypoints_2d`      (people, frames, 17, 2) float32 pixels of the input video, x right, y down
    `scores`            (people, frames, 17) float32 in 0..1: certainty of the 2D
    `uncertainty`       (people, frames, 17) float32 metres: how far the joint is expected to be
                        off; NaN where that is not known: not `valid`, or a lifter that does not say
    `valid`             (people, frames) bool: there is a pose
    `absent`            (people, 17) bool: joints of a half of the body that was never seen; left
                        out where everybody is whole
    `joints_free`       (people, frames, 17, 3) float32 metres: joints before standing feet were
                        held on the floor, which `angles` are measured on; left out where no feet
                        were held
    `contacts`          (people, frames, 2) bool: the left and the right foot stand on the floor;
                        left out where that is not known of everybody
    `detected_2d`       (people, frames, points, 2) float32 pixels, and the next two: the 2D in the
                        detector's own points, NaN where not seen; left out where it has neither
                        feet nor palms
    `detected_scores`   (people, frames, points) float32 in 0..1
    `detected_names`    (points,) str
    `hands_2d`          (people, frames, 2, 21, 2) float32 pixels, and the next four: the left and
                        the right hand, NaN where not seen; left out without ``--fingers``
    `hands_3d`          (people, frames, 2, 21, 3) float32 metres from the wrist, bones of one
                        length: x right, y down, z away from the camera
    `hand_scores`       (people, frames, 2) float32 in 0..1
    `finger_angles`     (people, frames, 2, 5, 4) float32 degrees: thumb to little finger; bends of
                        knuckle, middle and outer joint, and the knuckle's turn to the thumb
    `hand_shapes`       (people, frames, 2) str: open, closed, pointing, other, or empty
    `person_ids`        (people,) int: numbers as in the video; the first is the main person
    `fps`               float: frames per second
    `fps_fraction`      (2,) int: the same, exact, as numerator and denominator
    `joint_set`         str: name of the joint set
    `joint_names`       (17,) str
    `parents`           (17,) int: each joint's parent, -1 for the root
    `frame`             str: "scene": right-handed, y up, floor at y = 0, x to the image's right
    `settings`          str: the settings of the run as JSON
    `source`            str: name of the video without its folder; left out where not known
    `image_size`        (2,) int: width and height of the video in pixels; left out where not known
    `angles`            (people, frames, angles) float32 degrees of joint angles, and `angles_sd`
                        their standard deviations; NaN where not known, left out for joint sets
                        that have none
    `angle_names`       (angles,) str
    `gait`              str: JSON, a list of each person's events and figures with their standard
                        deviations, as in `.json`
    `camera_rotation`   (frames, 3, 3) float64, and the next three, of a camera that turns: from the
                        scene's axes to the camera's (x right, y down, z forward)
    `camera_position`   (frames, 3) float64 metres, scene frame
    `camera_focal`      (frames,) float64 pixels
    `camera_known`      (frames,) bool
    ==================  ========================================================================
    """
    arrays: Any = _arrays(people_of_one_clip(path, sequences), context)
    with atomic_output(path, context.overwrite) as temporary:
        # In memory first: on a full disk numpy leaves an archive that complains when it dies.
        archive = io.BytesIO()
        np.savez_compressed(archive, **arrays)
        temporary.write_bytes(archive.getbuffer())
    yield path


def _arrays(people: Sequence[PoseSequence], context: ExportContext) -> dict[str, NDArray]:
    """Return the stored arrays, by name."""
    first = people[0]
    valid = np.stack([sequence.valid for sequence in people])
    joints = np.stack([sequence.joints_or_nan() for sequence in people])
    joints[~valid] = 0.0
    arrays = {
        "format_version": np.array(FORMAT_VERSION),
        "joints_3d": joints,
        "keypoints_2d": np.stack([s.keypoints for s in people]).astype(np.float32),
        "scores": np.stack([s.scores for s in people]).astype(np.float32),
        "uncertainty": np.stack([_uncertainty(sequence) for sequence in people]),
        "valid": valid,
        "person_ids": np.array([sequence.person for sequence in people]),
        "fps": np.array(float(first.fps)),
        "fps_fraction": np.array([first.fps.numerator, first.fps.denominator]),
        "joint_set": np.array(first.joint_set.name),
        "joint_names": np.array(first.joint_set.joints),
        "parents": np.array(first.joint_set.parents),
        "frame": np.array(first.frame),
        "settings": np.array(json.dumps(json_safe(context.settings), sort_keys=True)),
    }
    contacts = [s.contacts for s in people if s.contacts is not None]
    if len(contacts) == len(people):
        arrays["contacts"] = np.stack(contacts)
    if any(s.free is not None for s in people):
        arrays["joints_free"] = np.nan_to_num(np.stack([s.free_or_nan() for s in people]))
    if any(s.absent is not None for s in people):
        arrays["absent"] = np.stack([~s.present.any(axis=0) for s in people])
    detected = [s.detected for s in people if s.detected is not None]
    if len(detected) == len(people):
        arrays["detected_2d"] = np.stack([person.keypoints_or_nan() for person in detected])
        arrays["detected_scores"] = np.stack([person.scores for person in detected])
        arrays["detected_names"] = np.array(detected[0].joint_set.joints)
    arrays |= _hands(detected)
    arrays |= _angles(people)
    if context.video is not None:
        arrays["source"] = np.array(context.video.short_name)
    if context.image_size is not None:
        arrays["image_size"] = np.array(context.image_size)
    if context.camera is not None:
        arrays |= {f"camera_{name}": value for name, value in vars(context.camera).items()}
    return arrays


def _hands(people: Sequence[Keypoints2D]) -> dict[str, NDArray]:
    """Return the arrays of everybody's hands; none where fingers were not looked for."""
    found = [hands_of(person) for person in people]
    both = [hands for hands in found if hands is not None]
    if not both or len(both) < len(found):
        return {}

    def of_all(name: str) -> NDArray:
        return np.stack([np.stack([getattr(one, name) for one in hands], axis=1) for hands in both])

    seen = of_all("seen")[..., None, None]
    return {
        "hands_2d": np.where(seen, of_all("points"), np.float32(np.nan)),
        "hands_3d": np.where(seen, of_all("places"), np.float32(np.nan)),
        "hand_scores": of_all("scores"),
        "finger_angles": of_all("angles"),
        "hand_shapes": np.array(SHAPES)[of_all("shapes")],
    }


def _angles(people: Sequence[PoseSequence]) -> dict[str, NDArray]:
    """Return joint angles and gait; nothing for joint sets that have none."""
    measured = [found for each in people if (found := measured_or_none(each)) is not None]
    if len(measured) < len(people):
        return {}
    angles = [each.angles for each in measured]
    unknown = np.full_like(angles[0].degrees, np.nan)
    bars = [unknown if each.deviations is None else each.deviations for each in angles]
    return {
        "angles": np.stack([each.degrees for each in angles]).astype(np.float32),
        "angles_sd": np.stack(bars).astype(np.float32),
        "angle_names": np.array(angles[0].names),
        "gait": np.array(json.dumps([gait_values(each) for each in measured])),
    }


def _uncertainty(sequence: PoseSequence) -> NDArray[np.float32]:
    """(frames, joints) metres; NaN and not zero where it is not known, for zero says sure."""
    known = np.full(sequence.scores.shape, np.nan, np.float32)
    if sequence.uncertainty is not None:
        known[sequence.present] = sequence.uncertainty[sequence.present]
    return known
