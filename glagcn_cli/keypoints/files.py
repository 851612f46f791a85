"""2D keypoints kept in files: our own `NAME.keypoints.npz`, and those of other programs.

What each holds stands in docs/formats.md. Nothing of a file is ever run: no pickle is opened.
"""

from __future__ import annotations

import io
import logging
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..camera_path.links import BackgroundLinks
from ..errors import InputError, UsageError
from ..files.atomic import atomic_output
from ..files.damage import damage_named
from ..poses import FrameDetections
from ..video.probing import VideoInfo
from ..video.source import Source
from ..wording import counted
from .clip import ClipDetections
from .formats.numbered import SURPLUS, NumberedDetections
from .formats.others import LARGEST, reader_of
from .picture_size import fitted, same_shape

log = logging.getLogger(__name__)

SUFFIX = ".keypoints.npz"

CONTENTS = "2D keypoints of everybody in every frame, as they were detected; for --from-2d"

Saved: TypeAlias = ClipDetections | NumberedDetections


def keypoints_path(output: Path) -> Path:
    """Where the 2D of a run goes whose first output this is."""
    return output.with_name(output.stem + SUFFIX)


def save_keypoints(
    path: Path, clip: ClipDetections, *, overwrite: bool = False, compressed: bool = True
) -> None:
    """Write a clip's 2D so that `read_keypoints`, or ``numpy.load(path)``, gives all of it back.

    Raises
    ------
    OutputError
        The file exists, or it cannot be written.
    """
    save = np.savez_compressed if compressed else np.savez
    with atomic_output(path, overwrite) as temporary:
        # In memory first: on a full disk numpy leaves an archive that complains when it dies.
        archive = io.BytesIO()
        arrays: Any = clip.arrays()
        save(archive, **arrays)
        temporary.write_bytes(archive.getbuffer())


def read_keypoints(path: Path | str) -> Saved:
    """Read 2D keypoints of a clip.

    Parameters
    ----------
    path
        An `.npz` that `save_keypoints` wrote; or what `formats.others` reads: a `.json` of MMPose,
        COCO or AlphaPose, told apart by what is in it, a table, an array, or a folder of
        OpenPose's, Pose2Sim's, Sports2D's or Ultralytics'.

    Returns
    -------
    ClipDetections or NumberedDetections
        The former from our own files, which say all of their clip.

    Raises
    ------
    UsageError
        2D is not read from files of this suffix.
    InputError
        The file is missing, damaged, or holds something else.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: does not exist; name a file or folder of 2D keypoints")
    with damage_named(path, "2D keypoints"):
        if path.suffix.lower() == ".npz":
            return _read_npz(path)
        if read := reader_of(path):
            return read(path)
    raise UsageError(
        f"{path}: 2D keypoints are read from .npz (--save-2d writes it), from .json, .jsonl, .csv "
        "and .npy, also packed (.gz), and from folders (OpenPose, Ultralytics)"
    )


def for_video(
    saved: Saved,
    path: Path,
    info: VideoInfo,
    count_frames: Callable[[], int],
    own_frames: Callable[[], Sequence[int]] = tuple,
) -> ClipDetections:
    """Bring 2D that was read together with the video that it is of.

    Parameters
    ----------
    saved, path
        What was read, and from where, for messages.
    info
        The video, or a part of it: of 2D of the whole the part is taken.
    count_frames
        Counts the frames of the part, where the file does not say how many there are.
    own_frames
        Says which of the video's own pictures each frame of the whole shows, for programs that
        write an entry for each of those.

    Raises
    ------
    InputError
        The 2D is of another video.
    """
    if isinstance(saved, ClipDetections):
        clip = _of_size(_part(saved, info), path, info)
        _require_same_video(clip, path, info, count_frames)
        return clip
    part = info.part
    rate = info.whole_fps
    first, length = part.first(rate), count_frames()
    whole = first + (length - 1) * part.every + 1
    with damage_named(path, "2D keypoints"):
        if (shown := _own_pictures(saved, info, whole, own_frames)) is not None:
            entries = saved.laid_out(shown[-1] + 1)
            return _beside(saved, info, [entries[k] for k in shown[first : whole : part.every]])
        # What comes after the part is known to be there, but not for how long.
        frames = saved.laid_out(whole if part.is_whole else max(whole, saved.length))
        if part.is_whole and saved.first is not None and abs(saved.length - whole) > SURPLUS:
            log.warning(
                "%s: is of %s and %s has %d: what is drawn may be out of step",
                path,
                counted(saved.length, "frame"),
                info.name,
                whole,
            )
        size = (info.width, info.height)
        frames = fitted(frames[first : whole : part.every], saved.image_size, size, path)
        return _beside(saved, info, frames)


def _beside(
    saved: NumberedDetections, info: VideoInfo, frames: Sequence[FrameDetections]
) -> ClipDetections:
    return ClipDetections(
        frames, saved.joint_set, info.fps, (info.width, info.height),
        source=info.path.name, starts_at=info.starts_at,
    )  # fmt: skip


def _own_pictures(
    saved: NumberedDetections, info: VideoInfo, whole: int, own_frames: Callable[[], Sequence[int]]
) -> Sequence[int] | None:
    """Return the picture of each frame, where the entries of a file are of pictures, not frames."""
    if not info.variable_rate and saved.length <= whole + SURPLUS:
        return None
    shown = own_frames()
    if not shown:
        return None
    pictures = shown[-1] + 1
    entries = saved.length - (saved.first is None and 0 not in saved.frames)
    nearer = abs(entries - pictures) < abs(entries - len(shown))
    if nearer or entries < min(pictures, len(shown) - SURPLUS):
        return shown
    return None


def _part(saved: ClipDetections, info: VideoInfo) -> ClipDetections:
    """Take a part out of the 2D of a whole video, if that is what the two are."""
    rate = info.whole_fps
    if info.part.is_whole or saved.starts_at != 0 or saved.fps != rate:
        return saved
    part = slice(info.part.first(rate), info.part.stop(rate), info.part.every)
    frames = saved.frames[part]
    # One number about the whole is the best guess about its part; rows belong to frames.
    clip = {name: value for name, value in saved.clip.items() if value.ndim == 0}
    if frames:
        # here: it brings OpenCV, and commands should refuse soon
        from ..camera_path.parallax_tracks import parallax_of_part
        from ..camera_path.upright_lines import lines_of_part
        from ..shots.shots import shots_of_part

        clip |= shots_of_part(saved.clip, len(saved), part) | lines_of_part(saved.clip, part)
        clip |= parallax_of_part(saved.clip, part)
        if (links := BackgroundLinks.of_clip(saved.clip, len(saved))) is not None:
            clip |= links.of_frames(part).arrays()
    return replace(saved, frames=frames, fps=info.fps, starts_at=info.starts_at, clip=clip)


def _of_size(saved: ClipDetections, path: Path, info: VideoInfo) -> ClipDetections:
    """Scale the 2D of a larger or smaller copy of the video."""
    size = (info.width, info.height)
    if saved.image_size == size or not same_shape(saved.image_size, size):
        return saved
    # here: it brings OpenCV, and commands should refuse soon
    from ..camera_path.parallax_tracks import scaled_parallax
    from ..camera_path.upright_lines import scaled_lines

    frames = fitted(saved.frames, saved.image_size, size, path)
    larger = size[0] / saved.image_size[0]
    clip = dict(saved.clip) | scaled_lines(saved.clip, larger)
    clip |= scaled_parallax(saved.clip, larger)
    if (links := BackgroundLinks.of_clip(saved.clip, len(saved))) is not None:
        clip |= links.scaled(larger).arrays()
    return replace(saved, frames=frames, image_size=size, clip=clip)


def _require_same_video(
    saved: ClipDetections, path: Path, info: VideoInfo, count_frames: Callable[[], int]
) -> None:
    announced = len(saved) if info.frames is None or saved.truncated else info.frames
    size, start = (info.width, info.height), info.starts_at
    same = (saved.image_size, saved.fps, saved.starts_at) == (size, info.fps, start)
    # Containers announce a length that is off at times.
    some = max(SURPLUS, 0.02 * len(saved))
    if same and abs(announced - len(saved)) > some:
        announced = count_frames()
    if not same or abs(announced - len(saved)) > some:
        raise InputError(
            f"{path}: is of {_told(len(saved), saved.image_size, saved.fps, saved.starts_at)}; "
            f"{info.name} is asked for {_told(announced, size, info.fps, start)}"
        )


def _told(frames: int, size: tuple[int, int], fps: Fraction, start: Fraction) -> str:
    where = f" from {float(start):g} s on" if start else ""
    return f"{counted(frames, 'frame')}{where}, {size[0]}x{size[1]}, {float(fps):g} a second"


def video_of(clip: ClipDetections, path: Path) -> VideoInfo:
    """Say of a video that is not at hand what the file of its 2D says."""
    width, height = clip.image_size
    return VideoInfo(
        source=Source.of(path), width=width, height=height, fps=clip.fps, frames=len(clip),
        duration=float(len(clip) / clip.fps), rotation=0, has_audio=False, codec="",
        variable_rate=None, tagged_colours=False,
    )  # fmt: skip


def _read_npz(path: Path) -> ClipDetections:
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no npz archive, or only a part of one")
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST:
            raise ValueError("it unpacks to more than any clip needs")
    with np.load(path, allow_pickle=False) as stored:
        return ClipDetections.from_arrays({name: stored[name] for name in stored.files})
