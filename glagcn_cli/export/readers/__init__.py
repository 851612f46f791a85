"""Read poses back from the files that this program writes."""
