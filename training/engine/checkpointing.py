"""The files of a run folder: states to resume from, whole or not at all, and the recipe."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from mmengine.fileio import LocalBackend, register_backend

from glagcn_cli.errors import UsageError
from glagcn_cli.outputs import atomic_output

from ..recipe import Recipe, differences, to_mapping

BACKEND = "glagcn-atomic"
STATES = "mmengine"  # folder in the run's, which is MMEngine's own
STATE = "step_{}.pth"
RECIPE = "recipe.yaml"

# May change between the parts of a run without making another run of it.
_FREE = ("schedule.save_every", "schedule.log_every", "optimizer.accumulate")


class AtomicBackend(LocalBackend):
    """Local files that appear under their name only when they are complete."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes beside the file and rename."""
        with atomic_output(Path(filepath), overwrite=True) as temporary:
            temporary.write_bytes(obj)


register_backend(BACKEND, AtomicBackend, force=True)


def newest_state(folder: Path) -> Path | None:
    """State with the highest step in a run folder, if there is any."""
    states = {
        int(match[1]): path
        for path in (folder / STATES).glob(STATE.format("*"))
        if (match := re.fullmatch(STATE.format(r"(\d+)"), path.name))
    }
    return states[max(states)] if states else None


def keep_recipe(recipe: Recipe, folder: Path) -> None:
    """Store the recipe in its run folder; raises ``UsageError`` where another run lives there."""
    path, tree = folder / RECIPE, to_mapping(recipe)
    if path.exists() and newest_state(folder) is not None:
        changed = differences(yaml.safe_load(path.read_text()), tree)
        changed = [change for change in changed if not change.startswith(_FREE)]
        if changed:
            raise UsageError(
                f"{folder} holds a run with other settings ({'; '.join(changed)}); give the old "
                "settings to go on with it, or another folder"
            )
    with atomic_output(path, overwrite=True) as temporary:
        temporary.write_text(yaml.safe_dump(tree, sort_keys=False))
