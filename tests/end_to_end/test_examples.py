"""The examples run as written."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from glagcn_cli.diagnostics.synthetic_people import draw_people
from glagcn_cli.pipeline import settings
from tests.helpers.clips import encode, ffmpeg
from tests.helpers.fake_detection import X264, FakeDetector, clip, random_lifter, use_detector

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOK = EXAMPLES / "video_to_angles.ipynb"
SECONDS = ("1.9", "2.6")  # start and length of the part in which somebody walks


def example_clip(folder: Path) -> Path | None:
    """The example clip, from the checkout's cache or fetched; None where neither can be had."""
    cached = EXAMPLES / ".cache" / "demo.mp4"
    if cached.exists():
        return cached
    target = folder / "demo.mp4"
    fetch = (
        "import sys; from pathlib import Path; from glagcn_cli.commands.demo import fetch_clip; "
    )
    fetch += "fetch_clip(Path(sys.argv[1]))"
    command = [sys.executable, "-c", fetch, str(target)]
    hasty = os.environ | {"PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "5"}
    try:
        done = subprocess.run(command, env=hasty, capture_output=True, timeout=30, check=False)
    except subprocess.TimeoutExpired:
        return None
    return target if done.returncode == 0 else None


@pytest.fixture(scope="module")
def walker(tmp_path_factory) -> tuple[Path, bool]:
    """A short clip, and whether it shows somebody who walks."""
    folder = tmp_path_factory.mktemp("clip")
    short = folder / "short.mp4"
    full = example_clip(folder)
    if full is not None:
        cut = ["-ss", SECONDS[0], "-i", full, "-t", SECONDS[1], "-vf", "scale=884:-2,fps=15", "-an"]
        ffmpeg(*cut, *X264, short)
        return short, True
    pictures = [draw_people(320, 240, [(120.0 + 2 * i, 130.0, 180.0)]) for i in range(20)]
    return encode(short, np.stack(pictures), 25, *X264), False


def test_notebook_holds_no_outputs():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.source


def test_notebook_goes_from_video_to_angles(walker, tmp_path):
    video, walks = walker
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    parameters.source += f"\nCLIP = Path({str(video)!r})\nOUT = Path({str(tmp_path / 'out')!r})"
    resources = {"metadata": {"path": str(EXAMPLES)}}
    NotebookClient(notebook, timeout=None, kernel_name="python3", resources=resources).execute()
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"angles.png", "angles.csv", "knee_stride.png"}
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = " ".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs)
    assert "left_knee_flexion" in texts
    assert ("cadence" in texts) == walks
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_script_lifts_a_video_and_writes_what_it_says(tmp_path, monkeypatch, caplog):
    use_detector(monkeypatch, FakeDetector())
    lifter = random_lifter(tmp_path / "random.pth")
    monkeypatch.setattr(settings.Settings.__init__, "__defaults__", _with_lifter(lifter))
    script = runpy.run_path(str(EXAMPLES / "lift_video.py"))
    with caplog.at_level("INFO"):
        script["main"](clip(tmp_path / "clip.mp4", frames=30), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"poses.npz", "poses.bvh", "sheet.png", "angles.png", "angles.csv"}
    assert "30 of 30 frames hold a pose" in caplog.text


def _with_lifter(path: Path) -> tuple:
    defaults = settings.Settings.__init__.__defaults__
    return tuple(str(path) if value == settings.Settings().lifter else value for value in defaults)


def test_sheet_script_shows_the_frames_that_were_asked_for(tmp_path):
    script = runpy.run_path(str(EXAMPLES / "contact_sheet.py"))
    picture = tmp_path / "sheet.png"
    script["make_sheet"](clip(tmp_path / "clip.mp4"), picture, [1, 4])
    sheet = cv2.imread(str(picture))
    assert sheet is not None and sheet.shape[1] == script["WIDTH"]


@pytest.mark.parametrize("name", ["lift_video.py", "contact_sheet.py"])
def test_scripts_say_how_they_are_called(name):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and f"examples/{name}" in done.stderr
