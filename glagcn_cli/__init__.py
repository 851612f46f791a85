"""glagcn: an ordinary video of people in, 3D skeletons out."""

__version__ = "0.1.0"
