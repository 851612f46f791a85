from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from glagcn_cli.errors import CheckpointError, ModelNotFoundError
from glagcn_cli.files.checksums import sha256
from glagcn_cli.lifting.checkpoints import (
    FORMAT_VERSION,
    KIND,
    SHIPPED_LIFTERS,
    LifterCard,
    lifter_path,
    load_lifter,
    save_lifter,
)
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import IMAGE, PERSON
from glagcn_cli.model.architecture import Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_cli.skeleton import AS_GIVEN, CONVERSION

torch.set_num_threads(1)

ARCHITECTURE = Architecture(window=9, channels=8, global_blocks=2, dropout=0.25)
CARD = LifterCard(
    ARCHITECTURE,
    PERSON,
    data="made up",
    licence="none needed",
    recipe={"steps": 12, "noise": 0.03, "packs": ["a", "b"]},
    metrics={"p_mpjpe": 51.5},
)


def network(architecture: Architecture = ARCHITECTURE):
    torch.manual_seed(5)
    made = build_lifter(architecture)
    made.train()
    made(torch.randn(8, architecture.window, 17, 2))  # the batch norms have seen something
    return made.eval()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "lifter.pth"
    save_lifter(path, network(), CARD)
    return path


def changed(path: Path, **entries) -> Path:
    """The checkpoint with some of its entries exchanged."""
    content = torch.load(path, weights_only=True) | entries
    torch.save(content, path)
    return path


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that names the file and says each of the words."""
    with pytest.raises(CheckpointError) as caught:
        load_lifter(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("variant, normalisation", [("paper", PERSON), ("released", IMAGE)])
def test_round_trip(tmp_path: Path, variant: str, normalisation: str) -> None:
    architecture = replace(ARCHITECTURE, variant=variant)
    card = replace(CARD, architecture=architecture, normalisation=normalisation)
    before, path = network(architecture), tmp_path / "lifter.pth"
    save_lifter(path, before, card)
    after, read = load_lifter(path)
    assert read == card and type(after) is type(before) and not after.training
    learned = dict(before.named_parameters())
    for name, value in after.state_dict().items():
        original = before.state_dict()[name]
        assert value.dtype == original.dtype
        if name in learned:
            torch.testing.assert_close(value, original, rtol=1e-3, atol=1e-7)
        else:
            assert torch.equal(value, original), name


def test_a_network_gives_the_same_poses_after_a_round_trip(saved: Path) -> None:
    x = torch.randn(4, 9, 17, 2)
    with torch.no_grad():
        for a, b in zip(load_lifter(saved)[0](x), network()(x), strict=True):
            torch.testing.assert_close(a, b, rtol=0.01, atol=0.01)


def test_variances_beyond_half_precision_survive(tmp_path: Path) -> None:
    made = network()
    made.data_bn.running_var.fill_(1e6)
    save_lifter(tmp_path / "x.pth", made, CARD)
    assert (load_lifter(tmp_path / "x.pth")[0].data_bn.running_var == 1e6).all()


def test_a_file_holds_plain_data_only_and_weights_of_half_size(saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    assert content["kind"] == KIND and content["format_version"] == FORMAT_VERSION
    assert content["architecture"]["window"] == 9 and content["conversion"] == CONVERSION
    learned = {name for name, _ in network().named_parameters()}
    types = {name: value.dtype for name, value in content["state_dict"].items()}
    assert all((types[name] == torch.float16) == (name in learned) for name in types)


def test_weights_in_full_precision_come_back_bit_for_bit(tmp_path: Path) -> None:
    save_lifter(tmp_path / "full.pth", network(), CARD, half=False)
    after = load_lifter(tmp_path / "full.pth")[0].state_dict()
    for name, value in network().state_dict().items():
        assert torch.equal(after[name], value), name


def test_a_lifter_of_joints_as_they_are_given_loads(tmp_path: Path) -> None:
    save_lifter(tmp_path / "x.pth", network(), replace(CARD, conversion=AS_GIVEN))
    assert load_lifter(tmp_path / "x.pth")[1].conversion == AS_GIVEN


def test_the_same_network_gives_the_same_file_under_any_name(tmp_path: Path, saved: Path) -> None:
    other = tmp_path / "other name.pth"
    save_lifter(other, network(), CARD)
    assert sha256(other) == sha256(saved) == hashlib.sha256(saved.read_bytes()).hexdigest()


def test_saving_replaces_the_old_file_only_when_it_ends_well(saved: Path, monkeypatch) -> None:
    before = saved.read_bytes()

    def interrupted(content, file) -> None:
        file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_lifter(saved, network(), CARD)
    assert saved.read_bytes() == before and list(saved.parent.iterdir()) == [saved]


class Trap:
    """A pickle that would run code."""

    def __reduce__(self):
        return (Path.touch, (Path("sprung"),))


def test_a_file_cannot_run_code(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"kind": KIND, "trap": Trap()}, tmp_path / "torch.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"kind": KIND, "trap": Trap()}, protocol=2))
    refused(tmp_path / "torch.pth")
    refused(tmp_path / "plain.pth")
    assert not (tmp_path / "sprung").exists()


def test_a_missing_file(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.pth", "No such file")
    with pytest.raises(ModelNotFoundError, match=r"nowhere\.pth"):
        lifter_path(str(tmp_path / "nowhere.pth"))


def test_a_folder_is_no_lifter(tmp_path: Path) -> None:
    refused(tmp_path)
    with pytest.raises(ModelNotFoundError):
        lifter_path(str(tmp_path))


def test_a_file_is_found_by_its_path(saved: Path) -> None:
    assert lifter_path(str(saved)) == saved


@pytest.mark.parametrize("name", SHIPPED_LIFTERS)
def test_shipped_lifters_are_there_and_are_what_they_are_said_to_be(name: str) -> None:
    path = lifter_path(name)
    assert sha256(path) == SHIPPED_LIFTERS[name]
    _, card = load_lifter(path)
    assert card.licence and card.data and card.metrics


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint", b"PK\x03\x04", b"\x80\x02", bytes(range(256)) * 9]
)
def test_bytes_that_are_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bytes.pth"
    path.write_bytes(content)
    refused(path, "damaged")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.999])
def test_a_file_that_is_cut_off(saved: Path, share: float) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: int(share * len(content))])
    refused(saved, "damaged")


def test_one_wrong_byte_in_the_weights(saved: Path) -> None:
    weights = dict(network().named_parameters())["layers_tcngcn.0.tcn1.conv.weight"]
    content = bytearray(saved.read_bytes())
    place = content.index(weights.detach().half().numpy().tobytes())
    content[place + 30] ^= 0x40
    saved.write_bytes(content)
    refused(saved, "damaged")


def test_wrong_bytes_anywhere_are_told_or_harmless(saved: Path) -> None:
    whole, rng = saved.read_bytes(), np.random.default_rng(8)
    expected = {name: value.clone() for name, value in load_lifter(saved)[0].state_dict().items()}
    told = 0
    for _ in range(60):
        content = np.frombuffer(whole, np.uint8).copy()
        content[rng.integers(len(content), size=3)] ^= rng.integers(1, 256, 3, dtype=np.uint8)
        saved.write_bytes(content.tobytes())
        try:
            survivor, _ = load_lifter(saved)
        except CheckpointError:
            told += 1
        else:
            for name, value in survivor.state_dict().items():
                assert torch.equal(value, expected[name])
    assert told > 30


@pytest.mark.parametrize(
    "content", [{"model_pos": {}}, {"state_dict": {}}, [1, 2], torch.ones(3)], ids=str
)
def test_a_torch_file_of_another_kind(tmp_path: Path, content) -> None:
    torch.save(content, tmp_path / "other.pth")
    refused(tmp_path / "other.pth", KIND)


def test_another_format_version(saved: Path) -> None:
    refused(changed(saved, format_version=FORMAT_VERSION + 1), f"version {FORMAT_VERSION + 1}")


@pytest.mark.parametrize(
    "numbers",
    [
        {"variant": "released"},
        {"window": 27},
        {"channels": 16},
        {"global_blocks": 3},
        {"shared_head": True},
        {"in_channels": 3},
        {"joint_set": "halpe26"},
        {"joint_set": "unheard of"},
        {"window": 10},
        {"variant": "unheard of"},
        {"unheard_of": 1},
        {"channels": "many"},
    ],
    ids=str,
)
def test_another_architecture_than_the_weights(saved: Path, numbers) -> None:
    content = torch.load(saved, weights_only=True)
    refused(changed(saved, architecture=content["architecture"] | numbers), "architecture")


def test_weights_that_are_missing_or_too_many(saved: Path) -> None:
    state = torch.load(saved, weights_only=True)["state_dict"]
    some = {name: value for name, value in state.items() if name != "head_local.bias"}
    refused(changed(saved, state_dict=some), "architecture", "head_local.bias")
    refused(changed(saved, state_dict=state | {"extra": torch.ones(1)}), "architecture", "extra")


def test_a_file_that_says_too_little(saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    del content["licence"]
    torch.save(content, saved)
    refused(saved, "licence")


def test_weights_that_are_not_finite(tmp_path: Path) -> None:
    made = network()
    with torch.no_grad():
        made.head_local.bias[0, 0] = float("nan")
    save_lifter(tmp_path / "x.pth", made, CARD)
    refused(tmp_path / "x.pth", "not finite")


def test_another_conversion_or_normalisation(saved: Path) -> None:
    refused(changed(saved, conversion="coco17-h36m17-v0"), "coco17-h36m17-v0", CONVERSION)
    refused(changed(saved, conversion=CONVERSION, normalisation="pixels"), "pixels", PERSON)


@pytest.mark.parametrize("numbers", [{"joint_set": "coco17"}, {"joint_set": "humaneva15"}])
def test_a_lifter_of_another_body_is_not_used_for_video(tmp_path: Path, numbers) -> None:
    architecture = replace(ARCHITECTURE, **numbers)
    path = tmp_path / "other.pth"
    save_lifter(path, build_lifter(architecture), replace(CARD, architecture=architecture))
    assert load_lifter(path)[1].architecture == architecture
    with pytest.raises(CheckpointError, match=r"other\.pth"):
        Lifter.load(str(path))
