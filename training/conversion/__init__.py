"""Converts motion capture files (BVH, ASF/AMC) to motion packs."""
