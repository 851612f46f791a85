"""The likeliest poses: slopes against differences, and a body whose lengths are known."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.lifting import likeliest as module
from glagcn_cli.lifting.bone_tree import Tree
from glagcn_cli.lifting.likeliest import Lifted, Seen, likeliest
from glagcn_cli.skeleton import H36M17
from tests.helpers.filmed_walk import PLACE, walker

FRAMES = 4
TREE = Tree.of(H36M17)


def problem(noise: float) -> tuple[Lifted, Seen, np.ndarray]:
    """Return what is lifted and seen of a walk, and the truth (poses, joints, 3)."""
    true = walker(40)[::10] + PLACE
    draw = np.random.default_rng(5)
    lifted = true + draw.normal(0, noise, true.shape)
    seen = Seen(
        true[..., :2] / true[..., 2:],
        draw.uniform(0.3, 1, true.shape[:2]),
        np.full(true.shape[:2], 0.01),
    )
    return Lifted(lifted, draw.uniform(0.02, 0.08, true.shape[:2]), np.arange(4) / 12.5), seen, true


def test_the_slope_is_that_of_the_energy() -> None:
    lifted, seen, _ = problem(0.03)
    posed = module._Problem(lifted, seen, TREE, None)
    draw = np.random.default_rng(6)
    at = posed.start()
    at = at._replace(
        moved=draw.normal(0, 0.02, at.moved.shape), longer=draw.normal(0, 0.01, at.longer.shape)
    )
    system = posed.linearised(at)
    for _ in range(5):
        way, longer = draw.normal(size=at.moved.shape), draw.normal(size=at.longer.shape)
        step = 1e-6
        energies = [
            posed.energy(at._replace(moved=at.moved + s * way, longer=at.longer + s * longer))
            for s in (step, -step)
        ]
        numeric = (energies[0] - energies[1]) / (2 * step)
        slope = (system.slope * way.reshape(system.slope.shape)).sum()
        slope += system.slope_of_lengths @ longer
        assert numeric == pytest.approx(2 * slope, rel=1e-4)


def test_nothing_nearby_is_likelier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENOUGH", 1e-9)
    monkeypatch.setattr(module, "STEPS", 40)
    lifted, seen, _ = problem(0.03)
    joints, lengths = likeliest(lifted, seen, TREE)
    posed = module._Problem(lifted, seen, TREE, None)
    root = joints[:, :1] - lifted.joints[:, :1]
    bones = TREE.bones(joints) - TREE.bones(lifted.joints)
    at = posed.start()._replace(
        moved=np.concatenate([root, bones], axis=1), longer=lengths - posed.lengths
    )
    np.testing.assert_allclose(posed.joints(at), joints, atol=1e-9)
    least, draw = posed.energy(at), np.random.default_rng(7)
    assert least < 0.9 * posed.energy(posed.start())
    for size in (1e-3, 1e-2):
        for _ in range(5):
            aside = at._replace(
                moved=at.moved + draw.normal(0, size, at.moved.shape),
                longer=at.longer + draw.normal(0, size, at.longer.shape),
            )
            assert posed.energy(aside) > least


def test_lengths_can_be_given() -> None:
    lifted, seen, true = problem(0.01)
    known = TREE.usual_lengths(true)
    joints, lengths = likeliest(lifted, seen, TREE, known)
    np.testing.assert_allclose(lengths, known, atol=1e-6)
    found = np.linalg.norm(TREE.bones(joints), axis=-1)
    np.testing.assert_allclose(found, np.tile(known[TREE.kinds], (FRAMES, 1)), atol=6e-3)


def test_an_outlier_moves_a_joint_less_than_it_is_off() -> None:
    lifted, seen, true = problem(0.0)
    wrist = H36M17.index("left_wrist")
    points = seen.points.copy()
    points[1, wrist] += 0.3  # metres at a distance of one
    moved = likeliest(lifted, seen._replace(points=points), TREE)[0][1, wrist] - true[1, wrist]
    assert 0.0 < np.linalg.norm(moved) < 0.3 * 0.3 * PLACE[2]


def test_left_and_right_share_a_length() -> None:
    names = [H36M17.joints[end] for end in TREE.ends]
    for kind in set(TREE.kinds):
        of_kind = {names[k].split("_")[-1] for k in np.flatnonzero(TREE.kinds == kind)}
        assert len(of_kind) == 1
    assert len(set(TREE.kinds)) == 10


def test_what_rests_in_the_picture_rests_in_depth() -> None:
    true = np.repeat(walker(1) + PLACE, 20, axis=0)
    sway = 0.15 * np.sin(np.arange(20) / 2)  # metres, as of a network that doubts
    lifted = true.copy()
    leg = H36M17.indices(["left_knee", "left_ankle"])
    lifted[:, leg, 2] += sway[:, None] * [0.5, 1.0]
    seen = Seen(
        true[..., :2] / true[..., 2:], np.ones(true.shape[:2]), np.full(true.shape[:2], 0.01)
    )
    errors = np.full(true.shape[:2], 0.06)
    joints = likeliest(Lifted(lifted, errors, np.arange(20) / 10), seen, TREE)[0]
    assert joints[:, leg[1], 2].std() < 0.1 * lifted[:, leg[1], 2].std()


def test_what_moves_in_the_picture_may_move_in_depth() -> None:
    true = walker(40)[::4] + PLACE
    true[..., 2] += 0.12 * np.arange(10)[:, None]  # away from the camera, and smaller
    seen = Seen(
        true[..., :2] / true[..., 2:], np.ones(true.shape[:2]), np.full(true.shape[:2], 0.01)
    )
    errors = np.full(true.shape[:2], 0.05)
    joints = likeliest(Lifted(true, errors, np.arange(10) / 10), seen, TREE)[0]
    way = joints[-1, 0, 2] - joints[0, 0, 2]
    assert way == pytest.approx(true[-1, 0, 2] - true[0, 0, 2], rel=0.1)
