"""How far joints move where crops are made of decoded YUV and not of whole frames in RGB.

    python -m benchmarks.accuracy.decoded_yuv CLIPS --every 8

The same boxes, those that are found in RGB with a score above 0.35, are looked at in both; and, to
compare, in RGB that is brighter by one level of 255. Distances are pixels of the network's input,
of joints with a score above 0.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.accuracy.keypoint_change import SURE
from glagcn_cli.detection.interface import BoxDetector, KeypointDetector
from glagcn_cli.detection.models import load_detector, load_pose
from glagcn_cli.video.frame import Frame
from glagcn_cli.video.picture import AnyFrame
from glagcn_cli.video.reader import VideoReader
from glagcn_training.metrics.markdown_table import markdown_table

BOX_SCORE = 0.35
INPUT, PADDING = 256, 1.25  # pixels of Thunder's input, and how much larger than the box it is
FAR = 10.0  # pixels

Moved = NDArray[np.float64]


def moved(
    boxes: BoxDetector, joints: KeypointDetector, plain: Frame, others: list[AnyFrame]
) -> Iterator[Moved]:
    """Give how far sure joints move in each of other pictures of a frame."""
    (found,) = boxes([plain])
    inside = found.boxes[found.scores > BOX_SCORE]
    sides = (inside[:, 2:] - inside[:, :2]).max(axis=1) * PADDING
    (expected,) = joints([plain], [inside])
    for other in others:
        (pose,) = joints([other], [inside])
        way = np.linalg.norm(pose.keypoints - expected.keypoints, axis=-1)
        yield (way / sides[:, None] * INPUT)[expected.scores > SURE]


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--every", default=8, show_default=True, help="Frame that is looked at.")
def main(clips: tuple[Path, ...], every: int) -> None:
    """Print a row a clip that is decoded as YUV."""
    torch.set_num_threads(1)
    boxes, joints = load_detector(), load_pose()
    head = [f"{way}: mean, median, over {FAR:g} px, %" for way in ("YUV", "a level brighter")]
    table = [["clip", "joints", *head]]
    for clip in clips:
        reader = VideoReader(clip)
        if not reader.info.plain_yuv:
            continue
        ways: list[list[Moved]] = [[], []]
        both = zip(VideoReader(clip), reader.pictures(), strict=True)
        for number, (plain, decoded) in enumerate(both):
            if number % every == 0:
                brighter = np.minimum(plain, 254) + np.uint8(1)
                for all_, some in zip(
                    ways, moved(boxes, joints, plain, [decoded, brighter]), strict=True
                ):
                    all_.append(some)
        cells = [_cell(np.concatenate(all_)) for all_ in ways]
        table.append([clip.name, str(sum(map(len, ways[0]))), *cells])
    click.echo(markdown_table(table, left=1))


def _cell(ways: Moved) -> str:
    if not len(ways):
        return "-"
    return f"{ways.mean():.2f}, {np.median(ways):.2f}, {100 * (ways > FAR).mean():.1f}"


if __name__ == "__main__":
    main()
