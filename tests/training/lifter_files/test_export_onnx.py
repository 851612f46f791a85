"""Exported lifters, ours and MMPose's, against torch and against MMPose's own code."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from glagcn_cli.errors import OutputError, UsageError
from glagcn_cli.lifting.checkpoints import LifterCard, save_lifter
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.lifting.normalisation import IMAGE, PERSON, normalise_windows
from glagcn_cli.lifting.onnx_card import read_card
from glagcn_cli.model.architecture import CENTRE, SEQUENCE, Architecture
from glagcn_cli.model.gla_gcn import build_lifter
from glagcn_training.commands.data import main
from glagcn_training.evaluation.run import EvaluationSettings, run_evaluation
from glagcn_training.lifter_files.export_onnx import export_onnx
from tests.helpers.small_runs import small_packs

torch.set_num_threads(1)

TENTH_OF_A_MILLIMETRE = 1e-4
SIZE = (1000, 800)


def own_lifter(path: Path, **changes: object) -> Path:
    """Save a small lifter of ours whose batch norms have seen something."""
    torch.manual_seed(4)
    architecture = replace(
        Architecture(window=9, channels=8, global_blocks=2, in_channels=3), **changes
    )
    made = build_lifter(architecture)
    made.train()
    made(torch.randn(16, 9, 17, architecture.in_channels))
    save_lifter(path, made.eval(), LifterCard(architecture, PERSON, fps=25, licence="none needed"))
    return path


def clip(frames: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """2D of somebody, pixels, and scores."""
    draws = np.random.default_rng(2)
    still = draws.uniform(200, 600, (1, 17, 2))
    keypoints = still + np.cumsum(draws.normal(0, 2, (frames, 17, 2)), axis=0)
    return keypoints, draws.uniform(0.2, 1, (frames, 17))


@pytest.mark.parametrize("branch", [CENTRE, SEQUENCE])
def test_our_lifters_lift_the_same(tmp_path: Path, branch: str) -> None:
    path = own_lifter(tmp_path / "own.pth", uncertainty=True, gravity=True)
    export_onnx(str(path), tmp_path / "own.onnx", branch=branch)
    keypoints, scores = clip()
    ours, theirs = Lifter.load(str(path)), Lifter.load(str(tmp_path / "own.onnx"))
    ours.per_second = None  # an ONNX network of the centre branch has a window for every frame
    wanted, found = (
        one.lift_keypoints(keypoints, scores, SIZE, 30, flip=True, branch=branch)
        for one in (ours, theirs)
    )
    for one, other in zip(wanted, found, strict=True):
        assert np.abs(one - other).max() < TENTH_OF_A_MILLIMETRE
    assert np.abs(wanted.joints).max() > 0.01
    assert theirs.card.licence == "none needed"


def test_the_released_variant_has_one_branch(tmp_path: Path) -> None:
    path = own_lifter(tmp_path / "released.pth", variant="released", in_channels=2)
    with pytest.raises(Exception, match="no sequence branch"):
        export_onnx(str(path), tmp_path / "a.onnx", branch=SEQUENCE)
    assert not list(tmp_path.glob("a.*"))
    export_onnx(str(path), tmp_path / "a.onnx")
    assert read_card(tmp_path / "a.onnx").output == CENTRE


def test_existing_files_are_kept(tmp_path: Path) -> None:
    path = own_lifter(tmp_path / "own.pth")
    (tmp_path / "a.yaml").write_text("mine")
    with pytest.raises(OutputError):
        export_onnx(str(path), tmp_path / "a.onnx")
    assert (tmp_path / "a.yaml").read_text() == "mine"


def test_missing_packages_are_answered_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    path = own_lifter(tmp_path / "own.pth")
    done = CliRunner().invoke(main, ["export-onnx", str(path), "-o", str(tmp_path / "a.onnx")])
    assert done.exit_code == 2
    assert "pip install 'glagcn[onnx]'" in done.output


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"NAME\.onnx"):
        export_onnx("lifter-27", tmp_path / "a.pth")


VIDEO_POSE = "video_pose_lift/h36m/video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m.py"
MOTION_BERT = "motionbert/h36m/motionbert_dstformer-243frm_8xb32-240e_h36m.py"
NARROW_VIDEO_POSE = "dict(backbone=dict(stem_channels=16), head=dict(in_channels=16))"
NARROW_MOTION_BERT = (
    "dict(backbone=dict(feat_size=16, depth=1, num_heads=2, seq_len=27), "
    "head=dict(in_channels=16, embedding_size=16))"
)


def mmpose_lifter(folder: Path, base: str, changes: str) -> tuple[str, object]:
    """Write a narrow variant of a configuration of MMPose with random weights."""
    mmpose = pytest.importorskip("mmpose")
    from glagcn_cli.detection.openmmlab.building import bare_model, read_config

    own = Path(mmpose.__path__[0]) / ".mim/configs/body_3d_keypoint" / base
    config, checkpoint = folder / "narrow.py", folder / "narrow.pth"
    config.write_text(f"_base_ = {str(own)!r}\nmodel = {changes}\n")
    torch.manual_seed(1)
    model = bare_model(read_config(config), "mmpose").eval()
    torch.save({"state_dict": model.state_dict()}, checkpoint)
    return f"{config},{checkpoint}", model


def test_video_pose_of_mmpose_lifts_as_in_mmpose(tmp_path: Path) -> None:
    name, model = mmpose_lifter(tmp_path, VIDEO_POSE, NARROW_VIDEO_POSE)
    card, _ = export_onnx(name, tmp_path / "a.onnx")
    assert (card.window, card.output, card.unit, card.input) == (27, CENTRE, "m", "NFT")
    from mmpose.codecs import VideoPoseLifting

    keypoints, _ = clip()
    codec = VideoPoseLifting(num_keypoints=17)
    padded = np.pad(keypoints, ((13, 13), (0, 0), (0, 0)), mode="edge")
    camera = {"w": SIZE[0], "h": SIZE[1]}
    encoded = [
        codec.encode(
            padded[k : k + 27].astype(np.float32), None, np.ones((1, 17, 3)), None, camera
        )["keypoint_labels"]
        for k in range(len(keypoints))
    ]
    with torch.inference_mode():
        wanted = model.head(model.backbone(torch.from_numpy(np.stack(encoded)).float())).numpy()
    lifted = Lifter.load(str(tmp_path / "a.onnx")).lift_keypoints(keypoints, None, SIZE, 50)
    np.testing.assert_allclose(lifted.joints, wanted - wanted[:, :1], atol=TENTH_OF_A_MILLIMETRE)


def test_motion_bert_of_mmpose_reads_what_it_reads_in_mmpose(tmp_path: Path) -> None:
    name, _ = mmpose_lifter(tmp_path, MOTION_BERT, NARROW_MOTION_BERT)
    card, difference = export_onnx(name, tmp_path / "a.onnx")
    assert (card.window, card.output, card.unit, card.channels) == (27, SEQUENCE, "body", 3)
    assert difference < TENTH_OF_A_MILLIMETRE
    from mmpose.codecs import MotionBERTLabel

    keypoints, scores = clip(27)
    codec = MotionBERTLabel(num_keypoints=17, concat_vis=True)
    encoded = codec.encode(
        keypoints, scores, np.ones((27, 17, 3)), camera_param={"w": SIZE[0], "h": SIZE[1]}
    )["keypoint_labels"]
    ours = normalise_windows(keypoints[None], IMAGE, SIZE, 0, scores[None])
    np.testing.assert_allclose(ours[0], encoded, atol=1e-6)


@pytest.mark.parametrize(
    "base, changes", [(VIDEO_POSE, NARROW_VIDEO_POSE), (MOTION_BERT, NARROW_MOTION_BERT)]
)
def test_lifters_of_mmpose_are_measured_as_ours(tmp_path: Path, base: str, changes: str) -> None:
    export_onnx(mmpose_lifter(tmp_path, base, changes)[0], tmp_path / "a.onnx")
    packs = small_packs(tmp_path / "packs")
    figures = [
        run_evaluation(EvaluationSettings("mocap", packs, weights=weights, flip=True))[0]
        for weights in (str(tmp_path / "a.onnx"), None)
    ]
    assert figures[0].keys() >= {"mpjpe", "p_mpjpe", "per_action", "setting"}
    assert figures[0]["setting"]["frames"] == figures[1]["setting"]["frames"]
    assert figures[0]["p_mpjpe"] > 2 * figures[1]["p_mpjpe"]  # its weights are random


def test_the_peers_script_names_all_lifters(tmp_path: Path) -> None:
    from benchmarks.peers.mmpose_lifters import main as compare

    name, _ = mmpose_lifter(tmp_path, VIDEO_POSE, NARROW_VIDEO_POSE)
    packs = small_packs(tmp_path / "packs")
    done = CliRunner().invoke(compare, ["--data-dir", str(packs), "--noise", "exact", name])
    assert done.exit_code == 0, done.output
    head, _, ours, theirs = done.output.strip().splitlines()[-4:]
    assert "P-MPJPE" in head and "lifter-27" in ours and "narrow.onnx" in theirs


def test_other_kinds_of_mmpose_are_refused(tmp_path: Path) -> None:
    name, _ = mmpose_lifter(tmp_path, VIDEO_POSE, NARROW_VIDEO_POSE)
    config = tmp_path / "narrow.py"
    config.write_text("model = dict(type='PoseLifter', backbone=dict(type='ResNet'))")
    with pytest.raises(UsageError, match="ResNet is not known"):
        export_onnx(name, tmp_path / "a.onnx")
