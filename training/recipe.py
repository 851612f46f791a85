"""What a training run is made of: one tree of settings, read from a file, checked, overridden."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from glagcn_cli.errors import UsageError
from glagcn_cli.lifting import CENTRE, SEQUENCE
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.normalisation import IMAGE, NORMALISATIONS
from glagcn_cli.skeleton import AS_GIVEN, CONVERSIONS

from .losses import LossWeights
from .samples import Augmentation

PRECISIONS = ("float32", "bfloat16", "float16")
OPTIMIZERS = ("adamw", "ranger")
NOBODY = "none"


@dataclass(frozen=True)
class DataSettings:
    """What is read and how it becomes network input.

    Parameters
    ----------
    dataset
        Name in `glagcn_training.data.registry`.
    keypoints
        Whose 2D a filmed data set is trained on; "" for its first choice.
    normalisation, conversion
        Of the 2D (`glagcn_cli.normalisation`, `glagcn_cli.skeleton`).
    holdout
        Training subject that validates instead of training; "default" is the data set's own choice,
        "none" trains on all and validates on nobody. Motion packs bring their own split.
    select_on_test
        Keep the checkpoint that is best on the test set. The published runs did; the figure it
        gives is no estimate of anything, since the test set has been used to choose.
    stride
        Every how many frames a window begins its turn as a training sample.
    """

    dataset: str = "mocap"
    keypoints: str = ""
    normalisation: str = IMAGE
    conversion: str = AS_GIVEN
    holdout: str = "default"
    select_on_test: bool = False
    stride: int = 1


@dataclass(frozen=True)
class OptimizerSettings:
    """How weights move. Batch and rate are those of all processes together.

    Parameters
    ----------
    name
        "adamw", or "ranger" (RAdam, lookahead, centred gradients), as published.
    rate, last_rate
        Learning rate at the start and at the end of the cosine.
    warm_up
        Steps of linear increase before it.
    weight_decay
        Decoupled.
    largest_gradient
        Norm that gradients are clipped to; 0 leaves them.
    batch
        Windows of one optimizer step, over all processes and accumulated passes.
    accumulate
        Forward passes whose gradients make one step.
    precision
        "float32", "bfloat16", or "float16" (CUDA only, with loss scaling).
    batch_norm_momentum
        First and last; it decays exponentially in between.
    synchronise_batch_norm
        With several processes: statistics over the whole batch instead of each process's part.
    """

    name: str = "ranger"
    rate: float = 0.01
    last_rate: float = 1e-5
    warm_up: int = 0
    weight_decay: float = 0.0
    largest_gradient: float = 0.0
    batch: int = 512
    accumulate: int = 1
    precision: str = "float32"
    batch_norm_momentum: tuple[float, float] = (0.1, 0.001)
    synchronise_batch_norm: bool = True


@dataclass(frozen=True)
class ScheduleSettings:
    """How long, and what happens on the way.

    Parameters
    ----------
    epochs
        Turns over all windows.
    steps
        Optimizer steps instead of epochs, where above 0.
    validations
        How many, evenly over the run.
    save_every
        Steps between checkpoints to resume from.
    log_every
        Steps between log lines.
    """

    epochs: float = 80.0
    steps: int = 0
    validations: int = 20
    save_every: int = 250
    log_every: int = 25


@dataclass(frozen=True)
class ValidationSettings:
    """How the run is measured while it trains.

    Parameters
    ----------
    branch
        "centre" (the local module, a window for every frame) or "sequence", as videos are lifted.
    flip
        Average with the mirror image.
    takes
        At most so many takes, evenly chosen; 0 for all.
    """

    branch: str = CENTRE
    flip: bool = True
    takes: int = 0


@dataclass(frozen=True)
class Recipe:
    """All settings of a run; stored in its folder and in its checkpoints.

    Parameters
    ----------
    init
        Lifter whose fitting weights are taken over at the start.
    baseline
        "" trains GLA-GCN; "temporal-convolution" MMPose's, as wide as costs the same.
    trained_on, licence
        For the checkpoint: what the data is, and under which terms the weights may be used.
    """

    data: DataSettings = field(default_factory=DataSettings)
    network: Architecture = field(default_factory=Architecture)
    augmentation: Augmentation = field(default_factory=Augmentation)
    loss: LossWeights = field(default_factory=LossWeights)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)
    seed: int = 1
    init: str = ""
    baseline: str = ""
    trained_on: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        choices = {
            "data.normalisation": (self.data.normalisation, NORMALISATIONS),
            "data.conversion": (self.data.conversion, CONVERSIONS),
            "optimizer.name": (self.optimizer.name, OPTIMIZERS),
            "optimizer.precision": (self.optimizer.precision, PRECISIONS),
            "validation.branch": (self.validation.branch, (SEQUENCE, CENTRE)),
            "baseline": (self.baseline, ("", "temporal-convolution")),
        }
        for key, (value, allowed) in choices.items():
            if value not in allowed:
                raise UsageError(f"{key} is {value!r}; there are {', '.join(map(repr, allowed))}")
        positive = {
            "optimizer.batch": self.optimizer.batch,
            "optimizer.accumulate": self.optimizer.accumulate,
            "optimizer.rate": self.optimizer.rate,
            "data.stride": self.data.stride,
            "schedule.save_every": self.schedule.save_every,
            "schedule.log_every": self.schedule.log_every,
        }
        for key, number in positive.items():
            if number <= 0:
                raise UsageError(f"{key} is {number}, expected more than 0")


T = TypeVar("T")


def named_recipes() -> list[str]:
    """Names of the configurations that come with the package."""
    folder = files("glagcn_training") / "configs"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir()
                  if entry.name.endswith(".yaml") and not entry.name.startswith("_"))  # fmt: skip


def read_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read a configuration by name or file and apply overrides.

    Parameters
    ----------
    name
        One of `named_recipes`, or a YAML file; ``_base_`` in it names the file it builds on.
    overrides
        ``section.key=value``, the value in YAML.

    Raises
    ------
    UsageError
        There is no such configuration, a key does not exist, a value is of another type.
    """
    import yaml
    from mmengine.config import Config

    path = Path(name)
    if name in named_recipes():
        path = Path(str(files("glagcn_training") / "configs" / f"{name}.yaml"))
    elif not path.is_file():
        raise UsageError(
            f"no configuration {name!r}: neither a file nor one of {', '.join(named_recipes())}"
        )
    try:
        tree: dict[str, Any] = Config.fromfile(str(path)).to_dict()
    except Exception as error:  # YAML's errors, and MMEngine's own of many kinds
        raise UsageError(f"{path} is not a configuration: {error}") from error
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise UsageError(f"{override!r}: expected section.key=value")
        branch: Any = tree
        *sections, last = key.strip().split(".")
        for section in sections:
            branch = branch.setdefault(section, {})
            if not isinstance(branch, dict):
                raise UsageError(f"{override!r}: {section} is a value, not a section")
        branch[last] = yaml.safe_load(text)
    return from_mapping(Recipe, tree, "")


def from_mapping(kind: type[T], tree: Mapping[str, Any], where: str) -> T:
    """Make a dataclass of nested dataclasses from a mapping, strict about keys and types."""
    types = get_type_hints(kind)
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in tree.items():
        full = f"{where}{key}"
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; {where}{near[0]}?" if near else f"; there are {', '.join(known)}"
            raise UsageError(f"no setting {full!r}{hint}")
        wanted = types[key]
        if is_dataclass(wanted):
            if not isinstance(value, Mapping):
                raise UsageError(f"{full} is {value!r}, expected a section")
            values[key] = from_mapping(wanted, value, f"{full}.")  # type: ignore[arg-type]
        else:
            values[key] = _checked(wanted, value, full)
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{where or 'configuration'}: {error}") from error


def _checked(wanted: Any, value: Any, where: str) -> Any:
    """Bring a YAML value to the type of its setting."""
    text = str(wanted)
    if text.startswith("tuple"):
        if not isinstance(value, list | tuple) or not all(
            isinstance(v, int | float) for v in value
        ):
            raise UsageError(f"{where} is {value!r}, expected a list of numbers")
        return tuple(float(v) for v in value)
    if wanted is float and isinstance(value, str):
        # YAML 1.1 reads 1e-5, without a point, as text.
        try:
            return float(value)
        except ValueError:
            raise UsageError(f"{where} is {value!r}, expected a number") from None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if wanted is str and isinstance(value, int | float):
        return str(value)
    if isinstance(wanted, type) and (
        not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))
    ):
        raise UsageError(f"{where} is {value!r}, expected {wanted.__name__}")
    return value


def to_mapping(recipe: Recipe) -> dict[str, Any]:
    """Nest plain values, as a YAML file holds them."""
    import json

    tree: dict[str, Any] = json.loads(json.dumps(asdict(recipe)))
    return tree


def differences(old: Mapping[str, Any], new: Mapping[str, Any], where: str = "") -> list[str]:
    """Settings that two recipes, as mappings, do not share: ``"seed: 1 -> 2"``."""
    found = []
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += differences(before, after, f"{where}{key}.")
        elif before != after:
            found.append(f"{where}{key}: {before!r} -> {after!r}")
    return found


def for_joint_set(recipe: Recipe, joint_set: str) -> Recipe:
    """Give the recipe's network the joints of the data set it trains on."""
    return replace(recipe, network=replace(recipe.network, joint_set=joint_set))
