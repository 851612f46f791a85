"""Joints from markers by their usual names: joint centres, skin markers, other programs' words.

Names are compared in lower case, without blanks, dots, dashes and underscores, and without what
stands before a colon.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ....skeleton import H36M17
from .joint_sets import STIFF_HEAD, matrix_of

log = logging.getLogger(__name__)

Points = NDArray[np.float64]

# Lists of markers whose middle is a joint, the best first; {s} is l or r.
_OF_A_SIDE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "hip": (("{s}hjc",), ("{s}hjcstudy",), ("{s}hip",)),
    "knee": (
        ("{s}kjc",), ("{s}knee", "{s}kneem"), ("{s}kneestudy", "{s}mkneestudy"),
        ("{s}kne", "{s}knm"), ("{s}kne", "{s}mkne"), ("{s}lfc", "{s}mfc"), ("{s}fle", "{s}fme"),
        ("{s}knee",), ("{s}kne",),
    ),
    "ankle": (
        ("{s}ajc",), ("{s}ankle", "{s}anklem"), ("{s}anklestudy", "{s}manklestudy"),
        ("{s}ank", "{s}anm"), ("{s}ank", "{s}mma"), ("{s}lmal", "{s}mmal"), ("{s}fal", "{s}tam"),
        ("{s}ankle",), ("{s}ank",),
    ),
    "shoulder": (
        ("{s}sjc",), ("{s}shoulder",), ("{s}sho",), ("{s}shoulderstudy",), ("{s}acr",), ("{s}ac",),
    ),
    "elbow": (
        ("{s}ejc",), ("{s}elb", "{s}elbm"), ("{s}elb", "{s}melb"),
        ("{s}lelbowstudy", "{s}melbowstudy"), ("{s}hle", "{s}hme"), ("{s}elbow",), ("{s}elb",),
    ),
    "wrist": (
        ("{s}wjc",), ("{s}wra", "{s}wrb"), ("{s}lwriststudy", "{s}mwriststudy"),
        ("{s}rsp", "{s}usp"), ("{s}wrist",), ("{s}wri",), ("{s}wra",),
    ),
}  # fmt: skip
_OF_THE_HEAD = (
    ("lear", "rear"), ("leftear", "rightear"), ("lfhd", "rfhd", "lbhd", "rbhd"), ("lfhd", "rfhd"),
    ("lhead", "rhead"),
)  # fmt: skip
_TOPS = (("head",), ("headtop",), ("tophead",), ("arie",))
_PELVIS = (
    ("lasi", "rasi", "lpsi", "rpsi"), ("lfwt", "rfwt", "lbwt", "rbwt"),
    ("lasis", "rasis", "lpsis", "rpsis"), ("lasisstudy", "rasisstudy", "lpsisstudy", "rpsisstudy"),
    ("lias", "rias", "lips", "rips"), ("lasi", "rasi", "sacr", "sacr"),
)  # fmt: skip
"""Spines of the pelvis: left and right in front, left and right behind."""

_INWARD, _BEHIND, _BELOW = 0.14, 0.19, 0.30
"""Place of a hip's centre from the spine in front of it, in distances between both (Bell et al.
1989, 1990)."""

_SIDE = re.compile(
    "^(left|right)(?=hip|knee|ankle|shoulder|elbow|wrist|ear|heel|bigtoe|foot|hjc|kjc|ajc)"
)

Maker = Callable[[Points], Points]
"""Makes H36M-17 joints (frames, 17, 3) of the points (frames, points, 3) of a file."""


def plain(name: str) -> str:
    """Return a marker's name as it is compared; `RightKnee` and `R_Knee` are one."""
    bare = re.sub(r"[\s_.\-]", "", name.rpartition(":")[2]).lower()
    return _SIDE.sub(lambda side: side[1][0], bare)


def joints_by_names(names: Sequence[str]) -> Maker:
    """Return what makes joints of points with these names.

    Raises
    ------
    ValueError
        A joint cannot be made of them; the message says which, and names some markers.
    """
    places = {plain(name): place for place, name in reversed([*enumerate(names)])}
    parts: dict[str, list[int]] = {}
    for joint, choices in _OF_A_SIDE.items():
        for side in ("left", "right"):
            found = _first(places, [[m.format(s=side[0]) for m in choice] for choice in choices])
            if found:
                parts[f"{side}_{joint}"] = found
    if ears := _first(places, _OF_THE_HEAD):
        parts["left_ear"] = parts["right_ear"] = ears
    elif top := _first(places, _TOPS):
        parts["head_top"] = top
    pelvis = None if "left_hip" in parts and "right_hip" in parts else _first(places, _PELVIS)
    known = [*parts, *(["left_hip", "right_hip"] if pelvis else [])]
    has_head = {"left_ear", "head_top"} & parts.keys()
    if not has_head:
        log.warning("there is no marker of a head; it is placed in line with the trunk")
    try:
        matrix = matrix_of(known, {} if has_head else STIFF_HEAD)
    except ValueError as error:
        shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
        raise ValueError(f"{error}; its points are {shown or 'none'}") from error

    def make(points: Points) -> Points:
        columns = [points[:, parts[name]].mean(axis=1) for name in parts]
        if pelvis:
            columns += hip_centres(points[:, pelvis])
        return np.einsum("jp,tpc->tjc", matrix, np.stack(columns, axis=1))

    assert matrix.shape[0] == len(H36M17)
    return make


def _first(places: Mapping[str, int], choices: Sequence[Sequence[str]]) -> list[int] | None:
    """Return the places of the first choice of markers that are all there."""
    for choice in choices:
        if all(marker in places for marker in choice):
            return [places[marker] for marker in choice]
    return None


# Pairs of points of which the first lies in front of the second; {s} is l or r.
_FRONTS = (
    ("nose", "lear"), ("nose", "rear"), ("{s}bigtoe", "{s}heel"),
    ("{s}footindex", "{s}heel"), ("{s}foot", "{s}ankle"), ("{s}toe", "{s}hee"),
    ("{s}fhd", "{s}bhd"),
)  # fmt: skip


def front_directions(names: Sequence[str], points: Points) -> Points:
    """Return the mean of directions (frames, 3) that point forwards by a body's own points.

    Parameters
    ----------
    names
        Of the points.
    points
        (frames, points, 3).

    Returns
    -------
    NDArray
        In the points' unit and axes; zero where toes, nose and ears are not known.
    """
    places = {plain(name): place for place, name in enumerate(names)}
    named = {pair for front, back in _FRONTS for pair in _of_both_sides(front, back)}
    pairs = [(places[f], places[b]) for f, b in sorted(named) if f in places and b in places]
    if not pairs:
        return np.zeros((len(points), 3))
    ahead = np.stack([points[:, front] - points[:, back] for front, back in pairs])
    return np.nan_to_num(ahead.mean(axis=0))


def _of_both_sides(front: str, back: str) -> list[tuple[str, str]]:
    return [(front.format(s=side), back.format(s=side)) for side in "lr"]


def hip_centres(spines: Points) -> list[Points]:
    """Return the left and the right hip (frames, 3) of a pelvis (frames, 4, 3); see `_PELVIS`."""
    left, right, behind = spines[:, 0], spines[:, 1], spines[:, 2:].mean(axis=1)
    middle = (left + right) / 2
    aside, wide = _unit(left - right)
    forward = middle - behind
    forward, _ = _unit(forward - (forward * aside).sum(axis=1, keepdims=True) * aside)
    # Points that are a mirror image have their own; whether they are is found later.
    up = np.cross(forward, aside)
    return [
        spine - wide * (sign * _INWARD * aside + _BEHIND * forward + _BELOW * up)
        for spine, sign in ((left, 1.0), (right, -1.0))
    ]


def _unit(vectors: Points) -> tuple[Points, Points]:
    """Return unit vectors and lengths (frames, 1)."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / length.clip(1e-12), length
