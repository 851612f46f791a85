"""Command lines of ``glagcn-train`` and ``glagcn-eval``. `--help` imports no torch."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from glagcn_cli.commands.suggestions import SuggestingCommand
from glagcn_cli.machine.process import prepare_process

from .failures import failures_as_messages

DATASETS = ("h36m", "humaneva", "mpi_inf_3dhp", "mocap")
KEYPOINTS = ("gt", "cpn_ft_h36m_dbb", "detectron_pt_coco")

_DEFAULT_CONFIG = {
    ("h36m", "gt"): "h36m_gt_243",
    ("h36m", "cpn_ft_h36m_dbb"): "h36m_cpn_243",
    ("humaneva", "gt"): "humaneva_27",
    ("humaneva", "detectron_pt_coco"): "humaneva_27",
    ("mpi_inf_3dhp", "gt"): "mpi_inf_3dhp_81",
}

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands have."""
    for option in (
        click.option(
            "--device", default="auto", show_default=True, metavar="auto|cpu|cuda[:N]",
            help="Where the network runs.",
        ),
        click.option(
            "--threads", type=click.IntRange(min=1), help="CPU threads; torch chooses if not given."
        ),
        click.option(
            "--keypoints", type=click.Choice(KEYPOINTS),
            help="2D joints of a filmed data set: exact (gt) or as a detector found "
            "them (cpn_ft_h36m_dbb for h36m, detectron_pt_coco for humaneva). Default: gt; in "
            "glagcn-eval what the lifter was trained on.",
        ),
        click.option(
            "--data-dir", required=True, type=click.Path(path_type=Path),
            help="Folder of the data set's files; where one is missing, the message says where to "
            "get it. For mocap: a motion pack (.npz, see glagcn-data convert) or a folder of them. "
            "The other data sets come as pickled .npz, which can run code when they are read: take "
            "them from where the field does.",
        ),
        click.option(
            "--dataset", type=click.Choice(DATASETS), required=True,
            help="Human3.6M, HumanEva-I, MPI-INF-3DHP, or motion capture seen by virtual cameras.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def _prepare(device: str, threads: int | None) -> str:
    """Set up logging, threads and the device to compute on."""
    import torch

    from glagcn_cli.machine.devices import choose_device

    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s  %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        stream=sys.stderr,
    )
    logging.getLogger("matplotlib").setLevel(logging.WARNING)  # notes on its list of fonts
    if int(os.environ.get("RANK", "0")) > 0:
        logging.getLogger().setLevel(logging.ERROR)
    if threads:
        torch.set_num_threads(threads)
    chosen = choose_device(device)
    local_rank = os.environ.get("LOCAL_RANK")
    if local_rank is not None and chosen != "cpu":
        chosen = choose_device(f"cuda:{local_rank}")
    if chosen != "cpu":
        torch.cuda.set_device(chosen)
    return chosen


@click.command(cls=SuggestingCommand, context_settings=_SETTINGS)
@_shared_options
@click.option(
    "-o", "--out", required=True, type=click.Path(file_okay=False, path_type=Path),
    help="Run folder. An interrupted run with the same settings in it is resumed.",
)  # fmt: skip
@click.option(
    "--config", metavar="NAME|FILE",
    help="Recipe: a name (see --list-configs) or a YAML file. Default: the published recipe of "
    "the data set; mocap_27 for mocap.",
)  # fmt: skip
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting of the recipe, such as optimizer.rate=0.005; may be repeated. "
    "OUT/recipe.yaml lists all settings of a run.",
)
@click.option(
    "--init",
    metavar="FILE",
    help="Start from a lifter's weights wherever they fit: of shorter windows, or pruned.",
)
@click.option("--seed", type=int, help="Of first weights, order, cameras and noise; 1 by default.")
@click.option(
    "--list-configs", is_flag=True, is_eager=True, expose_value=False,
    callback=lambda context, _, wanted: _list_configs(context) if wanted else None,
    help="Name the recipes that come with the program.",
)  # fmt: skip
def train(
    dataset: str,
    data_dir: Path,
    keypoints: str | None,
    out: Path,
    config: str | None,
    overrides: tuple[str, ...],
    init: str | None,
    seed: int | None,
    device: str,
    threads: int | None,
) -> None:
    """Train a lifter, the network that turns 2D joints into 3D joints.

    OUT/lifter.pth is the lifter that validated best, for `glagcn-video --lifter` and `glagcn-eval
    --weights`; OUT/report.md lists its settings and errors. The same command resumes a stopped run
    from its last state.

    \b
    glagcn-train --dataset h36m --data-dir DATA -o OUT
    glagcn-train --dataset mocap --data-dir PACKS -o OUT --config mocap_81

    On several GPUs or machines: torchrun --nproc-per-node N -m glagcn_training, with the same
    options; batch and learning rate are those of all processes together.
    """
    prepare_process()
    with failures_as_messages():
        from ..recipes.recipe_files import read_recipe

        config = config or _DEFAULT_CONFIG.get((dataset, keypoints or "gt"), "mocap_27")
        changes = [f"data.dataset={dataset}", *overrides]
        if keypoints:
            changes.append(f"data.keypoints={keypoints}")
        if init:
            changes.append(f"init={json.dumps(init)}")
        if seed is not None:
            changes.append(f"seed={seed}")
        recipe = read_recipe(config, changes)
        chosen = _prepare(device, threads)

        from ..engine.training_run import run_training

        for path in run_training(recipe, data_dir, out, chosen):
            click.echo(str(path))


def _list_configs(context: click.Context) -> None:
    from ..recipes.recipe_files import describe_recipes

    for name, what in describe_recipes().items():
        click.echo(f"{name:<18}  {what}")
    context.exit()


@click.command(cls=SuggestingCommand, context_settings=_SETTINGS)
@_shared_options
@click.option(
    "--split",
    type=click.Choice(["train", "val", "test"]),
    default="val",
    show_default=True,
    help="val is a training subject that training holds out, test the published test set; motion "
    "packs name the split of each clip.",
)
@click.option(
    "--holdout",
    default="default",
    metavar="SUBJECT",
    help="The training subject that val is; `none`: the training subjects are all in train. "
    "Default: what the lifter was trained with, else the data set's own choice.",
)
@click.option(
    "--weights",
    metavar="NAME|FILE",
    help="Lifter: a file such as OUT/lifter.pth, any network as .onnx with a card beside it, or a "
    "shipped one's name (the default lifter of glagcn-video if not given).",
)
@click.option(
    "--noise",
    type=click.Choice(["exact", "detector", "measured"]),
    default="exact",
    show_default=True,
    help="2D joints as they are; with Gaussian errors of up to 3 % of the person's size; with "
    "measured errors and scores of a detector, joint by joint and correlated in time.",
)
@click.option(
    "--takes",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Number of takes to measure, evenly chosen; 0 for all.",
)
@click.option(
    "--branch",
    type=click.Choice(["sequence", "centre"]),
    help="Branch: sequence lifts all frames of a window at once; centre, the local module, lifts "
    "one frame a window, as published and as videos are lifted (default).",
)
@click.option("--flip", is_flag=True, help="Average with the lifted mirror image, as published.")
@click.option(
    "--network-alone",
    is_flag=True,
    help="Leave poses as the network lifts them, in agreement neither with the picture nor with "
    "one body.",
)
@click.option(
    "--constant",
    is_flag=True,
    help="Score one and the same pose for every frame as well, made from train: what any lifter "
    "must beat.",
)
@click.option(
    "--held-depth",
    is_flag=True,
    help="Score copying every joint's depth from the frame before as well, beginning with the true "
    "pose of a take's first frame.",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Draw predicted against observed errors into this file, over an existing one.",
)
@click.option(
    "--json",
    "report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the figures and their setting into this file, over an existing one.",
)
def evaluate(
    dataset: str,
    data_dir: Path,
    keypoints: str | None,
    device: str,
    threads: int | None,
    report: Path | None,
    calibration: Path | None,
    **options: object,
) -> None:
    """Measure a lifter on a data set: errors in millimetres by action, and their mean.

    Also reported: how often limbs flip in depth, and the errors of the lifter's up direction and
    uncertainty, if it estimates them.

    Motion capture is seen by virtual cameras of a fixed seed, so that figures are reproducible.

    \b
    glagcn-eval --dataset h36m --data-dir DATA --split test --weights OUT/lifter.pth --flip
    """
    prepare_process()
    with failures_as_messages():
        from glagcn_cli.files.atomic import atomic_output, check_output

        for path in (report, calibration):
            if path:
                check_output(path, overwrite=True)
        chosen = _prepare(device, threads)

        from ..evaluation.run import EvaluationSettings, run_evaluation

        settings = EvaluationSettings(
            dataset, data_dir, keypoints, device=chosen, calibration=calibration,
            **options,  # type: ignore[arg-type]
        )  # fmt: skip
        result, table = run_evaluation(settings)
        if report:
            with atomic_output(report, overwrite=True) as temporary:
                temporary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    click.echo(table)
