"""Small videos made on the spot, by calling ffmpeg without the code under test."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def ffmpeg(*arguments: str | Path) -> str:
    """Run ffmpeg, fail when it fails, and give its messages."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-y"]
    done = subprocess.run([*command, *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr.decode()


def encode(path: Path, frames: Frames, fps: Fraction | int, *arguments: str | Path) -> Path:
    """Write RGB frames (count, height, width, 3) with ffmpeg's options ``arguments``."""
    height, width = frames.shape[1:3]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-f", "rawvideo"]
    command += ["-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    done = subprocess.run(
        [*command, *map(str, arguments), str(path)],
        input=frames.tobytes(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return path


def counting(count: int, width: int = 64, height: int = 48) -> Frames:
    """Frames whose grey level tells their number: each is 2 brighter than the one before."""
    levels = (40 + 2 * np.arange(count) % 200).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, height, width, 3)).copy()


def quadrants(width: int = 64, height: int = 48, count: int = 3) -> Frames:
    """Frames with red top left, green top right, blue bottom left, white bottom right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = RED
    picture[: height // 2, width // 2 :] = GREEN
    picture[height // 2 :, : width // 2] = BLUE
    picture[height // 2 :, width // 2 :] = WHITE
    return np.repeat(picture[None], count, axis=0)


def corners(picture: Frames) -> list[tuple[int, int, int]]:
    """Pure colours nearest to the middles of the four quadrants, in reading order."""
    height, width = picture.shape[:2]
    places = [(y, x) for y in (height // 4, -height // 4) for x in (width // 4, -width // 4)]
    return [tuple(int(v > 127) * 255 for v in picture[place]) for place in places]  # type: ignore


def opencv_frames(path: Path) -> list[Frames]:
    """All frames as OpenCV's own decoder gives them, upright, turned to RGB."""
    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    frames: list[Frames] = []
    while True:
        good, frame = capture.read()
        if not good:
            return frames
        frames.append(np.asarray(frame[..., ::-1], np.uint8))


def sound(path: Path, rate: int = 8000) -> NDArray[np.float32]:
    """The sound of a file as mono samples; empty when it has none."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    command += ["-map", "0:a:0", "-ac", "1", "-ar", str(rate), "-af", "aresample=first_pts=0"]
    done = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=False)
    return np.frombuffer(done.stdout, np.float32)
