"""Batch norm over the batch of all processes, on the CPU too."""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.modules.batchnorm import _BatchNorm


class SynchronisedBatchNorm(_BatchNorm):
    """Batch norm whose training statistics are those of all processes' samples together.

    torch's own SyncBatchNorm runs on GPUs only. Parameters, statistics and their names are those of
    the replaced batch norm.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected (N, C, ...), got {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (N, C, ...) over all dimensions but C."""
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)
        x = input.float()
        axes = [axis for axis in range(x.dim()) if axis != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        count = torch.tensor([x.numel() / x.shape[1]], device=x.device)
        sums = all_reduce(torch.cat([x.sum(axes), count]))
        mean, total = sums[:-1] / sums[-1], sums[-1].detach()
        centred = x - mean.view(shape)
        variance = all_reduce(centred.square().sum(axes)) / total
        self._remember(mean.detach(), variance.detach() * total / (total - 1).clamp(min=1))
        scale = (variance + self.eps).rsqrt() * self.weight
        return (centred * scale.view(shape) + self.bias.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics by the momentum."""
        if self.running_mean is None or self.running_var is None or self.momentum is None:
            return
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)


def synchronise_batch_norm(network: nn.Module) -> None:
    """Make every batch norm of a network one over all processes, in place."""
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, _BatchNorm):
                setattr(module, name, _synchronised(child))


def _synchronised(norm: _BatchNorm) -> nn.Module:
    if norm.weight.is_cuda and distributed.get_backend() == "nccl":
        return nn.SyncBatchNorm.convert_sync_batchnorm(norm)
    twin = SynchronisedBatchNorm(norm.num_features, norm.eps, norm.momentum)
    twin.weight, twin.bias = norm.weight, norm.bias
    twin.load_state_dict(norm.state_dict())
    return twin
