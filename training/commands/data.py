"""Command line of ``glagcn-data``; `--help` imports neither torch nor numpy."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import click

from glagcn_cli.commands.suggestions import SuggestingCommand
from glagcn_cli.errors import UsageError
from glagcn_cli.machine.process import let_any_name_be_printed
from glagcn_cli.wording import counted

from .failures import failures_as_messages

_UNITS = ("m", "cm", "mm", "inch", "cmu")  # as in `conversion.placing`, which imports numpy
_DATASETS = ("h36m", "humaneva", "mpi_inf_3dhp", "mocap")
_JOINT_SETS = ("h36m17", "humaneva15", "mpi_inf_3dhp17")


class _Rate(click.ParamType):
    """Frames per second as a number or a fraction."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        try:
            rate = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is not a number; give one such as 120 or 30000/1001", param, ctx)
        if not 1 <= rate <= 10_000:
            self.fail(f"{value} is not between 1 and 10000", param, ctx)
        return rate


@contextmanager
def _notes_and_failures() -> Iterator[None]:
    """Show failures as messages, and notes on standard error."""
    logger = logging.getLogger("glagcn_training")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("glagcn-data: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with failures_as_messages():
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _out(metavar: str, words: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that names the file to write."""
    kind = click.Path(path_type=Path)
    return click.option("-o", "--out", required=True, type=kind, metavar=metavar, help=words)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Bring motion capture and released checkpoints into the files that glagcn trains with."""
    let_any_name_be_printed()


@main.command(cls=SuggestingCommand)
@click.argument("folder", type=click.Path(path_type=Path))
@_out("PACK.npz", "The motion pack to write.")
@click.option(
    "--val-subjects",
    metavar="A,B,...",
    help="Subjects to hold out for validation, separated by commas. Without it the subjects with "
    "the fewest frames are held out, until they make 5 percent of all frames.",
)
@click.option("--licence", default="", help="Terms of the data, stored in the pack.")
@click.option("--credit", default="", help="Whom to name as the source, stored in the pack.")
@click.option(
    "--unit",
    type=click.Choice(_UNITS),
    help="Length unit of the files; cmu is inches divided by 0.45. Found from the size of the "
    "figure if not given.",
)
@click.option(
    "--up",
    type=click.Choice(["y", "z", "x", "-y", "-z", "-x"]),
    help="Which axis points up. Found from how the figures stand if not given.",
)
@click.option(
    "--fps",
    type=_Rate(),
    help="Frame rate of all files, overriding theirs. AMC files have none; 120 is assumed.",
)
@click.option(
    "--first-frame",
    type=click.Choice(["auto", "keep", "drop"]),
    default="auto",
    show_default=True,
    help="What to do with T-poses before or after the motion: auto cuts them off, with the frames "
    "that blend them in; keep leaves them; drop drops every first frame, and only it.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing pack.")
def convert(
    folder: Path,
    out: Path,
    val_subjects: str | None,
    licence: str,
    credit: str,
    overwrite: bool,
    **reading: object,
) -> None:
    """Convert the motion capture files in FOLDER, and in its subfolders, into one motion pack.

    The pack holds 17 joints at 50 frames a second, in metres, for glagcn-train --dataset mocap.
    Files are BVH, ASF/AMC, FBX, or glTF (GLB, VRM). Known skeletons are CMU's and HDM05's ASF, the
    three BVH releases of CMU, Mixamo, Unreal, Rigify, Daz, Ready Player Me, VRM and the like. The
    subject is the number before the underscore in a name like 07_02.amc, or "bd" in
    HDM_bd_squat_001_120.amc; files with other names belong to the subject that their folder is
    named for.

    Files that cannot be read are reported and left out; the exit code is 1 if there were any.
    """
    with _notes_and_failures():
        if val_subjects is not None and not val_subjects.strip(", "):
            raise UsageError("--val-subjects names nobody; leave it out, or give names like 6,17")
        from glagcn_cli.files.atomic import check_output

        from ..conversion.clips import Reading
        from ..conversion.folder import read_folder
        from ..conversion.packing import validation_subjects, write_pack

        check_output(out, overwrite)
        clips, problems = read_folder(folder, Reading(**reading))  # type: ignore[arg-type]
        named = {name.strip() for name in val_subjects.split(",")} - {""} if val_subjects else None
        held_out = validation_subjects(clips, named)
        write_pack(out, clips, held_out, licence, credit, overwrite)
    _report(out, clips, held_out, problems)


def _report(out: Path, clips: list, held_out: set[str], problems: list[str]) -> None:
    """Print what a pack holds; exit with code 1 where files were left out."""
    minutes = {
        kind: sum(len(clip.joints) for clip in clips if (clip.subject in held_out) == held) / 3000
        for kind, held in (("train", False), ("val", True))
    }
    who = ", ".join(sorted(held_out)) or "nobody"
    subjects = len({clip.subject for clip in clips})
    click.echo(
        f"{out}: {len(clips)} clips of {subjects} subjects, {minutes['train']:.1f} min to train, "
        f"{minutes['val']:.1f} min to validate (subjects: {who})"
    )
    if problems:
        raise click.ClickException(
            f"{counted(len(problems), 'file was', 'files were')} left out, see above"
        )


@main.command("import-released", cls=SuggestingCommand)
@click.argument("file", type=click.Path(path_type=Path))
@_out("FILE.pth", "The lifter checkpoint to write.")
@click.option(
    "--joint-set",
    type=click.Choice(_JOINT_SETS),
    help="Joints that it was trained with. Found from their number if not given: 17 are h36m17, "
    "15 are humaneva15.",
)
@click.option(
    "--swap-subsets",
    is_flag=True,
    help="Exchange the inward and the outward part of the skeleton graph. The file does not name "
    "them; try this if its published errors do not come out.",
)
@click.option("--data", default="", help="What it was trained on, stored in the checkpoint.")
@click.option("--licence", default="", help="Terms of use of the weights, stored likewise.")
@click.option("--overwrite", is_flag=True, help="Replace an existing checkpoint.")
def import_command(
    file: Path,
    out: Path,
    joint_set: str | None,
    swap_subsets: bool,
    data: str,
    licence: str,
    overwrite: bool,
) -> None:
    """Import FILE, a checkpoint released by the authors of GLA-GCN, for glagcn-eval.

    Window length, channels and joints are found in the file. A file whose weights do not match the
    released network is refused with the names of those that are missing, unexpected or of another
    shape. No code in the file is run.
    """
    with _notes_and_failures():
        from ..lifter_files.import_released import import_released

        card = import_released(
            file, out, joint_set=joint_set, swap_subsets=swap_subsets, data=data,
            licence=licence, overwrite=overwrite,
        )  # fmt: skip
    network = card.architecture
    click.echo(
        f"{out}: {network.window} frames, {network.channels} channels, joints {network.joint_set}, "
        f"{card.fps} frames per second"
    )


@main.command(cls=SuggestingCommand)
@click.argument("lifter", type=click.Path(path_type=Path))
@_out("PRUNED.pth", "The smaller lifter to write.")
@click.option(
    "--data-dir",
    required=True,
    type=click.Path(path_type=Path),
    help="Data set whose training windows decide which channels matter.",
)
@click.option(
    "--dataset", default="mocap", show_default=True, type=click.Choice(_DATASETS), help="Its name."
)
@click.option(
    "--share",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the multiply-accumulates (MACs) that may stay.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
def prune(
    lifter: Path, out: Path, data_dir: Path, dataset: str, share: float, overwrite: bool
) -> None:
    """Make a lifter smaller by leaving out the channels that matter least.

    The result is worse until it is trained further: glagcn-train --init PRUNED.pth with the number
    of channels that this command prints.
    """
    with _notes_and_failures():
        from ..lifter_files.prune_file import prune_checkpoint

        architecture = prune_checkpoint(
            lifter, out, data_dir, dataset=dataset, share=share, overwrite=overwrite
        )
    click.echo(f"{out}: network.channels={architecture.channels}")


@main.command("export-onnx", cls=SuggestingCommand)
@click.argument("lifter", metavar="NAME|FILE|CONFIG,CHECKPOINT")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.onnx",
    help="The network to write; its card goes beside it as FILE.yaml.",
)
@click.option(
    "--branch",
    type=click.Choice(["sequence", "centre"]),
    help="Branch of a lifter of this program; the one that lifts videos if not given.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
def export_command(lifter: str, out: Path, branch: str | None, overwrite: bool) -> None:
    """Export a lifter as ONNX, with a card of what the file itself does not say.

    LIFTER is a lifter of this program, or a configuration and a checkpoint of MMPose's VideoPose3D
    or MotionBERT. The result is compared with torch on random windows. No code in a checkpoint is
    run; a configuration of MMPose is code.
    """
    with _notes_and_failures():
        from ..lifter_files.export_onnx import export_onnx

        card, difference = export_onnx(lifter, out, branch=branch, overwrite=overwrite)
    click.echo(
        f"{out}: {card.window} frames, {card.output}, joints {card.joints}, {card.fps} frames per "
        f"second; at most {difference:.2g} {card.unit} off torch"
    )


if __name__ == "__main__":
    main()
