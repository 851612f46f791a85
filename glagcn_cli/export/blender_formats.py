"""`.fbx` and `.usd`: the `.glb` of the same people, opened and saved again by Blender.

Blender is asked in a process of its own: as the Python package bpy where that is installed, else
the program `blender` of the system.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import OutputError, UsageError
from ..files.atomic import atomic_output, check_output
from ..poses import PoseSequence
from . import glb
from .formats import ExportContext

_SCRIPT = Path(__file__).with_name("blender_script.py")
_SECONDS = 900  # that Blender may take


def blender_command() -> list[str]:
    """Return how Blender runs a script; UsageError where it is not installed."""
    if importlib.util.find_spec("bpy") is not None:
        return [sys.executable, str(_SCRIPT)]
    if program := shutil.which("blender"):
        options = ["--background", "--factory-startup", "--python-exit-code", "1", "--python"]
        return [program, *options, str(_SCRIPT), "--"]
    raise UsageError(
        ".fbx and .usd need Blender, which is not installed (blender.org, or pip install "
        "'glagcn[blender]' on Python 3.11); or write .glb, which Blender opens and saves as both"
    )


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write what `.glb` holds, one file for each of its files."""
    command = blender_command()
    check_output(path, context.overwrite)
    with tempfile.TemporaryDirectory() as folder:
        within = Path(folder) / f"{path.stem}.glb"
        for made in glb.write(within, sequences, replace(context, overwrite=True)):
            target = path.with_name(made.stem + path.suffix)
            with atomic_output(target, context.overwrite) as temporary:
                _convert(command, made, temporary, path.suffix.lower(), sequences[0])
            yield target


def _convert(command: list[str], made: Path, to: Path, suffix: str, person: PoseSequence) -> None:
    """Let Blender read a file and save it as another; OutputError where it fails."""
    named = made.with_suffix(suffix)  # Blender tells the kind by the name
    rate = f"{person.fps.numerator}/{person.fps.denominator}"
    call = [*command, str(made), str(named), rate]
    try:
        done = subprocess.run(
            call, capture_output=True, encoding="utf-8", errors="replace", timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutputError(f"{to}: Blender did not save it ({error})") from error
    if done.returncode or not named.is_file():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it says nothing"]
        raise OutputError(f"{to}: Blender did not save it: {last[0]}")
    shutil.move(named, to)
