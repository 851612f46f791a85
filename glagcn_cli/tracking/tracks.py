"""Turns the detections of single frames into one track a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..camera_path.carried import CarriedPlaces
from ..poses import HANDS_SHAPE, FrameDetections, Keypoints2D
from ..shots.shots import between_cuts
from ..similarity import size
from ..skeleton import JointSet
from .contacts import cut_at_contacts
from .linking import link
from .tracklets import AT_REST, Tracklet, follow

SHORTEST_TRACK = 0.2  # seconds; shorter ones are noise unless nobody else was seen


@dataclass(frozen=True)
class Track:
    """Detections of a person in a clip.

    Parameters
    ----------
    frames
        Numbers of the frames with the person, rising.
    rows
        Number of the person's detection in each of these frames.
    person
        Identity, from 1 in the order of frames x size: the main person is long in view and large.
    """

    frames: NDArray[np.intp]
    rows: NDArray[np.intp]
    person: int

    def laid_out(
        self,
        clip: Sequence[FrameDetections],
        fps: Fraction,
        image_size: tuple[int, int],
        joint_set: JointSet,
    ) -> Keypoints2D:
        """Return the person's keypoints over all frames of the clip.

        Parameters
        ----------
        clip
            Detections, one entry a frame.
        fps, image_size, joint_set
            As in `Keypoints2D`.
        """
        keypoints = np.zeros((len(clip), len(joint_set), 2), dtype=np.float32)
        scores = np.zeros((len(clip), len(joint_set)), dtype=np.float32)
        valid = np.zeros(len(clip), dtype=bool)
        for frame, row in zip(self.frames, self.rows, strict=True):
            keypoints[frame] = clip[frame].keypoints[row]
            scores[frame] = clip[frame].scores[row]
        valid[self.frames] = True
        hands = self._hands(clip)
        return Keypoints2D(keypoints, scores, valid, fps, image_size, joint_set, self.person, hands)

    def _hands(self, clip: Sequence[FrameDetections]) -> NDArray[np.float32] | None:
        """Return the hands of all frames, as of `Keypoints2D`; None where none was looked for."""
        if all(clip[frame].hands is None for frame in self.frames):
            return None
        hands = np.zeros((len(clip), *HANDS_SHAPE), np.float32)
        for frame, row in zip(self.frames, self.rows, strict=True):
            found = clip[frame].hands
            if found is not None:
                hands[frame] = found[row]
        return hands


def find_people(
    clip: Sequence[FrameDetections],
    fps: Fraction,
    cuts: Sequence[int] = (),
    background: CarriedPlaces = AT_REST,
) -> list[Track]:
    """Find the people of a clip.

    Parameters
    ----------
    clip
        Detections, one entry a frame.
    fps
        Frames per second.
    cuts
        First frames of shots; nobody is followed over a cut.
    background
        Where it lies in each frame, before a camera that moves.

    Returns
    -------
    list of Track
        One entry a person, numbered from 1 in the order of seconds x size: person 1 is the main
        person. Empty when nobody was found.
    """
    tracks: list[Tracklet] = []
    clip = [frame.body for frame in clip]  # feet and hands are seen now and then
    for shot in between_cuts(cuts, len(clip)):
        rate = float(fps)
        followed = follow(clip, shot.start, shot.stop, rate, background)
        people = link(followed, clip, rate, background)
        pieces = cut_at_contacts(people, clip, rate, background)
        tracks += link(pieces, clip, rate, background) if len(pieces) > len(people) else people
    found = [track for track in tracks if len(track.frames) >= SHORTEST_TRACK * fps] or tracks
    sizes = [
        sum(size(clip[frame].boxes[row]) for frame, row in zip(t.frames, t.rows, strict=True))
        for t in found
    ]
    order = np.argsort(-np.array(sizes), kind="stable")
    return [
        Track(np.array(found[k].frames), np.array(found[k].rows), number)
        for number, k in enumerate(order, start=1)
    ]


def track_people(
    clip: Sequence[FrameDetections],
    fps: Fraction,
    image_size: tuple[int, int],
    joint_set: JointSet,
    cuts: Sequence[int] = (),
) -> list[Keypoints2D]:
    """Find the people of a clip and lay all of them out."""
    found = find_people(clip, fps, cuts)
    return [track.laid_out(clip, fps, image_size, joint_set) for track in found]
