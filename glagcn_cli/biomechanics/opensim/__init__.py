"""A musculoskeletal model of OpenSim that follows poses: its size, its coordinates over time."""
