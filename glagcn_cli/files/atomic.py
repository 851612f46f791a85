"""Writes outputs whole or not at all: under a temporary name, renamed at the end."""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from ..errors import OutputError
from ..operating_system import is_impossible_name, is_windows, patiently

PICTURE_SUFFIX = ".picture.mp4"
"""Suffix of the file with a video's picture before the sound is added."""

# Errors of writing alone: failures to read an input inside the block stay unchanged.
_WRITING_FAILED = {
    getattr(errno, name)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS")
    if hasattr(errno, name)  # quotas are not known everywhere
}


@contextmanager
def atomic_output(path: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, renamed to ``path`` on success.

    When the block raises anything (Ctrl-C included), the temporary file is removed and an existing
    ``path`` is untouched. Missing folders are made, and removed again if they stay empty.

    Parameters
    ----------
    path
        Final name of the output.
    overwrite
        Replace an existing file; otherwise it is refused at the start.

    Yields
    ------
    Path
        An empty file in the same folder with the same suffix, to be written over.

    Raises
    ------
    OutputError
        The folder cannot be made or written to, the file exists, or the disk is full.
    """
    target = Path(path)
    check_output(target, overwrite)
    temporary = _temporary_beside(target)
    missing = [folder for folder in target.parents if not folder.exists()]  # the innermost first
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Creating it tests the folder now, not after minutes of work.
            temporary.touch(exist_ok=True)
        except OSError as error:
            raise _cannot_write(target, error) from error
        yield temporary
        check_output(target, overwrite)
        patiently(partial(temporary.replace, target))
    except OSError as error:
        if error.errno in _WRITING_FAILED or error.filename2 is not None:
            raise _cannot_write(target, error) from error
        raise
    finally:
        remove_temporary(temporary)
        with suppress(OSError):  # refused for folders that are not empty
            for folder in missing:
                folder.rmdir()


def check_output(path: str | Path, overwrite: bool = False) -> None:
    """Raise OutputError when ``path`` cannot become an output, before any work is done for it."""
    target = Path(path)
    if is_impossible_name(str(target)):
        raise OutputError(f"{target}: no file can be called so on Windows; choose another name")
    if target.is_dir():
        raise OutputError(f"{target}: is a folder; name the file to write in it")
    if not (there := nearest_folder(target)).is_dir():
        raise OutputError(f"{target}: {there} is a file, not a folder; name another folder")
    if target.exists() and not overwrite:
        raise OutputError(f"{target}: exists already; pass --overwrite to replace it")


def nearest_folder(path: Path) -> Path:
    """Return the innermost existing folder above a path, or the file in place of one.

    Missing folders are made when something is written into them.
    """
    return next((folder for folder in path.parents if folder.exists()), Path(path.anchor))


def remove_leftovers(path: str | Path) -> None:
    """Remove temporary files of an output whose process was killed.

    This includes a video's picture before its sound is added (`video.writer`).
    """
    target = Path(path)
    stem, suffix = re.escape(target.stem[:40]), re.escape(target.suffix)
    ours = re.compile(rf"\.{stem}\.[0-9a-f]{{8}}\.part({suffix}|{re.escape(PICTURE_SUFFIX)})")
    with suppress(OSError):
        for file in target.parent.iterdir():
            if ours.fullmatch(file.name):
                remove_temporary(file)


def remove_temporary(file: Path) -> None:
    """Remove a file if possible; an earlier error matters more than a failure here."""
    with suppress(OSError):  # as on a read-only disk
        patiently(partial(file.unlink, missing_ok=True))


def _temporary_beside(target: Path) -> Path:
    # The stem is cut so that names of the longest allowed length have room for the rest.
    return target.with_name(f".{target.stem[:40]}.{secrets.token_hex(4)}.part{target.suffix}")


def _cannot_write(target: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    opened = "whether another program has it open, " if is_windows() else ""
    return OutputError(
        f"{target}: cannot be written ({reason}); check {opened}the space left on the disk "
        f"and your permissions for {target.parent}"
    )
