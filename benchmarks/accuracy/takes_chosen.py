"""Which takes of the motion packs angles are measured on."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from benchmarks.accuracy.gait_events import is_walk
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import Take

Numbered = list[tuple[int, Take]]

FIT, TEST = "fit", "test"
"""Halves of the validation takes: CMU 6 and 17 with the exercises of UI-PRMD in wrong form, and
CMU 39 and 131 with those in right form."""

A_MOTION = 1  # takes of an exercise of UI-PRMD
WALKS = 1  # of each training subject
LONGEST = 500  # frames
_WRONG_FORM = "(incorrect form)"


def numbered(data_dir: Path, split: str) -> Numbered:
    """Return the takes of CMU and UI-PRMD with their numbers in the split."""
    takes = enumerate(read_packs(data_dir, split).takes)
    return [(k, take) for k, take in takes if take.pack in ("cmu_h36m17", "uiprmd_h36m17")]


def half_of(take: Take) -> str:
    """Return the half that a validation take belongs to."""
    if take.pack == "uiprmd_h36m17":
        return FIT if take.action.endswith(_WRONG_FORM) else TEST
    return FIT if take.subject in ("6", "17") else TEST


def walks(data_dir: Path) -> Numbered:
    """Return the validation takes of walking."""
    return [(k, take) for k, take in numbered(data_dir, "val") if is_walk(take.action)]


def others(data_dir: Path) -> Numbered:
    """Return validation takes of other motion: CMU's, and `A_MOTION` of each exercise."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for number, take in numbered(data_dir, "val"):
        if is_walk(take.action) or len(take) > LONGEST:
            continue
        if take.pack == "uiprmd_h36m17":
            taken[take.action] += 1
            if taken[take.action] > A_MOTION:
                continue
        found.append((number, take))
    return found


def train_walks(data_dir: Path) -> Numbered:
    """Return walks of training subjects, at most `WALKS` of each."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for number, take in numbered(data_dir, "train"):
        if is_walk(take.action) and len(take) <= LONGEST:
            taken[take.subject] += 1
            if taken[take.subject] <= WALKS:
                found.append((number, take))
    return found
