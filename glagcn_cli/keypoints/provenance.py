"""What results depend on besides the video: models, their use, and versions of all code."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

from .. import __version__
from ..files.checksums import remembered_sha256, sha256
from ..video import ffmpeg

if TYPE_CHECKING:
    from ..detection.models import Kind


RESULTS_OF_EXTREMITIES = 2
"""Raised as `keypoints.cache.RESULTS` is, for feet, palms and fingers alone."""


class KeypointSettings(Protocol):
    """Settings that the 2D depends on; `pipeline.settings.Settings` has them."""

    @property
    def detector(self) -> str:
        """Name of the model that finds people, or ``CONFIG,CHECKPOINT``."""
        ...

    @property
    def pose(self) -> str:
        """Name of the model that finds a person's joints, or ``CONFIG,CHECKPOINT``."""
        ...

    @property
    def precision(self) -> str:
        """How the models compute: `machine.precision.SINGLE`, or as fast as is good."""
        ...

    @property
    def boxes_every(self) -> int:
        """Frames from one search for people to the next."""
        ...

    @property
    def keypoint_rate(self) -> float:
        """Frames a second that are looked at; 0 for all."""
        ...

    @property
    def feet_hands(self) -> bool:
        """Whether feet and palms are looked for."""
        ...

    @property
    def fingers(self) -> bool:
        """Whether fingers are looked for."""
        ...


def made_by(settings: KeypointSettings) -> dict[str, Any]:
    """Say on what the 2D depends besides the video: models, their use, and versions of all code.

    The device is left out: a GPU's results differ from a CPU's by rounding.
    """
    from ..detection.models import FEET_AND_HANDS, FINGERS

    versions = installed_versions()
    versions.pop(OPENSIM, None)  # which has no part in the 2D
    added = {}
    if settings.feet_hands or settings.fingers:
        added["feet_hands"] = _shipped(FEET_AND_HANDS) | {"results": RESULTS_OF_EXTREMITIES}
    if settings.fingers:
        added["fingers"] = _shipped(FINGERS)
    return added | {
        "detector": _model(settings.detector, "detector"),
        "pose": _model(settings.pose, "pose"),
        "precision": settings.precision,
        "boxes_every": settings.boxes_every,
        "keypoint_rate": settings.keypoint_rate,
        "versions": versions,
    }


def _model(name: str, kind: Kind) -> dict[str, Any]:
    from ..detection.models import find_files

    config, checkpoint = find_files(name, kind)
    if not (config.is_file() and checkpoint.is_file()):
        return {"missing": name}  # which loading it is going to tell in its own words
    told: dict[str, Any] = {"checkpoint": remembered_sha256(checkpoint), "config": sha256(config)}
    if "," in name:  # a file of the user's, which may build on others that change
        from ..detection.openmmlab.building import read_config

        told["resolved"] = read_config(config).pretty_text
    return told


def _shipped(name: str) -> dict[str, Any]:
    from ..detection.models import shipped_weights

    checkpoint = shipped_weights(name)
    if not checkpoint.is_file():
        return {"missing": name}
    return {"checkpoint": remembered_sha256(checkpoint)}


OPENSIM = "opensim"
"""The distribution that `.mot` alone depends on."""

# The distributions whose version can change a result.
_REPORTED = (
    "torch", "mmpose", "mmdet", "mmengine", "mmcv", "mmcv-lite",
    "numpy", "scipy", "opencv-python", "openvino", "imageio-ffmpeg", OPENSIM,
)  # fmt: skip


def installed_versions() -> dict[str, str]:
    """Versions of this program, of Python, ffmpeg and the packages that can change a result.

    They are read from the packages' metadata, nothing is imported for it.
    """
    versions = {"glagcn": __version__, "python": platform.python_version()}
    for name in _REPORTED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions | {"ffmpeg": ffmpeg.version()}
