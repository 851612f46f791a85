from __future__ import annotations

import functools
import http.server
import secrets
import signal
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from glagcn_cli.files.downloading import CACHE_VARIABLE
from glagcn_cli.machine.openvino import cache as graphs

# Files of tests that build wheels, start several processes, open browsers, write films, or train.
SLOW = (
    "batch/", "benchmarks/", "camera_path/", "detection/openmmlab/", "end_to_end/", "live/",
    "machine/openvino/", "shots/", "training/commands/", "training/engine/",
    "training/lifter_files/", "training/report/", "biomechanics/test_repetitions.py",
    "commands/test_demo.py", "commands/test_video.py", "detection/rtmdet/test_direct.py",
    "detection/test_by_openvino.py", "detection/test_mmdet_boxes.py",
    "detection/test_mmpose_keypoints.py", "detection/test_models.py", "diagnostics/test_facts.py",
    "export/character/test_body.py", "export/character/test_retarget.py",
    "export/html/test_browser.py", "export/html/test_video.py", "export/test_angles_plot.py",
    "export/test_c3d.py", "export/test_png.py", "export/test_report.py",
    "keypoints/test_cache.py", "keypoints/test_files.py", "lifting/test_late_lifter.py",
    "lifting/test_lifter.py",
    "lifting/test_shipped_feet.py", "machine/test_process.py", "pipeline/test_feet_and_hands.py",
    "pipeline/test_others.py", "pipeline/test_process_video.py", "pipeline/test_reexport.py",
    "training/data/test_datasets.py", "training/evaluation/test_evaluate.py",
    "training/networks/test_baselines.py", "video/test_changing_pictures.py",
    "video/test_clean_aperture.py", "video/test_clip_parts.py", "video/test_containers.py",
    "video/test_edit_lists.py", "video/test_fetching.py", "video/test_frame_times.py",
    "video/test_numbered_pictures.py", "video/test_odd_files.py", "video/test_reader.py",
    "video/test_source.py", "video/test_streaming.py",
)  # fmt: skip

FAST = "not slow"  # of pytest's -m: make check


def pytest_configure(config: pytest.Config) -> None:
    """Heed interrupts, and let yapf keep its grammar before several processes want to.

    A shell starts what runs in its background with interrupts ignored. MMEngine imports yapf, whose
    first import ever writes a file that another process may read half-written.
    """
    if not hasattr(config, "workerinput"):
        import yapf  # noqa: F401
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write captured names that are no text as text: reports go from process to process."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def _is_slow(path: Path) -> bool:
    return path.relative_to(Path(__file__).parent).as_posix().startswith(SLOW)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import slow files where they are left out: that takes longer than the others."""
    left_out = config.option.markexpr == FAST and collection_path.is_file()
    return True if left_out and _is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files, so that ``-m "not slow"`` leaves them out."""
    for item in items:
        if _is_slow(item.path):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what fixtures of a session run out of the home of who runs the tests."""
    folder = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(folder / "session"))
        yield folder


@pytest.fixture(autouse=True)
def cache_folder(_no_cache_of_the_user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test an empty cache of its own, which is made when something is kept in it."""
    folder = _no_cache_of_the_user / secrets.token_hex(8)
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return folder


@pytest.fixture(autouse=True)
def graphs_folder(_no_cache_of_the_user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the networks' graphs once for all tests, in a folder that nothing else is kept in."""
    folder = _no_cache_of_the_user / "graphs"
    monkeypatch.setattr(graphs, "graphs_folder", lambda: folder)
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Empty folder for outputs, apart from inputs."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Address of a server of the test's folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()
