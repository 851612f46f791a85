"""21 points of each hand, by MediaPipe's network for hands."""
