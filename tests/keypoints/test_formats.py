"""2D keypoints of other programs: known answers, one by one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.errors import InputError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, read_keypoints
from glagcn_cli.keypoints.formats.point_sets import BODY_25, COCO_18
from glagcn_cli.skeleton import COCO17, COCO25, HALPE26, JointSet
from glagcn_cli.video.clip_times import ClipRange
from tests.helpers.files_of_others import (
    FRAMES,
    MMPOSE_META,
    mmpose_entries,
    old_mmpose,
    people_by_image,
    triples,
    write,
)
from tests.helpers.kept_detections import assert_same, video


def laid_out(path: Path, length: int = 4) -> ClipDetections:
    return for_video(read_keypoints(path), path, video(path.parent / "v.mp4", None), lambda: length)


ENTRIES = mmpose_entries(0)
DOCUMENTS = {
    "demo": {"meta_info": MMPOSE_META, "instance_info": mmpose_entries(1)},
    "no names": {"instance_info": ENTRIES},
    "inferencer": ENTRIES,
    "lists of people": [entry["instances"] for entry in ENTRIES],
    "batches of one": [[entry["instances"]] for entry in ENTRIES],
    "a batch": [[entry["instances"] for entry in ENTRIES]],
    "predictions": {"predictions": [entry["instances"] for entry in ENTRIES]},
    "results": [{"predictions": [entry["instances"]], "visualization": []} for entry in ENTRIES],
    "MMPose 0": [[old_mmpose(person) for person in entry["instances"]] for entry in ENTRIES],
    "frames of people": [{"people": entry["instances"]} for entry in ENTRIES],
    "COCO": people_by_image([0, 1, 2, 3], "bbox"),
    "COCO from 1": people_by_image([1, 2, 3, 4], "bbox"),
    "AlphaPose": people_by_image(["0.jpg", "1.jpg", "2.jpg", "3.jpg"], "box"),
    "pictures": people_by_image([f"walk2_{n:05d}.png" for n in range(4)], "box"),
    "camera": people_by_image([f"2023-05-01_{n:04d}_cam2.jpg" for n in range(4)], "box"),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
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
        np.testing.assert_array_equal(frame.keypoints[:, :17], expected.keypoints)
        np.testing.assert_array_equal(frame.scores[:, :17], expected.scores)
        np.testing.assert_array_equal(frame.boxes, expected.boxes)


@pytest.mark.parametrize(
    ("points", "joint_set"), [(26, HALPE26), (133, COCO25), (136, COCO25), (17, COCO17)]
)
def test_larger_sets_begin_with_the_body(tmp_path: Path, points: int, joint_set: JointSet) -> None:
    row = np.c_[np.arange(points) + 10.0, np.arange(points) + 50.0, np.full(points, 2.5)]
    people = [{"image_id": "3.jpg", "keypoints": row.ravel().tolist(), "score": 3.1, "idx": 1}]
    found = laid_out(write(tmp_path / "a.json", people))
    assert found.joint_set is joint_set
    assert [len(frame) for frame in found.frames] == [0, 0, 0, 1]
    known = len(joint_set.body)
    np.testing.assert_array_equal(found.frames[3].keypoints[0, :known], row[:known, :2])
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


@pytest.mark.parametrize("point", [[0, 0, 0], [0, 0, 0.9], [300, 200, 0], [300, 200, -1]])
def test_a_point_that_was_not_seen_has_score_0(tmp_path: Path, point: list[float]) -> None:
    values = triples(FRAMES[1], 0)
    values[15:18] = point
    nothing = [0.0, 0.0, 0.0] * 17
    people = [{"image_id": 0, "keypoints": values}, {"image_id": 0, "keypoints": nothing}]
    (found,) = laid_out(write(tmp_path / "a.json", people), 1).frames
    assert len(found) == 1  # a person without any point is nobody
    assert np.flatnonzero(found.scores[0] == 0).tolist() == [5]
    seen = np.array(values).reshape(17, 3)[[*range(5), *range(6, 17)]]
    assert found.box_scores[0] == pytest.approx(seen[:, 2].mean(), abs=1e-6)
    np.testing.assert_allclose(found.boxes[0, :2], seen[:, :2].min(axis=0), atol=1e-4)
    np.testing.assert_allclose(found.boxes[0, 2:], seen[:, :2].max(axis=0), atol=1e-4)


def test_a_file_that_is_out_of_step_is_told_of(tmp_path: Path, caplog: Any) -> None:
    path = write(tmp_path / "a.json", mmpose_entries(0))
    assert len(laid_out(path, 4)) == 4 and not caplog.records
    assert [len(f) for f in laid_out(path, 9).frames] == [2, 1, 0, 1, 0, 0, 0, 0, 0]
    assert "may be out of step" in caplog.text
    with pytest.raises(InputError, match=r"a\.json: .*goes on to frame 4 of a video of 1"):
        laid_out(path, 1)


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
