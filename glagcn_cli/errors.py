"""All failures that a user can meet."""

from __future__ import annotations


class GlagcnError(Exception):
    """Base of all errors that are reported as a message, not as a traceback."""


class UsageError(GlagcnError):
    """The given options contradict each other; nothing was started (exit code 2)."""


class InputError(GlagcnError):
    """An input file is missing, empty or not a video that ffmpeg can decode."""


class NoVideoStreamError(InputError):
    """The file is readable but has no video (only sound, for example)."""


class NobodyFoundError(GlagcnError):
    """No person was found in any frame, so there is nothing to lift."""


class OutputError(GlagcnError):
    """An output cannot be written: folder missing, no permission, disk full, file exists."""


class CheckpointError(GlagcnError):
    """A model file is missing, corrupt, of another architecture or of another format version."""


class ModelNotFoundError(GlagcnError):
    """No detector, pose model or lifter has this name, or its weights cannot be fetched."""


class DeviceError(GlagcnError):
    """The requested device does not exist, failed, or has too little memory."""


class TrainingError(GlagcnError):
    """A training cannot continue: its loss is not finite."""
