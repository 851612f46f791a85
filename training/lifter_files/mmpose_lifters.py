"""Lifters of MMPose by configuration and checkpoint, and the card that their kind has.

What a card says is in MMPose's own code: the codecs `VideoPoseLifting` and `MotionBERTLabel`, the
configurations under `configs/body_3d_keypoint`, and Human3.6M's 50 pictures a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from glagcn_cli.errors import ModelNotFoundError, UsageError
from glagcn_cli.lifting.normalisation import IMAGE
from glagcn_cli.lifting.onnx_card import BODY, OnnxCard
from glagcn_cli.lifting.onnx_network import JOINTS
from glagcn_cli.model.architecture import CENTRE, SEQUENCE
from glagcn_cli.skeleton import H36M17

KINDS = ("TCN", "DSTFormer")
"""Backbones of the lifters that are known: VideoPose3D's and MotionBERT's."""

_H36M_RATE = 50  # frames a second


class Whole(nn.Module):
    """Backbone and head of a lifter of MMPose."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.backbone, self.head = model.backbone, model.head

    def forward(self, inputs: Tensor) -> Tensor:
        """Lift windows in the form that the backbone takes."""
        joints: Tensor = self.head(self.backbone(inputs))
        return joints


def mmpose_lifter(name: str) -> tuple[nn.Module, list[str], OnnxCard]:
    """Load a lifter of MMPose.

    Parameters
    ----------
    name
        ``CONFIG,CHECKPOINT``.

    Returns
    -------
    network, outputs, card
        The network in evaluation mode, the names of its outputs, and its card.

    Raises
    ------
    ModelNotFoundError
        There is no such configuration, or MMPose is not installed.
    CheckpointError
        The checkpoint does not fit.
    UsageError
        It is a lifter of another kind.
    """
    from glagcn_cli.detection.openmmlab.building import build, read_config

    config_name, checkpoint = (Path(part.strip()) for part in name.rsplit(",", 1))
    config = read_config(config_name)
    kind = config.get("model", {}).get("backbone", {}).get("type")
    if kind not in KINDS:
        raise UsageError(
            f"{config_name}: a lifter on {kind} is not known (only {', '.join(KINDS)}); export it "
            "with torch.onnx.export and write its card"
        )
    model, _ = build(config, "mmpose", checkpoint, "cpu")
    if "neck" in config.model:
        raise ModelNotFoundError(f"{config_name}: has a neck, which no lifter of {kind} has")
    return Whole(model).eval(), [JOINTS], card_of(kind, model)


def card_of(kind: str, model: Any) -> OnnxCard:
    """Return the card of a lifter of MMPose, by the type of its backbone."""
    if kind == "TCN":
        window, output, unit, layout, channels = _receptive_field(model), CENTRE, "m", "NFT", 2
    else:
        window, output, unit, layout = model.backbone.temp_embed.shape[1], SEQUENCE, BODY, "NTVC"
        channels = 3
    return OnnxCard(
        H36M17.name, int(window), output, IMAGE, unit, _H36M_RATE, input=layout, channels=channels,
        data="Human3.6M", licence="research only, see Human3.6M",
    )  # fmt: skip


def _receptive_field(model: Any) -> int:
    """Return the frames that a temporal convolution without padding turns into one."""
    field = 1
    for size in model.backbone.kernel_sizes:
        field *= size
    return field
