"""Prunes channels of GLA-GCN: a narrower network that begins where the wide one stands.

Shortcuts carry every block's output to the next, so all blocks share one set of channels. This set
is pruned; the first block's inner channels and the embeddings have their own sets. Three steps:

1. Channels are scored by the first-order change of the loss without them: |activation x gradient|
   summed over positions, blocks and batches (Molchanov et al., CVPR 2019).
2. Each layer that reads a dropped channel reads its least-squares estimate from the remaining ones
   instead (after He et al., ICCV 2017). This matters more than the choice of score: with it, a
   random choice starts ahead of the best one without it.
3. Every tensor is sliced.

The result is a plain `GLAGCN`, to be trained further from its checkpoint.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from glagcn_cli.model.architecture import EMBEDDING_SHARE, Architecture
from glagcn_cli.model.blocks import GraphTemporalBlock, TemporalConvolution
from glagcn_cli.model.gla_gcn import GLAGCN
from glagcn_cli.model.graph import SUBSETS

from ..losses import LossWeights, lifting_losses
from ..networks.compute_cost import architecture_macs

WIDTH_STEP = EMBEDDING_SHARE  # so that embeddings shrink by the same share
RIDGE = 1e-4
"""Ridge of the least squares, as a share of the channels' mean variance."""

Batches = Iterable[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class _Remaining:
    """Numbers of the remaining channels, ascending.

    ``tied``: of all blocks' outputs. ``inner``: between the first block's two convolutions.
    ``embeddings``: of every block and subset.
    """

    tied: Tensor
    inner: Tensor
    embeddings: list[list[Tensor]]


def width_at(architecture: Architecture, share: float = 0.5) -> int:
    """Return the largest width, a multiple of 4, within a share of the multiply-accumulates.

    Raises
    ------
    ValueError
        Even the smallest width costs more.
    """
    most = share * architecture_macs(architecture)
    for channels in range(architecture.channels // WIDTH_STEP * WIDTH_STEP, 0, -WIDTH_STEP):
        if architecture_macs(replace(architecture, channels=channels)) <= most:
            return channels
    raise ValueError(f"no width costs at most {share:g} of {architecture}")


def prune(network: GLAGCN, channels: int, batches: Batches) -> GLAGCN:
    """Prune a network to the channels that matter most.

    Parameters
    ----------
    network
        A trained network; it is not changed.
    channels
        Width of the result.
    batches
        Inputs (N, T, V, C) and targets (N, T, V, 3), as in training, on the network's device. A few
        hundred windows suffice, and all are held in memory.

    Returns
    -------
    GLAGCN
        In evaluation mode, on the same device. If the dropped channels were zero everywhere, its
        output is that of `network`.

    Raises
    ------
    ValueError
        The width is above the network's or too small, or there is no batch.
    """
    if not EMBEDDING_SHARE <= channels <= network.architecture.channels:
        raise ValueError(
            f"cannot prune {network.architecture.channels} channels to {channels}; at least "
            f"{EMBEDDING_SHARE} must stay"
        )
    held = list(batches)
    if not held:
        raise ValueError("pruning needs at least one batch to score channels")
    whole = copy.deepcopy(network).eval().requires_grad_(True)
    remaining = _choose(whole, channels, held)
    _stand_in(whole, remaining, held)
    return _slice(whole, remaining)


def _blocks(network: nn.Module) -> dict[str, GraphTemporalBlock]:
    """Return all blocks by name, from input to output."""
    named = network.named_modules()
    return {name: block for name, block in named if isinstance(block, GraphTemporalBlock)}


def _top(scores: Tensor, count: int) -> Tensor:
    return scores.topk(count).indices.sort().values


def _choose(network: GLAGCN, channels: int, batches: Sequence[tuple[Tensor, Tensor]]) -> _Remaining:
    """Score all channels and take the best."""
    blocks = list(_blocks(network).values())
    device = blocks[0].gcn1.PA.device
    width = network.architecture.channels
    tied, inner = torch.zeros(2, width, device=device)
    embeddings = torch.zeros(len(blocks), SUBSETS, width // EMBEDDING_SHARE, device=device)
    features: dict[nn.Module, Tensor] = {}

    def keep(module: nn.Module, _: object, output: Tensor) -> None:
        output.retain_grad()
        features[module] = output

    watched = [*blocks, *(block.gcn1 for block in blocks)]
    with _hooks(module.register_forward_hook(keep) for module in watched):
        for inputs, targets in batches:
            network.zero_grad()
            output = network(inputs)
            terms = lifting_losses(output, targets, None, network.joint_set, LossWeights())
            (len(inputs) * sum(terms.values(), torch.zeros((), device=device))).backward()
            for module, feature in features.items():
                assert feature.grad is not None
                score = (feature.detach() * feature.grad).abs().sum(dim=(0, 2, 3))
                scores = inner if module is blocks[0].gcn1 else tied
                scores += score
            embeddings += torch.stack([_embedding_scores(block) for block in blocks])
    few = channels // EMBEDDING_SHARE
    return _Remaining(
        _top(tied, channels),
        _top(inner, channels),
        [[_top(scores, few) for scores in block] for block in embeddings],
    )


def _embedding_scores(block: GraphTemporalBlock) -> Tensor:
    """Return |d loss / d gate| of a gate on each embedding's similarity: (subsets, embeddings).

    The similarity is linear in theta and theta in its weights, so the gate's gradient is the sum of
    weight times gradient.
    """
    scores = []
    for layer in block.gcn1.conv_a:
        weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
        assert weight.grad is not None and bias.grad is not None
        change = (weight * weight.grad).sum(dim=(1, 2, 3)) + bias * bias.grad
        scores.append(change.abs().detach())
    return torch.stack(scores)


@contextmanager
def _hooks(handles: Iterable[torch.utils.hooks.RemovableHandle]) -> Iterator[None]:
    """Remove hooks at the end."""
    placed = list(handles)
    try:
        yield
    finally:
        for handle in placed:
            handle.remove()


class _Moments:
    """Mean and covariance of the channels that a layer reads, over positions and batches."""

    def __init__(self, channels: int, device: torch.device) -> None:
        self.count = 0
        self.sum = torch.zeros(channels, dtype=torch.float64, device=device)
        self.products = torch.zeros(channels, channels, dtype=torch.float64, device=device)

    def add(self, features: Tensor) -> None:
        """Add features (N, C, V, T)."""
        values = features.detach().transpose(0, 1).flatten(1).double()
        self.count += values.shape[1]
        self.sum += values.sum(dim=1)
        self.products += values @ values.T

    def predict(self, dropped: Tensor, remaining: Tensor) -> tuple[Tensor, Tensor]:
        """Fit dropped channels by least squares: matrix (dropped, remaining), offset (dropped,)."""
        mean = self.sum / self.count
        covariance = self.products / self.count - torch.outer(mean, mean)
        given = covariance[remaining][:, remaining]
        ridge = RIDGE * given.diagonal().mean() + torch.finfo(torch.float32).tiny
        given = given + ridge * torch.eye(len(remaining), dtype=given.dtype, device=given.device)
        matrix = torch.linalg.solve(given, covariance[remaining][:, dropped]).T
        return matrix.float(), (mean[dropped] - matrix @ mean[remaining]).float()


@torch.no_grad()
def _stand_in(
    network: GLAGCN, remaining: _Remaining, batches: Sequence[tuple[Tensor, Tensor]]
) -> None:
    """Let the remaining channels replace the dropped ones, in every layer that reads them."""
    blocks = list(_blocks(network).values())
    readers: list[tuple[nn.Module, Tensor]] = [(block, remaining.tied) for block in blocks[1:]]
    readers += [(block.tcn1, remaining.tied) for block in blocks[1:]]
    readers += [(blocks[0].tcn1, remaining.inner)]
    readers += [(network.head_global, remaining.tied), (network.head_local, remaining.tied)]
    width = network.architecture.channels
    moments = {module: _Moments(width, remaining.tied.device) for module, _ in readers}

    def read(module: nn.Module, inputs: tuple[Tensor]) -> None:
        moments[module].add(inputs[0])

    with _hooks(module.register_forward_pre_hook(read) for module, _ in readers):
        for inputs, _ in batches:
            network(inputs)
    everything = torch.arange(width, device=remaining.tied.device)
    for module, stay in readers:
        dropped = everything[~torch.isin(everything, stay)]
        matrix, offset = moments[module].predict(dropped, stay)
        for layer, share in _layers_reading(module):
            weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
            lost = weight[:, dropped]
            weight[:, stay] += torch.einsum("op...,pk->ok...", lost, matrix)
            constant = torch.einsum("op...,p->o...", lost, offset)
            bias.add_(share * constant.reshape(*bias.shape, -1).sum(dim=-1))


def _layers_reading(module: nn.Module) -> list[tuple[nn.Module, float]]:
    """Return the layers that read a module's input and how much of a constant reaches them.

    Weights are (outputs, inputs, ...). The graph multiplies a constant by its columns' sums; the
    columns of C_k sum to 1.
    """
    if isinstance(module, GraphTemporalBlock):
        gcn = module.gcn1
        sums = 1 + (gcn.A + gcn.PA).sum(dim=1).mean(dim=1)
        shares = [1.0] * 2 * SUBSETS + sums.tolist()
        return list(zip([*gcn.conv_a, *gcn.conv_b, *gcn.conv_d], shares, strict=True))
    return [(module.conv if isinstance(module, TemporalConvolution) else module, 1.0)]


def _slice(network: GLAGCN, remaining: _Remaining) -> GLAGCN:
    """Build the narrower network from rows and columns of the tensors."""
    numbers = replace(network.architecture, channels=len(remaining.tied))
    state = {name: tensor.detach() for name, tensor in network.state_dict().items()}
    for number, name in enumerate(_blocks(network)):
        first = number == 0
        source = torch.arange(numbers.in_channels).to(remaining.tied) if first else remaining.tied
        middle = remaining.inner if first else remaining.tied
        parts = {
            "gcn1.conv_d": (middle, source),
            "gcn1.bn": (middle, None),
            "gcn1.down": (middle, source),
            "tcn1": (remaining.tied, middle),
            "residual": (remaining.tied, source),
        }
        for k, embeddings in enumerate(remaining.embeddings[number]):
            parts |= {f"gcn1.conv_{c}.{k}": (embeddings, source) for c in "ab"}
            # Similarities are divided by the number of embeddings; this undoes the change.
            share = len(embeddings) / (network.architecture.channels // EMBEDDING_SHARE)
            for tensor in ("weight", "bias"):
                state[f"{name}.gcn1.conv_a.{k}.{tensor}"] = (
                    share * state[f"{name}.gcn1.conv_a.{k}.{tensor}"]
                )
        for part, (rows, columns) in parts.items():
            for key in state:
                if key.startswith(f"{name}.{part}."):
                    state[key] = _cut(state[key], rows, columns)
    for head in ("head_global", "head_local", "error_global", "error_local", "gravity"):
        if f"{head}.weight" in state:
            state[f"{head}.weight"] = state[f"{head}.weight"][:, remaining.tied]
    narrow = GLAGCN(numbers).to(remaining.tied.device)
    narrow.load_state_dict(state)  # strict: a tensor that was not cut does not fit
    return narrow.eval()


def _cut(tensor: Tensor, rows: Tensor, columns: Tensor | None) -> Tensor:
    """Return rows, and of a convolution's weight the columns too; counters have neither."""
    if tensor.dim() == 0:
        return tensor
    cut = tensor[rows]
    return cut[:, columns] if cut.dim() > 1 else cut
