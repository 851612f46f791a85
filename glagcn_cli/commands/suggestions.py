"""What to type in place of an option that there is not: other programs' words for ours."""

from __future__ import annotations

import difflib
from collections.abc import Container, Sequence

import click

from ..export.formats import is_of_output

_MEANT: dict[str, str] = {
    "--device cuda": "gpu gpus use-gpu cuda use-cuda nvidia",
    "--device cpu": "cpu cpu-only no-gpu no-cuda",
    "-o FILE": "output out outfile out-file output-file output-path save write dest destination",
    "--output-dir FOLDER": "outdir out-dir output-folder out-folder save-dir results",
    "INPUT without an option": "i in input video video-path source src file in-file input-file",
    "--format LIST": "formats suffix type",
    "--people all": "all everybody everyone multi multi-person multiperson all-people persons",
    "--person N": "id person-id track track-id subject who",
    "--overwrite": "y yes f force replace clobber",
    "--max-frames N": "frames limit n-frames num-frames frame-limit",
    "--start TIME": "ss from begin start-time seek",
    "--end TIME": "to until end-time stop",
    "--every N": "stride skip-frames frame-skip step",
    "--fps RATE": "rate framerate frame-rate r",
    "--height METRES": "tall body-height person-height subject-height size",
    "--fov DEGREES": "focal focal-length field-of-view angle-of-view",
    "--lens K1": "distortion undistort distortion-coefficients calibration k1 intrinsics",
    "--smoothing HZ": "filter cutoff low-pass lowpass",
    "--plot FILE": "angles joint-angles gait graph figure chart",
    "--camera 0": "webcam cam live capture",
    "--detector NAME": "det yolo det-model detection",
    "--pose NAME": "pose2d pose-model keypoint-model estimator",
    "--lifter NAME": "model checkpoint ckpt pose3d lift",
    "--weights FILE": "lifter checkpoint model",
    "--from-2d FILE": "2d keypoints-file keypoints-2d load-2d",
    "--from-3d FILE": "3d poses load-3d npz-in",
    "--jobs N": "workers processes parallel j n-jobs num-workers",
    "--threads N": "cores num-threads cpus",
    "--precision single": "fp32 float32 full-precision",
    "--precision auto": "fp16 half amp",
    "--quiet": "silent s no-output",
    "--verbose": "debug vv",
    "--set optimizer.rate=RATE": "lr learning-rate rate",
    "--set optimizer.batch=N": "batch batch-size b",
    "--set schedule.steps=N": "steps max-steps iterations iters",
}
"""What to type, and the words for it; what a command has no option for is not offered."""


class SuggestingCommand(click.Command):
    """A command that knows other words for its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; say of an unknown option what was probably meant."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            names = [name for one in self.params for name in (*one.opts, *one.secondary_opts)]
            options = [name for name in names if name.startswith("-")]
            meant = meant_by(error.option_name, options)
            told = f"there is no option {error.option_name}"
            more = f"; did you mean {meant}?" if meant else "; --help lists the options"
            raise click.UsageError(told + more, ctx) from error


def meant_by(option: str, options: Sequence[str]) -> str | None:
    """Tell what to type in place of an option that a command does not have.

    Parameters
    ----------
    option
        As it was typed, with its dashes.
    options
        Those that the command has.

    Returns
    -------
    str or None
        An option, with a value where it takes one; None where nothing comes near.
    """
    word = option.lstrip("-").lower().replace("_", "-")
    if f"--{word}" in options:
        return f"--{word}"
    for answer, words in _MEANT.items():
        if word in words.split() and _is_offered(answer, options):
            return answer
    if "-o" in options and (suffix := _as_suffix(word)):
        return f"-o NAME{suffix}"
    names = {name.lstrip("-"): name for name in options if name.startswith("--")}
    nearest = difflib.get_close_matches(word, names, 1, 0.6)
    return names[nearest[0]] if nearest else None


def _is_offered(answer: str, options: Container[str]) -> bool:
    return not answer.startswith("-") or answer.split()[0] in options


def _as_suffix(word: str) -> str | None:
    """Return the format that a word names; None for other words."""
    suffix = f".{word}"
    return suffix if is_of_output(suffix) else None
