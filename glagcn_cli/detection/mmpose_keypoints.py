"""Keypoints in person boxes by any top-down model of MMPose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelNotFoundError
from ..machine.batches import Batches
from ..machine.openvino.kept import Source
from ..skeleton import COCO17, COCO25, HALPE26, JointSet
from ..video.picture import AnyFrame
from .crops import Crops
from .frames import default_batch, to_bgr
from .interface import Keypoints
from .openmmlab import building

if TYPE_CHECKING:
    from mmengine.config import Config

Pose: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]


class MMPoseKeypoints:
    """An MMPose model that finds the joints of one person in a box.

    Its own model code runs, batched over frames and people; its own test pipeline too, unless that
    is the usual one, which `Crops` does faster.

    Parameters
    ----------
    config
        MMPose configuration of a top-down model.
    checkpoint
        Weights for it.
    device
        For ``torch.device``.
    batch_size
        People that go through the network at once; by default what suits the device.
    exact
        Single precision, also where half would be faster.
    """

    def __init__(
        self,
        config: Path,
        checkpoint: Path,
        device: str = "cpu",
        batch_size: int | None = None,
        exact: bool = False,
    ) -> None:
        from mmengine.dataset import Compose

        from ..machine.openvino.compiled import run_fast

        self._config = building.read_config(config)
        self._config.model.setdefault("test_cfg", {})["flip_test"] = False
        self._model, trained = building.build(self._config, "mmpose", checkpoint, device)
        with building.scope(self._config):
            self._meta = _dataset_meta(self._config, trained, config)
            self._pipeline = Compose(self._config.test_dataloader.dataset.pipeline)
        self._crops = Crops.like(self._config, self._model)
        if not exact:
            # Not what comes after: it tells fractions of a pixel of its map.
            source = Source(checkpoint, str(self._config.model))
            run_fast(self._model, "extract_feat", device, source, self._model.backbone)
        self._device = device
        self.joint_set, self._columns = _joint_set(self._meta, config)
        self._batches = Batches(self._find, batch_size or default_batch(device))

    def __call__(
        self, frames: Sequence[AnyFrame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame.

        Parameters
        ----------
        frames
            Arrays (height, width, 3) uint8, RGB, or `VideoPicture`; sizes may differ.
        boxes
            For each frame (people, 4) pixels: left, top, right, bottom.

        Returns
        -------
        keypoints
            For each frame, people in the order of its boxes.
        """
        return in_each_frame(self._batches, frames, boxes, len(self.joint_set))

    def _find(self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]) -> list[Pose]:
        """Keypoints (joints, 2) and scores (joints,) of each person of one batch."""
        import torch

        with building.scope(self._config), torch.inference_mode():
            samples = self._by_pipeline(people) if self._crops is None else self._by_crops(people)
        found, columns = [sample.pred_instances for sample in samples], self._columns
        # Classified coordinates (SimCC) score by a logit that can leave 0..1 on either side.
        return [
            (
                _array(person.keypoints)[0, columns, :2],
                _array(person.keypoint_scores)[0, columns].clip(0, 1),
            )
            for person in found
        ]

    def _by_pipeline(self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]) -> Any:
        """MMPose's results by the model's own pipeline."""
        data = [
            self._pipeline(
                {
                    "img": to_bgr(frame),
                    "bbox": np.asarray(box, np.float32)[None],
                    "bbox_score": np.ones(1, np.float32),
                    **self._meta,
                }
            )
            for frame, box in people
        ]
        return self._model.test_step(
            {key: [sample[key] for sample in data] for key in ("inputs", "data_samples")}
        )

    def _by_crops(self, people: Sequence[tuple[AnyFrame, NDArray[np.float32]]]) -> Any:
        """MMPose's results of people who were cut out without its pipeline."""
        from mmengine.structures import InstanceData
        from mmpose.structures import PoseDataSample

        assert self._crops is not None
        inputs, places = self._crops(people, self._device)
        # MMPose passes boxes on without reading them.
        boxes = InstanceData(bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
        samples = [PoseDataSample(metainfo=place, gt_instances=boxes) for place in places]
        return self._model.predict(inputs, samples)


def in_each_frame(
    find: Callable[[Sequence[tuple[AnyFrame, NDArray[np.float32]]]], Sequence[Pose]],
    frames: Sequence[AnyFrame],
    boxes: Sequence[NDArray[np.float32]],
    joints: int,
) -> list[Keypoints]:
    """Find the joints in all boxes together, and put the poses of each frame together."""
    people = [(frame, box) for frame, inside in zip(frames, boxes, strict=True) for box in inside]
    found = iter(find(people))
    return [_together([*islice(found, len(inside))], joints) for inside in boxes]


def _together(people: Sequence[Pose], joints: int) -> Keypoints:
    """Put the poses of one frame together; there may be none."""
    keypoints = np.array([pose[0] for pose in people], np.float32)
    scores = np.array([pose[1] for pose in people], np.float32)
    return Keypoints(keypoints.reshape(-1, joints, 2), scores.reshape(-1, joints))


def _array(values: Any) -> NDArray[np.float32]:
    """Numpy array of what MMPose gives: numpy from most decoders, tensors from some."""
    return np.asarray(values.cpu() if hasattr(values, "cpu") else values, np.float32)


def _dataset_meta(config: Config, meta: dict[str, Any], path: Path) -> dict[str, Any]:
    """Joint names and mirror pairs: by the checkpoint, else by the configuration's data set."""
    from mmpose.datasets.datasets.utils import parse_pose_metainfo
    from mmpose.registry import DATASETS

    if "dataset_meta" in meta:
        return dict(meta["dataset_meta"])
    loader = config.get("train_dataloader") or config.get("test_dataloader")
    if not loader:
        raise ModelNotFoundError(f"{path} does not say what data set the model is for")
    metainfo = loader.dataset.get("metainfo") or DATASETS.get(loader.dataset.type).METAINFO
    return dict(parse_pose_metainfo(metainfo))


_WHOLE_BODY = {
    joint: joint.replace("index_knuckle", "forefinger1").replace("little_knuckle", "pinky_finger1")
    for joint in COCO25.joints
}
"""Names of the points of `COCO25` in COCO-WholeBody, which has 133."""


def _joint_set(meta: dict[str, Any], path: Path) -> tuple[JointSet, list[int]]:
    """Which of our joint sets a model's keypoints are, and where it has those joints."""
    names = tuple(meta["keypoint_id2name"][index] for index in range(meta["num_keypoints"]))
    if names[: len(COCO17)] == COCO17.joints:
        for joint_set in (COCO17, HALPE26, COCO25):
            # Halpe's further points are named differently here and there; their order is one.
            if len(names) == len(joint_set):
                return joint_set, [*range(len(joint_set))]
        if set(_WHOLE_BODY.values()) <= set(names):
            return COCO25, [names.index(name) for name in _WHOLE_BODY.values()]
    raise ModelNotFoundError(
        f"{path} finds {len(names)} keypoints ({', '.join(names[:4])}, ...); the lifter takes the "
        f"{len(COCO17)} of COCO, the {len(HALPE26)} of Halpe or the 133 of COCO-WholeBody"
    )
