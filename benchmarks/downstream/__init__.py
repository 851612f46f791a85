"""Measures what better poses are good for: recognition of motion from 2D, lifted and true 3D."""
