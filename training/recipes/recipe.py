"""The settings of a training run, as one tree."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from glagcn_cli.errors import UsageError
from glagcn_cli.lifting.normalisation import IMAGE, NORMALISATIONS
from glagcn_cli.lifting.windows import CENTRE, SEQUENCE
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.skeleton import AS_GIVEN, CONVERSIONS, EXTREMITIES_CONVERSION, H36M25

from ..losses import LossWeights
from ..networks.baselines import KERNEL
from ..samples.augment import Augmentation
from .setting_limits import check_limits

PRECISIONS = ("float32", "bfloat16", "float16")
OPTIMIZERS = ("adamw", "ranger")
NOBODY = "none"


@dataclass(frozen=True)
class DataSettings:
    """Data to read, and how it becomes network input.

    Parameters
    ----------
    dataset
        Name in `glagcn_training.data.registry`.
    keypoints
        Source of a filmed data set's 2D; "" for its first choice.
    normalisation, conversion
        Treatment of the 2D (`glagcn_cli.lifting.normalisation`, `glagcn_cli.skeleton`).
    holdout
        Training subject that validates instead of training; "default" is the data set's own choice,
        "none" trains on all and validates on nobody. Motion packs bring their own split.
    select_on_test
        Select the checkpoint that is best on the test set, as the published runs did. Its error
        there is then not an estimate, since the test set was used to choose.
    stride
        Frames from one training window to the next.
    fps
        Frames per second of the windows, and so of the lifter; 0 is the data set's own rate.
        At 25 frames/s a window covers twice the time of one at 50, and motion loses little.
    shares
        Relative share of the samples of each motion pack ("cmu_h36m17=3 uiprmd_h36m17=1"); other
        packs get none. Within a pack, subjects and a subject's kinds of motion get shares by the
        square root of their minutes. "" shows every window once an epoch.
    trimmed
        Frames to cut off both ends of every clip of a pack ("uiprmd_h36m17=4").
    """

    dataset: str = "mocap"
    keypoints: str = ""
    normalisation: str = IMAGE
    conversion: str = AS_GIVEN
    holdout: str = "default"
    select_on_test: bool = False
    stride: int = 1
    fps: int = 0
    shares: str = ""
    trimmed: str = ""


@dataclass(frozen=True)
class OptimizerSettings:
    """Optimizer settings. Batch and rate are those of all processes together.

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
    """Length of the run, and its intervals.

    Parameters
    ----------
    epochs
        Passes over all windows, where `steps` is 0.
    steps
        Optimizer steps; 0 trains for `epochs`.
    validations
        Validations, evenly over the run; 0 for none.
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
    """Validation while training.

    Parameters
    ----------
    branch
        "centre" (the local module, a window for every frame) or "sequence", a tenth of the work.
    flip
        Average with the mirror image.
    takes
        Largest number of takes, evenly chosen; 0 for all.
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
        Lifter whose fitting weights are copied at the start.
    baseline
        "" trains GLA-GCN; "temporal-convolution" trains MMPose's at the same cost.
    trained_on, licence
        For the checkpoint: description of the data, and terms of use of the weights.

    Raises
    ------
    UsageError
        A value is unknown, a number is out of its limits, or settings contradict each other; the
        message names them.
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
                named = ", ".join(map(repr, allowed))
                raise UsageError(f"{key} is {value!r}, expected one of {named}")
        check_limits(self)
        if self.schedule.epochs == 0 and self.schedule.steps == 0:
            raise UsageError("schedule.epochs and schedule.steps are both 0; set one of them")
        if self.baseline and self.network.window < KERNEL**2:
            raise UsageError(
                f"network.window is {self.network.window}; baseline={self.baseline} needs "
                f"{KERNEL**2} or more"
            )
        self._check_losses()
        self._check_scores()
        marked = self.data.conversion == EXTREMITIES_CONVERSION
        if marked != (self.network.joint_set == H36M25.name):
            raise UsageError(
                f"data.conversion={EXTREMITIES_CONVERSION} and network.joint_set={H36M25.name} "
                "belong together; set both, or none"
            )

    def _check_scores(self) -> None:
        """Refuse scores that are always 1: another score at inference would break batch norm."""
        seen = self.augmentation
        if self.network.in_channels == 3 and not any(
            (seen.noise, seen.occlusion, seen.missing_frames, seen.crop)
        ):
            raise UsageError(
                "network.in_channels is 3, but every score would be 1: one of "
                "augmentation.noise, occlusion, missing_frames, crop must be more than 0"
            )

    def _check_losses(self) -> None:
        """Refuse loss weights that do not apply to the network."""
        loss, sequence = self.loss, self.network.variant == "paper" and not self.baseline
        if loss.velocity > 0 and not sequence:
            raise UsageError(
                f"loss.velocity is {loss.velocity:g}, but this network predicts single frames; "
                "set it to 0, or use network.variant=paper without a baseline"
            )
        terms = ["centre", "bone_length", "bone_direction"]
        terms += ["sequence", "velocity"] if sequence else []
        if not any(getattr(loss, term) > 0 for term in terms):
            named = ", ".join(f"loss.{term}" for term in terms)
            raise UsageError(f"nothing to train with: one of {named} must be more than 0")
        self._check_branch(sequence)

    def _check_branch(self, sequence: bool) -> None:
        """Refuse to select the best lifter by a branch that learns no positions."""
        loss, branch = self.loss, self.validation.branch
        learns = getattr(loss, branch) + loss.bone_length + loss.bone_direction > 0
        if sequence and self.schedule.validations > 0 and not learns:
            other = "centre" if branch == "sequence" else "sequence"
            raise UsageError(
                f"validation.branch is {branch}, which loss.{branch}=0 does not train; set "
                f"validation.branch={other}"
            )


def for_joint_set(recipe: Recipe, joint_set: str) -> Recipe:
    """Give the recipe's network the joints of the data set it trains on."""
    return replace(recipe, network=replace(recipe.network, joint_set=joint_set))
