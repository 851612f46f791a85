"""Checks the system libraries of OpenCV, which pip cannot install."""

from __future__ import annotations

import sys

from ..errors import GlagcnError

PACKAGES = "libgl1 libglib2.0-0"
"""Debian and Ubuntu packages with them, which bare servers lack."""

ON_WINDOWS = (
    "Install Microsoft's Visual C++ Redistributable and, on an N edition of Windows, the "
    "Media Feature Pack"
)
"""Advice of OpenCV's own documentation for missing system libraries."""


class SystemLibraryError(GlagcnError):
    """OpenCV cannot be loaded because the system lacks a library."""


def check_opencv() -> None:
    """Import OpenCV, or raise ``SystemLibraryError`` with what to install."""
    try:
        import cv2  # noqa: F401
    except ImportError as error:
        if "DLL load failed" in str(error):
            raise SystemLibraryError(f"OpenCV cannot be loaded ({error}). {ON_WINDOWS}") from error
        if ".so" not in str(error):
            raise
        raise SystemLibraryError(
            f"OpenCV cannot be loaded ({error}). On Debian and Ubuntu this helps:\n"
            f"  apt-get install {PACKAGES}"
        ) from error


if __name__ == "__main__":
    try:
        check_opencv()
    except SystemLibraryError as problem:
        sys.exit(str(problem))
