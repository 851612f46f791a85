"""Training losses: the paper's two position errors, and further terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from glagcn_cli.model.gla_gcn import LifterOutput
from glagcn_cli.skeleton import JointSet

from .extremity_losses import extremity_losses

SHORTEST_BONE = 0.01
"""Metres: a shorter bone has no direction. Limits the gradients of a new network, which puts all
joints in one place."""


@dataclass(frozen=True)
class LossWeights:
    """Factors of the terms of `lifting_losses`; a term of weight 0 is not computed.

    Parameters
    ----------
    sequence
        Position error of the whole sequence (the paper's L_global).
    centre
        Position error of the centre frame (the paper's L_local).
    bone_length
        Difference of bone lengths.
    bone_direction
        Difference of bone directions.
    velocity
        Difference of the motion from frame to frame; needs a network that gives the sequence.
    gravity
        Difference of the direction against gravity, where network and data have one.
    uncertainty
        Negative log-likelihood of the position errors, where the network predicts them. It trains
        the error heads only.
    extremities
        Position error of feet and palms, where they are known; the other positions are the body's.
    extremity_direction
        Difference of the directions of soles and hands, and of what they face.
    """

    sequence: float = 1.0
    centre: float = 1.0
    bone_length: float = 0.0
    bone_direction: float = 0.0
    velocity: float = 0.0
    gravity: float = 0.0
    uncertainty: float = 0.0
    extremities: float = 0.0
    extremity_direction: float = 0.0


def lifting_losses(
    output: LifterOutput,
    targets: Tensor,
    up: Tensor | None,
    joint_set: JointSet,
    weights: LossWeights,
) -> dict[str, Tensor]:
    """Compute the weighted terms of the loss, to be summed.

    Parameters
    ----------
    output
        Output of the network; at least its centre frame.
    targets
        (samples, frames, joints, 3) metres, relative to the root; frames is odd. Unknown feet and
        palms are NaN.
    up
        (samples, frames, 3) unit vectors against gravity, in the frame of the targets; None where
        unknown.
    joint_set
        Joint set with the bones to compare.
    weights
        Factors of the terms.

    Returns
    -------
    dict
        Scalars: ``loss_global`` and ``loss_local`` (metres), ``loss_bone_length`` (metres),
        ``loss_bone_direction`` and ``loss_gravity`` (unit vectors: 0 to 2), ``loss_velocity``
        (metres per frame), ``loss_uncertainty`` (nats), ``loss_extremities`` (metres),
        ``loss_extremity_direction`` (unit vectors), each times its weight. Bone terms, the
        uncertainty's and those of feet and palms are the mean of the sequence's and the centre
        frame's. Where there is no sequence, L_global is left out.

    Raises
    ------
    ValueError
        The velocity term needs a sequence that the network lacks, or no term applies.
    """
    sequence = output.sequence
    assert output.centre is not None
    whole = [(output.centre.float(), targets[:, targets.shape[1] // 2])]
    if sequence is not None:
        whole.append((sequence.float(), targets))
    joints = len(joint_set.body)
    pairs = [(p[..., :joints, :], t[..., :joints, :]) for p, t in whole]
    spreads = [output.centre_error, output.sequence_error]
    losses = {}
    if weights.centre > 0:
        losses["loss_local"] = weights.centre * position_loss(*pairs[0])
    if sequence is not None:
        if weights.sequence > 0:
            losses["loss_global"] = weights.sequence * position_loss(*pairs[1])
        if weights.velocity > 0:
            losses["loss_velocity"] = weights.velocity * velocity_loss(*pairs[1])
    elif weights.velocity > 0:
        raise ValueError("the velocity loss needs a network that gives the whole sequence")
    losses |= _bone_losses(pairs, joint_set.body, weights)
    losses |= extremity_losses(whole, joint_set, weights.extremities, weights.extremity_direction)
    if weights.gravity > 0 and output.up is not None and up is not None:
        losses["loss_gravity"] = weights.gravity * position_loss(output.up.float(), up)
    if weights.uncertainty > 0 and output.centre_error is not None:
        terms = [
            uncertainty_loss(spread, *pair)
            for spread, pair in zip(spreads, whole, strict=False)
            if spread is not None
        ]
        losses["loss_uncertainty"] = weights.uncertainty * torch.stack(terms).mean()
    if not losses:
        raise ValueError(f"nothing to train with: no term of {weights} applies to this network")
    return losses


def _bone_losses(
    pairs: list[tuple[Tensor, Tensor]], joint_set: JointSet, weights: LossWeights
) -> dict[str, Tensor]:
    """Compute the bone terms of predicted and true joints, mean over the pairs."""
    compare: dict[str, tuple[float, Callable[[Tensor, Tensor], Tensor]]] = {
        "loss_bone_length": (weights.bone_length, bone_length_loss),
        "loss_bone_direction": (weights.bone_direction, bone_direction_loss),
    }
    return {
        name: weight
        * torch.stack([loss(bones(p, joint_set), bones(t, joint_set)) for p, t in pairs]).mean()
        for name, (weight, loss) in compare.items()
        if weight > 0
    }


def position_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the mean per-joint position error of (..., joints, 3)."""
    return torch.linalg.vector_norm(predicted - true, dim=-1).mean()


def uncertainty_loss(expected: Tensor, predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the negative log-likelihood of exponentially distributed position errors.

    The minimum is at an `expected` equal to the mean error of joints that look alike.

    Parameters
    ----------
    expected
        (..., joints) metres, above 0.
    predicted, true
        (..., joints, 3) metres; no gradient flows into them. Joints of NaN do not count.
    """
    error = torch.linalg.vector_norm((predicted - true).detach(), dim=-1)
    known = error.isfinite()
    terms = torch.log(expected) + error.nan_to_num() / expected
    return (terms * known).sum() / known.sum().clip(1)


def velocity_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the mean error of joint displacements between frames (samples, frames, joints, 3)."""
    return position_loss(predicted.diff(dim=1), true.diff(dim=1))


def bones(joints: Tensor, joint_set: JointSet) -> Tensor:
    """Return the vectors from parent to child: (..., joints, 3) to (..., bones, 3)."""
    pairs = joint_set.bone_indices
    return torch.stack([joints[..., c, :] - joints[..., p, :] for p, c in pairs], dim=-2)


def bone_length_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the mean absolute difference of the lengths of bones (..., bones, 3)."""
    norm = torch.linalg.vector_norm
    return (norm(predicted, dim=-1) - norm(true, dim=-1)).abs().mean()


def bone_direction_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Compute the mean distance of unit vectors along bones (..., bones, 3)."""
    return position_loss(_direction(predicted), _direction(true))


def _direction(bone: Tensor) -> Tensor:
    """Return unit vectors; shorter ones for bones under `SHORTEST_BONE`."""
    return bone / torch.linalg.vector_norm(bone, dim=-1, keepdim=True).clip(SHORTEST_BONE)
