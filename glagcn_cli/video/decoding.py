"""How ffmpeg is asked for the frames of a clip: the part, upright, square pixels, plain colours."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Literal

from . import ffmpeg
from .looking import first_picture
from .probing import BT709_FROM, VideoInfo

PixelFormat = Literal["rgb24", "yuv420p"]
"""How frames lie in memory: red, green and blue of each pixel; or brightness of each pixel, then
colour of each four in BT.709, limited range, as encoders want it."""

TO_BT709 = "scale=out_color_matrix=bt709:out_range=tv"

SOUGHT_FROM = 30
"""Seconds of a clip that are decoded rather than jumped over: it costs less than it saves."""

_MARGIN = 10  # seconds before the first frame, for indices that point a little late

_REFERENCE_WHITE = 203
"""Brightness of white paper in video of high dynamic range, nits (ITU-R BT.2408)."""


def frame_shape(size: tuple[int, int], pixels: PixelFormat) -> tuple[int, ...]:
    """Shape of the array that holds a frame of this (width, height)."""
    width, height = size
    return (height, width, 3) if pixels == "rgb24" else (height * 3 // 2, width)


def decoding(
    info: VideoInfo, size: tuple[int, int] | None = None, pixels: PixelFormat = "rgb24"
) -> list[str]:
    """Arguments by which ffmpeg writes the frames of ``info.part`` to its output, as raw pixels.

    They are scaled to ``size`` (width, height); YUV 4:2:0 needs an even one.

    The clip is brought to its constant rate from its first picture on and the frames of the part
    are then counted, so that frame k is the same whatever part is read. A part that begins late is
    sought instead where frames have the times of a constant rate and the container has an index.
    """
    first, stop = info.part.first(info.whole_fps), info.part.stop(info.whole_fps)
    fps = info.file_fps
    sought = info.seekable and info.variable_rate is False and first / fps > SOUGHT_FROM
    if sought:
        seek, clock = _seek(info, first)
        clock += _later(info.shift / fps)
        stop, first = None if stop is None else stop - first, 0
    else:
        seek, clock = [], _from_the_first(fps, _later(info.shift / fps))
    # At each step from 0 the last picture whose time, rounded to steps, has come. `-fps_mode cfr`
    # would trust what the file says of how long pictures last.
    constant = f"fps={fps.numerator}/{fps.denominator}:start_time=0"
    coloured = _coloured(info, size or (info.width, info.height), pixels)
    kept_graph, fitted = _fitted(info)
    upright = (info.turning or ()) if fitted else ()
    whole = [*fitted, *_deinterlaced(info), *upright]
    filters = ",".join([clock, *whole, *coloured, "setsar=1", constant])
    pictures = ["-map", info.stream, "-vf", filters, "-fps_mode", "passthrough"]
    end = [] if stop is None else ["-frames:v", f"{stop}"]
    kept = _left_out(first, info.part.every)
    raw = [*end, *kept, "-pix_fmt", pixels, "-f", "rawvideo", "-"]
    decoder = ["-c:v", info.decoder] if info.decoder else []
    source = [*seek, *_lasting(fps), *decoder, "-i", ffmpeg.file_url(info.path)]
    return [*kept_graph, *source, *pictures, *raw]


def _from_the_first(fps: Fraction, later: str) -> str:
    """Return the filter by which the first picture is shown at 0, and ``later``.

    Without it pictures that start after the sound would be preceded by copies. Where the clock
    jumps back, as in recordings that were joined byte by byte, it goes on by one step.
    """
    step = f"{fps.denominator}/{fps.numerator}/TB"
    on = f"PREV_OUTPTS+if(lt(PTS,PREV_INPTS-1/TB),{step},PTS-PREV_INPTS)"
    return f"setpts='if(isnan(PREV_INPTS),PTS-STARTPTS{later},{on})'"


def _later(seconds: Fraction) -> str:
    return f"+{float(seconds):.9f}/TB" if seconds else ""


def _lasting(fps: Fraction) -> list[str]:
    """Let every picture last a step, whatever a file says, so that the last one is shown once.

    What a file says stands in the order of decoding: with B-frames and a pause it is said of
    another picture. Times alone say how long the others are shown. ffmpeg before 7.0 cannot.
    """
    if not ffmpeg.is_release(7):
        return []
    return ["-bsf:v", f"setts=pts=PTS:dts=DTS:duration=ceil({fps.denominator}/{fps.numerator}/TB)"]


def _fitted(info: VideoInfo) -> tuple[list[str], list[str]]:
    """Option and filters by which pictures that change within the stream are fitted to the first.

    ffmpeg would build its filters anew and with them the clock, and all that follows were too late.
    The filters that it turns pictures with come first and take one size: they are put behind.
    """
    if info.stored is None or info.turning is None:
        return [], []
    width, height = info.stored
    inside = f"scale={width}:{height}:force_original_aspect_ratio=decrease:eval=frame"
    kept = ["-reinit_filter", "0", *(["-noautorotate"] if info.turning else [])]
    return kept, [inside, f"pad={width}:{height}:-1:-1:eval=frame"]


def _seek(info: VideoInfo, first: int) -> tuple[list[str], str]:
    """Options and the filter by which frame ``first`` becomes the first and is shown at 0."""
    fps = info.file_fps
    shown = first_picture(info.path, info.stream) + float(first / fps)  # on the file's own clock
    sought = max(0.0, shown - _MARGIN)
    return ["-ss", f"{sought:.6f}"], f"setpts=PTS-{shown - sought:.6f}/TB"


def _left_out(first: int, every: int) -> list[str]:
    """Drop frames after the rate was made constant, so that they need not go through the pipe."""
    conditions = [f"lt(n,{first})"] if first else []
    conditions += [f"mod(n-{first},{every})"] if every > 1 else []
    return ["-bsf:v", f"noise=drop='{'+'.join(conditions)}'"] if conditions else []


def _deinterlaced(info: VideoInfo) -> list[str]:
    """One whole frame for each that holds two fields; others pass."""
    return ["bwdif=mode=send_frame:deint=interlaced"] if info.interlaced else []


def _coloured(info: VideoInfo, size: tuple[int, int], pixels: PixelFormat) -> list[str]:
    scale = f"scale={size[0]}:{size[1]}"
    if not info.tagged_colours and info.height >= BT709_FROM:
        # ffmpeg alone would take BT.601.
        scale += ":in_color_matrix=bt709"
    if info.transfer is not None and _has_zscale():
        steps = [scale, *_tone_mapped(info.transfer)]
    elif info.alpha:
        # What is transparent has any colour: it becomes black.
        steps = [scale, "format=gbrap", "premultiply=inplace=1"]
    elif pixels == "yuv420p":  # in one step: as a rule nothing but the size changes
        return [f"{scale}:{TO_BT709.removeprefix('scale=')}", "format=yuv420p"]
    else:
        return [scale]
    return steps if pixels == "rgb24" else [*steps, TO_BT709, "format=yuv420p"]


def _tone_mapped(transfer: str) -> list[str]:
    """From high dynamic range to what screens show: linear light up to white, brighter rolled off.

    The picture goes into zscale as RGB, for of YUV it takes no odd sizes.
    """
    return [
        "format=gbrp16le",
        f"zscale=tin={transfer}:pin=bt2020:min=gbr:t=linear:npl={_REFERENCE_WHITE}",
        "format=gbrpf32le",
        "zscale=p=bt709",
        "tonemap=mobius:param=0.5:peak=5:desat=0",  # 5 times white is 1000 nits
        "zscale=t=bt709:m=gbr:r=pc",
    ]


@cache
def _has_zscale() -> bool:
    """Whether this ffmpeg was built with zimg; without it such video looks pale."""
    return "Filter zscale" in ffmpeg.run(["-h", "filter=zscale"]).output
