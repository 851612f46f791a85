"""RTMDet-nano, the built-in detector of people, run without MMDet."""
