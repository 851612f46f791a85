"""Which of a file's own pictures each frame of its constant rate shows."""

from __future__ import annotations

from . import ffmpeg
from .frame_rates import shown_pictures
from .looking import times_of
from .probing import VideoInfo


def own_frames(info: VideoInfo) -> list[int]:
    """Return the numbers of the file's own pictures that its frames show.

    Returns
    -------
    list of int
        An entry a frame at the rate of the whole file: 0, 1, 1, 2 where the second picture is shown
        twice. The last entry is one less than the number of pictures, or two where the last is
        never shown.
    """
    every = ["-map", info.stream, "-vf", "scale=16:16", "-pix_fmt", "gray"]
    clock = ["-fps_mode", "passthrough", "-enc_time_base", "demux", "-f", "framecrc", "-"]
    report = ffmpeg.run(["-i", ffmpeg.file_url(info.path), *every, *clock])
    times = times_of(report.output)
    seconds = [float(time - times[0]) for time in times]
    return shown_pictures(seconds, info.file_fps, info.shift)
