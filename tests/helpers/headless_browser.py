"""A headless Chromium driven over its DevTools protocol through two pipes; needs no library."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--no-first-run", "--disable-extensions", "--disable-background-networking",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 300.0  # seconds for one answer, on a busy machine too


def browser_path() -> str | None:
    """Chromium's program, or None where there is none or no pipes as POSIX has them."""
    if sys.platform == "win32":
        return None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page of a browser; what it asks for, says and throws is kept in lists.

    Attributes
    ----------
    requests
        Addresses of all that the page asked for.
    errors
        Messages of exceptions and of refused or failed loads.
    """

    def __init__(self, profile: Path, size: tuple[int, int] = (1280, 720)) -> None:
        program = browser_path()
        assert program is not None
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._number = 0
        self._unread = b""
        commands, self._to = os.pipe()
        self._from, answers = os.pipe()
        # The protocol is on the file descriptors 3 and 4; the shell puts them there.
        line = f'exec "$@" 3<&{commands} 4>&{answers}'
        options = [*_OPTIONS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"]
        self._process = subprocess.Popen(
            ["bash", "-c", line, "bash", program, *options, "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._session: str | None = None
        self._session = self._attach()
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.resize(size)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _attach(self) -> str:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        return str(session)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and give its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(time.monotonic() + _PATIENCE)
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return dict(answer["result"])
            self._note(answer)

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self._from, 1 << 20) if ready else b""
            assert piece, "the browser does not answer"
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(line))

    def _note(self, event: dict[str, Any]) -> None:
        details = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(details["request"]["url"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.errors.append(str(details["exceptionDetails"]))
        elif event["method"] == "Log.entryAdded" and details["entry"]["level"] == "error":
            self.errors.append(details["entry"]["text"])
        elif event["method"] == "Runtime.consoleAPICalled" and details["type"] == "error":
            self.errors.append(str(details["args"]))

    def resize(self, size: tuple[int, int], scale: float = 1.0) -> None:
        """Give the window another size in pixels of the page."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            **{"width": size[0], "height": size[1], "deviceScaleFactor": scale, "mobile": False},
        )

    def calm(self, on: bool) -> None:
        """Ask pages to leave out movements of their own."""
        wish = {"name": "prefers-reduced-motion", "value": "reduce" if on else ""}
        self.call("Emulation.setEmulatedMedia", features=[wish])

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("location.protocol === 'file:' && document.readyState === 'complete'")

    def evaluate(self, script: str) -> Any:
        """Value of an expression in the page, of a promise once it is kept."""
        how = {"returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", expression=script, **how)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str, seconds: float = _PATIENCE) -> None:
        """Wait until an expression is true in the page."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"not within {seconds} s: {condition}"
            time.sleep(0.05)

    def middle(self, selector: str) -> tuple[float, float]:
        """Middle of an element in the window."""
        box = self.evaluate(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
            ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        return box[0], box[1]

    def click(self, selector: str) -> None:
        """Click an element with the mouse, as a person does."""
        self.drag(self.middle(selector), (0, 0))

    def drag(self, start: tuple[float, float], by: tuple[float, float]) -> None:
        """Press the left button, move, let go."""
        (x, y), (dx, dy) = start, by
        self._mouse("mouseMoved", x, y, 0)
        self._mouse("mousePressed", x, y, 1)
        for part in (0.25, 0.5, 0.75, 1.0) if dx or dy else ():
            self._mouse("mouseMoved", x + part * dx, y + part * dy, 1)
        self._mouse("mouseReleased", x + dx, y + dy, 0)

    def swipe(self, start: tuple[float, float], by: tuple[float, float]) -> None:
        """Move one finger."""
        (x, y), (dx, dy) = start, by
        self._touch("touchStart", [{"x": x, "y": y}])
        for part in (0.25, 0.5, 0.75, 1.0):
            self._touch("touchMove", [{"x": x + part * dx, "y": y + part * dy}])
        self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[dict[str, float]]) -> None:
        self.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def _mouse(self, kind: str, x: float, y: float, buttons: int) -> None:
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        details = {"type": kind, "x": x, "y": y, "button": button, "buttons": buttons}
        self.call("Input.dispatchMouseEvent", **details, clickCount=1)

    def key(self, name: str, text: str = "") -> None:
        """Press a key: its name as in KeyboardEvent.key, and the text that it gives."""
        kind = "keyDown" if text else "rawKeyDown"
        self.call("Input.dispatchKeyEvent", type=kind, key=name, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name)

    def screenshot(self) -> NDArray[np.uint8]:
        """RGB picture of the window."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        return np.ascontiguousarray(picture[..., ::-1])
