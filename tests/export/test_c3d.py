"""`.c3d` as ezc3d reads it, and our reader on files that ezc3d wrote from elsewhere."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np
import pytest

from glagcn_cli.errors import InputError, NobodyFoundError, OutputError, UsageError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.readers.saved_poses import read_poses
from glagcn_cli.skeleton import H36M17
from tests.helpers.moving_figure import sequence, walking

ezc3d = pytest.importorskip("ezc3d")
c3d = pytest.importorskip("glagcn_cli.export.c3d")

NTSC = Fraction(30000, 1001)
SEEN = np.arange(30) % 7 != 3


def write(path, people):
    return list(writer_for(path)(path, people, ExportContext()))


def in_place(person):
    """(frames, joints, 3) millimetres, NaN without a pose."""
    return np.where(person.valid[:, None, None], person.joints * 1000.0, np.nan)


def test_one_person_has_joints_as_points(tmp_path):
    person = sequence(walking(30).joints, valid=SEEN, fps=NTSC)
    (path,) = write(tmp_path / "Größe 1.c3d", [person])
    assert list(tmp_path.iterdir()) == [path]
    file = ezc3d.c3d(str(path))
    point = file["parameters"]["POINT"]
    assert tuple(point["LABELS"]["value"]) == H36M17.joints
    assert point["UNITS"]["value"] == ["mm"]
    assert (point["X_SCREEN"]["value"], point["Y_SCREEN"]["value"]) == (["+X"], ["+Y"])
    assert point["RATE"]["value"][0] == pytest.approx(30000 / 1001, rel=1e-7)
    points = file["data"]["points"][:3].transpose(2, 1, 0)
    assert np.allclose(points, in_place(person), rtol=0, atol=1e-3, equal_nan=True)
    residuals = file["data"]["meta_points"]["residuals"][0].T
    assert np.array_equal(residuals, np.where(SEEN, 0.0, -1.0)[:, None].repeat(17, axis=1))


def test_windows_gets_it_in_a_folder_of_plain_letters(tmp_path, monkeypatch):
    (accented := tmp_path / "Größe").mkdir()
    (plain := tmp_path / "plain").mkdir()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(plain))
    made, make = [], c3d.TemporaryDirectory
    monkeypatch.setattr(
        c3d, "TemporaryDirectory", lambda **where: made.append(where["dir"]) or make(**where)
    )
    (path,) = write(accented / "walk.c3d", [sequence(walking(30).joints)])
    assert made == [plain] and [*plain.iterdir()] == []
    assert read_poses(path).sequences[0].valid.all() and [*accented.iterdir()] == [path]
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(accented))
    with pytest.raises(OutputError, match=r"again\.c3d: cannot be written.*set TEMP"):
        write(accented / "again.c3d", [sequence(walking(30).joints)])


def test_several_people_are_told_apart_by_prefixes(tmp_path):
    people = [
        sequence(walking(30).joints, valid=SEEN, person=2),
        sequence(walking(30, heading=90.0).joints, person=1),
    ]
    (path,) = write(tmp_path / "out.c3d", people)
    file = ezc3d.c3d(str(path))
    labels = [f"person{number}:{joint}" for number in (2, 1) for joint in H36M17.joints]
    assert file["parameters"]["POINT"]["LABELS"]["value"] == labels
    subjects = file["parameters"]["SUBJECTS"]
    assert subjects["USED"]["value"].tolist() == [2]
    assert subjects["NAMES"]["value"] == ["person2", "person1"]
    assert subjects["LABEL_PREFIXES"]["value"] == ["person2:", "person1:"]
    points = file["data"]["points"][:3].transpose(2, 1, 0)
    expected = np.concatenate([in_place(person) for person in people], axis=1)
    assert np.allclose(points, expected, rtol=0, atol=1e-3, equal_nan=True)


def test_more_frames_than_the_header_can_count(tmp_path):
    frames = 2**16 + 500
    joints = np.repeat(walking(1).joints, frames, axis=0)
    joints[:, :, 2] += np.linspace(0, 5, frames)[:, None]
    person = sequence(joints, valid=np.arange(frames) % 1000 > 3)
    (path,) = write(tmp_path / "out.c3d", [person])
    for points in (
        ezc3d.c3d(str(path))["data"]["points"][:3].transpose(2, 1, 0) / 1000,
        np.where(person.valid[:, None, None], read_poses(path).sequences[0].joints, np.nan),
    ):
        assert len(points) == frames
        assert np.allclose(points, in_place(person) / 1000, rtol=0, atol=1e-5, equal_nan=True)


def test_more_than_255_points(tmp_path):
    people = [sequence(walking(3).joints + number, person=number) for number in range(1, 18)]
    back = read_poses(write(tmp_path / "out.c3d", people)[0]).sequences
    assert [person.person for person in back] == list(range(1, 18))
    for given, got in zip(people, back, strict=True):
        assert np.abs(got.joints - given.joints).max() < 1e-5


def test_a_suffix_in_capitals_is_kept(tmp_path):
    (path,) = write(tmp_path / "OUT.C3D", [sequence(walking(3).joints)])
    assert [file.name for file in tmp_path.iterdir()] == ["OUT.C3D"]
    assert len(read_poses(path).sequences[0]) == 3


def test_nobody_leaves_no_file(tmp_path):
    with pytest.raises(NobodyFoundError):
        write(tmp_path / "out.c3d", [])
    assert list(tmp_path.iterdir()) == []


def foreign(path, *, scale=-1.0, unit="mm", up="+Y", extra=("clavicle",)):
    """A file of another program: other points among the joints, in another order, and a gap."""
    joints = walking(10).joints[:, ::-1] * {"m": 1, "cm": 100}.get(unit, 1000)
    file = ezc3d.c3d()
    labels = [*extra, *H36M17.joints[::-1]]
    file["parameters"]["POINT"]["LABELS"]["value"] = labels
    file["parameters"]["POINT"]["UNITS"]["value"] = [unit]
    file["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    file["parameters"]["ANALOG"]["LABELS"]["value"] = ["force"]
    file["parameters"]["ANALOG"]["RATE"]["value"] = [200.0]
    file.add_parameter("POINT", "Y_SCREEN", [up])
    points = np.full((3, len(labels), 10), np.nan)
    points[:, len(extra) :] = joints.transpose(2, 1, 0)
    points[:, -1, 4] = np.nan
    file["data"]["points"] = points
    file["data"]["analogs"] = np.arange(20.0).reshape(1, 1, 20)
    file.write(str(path))


@pytest.mark.parametrize("unit", ["mm", "cm", "m", ""])  # millimetres where nothing is said
def test_files_of_other_programs_with_our_joints_are_read(tmp_path, unit):
    foreign(tmp_path / "in.c3d", unit=unit)
    (back,) = read_poses(tmp_path / "in.c3d").sequences
    assert back.fps == 100 and back.person == 1
    assert np.array_equal(back.valid, np.arange(10) != 4)
    expected = walking(10).joints[back.valid]
    assert np.abs(back.joints[back.valid] - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"up": "+Z"}, "+Z"), ({"unit": "in"}, "'in'")],
)
def test_other_axes_and_units_are_refused(tmp_path, changes, said):
    foreign(tmp_path / "in.c3d", **changes)
    with pytest.raises(InputError, match=r"in\.c3d") as caught:
        read_poses(tmp_path / "in.c3d")
    assert said in str(caught.value)


def test_bytes_turned_over_are_read_or_refused(tmp_path):
    """Nothing but InputError comes of a damaged file; ezc3d 1.7.2 takes the process down."""
    path = tmp_path / "out.c3d"
    write(path, [sequence(walking(8).joints)])
    whole, draws = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        content = np.frombuffer(whole, np.uint8).copy()
        places = draws.integers(0, 1600, draws.integers(1, 20))
        content[places] = draws.integers(0, 256, len(places))
        path.write_bytes(content.tobytes())
        try:
            read_poses(path)
        except InputError:
            refused += 1
    assert refused > 50


def test_integer_files_are_read(tmp_path):
    """The other way to store points: 16-bit words times a scale, here by hand from the floats."""
    person = sequence(walking(6).joints, valid=np.arange(6) != 2)
    path = tmp_path / "out.c3d"
    write(path, [person])
    content = path.read_bytes()
    start = (int.from_bytes(content[16:18], "little") - 1) * 512
    floats = np.frombuffer(content, "<f4", 6 * 17 * 4, start).reshape(6, 17, 4)
    scale = np.float32(0.1)
    words = np.round(floats / [scale, scale, scale, 1]).astype("<i2")
    path.write_bytes(content[:12] + scale.tobytes() + content[16:start] + words.tobytes())
    (back,) = read_poses(path).sequences
    assert np.array_equal(back.valid, person.valid)
    assert np.abs(back.joints - person.joints)[person.valid].max() < 0.51e-4


def test_without_ezc3d_the_command_to_install_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    monkeypatch.delitem(sys.modules, "glagcn_cli.export.c3d", raising=False)
    with pytest.raises(UsageError, match="pip install 'ezc3d"):
        writer_for(tmp_path / "out.c3d")


def test_a_full_disk_leaves_nothing(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "import tests.export.test_c3d as here;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "here.write(Path(sys.argv[1]), [here.sequence(here.walking(500).joints)])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "out.c3d")],
        capture_output=True, text=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert "OutputError" in ran.stderr and "out.c3d" in ran.stderr, ran.stderr
    assert list(tmp_path.iterdir()) == []
