"""Lists the data sets: their facts, the subjects of each split, and their readers.

Splits: "train" is the published training subjects without the one held out, "val" is that one,
"test" is the published test set. The field chooses its checkpoints on the test set; a subject is
held out here so that the test set stays unseen until the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glagcn_cli.errors import UsageError
from glagcn_cli.skeleton import H36M17, H36M25, HUMANEVA15, MPI_INF_3DHP17, JointSet

from ..metrics.scores import ACTIONS, FRAMES, SUBJECTS_AND_ACTIONS
from . import h36m, humaneva, mpi_inf_3dhp, packs
from .pickled_npz import DataFile
from .takes import SPLITS, TakeSet

DEFAULT_HOLDOUT = "default"
"""Stands for the data set's own choice of the held-out subject."""


@dataclass(frozen=True)
class DataSetReader:
    """One data set that can be trained on.

    Parameters
    ----------
    name, title
        Name on the command line, and name that its publishers use.
    joint_set, fps
        Joint set and frame rate of its takes.
    load
        (folder, split -> subjects, keypoints) -> split -> takes.
    load_extremities
        (folder, splits) -> split -> takes with feet and palms; None where it has none.
    licence
        Name of the page with its licence.
    keypoints
        Sources of 2D, the default first; none for free motion.
    training_subjects, test_subjects
        As published; none where the files themselves state the split.
    held_out
        Training subject for validation.
    mean_over
        Kind of mean in the field's tables: one of `scores.AVERAGES`.
    pck_joints
        Joints that its tables measure PCK and AUC on; None for all.
    files
        Files that the user has to get.
    """

    name: str
    title: str
    joint_set: JointSet
    fps: int
    load: Callable[[Path, Mapping[str, Sequence[str]], str], dict[str, TakeSet]]
    licence: str
    load_extremities: Callable[[Path, Sequence[str]], dict[str, TakeSet]] | None = None
    keypoints: tuple[str, ...] = ()
    training_subjects: tuple[str, ...] = ()
    test_subjects: tuple[str, ...] = ()
    held_out: str | None = None
    mean_over: str = FRAMES
    pck_joints: tuple[int, ...] | None = None
    files: tuple[DataFile, ...] = ()

    def subjects(self, split: str, holdout: str | None = DEFAULT_HOLDOUT) -> tuple[str, ...]:
        """Return the subjects of a split; raise ``UsageError`` for an unknown held-out subject."""
        if split not in SPLITS:
            raise UsageError(f"split is {split!r}, expected one of {', '.join(SPLITS)}")
        held_out = self.held_out if holdout == DEFAULT_HOLDOUT else holdout
        if not self.training_subjects:
            if held_out is not None:
                raise UsageError(
                    f"{self.title} cannot hold out {held_out}: its files state which clips are "
                    "for validation"
                )
            return ()
        if held_out is not None and held_out not in self.training_subjects:
            raise UsageError(
                f"{self.title} has no training subject {held_out} to hold out; it has "
                f"{', '.join(self.training_subjects)}"
            )
        if split == "test":
            return self.test_subjects
        if split == "train":
            return tuple(s for s in self.training_subjects if s != held_out)
        if held_out is None:
            raise UsageError(
                f"{self.title}: no subject is held out, so there is no split 'val'; give --holdout"
            )
        return (held_out,)

    def source_of_2d(self, keypoints: str | None) -> str:
        """Return the requested or default 2D; raise ``UsageError`` with the known ones."""
        if not keypoints:
            return self.keypoints[0] if self.keypoints else ""
        if keypoints not in self.keypoints:
            there = (
                f"it has {', '.join(self.keypoints)}"
                if self.keypoints
                else ("it is free motion, seen by virtual cameras")
            )
            raise UsageError(f"{self.title} has no 2D keypoints {keypoints!r}; {there}")
        return keypoints


def _load_packs(data_dir: Path, splits: Mapping[str, Sequence[str]], _: str) -> dict[str, TakeSet]:
    return packs.read_pack_splits(data_dir, tuple(splits))


def _load_extremities(data_dir: Path, splits: Sequence[str]) -> dict[str, TakeSet]:
    return packs.read_pack_splits(data_dir, splits, H36M25)


_READERS = (
    DataSetReader(
        name=h36m.NAME,
        title="Human3.6M",
        joint_set=H36M17,
        fps=h36m.FPS,
        load=h36m.read_h36m,
        licence=h36m.LICENCE,
        keypoints=tuple(h36m.KEYPOINTS_FILES),
        training_subjects=h36m.TRAINING_SUBJECTS,
        test_subjects=h36m.TEST_SUBJECTS,
        held_out=h36m.HELD_OUT,
        mean_over=ACTIONS,
        files=(h36m.POSITIONS_FILE, *h36m.KEYPOINTS_FILES.values()),
    ),
    DataSetReader(
        name=humaneva.NAME,
        title="HumanEva-I",
        joint_set=HUMANEVA15,
        fps=humaneva.FPS,
        load=humaneva.read_humaneva,
        licence=humaneva.LICENCE,
        keypoints=tuple(humaneva.KEYPOINTS_FILES),
        training_subjects=humaneva.SUBJECTS,
        test_subjects=humaneva.SUBJECTS,
        held_out=humaneva.HELD_OUT,
        mean_over=SUBJECTS_AND_ACTIONS,
        files=(humaneva.POSITIONS_FILE, *humaneva.KEYPOINTS_FILES.values()),
    ),
    DataSetReader(
        name=mpi_inf_3dhp.NAME,
        title="MPI-INF-3DHP",
        joint_set=MPI_INF_3DHP17,
        fps=mpi_inf_3dhp.FPS,
        load=mpi_inf_3dhp.read_mpi_inf_3dhp,
        licence=mpi_inf_3dhp.LICENCE,
        keypoints=("gt",),
        training_subjects=mpi_inf_3dhp.TRAINING_SUBJECTS,
        test_subjects=mpi_inf_3dhp.TEST_SUBJECTS,
        held_out=mpi_inf_3dhp.HELD_OUT,
        pck_joints=mpi_inf_3dhp.PCK_JOINTS,
        files=(mpi_inf_3dhp.TRAINING_FILE, mpi_inf_3dhp.TEST_FILE),
    ),
    DataSetReader(
        name=packs.NAME,
        title="motion capture",
        joint_set=H36M17,
        fps=packs.FPS,
        load=_load_packs,
        load_extremities=_load_extremities,
        licence=packs.LICENCE,
    ),
)
DATASETS: dict[str, DataSetReader] = {reader.name: reader for reader in _READERS}


def find_reader(dataset: str) -> DataSetReader:
    """Return a data set by name; raise ``UsageError`` with the known names."""
    if dataset not in DATASETS:
        raise UsageError(f"no data set {dataset!r}, expected one of {', '.join(DATASETS)}")
    return DATASETS[dataset]


def read_splits(
    dataset: str,
    data_dir: Path,
    splits: Sequence[str],
    *,
    keypoints: str | None = None,
    holdout: str | None = DEFAULT_HOLDOUT,
    joint_set: str = "",
) -> dict[str, TakeSet]:
    """Read several splits of a data set, each of its files once.

    Parameters
    ----------
    dataset
        A key of `DATASETS`.
    data_dir
        Folder with its files; for "mocap" also one pack.
    splits
        Of "train", "val", "test".
    keypoints
        Source of the 2D; None or "" for the data set's default.
    holdout
        Training subject of "val"; "default" for the data set's own choice, None to train on all
        subjects.
    joint_set
        "h36m25" for feet and palms besides the data set's own joints, where it has them; any other
        name for its own joints.

    Raises
    ------
    UsageError
        The data set, split, 2D or subject is unknown; the message names the known ones.
    InputError
        Files missing, damaged or of another layout than published.
    """
    reader = find_reader(dataset)
    source = reader.source_of_2d(keypoints)
    subjects = {split: reader.subjects(split, holdout) for split in splits}
    if joint_set == H36M25.name and reader.load_extremities:
        return reader.load_extremities(data_dir, tuple(splits))
    return reader.load(data_dir, subjects, source)


def read_takes(
    dataset: str,
    data_dir: Path,
    split: str,
    *,
    keypoints: str | None = None,
    holdout: str | None = DEFAULT_HOLDOUT,
) -> TakeSet:
    """Read one split of a data set; see `read_splits`, which reads several in one go."""
    return read_splits(dataset, data_dir, (split,), keypoints=keypoints, holdout=holdout)[split]
