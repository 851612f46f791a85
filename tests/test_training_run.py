"""Training, resuming and evaluation on a small pack made on the spot."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from synthetic_motion import write_pack

from glagcn_cli.checkpoints import load_lifter
from glagcn_cli.errors import CheckpointError
from glagcn_cli.model.architecture import Architecture
from glagcn_training import cli
from glagcn_training.data.packs import read_packs
from glagcn_training.evaluate import constant_predictor, evaluate, observe_clips
from glagcn_training.samples import Augmentation
from glagcn_training.train import TrainingRun, TrainingSettings, learning_rate

SMALL = Architecture(window=27, channels=8, global_blocks=1, dropout=0.0)
CPU = torch.device("cpu")


@pytest.fixture
def packs(tmp_path):
    folder = tmp_path / "packs"
    folder.mkdir()
    write_pack(folder / "walk.npz", ("train", "train", "val"))
    return folder


def settings(**changes):
    return TrainingSettings(SMALL, Augmentation(), **({"steps": 6, "batch": 4} | changes))


def weights(path):
    return load_lifter(path)[0].state_dict()


def test_a_resumed_run_ends_as_one_that_was_not_interrupted(packs, tmp_path):
    whole = TrainingRun(settings(), packs, tmp_path / "whole", CPU)
    whole.run()
    first = TrainingRun(settings(), packs, tmp_path / "cut", CPU)
    for _ in range(3):
        first.train_step()
    first.save()
    second = TrainingRun(settings(), packs, tmp_path / "cut", CPU)
    second.resume()
    assert second.step == 3
    second.run()
    expected, found = whole.network.state_dict(), second.network.state_dict()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=0)


def test_a_checkpoint_says_what_it_was_trained_on(packs, tmp_path):
    TrainingRun(settings(steps=1), packs, tmp_path / "a", CPU).run()
    assert load_lifter(tmp_path / "a" / "lifter.pth")[1].data == "walk.npz"
    told = settings(steps=1, data="my own steps", licence="CC0")
    TrainingRun(told, packs, tmp_path / "b", CPU).run()
    card = load_lifter(tmp_path / "b" / "lifter.pth")[1]
    assert (card.data, card.licence) == ("my own steps", "CC0")
    assert card.recipe["steps_done"] == 1


def test_another_seed_gives_other_weights(packs, tmp_path):
    for seed in (1, 2):
        TrainingRun(settings(seed=seed), packs, tmp_path / str(seed), CPU).run()
    first, second = (weights(tmp_path / str(seed) / "lifter.pth") for seed in (1, 2))
    assert not torch.equal(first["head_global.weight"], second["head_global.weight"])


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_the_loss_falls(packs, tmp_path, variant):
    architecture = Architecture(variant, 27, 16, global_blocks=2, dropout=0.0)
    run = TrainingRun(
        TrainingSettings(architecture, steps=60, batch=8, rate=5e-3), packs, tmp_path / "r", CPU
    )
    losses = [run.train_step() for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.6 * np.mean(losses[:3])


def test_a_longer_window_takes_over_what_fits(packs, tmp_path):
    TrainingRun(settings(steps=2), packs, tmp_path / "short", CPU).run()
    given = tmp_path / "short" / "lifter.pth"
    longer = Architecture(window=81, channels=8, global_blocks=1, dropout=0.0)
    run = TrainingRun(
        TrainingSettings(longer, steps=1, batch=2, init=str(given)), packs, tmp_path / "long", CPU
    )
    for name, tensor in weights(given).items():
        torch.testing.assert_close(run.network.state_dict()[name], tensor)


def test_a_broken_init_is_an_error(packs, tmp_path):
    (tmp_path / "broken.pth").write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError):
        TrainingRun(settings(init=str(tmp_path / "broken.pth")), packs, tmp_path / "r", CPU)


def test_the_learning_rate_rises_then_falls():
    run = settings(steps=1000, rate=1.0)
    rates = [learning_rate(run, step) for step in range(1000)]
    top = int(np.argmax(rates))
    assert rates[0] < 0.05 and max(rates) == pytest.approx(1.0, abs=1e-3)
    assert (np.diff(rates[: top + 1]) > 0).all() and (np.diff(rates[top:]) <= 0).all()
    assert rates[-1] == pytest.approx(0.01, abs=1e-3)


def test_evaluation_of_the_truth_is_zero_and_repeats(packs):
    clips = read_packs(packs, "val")
    seen = observe_clips(clips, "exact")
    again = observe_clips(clips, "exact")
    np.testing.assert_array_equal(seen[0].keypoints, again[0].keypoints)
    truth = iter([s.joints for s in seen])
    figures = evaluate(lambda keypoints, fov: next(truth), seen)
    assert figures["mpjpe"] == figures["mpjve"] == 0
    assert figures["p_mpjpe"] == pytest.approx(0, abs=1e-6)
    assert figures["frames"] == sum(len(s.joints) for s in seen)


def test_evaluation_is_in_millimetres(packs):
    seen = observe_clips(read_packs(packs, "val"), "exact")
    truth = iter([s.joints + np.array([0.0, 0.01, 0.0]) for s in seen])
    assert evaluate(lambda keypoints, fov: next(truth), seen)["mpjpe"] == pytest.approx(10)


def test_noise_changes_the_2d_and_not_the_truth(packs):
    clips = read_packs(packs, "val")
    exact, noisy = observe_clips(clips, "exact")[0], observe_clips(clips, "detector")[0]
    np.testing.assert_array_equal(exact.joints, noisy.joints)
    assert np.abs(exact.keypoints - noisy.keypoints).max() > 0.5


def test_the_constant_pose_is_the_same_in_every_frame(packs):
    seen = observe_clips(read_packs(packs, "train"), "exact")
    pose = constant_predictor(seen)(np.zeros((4, 17, 2)), 60.0)
    assert pose.shape == (4, 17, 3)
    assert np.ptp(pose, axis=0).max() == 0
    figures = evaluate(constant_predictor(seen), seen)
    assert figures["p_mpjpe"] < 120  # walkers are all alike


def test_train_then_eval_from_the_command_line(packs, tmp_path):
    runner = CliRunner()
    common = ["--dataset", "mocap", "--data-dir", str(packs), "--threads", "1", "--device", "cpu"]
    small = ["--channels", "8", "--global-blocks", "1", "--steps", "2", "--batch", "2"]
    result = runner.invoke(cli.train, [*common, "-o", str(tmp_path / "run"), *small])
    assert result.exit_code == 0, result.output
    report = tmp_path / "figures.json"
    chosen = ["--weights", str(tmp_path / "run" / "lifter.pth"), "--json", str(report)]
    result = runner.invoke(cli.evaluate, [*common, *chosen])
    assert result.exit_code == 0, result.output
    figures = json.loads(report.read_text())
    assert figures["setting"]["noise"] == "exact"
    assert figures["p_mpjpe"] <= figures["mpjpe"]
    assert figures["constant_pose_p_mpjpe"] > 0


def test_a_missing_data_folder_is_a_message(tmp_path):
    result = CliRunner().invoke(
        cli.train,
        ["--dataset", "mocap", "--data-dir", str(tmp_path / "none"), "-o", str(tmp_path / "run")],
    )
    assert result.exit_code == 1
    assert "no motion pack" in result.output and "Traceback" not in result.output
