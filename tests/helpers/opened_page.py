"""A page of poses in a browser: opened, worked, looked at."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.poses import PoseSequence
from tests.helpers.headless_browser import Browser
from tests.helpers.moving_figure import sequence, walking

COUNT, FPS, PICTURE = 60, Fraction(30), (320, 180)
SHOWN = "Number(document.getElementById('frame').textContent)"
PICTURED = """(() => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
  const pen = canvas.getContext("2d");
  pen.drawImage(document.getElementById("video"), 0, 0, 1, 1);
  return Math.round((pen.getImageData(0, 0, 1, 1).data[0] - 40) / 3);
})()"""


def person(number: int, aside: float, **changes) -> PoseSequence:
    """Walks towards the camera, in the picture at a place of their own."""
    joints = walking(COUNT, 30).joints + np.array([aside, 0, 0])
    where = np.array([160, 165], np.float32) + joints[..., :2] * [70, -80]
    pose = sequence(joints, fps=FPS, person=number)
    scores = np.ones((COUNT, 17), np.float32)
    return replace(pose, keypoints=where.astype(np.float32), scores=scores, **changes)


def people() -> list[PoseSequence]:
    late = np.arange(COUNT) >= 20
    return [person(1, -0.8), person(2, 0.8, valid=late)]


def page(path: Path, sequences: list[PoseSequence], **context) -> Path:
    (written,) = writer_for(path)(path, sequences, ExportContext(**context))
    return written


def opened(browser: Browser, path: Path, *, anew: bool = True) -> Browser:
    """Open a page; not ``anew`` where it is open and the test does not mind what was done to it."""
    if not anew and browser.evaluate("location.href") == path.as_uri():
        return browser
    browser.open(path)
    if browser.evaluate("clip.video_type !== null"):
        browser.wait_for("document.getElementById('video').readyState >= 2")
        browser.wait_for("!document.getElementById('video').seeking")
    return browser


def show(browser: Browser, frame: int) -> None:
    """Move the slider, as a drag of it does."""
    browser.evaluate(
        f"(slider => {{ slider.value = {frame}; slider.dispatchEvent(new Event('input')); }})"
        "(document.getElementById('slider'))"
    )
    browser.wait_for("!document.getElementById('video').seeking")


def wait(browser: Browser, milliseconds: int) -> None:
    browser.evaluate(f"new Promise(done => setTimeout(done, {milliseconds}))")


def box(browser: Browser, selector: str) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of an element."""
    sides = browser.evaluate(
        f"(b => [b.left, b.top, b.right, b.bottom])"
        f"(document.querySelector('{selector}').getBoundingClientRect())"
    )
    left, top, right, bottom = (round(side) for side in sides)
    return left, top, right, bottom


def picture(browser: Browser, selector: str) -> NDArray[np.uint8]:
    """What is seen of an element, once it stands still."""
    left, top, right, bottom = box(browser, selector)
    before = None
    for _ in range(40):
        now = browser.screenshot()[top:bottom, left:right]
        if before is not None and np.array_equal(before, now):
            return now
        before = now
    raise AssertionError(f"{selector} does not come to rest")


def scene(browser: Browser) -> NDArray[np.uint8]:
    """The 3D view without what lies over its upper and lower border."""
    return picture(browser, "#scene")[50:-60]


def changed(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    """How many pixels differ clearly."""
    return int((np.abs(one.astype(int) - other).max(axis=-1) > 40).sum())


def hued(image: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.intp]:
    """Columns of the pixels with the hue of a colour, whatever light falls on them."""
    pixels = image.astype(float)
    grey = pixels.mean(axis=-1, keepdims=True)
    tint = pixels - grey
    wanted = np.array(colour, float) - np.mean(colour)
    size = np.linalg.norm(tint, axis=-1)
    alike = tint @ wanted / np.maximum(size * np.linalg.norm(wanted), 1e-9)
    return np.nonzero((alike > 0.97) & (size > 40))[1]
