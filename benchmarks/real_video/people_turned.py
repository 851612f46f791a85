"""What the default networks find of people who are turned in the picture.

    python -m benchmarks.real_video.people_turned CLIP...

Around each person whom both networks see well, the picture is turned. The joints of the upright
picture are the truth for those that Thunder finds in an upright crop of the turned one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.detection.interface import BoxDetector, KeypointDetector, Keypoints
from glagcn_cli.detection.models import DEFAULT_DETECTOR, DEFAULT_POSE, load_detector, load_pose
from glagcn_cli.detection.turned_crops import Square, cut_out, in_frame
from glagcn_cli.similarity import centre, keypoint_similarity, size
from glagcn_cli.video.picture import AnyFrame
from glagcn_cli.video.reader import VideoReader
from glagcn_training.metrics.markdown_table import markdown_table

EVERY, FRAMES, PEOPLE = 15, 12, 3  # frames between two, frames of a clip, people of a frame
SURE_BOX, SURE_POSE = 0.5, 0.45
ANGLES = range(0, 360, 45)
AROUND, CUT = 2.5, 512  # sides of a person's box, and pixels, of the turned picture
TOLERANCE, SAME = 0.05, 0.6  # of a person's size, and likeness from which on joints are right
NEAR, HEIGHTS = 0.25, (0.5, 1.7)
"""A box is of the person if its middle is so near, and its longer side as long, in theirs."""


class _Known(NamedTuple):
    frame: AnyFrame
    box: NDArray[np.float32]
    pose: Keypoints


def known_people(path: Path, find: BoxDetector, joints: KeypointDetector) -> Iterator[_Known]:
    """Give the people of a clip whom both networks see well."""
    with VideoReader(path) as reader:
        frames = list(islice(reader, 0, EVERY * FRAMES, EVERY))
    for frame, boxes in zip(frames, find(frames), strict=True):
        for box, score in list(zip(boxes.boxes, boxes.scores, strict=True))[:PEOPLE]:
            (pose,) = joints([frame], [box[None]])
            if score >= SURE_BOX and pose.scores.mean() >= SURE_POSE:
                yield _Known(frame, box, pose)


def turned(
    one: _Known, angle: float, find: BoxDetector, joints: KeypointDetector
) -> tuple[float, float]:
    """Return the best box's score, and the likeness of the joints, in a turned picture."""
    turn, side = np.radians(angle), float((one.box[2:] - one.box[:2]).max())
    up = np.array([np.sin(turn), -np.cos(turn)])
    square = Square(centre(one.box).astype(np.float64), side * AROUND, up)
    (picture,) = cut_out([(one.frame, square)], CUT)
    half = CUT / AROUND / 2
    own = np.array([CUT / 2 - half, CUT / 2 - half, CUT / 2 + half, CUT / 2 + half], np.float32)
    (boxes,) = find([picture])
    away = np.linalg.norm(centre(boxes.boxes) - CUT / 2, axis=1) / (2 * half)
    longer = (boxes.boxes[:, 2:] - boxes.boxes[:, :2]).max(axis=1, initial=0) / (2 * half)
    inside = (away <= NEAR) & (longer >= HEIGHTS[0]) & (longer <= HEIGHTS[1])
    (pose,) = joints([picture], [own[None]])
    likeness = keypoint_similarity(
        one.pose.keypoints[0],
        one.pose.scores[0],
        in_frame(pose.keypoints, square, CUT),
        pose.scores,
        TOLERANCE * size(one.box),
    )
    return float(boxes.scores[inside].max(initial=0)), float(likeness[0])


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(clips: Sequence[Path]) -> None:
    """Tell at which angles people of CLIPS are found."""
    find, joints = load_detector(DEFAULT_DETECTOR), load_pose(DEFAULT_POSE)
    known = [one for clip in clips for one in known_people(clip, find, joints)]
    rows = [["turned by", "people", "box of 0.35, %", "box of 0.15, %", "joints right, %"]]
    for angle in ANGLES:
        scores, likeness = np.array([turned(one, angle, find, joints) for one in known]).T
        shares = (scores >= 0.35, scores >= 0.15, likeness >= SAME)
        rows.append([str(angle), str(len(known)), *(f"{100 * s.mean():.0f}" for s in shares)])
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
