"""Everything that can be chosen about how a video is lifted: a table with defaults and limits.

A new setting is one entry in `Settings`: the option of ``glagcn-video``, its help, its check, and
the calls that refuse it because it would have no effect there follow from it. Nothing here imports
NumPy or torch: the command line reads this table for its help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .. import defaults
from ..detection.models import DEFAULT_DETECTOR, DEFAULT_POSE, names
from ..errors import UsageError
from ..machine.precision import SINGLE
from ..video.clip_times import ClipRange
from .setting import (
    Call,
    Choice,
    Count,
    File,
    Model,
    Number,
    NumbersOrFile,
    Person,
    Switch,
    Time,
    Unchecked,
    check_all,
    setting,
)

EVERYBODY = "all"
FOV_RANGE = (5.0, 150.0)  # degrees
HEIGHT_RANGE = (0.4, 2.6)  # metres
MASS_RANGE = (2.0, 400.0)  # kilograms

UP_AS_SEEN, UP_BY_PEOPLE, UP_BY_LINES, UP_OF_CAMERA = "auto", "people", "lines", "camera"
UPS = (UP_AS_SEEN, UP_BY_PEOPLE, UP_BY_LINES, UP_OF_CAMERA)
"""What tells which way is up: the people in the video, with the edges of buildings where those are
beyond doubt; the people alone; both always; or the camera, taken to be held level."""

QUALITIES = ("draft", "good", "best")
"""How well `.mp4` is encoded. What `good` is to the eye, `best` is to an encoder that reads it."""

BVH_SKELETONS = ("mixamo", "cmu", "h36m")
"""Names and arrangements of the joints that `.bvh` can be written with."""

AS_FOUND = "auto"
"""What the file and its bodies show."""

POINT_SETS = (
    "h36m17", "mpi_inf_3dhp17", "coco17", "mediapipe33", "freemocap", "smpl24", "sam3d70",
    "halpe26", "body25",
)  # fmt: skip
"""Sets of 3D points of other programs, as `export.readers.others.joint_sets` describes them."""

UNITS = ("m", "cm", "mm")

AS_FAST_AS_GOOD = "auto"
PRECISIONS = (AS_FAST_AS_GOOD, SINGLE)
"""Of the networks: half precision where the device computes faster in it, or single always."""

BOXES_EVERY = 4
"""Frames. On people who walk, keypoints move by less than half a pixel in a picture of 1768."""


KEYPOINT_RATE = 30.0
"""Frames per second. The lifter works at 25; more 2D changes its poses by less than its error."""


def _metres_meant(height: float) -> str:
    """Tell a height in metres that was given in centimetres or feet; nothing for other numbers."""
    for unit, metres in (("decimetres", 0.1), ("centimetres", 0.01), ("feet", 0.3048)):
        if 1.0 <= height * metres <= HEIGHT_RANGE[1]:
            return f"; {height:g} {unit} are --height {height * metres:.2f}"
    return ""


def _kilograms_meant(mass: float) -> str:
    """Tell a mass in kilograms that was given in grams; nothing for other numbers."""
    return f"; {mass:g} grams are --mass {mass / 1000:g}" if 2000.0 <= mass <= 400_000.0 else ""


@dataclass(frozen=True)
class Settings:
    """How a video is lifted.

    The help of ``glagcn-video`` describes each field, which its option is called by.

    Raises
    ------
    UsageError
        A value is out of its range, or two contradict each other.
    """

    people: int | str = setting(
        1,
        Person(EVERYBODY),
        Call.LIFTING,
        "Lifting",
        "Whom to lift: 1 is the main person (large and long in view), 2 the next, and so on; or "
        "all. With all, .bvh, .npy, .trc and .mot hold person 1 and the others get files of their "
        "own: NAME.person2.bvh.",
        names=("--person", "--people"),
    )
    max_people: int | None = setting(
        None,
        Count(),
        Call.LIFTING,
        "Lifting",
        "With --people all, lift no more than the N who are largest and longest in view.",
    )
    least_seconds: float = setting(
        1.0,
        Number("SECONDS", "seconds", 0.0),
        Call.LIFTING,
        "Lifting",
        "With --people all, leave out who is seen for less than this in all, and in less than half "
        "of the clip.",
    )
    fov: float | None = setting(
        None,
        Number("DEGREES", "degrees", *FOV_RANGE),
        Call.LIFTING | Call.CAMERA,
        "Lifting",
        "The camera's field of view over the picture's longer side, "
        f"{FOV_RANGE[0]:g} to {FOV_RANGE[1]:g}.",
        unset=f"what the video says of its lens, else {defaults.FOV:g}",
    )
    lens: str | None = setting(
        None,
        NumbersOrFile(
            "K1[,K2]|FILE", 5, "k1, up to 5 of k1,k2,p1,p2,k3, or a calibration that OpenCV wrote"
        ),
        Call.LIFTING,
        "Lifting",
        "How the lens bends straight lines: OpenCV's coefficients of distortion (-0.1 is a wide "
        "lens), or a calibration that OpenCV wrote, which tells the field of view too.",
    )
    smoothing: float = setting(
        defaults.CUTOFF,
        Number("HZ", "hertz", 0.0),
        Call.LIFTING | Call.POSES,
        "Lifting",
        "Smooth the 3D joints: movement faster than this is taken out; 0 keeps everything.",
    )
    flip: bool = setting(
        True,
        Switch(),
        Call.LIFTING | Call.CAMERA,
        "Lifting",
        "Lift the mirror image too and average: better, at twice the work of the lifter.",
    )
    height: float | None = setting(
        None,
        Number("METRES", "metres", *HEIGHT_RANGE, hint=_metres_meant),
        Call.LIFTING | Call.POSES,
        "Scene",
        f"How tall the main person is, {HEIGHT_RANGE[0]:g} to {HEIGHT_RANGE[1]:g}: the scale of "
        "everything.",
        unset="as tall as the lifter takes people to be",
    )
    mass: float | None = setting(
        None,
        Number("KILOGRAMS", "kilograms", *MASS_RANGE, hint=_kilograms_meant),
        Call.WRITING,
        "Output",
        f"Of the main person, {MASS_RANGE[0]:g} to {MASS_RANGE[1]:g}, for the model beside .mot.",
        unset="22 kilograms for each square metre of height",
    )
    foot_lock: bool = setting(
        True,
        Switch(),
        Call.LIFTING | Call.POSES,
        "Scene",
        "Hold feet that stand on the floor where they stand.",
    )
    up: str = setting(
        UP_AS_SEEN,
        Choice(UPS),
        Call.LIFTING | Call.CAMERA | Call.POSES,
        "Scene",
        "What tells which way is up: auto, the people, with upright edges of buildings and doors "
        "that are beyond doubt; people, the people alone; lines, such edges even where people "
        "contradict them; camera, the camera, held level.",
    )
    joints: str = setting(
        AS_FOUND,
        Choice((AS_FOUND, *POINT_SETS)),
        Call.POSES,
        "Input",
        "Which points a file of poses of another program holds, where their number does not tell.",
    )
    unit: str = setting(
        AS_FOUND,
        Choice((AS_FOUND, *UNITS)),
        Call.POSES,
        "Input",
        "Unit of its points; auto takes that in which its people are as tall as people.",
    )
    axes: str = setting(
        AS_FOUND,
        Unchecked("camera|y-up|z-up|X,Y,Z"),
        Call.POSES,
        "Input",
        "Which of its axes are right, up and backwards, such as x,z,-y; auto goes by what the file "
        "says and how its people stand. camera is x,-y,-z, y-up x,y,z, z-up x,z,-y.",
    )
    turn: float = setting(
        0.0,
        Number("DEGREES", "degrees a second"),
        Call.WRITING | Call.CAMERA,
        "Picture",
        "Turn the view of the 3D skeletons by this much a second; 0 stands still.",
    )
    quality: str = setting(
        "good",
        Choice(QUALITIES),
        Call.WRITING,
        "Picture",
        "How well .mp4 is encoded: draft is quickest, best is for cutting it again: encoding takes "
        "three times as long.",
    )
    bvh_skeleton: str = setting(
        BVH_SKELETONS[0],
        Choice(BVH_SKELETONS),
        Call.WRITING,
        "Output",
        "Names and arrangement of the joints in .bvh.",
    )
    character: Path | str | None = setting(  # noqa: RUF009
        None,
        File(),
        Call.WRITING,
        "Output",
        "A rigged character, .glb or .vrm, that moves in place of stick figures in .glb, .fbx, "
        ".usd and .html, one person a file.",
    )
    character_bones: Path | str | None = setting(  # noqa: RUF009
        None,
        File(),
        Call.WRITING,
        "Output",
        "Lines that say which bone of the character is which, where its names are unknown: "
        "hips: NAME.",
    )
    body: bool = setting(
        False,
        Switch(),
        Call.WRITING,
        "Output",
        "A human body with the person's bone lengths in place of stick figures in .glb, .fbx, "
        ".usd and .html, one person a file.",
    )
    start: float = setting(
        0.0,
        Time(),
        Call.WITH_FRAMES,
        "Input",
        "Begin at this time of the video, as seconds (83.5) or [hh:]mm:ss (1:23.5).",
        unset="",
    )
    end: float | None = setting(
        None,
        Time(),
        Call.WITH_FRAMES,
        "Input",
        "End at this time of the video; the frame shown then is the first left out.",
    )
    max_frames: int | None = setting(
        None, Count(), Call.WITH_FRAMES, "Input", "Stop after so many frames."
    )
    every: int = setting(
        1,
        Count(),
        Call.WITH_FRAMES,
        "Input",
        "Take every Nth frame only: the outputs have a rate N times lower and keep time.",
        unset="",
    )
    detector: str = setting(
        DEFAULT_DETECTOR,
        Model("NAME", "detector"),
        Call.VIDEOS | Call.CAMERA,
        "Models",
        f"What finds people: {', '.join(names('detector'))}, or CONFIG,CHECKPOINT of any "
        "MMDetection detector. The first comes with the program, the others are downloaded on "
        "first use.",
    )
    pose: str = setting(
        DEFAULT_POSE,
        Model("NAME", "pose"),
        Call.VIDEOS | Call.CAMERA,
        "Models",
        f"What finds a person's joints in the picture: {', '.join(names('pose'))}, or "
        "CONFIG,CHECKPOINT of any MMPose top-down model.",
    )
    lifter: str = setting(
        defaults.LIFTER,
        Model("NAME|FILE", "lifter"),
        Call.LIFTING | Call.CAMERA,
        "Models",
        "What turns 2D joints into 3D: a name, a checkpoint that glagcn-train wrote, or any "
        "network as .onnx with a card beside it.",
    )
    device: str = setting(
        "auto",
        Unchecked("auto|cpu|cuda[:N]"),
        Call.LIFTING | Call.CAMERA,
        "Models",
        "Where the models run; auto takes a GPU where there is one.",
    )
    precision: str = setting(
        AS_FAST_AS_GOOD,
        Choice(PRECISIONS),
        Call.LIFTING | Call.CAMERA,
        "Models",
        "Of the models: auto computes in half precision where that is faster, which moves joints "
        "by less than two thousandths of a person's height in the mean, and runs them "
        "by OpenVINO on a CPU; single computes all in torch.",
    )
    boxes_every: int = setting(
        BOXES_EVERY,
        Count(),
        Call.VIDEOS,
        "Models",
        "Look for people in every Nth frame and, in between, where they were and will be; in all "
        "frames where they move fast, come or go.",
    )
    keypoint_rate: float = setting(
        KEYPOINT_RATE,
        Number("FPS", "frames a second", 0.0),
        Call.VIDEOS,
        "Models",
        "Find joints in about this many frames a second, in every second frame of a video of 60, "
        "and between them by splines; 0 finds them in every frame. Every frame has its pose.",
    )
    feet_hands: bool = setting(
        False,
        Switch(),
        Call.VIDEOS,
        "Models",
        "Find heels, big toes and two knuckles of each hand too, and lift them: where feet point "
        "and palms face.",
    )
    fingers: bool = setting(
        False,
        Switch(),
        Call.VIDEOS,
        "Models",
        "Find 21 points of each hand, and how its fingers bend, for .json, .npz, rigs and "
        "characters; --feet-hands included.",
    )

    @property
    def part(self) -> ClipRange:
        """Which frames of the video are lifted."""
        return ClipRange(self.start, self.end, self.max_frames, self.every)

    def __post_init__(self) -> None:
        check_all(self)
        if self.max_people is not None and self.people != EVERYBODY:
            raise UsageError(
                f"--max-people {self.max_people}: limits how many are lifted of all; add "
                "--people all"
            )
        if self.body and self.character is not None:
            raise UsageError("--body and --character contradict each other; leave one of them out")
        _ = self.part  # raises for what is no part of any video
