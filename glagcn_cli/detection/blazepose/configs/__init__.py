"""BlazePose's configurations for MMPose."""
