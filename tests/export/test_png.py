from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from glagcn_cli.errors import NobodyFoundError, OutputError
from glagcn_cli.export.formats import ExportContext, writer_for
from glagcn_cli.export.png import FRAMES, WIDTH
from glagcn_cli.poses import PoseSequence
from glagcn_cli.rendering.drawing import LEFT, RIGHT
from tests.helpers.clips import encode
from tests.helpers.fake_detection import X264
from tests.helpers.moving_figure import sequence, walking

FRAME_SIZE = (160, 90)
COUNT = 40


def person(count: int = COUNT, valid: NDArray[np.bool_] | None = None) -> PoseSequence:
    """Walks; the 2D is far outside the picture, so that the video shows as it is."""
    walker = sequence(walking(count).joints, valid=valid)
    return replace(walker, keypoints=np.full((count, 17, 2), -1e4, np.float32))


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """Frames whose green tells their number."""
    frames = np.zeros((COUNT, FRAME_SIZE[1], FRAME_SIZE[0], 3), np.uint8)
    frames[..., 1] = (40 + 5 * np.arange(COUNT))[:, None, None]
    return encode(tmp_path_factory.mktemp("clip") / "green.mp4", frames, 50, *X264)


def sheet(path: Path, people: list[PoseSequence], **context) -> NDArray[np.uint8]:
    (written,) = writer_for(path)(path, people, ExportContext(**context))
    assert written == path
    return cv2.imread(str(path))[..., ::-1]


def cells(picture: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of what is not paper, in reading order."""
    ink = (picture < 250).any(axis=-1).astype(np.uint8)
    boxes = [cv2.boundingRect(each) for each in cv2.findContours(ink, cv2.RETR_EXTERNAL, 2)[0]]
    return sorted((b for b in boxes if b[2] > 200), key=lambda b: (b[1], b[0]))


def has_colour(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return int((np.abs(picture.astype(int) - colour).max(axis=-1) < 40).sum()) > 20


def greens(picture: NDArray[np.uint8]) -> list[int]:
    """Frame numbers that the cells' left halves tell."""
    middles = [picture[y + h // 2, x + w // 4, 1] for x, y, w, h in cells(picture)]
    return [round((int(level) - 40) / 5) for level in middles]


def test_frames_of_the_video_stand_beside_their_3d(out, video):
    picture = sheet(out / "sheet.png", [person()], source=video, image_size=FRAME_SIZE)
    assert 0.97 * WIDTH <= picture.shape[1] <= WIDTH
    assert 0.7 < picture.shape[1] / picture.shape[0] < 2
    expected = np.linspace(0, COUNT - 1, FRAMES).round()
    assert len(cells(picture)) == FRAMES
    assert np.abs(np.array(greens(picture)) - expected).max() <= 1  # the codec rounds colours
    for x, y, w, h in cells(picture):
        right_half = picture[y : y + h, x + w // 2 : x + w]
        assert has_colour(right_half, LEFT) and has_colour(right_half, RIGHT)


def test_frames_are_those_in_which_somebody_has_a_pose(out, video):
    valid = np.zeros(COUNT, bool)
    valid[[7, 20, 33]] = True
    picture = sheet(out / "sheet.png", [person(valid=valid)], source=video)
    assert np.abs(np.array(greens(picture)) - [7, 20, 33]).max() <= 1


def test_2d_skeletons_are_drawn_on_the_picture(out, video):
    walker = walking(COUNT, heading=60.0).joints
    walker -= walker[:, :1] * [1, 0, 1]
    points = walker[..., :2] * [40, -40] + [80, 80]
    seen = replace(
        person(), keypoints=points.astype(np.float32), scores=np.ones((COUNT, 17), np.float32)
    )
    picture = sheet(out / "sheet.png", [seen], source=video)
    for x, y, w, h in cells(picture):
        left_half = picture[y : y + h, x : x + w // 2]
        assert has_colour(left_half, LEFT) and has_colour(left_half, RIGHT)


def other_size(video: Path) -> dict:
    return {"source": video, "image_size": (640, 480)}


@pytest.mark.parametrize(
    ("context", "says"),
    [
        (lambda video: {}, ""),
        (lambda video: {"source": video.with_name("gone.mp4")}, "gone.mp4"),
        (other_size, "not those of the poses"),
    ],
    ids=["no video", "missing video", "another video"],
)
def test_without_the_video_the_3d_stands_alone(out, video, caplog, context, says):
    picture = sheet(out / "sheet.png", [person()], **context(video))
    assert len(cells(picture)) == FRAMES
    assert all(w / h == pytest.approx(1.5, rel=0.02) for _, _, w, h in cells(picture))
    assert has_colour(picture, LEFT) and has_colour(picture, RIGHT)
    assert says in caplog.text and bool(says) == bool(caplog.text)


def test_a_video_that_is_too_short_is_not_shown(out, video, caplog):
    picture = sheet(out / "sheet.png", [person(COUNT + 30)], source=video)
    assert len(cells(picture)) == FRAMES and "fewer frames" in caplog.text


@pytest.mark.parametrize("count", [1, 2, 5])
def test_short_clips_have_small_sheets(out, count):
    assert len(cells(sheet(out / "sheet.png", [person(count)]))) == count


def test_nobody_and_existing_files_are_refused(out):
    path = out / "sheet.png"
    with pytest.raises(NobodyFoundError):
        sheet(path, [person(valid=np.zeros(COUNT, bool))])
    assert not path.exists()
    path.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        sheet(path, [person()])
    assert path.read_bytes() == b"mine"
