"""MoveNet for MMPose and MMDet: importing this registers the modules that the configurations name.

``glagcn_cli.detection.openmmlab.prepare.prepare`` must have run before this is imported.
"""

from __future__ import annotations

from typing import Any

import cv2
import torch
from mmcv.transforms import BaseTransform
from mmdet.models.detectors import BaseDetector
from mmdet.registry import MODELS as MMDET_MODELS
from mmdet.registry import TRANSFORMS as MMDET_TRANSFORMS
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from mmpose.registry import MODELS as MMPOSE_MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from .decoding import MultiPose, decode_multi_pose, decode_single_pose
from .network import BOX_MAPS, POSE_MAPS, FeaturePyramid, MapHeads, MobileNetV2
from .people import FIRST_PIXEL, each_once, in_pixels_of, size_to_fit

for registry in (MMPOSE_MODELS, MMDET_MODELS):
    registry.register_module(name="MoveNetBackbone", module=MobileNetV2)
    registry.register_module(name="MoveNetPyramid", module=FeaturePyramid)


@MMDET_TRANSFORMS.register_module()
class ResizeToFit(BaseTransform):
    """Scale an image as large as fits a width and a height, whatever its orientation.

    MMDet's own ``Resize`` bounds the longer and the shorter side, which makes portrait images twice
    as tall as landscape ones. MoveNet does not see people taller than about 300 pixels.

    Parameters
    ----------
    width, height
        Largest size of the result in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace ``img`` and set ``img_shape`` and ``scale_factor`` (x, y)."""
        height, width = results["img"].shape[:2]
        size = size_to_fit((width, height), (self.width, self.height))
        results["img"] = cv2.resize(results["img"], size, interpolation=cv2.INTER_LINEAR)
        results["img_shape"] = results["img"].shape[:2]
        results["scale_factor"] = (size[0] / width, size[1] / height)
        return results


@MMPOSE_MODELS.register_module()
class MoveNetSinglePoseHead(MapHeads):
    """Thunder's head for ``mmpose.TopdownPoseEstimator``."""

    def __init__(self) -> None:
        super().__init__(POSE_MAPS)

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


@MMDET_MODELS.register_module()
class MoveNetMultiPoseHead(MapHeads):
    """MultiPose's head: maps of keypoints and boxes."""

    def __init__(self) -> None:
        super().__init__(POSE_MAPS | BOX_MAPS)


@MMDET_MODELS.register_module()
class MoveNetDetector(BaseDetector):
    """MultiPose as a person detector of MMDet.

    Parameters
    ----------
    backbone, neck, head
        Configurations of ``MoveNetBackbone``, ``MoveNetPyramid`` and ``MoveNetMultiPoseHead``.
    test_cfg
        ``score_thr``: people whose score is not above it are left out; ``iou_threshold``: of two
        whose boxes overlap more than this, the one with the lower score is.
    data_preprocessor, init_cfg
        As everywhere in MMDet.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        neck: dict[str, Any],
        head: dict[str, Any],
        test_cfg: dict[str, Any],
        data_preprocessor: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.backbone = MMDET_MODELS.build(backbone)
        self.neck = MMDET_MODELS.build(neck)
        self.head = MMDET_MODELS.build(head)
        self.test_cfg = test_cfg

    def extract_feat(self, batch_inputs: Tensor) -> Tensor:
        """Features (images, 24, height / 4, width / 4) of normalised images."""
        return self.neck(self.backbone(batch_inputs))

    def predict(
        self, batch_inputs: Tensor, batch_data_samples: list[DetDataSample], rescale: bool = True
    ) -> list[DetDataSample]:
        """Fill ``pred_instances`` of each sample.

        Parameters
        ----------
        batch_inputs
            (images, 3, height, width) RGB in -1..1.
        batch_data_samples
            One per image, with ``scale_factor`` and ``ori_shape`` in their meta information.
        rescale
            Give coordinates in the original image; otherwise in the network's input.

        Returns
        -------
        list of DetDataSample
            ``bboxes`` (people, 4), ``scores`` (people,), ``labels`` (people,) all 0, and besides
            ``keypoints`` (people, 17, 2) and ``keypoint_scores`` (people, 17).
        """
        people = decode_multi_pose(self._forward(batch_inputs))
        results = [
            self._instances(people, image, sample.metainfo if rescale else None)
            for image, sample in enumerate(batch_data_samples)
        ]
        return self.add_pred_to_datasample(batch_data_samples, results)

    def _instances(
        self, people: MultiPose, image: int, metainfo: dict[str, Any] | None
    ) -> InstanceData:
        """People of one image above the threshold, the surest first, each once."""
        found = MultiPose(*(values[image] for values in people))
        if metainfo is not None:
            found = in_pixels_of(metainfo["ori_shape"][:2], metainfo["scale_factor"], found)
        found = each_once(found, self.test_cfg["score_thr"], self.test_cfg["iou_threshold"])
        return InstanceData(
            bboxes=found.boxes,
            scores=found.scores,
            labels=torch.zeros(len(found.scores), dtype=torch.long, device=found.scores.device),
            keypoints=found.keypoints,
            keypoint_scores=found.keypoint_scores,
        )

    def _forward(
        self, batch_inputs: Tensor, batch_data_samples: list[DetDataSample] | None = None
    ) -> dict[str, Tensor]:
        """Raw maps."""
        return self.head(self.extract_feat(batch_inputs))

    def loss(self, batch_inputs: Tensor, batch_data_samples: list[DetDataSample]) -> dict:
        """MoveNet comes trained."""
        raise NotImplementedError("MoveNet is used for inference; it has no loss")
