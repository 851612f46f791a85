"""Gives a lifter more channels or a score to read, and lets it say what it said."""

from __future__ import annotations

import torch
from torch import Tensor

EMBEDDINGS = ("conv_a", "conv_b")
"""Factors of the adaptive graph, whose product is divided by their channels."""

HAS_INPUTS = 3
"""Dimensions from which on a tensor's second one is its inputs: convolutions and heads."""


def with_score(name: str, given: Tensor, own: Tensor) -> Tensor:
    """Give a layer that reads x and y an input for the score, with weights of zero.

    Parameters
    ----------
    name
        Name in the state of both networks.
    given, own
        The tensor of the lifter that is taken over, and of the network to be filled.
    """
    if name.startswith("data_bn.") and own.numel() * 2 == given.numel() * 3:
        wide = own.clone().reshape(-1, 3)  # joint-major: x, y, score
        wide[:, :2] = given.reshape(-1, 2)
        return wide.flatten()
    if name.startswith("layers_global.0.") and given.shape[1:2] == (2,) and own.shape[1] == 3:
        return torch.cat([given, torch.zeros_like(own[: len(given), 2:])], dim=1)
    return given


def widened(name: str, given: Tensor, own: Tensor) -> Tensor:
    """Return a tensor of a narrower lifter in the shape of a network with more channels.

    Added channels begin with the network's fresh weights, and whatever knew the lifter's channels
    reads nothing from them yet: the network lifts as the lifter does, and learns to use them.
    Source: the idea of Net2Net (Chen et al., ICLR 2016), with fresh features for copied ones.

    Parameters
    ----------
    name, given, own
        As for `with_score`. A tensor that is not narrower is returned as it is.
    """
    if own.shape == given.shape or own.dim() != given.dim():
        return given
    if any(of_given > of_own for of_given, of_own in zip(given.shape, own.shape, strict=True)):
        return given
    known = tuple(slice(size) for size in given.shape)
    wide = own.clone()
    wide[known] = given
    if given.dim() >= HAS_INPUTS:
        wide[: given.shape[0], given.shape[1] :] = 0.0
    if any(f".{embedding}." in name for embedding in EMBEDDINGS):
        wide[known] *= (own.shape[0] / given.shape[0]) ** 0.5
        if EMBEDDINGS[1] in name:
            wide[given.shape[0] :] = 0.0
    return wide
