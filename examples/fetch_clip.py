"""Fetch the example clip: 7.7 seconds of two people, out of the wheel of Sports2D (BSD-3-Clause).

    python examples/fetch_clip.py examples/.cache/demo.mp4

The wheel comes through pip, so it needs the same access as the installation and nothing else.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "sports2d==0.8.34"
WHEEL_SHA256 = "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d"
MEMBER = "Sports2D/Demo/demo.mp4"


def download_wheel(folder: Path) -> Path:
    """Download the wheel with pip and check that it is the one this example was made for."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--no-deps", "--dest", str(folder), WHEEL], check=True)
    (wheel,) = folder.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel.name} has sha256 {found}, expected {WHEEL_SHA256}: not used")
    return wheel


def fetch_clip(target: Path) -> None:
    """Put the clip at a path, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(download_wheel(Path(folder))) as archive,
    ):
        clip = archive.read(MEMBER)
    temporary = target.with_suffix(".part")
    temporary.write_bytes(clip)
    temporary.replace(target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fetch_clip(Path(sys.argv[1]))
