"""Tests every stage on a clip of five synthetic frames."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..pipeline.settings import Settings
    from ..poses import Keypoints2D, PoseSequence
    from ..video.probing import VideoInfo

FRAMES, WIDTH, HEIGHT, FPS = 5, 320, 256, 25
_HIPS, _TALL, _STEP = (150, 130), 200, 4  # pixels: the person's place, height and step a frame
_COLOUR_LOSS = 8  # grey levels of mean difference allowed after encoding
_ASIDE = 0.1  # of the person's height: allowed distance of found hips from drawn ones


@dataclass(frozen=True)
class Step:
    """Result of one step of the self-test; `problem` is None on success."""

    name: str
    seconds: float
    problem: str | None


class _WrongResultError(Exception):
    """A step ran, but its result is wrong."""


@dataclass
class _Workpiece:
    """Results that steps hand on to later ones, which do without them where they can."""

    folder: Path
    settings: Settings
    device: str
    pictures: list[Any] = field(default_factory=list)
    video: VideoInfo | None = None
    person: Keypoints2D | None = None
    poses: PoseSequence | None = None


def self_test(device: str = "auto") -> Iterator[Step]:
    """Run every stage on five synthetic frames, and yield each step as it ends.

    Later steps run even if a step fails: without a found person, the drawn 2D is lifted.

    Parameters
    ----------
    device
        Device of the models, as for `devices.choose_device`.
    """
    with ExitStack() as at_the_end:
        started: list[_Workpiece] = []
        yield _tried("importing", lambda: started.append(_start(device, at_the_end)))
        for work in started:
            for name, step in _STEPS.items():
                yield _tried(name, partial(step, work))


def _tried(name: str, step: Callable[[], None]) -> Step:
    started = time.perf_counter()
    problem = None
    try:
        step()
    except Exception as error:  # a broken installation can raise anything
        problem = one_line(error)
    return Step(name, round(time.perf_counter() - started, 3), problem)


def one_line(error: BaseException) -> str:
    """Format an error as one line, with its type unless it is the self-test's own."""
    text = " ".join(str(error).split())[:300]
    if isinstance(error, _WrongResultError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _start(device: str, at_the_end: ExitStack) -> _Workpiece:
    from ..machine.devices import choose_device
    from ..machine.system_libraries import check_opencv
    from ..pipeline.settings import Settings
    from .synthetic_people import draw_people

    check_opencv()
    folder = at_the_end.enter_context(
        tempfile.TemporaryDirectory(prefix="glagcn-", ignore_cleanup_errors=True)
    )
    work = _Workpiece(Path(folder), Settings(device=device), choose_device(device))
    x, y = _HIPS
    for number in range(FRAMES):
        work.pictures.append(draw_people(WIDTH, HEIGHT, [(x + _STEP * number, y, _TALL)]))
    return work


def _encode(work: _Workpiece) -> None:
    from ..video.probing import probe
    from ..video.writer import VideoWriter

    path = work.folder / "drawn.mp4"
    with VideoWriter(path, Fraction(FPS), (WIDTH, HEIGHT)) as writer:
        for picture in work.pictures:
            writer.write(picture)
    work.video = probe(path)


def _decode(work: _Workpiece) -> None:
    import numpy as np

    from ..video.reader import VideoReader

    with VideoReader(_there(work.video, "video")) as reader:
        frames = list(reader)
    if len(frames) != FRAMES:
        raise _WrongResultError(f"{len(frames)} of {FRAMES} frames were decoded")
    loss = np.abs(np.subtract(frames, work.pictures, dtype=np.float64)).mean()
    if loss > _COLOUR_LOSS:
        raise _WrongResultError(
            f"the decoded frames differ from the encoded ones by {loss:.0f} grey levels"
        )


def _find_people(work: _Workpiece) -> None:
    import numpy as np

    from ..keypoints.stage import load_people_detector
    from ..poses import FrameDetections
    from ..tracking.tracks import track_people

    detector = load_people_detector(work.settings, work.device)
    found: list[FrameDetections] = detector(work.pictures)
    people = track_people(found, Fraction(FPS), (WIDTH, HEIGHT), detector.joint_set)
    if not people or not people[0].valid.all():
        raise _WrongResultError("no person was found in pictures of a person")
    hips = detector.joint_set.indices(["left_hip", "right_hip"])
    middle = people[0].keypoints[:, hips].mean(axis=1)
    aside = np.hypot(*(middle - _hips_drawn()).T).max()
    if aside > _ASIDE * _TALL:
        raise _WrongResultError(f"the hips are {aside:.0f} pixels from where they were drawn")
    work.person = people[0]


def _lift(work: _Workpiece) -> None:
    import numpy as np

    from ..pipeline.video_lifter import load_video_lifter
    from ..scene.choices import SceneChoices
    from ..scene.placing import to_scene
    from ..scene.stature import stature

    lifter = load_video_lifter(work.settings, work.device)
    lifted = lifter.lift(work.person or _as_drawn(), flip=True)
    (poses,) = to_scene([lifted], (WIDTH, HEIGHT), SceneChoices())
    if not (poses.valid.all() and np.isfinite(poses.joints).all()):
        raise _WrongResultError("there are frames without a pose")
    tall = stature(poses.joints)
    if not 1.2 < tall < 2.3:
        raise _WrongResultError(f"the person is {tall:.2f} m tall")
    work.poses = poses


def _render(work: _Workpiece) -> None:
    from ..export.formats import ExportContext
    from ..export.mp4 import Clip, render_video
    from ..progress.stages import Stages
    from ..video.probing import probe

    video, poses = _there(work.video, "video"), _there(work.poses, "3D")
    drawn = work.folder / "drawn3d.mp4"
    clip = Clip([poses], [work.person or _as_drawn()], FRAMES, video)
    context = ExportContext(settings={"turn": 0.0, "quality": "draft"}, source=video.path)
    render_video(clip, drawn, context, Stages())
    if probe(drawn).frames != FRAMES:
        raise _WrongResultError(f"{probe(drawn).frames} of {FRAMES} frames were written")


def _write(work: _Workpiece) -> None:
    import numpy as np

    from ..export.formats import ExportContext, writer_for
    from ..export.readers.saved_poses import read_poses

    poses = _there(work.poses, "3D")
    for name in ("drawn.npz", "drawn.bvh"):
        context = ExportContext(settings={"bvh_skeleton": "mixamo"}, image_size=(WIDTH, HEIGHT))
        for _ in writer_for(Path(name))(work.folder / name, [poses], context):
            pass
    again = read_poses(work.folder / "drawn.npz").sequences[0]
    if not np.allclose(again.joints, poses.joints):
        raise _WrongResultError("the poses read back differ from those written")


_STEPS: dict[str, Callable[[_Workpiece], None]] = {
    "encoding": _encode,
    "decoding": _decode,
    "finding people": _find_people,
    "lifting": _lift,
    "drawing": _render,
    "writing poses": _write,
}


def _there(needed: Any, what: str) -> Any:
    if needed is None:
        raise _WrongResultError(f"not tried: there is no {what}")
    return needed


def _hips_drawn() -> Any:
    """Return the middle of the drawn hips, (frames, 2) pixels."""
    import numpy as np

    return np.array(_HIPS) + np.outer(np.arange(FRAMES), (_STEP, 0))


def _as_drawn() -> Keypoints2D:
    """Return the 2D of the person as drawn."""
    import numpy as np

    from ..poses import Keypoints2D
    from ..skeleton import COCO17
    from .synthetic_people import PLACES

    places = np.array([PLACES[joint] for joint in COCO17.joints]) * _TALL
    keypoints = (places + _hips_drawn()[:, None]).astype(np.float32)
    scores = np.ones(keypoints.shape[:2], np.float32)
    valid = np.ones(FRAMES, bool)
    return Keypoints2D(keypoints, scores, valid, Fraction(FPS), (WIDTH, HEIGHT), COCO17)
