"""How fast people of clips turn in 3D, with limbs as they were detected and with their sides.

    python -m benchmarks.real_video.turns_of_bodies CLIP ...

Bodies do not turn by 60 degrees between two frames: where they seem to, left and right were
exchanged, in 2D or by the lifter.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import torch

from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.poses import Keypoints2D, PoseSequence
from glagcn_cli.scene.turns import turns
from glagcn_cli.tracking.sides import given_back
from glagcn_cli.video.probing import VideoInfo
from glagcn_training.metrics.markdown_table import markdown_table


class AsDetected(VideoLifter):
    """Lifts limbs with the sides that were detected."""

    def with_sides(self, person: Keypoints2D, info: VideoInfo) -> Keypoints2D:
        """Leave the limbs as they are."""
        return person


def fastest(sequence: PoseSequence) -> tuple[int, float]:
    """Return the frame before which a body turns most, and by how many degrees."""
    turned = np.nan_to_num(turns(sequence), nan=0.0)
    return int(turned.argmax()), float(turned.max())


def rows_of(clip: Path) -> Iterator[list[str]]:
    """Iterate over rows of the people of a clip, of whom any limb was exchanged."""
    settings, cached = Settings(people="all"), KeypointsUse(cache=True)
    detected = AsDetected(settings).lift(clip, use=cached)
    mended = VideoLifter(settings).lift(clip, use=cached)
    for person, before, after in zip(
        detected.keypoints, detected.sequences, mended.sequences, strict=True
    ):
        _, exchange = given_back(person)
        told = [f"{degrees:.0f} (frame {k})" for k, degrees in (fastest(before), fastest(after))]
        yield [clip.name, str(person.person), str(exchange.frames), *told]


@click.command()
@click.argument("clips", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
def main(clips: tuple[Path, ...], threads: int) -> None:
    """Print the largest turns of the people of CLIPS."""
    torch.set_num_threads(threads)
    head = ["clip", "person", "frames mended", "largest turn, as detected", "with sides"]
    click.echo(markdown_table([head, *(row for clip in clips for row in rows_of(clip))], left=1))


if __name__ == "__main__":
    main()
