"""A video drawn with matplotlib, as VideoPose3D and most after it do: frame and 3D axes, redrawn.

    python -m benchmarks.peers.peer_matplotlib CLIP --frames 60

One figure with the picture on the left and three-dimensional axes on the right, whose artists are
made once and moved from frame to frame; every frame goes through ffmpeg into a video. What is
drawn is a figure of random joints: it costs what a walk does. Its pictures have about the size of
this program's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from glagcn_cli.skeleton import H36M17
from glagcn_cli.video.reader import VideoReader

_INCHES, _DPI = (20, 6), 120  # 2400 x 720 pixels


def draw(clip: Path, frames: int, target: Path) -> tuple[int, float]:
    """Write the video; return frames and seconds, without the time before the first frame."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    import matplotlib.pyplot as plt
    from matplotlib.animation import FFMpegWriter

    bones = H36M17.bone_indices
    figure = plt.figure(figsize=_INCHES, dpi=_DPI)
    picture, space = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2, projection="3d")
    space.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(0, 2))
    limbs: list[Any] = [space.plot([0, 0], [0, 0], [0, 0], zdir="z")[0] for _ in bones]
    joints = np.random.default_rng(0).uniform([-0.4, -0.4, 0], [0.4, 0.4, 1.8], (17, 3))
    with VideoReader(clip) as reader:
        shown = picture.imshow(np.zeros((reader.info.height, reader.info.width, 3), np.uint8))
        writer = FFMpegWriter(fps=round(reader.info.fps))
        with writer.saving(figure, str(target), _DPI):
            drawn, started = 0, time.perf_counter()
            for frame in islice(reader, frames):
                shown.set_data(frame)
                moved = joints + np.array([0.01 * drawn % 1, 0, 0])
                for limb, bone in zip(limbs, bones, strict=True):
                    ends = moved[[*bone]]
                    limb.set_data_3d(*ends.T)
                writer.grab_frame()
                drawn += 1
        return drawn, time.perf_counter() - started


def main() -> None:
    """Print the measurements as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        frames, seconds = draw(asked.clip, asked.frames, Path(folder) / "out.mp4")
    sys.stdout.write(json.dumps({"frames": frames, "seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
