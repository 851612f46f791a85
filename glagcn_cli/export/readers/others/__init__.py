"""Reads 3D joints that other programs estimated or measured."""
