"""The 2D stage over a clip: everything that is learned of it while its frames go by once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from ..camera_path.watching import BackgroundWatch
from ..detection.clothes import clothes_seen
from ..poses import FrameDetections
from ..progress.stages import Stages
from ..shots.film_cuts import FilmCuts
from ..video.picture import VideoPicture
from ..video.probing import VideoInfo
from ..video.reader import VideoReader
from ..video.reading_ahead import reading_ahead
from .between import looked_at, looked_at_every, marking_last, people_between
from .cache import CachedClip
from .clip import ClipDetections, nobody

if TYPE_CHECKING:
    from ..detection.people_detector import TwoStageDetector

MEMORY_AHEAD = 64 << 20
"""Bytes of frames that wait to be worked on, at most `MOST_AHEAD` of them and at least one."""

MOST_AHEAD = 8
"""Frames that wait to be worked on."""


def frames_ahead(info: VideoInfo) -> int:
    """Frames that are decoded ahead of the models."""
    size = info.width * info.height * 3
    return max(1, min(MOST_AHEAD, MEMORY_AHEAD // size))


class _Batch(NamedTuple):
    """Frames of a video: how many, which of them are looked at, and these pictures."""

    frames: int
    numbers: list[int]
    pictures: list[VideoPicture]

    def as_frames(self) -> list[VideoPicture | None]:
        """Return a picture for each frame, None where it is not looked at."""
        looked_at = dict(zip(self.numbers, self.pictures, strict=True))
        return [looked_at.get(number) for number in range(self.frames)]


def _watched(frames: Iterable[VideoPicture], cuts: FilmCuts) -> Iterator[VideoPicture]:
    """Give the frames on, after a look for cuts: where they are decoded, beside the models."""
    for frame in frames:
        cuts.add([frame])
        yield frame


def _read(coming: Iterator[tuple[VideoPicture, bool]], most: int, every: int) -> _Batch:
    """Read the next frames; only pictures that are looked at stay in memory."""
    numbers, pictures, read = [], [], 0
    for picture, is_last in islice(coming, most):
        if looked_at(read, is_last, every):
            numbers.append(read)
            pictures.append(picture)
        read += 1
    return _Batch(read, numbers, pictures)


class _CameraBeside:
    """Follows the camera through a batch while the models work on the next.

    Parameters
    ----------
    info
        The video.
    """

    def __init__(self, info: VideoInfo) -> None:
        self._watch = BackgroundWatch((info.width, info.height), info.fps)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="camera")
        self._at_work: Future[None] | None = None

    def __enter__(self) -> _CameraBeside:
        return self

    def __exit__(self, *error: object) -> None:
        self._worker.shutdown()

    def add(self, batch: _Batch, people: list[FrameDetections]) -> None:
        """Take the next frames and their people; waits for the batch before."""
        self._wait()
        self._at_work = self._worker.submit(self._watch.add, batch.as_frames(), people)

    def _wait(self) -> None:
        if self._at_work is not None:
            self._at_work.result()

    def arrays(self, cuts: list[int]) -> dict[str, NDArray[Any]]:
        """Return what scenes need, for storage with the 2D."""
        self._wait()
        return self._watch.arrays(cuts)


def detect_people(
    reader: VideoReader,
    load: Callable[[], TwoStageDetector],
    cached: CachedClip,
    stages: Stages,
    rate: float = 0.0,
    meanwhile: Callable[[], object] = lambda: None,
) -> ClipDetections:
    """Find the people of a video, a batch of frames at a time, and whether its camera moves.

    `load` loads the models while the first frames are decoded. Frames that `cached` kept are
    decoded but not looked at again. About `rate` frames a second are looked at, all for 0; the
    people in the others lie between. `meanwhile` is called after each batch.
    """
    info = reader.info
    every = looked_at_every(info.fps, rate)
    detections: list[FrameDetections] = []
    cuts = FilmCuts(info.fps)
    # Frames are decoded while the models are loaded too. The first of a late part may take minutes:
    # closing the reader first ends the wait for it.
    with (
        _CameraBeside(info) as camera,
        reading_ahead(_watched(reader.pictures(), cuts), frames_ahead(info)) as frames,
        reader,
    ):
        detector = load()
        kept, joint_set = cached.kept, detector.joint_set
        of_clip = detector.of_clip(kept[(len(kept) - 1) // every * every] if kept else None)
        coming = marking_last(frames)
        with stages.stage("detection", info.frames or 0) as stage:
            while True:
                with stage.part("decoding"):
                    batch = _read(coming, detector.frames_at_once * every, every)
                if not batch.frames:
                    break
                found = kept[len(detections) : len(detections) + batch.frames]
                known = sum(number < len(found) for number in batch.numbers)
                found += [nobody(joint_set)] * (batch.frames - len(found))
                with stage.part("models"):
                    new = of_clip(batch.pictures[known:]) if known < len(batch.pictures) else []
                first = -(-len(detections) // every)  # how many frames were looked at before
                pictures = batch.pictures[known:]
                for number, people, shown in zip(batch.numbers[known:], new, pictures, strict=True):
                    found[number] = clothes_seen(people, shown, first + number // every)
                cached.append(found, joint_set)
                detections += found
                with stage.part("camera"):
                    camera.add(batch, found)
                stage.advance(batch.frames)
                meanwhile()
                del batch  # before the next is read: two batches in memory, not three
    return ClipDetections(
        people_between(detections, every, joint_set, info.fps, cuts.cuts),
        joint_set,
        info.fps,
        (info.width, info.height),
        reader.truncated,
        info.path.name,
        info.starts_at,
        clip=camera.arrays(cuts.cuts) | cuts.arrays(),
    )
