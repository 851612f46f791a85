"""`.html`: one file to look at: the video beside a 3D view that can be turned, played, scrubbed.

The page's own source lies in `html_assets/`; here it is filled. It loads nothing from anywhere: its
style, its scripts, the poses and the video stand in it, and its Content-Security-Policy refuses any
other, as well as any script that is not one of its own two.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...files.atomic import atomic_output
from ...poses import PoseSequence
from ...rendering.chosen_view import ChosenView
from ...rendering.drawing import bone_colours, joint_colours
from ...rendering.moving_view import MovingAxes, moving_axes
from ...rendering.scene_panel import FAINTEST, SURE, UNSURE
from ...rendering.scene_view import clip_points
from ...rendering.video_panel import FAINT_SCORE, HIDDEN_SCORE
from ...skeleton import EXTREMITIES
from ...wording import plain_text
from ..formats import ExportContext
from ..people import people_for_rigs, people_of_one_clip
from .video import PageVideo, video_for_page

FORMAT_VERSION = 1

STEP = 1e-4
"""Metres of one step of the stored numbers: places are at most half of it off."""
PIXEL_STEP = 0.25
"""Pixels of one step of the stored 2D points."""
UNKNOWN_PIXEL = -(2**15)
"""Stored for the coordinates of a 2D point that is not known."""

_SCRIPTS = (
    "clip.js",
    "skeleton_2d.js",
    "floor.js",
    "figures.js",
    "characters.js",
    "camera.js",
    "scene.js",
    "player.js",
    "page.js",
)  # in this order
_VIEW_SIZE = (16, 9)  # of the 3D view, about
_FEET = ("left_ankle", "right_ankle")
_PLACEHOLDER = re.compile(r"@([A-Z]+)@")


def write(path: Path, sequences: Sequence[PoseSequence], context: ExportContext) -> Iterator[Path]:
    """Write one page that shows all people of a clip, and its video where there is one.

    The poses stand in the page as JSON (the element with the id ``clip``), arrays of numbers in it
    as base64 of little-endian integers; ``null`` stands for what is not known. For each person:

    ===============  ==========================================================================
    `joints`         (frames, joints, 3) int16 or int32 (`joints_type`) in steps of `step` metres
                     from `origin`: within 0.05 mm, scene frame
    `valid`          (frames,) uint8: 1 where there is a pose; elsewhere numbers mean nothing
    `scores`         (frames, joints) uint8, 255 for a score of 1
    `uncertainty`    (frames, joints) uint16 in steps of `step` metres
    `keypoints`      (frames, joints, 2) int16 in quarters of a pixel; -32768 where not known
    `contacts`       (frames, 2) uint8: the left and the right foot stand on the floor
    `absent`         numbers of joints of a half of the body that was never seen: not drawn, and
                     their places mean nothing
    ===============  ==========================================================================

    `moving` is null, or has two arrays of int32 where the view goes along with a camera that turns:
    `place` (frames, 2) in steps of `step` metres, x and z, and `azimuth` (frames,) in steps of
    `step` radians.

    Raises
    ------
    NobodyFoundError
        Nobody has a pose in any frame.
    ValueError
        People differ in frames, rate or joints, or poses are not in the scene frame.
    """
    people = people_of_one_clip(path, sequences)
    first = people[0]
    with atomic_output(path, context.overwrite) as temporary:
        video = video_for_page(context, first.fps, len(first), path)
        title = plain_text(path.stem) if context.video is None else context.video.short_name
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            clip = clip_data(title, people, context, video)
            file.writelines(_page(title, clip, video, _characters(path, people, context)))
    yield path


def clip_data(
    title: str,
    people: Sequence[PoseSequence],
    context: ExportContext,
    video: PageVideo | None = None,
) -> dict[str, Any]:
    """Collect what the page's scripts read: facts of the clip, drawing, and each person's poses."""
    first = people[0]
    joint_set = first.joint_set
    places = clip_points(people)
    axes = moving_axes(people, context.camera, _VIEW_SIZE)
    shown = people if axes is None else [axes.seen_by(person) for person in people]
    feet = joint_set.indices(_FEET) if set(_FEET) <= set(joint_set.joints) else None
    return {
        "format": "glagcn-html",
        "format_version": FORMAT_VERSION,
        "generator": f"glagcn {__version__}",
        "title": title,
        "fps": [first.fps.numerator, first.fps.denominator],
        "frames": len(first),
        "frame_of_reference": "scene: metres, y up, floor at y = 0, x to the image's right",
        "joint_set": joint_set.name,
        "joints": joint_set.joints,
        "bones": joint_set.bone_indices,
        "head": joint_set.index("head") if "head" in joint_set.joints else None,
        "feet": feet,
        "fine": [n for n, joint in enumerate(joint_set.joints) if joint in EXTREMITIES],
        "bone_colours": [_hex(colour) for colour in bone_colours(joint_set)],
        "joint_colours": [_hex(colour) for colour in joint_colours(joint_set)],
        "sure": SURE,
        "unsure": UNSURE,
        "faintest": FAINTEST,
        "hidden_score": HIDDEN_SCORE,
        "faint_score": FAINT_SCORE,
        "image_size": context.image_size or (video.image_size if video else None),
        "video_type": "video/mp4" if video else None,
        "has_sound": video.has_sound if video else False,
        "azimuth": ChosenView(shown, _VIEW_SIZE).azimuth,
        "moving": None if axes is None else _moving(axes),
        "bounds": [places.min(axis=0).tolist(), places.max(axis=0).tolist()],
        "step": STEP,
        "pixel_step": PIXEL_STEP,
        "unknown_pixel": UNKNOWN_PIXEL,
        "people": [_person(sequence) for sequence in people],
    }


def _moving(axes: MovingAxes) -> dict[str, str]:
    """Places (frames, 2) over the floor that the view goes along with, and its turns (frames,)."""
    turns = np.radians(axes.azimuth)
    return {
        "place": _packed(axes.place[:, ::2] / STEP, "int32"),
        "azimuth": _packed(turns / STEP, "int32"),
    }


def _person(sequence: PoseSequence) -> dict[str, Any]:
    """Poses of one person, quantised; what is not valid becomes zero and packs to nothing odd."""
    valid = sequence.valid
    joints = sequence.joints.astype(np.float64)
    low, high = joints[valid].min(axis=(0, 1)), joints[valid].max(axis=(0, 1))
    origin = (low + high) / 2
    small = bool((high - low).max() / 2 / STEP < np.iinfo(np.int16).max)
    kind = "int16" if small else "int32"
    steps = np.where(valid[:, None, None], (joints - origin) / STEP, 0)
    uncertainty, contacts = sequence.uncertainty, sequence.contacts
    pixels = np.where(np.isfinite(sequence.keypoints), sequence.keypoints / PIXEL_STEP, -np.inf)
    return {
        "person": sequence.person,
        "origin": origin.tolist(),
        "joints_type": kind,
        "joints": _packed(steps, kind),
        "valid": _packed(valid, "uint8"),
        "scores": _packed(sequence.scores * 255, "uint8"),
        "uncertainty": None if uncertainty is None else _packed(uncertainty / STEP, "uint16"),
        "keypoints": _packed(pixels, "int16"),
        "contacts": None if contacts is None else _packed(contacts, "uint8"),
        "absent": [] if sequence.absent is None else np.flatnonzero(sequence.absent).tolist(),
    }


def _packed(values: NDArray[Any], kind: str) -> str:
    """Round to an integer type, what it cannot hold to its ends, as base64 of little-endian."""
    limits = np.iinfo(kind)
    known = np.nan_to_num(values.astype(np.float64), nan=0, posinf=limits.max, neginf=limits.min)
    whole = np.rint(np.clip(known, limits.min, limits.max))
    return base64.b64encode(whole.astype(np.dtype(kind).newbyteorder("<")).tobytes()).decode()


def _characters(path: Path, people: Sequence[PoseSequence], context: ExportContext) -> list[bytes]:
    """Return the characters or bodies of people, in their order; none where sticks are shown."""
    from ..character.writing import character_of, moved, shows_characters

    if not shows_characters(context.settings):
        return []
    character = character_of(context.settings)
    return [moved(character, one).to_bytes() for one in people_for_rigs(path, people)]


def _page(
    title: str, clip: Mapping[str, Any], video: PageVideo | None, characters: Sequence[bytes] = ()
) -> Iterator[str]:
    """Fill the template, piece by piece: nothing that is filled in is searched for placeholders."""
    style, library = _asset("page.css"), _asset("three.min.js")
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    parts = {
        "POLICY": _policy(style, library, script, pictures=bool(characters)),
        "TITLE": html.escape(title),
        "STYLE": style,
        "LICENSE": _asset("three.LICENSE"),
        "LIBRARY": library,
        "SCRIPT": script,
        "CLIP": _json_in_page(clip),
        "CHARACTERS": "\n".join(base64.b64encode(one).decode() for one in characters),
        "VIDEO": base64.b64encode(video.data).decode() if video else "",
    }
    for place, piece in enumerate(_PLACEHOLDER.split(_asset("page.html"))):
        yield parts[piece] if place % 2 else piece


def _policy(style: str, *scripts: str, pictures: bool) -> str:
    """Content-Security-Policy: nothing from outside, no script or style but these very ones.

    Pictures on a character are unpacked to addresses within the page (`blob:`).
    """
    allowed = " ".join(_digest(script) for script in scripts)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed}",
            f"style-src {_digest(style)}",
            "media-src blob: data:",
            *(["img-src blob: data:", "connect-src blob: data:"] if pictures else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json_in_page(value: Any) -> str:
    """JSON that cannot end the element it stands in, whatever its strings hold."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hex(colour: NDArray[np.floating]) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in colour.tolist())


@cache
def _asset(name: str) -> str:
    # No trailing newline: the policy's digests are of what stands between the tags.
    folder = resources.files("glagcn_cli.export.html").joinpath("assets")
    return folder.joinpath(name).read_text(encoding="utf-8").strip()
