"""The shipped lifter as OpenVINO computes it, which an earlier run made ready."""

from __future__ import annotations

from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..defaults import LIFTER
from ..files.checksums import remembered_sha256
from ..machine.openvino import cache as kept
from ..machine.openvino.importing import installed_version
from ..machine.openvino.kept import Source
from ..machine.openvino.late import LateNetwork
from ..machine.openvino.running import MOST_STREAMS
from ..model.architecture import Architecture
from ..model.inference import WindowOutput
from ..skeleton import JOINT_SETS, JointSet
from .checkpoints import LifterCard, lifter_path, load_lifter

if TYPE_CHECKING:
    from torch import nn

    from ..model.gla_gcn import LifterNetwork

IN_SINGLE = ("data_bn", "head_global", "head_local", "error_global", "error_local", "gravity")
"""Stay in single precision: bfloat16 rounds a coordinate near a metre to 4 mm."""


class LateLifter:
    """An `inference.WindowNetwork` that OpenVINO computes, or torch in its place, on the CPU.

    Parameters
    ----------
    path
        Checkpoint of the paper's network.
    """

    has_sequence = has_centre = True
    device = "cpu"

    def __init__(self, path: Path) -> None:
        self._path = path
        single = tuple(f"network.{name}" for name in IN_SINGLE)
        self._source = Source(path, single=single)
        self._late = LateNetwork(self._load, "cpu", self._source)

    @cached_property
    def _opened(self) -> tuple[LifterNetwork, LifterCard]:
        return load_lifter(self._path)

    @property
    def network(self) -> LifterNetwork:
        """The network, of torch."""
        return self._opened[0]

    @cached_property
    def card(self) -> LifterCard:
        """Its card, which the first run keeps for later ones."""
        known = [one.name for kind in (LifterCard, Architecture) for one in fields(kind)]
        file = kept.key_of(["card", remembered_sha256(self._path), known]) + ".card"
        if (found := kept.read(file)) is not None:
            about = found[0]
            return LifterCard(**about | {"architecture": Architecture(**about["architecture"])})
        kept.keep(file, asdict(self._opened[1]))
        return self._opened[1]

    @property
    def joint_set(self) -> JointSet:
        """The joints of both ends."""
        return JOINT_SETS[self.card.architecture.joint_set]

    def lifts_whole(self, wanted: bool) -> bool:
        """Tell whether whole windows are lifted: as wanted."""
        return wanted

    def sequence(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift all frames of windows (N, T, V, C); by torch, since videos do not need it."""
        from ..machine.precision import fast_precision
        from ..model.by_torch import ByTorch

        return ByTorch(self.network, "cpu", fast_precision("cpu")).sequence(windows)

    def __call__(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift the middle frame of windows (N, T, V, C)."""
        return WindowOutput(**self._late(windows))

    def warm_up(self) -> None:
        """Have ready all that windows need."""
        sizes = self.card.architecture
        shape = MOST_STREAMS, sizes.window, len(self.joint_set), sizes.in_channels
        self(np.zeros(shape, np.float32))

    def _load(self) -> nn.Module:
        """Load the network as `machine.openvino.late.LateNetwork` takes it."""
        from ..machine.openvino.compiled import run_fast
        from ..model.by_torch import NamedOutputs

        whole = NamedOutputs(self.network).eval()
        run_fast(whole, "forward", "cpu", self._source, whole.network)
        return whole


def late_lifter(name: str) -> LateLifter | None:
    """Return a lifter by its name; None where torch had better compute it.

    Only the shipped lifter of bodies is worth the seconds in which OpenVINO compiles it once.

    Raises
    ------
    CheckpointError
        The file is damaged.
    """
    used = name == LIFTER and installed_version() is not None
    return LateLifter(lifter_path(name)) if used else None
