from __future__ import annotations

import csv
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.biomechanics.gait import find_gait
from glagcn_cli.biomechanics.joint_angles import NAMES, joint_angles
from glagcn_cli.biomechanics.repetitions import find_repetitions
from glagcn_cli.errors import NobodyFoundError, OutputError, UsageError
from glagcn_cli.export.angles_csv import COLUMNS, Measured
from glagcn_cli.export.angles_plot import PANELS, draw_angles, write_plot
from glagcn_cli.export.formats import PLOT_SUFFIXES, ExportContext
from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.drawing import LEFT, RIGHT
from tests.helpers.gait_walk import pendulum_walk
from tests.helpers.moving_figure import sequence, walking

VALID = (np.arange(300) < 120) | (np.arange(300) >= 150)
HEADERS = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}


def walker(person: int = 1) -> PoseSequence:
    joints = pendulum_walk()
    joints[~VALID] = 0.0
    return sequence(joints, valid=VALID, fps=Fraction(50), person=person)


def measured(person: PoseSequence) -> Measured:
    return Measured(person, joint_angles(person), find_gait(person), find_repetitions(person))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("suffix", [*PLOT_SUFFIXES, ".PNG"])
def test_a_figure_and_its_numbers_are_written(out, suffix):
    path = out / f"angles{suffix}"
    written = list(write_plot(path, [walker()], ExportContext()))
    assert written == [path, out / "angles.csv"]
    assert sorted(out.iterdir()) == sorted(written)
    assert path.read_bytes().startswith(HEADERS[suffix.lower()])


def test_every_person_has_a_figure_and_all_share_a_table(out):
    people = [walker(3), sequence(walking(300).joints, person=1)]
    written = list(write_plot(out / "a.png", people, ExportContext()))
    assert [path.name for path in written] == ["a.png", "a.person1.png", "a.csv"]
    table = rows(written[-1])
    assert [row["person"] for row in table] == ["3"] * 300 + ["1"] * 300


def test_the_table_holds_angles_events_and_gaps(out):
    person = walker()
    angles, gait = joint_angles(person), find_gait(person)
    *_, path = write_plot(out / "a.png", [person], ExportContext())
    table = rows(path)
    assert tuple(table[0]) == COLUMNS
    assert [int(row["frame"]) for row in table] == list(range(300))
    np.testing.assert_allclose([float(row["time"]) for row in table], np.arange(300) / 50)
    for name in NAMES:
        stored = np.array([float(row[name] or "nan") for row in table])
        np.testing.assert_allclose(stored, angles[name], atol=0.0006)
        assert np.isnan(stored[~VALID]).all()
    for columns, events in (("heel_strike", gait.strikes), ("toe_off", gait.toe_offs)):
        for side, frames in zip(("left", "right"), events, strict=True):
            assert len(frames) >= 3
            marked = [i for i, row in enumerate(table) if row[f"{side}_{columns}"] == "1"]
            assert marked == frames.tolist()
    assert [row["walking"] == "1" for row in table] == gait.walking.tolist()


def test_numbers_of_the_table_are_plain(out):
    *_, path = write_plot(out / "a.png", [walker()], ExportContext())
    text = path.read_text()
    assert "nan" not in text and "-0.000" not in text and "\r" not in text
    assert text.splitlines()[1].startswith("0,0.0000,1,")


def test_lines_break_at_gaps_and_marks_stand_at_events():
    person = walker()
    figure = draw_angles(measured(person))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        title for _, title, *_ in PANELS
    ]
    knee = figure.axes[[angle for angle, *_ in PANELS].index("knee_flexion")]
    left = knee.lines[0]
    x, y = np.asarray(left.get_xdata(), float), np.asarray(left.get_ydata(), float)
    np.testing.assert_allclose(x, np.arange(300) / 50)
    assert np.isnan(y[~VALID]).all() and np.isfinite(y[VALID]).all()
    drawn = [np.asarray(line.get_xdata(), float) for line in knee.lines if line.get_marker() == "v"]
    for xs, frames in zip(drawn, find_gait(person).strikes, strict=True):
        np.testing.assert_allclose(xs, frames / 50)


def coloured(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - colour).max(axis=-1) < 12).sum())


def test_sides_are_drawn_in_the_colours_of_the_project(out):
    path, _ = write_plot(out / "a.png", [walker()], ExportContext())
    picture = cv2.imread(str(path))[..., ::-1]
    height, width = picture.shape[:2]
    assert width >= 1500 and 0.5 < height / width < 1
    assert coloured(picture, LEFT) > 5000 and coloured(picture, RIGHT) > 5000


def test_where_there_is_no_gait_none_is_claimed():
    still = sequence(np.repeat(walking(1).joints, 50, axis=0))
    texts = [text.get_text() for text in draw_angles(measured(still)).texts]
    assert "no gait found" in texts
    # 108 steps a minute are 27.8 frames a step, which comes out at 28.
    walked = [text.get_text() for text in draw_angles(measured(walker())).texts]
    assert any("107 steps/min" in text and "step 0.66 m" in text for text in walked)


@pytest.mark.parametrize("frames", [1, 2])
def test_clips_of_one_frame_are_drawn(out, frames):
    written = list(write_plot(out / "a.png", [sequence(walking(frames).joints)], ExportContext()))
    assert len(rows(written[-1])) == frames


def test_what_exists_is_kept_and_nothing_is_half_written(out):
    taken = out / "a.csv"
    taken.write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        list(write_plot(out / "a.png", [walker()], ExportContext()))
    assert [path.name for path in out.iterdir()] == ["a.csv"] and taken.read_text() == "mine"
    list(write_plot(out / "a.png", [walker()], ExportContext(overwrite=True)))
    assert taken.read_text().startswith("frame,")


def test_nobody_and_other_suffixes_are_refused(out):
    nobody = sequence(walking(5).joints, valid=np.zeros(5, bool))
    with pytest.raises(NobodyFoundError):
        list(write_plot(out / "a.png", [nobody], ExportContext()))
    with pytest.raises(UsageError, match=r"\.pdf"):
        list(write_plot(out / "a.jpg", [walker()], ExportContext()))
    assert not list(out.iterdir())


def test_drawing_needs_no_screen_and_leaves_pyplot_alone(tmp_path):
    code = (
        "import sys; from tests.helpers.moving_figure import sequence, walking; "
        "from glagcn_cli.export.formats import ExportContext; "
        "assert 'matplotlib' not in sys.modules; "
        "from glagcn_cli.export.angles_plot import write_plot; from pathlib import Path; "
        f"list(write_plot(Path({str(tmp_path / 'a.png')!r}), [sequence(walking(9).joints)], "
        "ExportContext())); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    here = str(Path(__file__).parents[2])
    environment = {"PYTHONPATH": here, "PATH": "/usr/bin:/bin", "MPLBACKEND": "TkAgg"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
