"""Feet and palms of motion packs."""

from __future__ import annotations

import numpy as np
import pytest

from glagcn_cli.errors import InputError
from glagcn_cli.skeleton import H36M17, H36M25
from glagcn_training.data.extremities import BENT_BACK, HAND, INDEX, LITTLE
from glagcn_training.data.packs import read_packs
from glagcn_training.data.registry import read_splits
from tests.helpers.extremity_packs import DOWN, FORWARD, FRAMES, LEFT, write_whole_pack
from tests.helpers.synthetic_motion import write_pack


def read(path, joint_set=H36M25):
    (take,) = read_packs(path, "train", joint_set).takes
    return {joint: take.joints[:, number] for number, joint in enumerate(joint_set.joints)}


def test_soles_and_hands_have_the_directions_of_the_pack(tmp_path):
    write_whole_pack(tmp_path / "whole.npz")
    at = read(tmp_path / "whole.npz")
    for side, sign in (("left", 1), ("right", -1)):
        sole = at[f"{side}_big_toe"] - at[f"{side}_heel"]
        length = 0.18 + np.hypot(0.06, 0.03)  # heel to ball, and a toe that does not bend
        np.testing.assert_allclose(sole, np.tile(length * FORWARD, (FRAMES, 1)), atol=3e-4)
        index, little = (
            at[f"{side}_{finger}_knuckle"] - at[f"{side}_wrist"] for finger in ("index", "little")
        )
        forearm = np.linalg.norm(at[f"{side}_wrist"] - at[f"{side}_elbow"], axis=-1)
        hand = HAND * np.median(forearm)
        for found, (ahead, aside) in ((index, INDEX), (little, LITTLE)):
            expected = hand * (ahead * DOWN + aside * FORWARD)  # thumbs to the front
            np.testing.assert_allclose(found, np.tile(expected, (FRAMES, 1)), atol=1e-3)
        palm = np.cross(little, index) * sign
        assert (palm / np.linalg.norm(palm, axis=1, keepdims=True) @ LEFT * -sign > 0.999).all()


def test_hands_of_amc_are_bent_towards_the_palm(tmp_path):
    for source in ("marker", "amc"):
        write_whole_pack(tmp_path / f"{source}.npz", source)
    directions = []
    for source in ("marker", "amc"):
        at = read(tmp_path / f"{source}.npz")
        middle = (at["left_index_knuckle"] + at["left_little_knuckle"]) / 2 - at["left_wrist"]
        middle[:, 0] = 0  # towards the thumb's side nothing changes
        directions.append(middle / np.linalg.norm(middle, axis=1, keepdims=True))
    straight, bent = directions
    angle = np.degrees(np.arccos((straight * bent).sum(axis=1)))
    np.testing.assert_allclose(angle, BENT_BACK["amc"], atol=0.3)
    assert (bent @ -LEFT > straight @ -LEFT).all()


def test_points_that_are_not_usable_are_nan(tmp_path):
    usable = np.ones((FRAMES, 4), bool)
    usable[10:20, 0] = usable[30:, 3] = False  # a left foot, a right hand
    write_whole_pack(tmp_path / "whole.npz", usable=usable)
    at = read(tmp_path / "whole.npz")
    for joint in ("left_heel", "left_big_toe"):
        assert (np.isfinite(at[joint][:, 0]) == usable[:, 0]).all()
    for joint in ("right_index_knuckle", "right_little_knuckle"):
        assert (np.isfinite(at[joint][:, 0]) == usable[:, 3]).all()
    assert np.isfinite(at["right_heel"]).all()


def test_packs_with_and_without_are_read_together(tmp_path):
    write_whole_pack(tmp_path / "whole.npz")
    write_pack(tmp_path / "body.npz", ("train", "val"))
    takes = read_splits("mocap", tmp_path, ("train", "val"), joint_set="h36m25")
    assert takes["train"].joint_set is H36M25
    body, whole = takes["train"].takes
    assert np.isnan(body.joints[:, len(H36M17) :]).all()
    assert np.isfinite(whole.joints).all()
    assert takes["val"].takes[0].joints.shape[1] == len(H36M25)
    alone = read_splits("mocap", tmp_path, ("train",))["train"]
    assert alone.joint_set is H36M17
    assert [take.joints.shape[1] for take in alone.takes] == [17, 17]
    np.testing.assert_array_equal(alone.takes[1].joints, whole.joints[:, : len(H36M17)])
    assert takes["train"].of_body().takes[1].joints.shape[1] == len(H36M17)


def test_packs_of_bodies_alone_are_refused_for_feet(tmp_path):
    write_pack(tmp_path / "body.npz", ("train",))
    with pytest.raises(InputError, match="none of its packs has feet and palms"):
        read_packs(tmp_path, "train", H36M25)
