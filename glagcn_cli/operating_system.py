"""Differences of Windows and macOS from Linux, in one place."""

from __future__ import annotations

import ctypes
import re
import shutil
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path, PureWindowsPath
from typing import IO, Any

# Of Windows' winbase.h; `subprocess` names them there alone.
_NEW_PROCESS_GROUP, _NO_WINDOW = 0x200, 0x08000000

_CRASHED = 0xC000
"""The upper half of Windows' statuses of crashed processes."""

_TRIES, _PAUSE = 10, 0.1  # seconds

_ROOMY = 1 << 20
"""Bytes that a pipe of Linux may hold without privileges; 64 kB if nobody asks."""

_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9]) *(\..*)?", re.IGNORECASE | re.DOTALL)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]')


def is_windows() -> bool:
    """Tell whether this is Windows."""
    return sys.platform == "win32"


def is_mac() -> bool:
    """Tell whether this is macOS."""
    return sys.platform == "darwin"


@cache
def has_nvidia_driver() -> bool:
    """Tell whether the library of NVIDIA's driver loads, without which no program uses its GPUs."""
    if is_mac():
        return False
    try:
        ctypes.CDLL("nvcuda.dll" if is_windows() else "libcuda.so.1")
    except OSError:
        return False
    return True


def apart_from_terminal() -> dict[str, Any]:
    """Return ``subprocess.Popen`` options that shield a process from a terminal's Ctrl-C.

    On Windows it opens no window of its own either, where this program has none.
    """
    if is_windows():
        return {"creationflags": _NEW_PROCESS_GROUP | _NO_WINDOW}
    return {"start_new_session": True}


def widen_pipe(pipe: IO[bytes]) -> None:
    """Let a pipe hold as much as it may, so that fewer changes of process carry a picture over it.

    Linux alone lets one choose. A user may have 64 wide pipes; further ones stay as they are.
    """
    if sys.platform.startswith("linux"):
        control = import_module("fcntl")
        with suppress(OSError):
            control.fcntl(pipe, control.F_SETPIPE_SZ, _ROOMY)


def violent_end(status: int) -> str | None:
    """Name what killed a process, from its exit status; None where it ended by itself.

    With signals, the status is their negated number. On Windows the status of a crashed process has
    32 bits with a certain upper half.
    """
    if status < 0:
        return f"signal {-status}"
    return f"error 0x{status:X}" if status >> 16 == _CRASHED else None


def patiently(change: Callable[[], object]) -> None:
    """Rename or remove a file; on Windows retry for a second.

    Windows refuses both for open files, and virus scanners and indexers open new files for a
    moment.

    Raises
    ------
    OSError
        All attempts failed.
    """
    for _ in range(_TRIES - 1 if is_windows() else 0):
        try:
            change()
        except PermissionError:
            time.sleep(_PAUSE)
        else:
            return
    change()


def plain_folder(wanted: Path) -> Path:
    """Return a folder in which libraries of other languages can write, usually the given one.

    On Windows such libraries read paths in old encodings, so that only ASCII is safe. The system's
    folder for temporary files may be safe where the given one is not.

    Raises
    ------
    OSError
        Neither is safe.
    """
    if not is_windows():
        return wanted
    folders = [wanted.absolute(), Path(tempfile.gettempdir())]
    for folder in folders:
        if str(folder).isascii():
            return folder
    raise OSError(
        f"there are letters beyond ASCII in {folders[0]} and in {folders[1]}; set TEMP to a folder "
        "that has none"
    )


def link_or_copy(file: Path, to: Path) -> None:
    """Make a name for a file in another place: a link, or a copy where links need a privilege."""
    try:
        to.symlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, to)


def folded(name: str) -> str:
    """Return a name's form on disks that ignore capitals or accents.

    An accent may be a letter's own or a character after it.
    """
    return unicodedata.normalize("NFC", name).casefold()


def is_impossible_name(name: str) -> bool:
    r"""Tell whether no file can have this name: ``nul.npy``, ``a?.npy``, ``a:b.npy`` on Windows.

    Parameters
    ----------
    name
        A path; the colon after a drive is no part of a name.
    """
    if not is_windows():
        return False
    own = PureWindowsPath(name).name
    return bool(_DEVICES.fullmatch(own) or _FORBIDDEN.search(own))
