"""Import MMPose and MMDetection, and build their models."""
