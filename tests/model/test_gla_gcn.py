from __future__ import annotations

import io
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import nn

import glagcn_cli
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import GLAGCN, LifterOutput, ReleasedGLAGCN, build_lifter
from glagcn_cli.model.heads import JointHead

torch.set_num_threads(1)

SMALL = {"channels": 8, "global_blocks": 2}


def fresh(seed: int = 0, **numbers) -> GLAGCN | ReleasedGLAGCN:
    torch.manual_seed(seed)
    network = build_lifter(Architecture(**numbers))
    for module in network.modules():  # so that graph convolutions say something
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    return network.eval()


def windows(frames: int, batch: int = 2) -> torch.Tensor:
    generator = torch.Generator().manual_seed(frames)
    return torch.randn(batch, frames, 17, 2, generator=generator)


@pytest.mark.parametrize("window, count", [(27, 844_076), (81, 1_096_466), (243, 1_348_856)])
def test_the_released_variant_has_the_published_number_of_parameters(window, count) -> None:
    network = build_lifter(Architecture("released", window=window))
    assert sum(parameter.numel() for parameter in network.parameters()) == count


NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
LAYER = ["weight", "bias"]


def block_keys(prefix: str, *, changes_channels: bool) -> set[str]:
    """What a released checkpoint stores of one block."""
    keys = {f"{prefix}.gcn1.PA"}
    keys |= {f"{prefix}.gcn1.conv_{c}.{k}.{p}" for c, k, p in product("abd", range(3), LAYER)}
    keys |= {f"{prefix}.gcn1.bn.{p}" for p in NORM}
    keys |= {f"{prefix}.tcn1.conv.{p}" for p in LAYER} | {f"{prefix}.tcn1.bn.{p}" for p in NORM}
    if changes_channels:
        keys |= {f"{prefix}.gcn1.down.0.{p}" for p in LAYER}
        keys |= {f"{prefix}.gcn1.down.1.{p}" for p in NORM}
        keys |= {f"{prefix}.residual.conv.{p}" for p in LAYER}
        keys |= {f"{prefix}.residual.bn.{p}" for p in NORM}
    return keys


@pytest.mark.parametrize("window, levels", [(27, 3), (81, 4), (243, 5)])
def test_the_released_variant_has_the_released_names(window: int, levels: int) -> None:
    expected = {f"data_bn.{p}" for p in NORM} | {f"fc.{p}" for p in LAYER}
    expected |= block_keys("expand_gcn", changes_channels=True)
    for block in range(2 * levels):
        expected |= block_keys(f"layers_tcngcn.{block}", changes_channels=False)
    state = build_lifter(Architecture("released", window=window)).state_dict()
    assert set(state) == expected
    assert state["data_bn.weight"].shape == (34,)
    assert state["expand_gcn.gcn1.PA"].shape == (3, 17, 17)
    assert state["layers_tcngcn.1.tcn1.conv.weight"].shape == (96, 96, 9, 1)
    assert state["fc.weight"].shape == (3, 96, 1)


def told(output: LifterOutput) -> tuple[torch.Tensor, ...]:
    """What a network did say."""
    return tuple(tensor for tensor in output if tensor is not None)


@pytest.mark.parametrize("window", [27, 81, 243])
def test_the_paper_network_gives_the_sequence_and_the_centre(window: int) -> None:
    network = fresh(window=window, **SMALL)
    with torch.no_grad():
        said = network(windows(window))
    assert said.sequence.shape == (2, window, 17, 3) and said.centre.shape == (2, 17, 3)
    assert said.sequence_error is said.centre_error is said.up is None


@pytest.mark.parametrize("window", [27, 81, 243])
def test_the_released_network_gives_the_centre(window: int) -> None:
    network = fresh(variant="released", window=window, channels=8)
    with torch.no_grad():
        said = network(windows(window))
    assert said.centre.shape == (2, 17, 3) and said.sequence is None


@pytest.mark.parametrize("variant", ["paper", "released"])
@pytest.mark.parametrize("edge", [0, 26])
def test_the_centre_hears_the_whole_window(variant: str, edge: int) -> None:
    network = fresh(variant=variant, window=27, **SMALL)
    x = windows(27).requires_grad_()
    network(x).centre.square().sum().backward()
    assert x.grad[:, edge].abs().max() > 0


@pytest.mark.parametrize("frames", [1, 2, 27, 40])
def test_sequence_runs_on_any_number_of_frames(frames: int) -> None:
    network = fresh(window=27, **SMALL)
    with torch.no_grad():
        assert network.sequence(windows(frames)).sequence.shape == (2, frames, 17, 3)


def test_sequence_is_the_first_output_of_forward() -> None:
    network = fresh(window=27, **SMALL)
    with torch.no_grad():
        alone, together = network.sequence(windows(27)), network(windows(27))
    torch.testing.assert_close(alone.sequence, together.sequence)
    assert alone.centre is None


def test_samples_of_a_batch_do_not_hear_each_other() -> None:
    network = fresh(window=27, **SMALL).double()
    x = windows(27, batch=3).double()
    with torch.no_grad():
        together, alone = network(x), network(x[1:2])
    for whole, single in zip(told(together), told(alone), strict=True):
        torch.testing.assert_close(whole[1:2], single)


def test_the_input_norm_is_joint_major() -> None:
    """The numbers of a frame are ordered x0 y0 x1 y1 ..., as released checkpoints store them."""
    network = fresh(variant="released", window=3, channels=8)
    with torch.no_grad():
        network.data_bn.running_mean.copy_(torch.arange(34.0))
    x = torch.arange(34.0).reshape(1, 1, 17, 2).expand(1, 3, 17, 2)
    assert network._features(x).shape == (1, 2, 17, 3)
    assert not network._features(x).any()


@pytest.mark.parametrize("shared", [False, True])
def test_heads(shared: bool) -> None:
    """Unshared, no joint's output depends on another's features; shared, one layer serves all."""
    torch.manual_seed(1)
    head = JointHead(8, 17, shared)
    nn.init.normal_(head.bias)
    x = torch.randn(2, 8, 17, 5, requires_grad=True)
    y = head(x)
    for joint in range(17):
        (gradient,) = torch.autograd.grad(y[:, :, joint].sum(), x, retain_graph=True)
        others = [other for other in range(17) if other != joint]
        assert gradient[:, :, joint].abs().min() > 0
        assert not gradient[:, :, others].any()
        of = 0 if shared else joint
        expected = torch.einsum("nct,cd->ntd", x[:, :, joint], head.weight[of]) + head.bias[of]
        torch.testing.assert_close(y[:, :, joint], expected)
    assert head.weight.shape == (1 if shared else 17, 8, 3)
    same = torch.ones(1, 8, 17, 1)
    outputs = head(same)[0, 0]
    assert bool(torch.allclose(outputs, outputs[:1].expand(17, 3))) == shared


def test_shared_heads_have_a_17th_of_the_weights() -> None:
    def size(shared: bool) -> int:
        network = build_lifter(Architecture(window=27, shared_head=shared, **SMALL))
        return sum(p.numel() for n, p in network.named_parameters() if n.startswith("head"))

    assert size(False) == 17 * size(True) == 2 * 17 * (8 * 3 + 3)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_a_fresh_network_starts_as_its_shortcuts(variant: str) -> None:
    network = build_lifter(Architecture(variant, window=27, **SMALL))
    norms = [m.bn.weight for m in network.modules() if hasattr(m, "PA")]
    assert len(norms) == 6 + (2 if variant == "paper" else 1)
    assert all((weight == 1e-6).all() for weight in norms)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_wrong_shapes_are_refused(variant: str) -> None:
    network = fresh(variant=variant, window=27, **SMALL)
    for wrong in (torch.zeros(27, 17, 2), torch.zeros(1, 27, 16, 2), torch.zeros(1, 27, 17, 3)):
        with pytest.raises(ValueError, match="expected"):
            network(wrong)


@pytest.mark.parametrize("variant", ["paper", "released"])
@pytest.mark.parametrize("frames", [26, 28, 81])
def test_windows_of_another_length_are_refused(variant: str, frames: int) -> None:
    network = fresh(variant=variant, window=27, **SMALL)
    with pytest.raises(ValueError, match="27"):
        network(windows(frames))


@pytest.mark.parametrize("window", [0, -3, 9.5, 26, 28, 100])
def test_a_window_is_a_power_of_three(window: int) -> None:
    with pytest.raises(ValueError, match="power of 3"):
        Architecture(window=window)


@pytest.mark.parametrize(
    "numbers", [{"variant": "other"}, {"global_blocks": 0}, {"channels": 3}, {"in_channels": 4}]
)
def test_numbers_that_make_no_network_are_refused(numbers) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        Architecture(**numbers)


class Told(nn.Module):
    """A network without what it does not say: traced modules return no None."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return told(self.network(x))


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("variant", ["paper", "released"])
def test_forward_can_be_traced_saved_and_run_on_another_batch(variant: str) -> None:
    network = fresh(variant=variant, window=27, **SMALL)
    with torch.no_grad():
        traced = torch.jit.trace(Told(network), windows(27), check_trace=False)
        file = io.BytesIO()
        torch.jit.save(traced, file)
        file.seek(0)
        again = torch.jit.load(file)
        for x in (windows(27), windows(27, batch=2) + 1):
            for a, b in zip(again(x), told(network(x)), strict=True):
                torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_forward_is_one_graph_for_any_batch(variant: str) -> None:
    """What `torch.export` accepts can be turned into ONNX; it refuses breaks in the graph."""
    network = fresh(variant=variant, window=9, **SMALL)
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(network, (windows(9),), dynamic_shapes=({0: batch},))
    x = windows(9, batch=5)
    with torch.no_grad():
        for a, b in zip(told(program.module()(x)), told(network(x)), strict=True):
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_no_module_moves_anything_to_a_gpu_by_itself() -> None:
    sources = sorted(Path(glagcn_cli.__file__).parent.rglob("*.py"))
    assert len(sources) > 20
    for source in sources:
        assert not re.search(r"\.cuda\(|\.to\(\s*[\"']cuda", source.read_text("utf-8")), source


def test_heads_for_uncertainty_and_gravity_speak_of_every_joint_and_frame() -> None:
    network = fresh(window=27, in_channels=3, uncertainty=True, gravity=True, **SMALL)
    said = network(torch.randn(2, 27, 17, 3))
    assert said.sequence_error.shape == (2, 27, 17) and said.centre_error.shape == (2, 17)
    assert (said.sequence_error > 0).all() and (said.centre_error > 0).all()
    torch.testing.assert_close(said.up.norm(dim=-1), torch.ones(2, 27))


def test_uncertainty_teaches_nothing_but_its_own_heads_and_gravity_all_before_it() -> None:
    network = fresh(window=27, uncertainty=True, gravity=True, **SMALL)

    def taught(told: torch.Tensor) -> set[str]:
        network.zero_grad()
        told.sum().backward()
        return {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}

    said = network(windows(27))
    assert taught(said.sequence_error.log() + 0) == {"error_global"}
    assert taught(network(windows(27)).centre_error.log()) == {"error_local"}
    assert taught(network(windows(27)).up) == {"data_bn", "layers_global", "gravity"}


def test_the_released_variant_has_no_such_heads() -> None:
    for head in ("uncertainty", "gravity"):
        with pytest.raises(ValueError, match=head):
            Architecture("released", **{head: True})


def test_a_graph_of_the_skeleton_alone_reaches_only_as_far_as_its_blocks() -> None:
    network = fresh(**SMALL, window=27, adaptive=False)
    assert not any("PA" in name or "conv_a" in name for name, _ in network.named_parameters())
    assert isinstance(network, GLAGCN)
    features = torch.zeros(1, 2, 17, 5)
    moved = features.clone()
    moved[:, :, 13] = 1.0  # the left wrist
    block = network.layers_global[0]
    with torch.no_grad():
        change = (block(moved) - block(features)).abs().amax(dim=(0, 1, 3))
    assert set(torch.nonzero(change > 1e-6)[:, 0].tolist()) == {12, 13}


def test_a_local_module_without_strides_reads_its_middle_frame() -> None:
    strided, plain = (fresh(**SMALL, window=27, strided=strided) for strided in (True, False))
    sizes = {name: parameter.shape for name, parameter in strided.named_parameters()}
    assert sizes == {name: parameter.shape for name, parameter in plain.named_parameters()}
    seen = windows(27)
    with torch.no_grad():
        assert plain(seen).centre.shape == (2, 17, 3)
        assert not torch.allclose(plain(seen).centre, strided(seen).centre)


def test_the_released_variant_has_no_other_graph() -> None:
    with pytest.raises(ValueError, match="adaptive and strided"):
        Architecture("released", adaptive=False)
