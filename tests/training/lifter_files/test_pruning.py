"""Pruning: what is dead goes and changes nothing; what goes is replaced as well as it can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from glagcn_cli.errors import CheckpointError, InputError, OutputError
from glagcn_cli.lifting.checkpoints import LifterCard, load_lifter, save_lifter
from glagcn_cli.lifting.normalisation import PERSON
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.blocks import GraphTemporalBlock
from glagcn_cli.model.gla_gcn import GLAGCN, ReleasedGLAGCN, build_lifter
from glagcn_training.lifter_files import pruning
from glagcn_training.lifter_files.prune_file import prune_checkpoint
from glagcn_training.lifter_files.pruning import prune, width_at
from glagcn_training.networks.compute_cost import architecture_macs
from tests.helpers.synthetic_motion import write_pack

torch.set_num_threads(1)

WIDTH = 16
DEAD = torch.tensor([0, 3, 4, 9])
DEAD_INNER = torch.tensor([1, 2, 11, 15])


def network(seed: int = 0, **numbers) -> GLAGCN:
    """A network whose every part says something, as if trained."""
    torch.manual_seed(seed)
    small = {"window": 9, "channels": WIDTH, "global_blocks": 2, "dropout": 0.0}
    made = GLAGCN(Architecture(**(small | numbers)))
    for module in made.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            module.momentum = None  # statistics are those of all that was seen
    for name, parameter in made.named_parameters():
        if name.endswith("PA"):
            nn.init.normal_(parameter, std=0.05)
    with torch.no_grad():
        for inputs, _ in batches(3, seed=5):
            made(inputs[:, :, : len(made.joint_set)])
    return made.eval()


def batches(count: int = 4, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(6, 9, 17, 2, generator=random), torch.randn(6, 9, 17, 3, generator=random))
        for _ in range(count)
    ]


def blocks_of(made: GLAGCN) -> list[GraphTemporalBlock]:
    return [*made.layers_global, *made.layers_tcngcn]  # type: ignore[list-item]


@torch.no_grad()
def kill(made: GLAGCN) -> None:
    """Make some channels zero everywhere, and a quarter of every graph's embeddings."""

    def silence(norm: nn.Module, channels: Tensor) -> None:
        for name in ("weight", "bias"):
            norm.get_parameter(name)[channels] = 0

    first = blocks_of(made)[0]
    silence(first.gcn1.bn, DEAD_INNER)
    silence(first.gcn1.down.get_submodule("1"), DEAD_INNER)
    assert first.residual is not None
    silence(first.residual.get_submodule("bn"), DEAD)
    for number, block in enumerate(blocks_of(made)):
        silence(block.tcn1.bn, DEAD)
        if number:
            silence(block.gcn1.bn, DEAD)
        for subset in range(3):
            layer = block.gcn1.conv_b[subset]
            for name in ("weight", "bias"):
                layer.get_parameter(name)[(number + subset) % 4] = 0


def worst_difference(one: GLAGCN, other: GLAGCN) -> float:
    x = batches(1, seed=77)[0][0]
    with torch.no_grad():
        pairs = zip(one(x)[:2], other(x)[:2], strict=True)  # sequence and centre
        return max((a - b).abs().max().item() for a, b in pairs)


@pytest.mark.parametrize("shared_head", [False, True])
def test_dead_channels_go_and_nothing_changes(shared_head) -> None:
    whole = network(shared_head=shared_head)
    kill(whole)
    before = {name: tensor.clone() for name, tensor in whole.state_dict().items()}
    narrow = prune(whole, WIDTH - len(DEAD), batches())
    assert narrow.architecture == replace(whole.architecture, channels=12)
    assert worst_difference(whole, narrow) < 1e-5
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_living_channels_do_not_go_unnoticed() -> None:
    """The test above could not tell otherwise."""
    whole = network()
    kill(whole)
    assert worst_difference(whole, prune(whole, WIDTH - len(DEAD) - 1, batches())) > 1e-2


def test_nothing_to_prune_gives_the_same_network() -> None:
    whole = network()
    assert worst_difference(whole, prune(whole, WIDTH, batches())) < 1e-5


@pytest.mark.parametrize("channels", [4, 8, 11])
def test_every_tensor_has_the_shape_of_the_narrower_network(channels) -> None:
    narrow = prune(network(), channels, iter(batches(1)))
    fresh = build_lifter(narrow.architecture)
    assert narrow.architecture.channels == channels and not narrow.training
    assert {k: v.shape for k, v in narrow.state_dict().items()} == {
        k: v.shape for k, v in fresh.state_dict().items()
    }
    assert all(parameter.requires_grad for parameter in narrow.parameters())


def test_what_goes_is_replaced_by_what_repeats_it(monkeypatch) -> None:
    """Channels that carry the same as others are dropped; the others speak for them."""
    whole = network()
    with torch.no_grad():
        for block in blocks_of(whole):
            for name, tensor in block.state_dict().items():
                if ".conv_a" in name or ".conv_b" in name:
                    tensor[3] = 0
                elif not name.endswith("PA") and tensor.dim() > 0:
                    tensor[DEAD] = tensor[[1, 2, 5, 6]]
    alive = torch.tensor([c for c in range(WIDTH) if c not in DEAD])
    embeddings = [[torch.arange(3)] * 3 for _ in blocks_of(whole)]
    chosen = pruning._Remaining(alive, alive, embeddings)
    monkeypatch.setattr(pruning, "_choose", lambda *_: chosen)
    replaced = worst_difference(whole, prune(whole, len(alive), batches()))
    monkeypatch.setattr(pruning, "_stand_in", lambda *_: None)
    left_out = worst_difference(whole, prune(whole, len(alive), batches()))
    assert replaced < 0.01 < 0.5 < left_out


def test_the_same_batches_give_the_same_channels() -> None:
    first, second = (prune(network(), 8, batches()).state_dict() for _ in range(2))
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize("channels", [3, WIDTH + 1])
def test_impossible_widths_are_refused(channels) -> None:
    with pytest.raises(ValueError, match="cannot prune 16 channels"):
        prune(network(), channels, batches())


def test_pruning_without_batches_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one batch"):
        prune(network(), 8, [])


@pytest.mark.parametrize("variant, share", [("paper", 0.5), ("released", 0.3), ("paper", 1.0)])
def test_the_width_is_the_largest_that_costs_at_most_a_share(variant, share) -> None:
    whole = Architecture(variant, window=9, channels=18)
    found = width_at(whole, share)
    costs = [
        architecture_macs(replace(whole, channels=channels)) for channels in (found, found + 4, 18)
    ]
    assert found % 4 == 0 and costs[0] <= share * costs[2] < costs[1]


def test_no_width_is_narrow_enough() -> None:
    with pytest.raises(ValueError, match="no width"):
        width_at(Architecture(window=9, channels=8), 0.01)


@pytest.fixture
def packs(tmp_path) -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    write_pack(folder / "walk.npz", ("train", "train", "val"))
    return folder


def saved(path: Path, made: GLAGCN | ReleasedGLAGCN) -> Path:
    card = LifterCard(made.architecture, PERSON, data="steps", recipe={"seed": 4}, metrics={"a": 1})
    save_lifter(path, made, card)
    return path


def test_a_pruned_file_loads_as_any_lifter(tmp_path, packs) -> None:
    lifter = saved(tmp_path / "wide.pth", network())
    out = tmp_path / "narrow.pth"
    assert prune_checkpoint(lifter, out, packs) == load_lifter(out)[1].architecture
    narrow, card = load_lifter(out)
    assert card.architecture.channels == width_at(network().architecture) < WIDTH
    assert (card.data, card.metrics, card.recipe["seed"]) == ("steps", {}, 4)
    assert card.recipe["pruned_from"] == {"file": "wide.pth", "channels": WIDTH, "share": 0.5}
    said = narrow(batches(1)[0][0])
    assert said.sequence.shape == (6, 9, 17, 3) and said.centre.shape == (6, 17, 3)


def test_channels_are_chosen_on_what_the_lifter_was_trained_on(tmp_path, monkeypatch) -> None:
    made, asked = network(), {}
    data = {"dataset": "h36m", "keypoints": "cpn_ft_h36m_dbb", "holdout": "S1"}
    card = LifterCard(made.architecture, PERSON, data="x", recipe={"data": data})
    save_lifter(tmp_path / "wide.pth", made, card)

    def read(dataset, data_dir, split, **options):
        asked.update(options)
        raise InputError("no data here")

    monkeypatch.setattr("glagcn_training.lifter_files.prune_file.read_takes", read)
    for dataset, expected in (
        ("h36m", {"keypoints": "cpn_ft_h36m_dbb", "holdout": "S1"}),
        ("mocap", {"keypoints": "", "holdout": "default"}),
    ):
        with pytest.raises(InputError):
            prune_checkpoint(tmp_path / "wide.pth", tmp_path / "o.pth", tmp_path, dataset=dataset)
        assert asked == expected


def test_what_cannot_be_pruned_is_refused(tmp_path, packs) -> None:
    released = build_lifter(Architecture("released", window=9, channels=8))
    file = saved(tmp_path / "released.pth", released)
    with pytest.raises(CheckpointError, match="released variant"):
        prune_checkpoint(file, tmp_path / "out.pth", packs)
    fewer_joints = network(joint_set="humaneva15", channels=8, global_blocks=1)
    file = saved(tmp_path / "humaneva.pth", fewer_joints)
    with pytest.raises(CheckpointError, match="joints of humaneva15, but mocap has h36m17"):
        prune_checkpoint(file, tmp_path / "out.pth", packs)
    with pytest.raises(OutputError, match="exists already"):
        prune_checkpoint(file, file, packs)
