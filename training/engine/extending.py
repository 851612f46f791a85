"""Gives a lifter of the body the joints of feet and palms, with weights to begin with."""

from __future__ import annotations

import torch
from torch import Tensor

from glagcn_cli.model.attached import limb_ends
from glagcn_cli.skeleton import JointSet


def extended(name: str, given: Tensor, own: Tensor, joint_set: JointSet) -> Tensor:
    """Return a tensor of the body's lifter in the shape of a network with added joints.

    What belongs to the body stays what it is. An added joint begins as the joint of the body that
    it hangs on: its input statistics, graph weights towards the body and heads. The body reads
    nothing from it, and the direction of gravity neither.

    Parameters
    ----------
    name
        Name in the state of both networks.
    given, own
        The tensor of the body's lifter, and of the network to be filled.
    joint_set
        The network's joints; its body is the given lifter's.
    """
    if own.shape == given.shape:
        return given
    hung_on = torch.tensor(limb_ends(joint_set))
    if name.startswith("data_bn."):  # joint-major: (joints x numbers,)
        return _with_rows(given.reshape(len(joint_set.body), -1), hung_on).flatten()
    if name.endswith(".PA"):
        return _graph(given, hung_on)
    rows = _with_rows(given, hung_on)
    if name.startswith("gravity."):
        rows[len(joint_set.body) :] = 0.0
    return rows


def _with_rows(given: Tensor, hung_on: Tensor) -> Tensor:
    return torch.cat([given, given[hung_on]])


def _graph(given: Tensor, hung_on: Tensor) -> Tensor:
    """Extend learned graph weights (subsets, from joint, to joint)."""
    subsets, body = given.shape[:2]
    joints = body + len(hung_on)
    wide = given.new_zeros(subsets, joints, joints)
    wide[:, :body, :body] = given
    wide[:, :body, body:] = given[:, :, hung_on]
    added = torch.arange(body, joints)
    wide[:, added, added] = given[:, hung_on, hung_on]
    return wide
