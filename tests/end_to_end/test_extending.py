"""A new output format is one file and one entry, a new option one entry, as the house promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glagcn_cli
from glagcn_cli.export import ExportContext, writer_for
from tests.helpers.moving_figure import sequence, walking

WRITER = """
from ..files.atomic import atomic_output
from .people import people_with_poses


def write(path, sequences, context):
    people = people_with_poses(path, sequences)
    with atomic_output(path, context.overwrite) as temporary:
        temporary.write_text(f"{len(people[0])} {people[0].joints[0, 0, 1]:.6f}\\n")
    yield path
"""
READER = """
import numpy as np

from .npz import read as read_npz


def read(path):
    return read_npz(path.with_suffix(".npz"))
"""
FORMAT = """    OutputFormat(
        ".xyz", "xyz_file", "a format of a test", "rows of a test", reader="xyz_file"
    ),
"""
OPTION = """    stride: int = setting(
        3, Number("STEPS", "steps", 1, 9), Call.LIFTING, "Scene", "A setting of a test."
    )
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one format and one option more, and a file of poses beside it."""
    folder = tmp_path_factory.mktemp("changed")
    package = folder / "glagcn_cli"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(glagcn_cli.__file__).parent, package, ignore=ignored)
    (package / "export" / "xyz_file.py").write_text(WRITER)
    (package / "export" / "readers" / "xyz_file.py").write_text(READER)
    _insert(package / "export" / "formats.py", "FORMATS: tuple[OutputFormat, ...] = (\n", FORMAT)
    entry = "    people: int"
    _insert(package / "pipeline" / "settings.py", f'    """\n\n{entry}', OPTION, -len(entry))
    walk = folder / "walk.npz"
    list(writer_for(walk)(walk, [sequence(walking(5).joints)], ExportContext()))
    return folder


def _insert(file: Path, after: str, text: str, shift: int = 0) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(after) == 1, after
    place = source.index(after) + len(after) + shift
    file.write_text(source[:place] + text + source[place:], encoding="utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glagcn_cli.commands.video", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_new_format_is_written_explained_and_read_back(changed: Path) -> None:
    done = run(changed, "--from-3d", "walk.npz", "-o", "a.xyz")
    assert done.returncode == 0, done.stderr
    height = np.load(changed / "walk.npz")["joints_3d"].reshape(-1, 3)[0, 1]
    assert (changed / "a.xyz").read_text() == f"5 {height:.6f}\n"
    assert "rows of a test" in (changed / "a.run.json").read_text()
    assert ".xyz (a format of a test)" in " ".join(run(changed, "--help").stdout.split())
    shutil.copy(changed / "walk.npz", changed / "a.npz")
    again = run(changed, "--from-3d", "a.xyz", "-o", "b.csv")
    assert again.returncode == 0, again.stderr
    refused = run(changed, "--from-3d", "walk.npz", "-o", "a.abcd")
    assert ".xyz" in refused.stderr


def test_a_new_option_is_typed_checked_and_refused_where_it_has_no_effect(changed: Path) -> None:
    words = " ".join(run(changed, "--help").stdout.split())
    assert "--stride STEPS A setting of a test. [default: 3]" in words
    assert "stride = 4.0" in run(changed, "in.mp4", "--stride", "4", "--print-config").stdout
    outside = run(changed, "in.mp4", "-o", "a.npy", "--stride", "12")
    assert outside.returncode == 2
    assert "--stride 12: must be between 1 and 9 steps" in outside.stderr
    useless = run(changed, "--from-3d", "walk.npz", "-o", "c.npy", "--stride", "4")
    assert useless.returncode == 2
    assert "--stride has no effect on poses that were lifted before" in useless.stderr
    library = "from glagcn_cli import Settings; print(Settings().stride, Settings(stride=5).stride)"
    command = [sys.executable, "-c", library]
    printed = subprocess.run(command, cwd=changed, capture_output=True, text=True, check=True)
    assert printed.stdout == "3 5\n"
