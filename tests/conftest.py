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

# Files of tests that build wheels, start several processes, open browsers or train.
SLOW = (
    "batch/", "benchmarks/", "end_to_end/", "export/html/test_browser.py", "live/",
    "training/commands/", "training/engine/", "training/lifter_files/", "training/report/",
    "commands/test_demo.py", "commands/test_video.py", "detection/openmmlab/",
    "detection/test_by_openvino.py", "detection/test_models.py", "diagnostics/test_facts.py",
    "export/test_angles_plot.py", "export/test_c3d.py", "export/test_png.py",
    "export/test_report.py", "keypoints/test_cache.py", "keypoints/test_files.py",
    "lifting/test_lifter.py", "machine/openvino/", "machine/test_process.py",
    "pipeline/test_process_video.py", "pipeline/test_reexport.py", "training/data/test_datasets.py",
    "video/test_clip_parts.py", "video/test_frame_times.py", "video/test_reader.py",
)  # fmt: skip


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files, so that ``-m "not slow"`` leaves them out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).as_posix().startswith(SLOW):
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
