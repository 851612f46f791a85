"""The default 2D stage is imported without torch, which takes longer than all else at its start."""

from __future__ import annotations

import subprocess
import sys

MODULES = (
    "glagcn_cli.pipeline.video_lifter",
    "glagcn_cli.keypoints.detecting",
    "glagcn_cli.detection.models",
    "glagcn_cli.detection.people_detector",
    "glagcn_cli.detection.movenet.direct",
    "glagcn_cli.detection.rtmdet.direct",
    "glagcn_cli.machine.openvino.late",
)


def test_the_default_models_need_no_torch_to_be_imported() -> None:
    code = f"import sys, {', '.join(MODULES)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
