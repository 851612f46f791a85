"""Ways of writing 2D that no single program has to itself: the same people come out of each."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.keypoints.clip import ClipDetections
from glagcn_cli.keypoints.files import for_video, read_keypoints
from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17
from tests.helpers.files_of_others import FRAMES, triples, write
from tests.helpers.kept_detections import SIZE, video

NAMES = COCO17.joints


def laid_out(path: Path, length: int = len(FRAMES)) -> ClipDetections:
    return for_video(read_keypoints(path), path, video(path.parent / "v.mp4", None), lambda: length)


def assert_read(path: Path, expected: list[FrameDetections] = FRAMES, score: bool = True) -> None:
    for found, frame in zip(laid_out(path, len(expected)).frames, expected, strict=True):
        assert len(found) == len(frame)
        np.testing.assert_allclose(found.keypoints, frame.keypoints, atol=2e-3)
        if score:
            np.testing.assert_allclose(found.scores, frame.scores, atol=1e-6)


def rows(frame: FrameDetections, person: int) -> list[list[float]]:
    """Points of a person, [x, y, score] each."""
    return np.reshape(triples(frame, person), (-1, 3)).tolist()


def people(frame: FrameDetections, one: Callable[[list[list[float]]], Any]) -> list[Any]:
    return [one(rows(frame, person)) for person in range(len(frame))]


def camel(name: str) -> str:
    return re.sub("_(.)", lambda letter: letter[1].upper(), name)


# A person, given the points.
PERSONS: dict[str, Callable[[list[list[float]]], Any]] = {
    "columns": lambda p: {
        "name": "person", "class": 0, "confidence": 0.9,
        "box": {"x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0},
        "keypoints": dict(zip(("x", "y", "visible"), np.transpose(p).tolist(), strict=True)),
    },
    "by name, rows": lambda p: {"keypoints": dict(zip(NAMES, p, strict=True))},
    "by name, objects": lambda p: {
        "joints": {
            camel(n): {"x": x, "y": y, "confidence": s}
            for n, (x, y, s) in zip(NAMES, p, strict=True)
        }
    },
    "Apple's names": lambda p: {
        "keypoints": {"root": [1, 2, 1]}
        | {f"{n}_joint": row for n, row in zip(NAMES, p, strict=True)}
    },
    "named list of more": lambda p: {
        "keypoints": [{"name": "neck", "x": 1, "y": 1, "score": 1}] + [
            {"name": n, "x": x, "y": y, "score": s} for n, (x, y, s) in zip(NAMES, p, strict=True)]
    },
    "PoseNet": lambda p: {
        "score": 0.9,
        "keypoints": [{"part": camel(n), "position": {"x": x, "y": y}, "score": s}
                      for n, (x, y, s) in zip(NAMES, p, strict=True)],
    },
    "rows": lambda p: p,
    "box of a corner and a size": lambda p: {
        "keypoints": p, "bbox": {"left": 1, "top": 2, "width": 3, "height": 4}
    },
}  # fmt: skip

# A file, given its frames' people.
DOCUMENTS: dict[str, Callable[[list[list[Any]]], Any]] = {
    "lists of people": lambda frames: frames,
    "in an object": lambda frames: {"fps": 25, "frames": frames},
    "numbered": lambda frames: [{"frame": n, "people": f} for n, f in enumerate(frames)],
    "numbered, sparse": lambda frames: [
        {"frame_id": n, "predictions": f} for n, f in enumerate(frames) if f
    ],
    "numbered from 1, sparse, not in order": lambda frames: [
        {"frame": n, "people": f} for n, f in enumerate(frames, start=1) if f
    ][::-1],
    "numbered by texts": lambda frames: [
        {"frame_index": f"{n}", "people": f} for n, f in enumerate(frames)
    ],
    "numbered by 1.0": lambda frames: [
        {"frame": float(n), "people": f} for n, f in enumerate(frames)
    ],
    "in an object, numbered": lambda frames: {
        "results": [{"frame": n, "people": f} for n, f in enumerate(frames)]
    },
    "keys of frames": lambda frames: {f"{n}": {"people": f} for n, f in enumerate(frames)},
    "keys of frames, sparse": lambda frames: {f"frame_{n}": f for n, f in enumerate(frames) if f},
    "keys of frames and of people": lambda frames: {
        f"{n}": {f"{k}": p if isinstance(p, dict) else {"keypoints": p} for k, p in enumerate(f)}
        for n, f in enumerate(frames) if f
    },
}  # fmt: skip


@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_person_in_every_document(tmp_path: Path, document: str, person: str) -> None:
    frames = [people(frame, PERSONS[person]) for frame in FRAMES]
    assert_read(write(tmp_path / "a.json", DOCUMENTS[document](frames)))


@pytest.mark.parametrize("person", [name for name in PERSONS if name != "rows"])
@pytest.mark.parametrize("number", ["frame", "image_id", "frame_id"])
def test_people_who_say_their_frame(tmp_path: Path, person: str, number: str) -> None:
    listed = [
        {number: n, "person_id": f"p{k}", **one}
        for n, frame in enumerate(FRAMES)
        for k, one in enumerate(people(frame, PERSONS[person]))
    ]
    assert_read(write(tmp_path / "a.json", listed))


ONE = [FRAMES[1], FRAMES[3], FRAMES[1]]

OF_ONE: dict[str, Callable[[], Any]] = {
    "array": lambda: [rows(frame, 0) for frame in ONE],
    "object of frames": lambda: {"frames": [{"landmarks": rows(frame, 0)} for frame in ONE]},
    "keys of frames": lambda: {f"{n:03}": rows(frame, 0) for n, frame in enumerate(ONE)},
    "keys of frames, a person": lambda: {
        f"{n:03}": {"keypoints": triples(frame, 0)} for n, frame in enumerate(ONE)
    },
    "array of people": lambda: [[rows(frame, 0)] for frame in ONE],
    "array in an object": lambda: {"data": [rows(frame, 0) for frame in ONE], "fps": 30},
}


@pytest.mark.parametrize("kind", OF_ONE)
def test_one_person_alone(tmp_path: Path, kind: str) -> None:
    assert_read(write(tmp_path / "a.json", OF_ONE[kind]()), ONE)


def lines() -> str:
    """Write what OpenPifPaf writes: a line a frame."""
    frames = [
        {"frame": n, "predictions": people(f, lambda p: {"keypoints": np.ravel(p).tolist()})}
        for n, f in enumerate(FRAMES, start=1)
    ]
    return "\n".join(map(json.dumps, frames)) + "\n"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_a_line_a_frame(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(lines())
    assert_read(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    frames = [people(frame, PERSONS["rows"]) for frame in FRAMES]
    (tmp_path / "a.json").write_bytes(json.dumps(frames).encode(encoding))
    assert_read(tmp_path / "a.json")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array(tmp_path: Path, dtype: type) -> None:
    np.save(tmp_path / "one.npy", np.array([rows(frame, 0) for frame in ONE], dtype))
    assert_read(tmp_path / "one.npy", ONE)
    everybody = np.full((len(FRAMES), 2, 17, 3), np.nan, dtype)
    for n, frame in enumerate(FRAMES):
        for k in range(len(frame)):
            everybody[n, k] = rows(frame, k)
    np.save(tmp_path / "all.npy", everybody)
    assert_read(tmp_path / "all.npy")
    np.save(tmp_path / "two.npy", np.array([rows(frame, 0) for frame in ONE], dtype)[..., :2])
    assert_read(tmp_path / "two.npy", ONE, score=False)
    np.save(tmp_path / "flat.npy", np.zeros((5, 51)))
    with pytest.raises(InputError, match=r"flat\.npy: .* found float64 \(5, 51\)"):
        read_keypoints(tmp_path / "flat.npy")


POSETRACK = ("nose", "head_bottom", "head_top", "left_ear", "right_ear", *NAMES[5:])
MPII = ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis",
        "thorax", "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder",
        "left_shoulder", "left_elbow", "left_wrist")  # fmt: skip


@pytest.mark.parametrize("names", [POSETRACK, MPII, tuple(map(camel, NAMES))], ids=len)
@pytest.mark.parametrize("kind", ["data set", "MMPose"])
def test_sets_that_name_their_points(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    """PoseTrack has no eyes, MPII no face: those were not seen."""
    plain = [re.sub("([A-Z])", r"_\1", name).lower() for name in names]
    seen = [NAMES.index(name) for name in plain if name in NAMES]

    def listed(points: list[list[float]]) -> list[list[float]]:
        known = dict(zip(NAMES, points, strict=True))
        return [known.get(name, [300.0, 300.0, 1.0]) for name in plain]

    if kind == "data set":
        document: Any = {
            "images": [{"id": n + 7.0, "file_name": f"vid/{n:06}.jpg"} for n in range(len(FRAMES))],
            "annotations": [
                {"image_id": n + 7, "keypoints": np.ravel(one).tolist(), "bbox": []}
                for n, frame in enumerate(FRAMES) for one in people(frame, listed)
            ],
            "categories": [{"id": 1, "name": "person", "keypoints": names}],
        }  # fmt: skip
    else:
        document = {
            "meta_info": {"keypoint_id2name": {str(k): name for k, name in enumerate(names)}},
            "instance_info": [
                {"frame_id": n, "instances": [{"keypoints": p} for p in people(frame, listed)]}
                for n, frame in enumerate(FRAMES)
            ],
        }
    for found, frame in zip(
        laid_out(write(tmp_path / "a.json", document)).frames, FRAMES, strict=True
    ):
        assert len(found) == len(frame)
        np.testing.assert_allclose(found.keypoints[:, seen], frame.keypoints[:, seen], atol=2e-3)
        assert (np.delete(found.scores, seen, axis=1) == 0).all()


# Tables -------------------------------------------------------------------------------------------


def long(delimiter: str = ",", first: int = 0) -> str:
    """A row a point."""
    table = [["frame", "track_id", "keypoint", "x", "y", "score"]]
    for n, frame in enumerate(FRAMES, start=first):
        for k in range(len(frame)):
            table += [
                [n, f"id{k}", name, *row] for name, row in zip(NAMES, rows(frame, k), strict=True)
            ]
    return "\n".join(delimiter.join(map(str, row)) for row in table)


def wide(named: Callable[[str, str], str], score: str = "score", frame_column: bool = True) -> str:
    """A row a person."""
    places = ("x", "y", score)
    head = [named(name, place) for name in NAMES for place in places]
    table = [["frame", "person", *head] if frame_column else head]
    for n, frame in enumerate(FRAMES if frame_column else ONE):
        for k in range(len(frame)):
            table += [[*([n, k] if frame_column else []), *np.ravel(rows(frame, k))]]
    return "\n".join(",".join(map(str, row)) for row in table)


def deeplabcut(several: bool) -> str:
    frames = FRAMES if several else ONE
    count = 2 if several else 1
    columns = [
        (f"i{k}", n, c) for k in range(count) for n in NAMES for c in ("x", "y", "likelihood")
    ]
    heads = [("scorer", ["DLC"] * len(columns))]
    heads += [("individuals", [c[0] for c in columns])] if several else []
    heads += [("bodyparts", [c[1] for c in columns]), ("coords", [c[2] for c in columns])]
    table = [[head, *cells] for head, cells in heads]
    for n, frame in enumerate(frames):
        cells = [
            v for k in range(count) for v in (triples(frame, k) if k < len(frame) else [""] * 51)
        ]
        table.append([n, *cells])
    return "\r\n".join(",".join(map(str, row)) for row in table)


@pytest.mark.parametrize(
    "content",
    {
        "a row a point": long(),
        "counted from 1": long(first=1),
        "semicolons": long(";"),
        "tabs": long("\t"),
        "nose_x": wide(lambda n, c: f"{n}_{c}"),
        "nose x": wide(lambda n, c: f"{n} {c}", "confidence"),
        "noseX": wide(lambda n, c: f"{n}.{c.upper()}", "visibility"),
        "x_nose": wide(lambda n, c: f"{c}_{n}", "v" + "isibility"),
        "x0, y0, c0": wide(lambda n, c: f"{c}{NAMES.index(n)}", "c"),
        "DeepLabCut, several": deeplabcut(True),
    }.values(),
)
def test_tables(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8-sig")
    assert_read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    "content", [deeplabcut(False), wide(lambda n, c: f"{n}_{c}", frame_column=False)]
)
def test_tables_of_one_person(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert_read(tmp_path / "a.csv", ONE)


def test_what_is_empty_in_a_table_was_not_seen(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "frame,nose_x,nose_y,left_hip_x,left_hip_y\n0,,,50,60\n1,,,nan,NaN\n"
    )
    one, nobody = laid_out(tmp_path / "a.csv", 2).frames
    assert np.flatnonzero(one.scores[0]).tolist() == [NAMES.index("left_hip")]
    assert len(nobody) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "found an empty file"),
        ("a,b\n1,2\n", "expected columns as nose_x, nose_y and nose_score"),
        ("joint,x,y\nnose,1,2\n", "expected a column of frames"),
        ("frame,nose_x,nose_y\n0,far,2\n", "line 2: expected a number, found 'far'"),
        ("frame,nose_x,nose_y\n?,1,2\n", "line 2: expected a frame's number, found"),
        ("frame,tail_x,tail_y\n0,1,2\n", "names of COCO's points"),
        ("scorer,a\nx,y\n", "expected rows of bodyparts and coords"),
        ("frame,time,person,joint,x,y,z,score,uncertainty,contact\n", "holds 3D; --from-3d"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(InputError, match=r"bad\.csv: ") as caught:
        read_keypoints(tmp_path / "bad.csv")
    assert said in str(caught.value)


# Folders, packed files ----------------------------------------------------------------------------


@pytest.mark.parametrize("after", [[], [0.9], [0.9, 1]], ids=["", "score", "score and id"])
@pytest.mark.parametrize("each", [2, 3])
def test_label_files_of_ultralytics(tmp_path: Path, each: int, after: list[float]) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    for n, frame in enumerate(FRAMES, start=1):
        points = [np.add(rows(frame, k), [0.5, 0.5, 0]) / [*SIZE, 1] for k in range(len(frame))]
        table = [[0, 0.5, 0.5, 0.2, 0.4, *np.ravel(p[:, :each]), *after] for p in points]
        if table:  # as nothing is written where nobody is
            (folder / f"walk_{n}.txt").write_text("\n".join(" ".join(map(str, r)) for r in table))
    assert_read(folder, score=each == 3)
    box = laid_out(folder).frames[0].boxes[0]
    expected = np.array([0.4, 0.3, 0.6, 0.7]) * np.tile(SIZE, 2) - 0.5
    np.testing.assert_allclose(box, expected, atol=1e-3)


def test_the_first_label_file_may_be_of_a_later_frame(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    for n in (3, 4):
        (folder / f"walk_{n}.txt").write_text("0 .5 .5 .1 .1 " + "0.5 0.5 1 " * 17)
    assert [len(frame) for frame in laid_out(folder, 5).frames] == [0, 0, 1, 1, 0]
    (folder / "walk_5.txt").write_text("0 1 2 3")
    with pytest.raises(InputError, match=r"walk_5\.txt, line 1: expected a class"):
        read_keypoints(folder)


@pytest.mark.parametrize(
    ("numbers", "there"),
    [([2, 5, 6], [2, 5, 6]), ([1, 2, 3], [0, 1, 2]), ([345, 346, 348], [0, 1, 3])],
    ids=["sparse", "from 1", "far, with a gap"],
)
def test_folders_in_which_frames_are_missing(
    tmp_path: Path, numbers: list[int], there: list[int]
) -> None:
    folder = tmp_path / "json"
    folder.mkdir()
    for n in numbers:
        write(folder / f"a_{n:06}.json", {"people": [{"keypoints": triples(FRAMES[1], 0)}]})
    found = [n for n, frame in enumerate(laid_out(folder, 10).frames) if len(frame)]
    assert found == there


@pytest.mark.parametrize("name", ["a.json.gz", "a.jsonl.gz", "a.csv.gz"])
def test_packed_files(tmp_path: Path, name: str) -> None:
    content = long() if "csv" in name else lines()
    (tmp_path / name).write_bytes(gzip.compress(content.encode()))
    assert_read(tmp_path / name)
    (tmp_path / f"bad.{name}").write_bytes(gzip.compress(content.encode())[:-30])
    with pytest.raises(InputError, match=r"bad\.a\..*gz: "):
        read_keypoints(tmp_path / f"bad.{name}")


@pytest.mark.parametrize("name", ["a.pkl", "a.h5", "a.xml", "a.gz", "a.zip"])
def test_what_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageError, match="are read from"):
        read_keypoints(tmp_path / name)
