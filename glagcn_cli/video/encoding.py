"""How a video is encoded, by the qualities of the settings: by the graphics card, or by x264."""

from __future__ import annotations

import logging
from functools import cache

from ..operating_system import has_nvidia_driver
from . import ffmpeg

log = logging.getLogger(__name__)

# Preset and quality (lower is better and larger). On a side-by-side video, superfast at 23 comes as
# near to what was drawn as veryfast at 20, in less time and more bytes; without fractions of pixels
# in its motion it needs 22.7 for that, and a sixth to a quarter less time:
# benchmarks/speed/encoding.py.
_X264 = {"draft": ("ultrafast", 28), "good": ("superfast", 22.7), "best": ("medium", 18)}

ALONE = ["-x264-params", "bframes=0:weightp=0:scenecut=0:cabac=0:subme=0"]
"""Options of x264 by which frames are encoded as they come, without comparing them with later ones
first, moved by whole pixels, and written in the plainer code: less work, more bytes."""
_MORE = {"good": ALONE}
_NVENC = {"draft": ("p1", 28), "good": ("p4", 24), "best": ("p6", 19)}


def x264(preset: str, crf: float) -> list[str]:
    """Options of ffmpeg for x264 at one of its presets and constant rate factors."""
    return ["-c:v", "libx264", "-preset", preset, "-crf", f"{crf:g}"]


def codec(quality: str, size: tuple[int, int]) -> list[str]:
    """Options of ffmpeg for one of `settings.QUALITIES`, for pictures of this (width, height).

    NVENC encodes where this machine has it and takes such pictures, x264 everywhere else.
    """
    if _nvenc_encodes(*size):
        preset, level = _NVENC[quality]
        constant = ["-rc", "vbr", "-cq", f"{level}", "-b:v", "0"]
        return ["-c:v", "h264_nvenc", "-preset", preset, *constant]
    return [*x264(*_X264[quality]), *_MORE.get(quality, [])]


@cache
def _nvenc_encodes(width: int, height: int) -> bool:
    """Whether one frame was encoded: ffmpeg names NVENC on machines without such a card, too."""
    if not has_nvidia_driver():  # which takes no time to find out
        return False
    frame = ["-f", "lavfi", "-i", f"color=black:size={width}x{height}:rate=25", "-frames:v", "1"]
    tried = ["-pix_fmt", "yuv420p", "-c:v", "h264_nvenc", "-f", "null", "-"]
    report = ffmpeg.run(["-loglevel", "error", *frame, *tried])
    if report.status != 0:
        log.debug("x264 encodes, NVENC does not: %s", ffmpeg.telling_line(report.messages[:1]))
    return report.status == 0
