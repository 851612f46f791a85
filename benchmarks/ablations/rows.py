"""Rows of the tables of `ablations.py`, and the settings that a table's rows share."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from benchmarks.ablations.conditions import (
    BODIES,
    CAMERAS,
    CROPPED,
    DROPPED,
    EXACT_2D,
    FAST,
    HIDDEN,
    MEASURED_2D,
    POSTURED,
    SWAPPED,
)
from glagcn_training.samples.cameras import EVALUATION_CAMERAS

HALF = 20  # channels: what width_at gives for half the MACs of 32
MORE = 500  # steps of fine-tuning

SMALL = (
    "network.channels=32", "network.global_blocks=2", "schedule.validations=0",
    "schedule.log_every=100",
)  # fmt: skip

EVALUATION_RANGE = tuple(
    f"augmentation.cameras.{name}={list(limit) if isinstance(limit, tuple) else limit}"
    for name, limit in asdict(EVALUATION_CAMERAS).items()
)
"""Cameras of evaluations, and of the first lifters' training."""

SIMPLE = (
    *EVALUATION_RANGE, "augmentation.postures=0", "augmentation.playback=[1.0, 1.0]",
    "augmentation.occlusion=0", "augmentation.missing_frames=0", "augmentation.swaps=0",
    "augmentation.crop=0",
)  # fmt: skip
"""Whole bodies doing what was captured."""

PLAIN = (
    *SIMPLE, "augmentation.exact=0.4", "data.fps=0", "network.in_channels=2",
    "network.uncertainty=false", "network.gravity=false", "loss.velocity=0", "loss.gravity=0",
    "loss.uncertainty=0",
)  # fmt: skip
"""The recipe reduced to what all networks support: the published variant and the baseline predict
only joints of single frames."""


@dataclass(frozen=True)
class Variant:
    """One row.

    Parameters
    ----------
    overrides
        Settings that differ from the first row.
    start
        Row with the lifter that is pruned at the beginning.
    purpose
        Condition (`conditions.py`) for which the missing piece exists.
    """

    overrides: tuple[str, ...] = ()
    start: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class Family:
    """Rows of one table; ``common`` overrides apply to all, and the others vary the first."""

    common: tuple[str, ...]
    variants: dict[str, Variant]
    recipe: str = "mocap_27"


NETWORK = Family(
    (*SMALL, *PLAIN, "schedule.steps=1000", "schedule.save_every=500"),
    {
        "base": Variant(),
        "base, seed 2": Variant(("seed=2",)),
        "base, seed 3": Variant(("seed=3",)),
        "shared head": Variant(("network.shared_head=true",)),
        "shared head, seed 2": Variant(("network.shared_head=true", "seed=2")),
        "without L_global": Variant(("loss.sequence=0",)),
        "without L_global, seed 2": Variant(("loss.sequence=0", "seed=2")),
        "released variant": Variant(("network.variant=released",)),
        "released variant, seed 2": Variant(("network.variant=released", "seed=2")),
        "T = 81": Variant(("network.window=81", "optimizer.batch=21")),
        "velocity loss, weight 2": Variant(("loss.velocity=2",)),
        "bone length loss, weight 1": Variant(("loss.bone_length=1",)),
        "bone direction loss, weight 0.1": Variant(("loss.bone_direction=0.1",)),
        "no input noise": Variant(("augmentation.noise=0",)),
        "occlusion, half of the samples": Variant(("augmentation.occlusion=0.5",)),
        "half, pruned and trained on": Variant(
            (f"network.channels={HALF}", f"schedule.steps={MORE}", "optimizer.rate=0.001"), "base"
        ),
        "half from the start": Variant((f"network.channels={HALF}",)),
        "half from the start, as long as pruned": Variant(
            (f"network.channels={HALF}", f"schedule.steps={1000 + MORE}")
        ),
        "base, as long as pruned": Variant((f"schedule.steps={1000 + MORE}",)),
        "temporal convolution": Variant(("baseline=temporal-convolution",)),
        "Ranger, rate 0.01": Variant(
            ("optimizer.name=ranger", "optimizer.rate=0.01", "optimizer.last_rate=0.00001",
             "optimizer.weight_decay=0", "optimizer.largest_gradient=0", "optimizer.warm_up=0")
        ),
    },
)  # fmt: skip
"""Networks and losses, compared on `PLAIN`."""

NOTHING = (
    *SIMPLE, "augmentation.noise=0", "augmentation.mirror=false", "augmentation.bodies=0",
    "network.in_channels=2",
)  # fmt: skip
"""Without any augmentation. There are no scores: they would all be 1, and batch norm of a constant
turns any other score into a huge number."""

PIECES = {
    "no playback": Variant(("augmentation.playback=[1.0, 1.0]",), purpose=FAST),
    "no noise": Variant(("augmentation.noise=0",), purpose=MEASURED_2D),
    "no occlusion": Variant(("augmentation.occlusion=0",), purpose=HIDDEN),
    "no missing frames": Variant(("augmentation.missing_frames=0",), purpose=DROPPED),
    "no swaps": Variant(("augmentation.swaps=0",), purpose=SWAPPED),
    "no crop": Variant(("augmentation.crop=0",), purpose=CROPPED),
    "no postures": Variant(("augmentation.postures=0",), purpose=POSTURED),
    "no bodies": Variant(("augmentation.bodies=0",), purpose=BODIES),
    "no mirror": Variant(("augmentation.mirror=false",), purpose=EXACT_2D),
    "cameras of the evaluation": Variant(EVALUATION_RANGE, purpose=CAMERAS),
    "2 input channels": Variant(("network.in_channels=2",), purpose=MEASURED_2D),
    "50 frames/s": Variant(("data.fps=0",), purpose=EXACT_2D),
    "no gravity head": Variant(("network.gravity=false", "loss.gravity=0"), purpose=EXACT_2D),
    "none of the augmentation": Variant(NOTHING, purpose=MEASURED_2D),
}

AUGMENTATION = Family(
    # Small batches: a short run gains more by steps than by windows.
    (*SMALL, "optimizer.batch=16", "schedule.steps=1300", "schedule.save_every=1300"),
    {
        "whole recipe": Variant(),
        "whole recipe, seed 2": Variant(("seed=2",)),
        "whole recipe, seed 3": Variant(("seed=3",)),
        **PIECES,
        **{
            f"{name}, seed 2": Variant((*piece.overrides, "seed=2"), purpose=piece.purpose)
            for name, piece in PIECES.items()
        },
    },
)
"""The recipe `mocap_27`, each row without one piece of it, or without any."""

SIZE = Family(
    ("schedule.validations=0", "schedule.log_every=100", "optimizer.batch=16",
     "schedule.steps=1300", "schedule.save_every=1300"),
    {
        "64 channels, 4 global blocks": Variant(),
        "64 channels, 4 global blocks, seed 2": Variant(("seed=2",)),
        "32 channels": Variant(("network.channels=32",)),
        "96 channels": Variant(("network.channels=96",)),
        "2 global blocks": Variant(("network.global_blocks=2",)),
        "6 global blocks": Variant(("network.global_blocks=6",)),
    },
)  # fmt: skip
"""The recipe `mocap_27` for wider and deeper networks, with the same windows for all."""

_CLAIMS = {
    "all packs": Variant(),
    "all packs, graph of the skeleton alone": Variant(("network.adaptive=false",)),
    "all packs, not strided": Variant(("network.strided=false",)),
    "all packs, one head for all joints": Variant(("network.shared_head=true",)),
    "all packs, no L_global": Variant(("loss.sequence=0", "loss.velocity=0")),
    "all packs, T = 81": Variant(("network.window=81", "optimizer.batch=21")),
}

CLAIMS = Family(
    (*SMALL, "schedule.steps=1500", "schedule.save_every=1500"),
    {
        f"{name}{seed}": Variant((*row.overrides, *more))
        for seed, more in (("", ()), (", seed 2", ("seed=2",)))
        for name, row in _CLAIMS.items()
    },
    recipe="mocap_wide_27",
)
"""The paper's questions, by the recipe of the shipped lifter and on all packs."""

FAMILIES = {"network": NETWORK, "augmentation": AUGMENTATION, "size": SIZE, "claims": CLAIMS}


def same_seed(row: str) -> str:
    """Return the row of the whole recipe with this row's seed."""
    _, comma, seed = row.partition(", seed ")
    return "whole recipe" + comma + seed


def folder_name(row: str) -> str:
    """Return the folder name of a row's run."""
    return row.replace(",", "").replace("/", " ").replace(" ", "-")
