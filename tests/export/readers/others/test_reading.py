"""Bodies of other programs: which points they are, upright, right way round and in metres."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path

import ezc3d
import numpy as np
import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.export.readers.others.joint_sets import BY_NAME
from glagcn_cli.export.readers.others.posing import Naming, RecordedPoses
from glagcn_cli.export.readers.others.reading import is_of_others, read_recorded
from glagcn_cli.pipeline.settings import POINT_SETS
from glagcn_cli.skeleton import H36M17
from tests.helpers.recorded_files import (
    CAMERA,
    FPS,
    NAMES,
    POSE2SIM,
    Y_UP,
    Z_UP,
    skin_markers,
    stacked,
    walker,
    world_landmarks,
    write_array,
    write_landmarks,
    write_trc,
)

TRUE = stacked(walker(), H36M17.joints) * [1, -1, -1]
"""The joints in the camera's axes."""

# Joints between others have a place of their own in every set; the rest is to be exact.
LIMBS = [k for k, name in enumerate(H36M17.joints) if name.startswith(("left_", "right_"))]
LOOSE = 0.03


def relative(joints: np.ndarray) -> np.ndarray:
    return joints - joints[:, :1]


def assert_is_the_walker(
    found: RecordedPoses, exact: float = 1e-3, true: np.ndarray = TRUE
) -> None:
    """Everything is where it was, apart from where the origin lies; no yaw is left over."""
    (body,) = found.sequences
    assert body.valid.all() and body.frame == "camera"
    off = np.linalg.norm(relative(body.joints) - relative(true), axis=-1).max(axis=0)
    assert off[LIMBS].max() < exact
    assert off.max() < LOOSE


def test_the_option_offers_all_sets() -> None:
    assert set(POINT_SETS) == set(BY_NAME)


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("turn", [Y_UP, Z_UP, CAMERA], ids=["y up", "z up", "camera"])
@pytest.mark.parametrize("scale", [1.0, 100.0, 1000.0])
def test_arrays_of_every_set_in_any_axes_and_unit(
    tmp_path: Path, kind: str, turn: np.ndarray, scale: float
) -> None:
    path = write_array(tmp_path / "a.npy", kind, turn, scale)
    assert is_of_others(path, Naming()) or (kind, scale, turn is Y_UP) == ("h36m17", 1.0, True)
    found = read_recorded(path, Naming())
    assert_is_the_walker(found)
    assert found.travels and found.level == (turn is not CAMERA) and found.fps is None


@pytest.mark.parametrize("kind", ["h36m17", "mediapipe33", "smpl24", "halpe26"])
def test_mirrored_arrays_are_turned_round(tmp_path: Path, kind: str) -> None:
    path = write_array(tmp_path / "a.npy", kind, np.diag([1.0, 1.0, -1.0]), 1.0)
    assert_is_the_walker(read_recorded(path, Naming()))


def test_said_axes_are_taken_as_said(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "h36m17", Z_UP, 1.0)
    (body,) = read_recorded(path, Naming(axes="y-up")).sequences
    lying = stacked(walker(), H36M17.joints) @ Z_UP.T * [1, -1, -1]
    np.testing.assert_allclose(body.joints, lying, atol=1e-5)


def test_said_units_are_taken_as_said(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "smpl24", Y_UP, 1000.0)
    (body,) = read_recorded(path, Naming(unit="cm")).sequences
    size = np.linalg.norm(relative(body.joints)[:, LIMBS], axis=-1)
    wanted = np.linalg.norm(relative(TRUE)[:, LIMBS], axis=-1)
    np.testing.assert_allclose(size, wanted * 10, rtol=1e-3)


def test_said_joints_are_taken_as_said(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "mpi_inf_3dhp17", Y_UP, 1.0)
    assert_is_the_walker(read_recorded(path, Naming(joints="mpi_inf_3dhp17")))
    with pytest.raises(UsageError, match=r"--joints sam3d70: has 70 points.* 17"):
        read_recorded(path, Naming(joints="sam3d70"))


@pytest.mark.parametrize(
    "form",
    ["python", "javascript", "solutions", "protobuf", "timed", "numbers", "one key"],
)
def test_forms_of_mediapipe(tmp_path: Path, form: str) -> None:
    path = write_landmarks(tmp_path / "a.json", form)
    assert is_of_others(path, Naming())
    found = read_recorded(path, Naming())
    assert_is_the_walker(found, true=TRUE[:60])
    assert not found.travels and not found.level
    assert found.fps == {"javascript": 25, "timed": 25}.get(form)
    if form != "numbers":
        np.testing.assert_allclose(found.sequences[0].scores, 0.9, atol=1e-6)


def test_frames_without_a_pose_are_bridged(tmp_path: Path) -> None:
    path = write_landmarks(tmp_path / "a.json", "sparse")
    (body,) = read_recorded(path, Naming()).sequences
    assert body.valid.all()
    off = np.linalg.norm(relative(body.joints) - relative(TRUE[:60]), axis=-1)
    assert off[np.arange(60) % 10 != 3][:, LIMBS].max() < 1e-3
    assert off.max() < 0.05


def test_landmarks_of_the_picture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"pose_landmarks": [[{"x": 0.1, "y": 0.2}] * 33]}] * 5))
    with pytest.raises(InputError, match="save the world landmarks"):
        read_recorded(path, Naming())


def test_two_people_of_one_file(tmp_path: Path) -> None:
    one = world_landmarks()
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"world_landmarks": [f.tolist(), (f + 1).tolist()]} for f in one]))
    people = read_recorded(path, Naming()).sequences
    assert [person.person for person in people] == [1, 2]
    np.testing.assert_allclose(relative(people[0].joints), relative(people[1].joints), atol=1e-5)


def test_sam_3d_body_with_its_camera(tmp_path: Path) -> None:
    points = stacked(walker(), NAMES["sam3d70"]) @ CAMERA.T
    place = points[:, 9:11].mean(axis=1)
    np.savez(
        tmp_path / "a.npz",
        pred_keypoints_3d=points - place[:, None],
        pred_cam_t=place + np.array([0, 0, 4]),
        fps=25,
        pred_keypoints_2d=np.zeros((100, 70, 2)),
    )
    found = read_recorded(tmp_path / "a.npz", Naming())
    assert_is_the_walker(found)
    assert found.fps == 25 and found.travels
    moved = found.sequences[0].joints - TRUE
    assert np.ptp(moved[:, LIMBS], axis=0).max() < 1e-3, "it goes where the walker goes"


def test_rows_of_numbers_and_visibility(tmp_path: Path) -> None:
    points = np.concatenate([world_landmarks(), np.full((60, 33, 1), 0.7)], axis=-1)
    np.save(tmp_path / "a.npy", points.reshape(60, -1))
    found = read_recorded(tmp_path / "a.npy", Naming())
    assert_is_the_walker(found, true=TRUE[:60])
    np.testing.assert_allclose(found.sequences[0].scores, 0.7, atol=1e-6)


@pytest.mark.parametrize("turn", [Y_UP, Z_UP], ids=["y up", "z up"])
@pytest.mark.parametrize("unit", ["m", "mm"])
def test_markers_of_pose2sim(tmp_path: Path, turn: np.ndarray, unit: str) -> None:
    points = walker()
    markers = {name: points[point] for name, point in POSE2SIM.items()}
    path = write_trc(tmp_path / "a.trc", markers, turn, unit)
    assert is_of_others(path, Naming())
    found = read_recorded(path, Naming())
    assert_is_the_walker(found)
    assert found.fps == 50 and found.travels and found.level


def test_skin_markers_make_hips_inside_the_body(tmp_path: Path) -> None:
    path = write_trc(tmp_path / "a.trc", skin_markers(walker()), Z_UP, "mm")
    assert_is_the_walker(read_recorded(path, Naming()), exact=0.02)


def test_without_a_head_it_is_in_line_with_the_trunk(tmp_path: Path) -> None:
    points = walker()
    markers = {n: points[p] for n, p in POSE2SIM.items() if n not in ("Head", "Nose", "Neck")}
    found = read_recorded(write_trc(tmp_path / "a.trc", markers, Y_UP), Naming())
    (body,) = found.sequences
    off = np.linalg.norm(relative(body.joints) - relative(TRUE), axis=-1)
    assert off[:, LIMBS].max() < 1e-3 and off.max() < 0.06


def test_names_of_opencap(tmp_path: Path) -> None:
    points, markers = walker(), {}
    left = points["left_hip"] - points["right_hip"]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    for s, side, sign in (("r", "right", -1), ("L", "left", 1)):
        markers[f"{s.upper()}HJC_study"] = points[f"{side}_hip"]
        for joint in ("knee", "ankle"):
            markers[f"{s}_{joint}_study"] = points[f"{side}_{joint}"] + 0.05 * sign * left
            markers[f"{s}_m{joint}_study"] = points[f"{side}_{joint}"] - 0.05 * sign * left
        markers[f"{s}_shoulder_study"] = points[f"{side}_shoulder"]
        for joint in ("elbow", "wrist"):
            markers[f"{s}_l{joint}_study"] = points[f"{side}_{joint}"] + 0.03 * sign * left
            markers[f"{s}_m{joint}_study"] = points[f"{side}_{joint}"] - 0.03 * sign * left
    (body,) = read_recorded(write_trc(tmp_path / "a.trc", markers, Y_UP), Naming()).sequences
    off = np.linalg.norm(relative(body.joints) - relative(TRUE), axis=-1)
    assert off[:, LIMBS].max() < 1e-3


def test_a_marker_that_drops_out_is_bridged(tmp_path: Path) -> None:
    points = walker()
    markers = {name: points[point].copy() for name, point in POSE2SIM.items()}
    markers["LKnee"][30:34] = np.nan
    (body,) = read_recorded(write_trc(tmp_path / "a.trc", markers, Y_UP), Naming()).sequences
    assert body.valid.all()
    markers["LKnee"][30:80] = np.nan
    (body,) = read_recorded(write_trc(tmp_path / "a.trc", markers, Y_UP), Naming()).sequences
    assert body.valid.sum() == 50


def write_c3d(path: Path, subjects: dict[str, dict[str, np.ndarray]], up: str | None) -> Path:
    file = ezc3d.c3d()
    labels = [f"{s}:{m}" if s else m for s, markers in subjects.items() for m in markers]
    points = [p @ Z_UP.T * 1000 for markers in subjects.values() for p in markers.values()]
    stack = np.stack(points, axis=1).transpose(2, 1, 0)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["RATE"]["value"] = [FPS]
    file["parameters"]["POINT"]["LABELS"]["value"] = labels
    if up:
        file.add_parameter("POINT", "Y_SCREEN", [up])
    file["data"]["points"] = np.concatenate([stack, np.ones((1, *stack.shape[1:]))])
    file.write(str(path))
    return path


@pytest.mark.parametrize("up", [None, "+Z"])
def test_c3d_of_one_and_of_two_subjects(tmp_path: Path, up: str | None) -> None:
    markers = skin_markers(walker())
    path = write_c3d(tmp_path / "a.c3d", {"": markers}, up)
    assert is_of_others(path, Naming())
    found = read_recorded(path, Naming())
    assert_is_the_walker(found, exact=0.02)
    assert found.fps == 50
    other = {name: points + np.array([2.0, 0, 0]) for name, points in markers.items()}
    path = write_c3d(tmp_path / "b.c3d", {"Anna": markers, "Bert": other}, up)
    people = read_recorded(path, Naming()).sequences
    apart = people[1].joints[:, 0] - people[0].joints[:, 0]
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 2.0, atol=1e-3)


@pytest.mark.parametrize("prefix", ["", "body_"])
def test_tables_of_freemocap(tmp_path: Path, prefix: str) -> None:
    points = stacked(walker(), NAMES["mediapipe33"]) @ Z_UP.T * 1000
    head = ",".join(f"{prefix}{n}_{axis}" for n in NAMES["mediapipe33"] for axis in "xyz")
    np.savetxt(tmp_path / "a.csv", points.reshape(100, -1), delimiter=",", header=head, comments="")
    assert is_of_others(tmp_path / "a.csv", Naming())
    assert_is_the_walker(read_recorded(tmp_path / "a.csv", Naming()))


def test_a_rate_that_is_said_counts(tmp_path: Path) -> None:
    path = write_landmarks(tmp_path / "a.json", "javascript")
    found = read_recorded(path, Naming(fps=Fraction(30000, 1001)))
    assert found.fps == found.sequences[0].fps == Fraction(30000, 1001)


def test_one_frame_is_a_pose(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", stacked(walker(1), NAMES["smpl24"])[0])
    (body,) = read_recorded(tmp_path / "a.npy", Naming()).sequences
    assert len(body) == 1 and body.valid.all()


def test_frames_of_nan_have_no_pose(tmp_path: Path) -> None:
    points = stacked(walker(), NAMES["sam3d70"])
    points[:10] = np.nan
    points[40:95] = np.nan
    np.save(tmp_path / "a.npy", points)
    (body,) = read_recorded(tmp_path / "a.npy", Naming()).sequences
    assert not body.valid[40:95].any() and body.valid[10:40].all() and not body.valid[:10].any()
    points[:] = np.nan
    np.save(tmp_path / "a.npy", points)
    with pytest.raises(InputError, match="nobody has all joints"):
        read_recorded(tmp_path / "a.npy", Naming())


@pytest.mark.parametrize("suffix", [".pkl", ".pt", ".pth", ".pickle"])
def test_pickles_are_refused_with_what_to_do(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(pickle.dumps({"joints": 1}))
    assert is_of_others(path, Naming())
    with pytest.raises(InputError, match=r"numpy\.save"):
        read_recorded(path, Naming())


class _Harm:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self.marker,)


def test_pickles_inside_numpy_files_are_not_run(tmp_path: Path) -> None:
    harm = np.array([_Harm(tmp_path / "ran")], dtype=object)
    np.save(tmp_path / "a.npy", harm, allow_pickle=True)
    np.savez(tmp_path / "b.npz", positions_3d=harm)
    for name in ("a.npy", "b.npz"):
        with pytest.raises(InputError):
            read_recorded(tmp_path / name, Naming())
    assert not (tmp_path / "ran").exists()


def test_arrays_of_nobody_are_answered_with_what_is_known(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((10, 19, 3)))
    with pytest.raises(InputError, match=r"float64 \(10, 19, 3\).*33 \(mediapipe33\)"):
        read_recorded(tmp_path / "a.npy", Naming())
    np.savez(tmp_path / "b.npz", betas=np.zeros(10), poses=np.zeros((9, 72)))
    with pytest.raises(InputError, match=r"no array of bodies \(betas \(10,\), poses"):
        read_recorded(tmp_path / "b.npz", Naming())


def test_rotations_of_smpl_are_no_joints(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((10, 72)))
    with pytest.raises(InputError, match="rotations of SMPL"):
        read_recorded(tmp_path / "a.npy", Naming())


def test_sizes_that_nobody_has_need_the_unit(tmp_path: Path) -> None:
    path = write_array(tmp_path / "a.npy", "smpl24", Y_UP, 0.02)
    with pytest.raises(UsageError, match="--unit"):
        read_recorded(path, Naming())


def test_markers_that_make_no_body_are_named(tmp_path: Path) -> None:
    points = walker()
    markers = {f"M{k}": points["hip"] for k in range(12)}
    with pytest.raises(InputError, match=r"can be made of its points; its points are M0, M1"):
        read_recorded(write_trc(tmp_path / "a.trc", markers, Y_UP), Naming())


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1, 2]", '{"a": [[[1, 2, 3]]]}', "[" * 5000])
def test_other_json_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"a\.json"):
        read_recorded(path, Naming())
