"""Values that hold where a user chooses nothing and that several rooms need.

Nothing is imported here: the command line reads these for its help.
"""

CUTOFF = 7.0
"""Hertz; biomechanics filters gait at 6, and faster movement needs a little more."""

FOV = 60.0
"""Degrees over the picture's longer side, where nothing is known of the lens."""

LIFTER = "lifter-27"
"""Name of the lifter."""

EXTREMITIES_LIFTER = "lifter-27-feet"
"""Name of the lifter in its stead where the 2D has feet or palms."""
