"""Every set of points that other programs write, in every way of writing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.errors import InputError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, read_keypoints
from glagcn_cli.keypoints.formats.point_sets import (
    BLAZEPOSE_33,
    BODY_25,
    BODY_25B,
    COCO_18,
    POINT_SETS,
    PointSet,
    point_set_by_names,
)
from glagcn_cli.skeleton import COCO17, COCO25, EXTREMITIES, HALPE26
from tests.helpers.kept_detections import SIZE, video
from tests.helpers.walkers import points_2d

FRAMES = 3
JOINTS = points_2d(FRAMES, SIZE).keypoints.astype(float)
EXTRA = np.array([SIZE[0] / 2, SIZE[1] / 2])  # where points lie that no joint is taken from

SETS = {point_set.name: point_set for point_set in POINT_SETS}


def points_of(point_set: PointSet, frame: int) -> np.ndarray:
    """Points (count, 2) of somebody whose joints are `JOINTS`."""
    points = np.tile(EXTRA, (point_set.count, 1))
    points[list(point_set.columns)[:17]] = JOINTS[frame]
    return points


def triples(points: np.ndarray, score: float = 0.8) -> list[float]:
    return np.insert(points, 2, score, axis=1).ravel().tolist()


def folder(path: Path, people: Callable[[int], list[Any]], key: str = "people") -> Path:
    path.mkdir()
    for frame in range(FRAMES):
        document = {"version": 1.3, key: people(frame)}
        (path / f"cam01_{frame:06d}.json").write_text(json.dumps(document))
    return path


def one_file(path: Path, document: Any) -> Path:
    path.mkdir()
    (path / "a.json").write_text(json.dumps(document))
    return path / "a.json"


def laid_out(path: Path) -> ClipDetections:
    return for_video(read_keypoints(path), path, video(Path("v.mp4"), None), lambda: FRAMES)


def assert_read(path: Path, score: float = 0.8) -> None:
    found = laid_out(path)
    assert [len(frame) for frame in found.frames] == [1] * FRAMES
    for frame, joints in zip(found.frames, JOINTS, strict=True):
        np.testing.assert_allclose(frame.keypoints[0, :17], joints, atol=1e-3)
        seen = frame.scores[0] > 0
        assert seen[:17].all()
        np.testing.assert_allclose(frame.scores[0, seen], score, atol=1e-6)


# Ways of writing: a person's points, and what is around them.

PERSONS: dict[str, Callable[[np.ndarray], dict[str, Any]]] = {
    "pose_keypoints_2d": lambda p: {"pose_keypoints_2d": triples(p), "face_keypoints_2d": []},
    "pose_keypoints": lambda p: {"pose_keypoints": triples(p)},
    "body_parts": lambda p: {"body_parts": triples(p)},
    "keypoints": lambda p: {"person_id": [-1], "keypoints": triples(p)},
    "rows": lambda p: {"keypoints": [[*xy, 0.8] for xy in p.tolist()]},
    "scores apart": lambda p: {"keypoints": p.tolist(), "keypoint_scores": [0.8] * len(p)},
    "flat, scores apart": lambda p: {"keypoints": p.ravel().tolist(), "kp_score": [0.8] * len(p)},
    "objects": lambda p: {"keypoints": [{"x": x, "y": y, "score": 0.8} for x, y in p.tolist()]},
    "visibility": lambda p: {
        "landmarks": [{"x": x, "y": y, "z": 0.1, "visibility": 0.8} for x, y in p.tolist()]
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("way", PERSONS)
def test_every_set_in_every_way_in_a_folder(tmp_path: Path, name: str, way: str) -> None:
    person = PERSONS[way]
    path = folder(tmp_path / "json", lambda frame: [person(points_of(SETS[name], frame))])
    assert_read(path)
    assert laid_out(path).joint_set is SETS[name].joint_set


@pytest.mark.parametrize("name", SETS)
def test_two_numbers_a_point_have_score_1_but_where_nothing_was_seen(
    tmp_path: Path, name: str
) -> None:
    def people(frame: int) -> list[Any]:
        points = points_of(SETS[name], frame)
        points[SETS[name].columns[9]] = 0
        return [{"pose_keypoints_2d": points.ravel().tolist()}]

    for frame in laid_out(folder(tmp_path / "json", people)).frames:
        assert frame.scores[0, 9] == 0
        assert np.delete(frame.scores[0, :17], 9).min() == 1
        np.testing.assert_allclose(
            np.delete(frame.keypoints[0, :17], 9, axis=0), np.delete(JOINTS[0], 9, axis=0),
            atol=1e-3,
        )  # fmt: skip


def by_image(point_set: PointSet, image: Callable[[int], Any]) -> list[Any]:
    return [
        {"image_id": image(n), "category_id": 1, "keypoints": triples(points_of(point_set, n)),
         "score": 2.9, "box": [1, 2, 3, 4], "idx": [1]}
        for n in range(FRAMES)
    ]  # fmt: skip


def alphapose_object(point_set: PointSet, people: str, points: str) -> dict[str, Any]:
    return {
        f"{n}.jpg": {"version": "AlphaPose v0.3",
                     people: [{points: triples(points_of(point_set, n))}]}
        for n in range(FRAMES)
    }  # fmt: skip


def instances(point_set: PointSet, frame: int) -> list[Any]:
    points = points_of(point_set, frame)
    return [{"keypoints": points.tolist(), "keypoint_scores": [0.8] * len(points),
             "bbox": [[1, 2, 3, 4]], "bbox_score": 0.9}]  # fmt: skip


DOCUMENTS: dict[str, Callable[[PointSet], Any]] = {
    "AlphaPose": lambda s: by_image(s, lambda n: f"{n}.jpg"),
    "AlphaPose cmu": lambda s: alphapose_object(s, "bodies", "joints"),
    "AlphaPose open": lambda s: alphapose_object(s, "people", "pose_keypoints_2d"),
    "PoseFlow": lambda s: {f"{n}.jpg": [{"keypoints": triples(points_of(s, n)), "scores": 2.1,
                                         "idx": 1}] for n in range(FRAMES)},
    "COCO": lambda s: by_image(s, lambda n: n),
    "COCO of category 0": lambda s: [row | {"category_id": 0} for row in by_image(s, int)],
    "MMPose": lambda s: {"instance_info": [
        {"frame_id": n + 1, "instances": instances(s, n)} for n in range(FRAMES)]},
    "MMPose's list": lambda s: [
        {"frame_id": n, "instances": instances(s, n)} for n in range(FRAMES)],
    "frames": lambda s: [{"people": instances(s, n)} for n in range(FRAMES)],
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_set_in_every_kind_of_file(tmp_path: Path, name: str, kind: str) -> None:
    path = one_file(tmp_path / "file", DOCUMENTS[kind](SETS[name]))
    assert_read(path)
    assert laid_out(path).joint_set is SETS[name].joint_set


@pytest.mark.parametrize(("key", "points"), [("bodies", "joints"), ("people", "pose_keypoints_2d")])
def test_alphaposes_files_of_one_picture_in_a_folder(tmp_path: Path, key: str, points: str) -> None:
    people = [{points: triples(points_of(SETS["OpenPose's COCO-18"], 0))}]
    assert_read(folder(tmp_path / "sep-json", lambda _: people, key))


@pytest.mark.parametrize("unseen", [(), (0, 1, 2, 3, 4), (11, 12, 13, 14, 15, 16), (5, 7, 9)])
@pytest.mark.parametrize("name", ["BODY_25", "BODY_25B"])
def test_two_sets_of_25_points_are_told_apart(
    tmp_path: Path, name: str, unseen: tuple[int, ...]
) -> None:
    def people(frame: int) -> list[Any]:
        points = np.insert(points_of(SETS[name], frame), 2, 0.8, axis=1)
        points[[SETS[name].columns[joint] for joint in unseen]] = 0
        return [{"pose_keypoints_2d": points.ravel().tolist()}]

    seen = [joint for joint in range(17) if joint not in unseen]
    for frame, joints in zip(laid_out(folder(tmp_path / "f", people)).frames, JOINTS, strict=True):
        np.testing.assert_allclose(frame.keypoints[0, seen], joints[seen], atol=1e-3)
        assert np.flatnonzero(frame.scores[0, :17] == 0).tolist() == list(unseen)


def test_points_of_blazepose_may_have_four_numbers(tmp_path: Path) -> None:
    def people(frame: int) -> list[Any]:
        points = points_of(SETS["BlazePose 33"], frame)
        return [{"keypoints": np.c_[points, np.full(33, -0.3), np.full(33, 0.8)].ravel().tolist()}]

    assert_read(folder(tmp_path / "f", people))


def test_shares_of_the_picture_are_scaled(tmp_path: Path) -> None:
    point_set = SETS["BlazePose 33"]
    path = folder(
        tmp_path / "f", lambda n: [PERSONS["visibility"]((points_of(point_set, n) + 0.5) / SIZE)]
    )
    assert_read(path)


def test_shares_about_the_middle_of_the_picture_are_refused(tmp_path: Path) -> None:
    centred = [(points_of(SETS["BODY_25"], n) / SIZE) * 2 - 1 for n in range(FRAMES)]
    path = folder(tmp_path / "f", lambda n: [{"pose_keypoints_2d": triples(centred[n])}])
    with pytest.raises(
        InputError, match=r"shares of the picture from 0 to 1, found numbers from -"
    ):
        laid_out(path)


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_gap_in_a_point_says_that_it_was_not_seen(tmp_path: Path, value: Any) -> None:
    values: list[Any] = triples(points_of(SETS["COCO-17"], 0))
    values[15] = value  # x of the left shoulder
    values[20] = value  # score of the right shoulder
    (found, *_) = laid_out(folder(tmp_path / "f", lambda _: [{"keypoints": values}])).frames
    assert np.flatnonzero(found.scores[0] == 0).tolist() == [5, 6]


@pytest.mark.parametrize("people", [[{"pose_keypoints_2d": []}], [{"pose_keypoints_2d": [0] * 75}]])
def test_people_of_whom_nothing_was_seen_are_nobody(tmp_path: Path, people: list[Any]) -> None:
    assert [len(f) for f in laid_out(folder(tmp_path / "f", lambda _: people)).frames] == [0] * 3


def test_points_stand_where_their_programs_document_them() -> None:
    places = {
        BODY_25: {0: "nose", 1: "neck", 2: "right_shoulder", 4: "right_wrist", 7: "left_wrist",
                  8: "hip", 9: "right_hip", 11: "right_ankle", 12: "left_hip", 14: "left_ankle",
                  15: "right_eye", 16: "left_eye", 18: "left_ear", 19: "left_big_toe",
                  21: "left_heel", 24: "right_heel"},
        BODY_25B: {1: "left_eye", 4: "right_ear", 5: "left_shoulder", 10: "right_wrist",
                   11: "left_hip", 16: "right_ankle", 17: "neck", 18: "head_top",
                   19: "left_big_toe", 22: "right_big_toe", 24: "right_heel"},
        COCO_18: {1: "neck", 8: "right_hip", 13: "left_ankle", 14: "right_eye", 17: "left_ear"},
        BLAZEPOSE_33: {0: "nose", 2: "left_eye", 5: "right_eye", 7: "left_ear", 8: "right_ear",
                       9: "left_mouth", 11: "left_shoulder", 12: "right_shoulder",
                       15: "left_wrist", 16: "right_wrist", 23: "left_hip", 24: "right_hip",
                       27: "left_ankle", 28: "right_ankle", 29: "left_heel",
                       32: "right_big_toe"},
    }  # fmt: skip
    assert [len(names) for names in places] == [25, 25, 18, 33]
    for names, known in places.items():
        assert {place: names[place] for place in known} == known


def test_every_set_has_every_joint_once() -> None:
    for point_set in POINT_SETS:
        assert point_set.joint_set in (COCO17, COCO25, HALPE26)
        assert len(point_set.columns) == len(point_set.joint_set)
        there = [column for column in point_set.columns if column >= 0]
        assert len(set(there)) == len(there) >= 17
        assert max(there) < point_set.count


# Numbers of heels, toes, knuckles of the index and of the little finger, left before right, as the
# programs' documents list them.
ENDS = {
    "BODY_25": (21, 24, 19, 22, None, None, None, None),
    "BODY_25B": (21, 24, 19, 22, None, None, None, None),
    "HALPE_26": (24, 25, 20, 21, None, None, None, None),
    "BlazePose 33": (29, 30, 31, 32, 19, 20, 17, 18),
    "HALPE_68": (24, 25, 20, 21, 31, 52, 43, 64),
    "COCO-133 whole body": (19, 22, 17, 20, 96, 117, 108, 129),
    "BODY_135": (21, 24, 19, 22, 29, 49, 41, 61),
    "HALPE_136": (24, 25, 20, 21, 99, 120, 111, 132),
}


@pytest.mark.parametrize("name", ENDS)
def test_feet_and_palms_are_read_where_a_set_has_them(tmp_path: Path, name: str) -> None:
    def people(frame: int) -> list[Any]:
        points = np.insert(points_of(SETS[name], frame), 2, 0.8, axis=1)
        for number, place in enumerate(ENDS[name]):
            if place is not None:
                points[place] = 5 + number, 500 + number, 0.1 + 0.1 * number
        return [{"pose_keypoints_2d": points.ravel().tolist()}]

    clip = laid_out(folder(tmp_path / "f", people))
    for number, joint in enumerate(EXTREMITIES):
        if ENDS[name][number] is None:
            if joint in clip.joint_set.joints:
                assert clip.frames[0].scores[0, clip.joint_set.index(joint)] == 0
            continue
        at = clip.joint_set.index(joint)
        assert clip.frames[0].keypoints[0, at].tolist() == [5 + number, 500 + number]
        assert clip.frames[0].scores[0, at] == pytest.approx(0.1 + 0.1 * number)


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("left_forefinger1", "left_index_knuckle"), ("left_forefinger2", None),
        ("LEFT_FOOT_INDEX", "left_big_toe"), ("RBigToe", "right_big_toe"),
        ("right_pinky_finger1", "right_little_knuckle"), ("right_pinky", "right_little_knuckle"),
        ("Left Heel", "left_heel"), ("heel_l", "left_heel"), ("RSmallToe", None),
        ("left_thumb1", None), ("left_index_knuckle", "left_index_knuckle"),
    ],
)  # fmt: skip
def test_feet_and_palms_are_told_by_their_names(name: str, joint: str | None) -> None:
    names = [*COCO17.joints, name]
    found = point_set_by_names(names)
    if joint is None:
        assert found.joint_set is COCO17
    else:
        assert found.joint_set is COCO25
        assert found.columns[COCO25.index(joint)] == 17
        assert sorted(found.columns)[:7] == [-1] * 7
