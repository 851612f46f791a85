"""Numbered pictures, packed into one file as they are."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path

from ..errors import InputError
from ..operating_system import link_or_copy
from . import ffmpeg
from .source import NUMBER, Source
from .streaming import judge

log = logging.getLogger(__name__)

# Only Matroska holds all kinds, but it takes a picture that was cut off for the first part of the
# next.
_WAYS = (("copy", "mov"), ("copy", "nut"), ("ffv1", "matroska"))
_LARGEST = (1 << 31) - 1  # ffmpeg's largest number of a picture
_FEWEST = 3  # pictures of which it can be said that they leave the same numbers out

_KINDS = {
    b"\x89PNG": ".png", b"\xff\xd8": ".jpg", b"BM": ".bmp", b"II*\0": ".tif", b"MM\0*": ".tif",
    b"RIFF": ".webp",
}  # fmt: skip


def keep_pictures(pattern: Path, kept: Source, fps: Fraction) -> None:
    """Copy numbered pictures from the first number on; those that no format copies are packed.

    Raises
    ------
    InputError
        There are none, or they cannot be read.
    """
    files, first = _run_of_numbers(pattern)
    # ffmpeg ends with the first picture that is empty or of another kind.
    kinds = [_kind(file) for file in files.values()]
    odd = [file for file, kind in zip(files.values(), kinds, strict=True) if kind != kinds[0]]
    misnamed = kinds[0] != _usual(pattern.suffix)
    regular = len(files) == 1 or list(files)[1] == first + 1
    if odd or misnamed or not regular or max(files) > _LARGEST:
        pattern, first = _lined_up(list(files.values()), odd, kept.path.parent), 0
    rate = ["-framerate", f"{fps.numerator}/{fps.denominator}", "-start_number", f"{first}"]
    pictures = ["-f", "image2", *rate, "-i", ffmpeg.file_url(_escaped(pattern))]
    for codec, container in _WAYS:
        written = ["-loglevel", "error", *pictures, "-frames:v", f"{len(files)}", "-c:v", codec]
        exact = ["-fflags", "+bitexact", "-f", container, "-y", ffmpeg.file_url(kept.path)]
        report = ffmpeg.run([*written, *exact])
        if report.status == 0:
            break
    judge(kept, report)
    if ffmpeg.left_out_pictures(report.messages):
        log.warning("%s: has pictures that cannot be read; the one before is shown", kept.name)


def _run_of_numbers(pattern: Path) -> tuple[dict[int, Path], int]:
    """Return the pictures by number, up to a gap, and the first number.

    Every second one, or every tenth, as renderers write a preview, has no gap.
    """
    before, number, after = _parted(pattern)
    folder = pattern.parent
    names = {file.name for file in folder.iterdir()} if folder.is_dir() else set()
    ends = (len(before), len(after))
    digits = [name[ends[0] : len(name) - ends[1]] for name in names]
    counted = {int(text) for text in digits if text.isascii() and text.isdigit()}
    found = sorted(k for k in counted if f"{before}{number % k}{after}" in names)
    if not found:
        raise InputError(f"{pattern}: there are no pictures numbered so; check the folder")
    first = found[0]
    step = found[1] - first if len(found) >= _FEWEST else 1
    if found != [*range(first, found[-1] + 1, step)]:
        step = 1
    length = next((k for k, seen in enumerate(found) if seen != first + k * step), len(found))
    if length < len(found):
        gap = first + length
        log.warning("%s: number %d is missing; the %d before it are used", pattern, gap, length)
    elif step > 1:
        log.info("%s: has a picture for every %d numbers; they follow one another", pattern, step)
    return {k: folder / f"{before}{number % k}{after}" for k in found[:length]}, first


def _kind(file: Path) -> str:
    """Return the suffix that belongs to what is in a picture; its own where that is not known."""
    with file.open("rb") as opened:
        begin = opened.read(4)
    known = (suffix for mark, suffix in _KINDS.items() if begin.startswith(mark))
    return next(known, _usual(file.suffix) if begin else "")


def _usual(suffix: str) -> str:
    return {".jpeg": ".jpg", ".tiff": ".tif"}.get(suffix.lower(), suffix.lower())


def _lined_up(files: list[Path], odd: list[Path], folder: Path) -> Path:
    """Give pictures numbers from 0 in a folder, by links; convert those of another kind.

    In place of one that cannot be read stands the one before.
    """
    suffix = _kind(files[0]) or files[0].suffix
    unread, last = 0, files[0]
    for k, file in enumerate(files):
        target = folder / f"{k:09d}{suffix}"
        if file in odd:
            given = ["-i", ffmpeg.file_url(file), "-frames:v", "1", "-q:v", "1", "-update", "1"]
            if ffmpeg.run(["-y", *given, ffmpeg.file_url(target)]).status == 0:
                last = target
                continue
            unread += 1
        else:
            last = file
        link_or_copy(last, target)
    if unread:
        log.warning(
            "%s: %d of the pictures cannot be read; the one before is shown",
            files[0].parent,
            unread,
        )
    return folder / f"%09d{suffix}"


def _parted(pattern: Path) -> tuple[str, str, str]:
    """Split a name into the part before its number, the number's place, and the rest."""
    number = NUMBER.search(pattern.name)
    assert number is not None
    return pattern.name[: number.start()], number[0], pattern.name[number.end() :]


def _escaped(pattern: Path) -> Path:
    """Return the pattern with every other percent sign doubled, as ffmpeg wants it."""
    before, number, after = (text.replace("%", "%%") for text in _parted(pattern))
    return Path(str(pattern.parent).replace("%", "%%")) / f"{before}{number[1:]}{after}"
