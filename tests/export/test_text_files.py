"""What stands in `.json`, `.csv` and `.trc`, by readers that are not ours."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.errors import NobodyFoundError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.json_file import gaps
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence, walking

NTSC = Fraction(30000, 1001)
SEEN = np.arange(12) % 5 != 2  # frames 2 and 7 have no pose


def person(number=1, **changes):
    return replace(sequence(walking(12).joints, SEEN, NTSC, number), **changes)


def write(path, people, **context):
    return list(writer_for(path)(path, people, ExportContext(**context)))


def test_json_says_what_a_reader_in_any_language_needs(tmp_path):
    unsure = np.full((12, 17), 0.0312, np.float32)
    unsure[0, 0] = np.nan
    standing = np.arange(24).reshape(12, 2) % 3 == 0
    given = person(uncertainty=unsure, contacts=standing)
    settings = {"fps": NTSC, "scale": np.inf, "input": Path("Größe.mp4")}
    (path,) = write(
        tmp_path / "a b.json", [given, person(7)],
        settings=settings, source=Path("/films/Größe.mp4"), image_size=(640, 480),
    )  # fmt: skip
    document = json.loads(path.read_text(encoding="utf-8"))
    people = document.pop("people")
    assert document == {
        "schema": "glagcn-poses", "version": 1, "fps": 30000 / 1001, "fps_fraction": [30000, 1001],
        "frames": 12, "units": "m", "floor": "y = 0",
        "axes": {"x": "to the right of the image", "y": "up", "z": "towards the camera"},
        "joint_set": "h36m17", "joint_names": list(H36M17.joints), "parents": list(H36M17.parents),
        "image_size": [640, 480], "source": "Größe.mp4",
        "settings": {"fps": "30000/1001", "scale": None, "input": "Größe.mp4"},
    }  # fmt: skip
    assert [one["person"] for one in people] == [1, 7]
    assert people[0]["gaps"] == [[2, 2], [7, 7]] and people[0]["poses"] == 10
    frames = people[0]["frames"]
    assert [frame is not None for frame in frames] == SEEN.tolist()
    assert np.allclose(frames[3]["joints"], given.joints[3], rtol=0, atol=0.5e-5 + 1e-9)
    assert np.allclose(frames[3]["keypoints_2d"], given.keypoints[3], rtol=0, atol=0.005)
    assert np.allclose(frames[3]["scores"], given.scores[3], rtol=0, atol=0.5e-4 + 1e-9)
    assert frames[3]["uncertainty"] == [0.0312] * 17 and frames[3]["contacts"] == [True, False]
    assert frames[0]["uncertainty"][0] is None
    bare = people[1]["frames"][3]
    assert bare["uncertainty"] is None and bare["contacts"] is None


def test_json_leaves_out_2d_that_is_not_known(tmp_path):
    unknown = person(keypoints=np.full((12, 17, 2), np.nan, np.float32))
    (path,) = write(tmp_path / "out.json", [unknown])
    (back,) = json.loads(path.read_text())["people"]
    assert back["frames"][0]["keypoints_2d"] is None


@pytest.mark.parametrize(
    ("seen", "runs"),
    [
        ("1111", []),
        ("1", []),
        ("0111", [[0, 0]]),
        ("1000", [[1, 3]]),
        ("0010", [[0, 1], [3, 3]]),
        ("1010011", [[1, 1], [3, 4]]),
    ],
)
def test_gaps_are_runs_without_a_pose(seen, runs):
    assert gaps(np.array([mark == "1" for mark in seen])) == runs


def test_csv_has_a_row_for_every_frame_person_and_joint(tmp_path):
    standing = np.arange(24).reshape(12, 2) % 3 == 0
    people = [person(4, contacts=standing), person(2, uncertainty=np.full((12, 17), 0.05))]
    (path,) = write(tmp_path / "out.csv", people)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:8] == ["frame", "time", "person", "joint", "x", "y", "z", "score"]
    assert len(rows) == 12 * 2 * 17
    by_place = {(int(r["frame"]), int(r["person"]), r["joint"]): r for r in rows}
    assert len(by_place) == len(rows)
    for one in people:
        for frame in range(12):
            for j, joint in enumerate(H36M17.joints):
                row = by_place[frame, one.person, joint]
                assert float(row["time"]) == pytest.approx(frame * 1001 / 30000, abs=5e-7)
                if not SEEN[frame]:
                    assert {row[c] for c in ("x", "y", "z", "score", "contact")} == {""}
                    continue
                place = [float(row[axis]) for axis in "xyz"]
                assert place == pytest.approx(one.joints[frame, j].tolist(), abs=0.6e-5)
                assert float(row["score"]) == pytest.approx(one.scores[frame, j], abs=0.6e-4)
    assert by_place[3, 4, "left_ankle"]["contact"] == str(int(standing[3, 0]))
    assert by_place[3, 4, "right_ankle"]["contact"] == str(int(standing[3, 1]))
    assert by_place[3, 4, "hip"]["contact"] == by_place[3, 2, "left_ankle"]["contact"] == ""
    assert by_place[3, 4, "hip"]["uncertainty"] == ""
    assert float(by_place[3, 2, "hip"]["uncertainty"]) == 0.05


def test_trc_is_as_opensim_asks_for_it(tmp_path):
    given = person()
    path, other = write(tmp_path / "Größe 1.trc", [given, person(3)])
    assert other.name == "Größe 1.person3.trc"
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0] == "PathFileType\t4\t(X/Y/Z)\tGröße 1.trc"
    values = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert values == {
        "DataRate": "29.97002997002997", "CameraRate": "29.97002997002997", "NumFrames": "12",
        "NumMarkers": "17", "Units": "mm", "OrigDataRate": "29.97002997002997",
        "OrigDataStartFrame": "1", "OrigNumFrames": "12",
    }  # fmt: skip
    assert [field for field in lines[3].split("\t") if field] == ["Frame#", "Time", *H36M17.joints]
    axes = [f"{axis}{number}" for number in range(1, 18) for axis in "XYZ"]
    assert [field for field in lines[4].split("\t") if field] == axes
    assert lines[5] == "" and lines[-1] == "" and len(lines) == 6 + 12 + 1
    # Every row ends with a tab: OpenSim's reader drops an empty field that ends a line.
    assert {line.count("\t") for line in [lines[3], *lines[4:5], *lines[6:-1]]} == {53}
    table = np.genfromtxt(path, delimiter="\t", skip_header=6)[:, :53]
    assert table[:, 0].tolist() == list(range(1, 13))
    assert np.allclose(table[:, 1], np.arange(12) * 1001 / 30000, rtol=0, atol=5e-7)
    joints = table[:, 2:].reshape(12, 17, 3) / 1000
    assert np.allclose(joints[SEEN], given.joints[SEEN], rtol=0, atol=1e-6)
    assert np.isnan(joints[~SEEN]).all()


@pytest.mark.parametrize("suffix", [".json", ".csv", ".trc"])
def test_nobody_leaves_no_file(tmp_path, suffix):
    nobody = replace(person(), valid=np.zeros(12, bool))
    for people in ([], [nobody]):
        with pytest.raises(NobodyFoundError):
            write(tmp_path / f"out{suffix}", people)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".json", ".csv", ".c3d"])
def test_people_of_different_clips_are_refused(tmp_path, suffix):
    with pytest.raises(ValueError, match="one clip"):
        write(tmp_path / f"out{suffix}", [person(), sequence(walking(5).joints, person=2)])
    assert list(tmp_path.iterdir()) == []
