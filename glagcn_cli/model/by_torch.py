"""A network over windows as torch computes it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..machine.precision import in_single
from ..skeleton import JointSet
from .gla_gcn import LifterNetwork, LifterOutput
from .inference import WindowOutput


class ByTorch:
    """An `inference.WindowNetwork` that torch computes.

    Parameters
    ----------
    network
        The network; it is put on the device and into evaluation mode.
    device
        Where it computes.
    precision
        Half-precision type in which it computes (`glagcn_cli.machine.precision`); None for single.
    """

    def __init__(
        self,
        network: LifterNetwork,
        device: torch.device | str = "cpu",
        precision: torch.dtype | None = None,
    ) -> None:
        self.network = network.to(device).eval()
        self.precision = precision
        self._device = torch.device(device)

    @property
    def has_sequence(self) -> bool:
        """Whether the network lifts whole windows."""
        return self.network.has_sequence

    @property
    def has_centre(self) -> bool:
        """Whether the network lifts centre frames."""
        return self.network.has_centre

    @property
    def joint_set(self) -> JointSet:
        """The joints of both ends."""
        return self.network.joint_set

    @property
    def device(self) -> str:
        """Kind of device."""
        return self._device.type

    def lifts_whole(self, wanted: bool) -> bool:
        """Tell whether whole windows are lifted: as wanted, where the network can do both."""
        return self.network.lifts_whole(wanted)

    @torch.inference_mode()
    def sequence(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift all frames of windows (N, T, V, C)."""
        inputs = self._inputs(windows)
        with self._computing():
            return _arrays(self.network.sequence(inputs))

    @torch.inference_mode()
    def __call__(self, windows: NDArray[np.float32]) -> WindowOutput:
        """Lift the middle frame of windows (N, T, V, C)."""
        inputs = self._inputs(windows)
        with self._computing():
            return _arrays(self.network(inputs))

    def _inputs(self, windows: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(windows).to(self._device)

    def _computing(self) -> torch.autocast:
        return torch.autocast(self.device, self.precision, enabled=self.precision is not None)


class NamedOutputs(nn.Module):
    """A network whose outputs are a dictionary, without those that it lacks."""

    def __init__(self, network: LifterNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, windows: Tensor) -> dict[str, Tensor]:
        """Run all heads on windows (N, T, V, C)."""
        output: LifterOutput = self.network(windows)
        return {name: part for name, part in output._asdict().items() if part is not None}


def _arrays(output: LifterOutput) -> WindowOutput:
    return WindowOutput(
        *(None if part is None else part.cpu().numpy() for part in in_single(output))
    )
