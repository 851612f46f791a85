"""Delay of the live path on this machine, and its error without look-ahead.

    python -m benchmarks.accuracy.live CLIP

The clip is played at its own speed into the live path, without a window: the delay is that from a
frame's capture to its finished picture. Then the 2D of its main person is lifted frame by frame as
it comes, and as the whole clip that it is: the distance between the joints about the root is what
the missing look ahead costs.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
import torch

from glagcn_cli.camera import DEFAULT_FOV
from glagcn_cli.keypoints.source import KeypointsUse
from glagcn_cli.live.capture import open_source
from glagcn_cli.live.causal_lifter import CausalLifter
from glagcn_cli.live.run import LiveReport, run_live
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import VideoLifter
from glagcn_cli.poses import Keypoints2D
from glagcn_training.metrics.markdown_table import markdown_table

WARM_UP = 25  # frames before which the past is not known yet


@click.command()
@click.argument("clip", type=click.Path(exists=True, path_type=Path))
@click.option("--threads", type=click.IntRange(min=1), default=None, help="CPU threads of torch.")
def main(clip: Path, threads: int | None) -> None:
    """Measure the live path on CLIP."""
    if threads:
        torch.set_num_threads(threads)
    models = VideoLifter(Settings())
    models.load()
    report = LiveReport()
    _ = models.detector  # loaded before the clip begins
    run_live(models, open_source(str(clip)), lambda picture: True, report)
    click.echo(f"{models.device}, {torch.get_num_threads()} threads: {report}\n")
    lifted = models.lift(clip, use=KeypointsUse(cache=True))
    (person,) = lifted.keypoints
    rows = [["flip", "mean, mm", "95 % of frames below, mm"]]
    for flip in (False, True):
        errors = 1000 * np.array(_distances(models, person, flip))
        rows.append(
            ["yes" if flip else "no", f"{errors.mean():.1f}", f"{np.percentile(errors, 95):.1f}"]
        )
    click.echo(markdown_table(rows))


def _distances(models: VideoLifter, person: Keypoints2D, flip: bool) -> list[float]:
    """Compute the mean distance in metres of each frame's joints from the whole clip's lifting."""
    whole = models.lifter.lift(person, flip=True)
    causal = CausalLifter(models.lifter, person.image_size, DEFAULT_FOV, flip)
    distances = []
    for frame in np.flatnonzero(person.valid):
        at = float(int(frame) / person.fps)
        found = causal.lift(at, person.keypoints[frame], person.scores[frame], person.joint_set)
        if found is not None and whole.valid[frame] and frame >= WARM_UP:
            apart = np.linalg.norm(found.lifted.joints[0] - whole.joints[frame], axis=1)
            distances.append(float(apart.mean()))
    return distances


if __name__ == "__main__":
    main()
