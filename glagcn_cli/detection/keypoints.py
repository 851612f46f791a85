"""Keypoints in person boxes by any top-down model of MMPose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelNotFoundError
from ..skeleton import COCO17, HALPE26, JointSet
from . import building
from .batches import chunks, default_batch, to_bgr
from .interface import Frame, Keypoints

if TYPE_CHECKING:
    from mmengine.config import Config


class MMPoseKeypoints:
    """An MMPose model that finds the joints of one person in a box.

    Its own test pipeline and model code run, batched over frames and people.

    Parameters
    ----------
    config
        MMPose configuration of a top-down model.
    checkpoint
        Weights for it.
    device
        For ``torch.device``.
    flip_test
        Average over the mirrored picture: a little more exact, twice the time.
    batch_size
        People that go through the network at once; by default what suits the device.
    """

    def __init__(
        self,
        config: Path,
        checkpoint: Path,
        device: str = "cpu",
        flip_test: bool = False,
        batch_size: int | None = None,
    ) -> None:
        from mmengine.dataset import Compose

        self._config = building.read_config(config)
        self._config.model.setdefault("test_cfg", {})["flip_test"] = flip_test
        self._model, trained = building.build(self._config, "mmpose", checkpoint, device)
        with building.scope(self._config):
            self._meta = _dataset_meta(self._config, trained, config)
            self._pipeline = Compose(self._config.test_dataloader.dataset.pipeline)
        self._joint_set = _joint_set(self._meta, config)
        self._batch_size = batch_size or default_batch(device)

    @property
    def joint_set(self) -> JointSet:
        """What the joints are."""
        return self._joint_set

    def __call__(
        self, frames: Sequence[Frame], boxes: Sequence[NDArray[np.float32]]
    ) -> list[Keypoints]:
        """Find the joints of the people in each frame.

        Parameters
        ----------
        frames
            Pictures (height, width, 3) uint8, RGB; sizes may differ.
        boxes
            For each frame (people, 4) pixels: left, top, right, bottom.

        Returns
        -------
        keypoints
            For each frame, people in the order of its boxes.
        """
        counts = [len(people) for people in boxes]
        pictures = [
            to_bgr(frame) if count else frame for frame, count in zip(frames, counts, strict=True)
        ]
        people = [
            (picture, box)
            for picture, inside in zip(pictures, boxes, strict=True)
            for box in inside
        ]
        joints = len(self._joint_set)
        keypoints = np.zeros((len(people), joints, 2), np.float32)
        scores = np.zeros((len(people), joints), np.float32)
        done = 0
        for batch in chunks(people, self._batch_size):
            part = slice(done, done + len(batch))
            keypoints[part], scores[part] = self._find(batch)
            done += len(batch)
        ends = np.cumsum(counts)[:-1]
        return [
            Keypoints(*pair)
            for pair in zip(np.split(keypoints, ends), np.split(scores, ends), strict=True)
        ][: len(counts)]

    def _find(self, people: Sequence[tuple[Frame, NDArray[np.float32]]]) -> tuple[Any, Any]:
        """Keypoints (people, joints, 2) and scores (people, joints) of one batch."""
        import torch

        with building.scope(self._config), torch.inference_mode():
            data = [self._sample(picture, box) for picture, box in people]
            samples = self._model.test_step(
                {key: [sample[key] for sample in data] for key in ("inputs", "data_samples")}
            )
        found = [sample.pred_instances for sample in samples]
        keypoints = np.concatenate([_array(person.keypoints) for person in found])
        scores = np.concatenate([_array(person.keypoint_scores) for person in found])
        # Classified coordinates (SimCC) score by a logit that can leave 0..1 on either side.
        return keypoints[..., :2], scores.clip(0, 1)

    def _sample(self, picture: Frame, box: NDArray[np.float32]) -> dict[str, Any]:
        """Cut a person out of a BGR picture as the model's pipeline does."""
        return self._pipeline(
            {
                "img": picture,
                "bbox": np.asarray(box, np.float32)[None],
                "bbox_score": np.ones(1, np.float32),
                **self._meta,
            }
        )


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


def _joint_set(meta: dict[str, Any], path: Path) -> JointSet:
    """Which of our joint sets a model's keypoints are."""
    names = tuple(meta["keypoint_id2name"][index] for index in range(meta["num_keypoints"]))
    for joint_set in (COCO17, HALPE26):
        # Halpe's further points are named differently here and there; their order is one.
        if len(names) == len(joint_set) and names[: len(COCO17)] == COCO17.joints:
            return joint_set
    raise ModelNotFoundError(
        f"{path} finds {len(names)} keypoints ({', '.join(names[:4])}, ...); the lifter takes the "
        f"{len(COCO17)} of COCO or the {len(HALPE26)} of Halpe"
    )
