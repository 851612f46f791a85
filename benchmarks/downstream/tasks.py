"""What is to be recognised: clips of the motion packs, their labels and who is tested.

Clips are at the lifters' own rate. Every test subject is unknown to the classifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glagcn_cli.errors import InputError
from glagcn_cli.lifting.resampling import resample
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.packs import read_pack
from glagcn_training.data.takes import Take, TakeSet

FPS = 25
EDGE = 4  # rows at both ends of UI-PRMD's clips that lie off the markers

UIPRMD, CMU = "uiprmd_h36m17", "cmu_h36m17"
MORE_CMU = "cmu_extra"
"""Packs by file name; the last one is used where it is there."""

WRONG_FORM = " (incorrect form)"
RIGHT, WRONG = "right", "wrong"

EXERCISE, FORM, KIND = "exercise", "form", "kind of motion"

PIECE, SHORTEST = 2.0, 1.0  # seconds of a piece of CMU's clips, and of the last one at least
PIECES = 10  # of a clip, evenly chosen

KINDS = {
    "fight": ("boxing", "punch", "front kick", "geri", "uke", "duki", "barai", "heian", "empi",
              "kata"),
    "climb": ("climb",),
    "jump": ("jump", "hop"),
    "on foot": ("walk", "run", "jog", "stride"),
}  # fmt: skip
"""Words in CMU's descriptions, and the kind that they stand for. The first kind with a word in a
description counts: who climbs and jumps down climbs."""

NO_KIND = ("basketball", "soccer", "jumping jacks", "playground - forward")
"""Words of clips without a kind: mixed motion, and kinds of a single subject."""

LIFTER_SUBJECTS = {UIPRMD: ("1", "2", "3", "4"), CMU: ("5", "29", "60", "94")}
"""Subjects that the small lifters are trained on, by pack. None of them is tested; CMU's do nothing
that has a kind, or are left out."""

UNSEEN = {UIPRMD: ("8",), CMU: ("6", "17", "39", "131")}
"""Subjects that the shipped lifter was not trained on."""

FOLDS = {
    UIPRMD: (("5", "6"), ("7", "8")),
    CMU: (("1", "7", "12", "13", "17", "38", "131"), ("2", "6", "14", "26", "39", "43"),
          ("3", "8", "10", "16", "27", "32", "55", "135")),
}  # fmt: skip
"""Subjects that are tested together, by pack. The classifier learns from all others. Every kind is
left to learn from in each fold."""


@dataclass(frozen=True)
class Task:
    """A question about every clip.

    Parameters
    ----------
    name
        One of `EXERCISE`, `FORM` and `KIND`.
    classes
        Possible answers.
    labels
        (clips,) number of the right one.
    given
        (clips, n) what the classifier is told besides the motion.
    """

    name: str
    classes: tuple[str, ...]
    labels: NDArray[np.intp]
    given: NDArray[np.float32]


@dataclass(frozen=True)
class Clips:
    """Clips of one pack at `FPS`, and the questions about them.

    ``folds`` are the test subjects of each fold, ``unseen`` those that no lifter was trained on.
    """

    pack: str
    takes: TakeSet
    tasks: tuple[Task, ...]
    folds: tuple[tuple[str, ...], ...]
    unseen: tuple[str, ...]

    @property
    def subjects(self) -> NDArray[np.str_]:
        """Subject of every clip."""
        return np.array([take.subject for take in self.takes.takes])


def read_takes(path: Path) -> list[Take]:
    """Read every take of a pack, of all its splits."""
    return [take for takes in read_pack(path).values() for take in takes]


def read_clips(data_dir: Path) -> tuple[Clips, Clips]:
    """Read the clips of UI-PRMD and of CMU.

    Raises
    ------
    InputError
        A pack is missing.
    """
    paths = {name: data_dir / f"{name}.npz" for name in (UIPRMD, CMU, MORE_CMU)}
    for name in (UIPRMD, CMU):
        if not paths[name].exists():
            raise InputError(f"{data_dir}: no {name}.npz here; give the folder of the motion packs")
    cmu = read_takes(paths[CMU])
    if paths[MORE_CMU].exists():
        cmu += read_takes(paths[MORE_CMU])
    return exercises(read_takes(paths[UIPRMD])), kinds(cmu)


def exercises(takes: Iterable[Take]) -> Clips:
    """Ask which of the exercises a clip of UI-PRMD is, and whether its form is right.

    The second question is asked where the exercise is known, as in rehabilitation.
    """
    cut = [replace(take, joints=take.joints[EDGE:-EDGE]) for take in takes if len(take) > 4 * EDGE]
    chosen = [at_rate(take, 2 * FPS) for take in cut]
    names = [take.action.removesuffix(WRONG_FORM) for take in chosen]
    classes = tuple(sorted(set(names)))
    which = np.array([classes.index(name) for name in names])
    wrong = np.array([take.action.endswith(WRONG_FORM) for take in chosen]).astype(np.intp)
    seconds = np.array([[len(take) / FPS] for take in chosen], np.float32)
    known = np.concatenate([seconds, np.eye(len(classes), dtype=np.float32)[which]], axis=1)
    tasks = (
        Task(EXERCISE, classes, which, seconds),
        Task(FORM, (RIGHT, WRONG), wrong, known),
    )
    return _clips(UIPRMD, chosen, tasks)


def kinds(takes: Iterable[Take]) -> Clips:
    """Ask which kind of motion a piece of CMU's clips is, by the clip's description.

    The length is not told: clips of some kinds are shorter than a piece.
    """
    chosen: list[Take] = []
    found: list[str] = []
    for take in takes:
        kind = kind_of(take.action)
        if kind and take.subject not in LIFTER_SUBJECTS[CMU]:
            cut = list(pieces(at_rate(take, 2 * FPS)))
            chosen += cut
            found += [kind] * len(cut)
    classes = tuple(KINDS)
    labels = np.array([classes.index(kind) for kind in found])
    nothing = np.zeros((len(chosen), 0), np.float32)
    return _clips(CMU, chosen, (Task(KIND, classes, labels, nothing),))


def _clips(pack: str, takes: list[Take], tasks: tuple[Task, ...]) -> Clips:
    joined = TakeSet("mocap", H36M17, FPS, tuple(takes), pack)
    return Clips(pack, joined, tasks, FOLDS[pack], UNSEEN[pack])


def kind_of(description: str) -> str:
    """Return the kind of motion that a description names; "" for none of them."""
    text = description.lower()
    if any(word in text for word in NO_KIND):
        return ""
    return next((kind for kind, words in KINDS.items() if any(w in text for w in words)), "")


def at_rate(take: Take, fps: int) -> Take:
    """Return a take of a rate at `FPS`."""
    return replace(take, joints=resample(take.joints, fps, FPS).astype(np.float32))


def pieces(take: Take) -> Iterator[Take]:
    """Cut a take at `FPS` into pieces of `PIECE` seconds, at most `PIECES`, evenly chosen."""
    length = round(PIECE * FPS)
    starts = [s for s in range(0, len(take), length) if len(take) - s >= SHORTEST * FPS]
    if len(starts) > PIECES:
        starts = [starts[round(n)] for n in np.linspace(0, len(starts) - 1, PIECES)]
    for start in starts:
        yield replace(take, joints=take.joints[start : start + length])
