"""Lifts people and places them in the scenes of their shots."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..camera import DEFAULT_FOV, FilmCamera
from ..poses import Keypoints2D, PoseSequence
from ..progress.stages import Stages
from ..scene.choices import SceneChoices
from ..scene.filming import film_camera, moving_film_camera
from ..scene.placing import Placed, place
from ..scene.plumb import LIKELY, is_likely, plumb_line
from ..shots.shots import in_clip, in_shot, shot_of
from ..video.probing import VideoInfo
from .settings import UP_BY_LINES, UP_BY_PEOPLE, UP_OF_CAMERA, Settings
from .shot_cameras import ShotCamera

if TYPE_CHECKING:
    from ..lifting.lifter import Lifter

log = logging.getLogger(__name__)


def scene_choices(settings: Settings, info: VideoInfo) -> SceneChoices:
    """Return how scenes of a video are made, before its cameras are known."""
    return SceneChoices(
        fov=settings.fov or info.fov or DEFAULT_FOV,
        cutoff=settings.smoothing,
        level=settings.up == UP_OF_CAMERA,
        by_lines=settings.up != UP_BY_PEOPLE,
        doubtful_lines=settings.up == UP_BY_LINES,
        height=settings.height,
        foot_lock=settings.foot_lock,
    )


@dataclass(frozen=True)
class SceneLifter:
    """Lifts the people of a clip, each shot as if it were a clip of its own.

    Parameters
    ----------
    lifter, flip
        The lifter, and whether the mirror image is lifted too.
    scene
        Settings of the scenes.
    cameras
        One a shot.
    """

    lifter: Lifter
    flip: bool
    scene: SceneChoices
    cameras: Sequence[ShotCamera]

    def lift(
        self, people: Sequence[Keypoints2D], stages: Stages
    ) -> tuple[list[PoseSequence], FilmCamera | None]:
        """Lift people of one clip; return their poses and, where it turns, the camera."""
        shown_in = [self._camera_of(person) for person in people]
        with stages.stage("lifting", sum(camera.frames for camera in shown_in)) as stage:
            lifted = []
            for person, camera in zip(people, shown_in, strict=True):
                lifted.append(self._lifted(person, camera))
                stage.advance(len(lifted[-1]))
        with stages.stage("scene"):
            return self._placed(people, lifted, shown_in)

    def _camera_of(self, person: Keypoints2D) -> ShotCamera:
        shot = shot_of(person, [camera.shot for camera in self.cameras])
        return next(camera for camera in self.cameras if camera.shot == shot)

    def _lifted(self, person: Keypoints2D, camera: ShotCamera) -> PoseSequence:
        part, view = in_shot(person, camera.shot), camera.view
        if view is not None:
            part = view.steady(part)
        body = self.lifter.lift(part, fov=self._choices(camera).fov, flip=self.flip)
        return body if view is None else view.straightened(body)

    def _choices(self, camera: ShotCamera) -> SceneChoices:
        how = replace(
            self.scene, moving_camera=camera.in_place or camera.walks,
            walking_camera=camera.walks, lines=camera.lines, focal_error=camera.focal_error,
        )  # fmt: skip
        if (view := camera.view) is None:
            return how
        return replace(how, fov=view.fov, unrolled=view.is_unrolled)

    def _placed(
        self,
        people: Sequence[Keypoints2D],
        lifted: Sequence[PoseSequence],
        shown_in: Sequence[ShotCamera],
    ) -> tuple[list[PoseSequence], FilmCamera | None]:
        cameras = [camera for camera in self.cameras if camera in shown_in]
        rows = [[k for k, shown in enumerate(shown_in) if shown is camera] for camera in cameras]
        size = people[0].image_size if people else (1, 1)
        placed = place(
            [[lifted[k] for k in row] for row in rows], size, [self._choices(c) for c in cameras]
        )
        for shot, camera in zip(placed, cameras, strict=True):
            _tell_of_levels(shot)
            self._tell_of_lines(shot, camera)
        placed = [_as_filmed(*both) for both in zip(placed, cameras, strict=True)]
        everybody = [person for shot in placed for person in shot.people]
        found = dict(zip([k for row in rows for k in row], everybody, strict=True))
        frames = len(people[0]) if people else 0
        poses = [in_clip(found[k], shown_in[k].shot, frames) for k in range(len(people))]
        return poses, _filmed(placed, cameras, frames, size)

    def _tell_of_lines(self, placed: Placed, camera: ShotCamera) -> None:
        """Say where upright lines of the background are at odds with the people."""
        if self.scene.level or not len(camera.lines):
            return
        up = placed.axes[1]
        plumb = plumb_line(camera.lines, up, camera.focal_error)
        if self.scene.doubtful_lines or plumb is None:
            return
        apart = float(np.degrees(np.arccos(np.clip(plumb.up @ up, -1, 1))))
        differ = not is_likely(plumb, up) if self.scene.by_lines else apart > LIKELY * plumb.error
        if differ:
            log.info(
                "upright lines in the picture and the people differ by %.0f degrees on which way "
                "is up, and the people are believed; --up lines goes by both",
                apart,
            )


def _tell_of_levels(placed: Placed) -> None:
    """Say who stands above the floor of the others."""
    for person, levels in zip(placed.people, placed.levels, strict=True):
        if (highest := levels.max(initial=0.0)) > 0:
            at_times = "" if (levels[person.valid] > 0).all() else ", at times"
            log.info(
                "person %d stands on a floor %.1f m above the lowest%s",
                person.person, highest, at_times,
            )  # fmt: skip


def _as_filmed(placed: Placed, camera: ShotCamera) -> Placed:
    """Give people the places in the video in whose stead they were lifted."""
    view = camera.view
    if view is None:
        return placed
    return placed._replace(people=[view.filmed(person) for person in placed.people])


def _filmed(
    placed: Sequence[Placed], cameras: Sequence[ShotCamera], frames: int, size: tuple[int, int]
) -> FilmCamera | None:
    """Lay out the cameras that turn in the clip; None where none does."""
    whole = FilmCamera(
        np.tile(np.eye(3), (frames, 1, 1)), np.zeros((frames, 3)), np.ones(frames),
        np.zeros(frames, bool),
    )  # fmt: skip
    for shot, camera in zip(placed, cameras, strict=True):
        if camera.view is None:
            continue
        turns = camera.view.turns @ shot.axes.T
        film = moving_film_camera if camera.walks else film_camera
        found = film(shot.people, turns, camera.view.path.focal, size)
        if found is not None:
            part = camera.shot.frames
            whole.rotation[part], whole.position[part] = found.rotation, found.position
            whole.focal[part], whole.known[part] = found.focal, found.known
    return whole.held() if whole.known.any() else None
