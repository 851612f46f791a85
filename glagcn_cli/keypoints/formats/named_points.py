"""Tell COCO's 17 points, feet and palms by the names that programs give them."""

from __future__ import annotations

import re

from ...skeleton import COCO17, EXTREMITIES

_SAYS_NOTHING = ("joint", "body")


def place_of(name: str) -> int | None:
    """Return the place of a point among COCO's 17; None where it is none of them.

    `left_shoulder`, `leftShoulder`, `Left Shoulder`, `LShoulder` and `shoulder_l` are one.
    """
    return _PLACES.get("".join(word for word in _words(name) if word not in _SAYS_NOTHING))


def extremity_of(name: str) -> str | None:
    """Return which point of a foot or palm a name is; None for others.

    Programs call the end of a foot its big toe or its index, and knuckles by their finger: alone
    (MediaPipe), or with the number 1 (MMPose), which the joints farther out have not.
    """
    return _EXTREMITIES.get("".join(_words(name, r"[a-z]+|[2-9]|1(?=[0-9])")))


def _words(name: str, word: str = r"[a-z]+") -> list[str]:
    return re.findall(word, re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def _spellings(joint: str, others: tuple[str, ...] = ()) -> list[str]:
    """Return the spellings of a joint, and of other names for its part of the body."""
    side, part = joint.split("_", 1) if "_" in joint else ("", joint)
    words = [word.replace("_", "") for word in (part, *others)]
    sides = (side, side[:1]) if side else ("",)
    return [name for one in sides for word in words for name in (one + word, word + one)]


_PLACES = {word: place for place, joint in enumerate(COCO17.joints) for word in _spellings(joint)}

_OTHER_NAMES = {
    "big_toe": ("toe", "foot_index"),
    "index_knuckle": ("index", "forefinger", "hand_index", "index_finger"),
    "little_knuckle": ("pinky", "pinky_finger", "little_finger", "hand_pinky"),
}
_EXTREMITIES = {
    word: joint
    for joint in EXTREMITIES
    for word in _spellings(joint, _OTHER_NAMES.get(joint.split("_", 1)[1], ()))
}
