"""The program and MediaPipe Pose on real clips, measured without ground truth.

    python -m benchmarks.real_video.real_clips demo.mp4 --mediapipe-python MP/bin/python
        --cache CACHE

    python -m benchmarks.real_video.real_clips SinglePerson/videos/cam0?.mp4
        --calibration Calib.qca.txt --mediapipe-python MP/bin/python --cache CACHE

Both are judged on the same person in the frames in which both have a pose of that person. With
several calibrated cameras of one person there is a truth as well, see `score_views`. Detections are
stored in CACHE, so that another `--lifter` is measured in seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.peers.mediapipe_pose import MediaPipePoses, mediapipe_poses
from benchmarks.real_video.calibrated_views import read_cameras
from benchmarks.real_video.clip_measures import (
    ClipPoses,
    bone_deviations,
    depth_flips,
    jitter,
    reprojection,
    standing_still,
    swaps,
)
from benchmarks.real_video.clip_people import (
    People,
    PeopleFinder,
    cache_name,
    most_alike,
    same_person,
)
from benchmarks.real_video.views_truth import Truth, score_views
from glagcn_cli.camera import DEFAULT_FOV
from glagcn_cli.lifting.checkpoints import DEFAULT_LIFTER
from glagcn_cli.lifting.lifter import Lifter
from glagcn_cli.pipeline.settings import Settings
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.scene.choices import SceneChoices
from glagcn_cli.scene.placing import as_one_body, to_scene
from glagcn_cli.skeleton import COCO17_TO_H36M17
from glagcn_training.metrics.markdown_table import markdown_table

SCENE_TO_CAMERA = np.diag([1.0, -1.0, -1.0])
"""From y up, z towards the camera to y down, z forward; the camera's tilt stays."""

MEDIAPIPE = "MediaPipe"
COLUMNS = (
    "poses, %", "bones, mean %", "worst bone, %", "jitter, m/s2",
    "reprojection, %", "swaps", "depth flips",
)  # fmt: skip


@dataclass(frozen=True)
class ClipResult:
    """A clip as the program and MediaPipe see it.

    ``poses`` by contestant, ``found`` the share of the clip's frames in which each has a pose of
    the person, ``seconds`` that each took, ``person`` the program's number of who is judged.
    """

    poses: dict[str, ClipPoses]
    found: dict[str, float]
    seconds: dict[str, float]
    keypoints: dict[str, Keypoints2D]
    fps: Fraction
    image_size: tuple[int, int]
    person: int


def product_poses(lifter: Lifter, person: Keypoints2D, settings: Settings) -> dict[str, ClipPoses]:
    """Return the network's poses, those smoothed with fitted bones, and the final scene's."""
    choices = SceneChoices(settings.fov or DEFAULT_FOV, settings.smoothing)
    lifted = lifter.lift(person, fov=choices.fov, flip=settings.flip)
    fitted = as_one_body(lifted, choices.cutoff)
    scene = to_scene([lifted], person.image_size, choices)[0]
    solid = {
        "lifted": lifted.joints,
        "bones fitted": fitted.joints,
        "scene": scene.joints @ SCENE_TO_CAMERA,
    }
    flat = lifted.keypoints.astype(np.float64)
    return {
        name: ClipPoses(joints.astype(np.float64), flat, lifted.valid)
        for name, joints in solid.items()
    }


def mediapipe_clip(found: MediaPipePoses) -> ClipPoses:
    """Convert MediaPipe's COCO-17 points to the program's joints."""
    joints, keypoints = (
        np.asarray(COCO17_TO_H36M17 @ np.nan_to_num(points), np.float64)
        for points in (found.world, found.keypoints)
    )
    return ClipPoses(joints, keypoints, found.valid)


def run_clip(
    lifter: Lifter, found: People, other: MediaPipePoses | None, settings: Settings
) -> ClipResult:
    """Lift the main person, or with MediaPipe the one it follows most."""
    person = found.people[0]
    if other is not None:
        frames = min(len(person), len(other.valid))
        other = replace(other, keypoints=other.keypoints[:frames], world=other.world[:frames],
                        valid=other.valid[:frames])  # fmt: skip
        first = itemgetter(slice(frames))
        found = replace(found, people=[p.each_frame(first) for p in found.people])
        person = most_alike(found.people, other.keypoints)
    started = time.perf_counter()
    poses = product_poses(lifter, person, settings)
    seconds = {name: found.seconds + time.perf_counter() - started for name in poses}
    keypoints = dict.fromkeys(poses, person)
    share = {name: float(ours.valid.mean()) for name, ours in poses.items()}
    if other is not None:
        same = same_person(person, other.keypoints)
        poses = {name: replace(ours, valid=ours.valid & same) for name, ours in poses.items()}
        poses[MEDIAPIPE] = replace(mediapipe_clip(other), valid=same)
        flat = np.nan_to_num(other.keypoints).astype(np.float32)
        keypoints[MEDIAPIPE] = replace(
            person, keypoints=flat, scores=np.ones_like(person.scores), valid=other.valid
        )
        share[MEDIAPIPE], seconds[MEDIAPIPE] = float(same.mean()), other.seconds
    return ClipResult(
        poses, share, seconds, keypoints, person.fps, person.image_size, person.person
    )


def judge(clip: ClipResult) -> dict[str, dict[str, Any]]:
    """Compute all figures of a clip by contestant."""
    first = next(iter(clip.poses.values()))
    still = standing_still(first.keypoints, first.valid, clip.fps)
    figures: dict[str, dict[str, Any]] = {}
    for name, poses in clip.poses.items():
        bones = bone_deviations(poses)
        worst = max(bones, key=lambda bone: bones[bone])
        figures[name] = {
            "poses_percent": 100 * clip.found[name],
            "frames": int(poses.valid.sum()),
            "bones_percent": float(np.mean(list(bones.values()))),
            "worst_bone": worst,
            "worst_bone_percent": bones[worst],
            "jitter": jitter(poses, still, clip.fps),
            "still_joints_and_frames": int(still.sum()),
            # Each onto its own 2D: what the 3D adds, not how the detectors differ.
            "reprojection_percent": reprojection(poses, clip.image_size),
            "swaps": swaps(poses),
            "depth_flips": depth_flips(poses, clip.fps),
            "seconds": clip.seconds[name],
            "bones": bones,
        }
    return figures


def describe(title: str, figures: dict[str, dict[str, Any]]) -> str:
    """Format one clip as a table in markdown."""
    frames = next(iter(figures.values()))["frames"]
    lines = [[f"{title} ({frames} frames)", *COLUMNS]]
    for name, row in figures.items():
        cells = [
            f"{row['poses_percent']:.0f}", f"{row['bones_percent']:.1f}",
            f"{row['worst_bone_percent']:.1f} ({row['worst_bone']})",
            f"{row['jitter']:.1f}",
            f"{row['reprojection_percent']:.2f}", str(row["swaps"]), str(row["depth_flips"]),
        ]  # fmt: skip
        lines.append([name, *cells])
    return markdown_table(lines, left=len(lines[0]))


def describe_views(scores: dict[str, dict[str, list[float]]]) -> str:
    """Format errors against the triangulated truths as a table in markdown."""
    truths = list(next(iter(scores.values())))
    lines = [["P-MPJPE by view, mm", *(f"truth of {truth}" for truth in truths)]]
    for name, by_truth in scores.items():
        cells = [
            f"{np.mean(by_truth[truth]):.1f} ({', '.join(f'{e:.0f}' for e in by_truth[truth])})"
            for truth in truths
        ]
        lines.append([name, *cells])
    return markdown_table(lines, left=len(lines[0]))


def views_of(
    clips: Sequence[Path], results: Sequence[ClipResult], calibration: Path
) -> dict[str, dict[str, list[float]]]:
    """Score the clips as views of one person, named as the calibration's cameras."""
    by_name = {camera.name: camera for camera in read_cameras(calibration)}
    cameras = [by_name[clip.stem] for clip in clips]
    own = next(iter(results[0].poses))
    truths = {
        ("the program's 2D" if name == own else f"{name}'s 2D"): Truth.triangulated(
            cameras, [result.keypoints[name] for result in results]
        )
        for name in (own, MEDIAPIPE)
        if name in results[0].poses
    }
    poses: dict[str, list[tuple[NDArray[np.float64], NDArray[np.bool_]]]] = {
        name: [(result.poses[name].joints, result.poses[name].valid) for result in results]
        for name in results[0].poses
    }
    return score_views(truths, poses)


@click.command()
@click.argument("clips", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--lifter", default=DEFAULT_LIFTER, show_default=True, help="Name or file.")
@click.option("--calibration", type=click.Path(exists=True, path_type=Path))
@click.option("--mediapipe-python", type=click.Path(exists=True, path_type=Path))
@click.option("--cache", required=True, type=click.Path(path_type=Path))
@click.option("--json", "out", type=click.Path(path_type=Path), help="File for all figures.")
@click.option("--threads", default=1, show_default=True)
def main(
    clips: tuple[Path, ...],
    lifter: str,
    calibration: Path | None,
    mediapipe_python: Path | None,
    cache: Path,
    out: Path | None,
    threads: int,
) -> None:
    """Print the steadiness, fit to the picture and completeness of the poses of CLIPS."""
    torch.set_num_threads(threads)
    loaded, finder, settings = Lifter.load(lifter), PeopleFinder(cache), Settings()
    results, figures = [], {}
    for clip in clips:
        other = None
        if mediapipe_python:
            kept = cache / f"{cache_name(clip)}.mediapipe-smooth.npz"
            other = mediapipe_poses(mediapipe_python, clip, kept, smooth=True)
        found = finder(clip)
        if not found.people:
            click.echo(f"{clip}: no person was found")
            continue
        results.append(run_clip(loaded, found, other, settings))
        title = f"{clip.name}, person {results[-1].person}"
        figures[str(clip)] = judge(results[-1])
        click.echo(describe(title, figures[str(clip)]) + "\n")
    summary: dict[str, Any] = {"lifter": lifter, "clips": figures}
    if calibration:
        summary["views"] = views_of(clips, results, calibration)
        click.echo(describe_views(summary["views"]))
    if out:
        out.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
