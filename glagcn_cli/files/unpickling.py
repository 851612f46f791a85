"""Reads files that torch pickled, without running code from them."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import CheckpointError

_STATISTICS = {"mean", "max", "min", "current"}


def load_harmless(path: Path, also: Sequence[Any] = ()) -> Any:
    """Read a file onto the CPU; refuse anything that could be code.

    Parameters
    ----------
    path
        An existing file.
    also
        Further types to allow, besides tensors, plain values and `harmless_types`.

    Raises
    ------
    CheckpointError
        The file is cut off, is no pickle, or holds anything that could be code.
    """
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # reported below; most files hold only tensors and plain values
        pass
    try:
        with torch.serialization.safe_globals([*harmless_types(), *also]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} is not a checkpoint, is damaged, or holds objects that are not loaded because "
            f"they could run code: {_reason(error)}"
        ) from error
    except Exception as error:  # a damaged pickle raises anything: KeyError, UnicodeDecodeError...
        raise CheckpointError(f"{path} is not a checkpoint or is damaged: {error}") from error


def _reason(error: pickle.UnpicklingError) -> str:
    """Return what torch's unpickler refused, without its advice to read the file regardless."""
    reason = str(error).rpartition("WeightsUnpickler error:")[2].strip()
    return reason.partition("\n")[0].partition(". ")[0]


def harmless_types() -> list[Any]:
    """Return the types that official checkpoints hold, for torch's restricted unpickler."""
    import numpy as np
    from mmengine.logging.history_buffer import HistoryBuffer

    array = np.zeros(0)
    rebuild_array = array.__reduce__()[0]
    rebuild_scalar = np.float64(0).__reduce__()[0]
    # numpy 2 moved its internals; a file may have been written by either
    moved = [
        (function, f"numpy.{core}.multiarray.{name}")
        for core in ("core", "_core")
        for function, name in ((rebuild_array, "_reconstruct"), (rebuild_scalar, "scalar"))
    ]
    dtypes = {type(np.dtype(code)) for code in "?bBhHiIlLqQefdU"}
    # A history names its own methods through getattr, which would also reach what runs code.
    attribute = (_method_of_history, "builtins.getattr")
    return [*moved, np.ndarray, np.dtype, *dtypes, HistoryBuffer, attribute, slice]


def _method_of_history(owner: Any, name: str) -> Any:
    """Stand in for getattr, but only for the statistics that MMEngine's history names."""
    from mmengine.logging.history_buffer import HistoryBuffer

    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise pickle.UnpicklingError(f"the attribute {name!r} of something is asked for")
    return getattr(owner, name)
