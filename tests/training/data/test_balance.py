"""Shares of packs, subjects and kinds of motion; clips' ends cut off."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from glagcn_cli.errors import UsageError
from glagcn_cli.skeleton import H36M17
from glagcn_training.data.balance import take_shares, trimmed
from glagcn_training.data.takes import Take, TakeSet
from glagcn_training.engine.order import TrainingOrder
from glagcn_training.engine.windows import WindowStore
from glagcn_training.samples.augment import Augmentation
from glagcn_training.samples.playback import playback_speeds
from glagcn_training.samples.random_draws import StepDraws


def take(pack: str, subject: str, action: str, frames: int) -> Take:
    joints = np.arange(frames, dtype=np.float32)[:, None, None] + np.zeros((1, 17, 3), np.float32)
    return Take(subject, action, "", joints, pack=pack)


@pytest.fixture
def takes() -> TakeSet:
    clips = (
        take("a", "1", "walk", 900), take("a", "1", "jump", 100), take("a", "2", "walk", 250),
        take("b", "1", "walk", 60), take("b", "1", "walk", 30), take("c", "1", "run", 100),
    )  # fmt: skip
    return TakeSet("mocap", H36M17, 50, clips)


def test_packs_get_their_shares_and_the_small_within_them_more_than_their_minutes(takes) -> None:
    shares = take_shares(takes, "a=3 b=1")
    assert shares is not None and shares.sum() == pytest.approx(1)
    assert shares[:3].sum() == pytest.approx(0.75)
    assert shares[:2].sum() / shares[2] == pytest.approx(2)  # 1000 frames against 250
    assert shares[0] / shares[1] == pytest.approx(3)  # 900 against 100
    assert shares[3] / shares[4] == pytest.approx(2)  # one kind of motion: by frames
    assert shares[5] == 0
    assert take_shares(takes, "") is None


@pytest.mark.parametrize(
    ("text", "told"), [("a", "'a' is not like"), ("a=x", "not like"), ("a=-1", "not like"),
                       ("d=1", "one of a, b, c"), ("a=0", "no take has a share")]
)  # fmt: skip
def test_shares_that_make_no_sense_are_refused(takes, text, told) -> None:
    with pytest.raises(UsageError, match=told):
        take_shares(takes, text)


def test_ends_are_cut_off_the_pack_that_is_named_and_a_frame_is_left(takes) -> None:
    cut = trimmed(takes, "a=4 c=200").takes
    assert cut[0].joints[0, 0, 0] == 4 and cut[0].joints[-1, 0, 0] == 895
    assert len(cut[3]) == 60 and len(cut[5]) == 2
    assert trimmed(takes, "") == takes or len(trimmed(takes, "").takes[0]) == 900


def test_windows_are_shown_as_often_as_their_shares_say(takes) -> None:
    of_takes = take_shares(takes, "a=3 b=1")
    assert of_takes is not None
    store = WindowStore(takes, 9)
    shares = store.shares(of_takes)
    order = TrainingOrder(len(store), 8, seed=1, steps=3 * (len(store) // 8), shares=shares)
    shown = torch.cat([order[step]["windows"] for step in range(len(order))])
    share = torch.bincount(shown, minlength=len(store)).double() / len(shown)
    first = sum(len(take) - 8 for take in takes.takes[:3])
    assert share[:first].sum() == pytest.approx(0.75, abs=0.02)
    assert share[-92:].sum() == 0
    again = TrainingOrder(len(store), 8, seed=1, steps=9, shares=shares)
    assert torch.equal(again[7]["windows"], order[7]["windows"])


def test_quick_samples_are_quicker_than_the_others_and_no_quicker_than_asked() -> None:
    draws = StepDraws(1, 0, 4000, slice(None), "cpu")
    settings = Augmentation(playback=(0.7, 1.4), quick=0.25, quickest=4.0)
    speed = playback_speeds(draws, settings, 4000)
    assert speed is not None and speed.min() >= 0.7 and speed.max() <= 4.0
    assert (speed > 1.4).float().mean() == pytest.approx(0.25, abs=0.03)
    assert playback_speeds(draws, Augmentation(), 4000) is None
