"""What a page of the report says of a person, whatever it is written as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...biomechanics.angle_names import SIDES, TRUNK_ANGLES
from ...biomechanics.body_axes import Floats
from ...biomechanics.cycles import POINTS, Cycles, Segment, cut, strides
from ...biomechanics.findings import find_view, unknown
from ...biomechanics.gait import Gait
from ...wording import counted
from ..measured import Measured
from .table import Row, gait_rows, repetition_rows, span_rows

GAIT, EXERCISE, NEITHER = "gait", "repetitions", "neither"

PANELS = 9

_OF_GAIT = (
    "hip_flexion", "knee_flexion", "ankle_flexion", "hip_abduction", "pelvis_list",
    "pelvis_rotation", "thorax_tilt", "trunk_rotation", "shoulder_flexion", "elbow_flexion",
)  # fmt: skip

_TITLES = {
    "hip_flexion": ("Hip flexion", "back", "forwards"),
    "hip_abduction": ("Hip abduction", "inwards", "outwards"),
    "knee_flexion": ("Knee flexion", "straight", "bent"),
    "ankle_flexion": ("Ankle flexion", "toes down", "toes up"),
    "shoulder_flexion": ("Shoulder flexion", "back", "forwards"),
    "shoulder_elevation": ("Shoulder elevation", "hanging", "raised"),
    "shoulder_abduction": ("Shoulder abduction", "inwards", "outwards"),
    "elbow_flexion": ("Elbow flexion", "straight", "bent"),
    "pelvis_list": ("Pelvis list", "left down", "right down"),
    "pelvis_rotation": ("Pelvis rotation", "right", "left"),
    "thorax_tilt": ("Thorax tilt", "back", "forwards"),
    "thorax_list": ("Thorax list", "left down", "right down"),
    "trunk_rotation": ("Trunk rotation", "right", "left"),
    "trunk_bending": ("Trunk bending", "left", "right"),
}
"""Title, and what a small and a large angle mean."""


@dataclass(frozen=True)
class Curve:
    """A line of a panel: the mean of cycles, or an angle over time.

    Parameters
    ----------
    side
        "left", "right" or "" for the whole body.
    degrees, spread, deviation
        (points,) each: the angle, the standard deviation from cycle to cycle (NaN over time), and
        that of the error.
    """

    side: str
    degrees: Floats
    spread: Floats
    deviation: Floats


@dataclass(frozen=True)
class Panel:
    """A figure of an angle."""

    title: str
    low: str
    high: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Page:
    """A page: one person.

    Parameters
    ----------
    kind
        `GAIT`, `EXERCISE` or `NEITHER`.
    title, facts
        Heading, and short statements below it.
    rows
        Table of figures.
    places, along
        (points,) of all curves, and what they are.
    toe_offs
        Percent of the cycle at which the left and the right foot leave the floor; NaN without.
    notes
        What cannot be said.
    """

    kind: str
    title: str
    facts: tuple[str, ...]
    rows: tuple[Row, ...]
    panels: tuple[Panel, ...]
    places: Floats
    along: str
    toe_offs: tuple[float, float]
    notes: tuple[str, ...]


def page_of(person: Measured, height_known: bool) -> Page:
    """Collect what is said of a person.

    Parameters
    ----------
    person
        With its measurements.
    height_known
        The person's height was given, so that metres are theirs.
    """
    sequence, gait, repetitions = person.sequence, person.gait, person.repetitions
    kind = GAIT if gait.found else EXERCISE if len(repetitions) else NEITHER
    rows = {GAIT: gait_rows, EXERCISE: repetition_rows, NEITHER: span_rows}[kind](person)
    notes = unknown(sequence, gait, repetitions)
    if kind == GAIT and not height_known and np.isfinite(gait.speeds).any():
        notes.append(
            "The person's height was not given: lengths and speed are those of a body of the size "
            "that the lifter takes people to have, which a child is not. Give --height."
        )
    names = [name for name in _TITLES if _is_measured(person, name)]
    if kind != GAIT:
        names = [name for name in names if name != "pelvis_rotation"]  # it is from the path
    places, along = np.linspace(0, 100, POINTS), "percent of the stride"
    if kind == NEITHER:
        places, along = np.arange(len(sequence)) / float(sequence.fps), "seconds"
        panels = _widest([_over_time(person, name) for name in names])
    elif kind == EXERCISE:
        along = "percent of the repetition"
        segments = list(repetitions.segments)
        panels = _widest([_over_cycles(person, name, (segments, segments)) for name in names])
    else:
        both = (strides(gait, 0), strides(gait, 1))
        shown = [name for name in _OF_GAIT if name in names][:PANELS]
        panels = [_over_cycles(person, name, both) for name in shown]
    return Page(
        kind, f"Person {sequence.person}", _facts(person, kind), tuple(rows), tuple(panels),
        places, along, _toe_offs(gait), tuple(notes),
    )  # fmt: skip


def _facts(person: Measured, kind: str) -> tuple[str, ...]:
    sequence, fps = person.sequence, float(person.sequence.fps)
    facts = [f"{len(sequence) / fps:.1f} s at {fps:.4g} frames/s"]
    if (view := find_view(sequence, person.gait)) is not None:
        facts.append(f"seen from {view.name} ({view.degrees:.0f} degrees from where they face)")
    if kind == GAIT:
        count = [len(strides(person.gait, side)) for side in range(2)]
        facts.append(f"{count[0]} strides of the left foot, {count[1]} of the right")
    if kind == EXERCISE:
        facts.append(counted(len(person.repetitions), "repetition"))
    return tuple(facts)


def _is_measured(person: Measured, kind: str) -> bool:
    names = [kind] if kind in TRUNK_ANGLES else [f"{side}_{kind}" for side in SIDES]
    found = [n for n in names if n in person.angles.names]
    return bool(found) and any(np.isfinite(person.angles[n]).any() for n in found)


def _over_cycles(
    person: Measured, kind: str, segments: tuple[Sequence[Segment], Sequence[Segment]]
) -> Panel:
    """Return a panel of the mean cycle of each side; of the body, where both sides' are one."""
    once = kind in TRUNK_ANGLES and segments[0] == segments[1]
    curves = []
    for side, own in zip(SIDES, segments, strict=True):
        name = kind if kind in TRUNK_ANGLES else f"{side}_{kind}"
        if name not in person.angles.names:
            continue
        cycles = cut(person.angles[name], person.angles.deviation(name), own)
        if len(cycles):
            curves.append(_mean_of(cycles, "" if once else side))
        if once:
            break
    return Panel(*_TITLES[kind], tuple(curves))


def _mean_of(cycles: Cycles, side: str) -> Curve:
    return Curve(side, cycles.mean, cycles.spread, cycles.deviation)


def _over_time(person: Measured, kind: str) -> Panel:
    names = {"": kind} if kind in TRUNK_ANGLES else {side: f"{side}_{kind}" for side in SIDES}
    nothing = np.full(len(person.sequence), np.nan)
    curves = [
        Curve(side, person.angles[name], nothing, person.angles.deviation(name))
        for side, name in names.items()
        if name in person.angles.names
    ]
    return Panel(*_TITLES[kind], tuple(curves))


def _widest(panels: Sequence[Panel]) -> list[Panel]:
    """Return the panels in which most happens, in their order."""

    def span(panel: Panel) -> float:
        known = [c.degrees[np.isfinite(c.degrees)] for c in panel.curves]
        return max((float(np.ptp(np.percentile(k, [5, 95]))) for k in known if len(k)), default=0.0)

    chosen = sorted(panels, key=span, reverse=True)[:PANELS]
    return [panel for panel in panels if panel in chosen]


def _toe_offs(gait: Gait) -> tuple[float, float]:
    left, right = (
        100 * float(np.median(shares)) if len(shares) else float("nan")
        for shares in gait.stance_shares
    )
    return left, right
