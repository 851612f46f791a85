"""Which takes of the motion packs angles are measured on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from benchmarks.accuracy.gait_events import is_walk
from glagcn_training.data.packs import read_packs
from glagcn_training.data.takes import Take

Numbered = list[tuple[int, Take]]

A_MOTION = 1  # takes of an exercise of UI-PRMD
WALKS = 1  # of each training subject
LONGEST = 300  # frames: longer takes are cut there
FOLDS = 5


def numbered(data_dir: Path, split: str) -> Numbered:
    """Return the takes of CMU and UI-PRMD with their numbers in the split."""
    takes = enumerate(read_packs(data_dir, split).takes)
    return [(k, take) for k, take in takes if take.pack in ("cmu_h36m17", "uiprmd_h36m17")]


def folds(takes: Numbered) -> dict[int, int]:
    """Return a fold below `FOLDS` for the number of each take, evenly by people and motions."""
    ordered = sorted(takes, key=lambda one: (one[1].pack, one[1].subject, one[1].action, one[0]))
    return {number: place % FOLDS for place, (number, _) in enumerate(ordered)}


def evenly(takes: Numbered, most: int) -> Numbered:
    """Return at most so many of the takes, evenly chosen; all for 0."""
    if not 0 < most < len(takes):
        return takes
    return [takes[k * len(takes) // most] for k in range(most)]


def walks(data_dir: Path) -> Numbered:
    """Return the validation takes of walking."""
    return [(k, take) for k, take in numbered(data_dir, "val") if is_walk(take.action)]


def others(data_dir: Path) -> Numbered:
    """Return validation takes of other motion: CMU's, and `A_MOTION` of each exercise."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for number, take in numbered(data_dir, "val"):
        if is_walk(take.action):
            continue
        if take.pack == "uiprmd_h36m17":
            taken[take.action] += 1
            if taken[take.action] > A_MOTION:
                continue
        found.append((number, _cut(take)))
    return found


def train_walks(data_dir: Path) -> Numbered:
    """Return walks of training subjects, at most `WALKS` of each."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for number, take in numbered(data_dir, "train"):
        if is_walk(take.action):
            taken[take.subject] += 1
            if taken[take.subject] <= WALKS:
                found.append((number, _cut(take)))
    return found


def _cut(take: Take) -> Take:
    return replace(take, joints=take.joints[:LONGEST])
