"""Scripts that measure lifters: what they count, and what they print, draw and write."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from glagcn_cli.files.checksums import sha256
from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.windows import CENTRE
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluation.evaluate import CAMERAS_PER_TAKE, observe_takes
from glagcn_training.networks.compute_cost import count_macs, sequence_macs
from glagcn_weights.error_scale import EXPONENTS, ErrorScale
from tests.helpers.fake_detection import random_lifter
from tests.helpers.small_runs import small_packs, untrained_lifter
from tests.helpers.synthetic_motion import write_pack

torch.set_num_threads(1)

ROOT = Path(__file__).parents[2]


def script(folder: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / folder / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def choice() -> ModuleType:
    return importlib.import_module("benchmarks.accuracy.lifter_choice")


@pytest.fixture(scope="module")
def bad_input() -> ModuleType:
    return importlib.import_module("benchmarks.accuracy.bad_input")


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    return small_packs(tmp_path_factory.mktemp("mocap") / "packs")


@pytest.fixture(scope="module")
def lifter(tmp_path_factory) -> Path:
    return untrained_lifter(tmp_path_factory.mktemp("lifter") / "lifter.pth")


def cost(choice: ModuleType, lifter: Lifter, **way) -> float:
    return choice.macs_per_frame(lifter, choice.Way("", "", **way))


def test_costs_are_those_of_what_runs(choice, lifter) -> None:
    """Overlap, mirror, rate and branch against counting whole windows by hand."""
    loaded = Lifter.load(str(lifter))
    network = loaded.network
    assert isinstance(network, GLAGCN)
    window = sequence_macs(network, 9 * 9) / (9 * 9)  # nearly linear in the frames
    assert cost(choice, loaded, hops=1) == pytest.approx(window / 2, rel=0.1)
    assert cost(choice, loaded, hops=9) == pytest.approx(9 * cost(choice, loaded, hops=1))
    assert cost(choice, loaded, flip=True) == 2 * cost(choice, loaded)
    assert cost(choice, loaded, branch=CENTRE) == count_macs(network) / 2
    fast = Lifter(network, replace(loaded.card, fps=50))
    assert cost(choice, fast) == 2 * cost(choice, loaded)


def test_ways_of_running_differ_and_leave_the_lifter_alone(choice, lifter, packs) -> None:
    loaded = Lifter.load(str(lifter))
    seen = observe_takes(read_packs(packs, "val"))[0]
    found = {}
    for way in choice.ways_of(loaded):
        if way.window <= 27:
            found[way.label] = (
                choice.run_as(loaded, way)
                .lift_keypoints(
                    seen.keypoints,
                    None,
                    seen.image_size,
                    seen.fps,
                    branch=way.branch,
                    flip=way.flip,
                )
                .joints
            )
    assert loaded.hops == 4 and loaded.card.architecture.window == 9
    values = list(found.values())
    assert len(values) == 9
    for i, one in enumerate(values):
        for other in values[:i]:
            assert np.abs(one - other).max() > 1e-6


def test_the_choice_is_a_table_and_a_plot(choice, lifter, packs, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(choice, "WINDOWS", (9, 27))
    plot = tmp_path / "choice.png"
    result = CliRunner().invoke(
        choice.main, [str(lifter), "--data-dir", str(packs), "-o", str(plot), "--takes", "1"],
        catch_exceptions=False,
    )  # fmt: skip
    assert result.exit_code == 0
    lines = result.output.strip().split("\n")
    assert len(lines) == 2 + 9 and len({line.count("|") for line in lines}) == 1
    assert "run at T 27" in result.output and "8 hops" in result.output
    assert np.asarray(Image.open(plot)).std() > 5


def test_bad_input_is_measured(bad_input, lifter, packs, monkeypatch) -> None:
    monkeypatch.setattr(bad_input, "LOST", ("head",))
    monkeypatch.setattr(bad_input, "RATES", (25, 120))
    run = CliRunner().invoke(
        bad_input.main, ["--data-dir", str(packs), "--lifter", str(lifter)], catch_exceptions=False
    )
    assert run.exit_code == 0
    for row in ("| upside down |", "| knees and ankles | 0.1 |", "| head | 0 |", "| 120.00 |"):
        assert row in run.output


def test_what_is_no_number_is_counted_and_fails(bad_input, lifter, packs, monkeypatch) -> None:
    lift = Lifter.lift_keypoints

    def broken(self, *arguments, **options):
        lifted = lift(self, *arguments, **options)
        lifted.up[3] = np.nan
        return lifted

    monkeypatch.setattr(Lifter, "lift_keypoints", broken)
    for part in ("hidden_legs", "lost_joints", "rates"):
        monkeypatch.setattr(bad_input, part, lambda *_: [["-"]])
    run = CliRunner().invoke(bad_input.main, ["--data-dir", str(packs), "--lifter", str(lifter)])
    assert run.exit_code == 1
    assert run.output.count("| 2 |\n") == 6  # a frame of each of two cameras, in every posture


@pytest.fixture(scope="module")
def ship() -> ModuleType:
    return script("weights", "ship_lifter")


def test_weights_are_averaged_with_those_before(ship, tmp_path: Path) -> None:
    first = random_lifter(tmp_path / "before.pth")
    network, _ = load_lifter(first)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    moved = {n: v + 1 if v.is_floating_point() else v for n, v in before.items()}
    network.load_state_dict(moved)
    ship.averaged(network, first, 0.75)
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, before[name] + 0.75)


TERMS = ("--trained-on", "walks", "--licence", "PDDL")


@pytest.fixture(scope="module")
def two_takes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    write_pack(folder / "walk.npz", ("val", "val"))
    return folder


def test_a_shipped_lifter_carries_its_figures(ship, lifter, two_takes, tmp_path) -> None:
    packs, shipped = two_takes, tmp_path / "lifter-9.pth"
    run = CliRunner().invoke(
        ship.main, [str(lifter), str(shipped), "--data-dir", str(packs), *TERMS],
        catch_exceptions=False,
    )  # fmt: skip
    assert run.exit_code == 0 and run.output.strip().endswith(sha256(shipped))
    network, card = load_lifter(shipped)
    figures = card.metrics
    assert len(figures) == 3 * 2 * 7 + 1
    for name in ("mpjpe_mm", "gravity_degrees", "calibration_error_mm"):
        assert figures[f"val_measured_flip_{name}"] > 0
    # Figures are of what is stored: half precision.
    for name, tensor in network.named_parameters():
        assert torch.equal(tensor, tensor.half().float()), name
    again = ship.measure(Lifter(network, card), observe_takes(read_packs(packs, "val")), True)
    assert again["mpjpe_mm"] == figures["val_exact_flip_mpjpe_mm"]


@pytest.mark.parametrize("asked, told", [(0, None), (1, 1), (2, None), (5, None)])
def test_a_shipped_lifter_tells_of_how_many_takes_its_figures_are(
    ship, lifter, two_takes, tmp_path, monkeypatch, asked, told
) -> None:
    shipped, measured = tmp_path / "lifter-9.pth", []
    monkeypatch.setattr(ship, "measure", lambda _, seen, flip: measured.append(len(seen)) or {})
    arguments = [
        str(lifter),
        str(shipped),
        "--data-dir",
        str(two_takes),
        "--takes",
        str(asked),
        *TERMS,
    ]
    run = CliRunner().invoke(ship.main, arguments, catch_exceptions=False)
    assert run.exit_code == 0
    assert load_lifter(shipped)[1].metrics == {"val_takes": told}
    assert set(measured) == {CAMERAS_PER_TAKE * (told or 2)}


def test_what_was_shipped_stays_until_all_is_measured(
    ship, lifter, two_takes, tmp_path, monkeypatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    shipped = tmp_path / "lifter-9.pth"
    shipped.write_bytes(b"the last one")
    monkeypatch.setattr(ship, "measure", stopped)
    arguments = [str(lifter), str(shipped), "--data-dir", str(two_takes), *TERMS]
    run = CliRunner().invoke(ship.main, arguments)
    assert run.exit_code == 130
    assert shipped.read_bytes() == b"the last one" and len(list(tmp_path.iterdir())) == 1


def test_a_lifter_without_terms_is_not_shipped(ship, lifter, two_takes, tmp_path) -> None:
    shipped = tmp_path / "lifter-9.pth"
    run = CliRunner().invoke(ship.main, [str(lifter), str(shipped), "--data-dir", str(two_takes)])
    assert run.exit_code != 0 and "--licence" in run.output
    assert not shipped.exists()


def test_a_shipped_card_names_its_terms_and_no_folder(ship, lifter) -> None:
    _, card = load_lifter(lifter)
    card = replace(card, recipe={**card.recipe, "init": "/home/somebody/runs/a/last.pth"})
    told = ship.for_strangers(card, "walks", "PDDL")
    assert (told.data, told.licence, told.recipe["init"]) == ("walks", "PDDL", "last.pth")
    assert ship.for_strangers(told, "", "").licence == "PDDL"


def test_a_doubtful_scale_of_the_errors_is_told(ship, lifter, monkeypatch, capsys) -> None:
    scale = ErrorScale(np.ones(17), float(EXPONENTS[-1]))
    monkeypatch.setattr(ship, "scale_errors", lambda *_: {CENTRE: scale})
    ship.fit_errors(Lifter.load(str(lifter)), [])
    told = capsys.readouterr()
    assert "errors of the centre: 1.00 s^2.50" in told.out
    assert "warning: errors of the centre: the exponent 2.50 is at an end" in told.err
