"""Detections written as other programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from glagcn_cli.poses import FrameDetections
from glagcn_cli.skeleton import COCO17, JointSet
from tests.helpers.kept_detections import detections

# Two people, one, nobody, one.
FRAMES = [detections(count, seed=seed) for seed, count in enumerate((2, 1, 0, 1))]


def write(path: Path, document: Any) -> Path:
    """Write JSON."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def triples(frame: FrameDetections, person: int) -> list[float]:
    """x, y and score of each joint of a person."""
    return np.insert(frame.keypoints[person], 2, frame.scores[person], axis=1).ravel().tolist()


def extent(box: Any) -> list[float]:
    """Left, top, width and height of a box."""
    left, top, right, bottom = (float(v) for v in box)
    return [left, top, right - left, bottom - top]


def people_by_image(names: list[Any], box: str, joint_set: JointSet = COCO17) -> list[Any]:
    """The people of `FRAMES` as a list, each with the name of their picture."""
    frames = [detections(len(f), joint_set, seed) for seed, f in enumerate(FRAMES)]
    return [
        {"image_id": name, "category_id": 1, "score": float(frame.box_scores[i]),
         "keypoints": triples(frame, i), box: extent(frame.boxes[i])}
        for name, frame in zip(names, frames, strict=True) for i in range(len(frame))
    ]  # fmt: skip


def mmpose_entries(first: int) -> list[Any]:
    """`FRAMES` as MMPose's demo scripts write them, counted from `first`."""
    return [
        {"frame_id": first + n, "instances": [
            {"keypoints": frame.keypoints[i].tolist(), "keypoint_scores": frame.scores[i].tolist(),
             "bbox": [frame.boxes[i].tolist()], "bbox_score": float(frame.box_scores[i])}
            for i in range(len(frame))
        ]} for n, frame in enumerate(FRAMES)
    ]  # fmt: skip


def old_mmpose(person: dict[str, Any]) -> dict[str, Any]:
    """Write one of MMPose's people as it did before its version 1."""
    points = [
        [*xy, s] for xy, s in zip(person["keypoints"], person["keypoint_scores"], strict=True)
    ]
    return {"bbox": [*person["bbox"][0], 0.7], "keypoints": points, "score": person["bbox_score"]}


MMPOSE_META = {"keypoint_id2name": {str(i): name for i, name in enumerate(COCO17.joints)}}
