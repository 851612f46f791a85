"""Draws curves and stills of a finished run, and writes its report."""
