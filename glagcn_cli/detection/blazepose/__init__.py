"""BlazePose: points of feet and hands of one person in a crop."""
