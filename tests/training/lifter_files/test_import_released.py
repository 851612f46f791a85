"""The import of released checkpoints, against a forward pass written from the formulas alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from glagcn_cli.errors import CheckpointError, OutputError, UsageError
from glagcn_cli.lifting.checkpoints import load_lifter
from glagcn_cli.lifting.normalisation import IMAGE
from glagcn_cli.skeleton import AS_GIVEN, H36M17, HUMANEVA15
from glagcn_training.commands.data import main
from glagcn_training.lifter_files.import_released import import_released
from tests.helpers.released_files import released, write

torch.set_num_threads(1)

BONES_17 = [
    (0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10),
    (8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16),
]  # fmt: skip


def reference(tensors: dict, x: np.ndarray, bones: list, swapped: bool = False) -> np.ndarray:
    """Centre frame (V, 3) from one window (T, V, 2), float64, by the published formulas."""
    w = {key.removeprefix("module."): value.numpy().astype(float) for key, value in tensors.items()}
    joints = x.shape[1]
    fixed = np.zeros((3, joints, joints))
    fixed[0] = np.eye(joints)
    for parent, child in bones:
        fixed[2 if swapped else 1, child, parent] = 1
        fixed[1 if swapped else 2, parent, child] = 1
    for k, v in np.ndindex(3, joints):
        if total := fixed[k, :, v].sum():
            fixed[k, :, v] /= total

    def norm(name, y):  # channels first
        shape = (-1,) + (1,) * (y.ndim - 1)
        scale = w[f"{name}.weight"] / np.sqrt(w[f"{name}.running_var"] + 1e-5)
        shift = w[f"{name}.bias"] - w[f"{name}.running_mean"] * scale
        return y * scale.reshape(shape) + shift.reshape(shape)

    def pointwise(name, y):
        bias = w[f"{name}.bias"][:, None, None]
        return np.einsum("oc,ctv->otv", w[f"{name}.weight"][:, :, 0, 0], y) + bias

    def temporal(name, y, stride):
        padded = np.pad(y, ((0, 0), (4, 4), (0, 0)))
        frames = range(0, y.shape[1], stride)
        kernel, bias = w[f"{name}.weight"][..., 0], w[f"{name}.bias"][:, None]
        out = [np.einsum("ock,ckv->ov", kernel, padded[:, t : t + 9]) + bias for t in frames]
        return np.stack(out, axis=1)

    def graph(name, y):
        total = 0.0
        for k in range(3):
            a, b = pointwise(f"{name}.conv_a.{k}", y), pointwise(f"{name}.conv_b.{k}", y)
            product = np.einsum("ctv,ctw->vw", a, b) / (a.shape[0] * a.shape[1])
            c = np.exp(product) / np.exp(product).sum(axis=0)
            mixed = np.einsum("ctv,vw->ctw", y, fixed[k] + w[f"{name}.PA"][k] + c)
            total = total + pointwise(f"{name}.conv_d.{k}", mixed)
        changes = f"{name}.down.0.weight" in w
        shortcut = norm(f"{name}.down.1", pointwise(f"{name}.down.0", y)) if changes else y
        return np.maximum(norm(f"{name}.bn", total) + shortcut, 0)

    def block(name, y, stride, rest):
        main = norm(
            f"{name}.tcn1.bn", temporal(f"{name}.tcn1.conv", graph(f"{name}.gcn1", y), stride)
        )
        return np.maximum(main + rest, 0)

    frames = x.shape[0]
    y = norm("data_bn", x.reshape(frames, -1).T).reshape(joints, 2, frames).transpose(1, 2, 0)
    y = block(
        "expand_gcn", y, 1, norm("expand_gcn.residual.bn", pointwise("expand_gcn.residual.conv", y))
    )
    level = 0
    while f"layers_tcngcn.{level}.gcn1.PA" in w:
        kept = block(f"layers_tcngcn.{level}", y, 1, y)
        y = y[:, 1::3] + block(f"layers_tcngcn.{level + 1}", kept, 3, 0.0)
        level += 2
    y = y.mean(axis=1)
    return (w["fc.weight"][:, :, 0] @ y + w["fc.bias"][:, None]).T


def imported(folder: Path, tensors: dict, **options):
    import_released(write(folder / "theirs.bin", tensors), folder / "ours.pth", **options)
    return load_lifter(folder / "ours.pth")


def outputs(network, x: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return network(torch.tensor(x).float()).centre.numpy()


@pytest.mark.parametrize(
    "levels, channels, swap", [(3, 96, False), (4, 8, False), (3, 8, True)], ids=str
)
def test_the_import_computes_what_the_formulas_say(tmp_path, levels, channels, swap) -> None:
    tensors = released(levels, channels)
    network, _ = imported(tmp_path, tensors, swap_subsets=swap)
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3**levels, 17, 2)).astype(np.float32)
    expected = np.stack([reference(tensors, window, BONES_17, swap) for window in x])
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(outputs(network, x), expected, atol=1e-5)


def test_swapping_the_subsets_matters(tmp_path) -> None:
    tensors = released(3, 8)
    x = np.random.default_rng(1).uniform(-1, 1, (27, 17, 2))
    plain, swapped = reference(tensors, x, BONES_17), reference(tensors, x, BONES_17, True)
    assert np.abs(plain - swapped).max() > 1e-3


def test_fifteen_joints_are_humaneva(tmp_path) -> None:
    tensors = released(3, 8, joints=15)
    network, card = imported(tmp_path, tensors)
    assert card.architecture.joint_set == HUMANEVA15.name and card.fps == 60
    x = np.random.default_rng(1).uniform(-1, 1, (1, 27, 15, 2)).astype(np.float32)
    expected = reference(tensors, x[0], list(HUMANEVA15.bone_indices))
    np.testing.assert_allclose(outputs(network, x)[0], expected, atol=1e-5)


@pytest.mark.parametrize("levels, count", [(3, 844_076), (4, 1_096_466), (5, 1_348_856)])
def test_the_window_is_found_and_the_parameters_are_as_many_as_published(
    tmp_path, levels, count
) -> None:
    network, card = imported(tmp_path, released(levels, 96))
    assert card.architecture.window == 3**levels and card.architecture.channels == 96
    assert sum(parameter.numel() for parameter in network.parameters()) == count


def test_weights_arrive_bit_for_bit_and_the_card_says_where_from(tmp_path) -> None:
    tensors = released(3, 8)
    network, card = imported(tmp_path, tensors, data="Human3.6M", licence="ask them")
    for name, value in network.state_dict().items():
        assert torch.equal(value, tensors[f"module.{name}"]), name
    assert (card.normalisation, card.conversion) == (IMAGE, AS_GIVEN)
    assert card.recipe == {"imported_from": "theirs.bin", "swap_subsets": False}
    assert (card.data, card.licence, card.fps) == ("Human3.6M", "ask them", 50)
    assert card.architecture.joint_set == H36M17.name


def test_what_else_a_training_run_stores_is_tolerated(tmp_path) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([parameter])
    path = write(
        tmp_path / "theirs.bin",
        released(3, 8),
        lr=np.float64(0.001),
        random_state=np.random.RandomState(1234),
        optimizer=optimizer.state_dict(),
        losses=[np.float32(0.1), np.zeros(3)],
    )
    import_released(path, tmp_path / "ours.pth")
    assert load_lifter(tmp_path / "ours.pth")[1].architecture.window == 27


def test_counters_may_be_missing_and_the_prefix_too(tmp_path) -> None:
    tensors = {
        key.removeprefix("module."): value
        for key, value in released(3, 8).items()
        if not key.endswith("num_batches_tracked")
    }
    assert imported(tmp_path, tensors)[1].architecture.window == 27


def refused(folder: Path, tensors: dict, *words: str, error=CheckpointError, **options) -> None:
    with pytest.raises(error) as caught:
        imported(folder, tensors, **options)
    for word in ("theirs.bin", *words):
        assert word in str(caught.value)
    assert not (folder / "ours.pth").exists()


def test_keys_that_do_not_match_are_listed(tmp_path) -> None:
    tensors = released(3, 8)
    del tensors["module.fc.bias"]
    tensors["module.head.weight"] = torch.ones(1)
    tensors["module.fc.weight"] = torch.ones(3, 8)
    refused(
        tmp_path, tensors,
        "1 missing: fc.bias", "1 not expected: head.weight",
        "1 of another shape: fc.weight (3, 8) instead of (3, 8, 1)",
    )  # fmt: skip


def test_another_network_is_refused(tmp_path) -> None:
    refused(tmp_path, {"module.conv1.weight": torch.ones(2, 2)}, "expand_gcn", "conv1.weight")
    without = {k: v for k, v in released(3, 8).items() if "layers_tcngcn.2." not in k}
    refused(tmp_path, without, "[0, 1, 3, 4, 5]")
    refused(tmp_path, released(3, 8, joints=16), "16 joints")
    refused(tmp_path, {"module.fc.weight": [1, 2]}, "not a tensor", "fc.weight")
    refused(tmp_path, released(3, 8), "15", error=UsageError, joint_set="humaneva15")


def test_weights_that_are_not_finite_are_refused(tmp_path) -> None:
    tensors = released(3, 8)
    tensors["module.fc.bias"][1] = float("nan")
    refused(tmp_path, tensors, "not finite", "fc.bias")


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("sprung"),))


@pytest.mark.parametrize(("joint_set", "fps"), [(None, 50), ("h36m17", 50), ("mpi_inf_3dhp17", 25)])
def test_the_frame_rate_is_that_of_the_data_set(tmp_path, joint_set, fps) -> None:
    source = write(tmp_path / "theirs.bin", released(3, 8))
    assert import_released(source, tmp_path / "ours.pth", joint_set=joint_set).fps == fps


def test_a_file_cannot_run_code(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "theirs.bin", released(3, 8), trap=Trap())
    with pytest.raises(CheckpointError, match="run code"):
        import_released(path, tmp_path / "ours.pth")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04", b"\x80\x02"])
def test_bytes_that_are_no_checkpoint(tmp_path, content) -> None:
    (tmp_path / "theirs.bin").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"theirs\.bin"):
        import_released(tmp_path / "theirs.bin", tmp_path / "ours.pth")


def test_a_file_that_is_missing_or_of_another_kind(tmp_path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        import_released(tmp_path / "nowhere.bin", tmp_path / "ours.pth")
    torch.save({"state_dict": {}}, tmp_path / "theirs.bin")
    with pytest.raises(CheckpointError, match=r"model_pos.*state_dict"):
        import_released(tmp_path / "theirs.bin", tmp_path / "ours.pth")


def test_an_existing_file_is_kept_unless_told(tmp_path) -> None:
    (tmp_path / "ours.pth").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        imported(tmp_path, released(3, 8))
    assert (tmp_path / "ours.pth").read_text() == "mine"
    assert imported(tmp_path, released(3, 8), overwrite=True)


def test_the_command(tmp_path) -> None:
    source, out = write(tmp_path / "theirs.bin", released(3, 8)), tmp_path / "new" / "ours.pth"
    command = ["import-released", str(source), "-o", str(out)]
    result = CliRunner().invoke(main, [*command, "--joint-set", "mpi_inf_3dhp17"])
    assert result.exit_code == 0 and "27 frames, 8 channels, joints mpi_inf_3dhp17" in result.output
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1 and "--overwrite" in again.output
    wrong = CliRunner().invoke(main, [*command, "--overwrite", "--joint-set", "humaneva15"])
    assert wrong.exit_code == 2 and "17 joints" in wrong.output
