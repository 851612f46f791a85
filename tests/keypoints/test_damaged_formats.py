"""Files of other programs that are not as they should be, some made up by hypothesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glagcn_cli.errors import InputError
from glagcn_cli.keypoints.files import read_keypoints, save_keypoints
from glagcn_cli.keypoints.formats.numbered import NumberedDetections
from glagcn_cli.skeleton import COCO17
from tests.helpers.files_of_others import (
    FRAMES,
    MMPOSE_META,
    mmpose_entries,
    people_by_image,
    triples,
    write,
)
from tests.helpers.kept_detections import kept


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"people": []}, "name the folder"),
        ({"annotations": []}, "images"),
        ({"other": 1}, "found an object with the keys other"),
        (7, "found the number 7"),
        ({"instance_info": []}, "instance_info: expected a list of frames, found an empty list"),
        ([{"keypoints": [[1, 2]], "keypoint_scores": [1]}], "one picture"),
        ([{"image_id": 0, "keypoints": [1, 2, 3]}], "[0].keypoints: expected two or three numbers"),
        ([{"image_id": 0, "keypoints": [-0.5, 0.5, 1] * 17}], "in pixels"),
        ([{"image_id": 0, "keypoints": [1e9, 5, 1] * 17}], "far beyond"),
        ([{"image_id": -1, "keypoints": [50, 5, 1] * 17}], "found -1"),
        ([{"image_id": 0, "keypoints": ["50", 5, 1] * 17}], "list of numbers"),
        ([{"image_id": 0, "keypoints": [10**400, 5, 1] * 17}], "too large"),
        ([{"image_id": 0.5, "keypoints": [50, 5, 1] * 17}], "found the number 0.5"),
        ([{"image_id": "walk.jpg", "keypoints": [50, 5, 1] * 17}], "no number of a frame"),
        (
            [{"image_id": 0, "keypoints": [50, 5, 1] * 17, "bbox": [1, 2]}],
            "[0].bbox: expected a box of 4 numbers, found a list of 2",
        ),
        ([{"image_id": 0, "keypoints": [50, 5, float("inf")] * 17}], "far beyond"),
        ([{"image_id": 0}], "[0]: expected an object with 'pose_keypoints_2d' or 'keypoints'"),
        ([{"image_id": "0.jpg"}, 5], "[1]: expected an object with 'image_id', found the number 5"),
        ([{"image_id": 0, "keypoints": None}], "found an object with the keys image_id, keypoints"),
        ([{"image_id": 0, "keypoints": "nose"}],
         "[0].keypoints: expected a list of numbers, of [x, y, score] or of objects with x and y"),
        ([{"image_id": 0, "keypoints": {"snout": [1, 2]}}],
         "[0].keypoints: expected names of COCO's points, as left_shoulder, found an object with"),
        ([{"image_id": 0, "keypoints": {"nose": [1, 2, 3, 4, 5]}}],
         "[0].keypoints.nose: expected x, y and perhaps a score, found a list of 5"),
        ([{"image_id": 0, "keypoints": {"x": [1, 2], "y": [1]}}],
         "[0].keypoints: expected as many x as y and scores"),
        ([{"image_id": 0, "keypoints": [50, 5, 1] * 17, "box": {"x1": 1, "y1": 2}}],
         "[0].box: expected an object with 'width' or 'w'"),
        ([{"frame": "a", "people": []}], "[0].frame: expected a frame's number, found the text"),
        ([[[1, 2, 3]] * 5] * 2, "expected people of 17 (COCO-17)"),
        ([{"image_id": 0, "keypoints": [{"x": 5}] * 17}],
         "[0].keypoints[0]: expected an object with 'y', found an object with the keys x"),
        ([{"image_id": 0, "keypoints": [[50, 5, 1]] * 16 + [[5]]}], "two or three numbers each"),
        ([{"image_id": 0, "keypoints": [[50, 5]] * 17, "keypoint_scores": [1]}],
         "[0].keypoint_scores: expected a list of 17 scores, found a list of 1"),
        ([{"image_id": n, "keypoints": [50, 5, 1] * (17 + n)} for n in range(2)],
         "[1].keypoints: expected 17 points, as people before it have, found 18"),
        ([{"image_id": 0, "keypoints": [[50, 5, 1]] * 19}],
         "expected people of 17 (COCO-17), 18 (OpenPose's COCO-18), 25 (BODY_25)"),
        ([{"frame_id": 1, "instances": []}, {"frame_id": 1, "instances": []}],
         "[1].frame_id: expected another number than that of a frame before, found the number 1"),
        ([{"frame_id": 1, "instances": {}}], "[0].instances: expected an object with 'people'"),
        ([{"frame_id": 0, "instances": []}, {}], "[1]: expected an object with 'instances'"),
        ([[], 5], "[1]: expected a list of frames, found the number 5"),
        ([[{"keypoints": "many"}]], "[0][0].keypoints: expected a list of numbers"),
        ({"predictions": {"person": 1}}, "predictions: expected an object with 'predictions'"),
        ({"images": [{}], "annotations": []}, "images[0]: expected an object with 'id'"),
        ({"images": [{"id": 0, "file_name": "a.jpg"}], "annotations": []}, "no number of a frame"),
        ({"images": [], "annotations": [{"image_id": 5, "keypoints": [50, 5, 1] * 17}]},
         "annotations[0].image_id: expected the id of one of its images, found the number 5"),
        ({"0.jpg": {"bodies": [{"joints": [1, 2, 3]}]}}, "0.jpg.bodies[0].joints: expected two or"),
        ({"a.jpg": {"bodies": []}}, "'a.jpg' has no number of a frame"),
        ({"bodies": []}, "name the folder"),
        ({}, "found an object without keys"),
        ("text", "found the text 'text'"),
        (None, "found nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, document: Any, said: str) -> None:
    with pytest.raises(InputError, match=r"bad\.json: ") as caught:
        read_keypoints(write(tmp_path / "bad.json", document))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"",
            "found something else or a file that was cut off, in line 1, column 1",
        ),
        (b'[{"image_id": 0,\n "keypoints": [1, 2', "in line 2, column"),
        (b"frame,x,y\n0,1,2", "in line 1, column 1"),
        (b"\x80\x81\x82", "found bytes that are no text"),
        (b"[" * 100_000, "found lists nested too deep"),
    ],
    ids=["empty", "cut off", "CSV", "bytes", "deep"],
)
def test_what_is_no_json_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.json: ") as caught:
        read_keypoints(tmp_path / "bad.json")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            '{"people": [{"pose": []}]}',
            r"a_1\.json\.people\[0\]: expected an object with 'pose",
        ),
        ('{"persons": []}', r"a_1\.json: expected an object with 'people' .* the keys persons"),
        ('{"people": [', r"a_1\.json: expected JSON, .* in line 1, column"),
        ("7", r"a_1\.json: expected an object with 'people' .* found the number 7"),
    ],
)
def test_what_is_wrong_in_a_folder_names_the_file(tmp_path: Path, content: str, said: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    write(folder / "a_0.json", {"people": []})
    (folder / "a_1.json").write_text(content)
    with pytest.raises(InputError, match=f"folder: .*{said}"):
        read_keypoints(folder)


# Hostile files -----------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    ["image_id", "keypoints", "score", "bbox", "box", "category_id", "instances", "frame_id",
     "keypoint_scores", "instance_info", "meta_info", "keypoint_id2name", "people", "bodies",
     "joints", "pose_keypoints_2d", "bbox_score", "predictions", "annotations", "images", "id",
     "file_name", "width", "height", "categories", "0.jpg", "1.jpg", "x", "y", "position",
     "frame", "frames", "nose", "left_hip", "name", "part", "x1", "visible", "landmarks"]
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


PYTHONS_OWN = (
    "object has no attribute", "is not iterable", "not subscriptable", "list indices", "KeyError",
    "unhashable", "unsupported operand", "argument", "cannot unpack", "NoneType", "recursion",
    "not supported between", "ValueError", "TypeError", "inhomogeneous", "broadcast",
)  # fmt: skip


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
        for words in PYTHONS_OWN if path.suffix != ".npz" else ():
            assert words not in str(error)
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
    [entry["instances"] for entry in mmpose_entries(0)],
    {
        f"{n}.jpg": {"bodies": [{"joints": triples(frame, i)} for i in range(len(frame))]}
        for n, frame in enumerate(FRAMES)
    },
    {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 640, "height": 480} for n in range(4)
        ],
        "categories": [{"id": 1, "keypoints": list(COCO17.joints)}],
        "annotations": people_by_image([0, 1, 2, 3], "bbox"),
    },
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
@given(content=st.binary(max_size=200), suffix=st.sampled_from([".json", ".npz", ".csv", ".npy"]))
def test_any_bytes(tmp_path: Path, content: bytes, suffix: str) -> None:
    (tmp_path / f"any{suffix}").write_bytes(content)
    read_or_refuse(tmp_path / f"any{suffix}", "any.")


CELLS = st.sampled_from(
    ["frame", "x", "y", "joint", "nose", "nose_x", "nose_y", "x0", "scorer", "bodyparts", "coords",
     "individuals", "score", "", "0", "1", "2.5", "nan", "1e400", "id", "\x00", '"']
)  # fmt: skip


@FUZZ
@given(table=st.lists(st.lists(CELLS, max_size=6), max_size=6), delimiter=st.sampled_from(",;\t"))
def test_any_table(tmp_path: Path, table: list[list[str]], delimiter: str) -> None:
    (tmp_path / "any.csv").write_text("\n".join(delimiter.join(row) for row in table))
    read_or_refuse(tmp_path / "any.csv", "any.csv")


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
