"""How far points of feet and palms are marked off the ankle or wrist that they hang on.

    glagcn-video clip.mp4 --feet-hands --save-2d -o clip.npz
    glagcn-video mirrored.mp4 --feet-hands --save-2d -o mirrored.npz    # ffmpeg -vf hflip
    python -m benchmarks.real_video.extremity_noise clip.keypoints.npz mirrored.keypoints.npz

A network sees a picture and its mirror image with different errors. Their difference over the root
of two is an error of each, as if both were independent: what both do wrong is no part of it, so
that it is a lower bound. The largest person of each frame counts, where both runs find the same.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import read_keypoints
from glagcn_cli.skeleton import COCO17, COCO25
from glagcn_training.metrics.markdown_table import markdown_table

SURE = 0.3
"""Score of all points of a limb from which it counts."""

SAME = 0.1
"""Share of the person's size by which the hips of both may lie apart."""

_ENDS = {
    "heel": "ankle", "big_toe": "ankle", "index_knuckle": "wrist", "little_knuckle": "wrist",
}  # fmt: skip


def largest_people(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Return the largest person's points (frames, 25, 2), scores (frames, 25), and the width."""
    saved = read_keypoints(path)
    if not isinstance(saved, ClipDetections) or saved.joint_set is not COCO25:
        raise click.UsageError(f"{path} is no 2D of this program with feet and palms")
    points = np.zeros((len(saved.frames), len(COCO25), 2))
    scores = np.zeros(points.shape[:2])
    for number, frame in enumerate(saved.frames):
        if len(frame):
            height = frame.boxes[:, 3] - frame.boxes[:, 1]
            points[number], scores[number] = (
                values[int(height.argmax())] for values in (frame.keypoints, frame.scores)
            )
    return points, scores, saved.image_size[0]


def spread(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the standard deviation of an error by the median, and by the mean square."""
    by_median = 1.4826 * float(np.median(np.abs(values)))
    return by_median / 2**0.5, float(np.sqrt(np.square(values).mean() / 2))


@click.command()
@click.argument("plain", type=click.Path(exists=True, path_type=Path))
@click.argument("mirrored", type=click.Path(exists=True, path_type=Path))
def main(plain: Path, mirrored: Path) -> None:
    """Measure and print the table, shares of the person's size a coordinate."""
    (one, sure, width), (other, sure_too, _) = largest_people(plain), largest_people(mirrored)
    frames = min(len(one), len(other))
    swap = list(COCO25.mirror)
    other, sure_too = other[:frames, swap], sure_too[:frames, swap]
    other[..., 0] = width - 1 - other[..., 0]
    one, sure = one[:frames], np.minimum(sure[:frames], sure_too)
    size = np.ptp(one[:, : len(COCO17)], axis=1).max(axis=-1).clip(1.0)
    hips = COCO25.indices(("left_hip", "right_hip"))
    apart = np.linalg.norm((one - other)[:, hips].mean(axis=1), axis=1)
    same = (apart < SAME * size) & (sure[:, hips] >= SURE).all(axis=1)
    rows = [["point", "frames", "by the median", "by the mean square"]]
    off = (one - other) / size[:, None, None]
    found: dict[str, list[NDArray[np.float64]]] = {}
    for side in ("left", "right"):
        for point, end in _ENDS.items():
            at, hung = COCO25.indices((f"{side}_{point}", f"{side}_{end}"))
            chosen = same & (sure[:, [at, hung]] >= SURE).all(axis=1)
            found.setdefault(point, []).append((off[:, at] - off[:, hung])[chosen])
        index, little = COCO25.indices((f"{side}_index_knuckle", f"{side}_little_knuckle"))
        chosen = same & (sure[:, [index, little]] >= SURE).all(axis=1)
        found.setdefault("between knuckles", []).append((off[:, index] - off[:, little])[chosen])
    for point, parts in found.items():
        errors = np.concatenate(parts)
        figures = [f"{value:.4f}" for value in spread(errors)] if len(errors) else ["-", "-"]
        rows.append([point, str(len(errors)), *figures])
    click.echo(markdown_table(rows))


if __name__ == "__main__":
    main()
