"""2D keypoints in the files of other programs: one module a format.

Every module has ``read``, which takes parsed JSON (or a folder) and gives `NumberedDetections`;
anything may be raised where that is not what it should be.
"""
