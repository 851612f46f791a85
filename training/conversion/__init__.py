"""Motion capture files (BVH, ASF/AMC) into motion packs."""
