"""Imports the checkpoints that the authors of GLA-GCN released.

Such a file is a dictionary whose ``model_pos`` holds the tensors, named as in a data-parallel
wrapper (``module.``) and further as in `glagcn_cli.model.gla_gcn.ReleasedGLAGCN`. Window, channels
and joints are derived from the tensors.

An assumption: the fixed graphs A_k are not in the file. The published description names the three
subsets (the joint itself, inward from child to parent, outward from parent to child) but not along
which axis of A_k a feature travels. Read the other way, inward and outward change places. We read
A_1[v, w] as the path from child v to its parent w and multiply features from the left of A_k. If a
checkpoint misses its published error on its data set by far, import it again with `swap_subsets`,
which exchanges the two and is equal to the other reading.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.files.atomic import check_output
from glagcn_cli.files.unpickling import load_harmless
from glagcn_cli.lifting.checkpoints import LifterCard, save_lifter
from glagcn_cli.lifting.normalisation import IMAGE
from glagcn_cli.model.architecture import STRIDE, Architecture
from glagcn_cli.skeleton import AS_GIVEN, H36M17, HUMANEVA15, JOINT_SETS, MPI_INF_3DHP17

from ..data.registry import DATASETS

if TYPE_CHECKING:
    import torch

    from glagcn_cli.model.gla_gcn import ReleasedGLAGCN

    Tensors = Mapping[str, torch.Tensor]

log = logging.getLogger(__name__)

RELEASED_JOINT_SETS = (H36M17.name, HUMANEVA15.name, MPI_INF_3DHP17.name)
_FPS = {reader.joint_set.name: reader.fps for reader in DATASETS.values()}

_BLOCK = re.compile(r"^layers_tcngcn\.(\d+)\.")
_COUNTER = "num_batches_tracked"  # read in training only; older files lack it
_MOST_NAMED = 12  # keys of a kind in a message


def import_released(
    source: Path,
    destination: Path,
    *,
    joint_set: str | None = None,
    swap_subsets: bool = False,
    data: str = "",
    licence: str = "",
    overwrite: bool = False,
) -> LifterCard:
    """Turn a released checkpoint into a lifter checkpoint of this program, in full precision.

    Parameters
    ----------
    source
        The released file.
    destination
        The file to write.
    joint_set
        Name of one of `RELEASED_JOINT_SETS`; found from the number of joints if None.
    swap_subsets
        Exchange the inward and the outward subset, see above.
    data, licence
        Training data and terms of use, for the new file.
    overwrite
        Replace an existing file.

    Returns
    -------
    LifterCard
        Card of the new file.

    Raises
    ------
    CheckpointError
        The file is missing or damaged, or its tensors do not fit the released network. The message
        lists keys that are missing, not expected or of another shape.
    UsageError
        The named joint set has another number of joints.
    OutputError
        The destination cannot be written.
    """
    check_output(destination, overwrite)
    tensors = read_released(source)
    network = released_network(tensors, source, joint_set)
    if swap_subsets:
        swap(network)
    card = LifterCard(
        network.architecture,
        IMAGE,
        fps=_FPS[network.architecture.joint_set],
        conversion=AS_GIVEN,
        data=data,
        licence=licence,
        recipe={"imported_from": source.name, "swap_subsets": swap_subsets},
    )
    save_lifter(destination, network, card, half=False)
    return card


def read_released(path: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a released checkpoint, without a data-parallel wrapper's prefix.

    Nothing in the file is run. Numbers, numpy arrays and the state of numpy's random generator in
    it are dropped.
    """
    import torch

    if not path.is_file():
        raise CheckpointError(f"the file {path} does not exist; check its name")
    content = load_harmless(path, _random_state_types())
    state = content.get("model_pos") if isinstance(content, dict) else None
    if not isinstance(state, Mapping) or not state:
        held = f"; it holds {_named(content)}" if isinstance(content, dict) else ""
        raise CheckpointError(f"{path} is not a released checkpoint: it has no 'model_pos'{held}")
    if odd := [key for key, value in state.items() if not isinstance(value, torch.Tensor)]:
        raise CheckpointError(f"{path}: not a tensor under {_named(odd)}")
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def _random_state_types() -> list[Any]:
    """Return the types of a numpy generator's state, for torch's restricted unpickler."""
    import numpy as np
    from numpy.random import _pickle as rebuild

    names = ("__randomstate_ctor", "__bit_generator_ctor")
    return [np.random.RandomState, np.random.MT19937, *(getattr(rebuild, name) for name in names)]


def released_network(tensors: Tensors, path: Path, joint_set: str | None = None) -> ReleasedGLAGCN:
    """Build the released variant from these tensors; ``path`` is for messages."""
    import torch

    from glagcn_cli.model.gla_gcn import ReleasedGLAGCN

    network = ReleasedGLAGCN(architecture_of(tensors, path, joint_set))
    own = network.state_dict()
    missing = [key for key in own if key not in tensors and not key.endswith(_COUNTER)]
    unexpected = [key for key in tensors if key not in own]
    misshapen = [
        f"{key} {tuple(tensors[key].shape)} instead of {tuple(own[key].shape)}"
        for key in own
        if key in tensors and tensors[key].shape != own[key].shape
    ]
    kinds = {"missing": missing, "not expected": unexpected, "of another shape": misshapen}
    if any(kinds.values()):
        problems = "; ".join(
            f"{len(keys)} {kind}: {_named(keys)}" for kind, keys in kinds.items() if keys
        )
        raise CheckpointError(
            f"{path} does not fit the released network of {network.architecture.window} frames and "
            f"{network.architecture.channels} channels; {problems}"
        )
    if odd := [key for key, value in tensors.items() if not torch.isfinite(value).all()]:
        raise CheckpointError(f"{path} holds weights that are not finite: {_named(odd)}")
    network.load_state_dict({key: tensors.get(key, own[key]) for key in own})
    return network.eval()


def architecture_of(tensors: Tensors, path: Path, joint_set: str | None = None) -> Architecture:
    """Derive the architecture from the names and shapes of its tensors."""
    needed = ("expand_gcn.gcn1.conv_d.0.weight", "data_bn.weight")
    if lacking := [key for key in needed if key not in tensors or not tensors[key].dim()]:
        raise CheckpointError(
            f"{path} is of another network: missing {_named(lacking)}; it has {_named(tensors)}"
        )
    shape = tuple(tensors[needed[0]].shape)
    blocks = {int(match[1]) for key in tensors if (match := _BLOCK.match(key))}
    levels, odd = divmod(len(blocks), 2)
    if len(shape) != 4 or not blocks or odd or blocks != set(range(len(blocks))):
        raise CheckpointError(
            f"{path} is of another network: expected two blocks a level, layers_tcngcn.0 and on, "
            f"found {sorted(blocks)}, and {needed[0]} of 4 dimensions, found {shape}"
        )
    channels, in_channels = shape[:2]
    joints = len(tensors["data_bn.weight"]) // in_channels
    try:
        return Architecture(
            "released",
            window=STRIDE**levels,
            channels=channels,
            in_channels=in_channels,
            joint_set=_joint_set(joints, path, joint_set),
        )
    except ValueError as error:
        raise CheckpointError(f"{path} is of another network: {error}") from error


def _joint_set(joints: int, path: Path, named: str | None) -> str:
    fitting = [name for name in RELEASED_JOINT_SETS if len(JOINT_SETS[name]) == joints]
    if named is not None:
        if named not in fitting:
            raise UsageError(f"{path} has {joints} joints, {named} has {len(JOINT_SETS[named])}")
        return named
    if not fitting:
        raise CheckpointError(f"{path} has {joints} joints; the released networks have 17 or 15")
    if len(fitting) > 1:
        log.info("%d joints: %s is assumed; --joint-set chooses another", joints, fitting[0])
    return fitting[0]


def swap(network: ReleasedGLAGCN) -> None:
    """Exchange the learned parts of the inward and the outward subset, in every block.

    This equals exchanging their fixed graphs, since the subsets are summed.
    """
    import torch

    order = [0, 2, 1]
    state = network.state_dict()
    swapped = dict(state)
    for key, value in state.items():
        if key.endswith(".PA"):
            swapped[key] = value[torch.tensor(order)]
        elif match := re.fullmatch(r"(.*\.conv_[abd]\.)(\d)(\..*)", key):
            swapped[key] = state[f"{match[1]}{order[int(match[2])]}{match[3]}"].clone()
    network.load_state_dict(swapped)


def _named(keys: Any) -> str:
    """Return the first of some keys, and how many more there are, as text."""
    names = [str(key) for key in keys]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
