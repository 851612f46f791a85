from __future__ import annotations

import sys

import pytest

from glagcn_cli.video.ffmpeg import MESSAGES_KEPT, FfmpegProcess, run, telling_line

PICTURE = ["-f", "lavfi", "-i", "color=red:size=16x16:duration=40:rate=25"]
CHATTER = [*PICTURE, "-vf", "showinfo"]
RAW = ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "ffmpeg gave no reason"),
        (["Conversion failed!"], "Conversion failed!"),
        (
            [
                "[out#0/mp4 @ 0x55] Error writing trailer: No space left on device",
                "[aost#0:1/copy @ 0x55] No space left on device",
                "Conversion failed!",
            ],
            "No space left on device",
        ),
        (
            [
                "[in#0 @ 0x55] Format mov,mp4 detected only with low score of 1, misdetection",
                "[in#0 @ 0x55] moov atom not found",
                "[in#0 @ 0x56] Error opening input: Invalid data found when processing input",
                "Error opening input file file:a.mp4.",
                "Error opening input files: Invalid data found when processing input",
            ],
            "moov atom not found; Invalid data found when processing input",
        ),
    ],
)
def test_the_telling_line(messages: list[str], reason: str) -> None:
    assert telling_line(messages) == reason


def test_a_failure_is_reported_not_raised() -> None:
    report = run(["-i", "file:no-such-file"])
    assert report.status != 0
    assert telling_line(report.messages) == "No such file or directory"


def test_a_torrent_of_messages_does_not_block_the_frames() -> None:
    told = sum(len(line) for line in run([*CHATTER, "-f", "null", "-"]).messages)
    assert told > 200_000, "the messages have to overflow a pipe for this test to say anything"
    process = FfmpegProcess([*CHATTER, *RAW], feed=False)
    assert len(process.pipe.read()) == 1000 * 16 * 16 * 3
    assert process.finish() == 0
    assert len(process.messages) == MESSAGES_KEPT


def test_killing_is_final_and_may_be_repeated() -> None:
    process = FfmpegProcess(["-re", *PICTURE, *RAW], feed=False)
    process.kill()
    process.kill()
    assert process.finish() != 0


@pytest.mark.skipif(sys.platform != "linux", reason="pipes of other systems have one size")
def test_pipes_are_wide_where_the_system_lets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    process = FfmpegProcess([*PICTURE, *RAW], feed=False)
    assert fcntl.fcntl(process.pipe, fcntl.F_GETPIPE_SZ) >= 1 << 20
    process.kill()

    def refuse(*_: object) -> int:
        raise PermissionError("a user has so many pages for pipes")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    process = FfmpegProcess([*PICTURE, *RAW], feed=False)
    assert len(process.pipe.read(16 * 16 * 3)) == 16 * 16 * 3
    process.kill()
