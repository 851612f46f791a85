"""Networks to compare with, and the cost of a network."""
