"""From a video to 3D joints, a file for Blender, joint angles and gait, with the library's own API.

python examples/lift_video.py examples/.cache/demo.mp4 examples/out
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np

from glagcn_cli import Settings, lift_video
from glagcn_cli.biomechanics import find_gait
from glagcn_cli.biomechanics.joint_angles import joint_angles
from glagcn_cli.export import ExportContext, writer_for
from glagcn_cli.export.angles_plot import write_plot

log = logging.getLogger("lift_video")


def main(video: Path, folder: Path) -> None:
    """Lift the main person of a video; write files into the folder and log what was found."""
    folder.mkdir(parents=True, exist_ok=True)
    people = lift_video(video, Settings(people=1))
    if not people:
        sys.exit(f"{video}: no person was found")
    person = people[0]  # joints (frames, 17, 3) in metres: y up, the floor at 0

    wrist = person.joints[person.valid, person.joint_set.index("right_wrist")]
    log.info("%d of %d frames hold a pose", person.valid.sum(), len(person))
    log.info("the right wrist gets %.2f m above the floor", wrist[:, 1].max())

    angles = joint_angles(person)  # degrees (frames, 29), NaN where there is no pose
    for side in ("left", "right"):
        knee = angles[f"{side}_knee_flexion"]
        log.info("%s knee: %.0f to %.0f degrees", side, np.nanmin(knee), np.nanmax(knee))
    for name, value in find_gait(person).summary().items():  # empty without a gait
        log.info("%s: %.2f", name, value)

    context = ExportContext(overwrite=True, source=video)
    written: list[Path] = []
    for name in ("poses.npz", "poses.bvh", "sheet.png"):
        written += writer_for(Path(name))(folder / name, people, context)
    written += write_plot(folder / "angles.png", people, context)
    log.info("written: %s", ", ".join(str(path) for path in written))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
