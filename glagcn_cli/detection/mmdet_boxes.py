"""Person boxes by any detector of MMDetection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelNotFoundError
from ..machine.batches import Batches
from ..machine.openvino.kept import Source
from ..video.picture import AnyFrame, picture_of
from .frames import default_batch, same_sized, to_bgr
from .interface import Boxes
from .openmmlab import building

if TYPE_CHECKING:
    from mmengine.config import Config, ConfigDict
    from mmengine.structures import InstanceData

# Bounds on candidates: with the numbers that are usual for scoring on COCO (30000 candidates, 300
# kept, scores from 0.001) suppression takes seconds a frame, for boxes that nobody wants.
_MOST_CANDIDATES = 1000
_MOST_BOXES = 100
_SMALLEST = 1.0  # pixels; a box without width or height has no keypoints

DEFAULT_SCORE = 0.3


class MMDetBoxes:
    """An MMDetection model that finds people.

    Its own test pipeline and model code run, batched over frames.

    Parameters
    ----------
    config
        MMDetection configuration.
    checkpoint
        Weights for it.
    device
        For ``torch.device``.
    score
        Boxes below this score are dropped; a higher one in the configuration stands.
    batch_size
        Frames that go through the network at once; by default what suits the device.
    exact
        Single precision, also where half would be faster.
    """

    def __init__(
        self,
        config: Path,
        checkpoint: Path,
        device: str = "cpu",
        score: float = DEFAULT_SCORE,
        batch_size: int | None = None,
        exact: bool = False,
    ) -> None:
        from ..machine.openvino.compiled import run_fast

        self._config = building.read_config(config)
        _bound(self._config.model.get("test_cfg"), score)
        self._model, meta = building.build(self._config, "mmdet", checkpoint, device)
        if not exact:
            source = Source(checkpoint, str(self._config.model))
            run_fast(self._model, "extract_feat", device, source, self._model, "extract_feat")
        with building.scope(self._config):
            self._pipeline = _pipeline(self._config)
            self._person = _person_label(self._config, meta, config)
        self._batches = Batches(self._find, batch_size or default_batch(device))

    def __call__(self, frames: Sequence[AnyFrame]) -> list[Boxes]:
        """Find the people in each frame, by falling score."""
        return [boxes for run in same_sized(frames) for boxes in self._batches(run)]

    def _find(self, frames: Sequence[AnyFrame]) -> list[Boxes]:
        """Find the people in frames of one size, in one go through the network."""
        import torch

        with building.scope(self._config), torch.inference_mode():
            data = [self._pipeline({"img": to_bgr(frame), "img_id": 0}) for frame in frames]
            samples = self._model.test_step(
                {key: [sample[key] for sample in data] for key in ("inputs", "data_samples")}
            )
        return [
            inside_frame(frame, *self._people(sample.pred_instances))
            for frame, sample in zip(frames, samples, strict=True)
        ]

    def _people(self, found: InstanceData) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Boxes and scores of what is a person."""
        people = (found.labels == self._person).cpu().numpy()
        return found.bboxes.cpu().numpy()[people], found.scores.cpu().numpy()[people]


def inside_frame(frame: AnyFrame, boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> Boxes:
    """Clip boxes to the frame, drop those with nothing left, sort by falling score.

    Detectors that pad the picture to a square find edges of people in the padding.
    """
    width, height = picture_of(frame).size
    clipped = boxes.astype(np.float32).clip(0, [width, height] * 2).astype(np.float32)
    seen = np.flatnonzero(((clipped[:, 2:] - clipped[:, :2]) >= _SMALLEST).all(axis=1))
    order = seen[np.argsort(-scores[seen], kind="stable")]
    return Boxes(clipped[order], scores[order].clip(0, 1).astype(np.float32))


def _bound(test_cfg: ConfigDict | None, score: float) -> None:
    """Keep a detector from working through boxes that nobody wants, in place."""
    if test_cfg is None:
        return
    last = test_cfg.get("rcnn") or test_cfg  # of two stages, the second gives the boxes
    last.score_thr = max(last.get("score_thr", 0.0), score)
    last.max_per_img = min(last.get("max_per_img", _MOST_BOXES), _MOST_BOXES)
    if "nms_pre" in last:
        last.nms_pre = min(last.nms_pre, _MOST_CANDIDATES)


def _pipeline(config: Config) -> Any:
    """Build the test pipeline for pictures that are in memory already."""
    from mmdet.utils import get_test_pipeline_cfg
    from mmengine.dataset import Compose
    from mmpose.utils import adapt_mmdet_pipeline

    steps = get_test_pipeline_cfg(adapt_mmdet_pipeline(config))
    load, *rest = [dict(step) for step in steps if "Annotations" not in step["type"]]
    load = {key: load[key] for key in ("to_float32",) if key in load}
    return Compose([{"type": "mmdet.LoadImageFromNDArray", **load}, *rest])


def _person_label(config: Config, meta: dict[str, Any], path: Path) -> int:
    """Return the number of the class "person", of the checkpoint or the configured data set."""
    classes = _classes(config, meta)
    if "person" not in classes:
        raise ModelNotFoundError(f"{path} is a detector without a class 'person': {classes}")
    return classes.index("person")


def _classes(config: Config, meta: dict[str, Any]) -> list[str]:
    """Names of a detector's classes."""
    from mmdet.registry import DATASETS

    trained_on = {key.lower(): value for key, value in meta.get("dataset_meta", meta).items()}
    if "classes" in trained_on:
        named = trained_on["classes"]
    else:
        dataset = config.test_dataloader.dataset
        named = dataset.get("metainfo", {}).get("classes")
        if named is None:
            named = getattr(DATASETS.get(dataset.type), "METAINFO", {}).get("classes", ())
    return [named] if isinstance(named, str) else list(named)
