"""Nothing needs a POSIX system: what the source may not say, and guards that are tried."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glagcn_cli import operating_system
from glagcn_cli.errors import DeviceError, OutputError
from glagcn_cli.files import atomic
from glagcn_cli.machine.devices import choose_device
from glagcn_cli.machine.process import let_any_name_be_printed
from glagcn_cli.video.source import Source

CHECKOUT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("glagcn_cli", "training", "weights", "benchmarks", "examples")
    for path in sorted((CHECKOUT / folder).rglob("*.py"))
]
# Modules and names that Windows does not have. `getattr` and `hasattr` may ask for them.
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"}
POSIX_NAMES = {
    "os": {"fork", "killpg", "setsid", "getpgid", "getuid", "geteuid", "mkfifo", "nice", "rename",
           "symlink", "wait", "uname", "statvfs", "setpriority"},
    "signal": {"SIGKILL", "SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGCHLD", "alarm", "pause",
               "setitimer", "sigwait"},
}  # fmt: skip
# Windows renames no file over another with the first, makes links with a privilege alone, and
# OpenCV finds no folder there that has a letter of another language in its name.
OTHERWISE = {"rename", "symlink_to", "hardlink_to", "imread", "imwrite"}
# `operating_system.apart_from_terminal` has these, `link_or_copy` a link.
OF_PROCESSES = {"preexec_fn", "start_new_session", "creationflags", "pass_fds"}
ASKED_IN_ONE_PLACE = "operating_system.py"
GUARDED_FILES = {"/proc/cpuinfo"}  # what is not there is not told
TEXT = {"read_text", "write_text"}


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield node, getattr(function, "attr", getattr(function, "id", ""))


def reads_text(call: ast.Call, name: str) -> bool:
    """Whether a call reads or writes text in the encoding of the country."""
    told = {keyword.arg for keyword in call.keywords}
    of_process = any(
        k.arg == "text" and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in call.keywords
    )
    if name in TEXT or of_process:
        return "encoding" not in told
    if name != "open" or "encoding" in told:
        return False
    of_path = isinstance(call.func, ast.Attribute)
    modes = [
        node.value for node in call.args[0 if of_path else 1 :] if isinstance(node, ast.Constant)
    ]
    modes += [
        k.value.value
        for k in call.keywords
        if k.arg == "mode" and isinstance(k.value, ast.Constant)
    ]
    return not any(isinstance(mode, str) and "b" in mode for mode in modes)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_files_of_text_have_an_encoding(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = [
        f"line {call.lineno}: {name}"
        for call, name in calls(tree)
        if reads_text(call, name) and ast.unparse(call.func) not in OTHER_OPENS
    ]
    assert not named


# Functions called `open` that open no file of text.
OTHER_OPENS = {"Image.open", "webbrowser.open", "archive.open", "tarfile.open", "TrainingRun.open"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_nothing_is_imported_or_named_that_windows_lacks(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in POSIX_MODULES]
        if isinstance(node, ast.ImportFrom) and node.module in POSIX_MODULES:
            found.append(node.module)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found += [node.attr] if node.attr in POSIX_NAMES.get(node.value.id, ()) else []
    # What is measured on Linux alone is measured by its means.
    assert not found or CHECKOUT / "benchmarks" in path.parents


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if CHECKOUT / "benchmarks" not in path.parents],
    ids=lambda path: str(path.relative_to(CHECKOUT)),
)
def test_what_windows_does_otherwise_is_not_asked_for(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    if path.name != ASKED_IN_ONE_PLACE:
        found += [name for _, name in calls(tree) if name in OTHERWISE]
        found += [k.arg for call, _ in calls(tree) for k in call.keywords if k.arg in OF_PROCESSES]
    found += [
        text
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(text := node.value, str)
        if text.startswith(("/dev/", "/proc/", "/tmp")) and text not in GUARDED_FILES
    ]
    assert not found


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["nul.npy", "a?.npy", "COM1", "con .mp4", "C:\\clips\\a:b.npy"])
def test_names_that_windows_cannot_have_are_refused_before_the_work(name: str) -> None:
    with pytest.raises(OutputError, match="no file can be called so on Windows"):
        atomic.check_output(name)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["C:\\clips\\walk.npy", "console.npy", "D:walk.mp4"])
def test_names_with_a_drive_are_fine_on_windows(name: str) -> None:
    assert not operating_system.is_impossible_name(name)


@pytest.mark.parametrize("name", ["C:\\clips\\walk.mp4", "c:/clips/walk.mp4", "D:walk.mp4"])
def test_a_drive_is_no_address(name: str) -> None:
    assert not Source.of(name).is_address and Source.of(name).is_file


@pytest.mark.usefixtures("windows")
def test_a_file_that_a_scanner_holds_open_is_renamed_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(operating_system.time, "sleep", waited.append)
    refusals = iter([True, True, False])

    def change() -> None:
        if next(refusals):
            raise PermissionError("in use")

    operating_system.patiently(change)
    assert len(waited) == 2


def test_elsewhere_a_refusal_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")

    def change() -> None:
        raise PermissionError("not yours")

    with pytest.raises(PermissionError):
        operating_system.patiently(change)


@pytest.mark.usefixtures("windows")
def test_processes_are_kept_apart_from_the_terminal_without_sessions() -> None:
    assert operating_system.apart_from_terminal() == {"creationflags": 0x200 | 0x08000000}


@pytest.mark.parametrize(
    ("status", "told"),
    [(0, None), (1, None), (-9, "signal 9"), (0xC0000005, "error 0xC0000005"), (255, None)],
)
def test_a_violent_end_is_told_from_a_failure(status: int, told: str | None) -> None:
    assert operating_system.violent_end(status) == told


def test_any_name_can_be_printed_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", errors="strict"))
    let_any_name_be_printed()
    sys.stdout.write("Zürich-東京.mp4\n")
    sys.stdout.flush()
    assert raw.getvalue().decode("cp1252").strip() == "Zürich-\\u6771\\u4eac.mp4"


def test_gpus_of_apple_are_declined_in_words() -> None:
    with pytest.raises(DeviceError, match=r"--device mps: .*double precision.*use --device cpu"):
        choose_device("mps")


def test_the_program_starts_without_what_posix_has() -> None:
    """As on Windows: no such signals, no masks of signals, no affinity of processors.

    SIGKILL stays, for the standard library needs it on this system.
    """
    code = (
        "import os, signal, subprocess, sys\n"
        "for name in ('SIGHUP', 'SIGALRM', 'SIGUSR1', 'pthread_sigmask', 'alarm'):\n"
        "    vars(signal).pop(name, None)\n"
        "for name in ('sched_getaffinity', 'killpg', 'getpgid', 'setsid'):\n"
        "    vars(os).pop(name, None)\n"
        "import glagcn_cli.pipeline.process_video\n"
        "import glagcn_cli.batch.lift_many\n"
        "import glagcn_cli.batch.processes\n"
        "import glagcn_cli.diagnostics.facts\n"
        "import glagcn_cli.diagnostics.self_test\n"
        "import glagcn_cli.live.run\n"
        "from glagcn_cli.commands.info import main\n"
        "main(['--device', 'cpu'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All is well" in done.stdout
