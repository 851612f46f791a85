"""Read 2D keypoints from the files of other programs, one module a format.

Every module has ``read``, which takes parsed JSON (or a folder) and returns
`NumberedDetections`; it may raise anything where the input is not what it should be.
"""
