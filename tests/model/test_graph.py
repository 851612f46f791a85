from __future__ import annotations

import numpy as np
import torch

from glagcn_cli.model.graph import adjacency
from glagcn_cli.skeleton import H36M17, JointSet

ITSELF, INWARD, OUTWARD = range(3)


def test_a_chain_of_three_by_hand() -> None:
    chain = JointSet("chain", ("a", "b", "c"), (("a", "b"), ("b", "c")))
    expected = [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],  # b gives to a, c to b; nothing comes in to c
        [[0, 1, 0], [0, 0, 1], [0, 0, 0]],  # a gives to b, b to c; nothing comes in to a
    ]
    np.testing.assert_array_equal(adjacency(chain), expected)


def test_a_parent_takes_the_mean_of_its_children() -> None:
    fork = JointSet("fork", ("root", "x", "y"), (("root", "x"), ("root", "y")))
    graph = adjacency(fork)
    np.testing.assert_array_equal(graph[INWARD], [[0, 0, 0], [0.5, 0, 0], [0.5, 0, 0]])
    np.testing.assert_array_equal(graph[OUTWARD], [[0, 1, 1], [0, 0, 0], [0, 0, 0]])
    features = torch.tensor([[7.0, 2.0, 4.0]])
    np.testing.assert_array_equal(features @ graph[INWARD], [[3, 0, 0]])
    np.testing.assert_array_equal(features @ graph[OUTWARD], [[0, 7, 7]])


def test_columns_of_the_body_sum_to_one_or_nothing() -> None:
    graph = adjacency(H36M17)
    parents = set(H36M17.parents)
    joints = range(17)
    np.testing.assert_allclose(graph[ITSELF].sum(dim=0), np.ones(17))
    np.testing.assert_allclose(graph[INWARD].sum(dim=0), [joint in parents for joint in joints])
    np.testing.assert_allclose(graph[OUTWARD].sum(dim=0), [joint != 0 for joint in joints])


def test_every_bone_is_in_each_direction_once_and_nothing_else() -> None:
    graph = adjacency(H36M17)
    inward = {(child, parent) for child, parent in enumerate(H36M17.parents) if parent >= 0}
    assert {tuple(pair) for pair in graph[INWARD].nonzero().tolist()} == inward
    assert {tuple(pair) for pair in graph[OUTWARD].nonzero().tolist()} == {
        (parent, child) for child, parent in inward
    }
