"""Train and measure lifters that lack a piece."""
