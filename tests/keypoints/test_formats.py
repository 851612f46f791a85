"""2D keypoints of other programs: known answers, and hostile files made up by hypothesis."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glagcn_cli.errors import InputError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, read_keypoints, save_keypoints
from glagcn_cli.keypoints.formats.numbered import NumberedDetections
from glagcn_cli.keypoints.formats.openpose import BODY_25, COCO_18
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17, HALPE26, JointSet
from glagcn_cli.video.clip_times import ClipRange
from tests.helpers.kept_detections import assert_same, detections, kept, video

# Two people, one, nobody, one.
FRAMES = [detections(count, seed=seed) for seed, count in enumerate((2, 1, 0, 1))]


def laid_out(path: Path, length: int = 4) -> ClipDetections:
    return for_video(read_keypoints(path), path, video(path.parent / "v.mp4", None), lambda: length)


def write(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def triples(frame: FrameDetections, person: int) -> list[float]:
    return np.insert(frame.keypoints[person], 2, frame.scores[person], axis=1).ravel().tolist()


def extent(box: Any) -> list[float]:
    left, top, right, bottom = (float(v) for v in box)
    return [left, top, right - left, bottom - top]


def people_by_image(names: list[Any], box: str, joint_set: JointSet = COCO17) -> list[Any]:
    frames = [detections(len(f), joint_set, seed) for seed, f in enumerate(FRAMES)]
    return [
        {"image_id": name, "category_id": 1, "score": float(frame.box_scores[i]),
         "keypoints": triples(frame, i), box: extent(frame.boxes[i])}
        for name, frame in zip(names, frames, strict=True) for i in range(len(frame))
    ]  # fmt: skip


def mmpose_entries(first: int) -> list[Any]:
    return [
        {"frame_id": first + n, "instances": [
            {"keypoints": frame.keypoints[i].tolist(), "keypoint_scores": frame.scores[i].tolist(),
             "bbox": [frame.boxes[i].tolist()], "bbox_score": float(frame.box_scores[i])}
            for i in range(len(frame))
        ]} for n, frame in enumerate(FRAMES)
    ]  # fmt: skip


MMPOSE_META = {"keypoint_id2name": {str(i): name for i, name in enumerate(COCO17.joints)}}


@pytest.mark.parametrize(
    "document",
    [
        {"meta_info": MMPOSE_META, "instance_info": mmpose_entries(1)},
        {"instance_info": mmpose_entries(0)},
        mmpose_entries(0),
        people_by_image([0, 1, 2, 3], "bbox"),
        people_by_image([1, 2, 3, 4], "bbox"),
        people_by_image(["0.jpg", "1.jpg", "2.jpg", "3.jpg"], "box"),
        people_by_image([f"walk2_{n:05d}.png" for n in range(4)], "box"),
    ],
    ids=["demo", "no names", "inferencer", "COCO", "COCO from 1", "AlphaPose", "pictures"],
)
def test_people_come_out_as_they_went_in(tmp_path: Path, document: Any) -> None:
    found = laid_out(write(tmp_path / "a.json", document))
    assert found.joint_set is COCO17
    for frame, expected in zip(found.frames, FRAMES, strict=True):
        np.testing.assert_allclose(frame.boxes, expected.boxes, atol=1e-4)
        np.testing.assert_array_equal(frame.keypoints, expected.keypoints)
        np.testing.assert_array_equal(frame.scores, expected.scores)
        np.testing.assert_array_equal(frame.box_scores, expected.box_scores)


@pytest.mark.parametrize("names", [BODY_25, COCO_18], ids=["BODY_25", "COCO_18"])
@pytest.mark.parametrize("first", [0, 1, 345])
def test_openpose(tmp_path: Path, names: tuple[str, ...], first: int) -> None:
    for number, frame in enumerate(FRAMES):
        people = []
        for keypoints, scores in zip(frame.keypoints, frame.scores, strict=True):
            known = dict(zip(COCO17.joints, np.c_[keypoints, scores].tolist(), strict=True))
            points = [known.get(name, [600.0, 600.0, 1.0]) for name in names]
            people.append({"pose_keypoints_2d": np.ravel(points).tolist(), "face_keypoints_2d": []})
        file = tmp_path / f"in_{first + number:012d}_keypoints.json"
        write(file, {"version": 1.3, "people": people})
    for frame, expected in zip(laid_out(tmp_path).frames, FRAMES, strict=True):
        np.testing.assert_array_equal(frame.keypoints, expected.keypoints)
        np.testing.assert_array_equal(frame.scores, expected.scores)
        np.testing.assert_array_equal(frame.boxes, expected.boxes)


def test_openpose_lists_its_points_in_this_order() -> None:
    # As its documentation numbers them.
    assert len(BODY_25) == 25 and len(COCO_18) == 18
    for place, name in {
        0: "nose", 1: "neck", 2: "right_shoulder", 4: "right_wrist", 7: "left_wrist", 8: "hip",
        9: "right_hip", 11: "right_ankle", 12: "left_hip", 14: "left_ankle", 15: "right_eye",
        16: "left_eye", 18: "left_ear", 19: "left_big_toe", 21: "left_heel", 24: "right_heel",
    }.items():  # fmt: skip
        assert BODY_25[place] == name
    for place, name in {1: "neck", 8: "right_hip", 13: "left_ankle", 17: "left_ear"}.items():
        assert COCO_18[place] == name


@pytest.mark.parametrize(
    ("points", "joint_set"), [(26, HALPE26), (133, COCO17), (136, HALPE26), (17, COCO17)]
)
def test_larger_sets_begin_with_the_body(tmp_path: Path, points: int, joint_set: JointSet) -> None:
    row = np.c_[np.arange(points) + 10.0, np.arange(points) + 50.0, np.full(points, 2.5)]
    people = [{"image_id": "3.jpg", "keypoints": row.ravel().tolist(), "score": 3.1, "idx": 1}]
    found = laid_out(write(tmp_path / "a.json", people))
    assert found.joint_set is joint_set
    assert [len(frame) for frame in found.frames] == [0, 0, 0, 1]
    np.testing.assert_array_equal(found.frames[3].keypoints[0], row[: len(joint_set), :2])
    # AlphaPose's scores go beyond 1.
    assert found.frames[3].scores.max() == found.frames[3].box_scores.max() == 1


def test_points_of_mmpose_are_told_by_name(tmp_path: Path) -> None:
    order = np.random.default_rng(3).permutation(17)
    names = {str(i): COCO17.joints[j] for i, j in enumerate(order)}
    entries = mmpose_entries(0)
    for entry in entries:
        for person in entry["instances"]:
            person["keypoints"] = [person["keypoints"][j] for j in order]
            person["keypoint_scores"] = [person["keypoint_scores"][j] for j in order]
    document = {"meta_info": {"keypoint_id2name": names}, "instance_info": entries}
    for frame, expected in zip(
        laid_out(write(tmp_path / "a.json", document)).frames, FRAMES, strict=True
    ):
        assert_same(frame, expected)


def test_a_joint_that_was_not_seen_does_not_stretch_the_box(tmp_path: Path) -> None:
    values = triples(FRAMES[1], 0)
    values[:3] = [0.0, 0.0, 0.0]
    write(tmp_path / "a_0_keypoints.json", {"people": [{"pose_keypoints_2d": values + [0.0] * 3}]})
    box = laid_out(tmp_path, 1).frames[0].boxes[0]
    assert box.min() >= 5  # where `detections` begins


def test_a_file_that_is_out_of_step_is_told_of(tmp_path: Path, caplog: Any) -> None:
    path = write(tmp_path / "a.json", mmpose_entries(0))
    assert len(laid_out(path, 4)) == 4 and not caplog.records
    assert [len(f) for f in laid_out(path, 9).frames] == [2, 1, 0, 1, 0, 0, 0, 0, 0]
    assert "may be out of step" in caplog.text
    with pytest.raises(InputError, match=r"a\.json: .*goes on to frame 4 of a video of 1"):
        laid_out(path, 1)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"people": []}, "name the folder"),
        ({"annotations": []}, "results are read"),
        ({"other": 1}, "no program"),
        (7, "neither an object nor a list"),
        ({"instance_info": []}, "no frames"),
        ([{"keypoints": [[1, 2]], "keypoint_scores": [1]}], "one picture"),
        ([{"image_id": 0, "keypoints": [1, 2, 3]}], "people of 1 points"),
        ([{"image_id": 0, "keypoints": [0.5, 0.5, 1] * 17}], "in pixels"),
        ([{"image_id": 0, "keypoints": [1e9, 5, 1] * 17}], "far beyond"),
        ([{"image_id": -1, "keypoints": [50, 5, 1] * 17}], "no frame -1"),
        ([{"image_id": 0, "keypoints": ["50", 5, 1] * 17}], "list of numbers"),
        ([{"image_id": 0, "keypoints": [10**400, 5, 1] * 17}], "too large"),
        ([{"image_id": 0.5, "keypoints": [50, 5, 1] * 17}], "no number of a frame"),
        ([{"image_id": "walk.jpg", "keypoints": [50, 5, 1] * 17}], "no number of a frame"),
        ([{"image_id": 0, "keypoints": [50, 5, 1] * 17, "bbox": [1, 2]}], "expected 4"),
        ([{"image_id": 0, "keypoints": [50, 5, float("nan")] * 17}], "NaN"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, document: Any, said: str) -> None:
    with pytest.raises(InputError, match=r"bad\.json: ") as caught:
        read_keypoints(write(tmp_path / "bad.json", document))
    assert said in str(caught.value)


# Hostile files -----------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    ["image_id", "keypoints", "score", "bbox", "box", "category_id", "instances", "frame_id",
     "keypoint_scores", "instance_info", "meta_info", "keypoint_id2name", "people",
     "pose_keypoints_2d", "bbox_score"]
)  # fmt: skip
ANYTHING = st.recursive(
    SCALARS | st.lists(st.floats() | st.integers(), min_size=51, max_size=51),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)
FUZZ = settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def read_or_refuse(path: Path, named: str) -> None:
    """Either people come out, all of whose numbers can be, or an error that names the file."""
    try:
        saved = read_keypoints(path)
        frames = (
            list(saved.frames.values())
            if isinstance(saved, NumberedDetections)
            else list(saved.frames)
        )
    except InputError as error:
        assert named in str(error)
        return
    for frame in frames:
        assert np.isfinite(frame.keypoints).all() and np.isfinite(frame.boxes).all()
        assert ((frame.scores >= 0) & (frame.scores <= 1)).all()
        assert ((frame.box_scores >= 0) & (frame.box_scores <= 1)).all()


@FUZZ
@given(document=ANYTHING)
def test_any_json(tmp_path: Path, document: Any) -> None:
    read_or_refuse(write(tmp_path / "any.json", document), "any.json")


WHOLE = (
    {"meta_info": MMPOSE_META, "instance_info": mmpose_entries(1)},
    people_by_image([0, 1, 2, 3], "bbox"),
    people_by_image(["0.jpg", "1.jpg", "2.jpg", "3.jpg"], "box"),
)


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inside = node.items() if isinstance(node, dict) else enumerate(node)
    found = []
    for key, value in inside:
        found.append((*path, key))
        if isinstance(value, (dict, list)) and len(found) < 400:
            found += _places(value, (*path, key))
    return found


@FUZZ
@given(data=st.data(), which=st.integers(0, len(WHOLE) - 1), put=ANYTHING)
def test_whole_files_with_something_else_in_one_place(
    tmp_path: Path, data: Any, which: int, put: Any
) -> None:
    document = json.loads(json.dumps(WHOLE[which]))
    *way, last = data.draw(st.sampled_from(_places(document)))
    node = document
    for key in way:
        node = node[key]
    node[last] = put
    read_or_refuse(write(tmp_path / "one.json", document), "one.json")


@FUZZ
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".json", ".npz"]))
def test_any_bytes(tmp_path: Path, content: bytes, suffix: str) -> None:
    (tmp_path / f"any{suffix}").write_bytes(content)
    read_or_refuse(tmp_path / f"any{suffix}", "any.")


@FUZZ
@given(people=ANYTHING, name=st.sampled_from(["a_0_keypoints", "a_1", "nothing"]))
def test_any_frame_of_openpose(tmp_path: Path, people: Any, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    write(folder / f"{name}.json", {"people": people})
    read_or_refuse(folder, "folder")


@FUZZ
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), length=st.integers(0, 40))
def test_npz_with_bytes_changed(tmp_path: Path, at: int, byte: int, length: int) -> None:
    path = tmp_path / "flipped.npz"
    save_keypoints(path, kept([1, 0, 2]), overwrite=True, compressed=False)
    content = bytearray(path.read_bytes())
    at %= len(content)
    content[at : at + length] = bytes([byte]) * length
    path.write_bytes(content)
    read_or_refuse(path, "flipped.npz")


def assert_frames(clip: ClipDetections, path: Path, entries: list[int]) -> None:
    """The frames of a clip are these entries of a file."""
    alone = laid_out(path).frames
    for frame, k in zip(clip.frames, entries, strict=True):
        assert_same(frame, alone[k])


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    ("pictures", "entries", "expected"),
    [
        ([0, 1, 1, 1, 1, 1, 1, 2, 3], 4, [0, 1, 1, 1, 1, 1, 1, 2, 3]),  # one a picture
        ([0, 1, 1, 2, 3], 4, [0, 1, 1, 2, 3]),
        ([0, 0, 1, 1, 2, 2, 3, 3], 4, [0, 0, 1, 1, 2, 2, 3, 3]),
        ([0, 1, 1, 2], 4, [0, 1, 2, 3]),  # one a frame of the constant rate
        ([0, 1, 2, 3], 4, [0, 1, 2, 3]),
    ],
)
def test_entries_of_pictures_come_to_the_frames_that_show_them(
    tmp_path: Path, first: int, pictures: list[int], entries: int, expected: list[int]
) -> None:
    path = write(tmp_path / "a.json", {"meta_info": {}, "instance_info": mmpose_entries(first)})
    saved = read_keypoints(path)
    info = replace(video(tmp_path / "v.mp4", None), variable_rate=True)
    clip = for_video(saved, path, info, lambda: len(pictures), lambda: pictures)
    assert entries == len(FRAMES)
    assert_frames(clip, path, expected)


def test_a_part_of_entries_of_pictures(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"meta_info": {}, "instance_info": mmpose_entries(0)})
    part = ClipRange(2 / 25, every=3)
    info = replace(
        video(tmp_path / "v.mp4", None), variable_rate=True, part=part, fps=Fraction(25, 3)
    )
    pictures = [0, 1, 1, 1, 1, 1, 1, 2, 3]
    clip = for_video(read_keypoints(path), path, info, lambda: 3, lambda: pictures)
    assert_frames(clip, path, [1, 1, 3])
