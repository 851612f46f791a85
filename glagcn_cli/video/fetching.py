"""Videos that are no files: addresses, standard input, numbered pictures; kept in a file for a run.

A run decodes its video twice, so what can be read but once is first copied, as it is, to a
temporary file; the folder for such files is the system's (``TMPDIR`` names another).
`streaming` copies addresses and standard input, `numbered_pictures` pictures.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import IO

from .clip_times import WHOLE, ClipRange
from .frame_rates import STANDARD_RATES
from .numbered_pictures import keep_pictures
from .source import Source
from .streaming import keep_address, keep_standard_input

log = logging.getLogger(__name__)

DEFAULT_IMAGE_FPS = 30.0


@contextmanager
def as_file(
    given: Path | str | Source,
    part: ClipRange = WHOLE,
    image_fps: float | None = None,
    stdin: IO[bytes] | None = None,
) -> Iterator[Source]:
    """Yield a video as a file, a temporary copy where it is none.

    Parameters
    ----------
    given
        A file, which is given back as it is; an address of one of `streaming.SCHEMES`; `-` for
        standard input; or numbered pictures, as `frames/%05d.png`.
    part
        What of it is going to be read: no more than that, and some seconds, is copied.
    image_fps
        Pictures a second: of numbered ones, where None is `DEFAULT_IMAGE_FPS`; or of a video,
        whatever it says itself, for slow motion and wrong headers.
    stdin
        What is read for `-`.

    Raises
    ------
    InputError
        Nothing comes, or no video.
    UsageError
        The address is of another kind, or standard input is a terminal.
    """
    source = Source.of(given)
    if image_fps is not None:
        source = replace(source, rate=_rate(image_fps))
        if not source.is_image_sequence:
            log.info("%s: read as %g pictures a second, without sound", source.name, image_fps)
    if source.is_file:
        yield source
        return
    # A virus scanner may hold a file open, which Windows then does not remove.
    with tempfile.TemporaryDirectory(prefix="glagcn-", ignore_cleanup_errors=True) as folder:
        kept = source.kept_in(Path(folder) / f"{source.plain_name}.mkv")
        if source.is_image_sequence:
            keep_pictures(source.path, kept, _rate(image_fps))
        elif source.is_address:
            keep_address(str(source.place), kept, part)
        else:
            keep_standard_input(stdin or sys.stdin.buffer, kept, part)
        yield kept


def _rate(fps: float | None) -> Fraction:
    """Return the intended exact rate: 29.97 is 30000/1001."""
    if fps is None:
        log.info("numbered pictures: read as %g a second; --fps changes it", DEFAULT_IMAGE_FPS)
        fps = DEFAULT_IMAGE_FPS
    nearest = min(STANDARD_RATES, key=lambda known: abs(known - fps))
    return nearest if abs(nearest / fps - 1) < 1e-5 else Fraction(fps).limit_denominator(1000)
