"""A lifter of the body that learns feet and palms begins with the body it knows."""

from __future__ import annotations

import pytest
import torch

from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.skeleton import H36M17, H36M25
from glagcn_training.engine.hooks import LIFTER
from glagcn_training.engine.network import build_network
from glagcn_training.engine.report import report_run
from tests.helpers.extremity_packs import write_whole_pack
from tests.helpers.small_runs import small_recipe, trained, untrained_lifter
from tests.helpers.synthetic_motion import write_pack

SETTINGS = ("network.window=9", f"network.joint_set={H36M25.name}",
            "data.conversion=coco25-h36m25-v1")  # fmt: skip


def both(tmp_path):
    """Return the lifter of the body, shaken so that nothing is 0, and the one begun with it."""
    path = untrained_lifter(tmp_path / "body.pth")
    body = load_lifter(path)[0]
    whole = build_network(small_recipe(*SETTINGS, f"init={path}"))
    return body, whole.eval()


def test_the_body_comes_out_as_before(tmp_path):
    body, whole = both(tmp_path)
    seen = torch.randn(4, 9, len(H36M25), 3)
    with torch.no_grad():
        expected, found = body(seen[:, :, : len(H36M17)].contiguous()), whole(seen)
    for name in ("centre", "centre_error"):
        torch.testing.assert_close(
            getattr(found, name)[:, : len(H36M17)], getattr(expected, name), rtol=0, atol=0
        )
    torch.testing.assert_close(
        found.sequence[:, :, : len(H36M17)], expected.sequence, rtol=0, atol=0
    )
    torch.testing.assert_close(found.up, expected.up)
    assert found.centre.shape[1] == len(H36M25)


def test_a_trained_body_may_read_its_feet(tmp_path):
    """What the adaptive graph bars, learned weights allow."""
    _, whole = both(tmp_path)
    seen = torch.randn(2, 9, len(H36M25), 3)
    moved = seen.clone()
    moved[:, :, len(H36M17) :] += 1.0
    with torch.no_grad():
        before, after = (whole(one).centre[:, : len(H36M17)] for one in (seen, moved))
        assert torch.equal(before, after)
        for block in whole.layers_global:
            block.gcn1.PA[:, len(H36M17) :] += 0.1
            block.gcn1.bn.weight.fill_(1.0)
        changed = [whole(one).centre[:, : len(H36M17)] for one in (seen, moved)]
    assert not torch.allclose(*changed)


@pytest.mark.parametrize("validations", [0, 1])
def test_a_run_learns_feet_and_palms_from_packs_with_and_without(tmp_path, validations):
    packs = tmp_path / "packs"
    packs.mkdir()
    write_whole_pack(packs / "whole.npz", splits=("train", "val"))
    write_pack(packs / "body.npz", ("train", "train"))
    recipe = small_recipe(
        "network.window=9", "data.shares=whole=1 body=1", f"schedule.validations={validations}",
        "schedule.steps=2", config="mocap_feet_27",
    )  # fmt: skip
    run = trained(recipe, packs, tmp_path / "run")
    report_run(run)
    network, card = load_lifter(tmp_path / "run" / LIFTER)
    assert network.joint_set is H36M25
    assert (card.conversion, card.architecture.joint_set) == ("coco25-h36m25-v1", "h36m25")
    log = (tmp_path / "run" / "log.jsonl").read_text()
    assert "loss_extremity_direction" in log
    assert "NaN" not in log


def test_the_same_architecture_has_weights_of_25_joints():
    recipe = small_recipe(*SETTINGS)
    assert build_lifter(recipe.network).head_local.weight.shape[0] == len(H36M25)
