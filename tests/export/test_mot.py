"""`.mot` and the model beside it, with and without OpenSim."""

from __future__ import annotations

import logging
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glagcn_cli.biomechanics.opensim import inverse_kinematics
from glagcn_cli.biomechanics.opensim.inverse_kinematics import OpenSimError
from glagcn_cli.errors import NobodyFoundError, OutputError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.halves import LOWER, UPPER
from glagcn_cli.poses import PoseSequence
from tests.helpers.moving_figure import sequence, walking

FRAMES = 12


def no_opensim() -> None:
    raise OpenSimError("OpenSim is not installed; pip install 'glagcn[opensim]'")


@pytest.fixture
def way(request, monkeypatch) -> str:
    """Write with OpenSim, which is skipped where there is none, or as if there were none."""
    if request.param == "opensim":
        pytest.importorskip("opensim")
    else:
        monkeypatch.setattr(inverse_kinematics, "opensim_module", no_opensim)
    return str(request.param)


BOTH_WAYS = pytest.mark.parametrize("way", ["opensim", "geometry"], indirect=True)


def written(path: Path, *people: PoseSequence, **settings) -> list[Path]:
    return list(writer_for(path)(path, people, ExportContext(settings=settings)))


def read(path: Path) -> tuple[dict[str, str], list[str], np.ndarray]:
    """Header, columns and rows of a motion, as OpenSim's documents describe them."""
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    assert first == "Coordinates"
    end = lines.index("endheader")
    header = dict(line.split("=") for line in lines[:end])
    rows = [[float(field) for field in line.split("\t")] for line in lines[end + 2 :]]
    return header, lines[end + 1].split("\t"), np.array(rows)


@BOTH_WAYS
def test_a_motion_and_a_model_are_written_and_nothing_else(tmp_path, way):
    files = written(tmp_path / "walk.mot", sequence(walking(FRAMES).joints))
    assert files == [tmp_path / "walk.mot", tmp_path / "walk.osim"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    header, columns, rows = read(files[0])
    assert header == {
        "version": "1", "nRows": str(FRAMES), "nColumns": str(len(columns)), "inDegrees": "yes",
    }  # fmt: skip
    assert columns[0] == "time" and len(set(columns)) == len(columns)
    assert rows[:, 0] == pytest.approx(np.arange(FRAMES) / 50)
    knee = rows[:, columns.index("knee_angle_r")]
    assert knee == pytest.approx(35 + 25 * np.cos(2 * np.pi * rows[:, 0]), abs=6)


@BOTH_WAYS
def test_frames_without_a_pose_have_no_row(tmp_path, way):
    valid = np.ones(FRAMES, bool)
    valid[[0, 5, 6]] = False
    (motion, _) = written(tmp_path / "a.mot", sequence(walking(FRAMES).joints, valid=valid))
    header, _, rows = read(motion)
    assert header["nRows"] == str(FRAMES - 3)
    assert rows[:, 0] == pytest.approx(np.flatnonzero(valid) / 50)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(("way", "told"), [("opensim", "by OpenSim 4"), ("geometry", "geometry")],
                         indirect=["way"])  # fmt: skip
def test_a_line_says_which_way_was_taken(tmp_path, caplog, way, told):
    with caplog.at_level(logging.INFO, "glagcn_cli"):
        written(tmp_path / "a.mot", sequence(walking(3).joints))
    (record,) = caplog.records
    assert told in record.getMessage() and "a.mot" in record.getMessage()
    if way == "geometry":
        assert "pip install 'glagcn[opensim]'" in record.getMessage()


def test_the_model_refers_to_bodies_and_coordinates_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opensim", None)
    motion, model = written(tmp_path / "walk.mot", sequence(walking(4).joints))
    root = ElementTree.fromstring(model.read_bytes())
    assert root.find("Model").get("name") == "walk"
    coordinates = {one.get("name") for one in root.iter("Coordinate")}
    assert set(read(motion)[1][1:]) < coordinates
    bodies = {f"/bodyset/{one.get('name')}" for one in root.iter("Body")}
    assert {one.text for one in root.iter("socket_parent_frame") if "/bodyset" in one.text} < bodies
    assert "Copyright (c) 2022, perfanalytics" in root.findtext("Model/credits")


def test_people_get_files_of_their_own_and_the_mass_is_the_first_ones(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "opensim", None)
    joints = walking(4).joints
    people = [sequence(joints, person=2), sequence(joints * 0.7, person=5)]
    files = written(tmp_path / "a.mot", *people, mass=91.0)
    assert [file.name for file in files] == ["a.mot", "a.osim", "a.person5.mot", "a.person5.osim"]
    masses = []
    for model in (files[1], files[3]):
        root = ElementTree.fromstring(model.read_bytes())
        masses.append(sum(float(body.findtext("mass")) for body in root.iter("Body")))
    assert masses[0] == pytest.approx(91.0) and masses[1] < 50


def test_a_model_that_is_there_is_not_replaced_unasked(tmp_path):
    model = tmp_path / "a.osim"
    model.write_text("mine")
    with pytest.raises(OutputError, match=r"a\.osim"):
        written(tmp_path / "a.mot", sequence(walking(3).joints))
    assert model.read_text() == "mine" and list(tmp_path.iterdir()) == [model]


def test_nobody_is_told(tmp_path):
    person = sequence(walking(3).joints, valid=np.zeros(3, bool))
    with pytest.raises(NobodyFoundError):
        written(tmp_path / "a.mot", person)
    assert not list(tmp_path.iterdir())


@BOTH_WAYS
def test_it_is_the_same_from_poses_that_were_saved(tmp_path, way):
    person = sequence(walking(6).joints)
    (saved,) = written(tmp_path / "a.npz", person)
    first = written(tmp_path / "one" / "a.mot", person)
    again = written(tmp_path / "two" / "a.mot", *read_poses(saved).sequences)
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]


@BOTH_WAYS
@pytest.mark.parametrize("half", [UPPER, LOWER], ids=lambda half: half.name)
def test_half_bodies_have_the_coordinates_of_their_half(tmp_path, way, half):
    person = replace(sequence(walking(6).joints), absent=half.mask())
    motion, _ = written(tmp_path / "a.mot", person)
    _, columns, rows = read(motion)
    assert ("knee_angle_r" in columns) == (half is UPPER)
    assert ("elbow_flex_r" in columns) == (half is LOWER)
    assert len(rows) == 6


def test_joints_that_are_no_bodys_are_warned_of(tmp_path, caplog):
    pytest.importorskip("opensim")
    mirrored = walking(3).joints * [-1.0, 1.0, 1.0]
    written(tmp_path / "a.mot", sequence(mirrored))
    (record,) = caplog.records
    assert record.levelno == logging.WARNING and "no body moves" in record.getMessage()


def test_opensim_opens_both(tmp_path):
    opensim = pytest.importorskip("opensim")
    motion, model = written(tmp_path / "walk.mot", sequence(walking(FRAMES).joints))
    opened, table = opensim.Model(str(model)), opensim.TimeSeriesTable(str(motion))
    opened.initSystem()
    known = [one.getName() for one in opened.getCoordinateSet()]
    assert set(table.getColumnLabels()) < set(known)
    assert table.getNumRows() == FRAMES
    assert table.getTableMetaDataString("inDegrees") == "yes"
    assert opened.getTotalMass(opened.initSystem()) > 20


@BOTH_WAYS
def test_model_motion_and_markers_fit_together_as_opensim_reads_them(tmp_path, way):
    opensim = pytest.importorskip("opensim", reason="it reads what either way has written")
    person = sequence(walking(FRAMES, heading=30.0).joints)
    motion, model = written(tmp_path / "walk.mot", person)
    (markers,) = written(tmp_path / "walk.trc", person)
    opened, table = opensim.Model(str(model)), opensim.TimeSeriesTable(str(motion))
    state, places = opened.initSystem(), opensim.TimeSeriesTableVec3(str(markers))
    assert places.getTableMetaDataString("Units") == "mm"
    apart = []
    for row in range(table.getNumRows()):
        values = table.getRowAtIndex(row)
        for column, name in enumerate(table.getColumnLabels()):
            turned = (
                values[column] if name[-2:] in ("tx", "ty", "tz") else np.radians(values[column])
            )
            opened.getCoordinateSet().get(name).setValue(state, float(turned), False)
        opened.realizePosition(state)
        joints = places.getRowAtIndex(row)
        for column, name in enumerate(places.getColumnLabels()):
            place = opened.getMarkerSet().get(name).getLocationInGround(state).to_numpy()
            apart.append(place - np.array([joints[column].get(axis) for axis in range(3)]) / 1000)
    rms = np.sqrt((np.array(apart) ** 2).sum(axis=1).mean())
    assert rms < (0.015 if way == "opensim" else 0.04)


def test_where_opensim_fails_the_geometry_stands_in(tmp_path, monkeypatch, caplog):
    class Failing:
        def __init__(self, *_: object) -> None:
            raise RuntimeError("Assembly failed\nin a file of C++")

    monkeypatch.setattr(inverse_kinematics, "opensim_module", lambda: None)
    monkeypatch.setattr(inverse_kinematics, "_Solver", Failing)
    with caplog.at_level(logging.INFO, "glagcn_cli"):
        motion, _ = written(tmp_path / "a.mot", sequence(walking(3).joints))
    assert "by our own geometry, for OpenSim failed (Assembly failed)" in caplog.text
    assert len(read(motion)[2]) == 3
