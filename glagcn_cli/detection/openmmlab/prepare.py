"""Make MMPose and MMDetection import and run with mmcv-lite: one call before their first import.

`mmpose.models` and `mmdet.models` import `mmcv.ops`, which wants the compiled `mmcv._ext` that
mmcv-lite does not have. Of its operators, person detectors and top-down pose models use one at
inference: non-maximum suppression, which is written here in numpy. A full mmcv is left alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import types
import warnings
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any, NoReturn

from ...errors import GlagcnError
from . import stand_ins
from .late_imports import put_off
from .mmpose_package import need_mmpose

if TYPE_CHECKING:
    from torch import Tensor

_EXTENSION = "mmcv._ext"

# What OpenMMLab's code makes others warn of while it is imported, built and run: nothing that a
# user of this program can act on. (message, category)
_KNOWN_WARNINGS: tuple[tuple[str, type[Warning]], ...] = (
    ("The metainfo config file .* does not exist. A matched", UserWarning),
    ("pkg_resources is deprecated", UserWarning),
    ("`torch.cuda.amp.autocast", FutureWarning),
    ("torch.meshgrid: in an upcoming release", UserWarning),
    ("``MultiScaleDeformableAttention`` has been moved", ImportWarning),
)

# For training on many graphics cards. They need a third of the time of all imports, for MMEngine
# imports torch's sharding and with it sympy for their sake. (module, its one name)
_FOR_SHARDED_TRAINING = (
    ("mmengine.model.wrappers.fully_sharded_distributed", "MMFullyShardedDataParallel"),
    ("mmengine._strategy.fsdp", "FSDPStrategy"),
)
_SHARDING_OPTIMIZER = "torch.distributed.optim"

# For drawing, for evaluations and for data sets to train on: a fifth of the time of all imports.
_FOR_OTHER_USES = (
    "matplotlib",
    "matplotlib.collections",
    "matplotlib.patches",
    "matplotlib.pyplot",
    "scipy.stats",
    "shapely",
    "shapely.geometry",
)


class MissingOperatorError(GlagcnError):
    """A model needs a compiled mmcv operator and only mmcv-lite is installed."""


def prepare() -> None:
    """Make ``mmpose`` and ``mmdet`` importable and quiet. Call it before importing either.

    - What newer Pythons lack of its imports gets a stand-in; see `stand_ins`.
    - Without a compiled ``mmcv._ext`` a stand-in takes its place: ``nms`` works, any other
      operator raises `MissingOperatorError` when it is called.
    - A torchvision that is absent or does not match torch becomes a stub on import; MMPose's
      drawing code wants one name of it and never calls it here.
    - What MMEngine has for training on many graphics cards is left out, unless it is there already.
    - Warnings that only OpenMMLab could act on are dropped, and MMEngine's logger, which writes to
      stdout, keeps to errors.

    Calling it again does nothing.
    """
    stand_ins.put_in_place()
    _stand_in_for_compiled_operators()
    _leave_out_sharded_training()
    if not any(isinstance(finder, _TorchvisionFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TorchvisionFinder())
    _quieten()


def import_models() -> None:
    """Import the models of MMDetection and MMPose, without what they import for other uses.

    Raises
    ------
    ModelNotFoundError
        MMPose is not installed.
    """
    need_mmpose("a model of MMPose or MMDetection")
    prepare()
    names = ("mmdet.models", "mmpose.models")
    try:
        with put_off(_FOR_OTHER_USES):
            for name in names:
                importlib.import_module(name)
    except ImportError:  # a version that looks into them while it is imported
        for name in names:
            importlib.import_module(name)


def _stand_in_for_compiled_operators() -> None:
    """Put the numpy operators where ``mmcv.ops`` looks, unless the compiled ones are there."""
    if _EXTENSION not in sys.modules and importlib.util.find_spec(_EXTENSION) is None:
        sys.modules[_EXTENSION] = _Operators(_EXTENSION)


def _leave_out_sharded_training() -> None:
    """Import MMEngine without the parts of torch that it has for sharded training."""
    if "mmengine.optim" in sys.modules or _SHARDING_OPTIMIZER in sys.modules:
        return
    for name, only in _FOR_SHARDED_TRAINING:
        module = types.ModuleType(name)
        vars(module)[only] = None
        sys.modules.setdefault(name, module)
    vars(sys)["modules"][_SHARDING_OPTIMIZER] = None  # its import fails, as MMEngine foresees
    try:
        import mmengine.optim  # noqa: F401
    finally:
        del sys.modules[_SHARDING_OPTIMIZER]


class _Operators(types.ModuleType):
    """Stand-in for ``mmcv._ext``: every operator exists, only ``nms`` works."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # No loader: mmcv asks for one to find out whether the real operators are there.
        self.__spec__ = ModuleSpec(name, loader=None)

    def __getattr__(self, operator: str) -> Callable[..., NoReturn]:
        if operator.startswith("__"):
            raise AttributeError(operator)

        def missing(*_args: Any, **_kwargs: Any) -> NoReturn:
            raise MissingOperatorError(
                f"this model needs the compiled mmcv operator '{operator}', which mmcv-lite does "
                "not have. Choose another model, or replace mmcv-lite by the full mmcv 2.1.0: pip "
                "uninstall mmcv-lite, then MMCV_WITH_OPS=1 pip install --no-build-isolation "
                "mmcv==2.1.0 (it compiles for half an hour)"
            )

        return missing

    @staticmethod
    def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
        """Return the indices of the boxes kept, by falling score; see `suppression`."""
        import torch

        from ..suppression import suppress

        kept = suppress(
            boxes.detach().cpu().numpy(), scores.detach().cpu().numpy(), iou_threshold, offset
        )
        return torch.from_numpy(kept).to(boxes.device)


class _TorchvisionFinder(MetaPathFinder):
    """Finds torchvision as usual, but its import cannot fail: it becomes a stub instead."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "torchvision":
            return None
        real = PathFinder.find_spec(name)
        if real is None or not isinstance(real.loader, SourceFileLoader):
            return ModuleSpec(name, _TorchvisionLoader(name, ""), is_package=True)
        real.loader = _TorchvisionLoader(name, real.loader.path)
        return real


class _TorchvisionLoader(SourceFileLoader):
    """Runs the real torchvision, or leaves a stub where it is absent or does not match torch."""

    def exec_module(self, module: types.ModuleType) -> None:
        try:
            super().exec_module(module)
        except Exception as error:  # whatever breaks in there, this program does not need it
            logging.getLogger(__name__).debug("torchvision is replaced by a stub: %s", error)
            for name in [name for name in sys.modules if name.startswith("torchvision.")]:
                del sys.modules[name]
            transforms = types.ModuleType("torchvision.transforms")
            transforms.__spec__ = ModuleSpec(transforms.__name__, loader=None)
            vars(transforms)["ToPILImage"] = None
            vars(module)["transforms"] = transforms
            vars(module)["__version__"] = "0 (stub)"  # MMEngine logs it
            sys.modules[transforms.__name__] = transforms


def _quieten() -> None:
    """Drop warnings nobody can act on; keep MMEngine's messages off stdout, errors excepted."""
    for message, category in _KNOWN_WARNINGS:
        warnings.filterwarnings("ignore", message=message, category=category)
    from mmengine.logging import MMLogger

    if not MMLogger._instance_dict:  # somebody who set up MMEngine's logging wants to see it
        MMLogger.get_instance("mmengine", log_level="ERROR")
