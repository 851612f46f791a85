"""Errors of the program's 2D detector on real video, joint by joint, as training models them.

    python -m benchmarks.real_video.detector_noise --views SinglePerson/videos
        --calibration Calib.qca.txt --clip demo.mp4 --mediapipe-python MP/bin/python --cache CACHE

Three measures of the same errors, all without marked frames:

views
    Several calibrated cameras see one person. The point that fits all views best is triangulated;
    what a view is off from it is its error, scaled up for the degrees of freedom that the point
    took. What all views agree on though it is wrong (a detector's own idea of a joint) is no part.
second detector
    What two independent detectors differ by, over the root of two, as if both erred alike. The mean
    difference in the body's own axes is how differently they define a joint, and is taken out.
smoothing
    What a track is off from itself without what is quicker than 5 Hz: quick errors, of one camera.

Errors are split as training draws them: a part that is new in every frame (at 25 a second), and a
steady one whose correlation falls exponentially with time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import curve_fit

from benchmarks.peers.mediapipe_pose import mediapipe_poses
from benchmarks.real_video.calibrated_views import Camera, read_cameras, triangulate_shifted
from benchmarks.real_video.clip_measures import person_size
from benchmarks.real_video.clip_people import PeopleFinder, cache_name, most_alike, same_person
from glagcn_cli.poses import Keypoints2D
from glagcn_cli.skeleton import COCO17
from glagcn_cli.smoothing import low_pass
from glagcn_training.metrics.markdown_table import markdown_table

GROSS = 0.1
"""Share of the person's size beyond which a point is not noisy but mistaken (a swap, a lost limb);
such points are counted and left out of the standard deviations."""

RATE = 25  # frames a second for which noise is called new in every frame
LAGS = (0.04, 0.24)  # seconds between which the steady part is read off
CUTOFF = 5.0  # hertz
SHIFT_ROUNDS = 4

_Array = NDArray[np.float64]


class Noise(NamedTuple):
    """Standard deviations of a coordinate, as shares of the person's size.

    ``quick`` and ``steady`` (joints,); ``correlation`` seconds in which the steady part's falls to
    1/e; ``tail`` (share, factor): of points in a frame whose quick errors are so much larger;
    ``gross`` (joints,): share of points further off than `GROSS`.
    """

    quick: _Array
    steady: _Array
    correlation: float
    tail: tuple[float, float]
    gross: _Array


def errors_of_views(cameras: Sequence[Camera], people: Sequence[Keypoints2D]) -> _Array:
    """Compute errors (views, frames, joints, 2), shares of person size, in all views.

    A shift of a whole view is the calibration's and is taken out.
    """
    pixels = np.stack([person.keypoints for person in people]).astype(np.float64)
    scores = np.stack([np.where(p.valid[:, None], p.scores, 0) for p in people])
    _, off = triangulate_shifted(cameras, pixels, scores, SHIFT_ROUNDS)
    # Every view gives two numbers, and the point has three degrees of freedom in all.
    freed = np.sqrt(2 * len(people) / (2 * len(people) - 3))
    sizes = np.array([person_size(p.keypoints[p.valid]) for p in people])
    return freed * off / sizes[:, None, None, None]


def errors_between(first: Keypoints2D, second: _Array) -> tuple[_Array, _Array]:
    """Compute errors (1, frames, joints, 2) of each of two detectors, and their mean difference.

    The difference (joints, 2), shares of the person's size, is in the body's axes: across from
    right to left hip and along from hips to shoulders. Frames that one of them lacks, or in which
    they follow different people, are NaN.
    """
    both = same_person(first, second)
    size = person_size(first.keypoints[both])
    difference = np.where(both[:, None, None], (first.keypoints - second) / size, np.nan)
    along = _middle(first.keypoints, "shoulder") - _middle(first.keypoints, "hip")
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6)
    hips = _joint(first.keypoints, "left_hip") - _joint(first.keypoints, "right_hip")
    across = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    across *= np.sign((across * hips).sum(axis=-1, keepdims=True) + 1e-9)
    axes = np.stack([across, along], axis=1)  # (frames, 2 axes, xy)
    in_body = np.einsum("faj,fvj->fva", axes, difference)
    near = np.abs(in_body).max(axis=-1, keepdims=True) < GROSS
    offset = np.nanmean(np.where(near, in_body, np.nan), axis=0)
    rest = difference - np.einsum("faj,va->fvj", axes, offset)
    return rest[None] / np.sqrt(2), offset


def _joint(points: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    return points[:, COCO17.index(name)]


def _middle(points: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    return (_joint(points, f"left_{name}") + _joint(points, f"right_{name}")) / 2


def split(errors: Sequence[_Array], rates: Sequence[Fraction]) -> Noise:
    """Separate quick and steady parts by the errors' correlation over time.

    With white noise of variance q2 in every frame and a steady part of variance s2 that forgets in
    T seconds, the mean product of errors t apart is s2 exp(-t / T), and q2 + s2 at t = 0.

    Parameters
    ----------
    errors
        One array (tracks, frames, joints, 2) a clip, NaN where not known.
    rates
        Frames per second of each.
    """
    gross = np.concatenate([_distance(e).reshape(-1, e.shape[2]) for e in errors])
    mistaken = np.nanmean(np.where(np.isnan(gross), np.nan, gross > GROSS), axis=0)
    kept = [np.where((_distance(e) > GROSS)[..., None], np.nan, e) for e in errors]
    variance = _products(kept, [0] * len(kept))
    lags = np.arange(LAGS[0], LAGS[1] + 1e-6, 1 / RATE)
    later = np.stack([_products(kept, [round(lag * float(r)) for r in rates]) for lag in lags])
    pooled = later.sum(axis=1) / variance.sum()

    def decay(lag: _Array, share: float, time: float) -> _Array:
        return share * np.exp(-lag / time)

    (_, time), _ = curve_fit(decay, lags, pooled, (0.7, 1.0), bounds=([0, 0.02], [1, 20]))
    steady = np.mean(later * np.exp(lags / time)[:, None], axis=0).clip(0, variance)
    quick = [_quick_part(e, r) for e, r in zip(kept, rates, strict=True)]
    return Noise(np.sqrt(variance - steady), np.sqrt(steady), float(time), _tail(quick), mistaken)


def _distance(errors: _Array) -> _Array:
    return np.linalg.norm(errors, axis=-1)


def _products(errors: Sequence[_Array], lags: Sequence[int]) -> _Array:
    """Compute the mean product (joints,) of coordinates this many frames apart."""
    pairs = [
        (e[:, : e.shape[1] - lag] * e[:, lag:]).transpose(2, 0, 1, 3).reshape(e.shape[2], -1)
        for e, lag in zip(errors, lags, strict=True)
    ]
    return np.nanmean(np.concatenate(pairs, axis=1), axis=1)


def _quick_part(errors: _Array, rate: Fraction) -> _Array:
    """Return differences of errors a training frame apart, in units of their robust spread."""
    step = max(1, round(float(rate) / RATE))
    jump = errors[:, step:] - errors[:, :-step]
    return jump / (np.nanmedian(np.abs(jump), axis=(0, 1, 3), keepdims=True) / 0.6745)


def _tail(quick: Sequence[_Array]) -> tuple[float, float]:
    """Fit share and factor of the wider of two normal distributions, by likelihood on a grid."""
    values = np.concatenate([part[np.isfinite(part)] for part in quick])
    best, found = -np.inf, (0.0, 1.0)
    for share in (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3):
        for factor in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0):
            for core in (0.7, 0.8, 0.9, 1.0):
                wide = factor * core
                density = (1 - share) * np.exp(-np.square(values / core) / 2) / core
                density += share * np.exp(-np.square(values / wide) / 2) / wide
                likelihood = float(np.log(density + 1e-300).sum())
                if likelihood > best:
                    best, found = likelihood, (share, factor)
    return found


def about_smooth_tracks(people: Sequence[Keypoints2D]) -> _Array:
    """Compute the deviation (joints,) from the track without motion above `CUTOFF`."""
    parts = []
    for person in people:
        smooth = low_pass(person.keypoints, person.valid, person.fps, CUTOFF)
        off = (person.keypoints - smooth)[person.valid] / person_size(
            person.keypoints[person.valid]
        )
        parts.append(np.where((_distance(off) > GROSS)[..., None], np.nan, off))
    return np.sqrt(np.nanmean(np.square(np.concatenate(parts)), axis=(0, 2)))


def table(columns: dict[str, Noise], smooth: _Array) -> str:
    """Format the percent of the person's size for each joint, in markdown."""
    head = ["joint", *(f"{name}: quick / steady / mistaken" for name in columns), "about 5 Hz"]
    lines = [head]
    for j, joint in enumerate(COCO17.joints):
        cells = [
            f"{100 * n.quick[j]:.2f} / {100 * n.steady[j]:.2f} / {100 * n.gross[j]:.1f} %"
            for n in columns.values()
        ]
        lines.append([joint, *cells, f"{100 * smooth[j]:.2f}"])
    text = markdown_table(lines, left=len(head))
    for name, noise in columns.items():
        share, factor = noise.tail
        text += f"\n{name}: steady part forgets in {noise.correlation:.2f} s; of the quick errors "
        text += f"{100 * share:.0f} % are {factor:g} times as large"
    return text


@click.command()
@click.option("--clip", "clips", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--views", type=click.Path(exists=True, path_type=Path), help="Folder of videos.")
@click.option("--calibration", type=click.Path(exists=True, path_type=Path))
@click.option("--mediapipe-python", type=click.Path(exists=True, path_type=Path))
@click.option("--cache", type=click.Path(path_type=Path), required=True)
@click.option("--json", "out", type=click.Path(path_type=Path))
def main(
    clips: tuple[Path, ...],
    views: Path | None,
    calibration: Path | None,
    mediapipe_python: Path | None,
    cache: Path,
    out: Path | None,
) -> None:
    """Print the errors of the detector, percent of the person's size."""
    finder = PeopleFinder(cache)
    columns: dict[str, Noise] = {}
    figures: dict[str, Any] = {"joints": list(COCO17.joints)}
    everybody = [finder(clip).people for clip in clips]
    if views and calibration:
        cameras = read_cameras(calibration)
        seen = [finder(views / f"{camera.name}.mp4").people for camera in cameras]
        main_people = [people[0] for people in seen]
        columns["views"] = split([errors_of_views(cameras, main_people)], [main_people[0].fps])
        everybody += seen
        clips += tuple(views / f"{camera.name}.mp4" for camera in cameras)
    if mediapipe_python:
        pairs, rates = [], []
        for clip, people in zip(clips, everybody, strict=True):
            kept = cache / f"{cache_name(clip)}.mediapipe-raw.npz"
            other = mediapipe_poses(mediapipe_python, clip, kept, smooth=False)
            person = most_alike(people, other.keypoints)
            pairs.append(errors_between(person, other.keypoints))
            rates.append(person.fps)
        columns["second detector"] = split([errors for errors, _ in pairs], rates)
        figures["mean_difference_across_along"] = np.mean([o for _, o in pairs], axis=0).tolist()
    smooth = about_smooth_tracks([people[0] for people in everybody])
    click.echo(table(columns, smooth))
    if out:
        figures["about_5_hz"] = smooth.tolist()
        for name, noise in columns.items():
            parts = noise._asdict().items()
            figures[name] = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in parts}
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
