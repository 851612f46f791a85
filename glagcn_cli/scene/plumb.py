"""Finds the direction against gravity from lines that rise: edges of buildings, posts, doors."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .choices import SceneChoices

PEOPLE_ERROR = 6.0
"""Expected error in degrees of the direction that people give."""

PEOPLE_SPREAD = (3.5, 6.0)
"""Their expected errors of roll and tilt apart (`benchmarks.accuracy.gravity`)."""
LIKELY = 2.5  # expected errors by which lines and people may differ

BELOW = 20.0
"""Degrees below the horizon under which a line that ends there lies on the floor."""
WITHIN = 15.0  # degrees from the direction that people give within which lines' is looked for
TRIED = 3.0
"""Degrees to four sides of the people's direction about which lines' is looked for too: most of the
five must give one direction, so that nothing hangs on where people put the horizon."""
ALIKE_WITHIN = 1.5  # degrees of directions that are one
STEP = 0.5  # degrees between the directions that are tried
MEETS = 1.2  # degrees by which a line may miss the direction that it agrees with

LEAST_LINES = 8
LEAST_LENGTH = 0.5  # focal lengths of all lines that agree, together
LEAST_PLACES = 5
"""Sectors to the side, `ASIDE` wide, in which most lines agree: both edges of one post are one, any
two leaning trunks agree with some direction, and a third by chance."""
ASIDE = 2.0  # degrees
MAJORITY = 0.6
"""Share of the length of all lines that could be upright, and of those in one place, that agree."""
TWO_FIFTHS = 0.4  # share of the places that agree
OTHERS = 0.35
"""Share of the length that agrees, above which another direction of the other lines might as well
be the upright: of frames on a wall, of leaning posts."""
STANDS_OUT = 2.5
"""Times as much length as agrees with the directions that were tried, in the mean: leaves and
grass agree with any."""

OWN_ERROR = 1.0
"""Expected error in degrees of a direction of many lines: walls lean, lenses bend lines."""
LINE_ERROR = 1.0  # degrees, of one line
ALIKE = 10  # how many lines tell as much as all of them, whose errors are much alike

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plumb:
    """A direction against gravity.

    Parameters
    ----------
    up
        (3,) unit vector.
    covariance
        (3, 3) expected error, radians squared; along `up` it has no meaning.
    """

    up: _Array
    covariance: _Array

    @property
    def error(self) -> float:
        """Expected error, degrees."""
        across = np.eye(3) - np.outer(self.up, self.up)
        return float(np.degrees(np.sqrt(np.trace(across @ self.covariance @ across))))


def plumb_line(lines: _Array, near: _Array, focal_error: float) -> Plumb | None:
    """Find the direction of the upright among lines that rise; None where none stands out.

    Parameters
    ----------
    lines
        (n, 6) normals of the lines' planes, of the lines' lengths, and rays to their upper ends
        (`line_planes`), camera axes.
    near
        (3,) unit vector near which the direction is looked for.
    focal_error
        Expected error of the focal length as a share of it: it tilts what is seen from above.
    """
    one, other = _across(near)
    reach = np.tan(np.radians(TRIED))
    ways = [near, *(near + sign * reach * way for way in (one, other) for sign in (-1, 1))]
    tries = (_meeting(lines, way / np.linalg.norm(way), focal_error) for way in ways)
    found = [plumb for plumb in tries if plumb is not None]
    for plumb in found:
        alike = sum(plumb.up @ them.up > np.cos(np.radians(ALIKE_WITHIN)) for them in found)
        if alike > len(ways) / 2:
            return plumb
    return None


def _meeting(lines: _Array, near: _Array, focal_error: float) -> Plumb | None:
    """Return the direction near one that most lines meet; None where none stands out."""
    normals = lines[lines[:, 3:] @ near > -np.sin(np.radians(BELOW)), :3]
    length = np.linalg.norm(normals, axis=1)
    planes = normals / length[:, None].clip(1e-12)
    possible = np.abs(planes @ near) < np.sin(np.radians(WITHIN))
    planes, length = planes[possible], length[possible]
    if len(planes) < LEAST_LINES:
        return None
    tried = _directions_about(near)
    agree = np.abs(tried @ planes.T) < np.sin(np.radians(MEETS))
    agreeing = agree @ length
    best = int(agreeing.argmax())
    if agreeing[best] < max(MAJORITY * length.sum(), STANDS_OUT * agreeing.mean(), LEAST_LENGTH):
        return None
    others = agree[:, ~agree[best]] @ length[~agree[best]]
    if others.max() > OTHERS * agreeing[best]:
        return None
    up, agrees = _settled(planes, length, tried[best])
    place = _places(planes, up)
    share = np.bincount(place, length * agrees) / np.bincount(place, length)
    enough = max(LEAST_PLACES, TWO_FIFTHS * len(share))
    if agrees.sum() < LEAST_LINES or (share >= MAJORITY).sum() < enough:
        return None
    own = _covariance(planes[agrees], length[agrees], up, focal_error)
    return Plumb(up, own + _without_each(planes, length, up, np.where(agrees, place, -1)))


def _settled(planes: _Array, length: _Array, up: _Array) -> tuple[_Array, NDArray[np.bool_]]:
    """Return the direction near one in which most lines meet, and which lines those are."""
    for _ in range(5):
        agrees = np.abs(planes @ up) < np.sin(np.radians(MEETS))
        if not agrees.any():
            break
        up = _common(planes[agrees], length[agrees], up)
    return up, agrees


def _places(planes: _Array, up: _Array) -> NDArray[np.intp]:
    """Return numbers (n,) of the sectors, `ASIDE` wide, in which lines are seen."""
    one, other = _across(up)
    # A plane on edge looks the same from behind: half a turn is all the way round.
    side = np.degrees(np.arctan2(planes @ other, planes @ one)) % 180
    order, number = np.argsort(side), np.zeros(len(side), np.intp)
    first = order[0]
    for before, k in pairwise(order):
        begins = side[k] > side[first] + ASIDE
        first = k if begins else first
        number[k] = number[before] + begins
    return number


def _without_each(planes: _Array, length: _Array, up: _Array, place: NDArray[np.intp]) -> _Array:
    """Return how far the direction depends on any one place, (3, 3) radians squared (jackknife)."""
    numbers = np.unique(place[place >= 0])
    others = [_settled(planes[place != k], length[place != k], up)[0] for k in numbers]
    away = np.array(others) - up
    return np.asarray((len(numbers) - 1) / len(numbers) * away.T @ away)


def _directions_about(near: _Array) -> _Array:
    """Return unit vectors (n, 3) all around a direction."""
    one, other = _across(near)
    steps = np.tan(np.radians(np.arange(-WITHIN, WITHIN + STEP / 2, STEP)))
    x, y = (grid.ravel() for grid in np.meshgrid(steps, steps))
    tried = near + x[:, None] * one + y[:, None] * other
    tried = tried[np.hypot(x, y) <= np.tan(np.radians(WITHIN))]
    return np.asarray(tried / np.linalg.norm(tried, axis=1, keepdims=True))


def _across(up: _Array) -> tuple[_Array, _Array]:
    """Return two unit vectors at right angles to a direction and to each other."""
    one = np.cross(up, np.eye(3)[np.abs(up).argmin()])
    one /= np.linalg.norm(one)
    return one, np.cross(up, one)


def _common(planes: _Array, length: _Array, up: _Array) -> _Array:
    """Return the direction nearest to planes, weighted by the lengths of their lines."""
    found = np.linalg.eigh((planes * length[:, None]).T @ planes)[1][:, 0]
    return np.asarray(found * np.sign(found @ up))


def _covariance(planes: _Array, length: _Array, up: _Array, focal_error: float) -> _Array:
    """Return the expected error of a direction (3, 3), radians squared."""
    share = length / length.sum()
    told = min(len(planes), ALIKE) * (planes * share[:, None]).T @ planes
    told = told / np.radians(LINE_ERROR) ** 2 + np.eye(3) * 1e-3
    across = np.stack(_across(up))
    own = np.linalg.inv(across @ told @ across.T) + np.eye(2) * np.radians(OWN_ERROR) ** 2 / 2
    # A camera that looks up or down sees verticals meet at a place that its focal length decides.
    ahead = np.array([0.0, 0.0, 1.0])
    tilt = across @ (ahead - (ahead @ up) * up) * (ahead @ up)
    own += focal_error**2 * np.outer(tilt, tilt)
    return np.asarray(across.T @ own @ across)


def with_lines(up: _Array, choices: SceneChoices) -> _Array:
    """Return people's direction against gravity (3,), with what rising lines say of it."""
    if not choices.by_lines:
        return up
    found = plumb_line(choices.lines, up, choices.focal_error)
    if found is None or not (choices.doubtful_lines or is_likely(found, up)):
        return up
    return fused(found, up, PEOPLE_ERROR)


def is_likely(plumb: Plumb, up: _Array) -> bool:
    """Whether people may be so far off that lines are right.

    A fence may lean as a whole, and lines alone cannot tell that from a camera that is rolled.
    """
    apart = np.abs(_roll_and_tilt(plumb.up) - _roll_and_tilt(up))
    error = np.hypot(PEOPLE_SPREAD, plumb.error / np.sqrt(2))
    return bool((apart < LIKELY * error).all())


def _roll_and_tilt(up: _Array) -> _Array:
    """Return degrees (2,) by which a camera is rolled and looks up."""
    x, y, z = up
    return np.degrees([np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))])


def fused(plumb: Plumb, up: _Array, error: float) -> _Array:
    """Return the mean of a plumb line and another direction, weighted by their certainty.

    Parameters
    ----------
    up
        (3,) unit vector of people.
    error
        Its expected error, degrees.
    """
    across = np.stack(_across(plumb.up))
    own = np.linalg.inv(across @ plumb.covariance @ across.T)
    theirs = np.eye(2) * 2 / np.radians(error) ** 2
    shift = np.linalg.solve(own + theirs, theirs @ (across @ up) / (plumb.up @ up))
    mixed = plumb.up + shift @ across
    return np.asarray(mixed / np.linalg.norm(mixed))
