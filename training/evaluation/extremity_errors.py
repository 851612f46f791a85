"""Measures the directions of feet and palms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.poses import LiftedJoints
from glagcn_cli.skeleton import H36M25

from .evaluate import Observation

STEEPEST = 60.0
"""Degrees between sole and floor above which a foot has no heading."""

TITLES = {
    "foot_heading": "heading of the feet", "foot_direction": "feet in space",
    "palm": "palms", "hand_direction": "hands",
}  # fmt: skip


class Spread(NamedTuple):
    """Degrees off: median and 90th percentile over frames; share of frames above 90 degrees."""

    median: float
    p90: float
    reversed: float


class ExtremityErrors:
    """Collects how far feet and palms are off, in frames in which they are known.

    ``foot_heading``: heel to toe, projected onto the floor, of feet that are not steep
    (`STEEPEST`); ``foot_direction``: the same in space; ``palm``: out of the palm;
    ``hand_direction``: from the wrist to the middle of the knuckles.
    """

    def __init__(self) -> None:
        self._off: dict[str, list[NDArray[np.float64]]] = {}

    def watch(self, seen: Observation, lifted: LiftedJoints) -> None:
        """Compare one take; lifters without feet and palms are not measured."""
        if lifted.joints.shape[1] != len(H36M25) or seen.joints.shape[1] != len(H36M25):
            return
        counts = seen.counts
        for side in ("left", "right"):
            true, found = (
                _vectors(joints[counts], side) for joints in (seen.joints, lifted.joints)
            )
            for name in true:
                self._note(name, true[name], found[name])
            if seen.up is not None:
                flat, found_flat = (
                    _onto_floor(v["foot_direction"], seen.up) for v in (true, found)
                )
                steep = np.linalg.norm(flat, axis=-1) < np.cos(np.radians(STEEPEST))
                self._note("foot_heading", np.where(steep[:, None], np.nan, flat), found_flat)

    def _note(
        self, name: str, true: NDArray[np.float64], found: NDArray[np.float64]
    ) -> None:  # fmt: skip
        known = np.isfinite(true[:, 0])
        cosine = (_unit(true[known]) * _unit(found[known])).sum(axis=-1)
        self._off.setdefault(name, []).append(np.degrees(np.arccos(cosine.clip(-1, 1))))

    def figures(self) -> dict[str, Spread] | None:
        """Return the spread of each error; None where nothing was compared."""
        found = {name: np.concatenate(parts) for name, parts in self._off.items()}
        spreads = {
            name: Spread(
                float(np.median(off)), float(np.percentile(off, 90)), float((off > 90).mean())
            )
            for name, off in found.items()
            if len(off)
        }
        return spreads or None

    def describe(self) -> str:
        """Format the figures as one line; empty without figures."""
        figures = self.figures()
        if figures is None:
            return ""
        parts = [
            f"{title} {figures[name].median:.1f} (nine of ten below {figures[name].p90:.1f})"
            for name, title in TITLES.items()
            if name in figures
        ]
        return "Feet and palms, degrees off, median over frames: " + ", ".join(parts)


def _vectors(joints: NDArray[np.floating], side: str) -> dict[str, NDArray[np.float64]]:
    """Return the directions of a foot and a hand in (frames, 25, 3), each (frames, 3)."""
    heel, toe, wrist, index, little = (
        joints[:, H36M25.index(f"{side}_{joint}")].astype(np.float64)
        for joint in ("heel", "big_toe", "wrist", "index_knuckle", "little_knuckle")
    )
    palm = np.cross(little - wrist, index - wrist) * (1 if side == "left" else -1)
    return {
        "foot_direction": _unit(toe - heel),
        "palm": _unit(palm),
        "hand_direction": _unit((index + little) / 2 - wrist),
    }


def _onto_floor(vectors: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors - (vectors @ up)[:, None] * up)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-9))
