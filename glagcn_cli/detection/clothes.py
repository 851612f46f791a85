"""Colours of the clothes of each detection, from some dozens of pixels of torso and thighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..poses import CLOTHES_SHAPE, FrameDetections
from ..skeleton import COCO17
from ..video.picture import AnyFrame, VideoPicture, picture_of

_ENDS = COCO17.indices(
    [f"{side}_{end}" for end in ("shoulder", "hip", "knee") for side in ("left", "right")]
)
_LEFT_SHOULDER, _RIGHT_SHOULDER, _LEFT_HIP, _RIGHT_HIP, _LEFT_KNEE, _RIGHT_KNEE = range(6)


def _share(of: Mapping[int, float]) -> list[float]:
    return [of.get(end, 0.0) for end in range(len(_ENDS))]


_TORSO = [
    _share({
        _LEFT_SHOULDER: (1 - across) * (1 - down), _RIGHT_SHOULDER: across * (1 - down),
        _LEFT_HIP: (1 - across) * down, _RIGHT_HIP: across * down,
    })
    for across in np.linspace(0.2, 0.8, 4) for down in np.linspace(0.15, 0.85, 6)
]  # fmt: skip
_THIGHS = [
    _share({hip: 1 - down, knee: down})
    for hip, knee in ((_LEFT_HIP, _LEFT_KNEE), (_RIGHT_HIP, _RIGHT_KNEE))
    for down in np.linspace(0.25, 0.8, 6)
]
_SHARES = np.array(_TORSO + _THIGHS, np.float32)
"""Share of each of `_ENDS` in the place of each point that is looked at."""

_PARTS = ((slice(0, len(_TORSO)), slice(0, 4)), (slice(len(_TORSO), None), slice(2, 6)))
"""Points and ends of torso and thighs, both from the upper two ends to the lower two."""

EVERY, EVERY_ALONE = 4, 12
"""Distance of the frames in which clothes are looked at, of several people and of one alone."""

LEAST_SHOWN = 0.3
"""Share of a part's points that must lie in the picture and in nobody else's box."""

_SMALL = 24.0  # pixels from the upper ends to the lower, from which on a part is large enough
_DARK, _LIGHT = 20.0, 50.0  # levels of the brightest channel: from none to whole trust
_FLOOR = 8.0  # levels added before logarithms: noise of dark pixels is no colour
_GREY = 8  # levels between the channels of a pixel, of a picture that has colours
_COLOURED = 0.002  # share of such pixels
_STEP = 24  # pixels from one to the next that is looked at for this


def clothes_seen(people: FrameDetections, picture: AnyFrame, number: int) -> FrameDetections:
    """Return the people of a frame with the colours of their clothes, if it is its turn.

    Clothes stay as they are: some frames a second tell enough.

    Parameters
    ----------
    people, picture
        As of `with_clothes`.
    number
        Of the frame, among those that are looked at.
    """
    if number % (EVERY if len(people) > 1 else EVERY_ALONE):
        return replace(people, clothes=np.zeros((len(people), *CLOTHES_SHAPE), np.float32))
    return with_clothes(people, picture)


def with_clothes(people: FrameDetections, picture: AnyFrame) -> FrameDetections:
    """Return the people of a picture with the colours of their clothes.

    Pictures without colours say nothing, nor do parts that are dark, small, outside the picture or
    in somebody else's box, whoever of the two is in front.

    Parameters
    ----------
    people
        Whose first joints are COCO's.
    picture
        The frame that they were found in.
    """
    clothes = np.zeros((len(people), *CLOTHES_SHAPE), np.float32)
    shown_in = picture_of(picture)
    if len(people) and _has_colours(shown_in):
        ends = people.keypoints[:, _ENDS]
        points = _SHARES @ ends
        shown = _shown(points, people.boxes, shown_in.size)
        at = np.where(shown[..., None], points + np.float32(0.5), 0).astype(np.intp)
        pixels = np.where(shown[..., None], shown_in.colours(at), np.float32(np.inf))
        scores = people.scores[:, _ENDS]
        for part, (of_part, own) in enumerate(_PARTS):
            clothes[:, part] = _colours(
                pixels[:, of_part], shown[:, of_part], ends[:, own], scores[:, own]
            )
    return replace(people, clothes=clothes)


def shown_shares(people: FrameDetections, size: tuple[int, ...]) -> NDArray[np.float64]:
    """Return how much of torsos and thighs (people, 2) lies in a picture and in no other's box.

    Parameters
    ----------
    size
        (width, height) of the picture.
    """
    shown = _shown(_SHARES @ people.keypoints[:, _ENDS], people.boxes, size)
    return np.stack([shown[:, of_part].mean(axis=1) for of_part, _ in _PARTS], axis=1)


def _shown(
    points: NDArray[np.floating], boxes: NDArray[np.floating], size: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Tell which points (people, points, 2) lie in a picture and in no other person's box."""
    x, y = points[..., 0], points[..., 1]
    inside = (x >= 0) & (y >= 0) & (x <= size[0] - 1) & (y <= size[1] - 1)
    for other, (left, top, right, bottom) in enumerate(boxes if len(boxes) > 1 else ()):
        covered = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        covered[other] = False
        inside &= ~covered
    return np.asarray(inside)


def _colours(
    pixels: NDArray[np.float32],
    shown: NDArray[np.bool_],
    ends: NDArray[np.floating],
    scores: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Return brightness, two colours and trust (people, 4) of one part of the body.

    Parameters
    ----------
    pixels
        (people, points, 3), infinite where they are not shown.
    shown
        (people, points).
    ends, scores
        (people, 4, 2) the corners or ends of the part, and (people, 4).
    """
    count = shown.sum(axis=1)
    pixels.sort(axis=1)
    colour = pixels[np.arange(len(pixels)), np.maximum(count - 1, 0) // 2]  # the median
    colour = np.where(count[:, None] > 0, colour, 0)
    red, green, blue = np.log(colour + _FLOOR).T
    length = np.linalg.norm(ends[:, 2:] - ends[:, :2], axis=-1).mean(axis=1)
    light = np.clip((colour.max(axis=1) - _DARK) / (_LIGHT - _DARK), 0, 1)
    share = count / shown.shape[1]
    trust = share * scores.min(axis=1) * light * np.minimum(length / _SMALL, 1)
    trust = np.where(share >= LEAST_SHOWN, trust, 0)
    found = np.stack([(red + green + blue) / 3, red - green, blue - green, trust], axis=1)
    return np.where(trust[:, None] > 0, found, 0)


def _has_colours(picture: VideoPicture) -> bool:
    every = slice(_STEP // 2, None, _STEP)
    some = picture.rgb(every, every).astype(np.int16)
    off = np.abs(some[..., ::2] - some[..., 1:2]) > _GREY
    return bool(off.mean() > _COLOURED) if off.size else False
