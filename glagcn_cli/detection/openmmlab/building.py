"""From a configuration and a checkpoint to a model of OpenMMLab's, refusing what does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import CheckpointError, ModelNotFoundError
from ...files.unpickling import load_harmless
from . import prepare

if TYPE_CHECKING:
    import torch
    from mmengine.config import Config
    from mmengine.model import BaseModel
    from torch import nn

# Tensors in a checkpoint that the model has no place for, as a share of the model's own. Left over
# from training when few (a teacher, a loss); another architecture when many.
_MOST_UNEXPECTED = 0.05

Network = TypeVar("Network", bound="nn.Module")


def read_config(path: Path) -> Config:
    """Read a configuration file of MMPose or MMDetection, running its ``custom_imports``."""
    prepare.import_models()
    from mmengine.config import Config

    if not path.is_file():
        raise ModelNotFoundError(f"there is no configuration file {path}")
    try:
        return Config.fromfile(path)
    except ImportError as error:
        raise ModelNotFoundError(
            f"{path} needs a package that is not installed: {error}. If it is mmpretrain: pip "
            "install mmpretrain"
        ) from error
    except Exception as error:  # the file is code: anything can come out of it
        raise ModelNotFoundError(f"{path} is not a configuration of OpenMMLab: {error}") from error


def scope(config: Config) -> AbstractContextManager[None]:
    """Make unqualified names in a configuration those of its library, for as long as it lasts."""
    from mmengine.registry import DefaultScope

    return DefaultScope.overwrite_default_scope(config.get("default_scope"))


def build(
    config: Config, library: str, checkpoint: Path, device: str
) -> tuple[BaseModel, dict[str, Any]]:
    """Build the model of a configuration and fill it from a checkpoint.

    Parameters
    ----------
    config
        Its ``model`` is built; nothing is downloaded, whatever its ``init_cfg`` say.
    library
        ``"mmpose"`` or ``"mmdet"``.
    checkpoint
        File with a ``state_dict``, or with nothing but the tensors.
    device
        For ``torch.device``.

    Returns
    -------
    model
        In evaluation mode.
    meta
        What the checkpoint says of itself.
    """
    return load(bare_model(config, library), checkpoint, device)


def load(network: Network, checkpoint: Path, device: str) -> tuple[Network, dict[str, Any]]:
    """Fill a network from a checkpoint, for inference on a device; see `build`.

    Depthwise and 1x1 convolutions run faster with channels last: MoveNet on a CPU by a sixth.
    """
    import torch

    loaded = read_checkpoint(checkpoint)
    fill(network, loaded, checkpoint)
    network.to(device).eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network, loaded.get("meta") or {}


def bare_model(config: Config, library: str) -> BaseModel:
    """Build the model of a configuration with random weights; see `build`."""
    from mmengine.model.utils import revert_sync_batchnorm

    if library == "mmpose":
        from mmpose.registry import MODELS
    else:
        from mmdet.registry import MODELS
    with scope(config):
        return revert_sync_batchnorm(MODELS.build(config.model))


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running code from it.

    Official OpenMMLab files hold numpy arrays and MMEngine's training history beside the weights;
    those types are allowed, everything else is refused.

    Raises
    ------
    CheckpointError
        The file is missing, cut off, not a checkpoint, or holds what could be code.
    """
    if not path.is_file():
        raise CheckpointError(f"there is no checkpoint file {path}")
    loaded = load_harmless(path)
    if not isinstance(loaded, dict) or not _tensors(loaded):
        raise CheckpointError(f"{path} holds no network weights")
    return loaded


def _tensors(checkpoint: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """Take the network's tensors, without the prefix that data-parallel training leaves."""
    import torch

    state = checkpoint.get("state_dict", checkpoint)
    if not isinstance(state, Mapping):
        return {}
    return {
        key.removeprefix("module."): value
        for key, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def fill(model: torch.nn.Module, checkpoint: Mapping[str, Any], path: Path) -> None:
    """Copy a checkpoint's tensors into a model; ``path`` is for messages.

    Raises
    ------
    CheckpointError
        The model would keep random weights somewhere, or the file is of another architecture.
    """
    try:
        missing, unexpected = model.load_state_dict(_tensors(checkpoint), strict=False)
    except RuntimeError as error:
        example = str(error).strip().splitlines()[-1].strip()
        raise CheckpointError(
            f"{path} is of another architecture than its configuration: {example}"
        ) from error
    # A counter that batch norm reads in training only; files from before it existed lack it.
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    own = len(model.state_dict())
    if missing or len(unexpected) > _MOST_UNEXPECTED * own:
        raise CheckpointError(
            f"{path} is of another architecture than its configuration: {len(missing)} of the "
            f"model's {own} tensors are missing from it{_examples(missing)}, and it has "
            f"{len(unexpected)} that the model does not{_examples(unexpected)}"
        )


def _examples(keys: list[str], most: int = 3) -> str:
    """Name the first few of some keys, in brackets."""
    more = ", ..." if len(keys) > most else ""
    return f" ({', '.join(keys[:most])}{more})" if keys else ""
