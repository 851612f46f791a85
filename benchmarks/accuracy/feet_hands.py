"""How well feet and palms are found: where there is no truth, by what must not matter.

For people of frames spread over videos: how far BlazePose's ankles and wrists lie from Thunder's by
the size of the square, with and without its heat maps; how far directions of feet and palms turn
when the picture is made smaller; and what half precision changes. `--sheet` draws feet and hands,
to be counted by eye.

    python -m benchmarks.accuracy.feet_hands VIDEO... [--frames 8] [--sheet sheet.png]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from glagcn_cli.detection.blazepose import placing
from glagcn_cli.detection.blazepose.decoding import decode
from glagcn_cli.detection.blazepose.direct import BlazePosePoints
from glagcn_cli.detection.blazepose.network import LANDMARKS, SIDE, VALUES
from glagcn_cli.detection.blazepose.points import ROWS
from glagcn_cli.detection.feet_and_hands import FeetAndHands
from glagcn_cli.detection.models import FEET_AND_HANDS, shipped_weights
from glagcn_cli.detection.turned_crops import Square, cut_out, in_frame
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO25, EXTREMITIES
from glagcn_cli.video.frame import Frame

from .blazepose_parity import people_detector, read_frames

SURE, DRAWN = 0.4, 0.35
FACTORS = (2.25, 2.5, 2.75, 3.0)
SIZES = (256, 192, 128, 96, 64, 48)
ENDS = ("left_ankle", "right_ankle", "left_wrist", "right_wrist")
DIRECTIONS = {
    "feet, heel to toe": ("heel", "big_toe"),
    "palms, wrist to index knuckle": ("wrist", "index_knuckle"),
    "palms, index to little knuckle": ("index_knuckle", "little_knuckle"),
}
_Array = NDArray[np.float64]


class Person(NamedTuple):
    """Somebody in a frame, by the first network."""

    frame: Frame
    keypoints: _Array
    scores: _Array


def people_of(videos: list[Path], frames: int) -> Iterator[Person]:
    """Find the main person of frames of videos."""
    detect = people_detector()
    for video in videos:
        for frame in read_frames(video, frames):
            (found,) = detect([frame])
            if len(found):
                yield Person(frame, found.keypoints[0].astype(np.float64), found.scores[0])


def agreement(people: list[Person], network: torch.nn.Module) -> None:
    """Print how far both networks' ankles and wrists are apart, by the size of the square."""
    ends = COCO25.indices(ENDS)
    for factor in FACTORS:
        apart: dict[str, list[float]] = {"numbers": [], "heat maps": []}
        for person in people:
            square = placing.square_of(person.keypoints, person.scores)
            square = square._replace(side=square.side * factor / placing.SIDE)
            crops = torch.from_numpy(cut_out([(person.frame, square)], SIDE))
            with torch.inference_mode():
                maps = network(crops)
            numbers = maps["values"][0, :-1].reshape(LANDMARKS, VALUES)[ROWS, :2]
            for name, points in (("numbers", numbers), ("heat maps", decode(maps).points[0, ROWS])):
                there = in_frame(points.double().numpy(), square, SIDE)
                off = np.linalg.norm(there[ends] - person.keypoints[ends], axis=1) / square.side
                apart[name] += off[person.scores[ends] >= SURE].tolist()
        told = ", ".join(
            f"by {name} {np.median(off):.2%} (mean {np.mean(off):.2%})"
            for name, off in apart.items()
        )
        sys.stdout.write(f"square of {factor:g}: ankles and wrists apart, of its side: {told}\n")


def smaller(people: list[Person], find: BlazePosePoints) -> None:
    """Print how far directions turn in smaller copies of the pictures."""
    turned: dict[tuple[str, int], list[float]] = {}
    for frame, keypoints, scores in people:
        square = placing.square_of(keypoints, scores)
        (large,) = find([(frame, square)])
        for size in SIZES:
            shrunk = size / square.side
            if shrunk > 1:
                continue
            copy = cv2.resize(frame, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
            middle = (square.middle + 0.5) * shrunk - 0.5
            (small,) = find([(np.asarray(copy, np.uint8), Square(middle, size, square.up))])
            for name, ends in DIRECTIONS.items():
                for side in ("left", "right"):
                    pair = COCO25.indices([f"{side}_{end}" for end in ends])
                    if large.visible[pair].min() >= 0.8:
                        angle = _angle(large.points[pair], small.points[pair])
                        turned.setdefault((name, size), []).append(angle)
    for (name, size), angles in sorted(turned.items(), key=lambda one: (one[0][0], -one[0][1])):
        sys.stdout.write(
            f"{name}, square of {size} px: {len(angles)} turn by {np.median(angles):.1f} degrees "
            f"in the median, {np.percentile(angles, 90):.1f} in nine of ten\n"
        )


def _angle(first: _Array, second: _Array) -> float:
    (x, y), (u, v) = first[1] - first[0], second[1] - second[0]
    return float(abs(np.degrees(np.arctan2(x * v - y * u, x * u + y * v))))


def precision(people: list[Person], find: BlazePosePoints) -> None:
    """Print how far points move where the network computes as fast as it goes."""
    fast = BlazePosePoints(shipped_weights(FEET_AND_HANDS))
    wanted = [(one.frame, placing.square_of(one.keypoints, one.scores)) for one in people]
    ends = COCO25.indices(EXTREMITIES)
    moved = [
        np.linalg.norm(a.points[ends] - b.points[ends], axis=1)[a.visible[ends] >= 0.8]
        / square.side
        for a, b, (_, square) in zip(find(wanted), fast(wanted), wanted, strict=True)
    ]
    off = np.concatenate(moved)
    sys.stdout.write(
        f"half precision moves feet and palms by {np.median(off):.2%} of the square's side in the "
        f"median, {np.percentile(off, 95):.2%} in 19 of 20\n"
    )


def sheet(people: list[Person], find: BlazePosePoints, path: Path, size: int = 240) -> None:
    """Draw feet and hands of everybody, sure points filled, others hollow."""
    add, cells, sure = FeetAndHands(find), [], 0
    for frame, keypoints, scores in people:
        box = np.zeros((1, 4), np.float32)
        given = FrameDetections(
            box,
            np.ones(1, np.float32),
            keypoints[None].astype(np.float32),
            scores[None].astype(np.float32),
        )
        (found,) = add([frame], [given])
        points, seen = found.keypoints[0].astype(np.float64), found.scores[0]
        sure += int((seen[17:] >= DRAWN).sum())
        for end, names in (("ankle", EXTREMITIES[:4]), ("wrist", EXTREMITIES[4:])):
            cells.append(_cell(frame, points, seen, end, names, size))
    while len(cells) % 8:
        cells.append(np.zeros_like(cells[0]))
    rows = [np.hstack(cells[k : k + 8]) for k in range(0, len(cells), 8)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])
    sys.stdout.write(f"{path}: {len(people)} people, {sure} sure points\n")


def _cell(
    frame: Frame, points: _Array, seen: _Array, end: str, names: tuple[str, ...], size: int
) -> NDArray[np.uint8]:
    near = points[COCO25.indices([f"left_{end}", f"right_{end}", *names])]
    middle, reach = near.mean(axis=0), max(20.0, 0.7 * float(np.ptp(near, axis=0).max()))
    scale = size / 2 / reach
    warp = np.column_stack([np.eye(2) * scale, size / 2 - scale * middle])
    cell = cv2.warpAffine(frame, warp, (size, size))
    for name in names:
        side = name.split("_", 1)[0]
        start, stop = (
            np.round(warp[:, :2] @ points[COCO25.index(joint)] + warp[:, 2]).astype(int).tolist()
            for joint in (f"{side}_{end}", name)
        )
        colour = (60, 140, 255) if side == "left" else (255, 160, 0)
        score = seen[COCO25.index(name)]
        if score >= 0.15:
            cv2.line(cell, start, stop, colour, 1, cv2.LINE_AA)
            inner = (255, 0, 0) if name.endswith(("toe", "little_knuckle")) else (255, 255, 0)
            cv2.circle(cell, stop, 4, inner, -1 if score >= DRAWN else 1)
    return np.asarray(cell, np.uint8)


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    people = [*people_of(options.videos, options.frames)]
    find = BlazePosePoints(shipped_weights(FEET_AND_HANDS), exact=True)
    agreement(people, find._network)
    smaller(people, find)
    precision(people, find)
    if options.sheet:
        sheet(people, find, options.sheet)


if __name__ == "__main__":
    main()
