"""Each stage of a run alone: frames a second, and its least work for a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.measuring.detecting import detect
from benchmarks.measuring.machine_limits import Work, least_seconds
from glagcn_cli.keypoints.stage import load_people_detector
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.machine.precision import fast_precision
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.pipeline.video_lifter import load_video_lifter
from glagcn_cli.poses import FrameDetections, Keypoints2D, PoseSequence
from glagcn_cli.rendering import SideBySideRenderer
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import to_scene
from glagcn_cli.tracking.tracks import find_people
from glagcn_cli.video.encoding import codec
from glagcn_cli.video.frame import Frame
from glagcn_cli.video.probing import VideoInfo
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.writer import VideoWriter

if TYPE_CHECKING:
    import torch

    from glagcn_cli.detection.people_detector import TwoStageDetector

KEPT = 48
"""Frames in memory for the stages that work on pictures."""

PIPE = 4
"""Least number of moves of a picture's bytes through a pipe: a read and a write into it, and again
out of it."""

_ROUNDS = 3


@dataclass(frozen=True)
class StageTime:
    """The time of a stage alone.

    Parameters
    ----------
    name
        Of the stage.
    rate
        Frames a second.
    work
        Least work for a frame; None if uncounted.
    in_run
        Stage and part of NAME.run.json with its share of a run; None without one.
    """

    name: str
    rate: float
    work: Work | None = None
    in_run: tuple[str, str | None] | None = None


def precision_of(device: str) -> str:
    """Return the name of the precision of the 2D networks."""
    return _named(fast_precision(device))


def arithmetic_of(device: str) -> str:
    """Name the arithmetic of the 2D networks: the precision, and AMX on CPUs with it."""
    import torch

    name = precision_of(device)
    amx = name == "bfloat16" and device == "cpu" and torch.cpu._is_amx_tile_supported()
    return f"{name} with AMX" if amx else name


def _named(precision: torch.dtype | None) -> str:
    return str(precision or "torch.float32").removeprefix("torch.")


def precisions(device: str) -> dict[str, torch.dtype]:
    """Return precisions by name: single, and that of the 2D networks."""
    import torch

    return {name: getattr(torch, name) for name in ("float32", precision_of(device))}


def counted_flops(work: Callable[[], object]) -> int:
    """Count the floating-point operations of torch's products and convolutions."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    fused = torch.ops.mkldnn._convolution_pointwise  # which torch does not count
    with FlopCounterMode(display=False, custom_mapping={fused: _of_fused}) as counter:
        work()
    return int(counter.get_total_flops())


def _of_fused(
    x: Sequence[int], weight: Sequence[int], *_: object, out_shape: Any, **__: object
) -> int:
    """Count the operations of a convolution with its activation, from its shapes."""
    from torch.utils.flop_counter import conv_flop_count

    return int(conv_flop_count(list(x), list(weight), list(out_shape)))


class Stages:
    """All stages of one clip, measured one after the other; each hands on what the next needs."""

    def __init__(self, info: VideoInfo, device: str, settings: Settings) -> None:
        self.info, self.device, self.settings = info, device, settings
        self.size = (info.width, info.height)
        self.frames: list[Frame] = []
        self.found: list[FrameDetections] = []

    def measure(self) -> Iterator[StageTime]:
        """Measure every stage in the order of a run."""
        yield self._decoding("decoding", VideoReader(self.info), ("detection", "decoding"))
        yield from self._two_dimensional(load_people_detector(self.settings, self.device))
        person, tracking = self._tracking()
        yield tracking
        lifted, lifting = self._lifting(person, self.settings.flip)
        yield lifting
        yield replace(self._lifting(person, not self.settings.flip)[1], in_run=None)
        placed, scene = self._scene(lifted)
        yield scene
        yield from self._drawing(person, placed)

    def _decoding(
        self, name: str, reader: VideoReader, in_run: tuple[str, str], per_pixel: float = 3.0
    ) -> StageTime:
        moved = self.size[0] * self.size[1] * per_pixel

        def decode() -> None:
            for _ in reader:
                pass

        rate = (self.info.frames or 1) / least_seconds(decode, rounds=1)
        return StageTime(name, rate, Work(PIPE * moved), in_run)

    def _two_dimensional(self, detector: TwoStageDetector) -> Iterator[StageTime]:
        """Measure boxes, keypoints, and both over the whole clip as in a run."""
        with VideoReader(self.info) as reader:
            self.frames = list(islice(reader, KEPT))
        frames, precision = self.frames, precision_of(self.device)
        boxes, keypoints = detector.box_detector, detector.keypoint_detector
        inside = [found.boxes for found in boxes(frames)]
        people = sum(map(len, inside))
        count = len(frames)
        bytes_read = float(frames[0].nbytes)
        flops = counted_flops(lambda: boxes(frames[:1]))
        seconds = least_seconds(lambda: boxes(frames), self.device, _ROUNDS)
        yield StageTime(
            "boxes, in every frame", count / seconds, Work(bytes_read, flops, precision)
        )
        if people:
            first = next(i for i, some in enumerate(inside) if len(some))
            one = [inside[first][:1]]
            per_person = counted_flops(lambda: keypoints(frames[first : first + 1], one))
            seconds = least_seconds(lambda: keypoints(frames, inside), self.device, _ROUNDS)
            work = Work(0.0, per_person * people / count, precision)
            name = f"keypoints, of {people / count:.2g} people a frame"
            yield StageTime(name, count / seconds, work)
        both = self._clip(detector)
        yield StageTime("boxes and keypoints as run", both, None, ("detection", "models"))

    def _clip(self, detector: TwoStageDetector) -> float:
        """Find everybody in the clip; return the models' frames a second."""
        with VideoReader(self.info) as reader:
            self.found, seconds = detect(reader.pictures(), detector)
        self.joint_set = detector.joint_set
        return len(self.found) / seconds

    def _tracking(self) -> tuple[Keypoints2D, StageTime]:
        fps, frames = self.info.fps, len(self.found)
        people = find_people(self.found, fps)
        if not people:
            raise SystemExit(f"{self.info.path}: no person was found; choose another clip")
        seconds = least_seconds(lambda: find_people(self.found, fps), rounds=_ROUNDS)
        person = people[0].laid_out(self.found, fps, self.size, self.joint_set)
        return person, StageTime("tracking", frames / seconds, None, ("tracking", None))

    def _lifting(self, person: Keypoints2D, flip: bool) -> tuple[PoseSequence, StageTime]:
        lifter = load_video_lifter(self.settings, self.device)

        def lift() -> PoseSequence:
            return lifter.lift(person, flip=flip)

        by_torch = Lifter.load(self.settings.lifter, self.device)  # which counts its work
        flops = counted_flops(lambda: by_torch.lift(person, flip=flip)) / len(person)
        seconds = least_seconds(lift, self.device, _ROUNDS)
        halved = fast_precision(self.device) if self.device == "cpu" else None
        work = Work(0.0, flops, _named(halved))
        name = "lifting, flip" if flip else "lifting once"
        stage = StageTime(name, len(person) / seconds, work, ("lifting", None))
        return lift(), stage

    def _scene(self, lifted: PoseSequence) -> tuple[PoseSequence, StageTime]:
        def place() -> list[PoseSequence]:
            return to_scene([lifted], self.size, SceneChoices())

        seconds = least_seconds(place, rounds=_ROUNDS)
        return place()[0], StageTime("scene", len(lifted) / seconds, None, ("scene", None))

    def _drawing(self, person: Keypoints2D, placed: PoseSequence) -> Iterator[StageTime]:
        """Measure decoding again, drawing and encoding, on pictures as for videos."""
        renderer = SideBySideRenderer([placed], [person], self.info.fps, self.size)
        shown = renderer.picture_size
        again = VideoReader(self.info, size=shown, pixels="yuv420p")
        moved = 1.5 * shown[0] * shown[1]
        share = moved / (self.size[0] * self.size[1])
        yield self._decoding("decoding again, scaled", again, ("rendering", "decoding"), share)
        with again:
            frames = list(islice(again, KEPT))

        def draw() -> list[Frame]:
            return [renderer.render(frame, index) for index, frame in enumerate(frames)]

        pictures = draw()
        seconds = least_seconds(draw, rounds=_ROUNDS)
        written = float(pictures[0].nbytes)
        work = Work(moved + written)
        yield StageTime("drawing", len(frames) / seconds, work, ("rendering", "drawing"))
        rate = self._encoding(pictures, renderer.size)
        yield StageTime("encoding", rate, Work(PIPE * written), ("rendering", "encoding"))

    def _encoding(self, pictures: Sequence[Frame], size: tuple[int, int]) -> float:
        options = codec(self.settings.quality, size)
        with TemporaryDirectory() as folder:
            target = Path(folder, "out.mp4")

            def encode() -> None:
                with VideoWriter(
                    target, self.info.fps, size, overwrite=True, codec=options, pixels="yuv420p"
                ) as writer:
                    for picture in pictures:
                        writer.write(picture)

            return len(pictures) / least_seconds(encode, rounds=_ROUNDS)
