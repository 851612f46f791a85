"""Trackers of published libraries on the boxes of a clip, run by a Python that has them.

They are no dependencies of the project; `trackers` needs a numpy that the project's MMPose cannot
use. ``python -m venv LIB && LIB/bin/pip install trackers==2.1.0 norfair==2.1.1``. This file is also
what that Python runs, so above `main` it imports nothing but numpy.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Identities = NDArray[np.int64]


class Boxes(NamedTuple):
    """People of a frame: (people, 4) pixels, (people,) in 0..1, (people, joints, 2) pixels."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    keypoints: NDArray[np.float32]


def library_tracks(
    python: Path, name: str, clips: Sequence[Sequence[Boxes]]
) -> list[list[Identities]]:
    """Return the tracks of a library's tracker for the boxes of clips, -1 for none.

    Parameters
    ----------
    python
        A Python that has the library.
    name
        One of `LIBRARY_TRACKERS`.
    clips
        For each clip the people of each frame, 30 frames a second.
    """
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "given.npz", Path(folder) / "answer.npz"
        frames = [frame for clip in clips for frame in clip]
        np.savez(
            given,
            lengths=[len(clip) for clip in clips],
            counts=[len(frame.boxes) for frame in frames],
            boxes=np.concatenate([frame.boxes for frame in frames]),
            scores=np.concatenate([frame.scores for frame in frames]),
            keypoints=np.concatenate([frame.keypoints for frame in frames]),
        )
        command = [str(python), __file__, name, str(given), str(answer)]
        subprocess.run(command, check=True)
        with np.load(answer) as told, np.load(given) as asked:
            return [list(part) for part in _split(told["tracks"], asked)]


def _split(rows: NDArray[Any], asked: Any) -> Iterator[list[NDArray[Any]]]:
    """Split the rows of all people by clip and frame."""
    by_frame = np.split(rows, np.cumsum(asked["counts"])[:-1])
    ends = np.cumsum(asked["lengths"])
    for stop, length in zip(ends, asked["lengths"], strict=True):
        yield by_frame[stop - length : stop]


Step = Callable[[Boxes], Identities]


def _of_trackers(name: str) -> Step:
    """Build a tracker of roboflow's `trackers` that waits as long as ours."""
    import supervision as sv
    import trackers

    if name == "SORT":
        tracker: Any = trackers.SORTTracker(
            lost_track_buffer=150, track_activation_threshold=0.25, minimum_consecutive_frames=1
        )
    else:
        tracker = trackers.ByteTrackTracker(
            lost_track_buffer=150,
            track_activation_threshold=0.25,
            minimum_consecutive_frames=1,
            high_conf_det_threshold=0.4,
        )

    def step(people: Boxes) -> Identities:
        rows = np.arange(len(people.boxes))
        given = sv.Detections(xyxy=people.boxes, confidence=people.scores, data={"row": rows})
        if not len(rows):
            given = sv.Detections.empty()
        found = tracker.update(given)
        tracks = np.full(len(rows), -1, np.int64)
        if len(rows) and len(found):
            tracks[found.data["row"]] = found.tracker_id
        return tracks

    return step


def _norfair() -> Step:
    """Build Norfair on keypoints, with distances in shares of the box."""
    import norfair

    def distance(detection: Any, tracked: Any) -> float:
        off = np.linalg.norm(detection.points - tracked.estimate, axis=1)
        return float(off.mean() / detection.data[1])

    tracker = norfair.Tracker(
        distance, distance_threshold=0.35, hit_counter_max=150, initialization_delay=0
    )

    def step(people: Boxes) -> Identities:
        tracks = np.full(len(people.boxes), -1, np.int64)
        size = np.sqrt(np.maximum(1, np.prod(people.boxes[:, 2:] - people.boxes[:, :2], axis=1)))
        given = [
            norfair.Detection(points, data=(row, size[row]))
            for row, points in enumerate(people.keypoints)
        ]
        for tracked in tracker.update(given):
            if any(tracked.last_detection is one for one in given):
                tracks[tracked.last_detection.data[0]] = tracked.id
        return tracks

    return step


LIBRARY_TRACKERS: dict[str, Callable[[], Step]] = {
    "SORT (trackers 2.1.0)": lambda: _of_trackers("SORT"),
    "ByteTrack (trackers 2.1.0)": lambda: _of_trackers("ByteTrack"),
    "Norfair 2.1.1, keypoints": _norfair,
}
"""Trackers by the names that tables give them."""


def main(name: str, given: Path, answer: Path) -> None:
    """Track the clips of a file."""
    tracks = []
    with np.load(given) as asked:
        columns = [list(_split(asked[key], asked)) for key in ("boxes", "scores", "keypoints")]
        for clip in zip(*columns, strict=True):
            step = LIBRARY_TRACKERS[name]()
            tracks += [step(Boxes(*frame)) for frame in zip(*clip, strict=True)]
    np.savez(answer, tracks=np.concatenate(tracks))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
