"""How often each half of people is seen: ``python -m benchmarks.real_video.halves_seen CLIPS``.

For everybody who is seen for a second, or in half of a clip, the share of the frames in which a
half of the body is seen (`glagcn_cli.lifting.half_bodies`), at several scores, and what the rule
says. The rule's limits lie between people who are cut off by the picture and people who are whole.
"""

from __future__ import annotations

from pathlib import Path

import click
import torch

from benchmarks.real_video.clip_people import PeopleFinder
from glagcn_cli.halves import LOWER, UPPER
from glagcn_cli.lifting.half_bodies import SEEN, seen_shares, unseen_half
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import to_lifter_joints
from glagcn_training.metrics.markdown_table import markdown_table

SCORES = (0.2, SEEN, 0.4)


def row(clip: Path, person: Keypoints2D) -> list[str]:
    """Format the shares of one person."""
    points, scores = to_lifter_joints(person.keypoints, person.scores, person.joint_set)
    shares = [
        seen_shares(points, scores, person.valid, person.image_size, least) for least in SCORES
    ]
    half = unseen_half(points, scores, person.valid, person.image_size)
    return [
        f"{clip.name}, {person.person}",
        str(int(person.valid.sum())),
        *(f"{share[UPPER]:.2f} / {share[LOWER]:.2f}" for share in shares),
        "" if half is None else half.name,
    ]


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cache", required=True, type=click.Path(path_type=Path))
@click.option("--threads", default=1, show_default=True)
def main(clips: tuple[Path, ...], cache: Path, threads: int) -> None:
    """Print the share of frames in which the upper body and the legs are seen."""
    torch.set_num_threads(threads)
    finder = PeopleFinder(cache)
    table = [["clip, person", "frames", *(f"upper / legs at {s:g}" for s in SCORES), "never seen"]]
    for clip in clips:
        for person in finder(clip).people:
            if person.valid.sum() >= min(float(person.fps), len(person) / 2):
                table.append(row(clip, person))
    click.echo(markdown_table(table, left=1))


if __name__ == "__main__":
    main()
