"""MoveNet for MMPose: importing this registers the modules that its configuration names.

``glagcn_cli.detection.openmmlab.prepare.prepare`` must have run before this is imported.
"""

from __future__ import annotations

from typing import Any

from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from .decoding import FIRST_PIXEL, decode_single_pose
from .network import FeaturePyramid, MapHeads, MobileNetV2

MODELS.register_module(name="MoveNetBackbone", module=MobileNetV2)
MODELS.register_module(name="MoveNetPyramid", module=FeaturePyramid)


@MODELS.register_module()
class MoveNetSinglePoseHead(MapHeads):
    """Thunder's head for ``mmpose.TopdownPoseEstimator``."""

    def predict(
        self,
        feats: Tensor,
        batch_data_samples: list[PoseDataSample],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[InstanceData]:
        """Keypoints of one person per crop.

        Parameters
        ----------
        feats
            (crops, 24, 64, 64) from the feature pyramid.
        batch_data_samples
            One per crop; not read.
        test_cfg
            ``flip_test`` is not supported and must be absent or false.

        Returns
        -------
        list of InstanceData
            ``keypoints`` (1, 17, 2) pixels of the crop, pixel centres at whole numbers, and
            ``keypoint_scores`` (1, 17), as numpy arrays.
        """
        if (test_cfg or {}).get("flip_test", False):
            raise NotImplementedError("MoveNet has no flip test: set flip_test=False")
        poses = decode_single_pose(self(feats))
        keypoints = (poses.keypoints - FIRST_PIXEL)[:, None].cpu().numpy()
        scores = poses.keypoint_scores[:, None].cpu().numpy()
        return [
            InstanceData(keypoints=keypoints[crop], keypoint_scores=scores[crop])
            for crop in range(len(keypoints))
        ]
