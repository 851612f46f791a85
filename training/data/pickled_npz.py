"""Reads the field's npz files, which hold pickled Python dictionaries.

Warning: unpickling runs any code in the file. No other code of the project loads a pickle. Only
`glagcn-train` and `glagcn-eval` call this, for files that the user named as a data set. Take such a
file only from its authors.
"""

from __future__ import annotations

import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glagcn_cli.errors import InputError

# Errors of zipfile, numpy and pickle for a file that is cut off, overwritten or of another kind.
_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, ImportError, IndexError,
    NotImplementedError, zipfile.BadZipFile, zlib.error, struct.error, pickle.UnpicklingError,
)  # fmt: skip


@dataclass(frozen=True)
class DataFile:
    """One file of a data set.

    Parameters
    ----------
    name
        File name in the data folder.
    origin
        Source of the file, to follow "get it from".
    """

    name: str
    origin: str


def find_files(data_dir: Path, wanted: Sequence[DataFile], licence: str) -> list[Path]:
    """Return the paths of the files in a folder; one ``InputError`` names all missing ones.

    Parameters
    ----------
    data_dir
        Folder that the user named.
    wanted
        Files that must be there.
    licence
        Name of the page with the data set's licence.
    """
    missing = [file for file in wanted if not (data_dir / file.name).is_file()]
    if missing:
        state = "lacks" if data_dir.is_dir() else "is no folder; it should hold"
        lines = [f"  {file.name}: get it from {file.origin}" for file in missing]
        raise InputError(
            "\n".join([f"{data_dir} {state}:", *lines, f"The data are licensed, see: {licence}"])
        )
    return [data_dir / file.name for file in wanted]


def read_pickled(
    path: Path, required: str, optional: Sequence[str] = ()
) -> dict[str, Mapping[Any, Any]]:
    """Read the dictionaries of a pickled npz by key; read the module's warning first.

    Parameters
    ----------
    path
        File that the user named as a data set.
    required, optional
        Keys to read; an optional one that is not there is left out of the result.

    Raises
    ------
    InputError
        The file is damaged, lacks the required key, or holds no dictionary under it.
    """
    try:
        with np.load(path, allow_pickle=True) as archive:
            found = list(archive.files)
            arrays = {key: archive[key] for key in (required, *optional) if key in found}
    except _DAMAGE as error:
        raise InputError(
            f"{path} is damaged or no npz file ({type(error).__name__}: {error}); download it again"
        ) from error
    if required not in arrays:
        raise InputError(
            f"{path} has the keys {', '.join(found) or 'none'}; expected {required!r}. "
            "Is it a file of another data set?"
        )
    contents = {key: array.item() if array.ndim == 0 else array for key, array in arrays.items()}
    for key, content in contents.items():
        if not isinstance(content, Mapping):
            raise InputError(
                f"{path}: {key!r} holds {type(content).__name__}, expected a dictionary"
            )
    return contents
