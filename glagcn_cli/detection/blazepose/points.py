"""BlazePose's 33 points by name, and which of them are COCO's and those of feet and hands."""

from __future__ import annotations

from ...skeleton import COCO25

BLAZEPOSE_33 = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer", "left_ear", "right_ear",
    "left_mouth", "right_mouth", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow",
    "left_wrist", "right_wrist", "left_little_knuckle", "right_little_knuckle",
    "left_index_knuckle", "right_index_knuckle", "left_thumb", "right_thumb",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_big_toe", "right_big_toe",
)  # fmt: skip
"""In the order of the network's landmarks."""

ROWS = tuple(BLAZEPOSE_33.index(joint) for joint in COCO25.joints)
"""Where the network has the points of COCO-25."""
