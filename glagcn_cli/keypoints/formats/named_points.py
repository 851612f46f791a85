"""Tell COCO's 17 points by the names that programs give them."""

from __future__ import annotations

import re

from ...skeleton import COCO17

_SAYS_NOTHING = ("joint", "body")


def place_of(name: str) -> int | None:
    """Return the place of a point among COCO's 17; None where it is none of them.

    `left_shoulder`, `leftShoulder`, `Left Shoulder`, `LShoulder` and `shoulder_l` are one.
    """
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    return _PLACES.get("".join(word for word in words if word not in _SAYS_NOTHING))


def _spellings(joint: str) -> list[str]:
    side, _, part = joint.rpartition("_")
    sides = (side, side[:1]) if side else ("",)
    return [word for one in sides for word in (one + part, part + one)]


_PLACES = {word: place for place, joint in enumerate(COCO17.joints) for word in _spellings(joint)}
