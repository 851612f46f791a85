"""A window on the screen, where there is a screen and OpenCV can make one."""

from __future__ import annotations

import os
import subprocess
import sys

import cv2

from ..errors import GlagcnError
from ..video.frame import Frame

TITLE = "glagcn"
_KEYS_THAT_END = (ord("q"), 27)  # Esc
_PATIENCE = 20  # seconds for a window to open
_FOR_WINDOWS = "libsm6 libice6"  # what Qt wants besides what OpenCV does
# In a process of its own: without a display, OpenCV's windows abort the whole process.
_TRIAL = f"import cv2; cv2.namedWindow({TITLE!r}); cv2.waitKey(1)"


class DisplayError(GlagcnError):
    """No window can be shown."""


def check_window() -> None:
    """Raise ``DisplayError`` where no window can be opened."""
    why = _without_trying() or _by_trying()
    if why:
        raise DisplayError(
            f"--camera: no window can be opened ({why}). It needs a desktop; over ssh, record the "
            "camera and lift the file"
        )


def _without_trying() -> str | None:
    """Return why no window can be opened as far as the environment tells; None if it might."""
    if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & {*os.environ}:
        return "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set"
    return None


def _by_trying() -> str | None:
    """Return why a window cannot be opened in another process; None if it can."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _TRIAL], capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return "it does not answer"
    if done.returncode == 0:
        return None
    said = done.stderr.decode(errors="replace").strip()
    if "not implemented" in said:
        return "this OpenCV has no windows, as opencv-python-headless; install opencv-python"
    if "platform plugin" in said and sys.platform == "linux":
        return f"a system library is missing; on Debian and Ubuntu: apt-get install {_FOR_WINDOWS}"
    return next((line.strip()[:200] for line in said.splitlines() if line), "no reason is given")


class Window:
    """Shows pictures until it is closed, or q or Esc is pressed in it."""

    def __enter__(self) -> Window:
        check_window()
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        self._sized = False
        return self

    def __exit__(self, *_: object) -> None:
        cv2.destroyAllWindows()

    def __call__(self, picture: Frame) -> bool:
        """Show a picture (height, width, 3) RGB; False once somebody wants to end."""
        if not self._sized:
            cv2.resizeWindow(TITLE, picture.shape[1], picture.shape[0])
            self._sized = True
        cv2.imshow(TITLE, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if cv2.waitKey(1) & 0xFF in _KEYS_THAT_END:
            return False
        return cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) >= 1
