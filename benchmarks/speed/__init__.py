"""Measure the time that stages and whole runs take."""
