"""How many people marked by eye a detector finds, and how many have a pose after the 2D stage.

    python -m benchmarks.real_video.people_found CLIPS --detector rtmdet-nano

CLIPS is a folder with the clips that `people_marked.json` names, or some of them.
``--detector rtmdet-nano@480`` has another longer side of the input. ``--score`` counts boxes above
other thresholds besides the detector's own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.measuring.detecting import detect
from benchmarks.real_video.people_marked import MarkedClip, MarkedFrame, marked_clips
from glagcn_cli.detection.interface import BoxDetector, Boxes
from glagcn_cli.detection.models import (
    DEFAULT_DETECTOR,
    DEFAULT_POSE,
    MODELS,
    load_detector,
    load_pose,
    new_score,
    shipped_weights,
)
from glagcn_cli.detection.people_detector import TwoStageDetector
from glagcn_cli.detection.rtmdet.direct import RTMDetBoxes
from glagcn_cli.pipeline.settings import BOXES_EVERY
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO17
from glagcn_cli.tracking.tracks import track_people
from glagcn_cli.video.picture import VideoPicture
from glagcn_cli.video.reader import VideoReader
from glagcn_training.metrics.markdown_table import markdown_table

ROUNDS = (
    3  # of timing; the fastest counts. The CPU's work is timed: other programs hardly change it
)
TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


class Count:
    """Marked people who were found, plain and hardly seen, and what was found besides."""

    def __init__(self) -> None:
        self.found = {True: 0, False: 0}
        self.asked = {True: 0, False: 0}
        self.false = self.frames = 0

    def add(self, frame: MarkedFrame, whose: NDArray[np.intp], results: int) -> None:
        """Take a frame in which `whose` (people,) of its results were found; -1 for none."""
        for plain in (True, False):
            self.found[plain] += int((whose[frame.plain == plain] >= 0).sum())
            self.asked[plain] += int((frame.plain == plain).sum())
        self.false += results - int((whose >= 0).sum())

    def cells(self) -> list[str]:
        """Cells of a table: plainly seen, hardly seen."""
        return [f"{self.found[plain]} of {self.asked[plain]}" for plain in (True, False)]


def boxes_table(clips: Sequence[MarkedClip], names: Sequence[str], scores: Sequence[float]) -> str:
    """Table of what the detectors find in the marked frames alone."""
    rows = [
        ["detector", "score", "plainly seen", "hardly seen", "false, a frame", "CPU ms a frame"]
    ]
    for name in names:
        detect, own = _detector(name, min([*scores, 1.0]))
        kept, milliseconds = _boxes(detect, clips)
        for score in sorted({own, *scores}):
            count, false = Count(), Count()
            for clip, boxes in zip(clips, kept, strict=True):
                for frame, found in zip(clip.frames.values(), boxes, strict=True):
                    sure = found.boxes[found.scores > score]
                    for one in (count, false)[: 1 + clip.everybody]:
                        one.add(frame, frame.of_boxes(sure), len(sure))
                        one.frames += 1
            mean = f"{false.false / max(1, false.frames):.2f}"
            mark = " (its own)" if score == own else ""
            rows.append([name, f"{score:g}{mark}", *count.cells(), mean, f"{milliseconds:.1f}"])
    return markdown_table(rows, left=2)


def _detector(name: str, lowest: float) -> tuple[BoxDetector, float]:
    """Detector with a lower threshold than its own, and its own."""
    model, _, side = name.partition("@")
    known = MODELS[model]
    if not known.is_shipped:
        return load_detector(model), known.score
    weights, score = shipped_weights(known.checkpoint), min(lowest, known.score)
    return RTMDetBoxes(weights, score=score, longest=int(side) if side else None), known.score


def _boxes(detect: BoxDetector, clips: Sequence[MarkedClip]) -> tuple[list[list[Boxes]], float]:
    """Boxes of the marked frames of each clip, and the CPU's milliseconds a frame."""
    kept, seconds, frames = [], 0.0, 0
    for clip in clips:
        pictures = _pictures(clip)
        frames += len(pictures)
        times = []
        for _ in range(ROUNDS):
            started = time.process_time()
            found = detect(pictures)
            times.append(time.process_time() - started)
        kept.append(found)
        seconds += min(times)
    return kept, 1000 * seconds / frames


def _pictures(clip: MarkedClip) -> list[VideoPicture]:
    """Return the marked frames of a clip."""
    with VideoReader(clip.path) as reader:
        return [frame for number, frame in enumerate(reader.pictures()) if number in clip.frames]


def poses_table(
    clips: Sequence[MarkedClip],
    names: Sequence[str],
    pose: str,
    is_apart: bool = True,
    new: float | None = None,
) -> str:
    """Table of who has a pose when everybody has been followed over the whole clip.

    `is_apart` looks again at boxes that were given another person's joints, as a run does; `new` is
    the score that somebody new needs, None for the detector's own.
    """
    rows = [
        [
            "detector",
            "clip",
            "plainly seen",
            "hardly seen",
            "people (frames of the first two)",
            "frames a CPU second",
        ]
    ]
    for name in names:
        detector = TwoStageDetector(
            _detector(name, 1.0)[0],
            load_pose(pose),
            BOXES_EVERY,
            new_score=new_score(name.partition("@")[0]) if new is None else new,
        )
        if not is_apart:
            detector.keypoint_detector = load_pose(pose)
        total = Count()
        for clip in clips:
            count = Count()
            people, rate = _people(detector, clip)
            for number, frame in clip.frames.items():
                middles = _middles(people, number)
                for one in (count, total):
                    one.add(frame, frame.of_points(middles), len(middles))
            longest = ", ".join(str(int(person.valid.sum())) for person in people[:2])
            found = [*count.cells(), f"{len(people)} ({longest})", f"{rate:.1f}"]
            rows.append([name, clip.path.name, *found])
        rows.append([name, "all", *total.cells(), "", ""])
    return markdown_table(rows, left=2)


def _people(detector: TwoStageDetector, clip: MarkedClip) -> tuple[list[Keypoints2D], float]:
    """Everybody who is followed through a clip, and the frames in a second of the CPU's work."""
    with VideoReader(clip.path) as reader:
        found, seconds = detect(reader.pictures(), detector, time.process_time)
    info = reader.info
    people = track_people(found, info.fps, (info.width, info.height), detector.joint_set)
    return people, len(found) / seconds


def _middles(people: Sequence[Keypoints2D], frame: int) -> NDArray[np.floating]:
    """Middles (people, 2) of the torsos of those who are seen in a frame."""
    torso = COCO17.indices(TORSO)
    seen = [person.keypoints[frame, torso].mean(axis=0) for person in people if person.valid[frame]]
    return np.array(seen).reshape(-1, 2)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--detector", "names", multiple=True, default=(DEFAULT_DETECTOR,), show_default=True)
@click.option("--score", "scores", type=float, multiple=True, help="May be repeated.")
@click.option("--pose", default=DEFAULT_POSE, show_default=True)
@click.option("--clip", "wanted", multiple=True, help="Only this file; may be repeated.")
@click.option("--boxes/--no-boxes", "with_boxes", default=True, help="What detectors find.")
@click.option("--poses/--no-poses", "with_poses", default=True, help="Who has a pose.")
@click.option("--apart/--as-found", "is_apart", default=True, help="Look again where poses double.")
@click.option("--new-score", "new", type=float, help="Of somebody new.  [default: the detector's]")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def main(
    folder: Path,
    names: tuple[str, ...],
    scores: tuple[float, ...],
    pose: str,
    wanted: tuple[str, ...],
    with_boxes: bool,
    with_poses: bool,
    is_apart: bool,
    new: float | None,
    threads: int,
) -> None:
    """Count the marked people of the clips in FOLDER whom detectors find."""
    torch.set_num_threads(threads)
    clips = [clip for clip in marked_clips(folder) if not wanted or clip.path.name in wanted]
    if with_boxes:
        click.echo(boxes_table(clips, names, scores))
    if with_poses:
        click.echo("\n" + poses_table(clips, names, pose, is_apart, new))


if __name__ == "__main__":
    main()
