"""How far keypoints move under the short cuts of the 2D stage.

    python -m benchmarks.accuracy.keypoint_change CLIP

Against single precision with boxes looked for in every frame: mean distance, in pixels of the
picture, of the keypoints of the same people; of all, and of those with a score above 0.3.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from benchmarks.measuring.detecting import detect
from glagcn_cli.keypoints.stage import load_people_detector
from glagcn_cli.pipeline.settings import AS_FAST_AS_GOOD, SINGLE, Settings
from glagcn_cli.poses import FrameDetections
from glagcn_cli.similarity import box_overlap
from glagcn_cli.video.reader import VideoReader

SAME_PERSON = 0.3  # least overlap of boxes
SURE = 0.3
SHORT_CUTS = ((SINGLE, 2), (SINGLE, 4), (AS_FAST_AS_GOOD, 1), (AS_FAST_AS_GOOD, 2))


def detect_with(clip: Path, precision: str, every: int) -> list[FrameDetections]:
    """Run the 2D stage on a clip."""
    detector = load_people_detector(Settings(precision=precision, boxes_every=every), "cpu")
    with VideoReader(clip) as reader:
        return detect(reader.pictures(), detector)[0]


def moved(
    plain: Sequence[FrameDetections], short: Sequence[FrameDetections]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Return pixels that common people's keypoints moved, which were sure, and others' number."""
    distances, sure, missing = [np.zeros(0)], [np.zeros(0, bool)], 0
    for before, after in zip(plain, short, strict=True):
        overlap = np.array([box_overlap(box, after.boxes) for box in before.boxes])
        overlap = overlap.reshape(len(before), len(after))
        pairs = [
            pair
            for pair in zip(*linear_sum_assignment(-overlap), strict=True)
            if overlap[pair] > SAME_PERSON
        ]
        missing += max(len(before), len(after)) - len(pairs)
        for one, other in pairs:
            apart = before.keypoints[one] - after.keypoints[other]
            distances.append(np.linalg.norm(apart, axis=-1))
            sure.append(before.scores[one] > SURE)
    return np.concatenate(distances), np.concatenate(sure), missing


def main() -> None:
    """Print a row for each short cut."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    clip = parser.parse_args().clip
    plain = detect_with(clip, SINGLE, 1)
    click.echo("| precision | boxes every | all, px | sure, px | people in one only |")
    click.echo("| --- | ---: | ---: | ---: | ---: |")
    for precision, every in SHORT_CUTS:
        distances, sure, missing = moved(plain, detect_with(clip, precision, every))
        figures = f"{distances.mean():.2f} | {distances[sure].mean():.2f}"
        click.echo(f"| {precision} | {every} | {figures} | {missing} of {sum(map(len, plain))} |")


if __name__ == "__main__":
    main()
