from __future__ import annotations

import logging
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from glagcn_cli.errors import InputError, UsageError
from glagcn_cli.video import streaming
from glagcn_cli.video.clip_times import ClipRange
from glagcn_cli.video.fetching import as_file
from glagcn_cli.video.probing import probe
from glagcn_cli.video.reader import VideoReader
from glagcn_cli.video.source import Source
from tests.helpers.clips import BLUE, RED, corners, counting, encode, ffmpeg, quadrants

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "12")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    tone = ("-f", "lavfi", "-i", "sine=duration=1", "-shortest")
    return encode(tmp_path / "clip.mp4", counting(25), 25, *tone, *X264)


def test_a_file_is_left_where_it_is(clip: Path) -> None:
    with as_file(clip) as file:
        assert file.path == clip
    assert clip.exists()


@pytest.mark.parametrize(
    ("source", "is_file"),
    [
        ("walk.mp4", True),
        ("C:\\walk.mp4", True),
        ("a%d.mp4", True),
        ("100%.png", True),
        ("https://example.org/a.mp4", False),
        ("RTSP://camera/1", False),
        ("-", False),
        ("./-", True),
        ("frames/%05d.png", False),
        ("frames/%d.JPG", False),
    ],
)
def test_what_names_a_file(source: str, is_file: bool) -> None:
    assert Source.of(source).is_file is is_file


def test_an_address_is_shown_without_its_password() -> None:
    assert Source.of("rtsp://me:secret@10.0.0.2:554/a?b@c").name == "rtsp://10.0.0.2:554/a?b@c"
    assert Source.of("https://example.org/@me/a.mp4").name == "https://example.org/@me/a.mp4"


# Addresses ----------------------------------------------------------------------------------------


def test_an_address_is_read_as_the_file_is(clip: Path, server: str) -> None:
    with as_file(f"{server}/clip.mp4") as file:
        kept, original = VideoReader(file), VideoReader(clip)
        assert np.array_equal(list(kept), list(original))
        assert kept.info.fps == original.info.fps
        assert kept.info.has_audio
        assert file.path.stem == "clip"
        folder = file.path.parent
    assert not folder.exists()


@pytest.mark.parametrize("can_be_copied", [True, False])
def test_a_stream_that_cannot_be_copied_is_decoded(
    monkeypatch: pytest.MonkeyPatch, clip: Path, can_be_copied: bool
) -> None:
    """An RTSP server does not tell the order in which B-frames are decoded."""
    run, asked = streaming.ffmpeg.run, []

    def from_the_file(arguments: list[str], **options: object) -> streaming.ffmpeg.Report:
        if not any(argument.startswith("rtsp:") for argument in arguments):
            return run(arguments, **options)
        if "framecrc" not in arguments:  # else it is asked which streams there are
            asked.append(arguments)
        if "matroska" in arguments and "libx264" not in arguments and not can_be_copied:
            return streaming.ffmpeg.Report(234, "", ("Can't write packet with unknown timestamp",))
        after = arguments.index("-i") + 2
        return run(["-i", str(clip), *arguments[after:]])

    monkeypatch.setattr(streaming.ffmpeg, "run", from_the_file)
    with as_file("rtsp://camera/stream") as kept, VideoReader(kept) as reader:
        frames = [int(frame[0, 0, 0]) for frame in reader]
    assert len(asked) == 2 - can_be_copied and "tcp" in asked[0]
    with VideoReader(clip) as reader:
        assert frames == [int(frame[0, 0, 0]) for frame in reader]


def test_a_phone_video_from_a_server_stays_upright(clip: Path, server: str) -> None:
    ffmpeg("-display_rotation", "90", "-i", clip, "-c", "copy", clip.with_name("turned.mp4"))
    with as_file(f"{server}/turned.mp4") as file:
        assert (probe(file).width, probe(file).height, probe(file).rotation) == (48, 64, 270)


def test_the_same_address_gives_the_same_bytes(clip: Path, server: str) -> None:
    copies = []
    for _ in range(2):
        with as_file(f"{server}/{clip.name}") as file:
            copies.append(file.path.read_bytes())
    assert copies[0] == copies[1]


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("{server}/gone.mp4", InputError, r"/gone\.mp4: no video could be read from there .*404"),
        ("{server}/notes.txt", InputError, r"no video could be read from there"),
        ("http://127.0.0.1:9/a.mp4", InputError, r"no video could be read from there .*refused"),
        ("ftp://127.0.0.1/a.mp4", UsageError, "addresses that can be read begin with http"),
        ("file:///etc/hostname", UsageError, "download the video first"),
    ],
)
def test_addresses_of_nothing(
    tmp_path: Path, server: str, address: str, error: type[Exception], words: str
) -> None:
    (tmp_path / "notes.txt").write_text("once upon a time\n" * 50)
    with pytest.raises(error, match=words), as_file(address.format(server=server)):
        pass


def test_a_playlist_reads_no_files_of_this_machine(clip: Path, server: str) -> None:
    segment = clip.with_name("private.ts")
    ffmpeg("-i", clip, "-c", "copy", segment)
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"
    for name, entry in (("near.m3u8", "private.ts"), ("far.m3u8", f"file://{segment}")):
        clip.with_name(name).write_text(f"{head}{entry}\n#EXT-X-ENDLIST\n")
    with as_file(f"{server}/near.m3u8") as file:
        assert len(list(VideoReader(file))) == 25
    with pytest.raises(InputError, match="no video could be read"), as_file(f"{server}/far.m3u8"):
        pass


# Standard input -----------------------------------------------------------------------------------


def test_a_pipe_is_kept_to_the_byte(clip: Path) -> None:
    # The index of this file stands at its end, where ffmpeg cannot find it in a pipe.
    with (
        subprocess.Popen(["cat", clip], stdout=subprocess.PIPE) as source,
        as_file("-", stdin=source.stdout) as file,
    ):
        assert file.path.read_bytes() == clip.read_bytes()
        folder = file.path.parent
    assert not folder.exists()


@pytest.mark.parametrize("part", [ClipRange(max_frames=5, every=2), ClipRange(0.2, 0.6)])
def test_of_a_pipe_without_an_end_no_more_than_the_part_is_read(part: ClipRange) -> None:
    endless = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=25", "-f", "lavfi", "-i", "sine"]
    codecs = ["-c:v", "mpeg2video", "-c:a", "aac", "-f", "mpegts", "-"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "quiet", "-nostdin", *endless, *codecs]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        assert source.stdout is not None
        with as_file("-", part, stdin=source.stdout) as file:
            source.stdout.close()
            count = len(list(VideoReader(file, part)))
    assert count == part.count(Fraction(25), None)


@pytest.mark.parametrize("part", [ClipRange(), ClipRange(max_frames=2)])
def test_nothing_in_a_pipe(part: ClipRange) -> None:
    with (
        Path(os.devnull).open("rb") as empty,
        pytest.raises(InputError, match="standard input: "),
        as_file("-", part, stdin=empty),
    ):
        pass


def test_a_terminal_is_no_video() -> None:
    leader, follower = os.openpty()
    try:
        with (
            open(follower, "rb", closefd=False) as terminal,
            pytest.raises(UsageError, match="is a terminal"),
            as_file("-", stdin=terminal),
        ):
            pass
    finally:
        os.close(leader)
        os.close(follower)


# Numbered pictures --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff"])
def test_numbered_pictures_are_frames(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "50% done"
    folder.mkdir()
    pictures = np.concatenate([quadrants(count=3), quadrants(count=4)[..., ::-1]])
    options = ("-start_number", "98", "-q:v", "1")
    pattern = f"{tmp_path}/50%% done/a b_%d.{suffix}"
    encode(Path(pattern), pictures, 25, *options)
    assert len(list(folder.iterdir())) == 7
    with as_file(folder / f"a b_%d.{suffix}", image_fps=29.97) as file:
        reader = VideoReader(file)
        frames = list(reader)
    assert reader.info.fps == Fraction(30000, 1001)
    assert len(frames) == reader.info.frames == 7
    assert corners(frames[2])[0] == RED
    assert corners(frames[3])[0] == BLUE


def test_a_gap_in_the_numbers_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    encode(tmp_path / "%05d.png", counting(6), 25)
    (tmp_path / "00004.png").unlink()
    with caplog.at_level(logging.INFO), as_file(tmp_path / "%05d.png") as file:
        assert len(list(VideoReader(file))) == 3
        assert probe(file).fps == 30
    assert "number 4 is missing; the 3 before it are used" in caplog.text
    assert "read as 30 a second" in caplog.text


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_no_pictures(tmp_path: Path, folder: str) -> None:
    pictures = tmp_path / folder / "%05d.png"
    with pytest.raises(InputError, match="no pictures numbered so"), as_file(pictures):
        pass


def test_a_file_that_is_called_like_numbered_pictures(tmp_path: Path) -> None:
    file = tmp_path / "%05d.png"
    file.touch()
    with as_file(file) as same:
        assert same.path == file


@pytest.mark.parametrize("fps", [10.0, 30000 / 1001, 240.0])
def test_a_video_takes_the_rate_that_it_is_told(clip: Path, fps: float) -> None:
    with as_file(clip, image_fps=fps) as file:
        reader = VideoReader(file)
        assert np.array_equal(list(reader), list(VideoReader(clip)))
        assert reader.info.fps == pytest.approx(fps, rel=1e-5)
        assert reader.info.frames == 25
        assert not reader.info.has_audio
        part = ClipRange(5 / fps, every=3)
        assert np.array_equal(list(VideoReader(file, part)), list(reader)[5::3])
        with pytest.raises(UsageError, match="is beyond the end"):
            list(VideoReader(file, ClipRange(25.5 / fps)))
