"""Configuration of RTMDet-nano for MMEngine."""
