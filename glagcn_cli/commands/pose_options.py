"""The options of ``glagcn-video`` that say how people are lifted, shown and by which models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from .completion import ModelName, listed

Command = Callable[..., Any]


def _people(_: click.Context, __: click.Parameter, value: str) -> int | str:
    """Read a person's number or `all`."""
    if value == "all":
        return value
    if not (value.isascii() and value.isdigit()) or int(value) < 1:
        raise click.BadParameter(f"{value!r} must be a whole number from 1, or all")
    return int(value)


# Defaults are told in words here, for reading them would import the library; a test compares them.
POSE_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option(
        "--person",
        "--people",
        "people",
        default="1",
        show_default=True,
        metavar="N|all",
        shell_complete=listed,
        callback=_people,
        help="Whom to lift: 1 is the main person (large and long in view), 2 the next, and so "
        "on; or all. With all, .bvh, .npy and .trc hold person 1 and the others get files "
        "of their own: NAME.person2.bvh.",
    ),
    click.option(
        "--max-people",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --people all, lift no more than the N who are largest and longest in view.",
    ),
    click.option(
        "--fov",
        type=float,
        metavar="DEGREES",
        help="The camera's field of view over the picture's longer side, 5 to 150.  [default: "
        "what the video says of its lens, else 60]",
    ),
    click.option(
        "--height",
        type=float,
        metavar="METRES",
        help="How tall the main person is, 0.4 to 2.6: the scale of everything.  [default: as "
        "tall as the lifter takes people to be]",
    ),
    click.option(
        "--foot-lock/--no-foot-lock",
        default=None,
        help="Hold feet that stand on the floor where they stand.  [default: foot-lock]",
    ),
    click.option(
        "--up",
        metavar="auto|camera",
        shell_complete=listed,
        help="What tells which way is up: the people in the video, or the camera, held level.  "
        "[default: auto]",
    ),
    click.option(
        "--smoothing",
        type=float,
        metavar="HZ",
        help="Smooth the 3D joints: movement faster than this is taken out; 0 keeps "
        "everything.  [default: 7]",
    ),
    click.option(
        "--flip/--no-flip",
        default=None,
        help="Lift the mirror image too and average: better, at twice the work of the lifter.  "
        "[default: flip]",
    ),
    click.option(
        "--turn",
        type=float,
        metavar="DEGREES",
        help="Turn the view of the 3D skeletons by this much a second; 0 stands still.  "
        "[default: 0]",
    ),
    click.option(
        "--quality",
        metavar="draft|good|best",
        shell_complete=listed,
        help="How well .mp4 is encoded: draft is quickest, best is for cutting it anew: encoding "
        "takes three times as long.  [default: good]",
    ),
    click.option(
        "--detector",
        type=ModelName("detector"),
        metavar="NAME",
        help="What finds people: rtmdet-nano, movenet-multipose, rtmdet-m, or "
        "CONFIG,CHECKPOINT of any MMDetection detector. The first two come with the "
        "program, the third is downloaded on first use.  [default: rtmdet-nano]",
    ),
    click.option(
        "--pose",
        type=ModelName("pose"),
        metavar="NAME",
        help="What finds a person's joints in the picture: movenet-thunder, rtmpose-t, "
        "rtmpose-s, rtmpose-m, rtmpose-l, rtmpose-m-halpe26, rtmpose-l-halpe26, "
        "hrnet-w48, vitpose-b, or CONFIG,CHECKPOINT of any MMPose top-down model.  "
        "[default: movenet-thunder]",
    ),
    click.option(
        "--lifter",
        type=ModelName("lifter"),
        metavar="NAME|FILE",
        help="What turns 2D joints into 3D: a name, or a checkpoint that glagcn-train wrote.  "
        "[default: lifter-27]",
    ),
    click.option(
        "--device",
        default="auto",
        show_default=True,
        metavar="auto|cpu|cuda[:N]",
        shell_complete=listed,
        help="Where the models run; auto takes a GPU where there is one.",
    ),
    click.option(
        "--precision",
        metavar="auto|single",
        shell_complete=listed,
        help="Of the models: auto computes in half precision where that is faster, which moves "
        "joints by less than two thousandths of a person's height in the mean.  [default: auto]",
    ),
    click.option(
        "--boxes-every",
        type=click.IntRange(min=1),
        metavar="N",
        help="Look for people in every Nth frame and, in between, where they were and will be; "
        "in all frames where they move fast, come or go.  [default: 2]",
    ),
    click.option(
        "--threads",
        type=click.IntRange(min=1),
        metavar="N",
        help="CPU threads of the models.  [default: one a core]",
    ),
)
