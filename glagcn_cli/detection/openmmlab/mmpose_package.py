"""Whether MMPose is installed, and what to type where it is not.

MMPose's metadata asks for packages that no longer install and that nothing here uses. So pip cannot
bring it along with this program, and it is installed by a command of its own.
"""

from __future__ import annotations

import importlib.util
import sys

from ...errors import ModelNotFoundError

REQUIREMENTS = ("mmpose==1.3.2", "json_tricks", "munkres")
"""MMPose, and what it imports besides what this program needs anyway."""


def how_to_install() -> str:
    """Return the command that installs MMPose beside the Python that is running."""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    packages = " ".join(("--no-deps", *REQUIREMENTS))
    if importlib.util.find_spec("pip") is None:  # an environment that uv made
        return f"uv pip install --python {python} {packages}"
    return f"{python} -m pip install {packages}"


def need_mmpose(what: str) -> None:
    """Raise where MMPose is not installed.

    Parameters
    ----------
    what
        What needs it; the message begins with this.

    Raises
    ------
    ModelNotFoundError
        MMPose is not installed. The message has the command that installs it.
    """
    if importlib.util.find_spec("mmpose") is None:
        raise ModelNotFoundError(
            f"{what} needs MMPose, which is not installed. Type: {how_to_install()}"
        )
