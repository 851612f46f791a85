"""Read 2D keypoints from the files of other programs, one module a program.

Each function that reads takes the parsed document (or a folder) and returns `NumberedDetections`;
it raises ``ValueError`` with what was expected, what was found, and where in the file.
"""
