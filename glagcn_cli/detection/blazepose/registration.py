"""BlazePose for MMPose: importing this registers the modules that its configuration names.

``glagcn_cli.detection.openmmlab.prepare.prepare`` must have run before this is imported.
"""

from __future__ import annotations

from typing import Any

from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from .decoding import decode
from .network import BlazePoseBackbone, BlazePoseHead
from .points import ROWS

MODELS.register_module(name="BlazePoseBackbone", module=BlazePoseBackbone)


@MODELS.register_module()
class BlazePosePointsHead(BlazePoseHead):
    """BlazePose's head for ``mmpose.TopdownPoseEstimator``."""

    def predict(
        self,
        feats: tuple[Tensor, ...],
        batch_data_samples: list[PoseDataSample],
        test_cfg: dict[str, Any] | None = None,
    ) -> list[InstanceData]:
        """Find COCO-25 of one person per crop.

        Parameters
        ----------
        feats
            From the backbone.
        batch_data_samples
            One per crop; not read.
        test_cfg
            ``flip_test`` is not supported and must be absent or false.

        Returns
        -------
        list of InstanceData
            ``keypoints`` (1, 25, 2) pixels of the crop, pixel centres at whole numbers, and
            ``keypoint_scores`` (1, 25), as numpy arrays.
        """
        if (test_cfg or {}).get("flip_test", False):
            raise NotImplementedError("BlazePose has no flip test: set flip_test=False")
        found = decode(self(feats))
        keypoints = (found.points[:, None, ROWS] - 0.5).cpu().numpy()
        scores = (found.visible[:, None, ROWS] * found.presence[:, None, None]).cpu().numpy()
        return [
            InstanceData(keypoints=keypoints[crop], keypoint_scores=scores[crop])
            for crop in range(len(keypoints))
        ]
