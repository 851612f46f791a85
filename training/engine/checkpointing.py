"""The files of a run folder: states to resume from, and the recipe."""

from __future__ import annotations

import logging
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from mmengine.fileio import LocalBackend, register_backend

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.files.atomic import atomic_output

from ..recipes.recipe import Recipe
from ..recipes.recipe_files import differences, to_mapping

log = logging.getLogger(__name__)

BACKEND = "glagcn-atomic"
STATES = "mmengine"  # folder in the run's, which is MMEngine's own
STATE = "step_{}.pth"
RECIPE = "recipe.yaml"
DATA = "data.yaml"

# Settings that may change when a run is resumed. Accumulation may not: states count passes.
_FREE = ("schedule.save_every", "schedule.log_every")


class AtomicBackend(LocalBackend):
    """Local files that appear under their name only when they are complete."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes beside the file and rename."""
        with atomic_output(Path(filepath), overwrite=True) as temporary:
            temporary.write_bytes(obj)


register_backend(BACKEND, AtomicBackend, force=True)


def passes_of(state: Path) -> int | None:
    """Return the passes after which a state was saved, by its name; None for another file."""
    match = re.fullmatch(STATE.format(r"(\d+)"), state.name)
    return None if match is None else int(match[1])


def states(folder: Path) -> list[Path]:
    """List the states in a run folder, the one with the highest step first."""
    found = {
        passes: path
        for path in (folder / STATES).glob(STATE.format("*"))
        if (passes := passes_of(path)) is not None
    }
    return [found[passes] for passes in sorted(found, reverse=True)]


def newest_state(folder: Path) -> Path | None:
    """Return the newest undamaged state to resume from; None in the folder of a new run.

    Raises
    ------
    CheckpointError
        All states are damaged.
    """
    there = states(folder)
    for path in there:
        if _is_whole(path):
            return path
        log.warning("%s is damaged; trying the state before it", path)
    if there:
        raise CheckpointError(
            f"all states in {folder / STATES} are damaged ({', '.join(p.name for p in there)}); "
            "delete them to restart the run"
        )
    return None


def _is_whole(path: Path) -> bool:
    """Tell whether a state file is complete, by the checksums in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
        return False


def keep_recipe(recipe: Recipe, folder: Path, data: Mapping[str, Any]) -> None:
    """Store the recipe and the facts of the data in the run folder.

    Raises
    ------
    UsageError
        The folder holds a run with other settings, or on other data.
    """
    going_on = bool(states(folder))
    _keep(folder / RECIPE, to_mapping(recipe), going_on, "settings")
    _keep(folder / DATA, data, going_on, "data")


def _keep(path: Path, tree: Mapping[str, Any], going_on: bool, what: str) -> None:
    if path.exists() and going_on:
        changed = differences(yaml.safe_load(path.read_text(encoding="utf-8")), tree)
        changed = [change for change in changed if not change.startswith(_FREE)]
        if changed:
            raise UsageError(
                f"{path.parent} holds a run with other {what} ({'; '.join(changed)}); give the old "
                f"{what} to resume it, or choose another folder"
            )
    with atomic_output(path, overwrite=True) as temporary:
        temporary.write_text(yaml.safe_dump(dict(tree), sort_keys=False), encoding="utf-8")
