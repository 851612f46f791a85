"""What it saves and costs to interpolate people who are still or move evenly between key frames.

    python -m benchmarks.accuracy.still_people CLIPS --even -1 --even 0.02 --even 0.03

Against joints that are looked for in every frame: the share of crops that is saved, and how far
joints of a score above 0.3 move, percent of their person's size, in the mean and for the 99th of a
hundred, over the people whom both found.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.keypoint_change import SURE
from benchmarks.measuring.detecting import detect
from glagcn_cli.detection import key_boxes, still
from glagcn_cli.detection.interface import KeypointDetector, Keypoints
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.keypoints.stage import load_people_detector
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import FrameDetections
from glagcn_cli.similarity import best_pairs, box_overlap, size
from glagcn_cli.skeleton import JointSet
from glagcn_cli.video.picture import AnyFrame
from glagcn_cli.video.reader import VideoReader
from glagcn_training.metrics.markdown_table import markdown_table

SAME_PERSON = 0.5  # least overlap of boxes
NEVER = (-1.0, -1.0, 10**6)
"""`still.STILL`, `still.EVEN` and `key_boxes.CROWD` that have joints looked for in every frame."""


class Counted:
    """Counts the people whose joints another detector looks for."""

    def __init__(self, keypoints: KeypointDetector) -> None:
        self._find, self.crops = keypoints, 0

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        return self._find.joint_set

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints in each frame's boxes."""
        self.crops += sum(map(len, boxes))
        return self._find(frames, boxes)


def run(
    clip: Path, detector: TwoStageDetector, limits: tuple[float, float, int]
) -> tuple[list[FrameDetections], int]:
    """Return what is found in a clip by these limits, and how many crops that took."""
    still.STILL, still.EVEN, key_boxes.CROWD = limits
    plain = detector.keypoint_detector
    detector.keypoint_detector = counted = Counted(plain)
    try:
        with VideoReader(clip) as reader:
            return detect(reader.pictures(), detector)[0], counted.crops
    finally:
        detector.keypoint_detector = plain


def moved(
    plain: Sequence[FrameDetections], short: Sequence[FrameDetections]
) -> NDArray[np.float64]:
    """Return how far sure joints of the same people moved, shares of the people's sizes."""
    ways = [np.zeros(0)]
    for before, after in zip(plain, short, strict=True):
        overlap = np.array([box_overlap(box, after.boxes) for box in before.boxes])
        overlap = overlap.reshape(len(before), len(after))
        for one, other in zip(*best_pairs(overlap), strict=True):
            if overlap[one, other] >= SAME_PERSON:
                way = np.linalg.norm(before.keypoints[one] - after.keypoints[other], axis=-1)
                ways.append(way[before.scores[one] > SURE] / size(before.boxes[one]))
    return np.concatenate(ways)


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--even",
    "limits",
    multiple=True,
    type=float,
    default=(-1.0, 0.02, 0.03, 0.05),
    help="`still.EVEN`; below 0 nobody moves evenly.",
    show_default=True,
)
@click.option("--threads", default=1, show_default=True)
def main(clips: tuple[Path, ...], limits: tuple[float, ...], threads: int) -> None:
    """Print crops saved and joints moved, a row a clip."""
    torch.set_num_threads(threads)
    usual_still, usual_crowd = still.STILL, key_boxes.CROWD
    detector = load_people_detector(Settings(), "cpu")
    head = [f"{limit:g}: crops saved, %; moved, % of the size: mean, 99 %" for limit in limits]
    table = [["clip", "crops", *head]]
    for clip in clips:
        plain, crops = run(clip, detector, NEVER)
        cells = []
        for limit in limits:
            short, some = run(clip, detector, (usual_still, limit, usual_crowd))
            way = 100 * moved(plain, short)
            saved = 100 * (1 - some / crops)
            cells.append(f"{saved:.0f}; {way.mean():.2f}, {np.percentile(way, 99):.1f}")
        table.append([clip.name, str(crops), *cells])
    click.echo(markdown_table(table, left=1))


if __name__ == "__main__":
    main()
