"""What a run begins with: fresh weights, or those of another lifter."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.errors import CheckpointError, UsageError
from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.model.blocks import strided_level
from glagcn_cli.skeleton import H36M17
from glagcn_training.engine.network import build_network, has_idle_parts
from glagcn_training.engine.runner import TrainingRun
from glagcn_training.losses import lifting_losses
from tests.helpers.small_runs import small_packs, small_recipe, trained


@pytest.fixture
def packs(tmp_path):
    return small_packs(tmp_path / "packs")


@pytest.mark.parametrize(
    ("overrides", "filmed", "idle"),
    [
        ([], False, False),
        ([], True, True),
        (["network.gravity=false", "loss.gravity=0"], True, False),
        (["loss.gravity=0"], False, True),
        (["loss.uncertainty=0"], False, True),
        (["loss.sequence=0", "validation.branch=centre"], False, True),
        (["loss.centre=0"], False, True),
    ],
)
def test_parts_that_no_loss_reaches(overrides, filmed, idle):
    """Of them data parallelism has to be told: it waits for their gradients else."""
    recipe = small_recipe(*overrides)
    assert has_idle_parts(recipe, filmed) == idle
    if not filmed:
        network = build_network(recipe).train()
        said = network(torch.randn(2, recipe.network.window, 17, 3))
        window = torch.randn(2, recipe.network.window, 17, 3)
        losses = lifting_losses(said, window, window[:, :, 0], H36M17, recipe.loss)
        torch.stack(list(losses.values())).sum().backward()
        unreached = any(p.grad is None for p in network.parameters())
        assert unreached <= idle  # to say so where there are none only costs time


def test_a_longer_window_takes_over_what_fits(packs, tmp_path):
    short = trained(small_recipe("schedule.steps=2"), packs, tmp_path / "short")
    given = tmp_path / "short" / "lifter.pth"
    longer = small_recipe("network.window=81", "schedule.steps=1", f"init={given}")
    run = TrainingRun.open(longer, packs, tmp_path / "long")
    state = run.model.network.state_dict()
    for name, tensor in load_lifter(given)[0].state_dict().items():
        torch.testing.assert_close(state[name], tensor)
    assert len(state) > len(short.model.network.state_dict())


def test_a_broken_init_is_an_error(packs, tmp_path):
    (tmp_path / "broken.pth").write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError):
        TrainingRun.open(small_recipe(f"init={tmp_path / 'broken.pth'}"), packs, tmp_path / "r")


def test_a_wider_lifter_is_no_beginning(packs, tmp_path):
    trained(small_recipe("schedule.steps=1", "network.channels=16"), packs, tmp_path / "run")
    given = tmp_path / "run" / "lifter.pth"
    with pytest.raises(UsageError, match=r"--set network.channels=16"):
        build_network(small_recipe("network.channels=8", f"init={given}"))


def test_added_channels_learn(packs, tmp_path):
    trained(small_recipe("schedule.steps=1"), packs, tmp_path / "run")
    given = f"init={tmp_path / 'run' / 'lifter.pth'}"
    wider = small_recipe("network.channels=12", "schedule.steps=3", given)
    before = build_network(wider).head_local.weight[:, 8:]
    after = trained(wider, packs, tmp_path / "wide").model.network.head_local.weight[:, 8:]
    assert (before == 0).all() and (after != 0).all()


def test_a_lifter_that_read_other_2d_is_taken_with_a_warning(packs, tmp_path, caplog):
    trained(small_recipe("schedule.steps=1"), packs, tmp_path / "run")
    given = f"init={tmp_path / 'run' / 'lifter.pth'}"
    build_network(small_recipe(given))
    assert "normalised" not in caplog.text
    build_network(small_recipe(given, "data.normalisation=image"))
    assert "was trained on 2D normalised by 'person', this run uses 'image'" in caplog.text


def test_a_lifter_of_x_and_y_begins_one_that_reads_scores_too(packs, tmp_path):
    """At the start it says what it said, whatever the scores are."""
    plain = small_recipe("schedule.steps=2", "network.in_channels=2")
    trained(plain, packs, tmp_path / "plain")
    given = tmp_path / "plain" / "lifter.pth"
    network = build_network(small_recipe(f"init={given}")).eval()
    x = torch.randn(3, 27, 17, 3)
    with torch.no_grad():
        expected = load_lifter(given)[0](x[..., :2])
        torch.testing.assert_close(network(x).sequence, expected.sequence)
        torch.testing.assert_close(network(x).centre, expected.centre)


def test_a_level_that_a_longer_window_adds_begins_as_its_skip(packs, tmp_path):
    trained(small_recipe("schedule.steps=1"), packs, tmp_path / "short")
    given = tmp_path / "short" / "lifter.pth"
    longer = build_network(small_recipe("network.window=81", f"init={given}")).eval()
    keep, shrink = longer.layers_tcngcn[6:8]
    x = torch.rand(2, 8, 17, 3)
    with torch.no_grad():
        torch.testing.assert_close(strided_level(x, keep, shrink), x[..., 1::3], atol=1e-4, rtol=0)
        assert longer.layers_tcngcn[5].tcn1.bn.weight.min() > 0.5
