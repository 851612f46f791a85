"""OpenVINO computes what torch computes, or torch does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from glagcn_cli.machine.openvino import compiled, importing, kept, making, trial
from glagcn_cli.machine.openvino.importing import import_openvino
from tests.helpers.processors import needs_bfloat16
from tests.helpers.small_network import SmallNetwork, compiled_network, flat

if importing.installed_version() is None:
    pytest.skip("OpenVINO has no wheel for this machine", allow_module_level=True)

IMAGES = torch.rand(3, 3, 32, 48, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture(autouse=True)
def graphs_folder(tmp_path: Path, graphs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test an empty folder of graphs."""
    folder = tmp_path / "graphs"
    monkeypatch.setattr("glagcn_cli.machine.openvino.cache.graphs_folder", lambda: folder)
    compiled._tell_once.cache_clear()
    return folder


@pytest.fixture(params=["f32", pytest.param("bf16", marks=needs_bfloat16)])
def precision(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    half = None if request.param == "f32" else torch.bfloat16
    monkeypatch.setattr(compiled, "fast_precision", lambda _: half)
    return str(request.param)


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def exact(images: torch.Tensor = IMAGES) -> list[torch.Tensor]:
    with torch.inference_mode():
        return flat(SmallNetwork().eval()(images))


def assert_close(network: SmallNetwork, images: torch.Tensor, within: float) -> None:
    with torch.inference_mode():
        found = flat(network(images))
    for one, other in zip(found, exact(images), strict=True):
        assert one.shape == other.shape and one.dtype == torch.float32
        assert (one - other).abs().max() < within


def test_results_are_torchs(tmp_path: Path, precision: str) -> None:
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 1e-5 if precision == "f32" else 0.05)
    assert not told
    runs = network.by_torch  # to convert it, and to compare
    for images in (IMAGES[:1], IMAGES.to(memory_format=torch.channels_last), -IMAGES):
        assert_close(network, images, 1e-5 if precision == "f32" else 0.05)
    assert network.by_torch == runs


def test_pictures_of_any_size_and_number(tmp_path: Path) -> None:
    network, told = compiled_network(tmp_path)
    for shape in ((1, 3, 32, 32), (5, 3, 64, 32), (7, 3, 32, 32), (2, 3, 2, 500)):
        assert_close(network, torch.rand(*shape), 0.05)
    assert not told


@needs_bfloat16
def test_named_modules_stay_in_single_precision(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(compiled, "fast_precision", lambda _: torch.bfloat16)
    whole = exact()[0]
    differences = []
    for single in ((), ("stem",)):
        network, _ = compiled_network(tmp_path, single)
        differences.append((flat(network(IMAGES))[0] - whole).abs().max())
    assert differences[0] > 1e-3
    assert differences[1] < differences[0] / 2  # what follows may read it rounded


def test_a_later_run_makes_nothing(tmp_path: Path, graphs_folder: Path, monkeypatch) -> None:
    compiled_network(tmp_path)[0](IMAGES)
    assert sorted(file.suffix for file in graphs_folder.iterdir()) == [".compiled", ".graph"]
    monkeypatch.setattr(making, "compiled_apart", None)
    monkeypatch.setattr(making, "graph_of", None)
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 0.05)
    assert not told and network.by_torch == 0


@pytest.mark.parametrize("suffix", [".compiled", ".graph"])
@pytest.mark.parametrize("change", [lambda data: data[:-100], lambda data: data[:90] + b"x" * 99])
def test_a_damaged_file_is_made_anew(tmp_path: Path, graphs_folder: Path, suffix, change) -> None:
    compiled_network(tmp_path)[0](IMAGES)
    (file,) = graphs_folder.glob(f"*{suffix}")
    whole = file.read_bytes()
    file.write_bytes(change(whole))
    if suffix == ".graph":
        next(graphs_folder.glob("*.compiled")).unlink()
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 0.05)
    assert not told and network.by_torch > 0
    assert file.stat().st_size == pytest.approx(len(whole), rel=0.1)


def test_a_whole_file_that_openvino_cannot_read_is_made_anew(
    tmp_path: Path, graphs_folder: Path
) -> None:
    from glagcn_cli.files.checked import read_checked, write_checked

    compiled_network(tmp_path)[0](IMAGES)
    (file,) = graphs_folder.glob("*.compiled")
    known = read_checked(file)
    assert known is not None
    write_checked(file, known[0], [b"of another version" * 100])
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 0.05)
    assert not told


@pytest.mark.parametrize(
    "change",
    [
        lambda patch, _: patch.setattr(kept, "installed_version", lambda: "2099.1"),
        lambda patch, _: patch.setattr(kept, "processor", lambda _: ["another"]),
        lambda patch, _: patch.setattr(kept, "REVISION", -1),
        lambda patch, _: patch.setattr(kept, "torch_version", lambda: "99"),
        lambda patch, _: patch.setattr("glagcn_cli.machine.openvino.cache.__version__", "another"),
        lambda _, folder: (folder / "weights.pth").write_bytes(b"others"),
    ],
    ids=["openvino", "processor", "revision", "torch", "program", "weights"],
)
def test_what_depends_on_something_else_is_made_anew(tmp_path: Path, monkeypatch, change) -> None:
    compiled_network(tmp_path)[0](IMAGES)
    change(monkeypatch, tmp_path)
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 0.05)
    assert not told and network.by_torch > 0


@pytest.mark.usefixtures("threads")
def test_threads_are_torchs(tmp_path: Path, monkeypatch) -> None:
    asked = []
    options_of = making.options_of
    for module in (kept, making):
        monkeypatch.setattr(
            module, "options_of", lambda *given: asked.append(given[1:]) or options_of(*given)
        )
    network, _ = compiled_network(tmp_path)
    for count, pictures in ((1, 3), (2, 1), (2, 3), (2, 1)):
        torch.set_num_threads(count)
        assert_close(network, IMAGES[:pictures], 0.05)
    # A picture by all threads, several by streams; a single one later by a stream.
    assert sorted({*asked}) == [(1, 1), (2, 1), (2, 2)]
    runner = next(iter(network.forward._runners.values()))
    assert runner.streams == 2
    options = making.options_of("f32", 2, 1)
    assert options["INFERENCE_NUM_THREADS"] == 2 and not options["ENABLE_CPU_PINNING"]


def test_sizes_beyond_the_most_are_left_to_torch(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(compiled, "MOST_MADE", 2)
    monkeypatch.setattr(compiled, "MOST_SIZES", 1)
    network, told = compiled_network(tmp_path)
    for width in (32, 34, 36, 32):
        assert_close(network, torch.rand(1, 3, 32, width), 0.05)
    assert not told
    assert [*network.forward._runners] == [(3, 32, 32)]


# Torch instead -----------------------------------------------------------------------------------


def says(caplog: pytest.LogCaptureFixture) -> str:
    (line,) = [line for line in caplog.messages if "OpenVINO is not used" in line]
    return line


def assert_torch_runs(
    folder: Path, caplog: pytest.LogCaptureFixture, *words: str, networks: int = 2
) -> None:
    with caplog.at_level(logging.INFO, "glagcn_cli"):
        for _ in range(networks):  # several networks, one line
            network, told = compiled_network(folder)
            for _ in range(2):
                for one, other in zip(flat(network(IMAGES)), exact(), strict=True):
                    assert torch.equal(one, other)
            assert told == ["torch"]
    line = says(caplog)
    assert all(word in line for word in words), line


def test_without_the_package_torch_runs(tmp_path: Path, monkeypatch, caplog) -> None:
    def missing(name: str) -> str:
        raise importing.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importing.metadata, "version", missing)
    assert_torch_runs(tmp_path, caplog, "not installed")


def test_a_package_that_does_not_load_is_left_alone(tmp_path: Path, monkeypatch, caplog) -> None:
    def broken() -> None:
        raise ImportError("no libtbb")

    monkeypatch.setattr(compiled, "core", broken)
    assert_torch_runs(tmp_path, caplog, "no libtbb")


def test_another_device_is_left_to_torch(tmp_path: Path) -> None:
    network, told = SmallNetwork(), []
    compiled.run_compiled(network, "forward", "cuda:0", None, lambda: told.append(1))
    assert told == [1] and "forward" not in vars(network)


def test_a_network_that_is_not_converted_is_run_by_torch(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no conversion rule")

    monkeypatch.setattr(making, "graph_of", fail)
    assert_torch_runs(tmp_path, caplog, "no conversion rule")


PROGRAMS = {
    "crash": ("import os; os.abort()", "it crashes on this processor (signal 6)"),
    "refusal": (
        "import sys; print('no such layer', file=sys.stderr); sys.exit(3)",
        "no such layer",
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_graph_that_does_not_compile_is_remembered(
    tmp_path: Path, monkeypatch, caplog, program: str
) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", PROGRAMS[program][0])
    network, told = compiled_network(tmp_path)
    with caplog.at_level(logging.INFO, "glagcn_cli"):
        network(IMAGES)
    assert told == ["torch"] and PROGRAMS[program][1] in says(caplog)
    monkeypatch.setattr(making, "compiled_apart", None)
    compiled._tell_once.cache_clear()
    caplog.clear()
    assert_torch_runs(tmp_path, caplog, PROGRAMS[program][1], "remembers")


@pytest.mark.parametrize(
    "program",
    [
        "raise OSError('no room')",
        "import os; os.kill(os.getpid(), 9)",
        "import os, signal; signal.signal(2, signal.SIG_DFL); os.kill(os.getpid(), 2)",
    ],
)
def test_a_lack_that_may_end_is_not_remembered(
    tmp_path: Path, graphs_folder: Path, monkeypatch, program: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(trial, "_PROGRAM", program)
        network, told = compiled_network(tmp_path)
        network(IMAGES)
        assert told == ["torch"]
    assert not [*graphs_folder.glob("*.compiled")]
    network, told = compiled_network(tmp_path)
    network(IMAGES)
    assert not told


def test_compiling_that_does_not_end_is_ended(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(trial, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(trial, "PATIENCE", 0.2)
    assert_torch_runs(tmp_path, caplog, "more than 0 s")


def test_other_results_than_torchs_are_not_taken(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(making, "LARGEST_DIFFERENCE", {"f32": -1.0, "bf16": -1.0})
    assert_torch_runs(tmp_path, caplog, "differ from torch's by 0.", networks=1)
    monkeypatch.setattr(making, "LARGEST_DIFFERENCE", {"f32": 1.0, "bf16": 1.0})
    compiled._tell_once.cache_clear()
    caplog.clear()
    assert_torch_runs(tmp_path, caplog, "differ from torch's by 0.", "remembers")


def test_results_of_no_number_are_not_taken() -> None:
    one = torch.tensor([1.0, 2.0])
    assert making._difference(one, one) == 0
    assert not making._difference(torch.tensor([1.0, float("nan")]), one) <= 1
    assert not making._difference(one[:1], one) <= 1


def test_a_failure_in_the_middle_of_a_run_is_one_line(tmp_path: Path, monkeypatch, caplog) -> None:
    network, told = compiled_network(tmp_path)
    network(IMAGES)

    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(compiled.Runner, "__call__", fail)
    with caplog.at_level(logging.INFO, "glagcn_cli"):
        for one, other in zip(flat(network(IMAGES)), exact(), strict=True):
            assert torch.equal(one, other)
    assert told == ["torch"] and "out of order" in says(caplog)


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "glagcn_cli.machine.openvino.cache.graphs_folder", lambda: tmp_path / "file" / "graphs"
    )
    network, told = compiled_network(tmp_path)
    assert_close(network, IMAGES, 0.05)
    assert not told


def test_the_oldest_files_make_room(tmp_path: Path, graphs_folder: Path, monkeypatch) -> None:
    from glagcn_cli.machine.openvino import cache

    monkeypatch.setattr(cache, "LARGEST", 2500)
    for name in "abc":
        cache.keep(name, {}, [b"x" * 900])
        for file in graphs_folder.iterdir():
            os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns - 10**9))
        cache.read("a")  # which makes it the youngest
    assert sorted(file.name for file in graphs_folder.iterdir()) == ["a", "c"]


# The package -------------------------------------------------------------------------------------


def test_the_package_is_imported_without_what_reports(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from glagcn_cli.machine.openvino.importing import import_openvino\n"
        "import_openvino().Core()\n"
        "import openvino.frontend.pytorch.ts_decoder\n"
        "print([name for name in sys.modules if 'telemetry' in name or '.ovc' in name])\n"
    )
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout == "[]\n", done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_later_import_of_the_converters_is_not_in_the_way() -> None:
    import_openvino()
    assert importing.REPORTING not in sys.modules
