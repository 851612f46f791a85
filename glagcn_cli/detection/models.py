"""Names of detectors and pose models, and the files behind them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import ModelNotFoundError
from ..files.downloading import fetch
from .openmmlab.mmpose_package import need_mmpose

if TYPE_CHECKING:
    from ..skeleton import JointSet
    from .feet_and_hands import FeetAndHands
    from .interface import BoxDetector, KeypointDetector

Kind = Literal["detector", "pose"]

DEFAULT_DETECTOR = "rtmdet-nano"
DEFAULT_POSE = "movenet-thunder"
FEET_AND_HANDS = "blazepose_full.pth"
"""Weights of what finds feet and palms, which come with this program."""
FINGERS = "hand_lite.pth"
"""Weights of what finds fingers, likewise."""

_WEIGHTS_PACKAGE = "glagcn_weights"
_OPENMMLAB = "https://download.openmmlab.com/mmpose/v1"
_DETECTORS = "mmpose/.mim/demo/mmdetection_cfg"
_BODY = "mmpose/.mim/configs/body_2d_keypoint"


@dataclass(frozen=True)
class Model:
    """A model that has a name.

    Parameters
    ----------
    kind
        "detector" finds people, "pose" finds the joints of one.
    config
        Its configuration: an installed package, then the path inside it.
    checkpoint
        A URL, or the name of a file that comes with this program.
    score
        Of a detector: boxes below this are nobody, on this detector's own scale.
    new_score
        Of a detector: boxes below this are somebody only where there was somebody just before.
    licence
        Of its weights, and whose they are.
    """

    kind: Kind
    config: str
    checkpoint: str
    score: float = 0.3
    new_score: float = 0.0
    licence: str = "Apache-2.0, OpenMMLab"

    @property
    def is_shipped(self) -> bool:
        """Whether its weights come with this program."""
        return "://" not in self.checkpoint


def _rtmpose(config: str, checkpoint: str) -> Model:
    """RTMPose trained on seven data sets of bodies."""
    return Model(
        "pose",
        f"{_BODY}/rtmpose/body8/{config}.py",
        f"{_OPENMMLAB}/projects/rtmposev1/{checkpoint}.pth",
    )


def _heatmaps(config: str, checkpoint: str) -> Model:
    """Heat maps of COCO's keypoints."""
    return Model(
        "pose",
        f"{_BODY}/topdown_heatmap/coco/{config}.py",
        f"{_OPENMMLAB}/body_2d_keypoint/topdown_heatmap/coco/{checkpoint}.pth",
    )


# Addresses as in the model index inside mmpose 1.3.2; the detector's as in MMPose's list of default
# detectors.
MODELS: dict[str, Model] = {
    "rtmdet-nano": Model(
        "detector",
        "glagcn_cli/detection/rtmdet/configs/nano.py",
        "rtmdet_nano_person.pth",
        score=0.15,
        new_score=0.35,
    ),
    "rtmdet-m": Model(
        "detector",
        f"{_DETECTORS}/rtmdet_m_640-8xb32_coco-person.py",
        f"{_OPENMMLAB}/projects/rtmposev1/rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.pth",
    ),
    "movenet-thunder": Model(
        "pose",
        "glagcn_cli/detection/movenet/configs/thunder.py",
        "movenet_thunder.pth",
        licence="Apache-2.0, Google (MoveNet)",
    ),
    "blazepose-full": Model(
        "pose",
        "glagcn_cli/detection/blazepose/configs/full.py",
        FEET_AND_HANDS,
        licence="Apache-2.0, Google (BlazePose)",
    ),
    "rtmpose-t": _rtmpose(
        "rtmpose-t_8xb256-420e_body8-256x192",
        "rtmpose-t_simcc-body7_pt-body7_420e-256x192-026a1439_20230504",
    ),
    "rtmpose-s": _rtmpose(
        "rtmpose-s_8xb256-420e_body8-256x192",
        "rtmpose-s_simcc-body7_pt-body7_420e-256x192-acd4a1ef_20230504",
    ),
    "rtmpose-m": _rtmpose(
        "rtmpose-m_8xb256-420e_body8-256x192",
        "rtmpose-m_simcc-body7_pt-body7_420e-256x192-e48f03d0_20230504",
    ),
    "rtmpose-l": _rtmpose(
        "rtmpose-l_8xb256-420e_body8-256x192",
        "rtmpose-l_simcc-body7_pt-body7_420e-256x192-4dba18fc_20230504",
    ),
    "rtmpose-m-halpe26": _rtmpose(
        "rtmpose-m_8xb512-700e_body8-halpe26-256x192",
        "rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605",
    ),
    "rtmpose-l-halpe26": _rtmpose(
        "rtmpose-l_8xb512-700e_body8-halpe26-256x192",
        "rtmpose-l_simcc-body7_pt-body7-halpe26_700e-256x192-2abb7558_20230605",
    ),
    # 133 points, of which feet and knuckles are taken besides the body's.
    "rtmpose-m-wholebody": Model(
        "pose",
        "mmpose/.mim/configs/wholebody_2d_keypoint/rtmpose/coco-wholebody/"
        "rtmpose-m_8xb64-270e_coco-wholebody-256x192.py",
        f"{_OPENMMLAB}/projects/rtmposev1/"
        "rtmpose-m_simcc-coco-wholebody_pt-aic-coco_270e-256x192-cd5e845c_20230123.pth",
    ),
    "hrnet-w48": _heatmaps(
        "td-hm_hrnet-w48_8xb32-210e_coco-256x192",
        "td-hm_hrnet-w48_8xb32-210e_coco-256x192-0e67c616_20220913",
    ),
    # Needs mmpretrain besides, for its backbone.
    "vitpose-b": _heatmaps(
        "td-hm_ViTPose-base_8xb64-210e_coco-256x192",
        "td-hm_ViTPose-base_8xb64-210e_coco-256x192-216eae50_20230314",
    ),
}


def names(kind: Kind) -> list[str]:
    """Names of the models of a kind, the default first."""
    return [name for name, model in MODELS.items() if model.kind == kind]


def find_files(model: str, kind: Kind) -> tuple[Path, Path]:
    """Return the configuration and the checkpoint of a model, downloading the latter if needed.

    Parameters
    ----------
    model
        A name out of `MODELS`, or ``"CONFIG,CHECKPOINT"``: two files.
    kind
        What it is to be used as.

    Raises
    ------
    ModelNotFoundError
        There is no such model, or its weights cannot be downloaded.
    """
    if "," in model:
        config, checkpoint = (Path(part.strip()).expanduser() for part in model.rsplit(",", 1))
        return config, checkpoint
    known = MODELS.get(model)
    if known is None or known.kind != kind:
        wrong = "no" if known is None else f"a {known.kind} model, no"
        raise ModelNotFoundError(
            f"{model!r} is {wrong} {kind} model. There are {', '.join(names(kind))}; any other can "
            "be given as CONFIG,CHECKPOINT: an OpenMMLab configuration file and its weights"
        )
    config = find_config(model)
    if known.is_shipped:
        return config, shipped_weights(known.checkpoint)
    default = DEFAULT_DETECTOR if kind == "detector" else DEFAULT_POSE
    return config, fetch(known.checkpoint, f"use {default}, whose weights come with this program")


def shipped_weights(name: str) -> Path:
    """Path of a file of weights that comes with this program."""
    try:
        return Path(str(resources.files(_WEIGHTS_PACKAGE) / name))
    except ModuleNotFoundError as error:
        raise ModelNotFoundError(
            f"{name} comes with this program when it is installed: pip install . (or -e .) in its "
            "folder"
        ) from error


def find_config(name: str) -> Path:
    """Return the configuration file of a named model, without importing the package it is in."""
    package, inside = MODELS[name].config.split("/", 1)
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        need_mmpose(f"the model {name}")
        raise ModelNotFoundError(f"the package {package} is not installed: pip install {package}")
    return Path(spec.submodule_search_locations[0], inside)


def new_score(model: str) -> float:
    """Score of a detector's boxes, by its name, below which somebody new is not believed."""
    return MODELS[model].new_score if model in MODELS else 0.0


def load_detector(
    model: str = DEFAULT_DETECTOR, device: str = "cpu", *, exact: bool = False
) -> BoxDetector:
    """Load what finds people.

    Parameters
    ----------
    model
        A name out of `MODELS`, or ``"CONFIG,CHECKPOINT"``.
    device
        For ``torch.device``.
    exact
        Single precision, also where half would be faster.

    Returns
    -------
    detector
        `RTMDetBoxes` for the model that comes with the program, else `MMDetBoxes`.

    Raises
    ------
    ModelNotFoundError
        There is no such model, or MMPose is needed and not installed.
    """
    config, checkpoint = find_files(model, "detector")
    known = MODELS.get(model)
    if known is not None and known.is_shipped:
        from .rtmdet.direct import RTMDetBoxes

        return RTMDetBoxes(checkpoint, device, known.score, exact=exact)
    from .mmdet_boxes import DEFAULT_SCORE, MMDetBoxes

    score = DEFAULT_SCORE if known is None else known.score
    return MMDetBoxes(config, checkpoint, device, score, exact=exact)


def load_pose(
    model: str = DEFAULT_POSE, device: str = "cpu", *, exact: bool = False
) -> KeypointDetector:
    """Load what finds joints in boxes; parameters as of `load_detector`.

    Returns
    -------
    detector
        `MoveNetKeypoints` and `BlazePoseKeypoints` for the models that come with the program, else
        `MMPoseKeypoints`.
    """
    config, checkpoint = find_files(model, "pose")
    if model == DEFAULT_POSE:
        from .movenet.direct import MoveNetKeypoints

        return MoveNetKeypoints(checkpoint, device, exact=exact)
    if model in MODELS and MODELS[model].is_shipped:
        from .blazepose.direct import BlazePoseKeypoints

        return BlazePoseKeypoints(checkpoint, device, exact=exact)
    from .mmpose_keypoints import MMPoseKeypoints

    return MMPoseKeypoints(config, checkpoint, device, exact=exact)


def load_feet_and_hands(
    given: JointSet, device: str = "cpu", *, exact: bool = False, fingers: bool = False
) -> FeetAndHands:
    """Load what adds feet and palms, and fingers, to joints of a set.

    Parameters
    ----------
    given
        Joint set of the pose model. What it has of feet and palms is not looked for.
    device, exact
        As of `load_detector`.
    fingers
        Find 21 points a hand too.
    """
    from ..skeleton import EXTREMITIES
    from .blazepose.direct import BlazePosePoints
    from .feet_and_hands import FeetAndHands
    from .fingers import Fingers
    from .hands.direct import HandPoints

    lacks = set(EXTREMITIES) - set(given.joints)
    points = BlazePosePoints(shipped_weights(FEET_AND_HANDS), device, exact) if lacks else None
    hands = HandPoints(shipped_weights(FINGERS), device, exact) if fingers else None
    return FeetAndHands(points, given, None if hands is None else Fingers(hands))
