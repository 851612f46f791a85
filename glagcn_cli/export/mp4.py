"""Write `.mp4`: the video with the 2D skeletons, and the 3D skeletons beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..poses import Keypoints2D, PoseSequence
from ..progress.stages import Stage, Stages
from ..video.encoding import codec
from ..video.probing import VideoInfo
from ..video.reader import VideoReader
from ..video.reading_ahead import reading_ahead
from ..video.writer import VideoWriter
from .formats import ExportContext

_FRAMES_AHEAD = 2
"""Pictures that wait for the encoder, so that drawing goes on while it takes one."""


@dataclass(frozen=True)
class Clip:
    """Poses to be written.

    Parameters
    ----------
    sequences
        Scene frame, one entry a person; all of one length.
    keypoints
        2D of the same people in the video, in the same order; empty where there is no video.
    frames
        Length of the clip.
    video
        The video that they were seen in; None to draw the scene alone.
    """

    sequences: Sequence[PoseSequence]
    keypoints: Sequence[Keypoints2D]
    frames: int
    video: VideoInfo | None

    @property
    def shows_somebody(self) -> bool:
        """Whether there is a pose in any frame."""
        return any(sequence.valid.any() for sequence in self.sequences)


def render_video(clip: Clip, path: Path, context: ExportContext, stages: Stages) -> None:
    """Write the original with the 2D skeleton and the 3D skeleton beside it; or the latter alone.

    The input is decoded a second time, so that no frame has to be kept in memory; scaled to the
    size in which it is shown, so that little goes through the pipe.
    """
    with stages.stage("rendering", clip.frames) as stage, ExitStack() as stack:
        size, fps, pictures = _pictures(clip, context, stage, stack)
        writer = stack.enter_context(
            VideoWriter(
                path,
                fps,
                size,
                audio_from=clip.video,
                overwrite=context.overwrite,
                codec=codec(context.settings["quality"], size),
                pixels="yuv420p",
            )
        )
        for picture in pictures:
            with stage.part("encoding"):
                writer.write(picture)
            stage.advance()


def _pictures(
    clip: Clip, context: ExportContext, stage: Stage, stack: ExitStack
) -> tuple[tuple[int, int], Fraction, Iterator[NDArray[np.uint8]]]:
    """(width, height), rate and the frames in YUV 4:2:0, made ahead, of what is drawn of a clip."""
    from ..rendering import SceneRenderer, SideBySideRenderer

    info, turn, camera = clip.video, context.settings["turn"], context.camera
    if info is None:
        alone = SceneRenderer(clip.sequences, turn, camera)
        drawn = (_timed(stage, alone.render, i, True) for i in range(clip.frames))
        ahead = stack.enter_context(reading_ahead(drawn, _FRAMES_AHEAD))
        return alone.size, clip.sequences[0].fps, ahead
    renderer = SideBySideRenderer(
        clip.sequences, clip.keypoints, info.fps, (info.width, info.height), turn=turn,
        camera=camera,
    )  # fmt: skip
    reader = VideoReader(info, size=renderer.picture_size, pixels="yuv420p")
    frames = _frames(reader, clip.frames, stage)
    drawn = (_timed(stage, renderer.render, frame, i) for i, frame in enumerate(frames))
    ahead = stack.enter_context(reading_ahead(drawn, _FRAMES_AHEAD))
    stack.enter_context(reader)  # closed first, or the end would wait for a frame
    return renderer.size, info.fps, ahead


def _timed(
    stage: Stage, draw: Callable[..., NDArray[np.uint8]], *arguments: object
) -> NDArray[np.uint8]:
    with stage.part("drawing"):
        return draw(*arguments)


def _frames(reader: VideoReader, length: int, stage: Stage) -> Iterator[NDArray[np.uint8]]:
    """So many frames of a video that had as many when its poses were found."""
    frames = iter(reader)
    for _ in range(length):
        with stage.part("decoding"):
            frame = next(frames, None)
        if frame is None:
            raise InputError(
                f"{reader.info.name}: has changed while it was read, or is not the video that the "
                "poses come from; run again"
            )
        yield frame
